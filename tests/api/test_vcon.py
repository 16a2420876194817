"""Does a finished contact leave the house as a vCon that others can read, and with nothing that it may not hold?

Each one is looked at by a validator that we did not write, with a schema written from the draft's text, and by the
places that its parts name in each other. The calls that are put through are real ones of a real writer.
"""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from app import commands as c
from app.api.acts import new_id
from app.api.vcon import INSIDE_BYTES_MAX
from app.store import recordings
from tests.api.conftest import House, open_house
from tests.api.furnished import insert_contact, insert_segment
from tests.journey.story import call
from tests.journey.trio import Trio, trio

SCHEMA = json.loads((Path(__file__).parents[1] / "vectors" / "vcon-core-04.schema.json").read_text())
READER = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
SECRET = "Zaphod"  # stands in every place where a person may stand


async def exported(house: House, contact_id: str) -> dict[str, Any]:
    """As a reader of the standard takes it: by its schema, and by what its parts name in each other."""
    answer = await house.operator.get(f"/v1/contacts/{contact_id}/vcon")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vcon"
    found: dict[str, Any] = answer.json()
    assert [f"{each.json_path}: {each.message}" for each in READER.iter_errors(found)] == []
    for dialog in found["dialog"]:
        _look_at(dialog, len(found["parties"]), found["dialog"])
    for each in found.get("analysis", ()):
        assert all(n < len(found["dialog"]) for n in each.get("dialog", ()))
    for each in found.get("attachments", ()):
        assert (each["dialog"] < len(found["dialog"]), each["party"] < len(found["parties"])) == (True, True)
    return found


def _look_at(dialog: dict[str, Any], parties: int, dialogs: list[dict[str, Any]]) -> None:
    named = [*dialog.get("parties", ()), *(each["party"] for each in dialog.get("party_history", ()))]
    named += [dialog[name] for name in ("transferee", "transferor", "transfer_target") if name in dialog]
    assert all(each < parties for each in named)
    for name in ("original", "consultation", "target_dialog"):
        assert name not in dialog or dialogs[dialog[name]]["type"] in (
            "recording",
            "recording-set",
            "text",
            "incomplete",
        )
    if "body" in dialog:
        assert dialog["content_hash"] == hash_of(sound_in(dialog))


def sound_in(dialog: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64decode(dialog["body"] + "=" * (-len(dialog["body"]) % 4))


def hash_of(sound: bytes) -> str:
    return "sha512-" + base64.urlsafe_b64encode(hashlib.sha512(sound).digest()).decode().rstrip("=")


def us(instant: str) -> int:
    return round(datetime.fromisoformat(instant).timestamp() * 1000) * 1000


async def record(
    house: House, contact_id: str, part: int, began_us: int, length_ms: int, sound: bytes, **about: Any
) -> str:
    """As the server keeps what a telephone system brings home."""
    values = {
        "blob_id": new_id(), "contact_id": contact_id, "segment_id": None, "kind": "call", "part": part,
        "began_at": began_us, "length_ms": length_ms,
    } | about  # fmt: skip
    await recordings.keep(house.database.engine, house.files, values, sound)
    return str(values["blob_id"])


# --- calls that were put through --------------------------------------------------------------------------------------


@asynccontextmanager
async def afterwards(t: Trio, database: str, home: Path) -> AsyncIterator[tuple[House, list[dict[str, Any]]]]:
    """Everybody has gone, and somebody comes to the doors; with the segments of the call, the oldest first."""
    await t.everybody_hangs_up()
    async with open_house(database, home) as house:
        wanted = "SELECT id::text, agent_id::text FROM segment WHERE contact_id = $1::text::uuid ORDER BY id"
        yield house, await house.rows(wanted, t.contact_id)


async def event_us(house: House, contact_id: str, kind: str, segment_id: str) -> int:
    (row,) = await house.rows(
        "SELECT (extract(epoch FROM at) * 1000000)::bigint AS at FROM event "
        "WHERE contact_id = $1::text::uuid AND kind = $2 AND segment_id = $3::text::uuid ORDER BY seq LIMIT 1",
        contact_id, kind, segment_id,
    )  # fmt: skip
    return int(row["at"])


async def test_a_call_that_a_colleague_took_over_is_told_as_the_draft_tells_a_transfer(database: str, tmp_path: Path):
    async with trio(database) as t:
        await t.board.let_pass(30)
        await t.is_asked(1)
        await t.board.let_pass(10)
        await t.do(0, "complete")
        await t.hears(None, "Retrieved")
        await t.board.let_pass(20)
        async with afterwards(t, database, tmp_path) as (house, (first, second)):
            contact_id = t.contact_id
            began = await event_us(house, contact_id, "segment.connected", first["id"])
            asked = await event_us(house, contact_id, "segment.connected", second["id"])
            taken = await event_us(house, contact_id, "segment.role_changed", second["id"])
            for n, (segment, at) in enumerate(
                [(first, began), (first, began + 15_000_000), (second, taken + 1_000_000)], 1
            ):
                await record(house, contact_id, n, at, 10_000, b"RIFF%d" % n, segment_id=segment["id"])
            found = await exported(house, contact_id)

    customer, queue, anna, ben = 0, 1, 2, 3
    assert [each.get("role") for each in found["parties"]] == ["customer", "queue", "agent", "agent"]
    assert [each.get("uuid") for each in found["parties"]][anna:] == [first["agent_id"], second["agent_id"]]
    one, two, three, consultation, transfer = found["dialog"]
    assert [each["type"] for each in found["dialog"]] == ["recording"] * 4 + ["transfer"]
    assert [sound_in(each) for each in (one, two, three)] == [b"RIFF1", b"RIFF2", b"RIFF3"]
    assert [us(each["start"]) // 1000 for each in (one, two)] == [began // 1000, (began + 15_000_000) // 1000]
    assert one["duration"] == 10
    assert [each["parties"] for each in (one, two, three)] == [[customer, anna], [customer, anna], [customer, ben]]
    told = [[(each["party"], each["event"]) for each in part["party_history"]] for part in (one, two, three)]
    assert told == [
        [(customer, "join"), (anna, "join")],
        [(customer, "hold"), (anna, "drop")],
        [(customer, "join"), (ben, "join"), (customer, "hold"), (customer, "unhold"), (ben, "drop")],
    ]
    assert (consultation["parties"], us(consultation["start"]) // 1000) == ([anna, ben], asked // 1000)
    assert "body" not in consultation
    assert 10 <= consultation["duration"] < 12
    said = {name: transfer[name] for name in transfer if name not in ("type", "start", "interaction_id")}
    assert said == {
        "transferee": customer, "transferor": anna, "transfer_target": ben, "original": 1, "consultation": 3,
        "target_dialog": 2,
    }  # fmt: skip
    assert queue not in {party for each in found["dialog"] for party in each.get("parties", ())}


async def test_whoever_hangs_up_after_they_were_put_into_another_queue_was_put_through_to_nobody(
    database: str, tmp_path: Path
):
    async with trio(database) as t:
        await t.board.let_pass(30)
        agent = t.agent(0)
        await t.board.ask(c.TransferToQueue(t.segment(0).id, agent, t.other_queue), actor=f"user:{agent}")
        await t.board.let_pass(5)
        async with afterwards(t, database, tmp_path) as (house, _):
            found = await exported(house, t.contact_id)

    talk, alone, transfer = found["dialog"]
    assert [each.get("dept") for each in found["parties"]] == [None, "queue", "queue 2", None]
    assert (talk["type"], talk["parties"]) == ("recording", [0, 3])
    assert "body" not in talk, "nobody recorded it"
    assert 30 <= talk["duration"] < 32
    assert (alone["type"], alone["disposition"], alone["parties"]) == ("incomplete", "hung-up", [0, 2])
    assert (transfer["transferor"], transfer["transfer_target"]) == (3, 2)
    assert (transfer["original"], transfer["target_dialog"]) == (0, 1)


async def test_a_colleague_who_was_only_asked_is_in_no_conversation_with_the_customer(database: str, tmp_path: Path):
    async with trio(database) as t:
        await t.is_asked(1)
        await t.do(0, "return")
        await t.hears(1, "ConnectionCleared")
        await t.hears(None, "Retrieved")
        async with afterwards(t, database, tmp_path) as (house, (first, second)):
            found = await exported(house, t.contact_id)

    (talk,) = found["dialog"]
    agents = [each["uuid"] for each in found["parties"] if each["role"] == "agent"]
    assert agents == [first["agent_id"], second["agent_id"]]
    assert talk["parties"] == [0, 2]


async def test_in_a_conference_everybody_is_in_the_recording(database: str, tmp_path: Path):
    async with trio(database) as t:
        await t.is_asked(1)
        await t.do(0, "conference")
        await t.hears(None, "Retrieved")
        await t.board.let_pass(20)
        async with afterwards(t, database, tmp_path) as (house, (first, second)):
            began = await event_us(house, t.contact_id, "segment.connected", first["id"])
            joined = await event_us(house, t.contact_id, "segment.role_changed", second["id"])
            early = (1, began, max(1, (joined - began) // 2000), b"RIFF")
            await record(house, t.contact_id, *early, segment_id=first["id"])
            await record(house, t.contact_id, 2, joined + 1_000_000, 10_000, b"RIFF", segment_id=first["id"])
            found = await exported(house, t.contact_id)

    assert [each["parties"] for each in found["dialog"]] == [[0, 2], [0, 2, 3]]


async def test_a_caller_who_hung_up_while_they_waited_leaves_one_incomplete_dialog(database: str, tmp_path: Path):
    async with trio(database) as t:
        waiting = await call(t.board)
        await t.board.let_pass(7)
        await waiting.report((waiting.ref, "ConnectionCleared"))
        async with afterwards(t, database, tmp_path) as (house, _):
            found = await exported(house, waiting.contact_id)

    (dialog,) = found["dialog"]
    assert (dialog["type"], dialog["disposition"], dialog["parties"]) == ("incomplete", "hung-up", [0, 1])
    assert 7 <= dialog["duration"] < 9


# --- what it holds, and who gets it -----------------------------------------------------------------------------------


@pytest.fixture
def more_settings() -> dict[str, Any]:
    return {"public_url": "https://centre.example/"}


async def served(house: House, company: dict[str, Any], **contact: Any) -> tuple[str, str]:
    """(contact, segment): of a customer whose name stands wherever one can stand."""
    of = {"company_id": company["id"]}
    addresses = [{"kind": "phone", "address": "+491701234567"}, {"kind": "email", "address": f"{SECRET}@example.com"}]
    customer = await house.make("customers", of | {"name": SECRET, "addresses": addresses})
    queue = await house.make("queues", of | {"name": "Service"})
    user = await house.make("users", {"login": f"anna-{new_id()[-12:]}", "name": "Anna Berg"})
    agent = await house.make("agents", {"user_id": user["id"]})
    disposition = await house.make("dispositions", of | {"code": "sold", "name": "Sold", "success": True})
    contact_id = await insert_contact(house, company["id"], customer["id"], **contact)
    segment_id = await insert_segment(house, contact_id, queue["id"], agent["id"])
    collected = {"from": "+491701234567", "order": 7, "words": f"{SECRET} calls", "subject": f"About {SECRET}"}
    async with house.database.engine.begin() as conn:
        for statement, *values in (
            ("UPDATE segment SET connected_at = now(), ended_at = now() WHERE id = $1::text::uuid", segment_id),
            ("UPDATE contact SET collected = $2::jsonb WHERE id = $1::text::uuid", contact_id, json.dumps(collected)),
            (
                "INSERT INTO segment_result (segment_id, disposition_id, note) "
                "VALUES ($1::text::uuid, $2::text::uuid, $3)",
                segment_id, disposition["id"], f"{SECRET} was glad",
            ),
        ):  # fmt: skip
            await conn.exec_driver_sql(statement, tuple(values))
    return contact_id, segment_id


async def test_it_tells_who_the_customer_is_what_they_told_and_what_the_agent_noted(
    house: House, company: dict[str, Any]
):
    contact_id, _ = await served(house, company)

    found = await exported(house, contact_id)

    customer, queue, agent = found["parties"]
    assert (found["vcon"], found["uuid"], found["subject"]) == ("0.4.0", contact_id, f"About {SECRET}")
    shown = {name: customer[name] for name in ("type", "name", "tel", "mailto", "validation", "role")}
    assert shown == {
        "type": "person", "name": SECRET, "tel": "+491701234567", "mailto": f"{SECRET.lower()}@example.com",
        "validation": "matched", "role": "customer",
    }  # fmt: skip
    assert (queue["org"], queue["dept"], queue["role"]) == ("Acme", "Service", "queue")
    assert (agent["name"], agent["role"]) == ("Anna Berg", "agent")
    (attachment,), (report,) = found["attachments"], found["analysis"]
    assert attachment["body"] == {"order": 7, "words": f"{SECRET} calls"}
    assert report["body"]["disposition"] == {"code": "sold", "name": "Sold", "success": True}
    assert report["body"]["note"] == f"{SECRET} was glad"
    assert (report["type"], report["dialog"]) == ("report", [0])


async def test_a_written_contact_is_no_recording(house: House, company: dict[str, Any]):
    contact_id, _ = await served(house, company, channel="chat")

    assert [each["type"] for each in (await exported(house, contact_id))["dialog"]] == ["text"]


async def test_a_message_that_was_left_is_the_customers_alone(house: House, company: dict[str, Any]):
    contact_id = await insert_contact(house, company["id"], channel="task")
    await record(house, contact_id, 1, 1_795_000_000_500_000, 4_200, b"RIFF", kind="voicemail")

    (dialog,) = (await exported(house, contact_id))["dialog"]

    assert (dialog["start"], dialog["duration"], dialog["parties"]) == ("2026-11-18T11:06:40.500Z", 4.2, [0])


async def test_sounds_beyond_the_bound_are_named_by_an_address_at_which_they_are(house: House, company: dict[str, Any]):
    contact_id, segment_id = await served(house, company)
    long, short = bytes(INSIDE_BYTES_MAX - 3), b"RIFF"
    await record(house, contact_id, 1, 1_795_000_000_000_000, 262_000, long, segment_id=segment_id)
    await record(house, contact_id, 2, 1_795_000_300_000_000, 1_000, short, segment_id=segment_id)

    found = await exported(house, contact_id)

    inside, outside = [each for each in found["dialog"] if each["type"] == "recording"]
    assert sound_in(inside) == long
    assert "body" not in outside
    assert outside["url"].startswith("https://centre.example/v1/recordings/")
    answer = await house.operator.get(outside["url"])
    assert answer.content == short
    assert outside["content_hash"] == hash_of(answer.content)
    assert (await house.client.get(outside["url"])).status_code == 401


async def test_a_part_whose_file_is_gone_is_told_without_a_sound(house: House, company: dict[str, Any]):
    contact_id, segment_id = await served(house, company)
    blob_id = await record(house, contact_id, 1, 1_795_000_000_000_000, 1_000, b"RIFF", segment_id=segment_id)
    (row,) = await house.rows("SELECT location FROM blob WHERE id = $1::text::uuid", blob_id)
    await house.files.delete(row["location"])

    (dialog,) = (await exported(house, contact_id))["dialog"]

    assert dialog["duration"] == 1
    assert {"body", "url", "content_hash"} & dialog.keys() == set()


async def test_of_an_erased_customer_no_personal_word_leaves_the_house(house: House, company: dict[str, Any]):
    """At once, and not only when the sweep has been everywhere. What is held is kept in spite of it, as ever."""
    contact_id, segment_id = await served(house, company)
    sounds = {}
    for part in (1, 2):
        sounds[part] = f"{SECRET} speaks {part}".encode()
        about = (contact_id, part, 1_795_000_000_000_000 + part, 1_000, sounds[part])
        blob_id = await record(house, *about, segment_id=segment_id)
    held = {"legal_hold": True}
    assert (await house.operator.post(f"/v1/recordings/{blob_id}/legal-hold", json=held)).status_code == 204
    before = await exported(house, contact_id)
    assert json.dumps(before).count(SECRET) == 4, "the test would prove nothing"

    customer_id = before["parties"][0]["uuid"]
    assert (await house.operator.delete(f"/v1/customers/{customer_id}")).status_code == 202
    after = await exported(house, contact_id)

    for word in (SECRET.lower(), "1701234567", "@"):
        assert word not in json.dumps(after).lower()
    assert [sound_in(each) for each in after["dialog"] if "body" in each] == [sounds[2]]
    assert after["parties"][0] == {"type": "person", "role": "customer", "uuid": customer_id}
    assert after["analysis"][0]["body"]["disposition"]["code"] == "sold"


async def test_a_contact_that_is_not_over_is_refused(house: House, company: dict[str, Any]):
    contact_id = await insert_contact(house, company["id"], state="open", outcome=None)

    answer = await house.operator.get(f"/v1/contacts/{contact_id}/vcon")

    assert (answer.status_code, answer.json()["text_key"]) == (409, "contact.still_open")
    assert await house.rows("SELECT 1 FROM audit WHERE action = 'contact.exported'") == []


async def test_whoever_may_listen_takes_it_out_and_nobody_else(house: House, company: dict[str, Any]):
    contact_id, _ = await served(house, company)
    other = await house.make("companies", {"slug": "other", "name": "Other"})
    path = f"/v1/contacts/{contact_id}/vcon"
    statuses = {
        who: (await (await house.client_of(role, company_id)).get(path)).status_code
        for who, role, company_id in (
            ("supervisor", "supervisor", company["id"]),
            ("agent", "agent", company["id"]),
            ("stranger", "admin", other["id"]),
        )
    }

    assert statuses == {"supervisor": 200, "agent": 403, "stranger": 404}
    assert (await house.client.get(path)).status_code == 401


async def test_whoever_takes_it_out_is_in_the_audit_with_each_sound_that_is_inside(
    house: House, company: dict[str, Any]
):
    contact_id, segment_id = await served(house, company)
    about = {"segment_id": segment_id}
    inside = await record(house, contact_id, 1, 1_795_000_000_000_000, 1_000, b"RIFF", **about)
    await record(house, contact_id, 2, 1_795_000_002_000_000, 1_000, bytes(INSIDE_BYTES_MAX), **about)

    await exported(house, contact_id)

    wanted = "SELECT action, subject_id::text AS of FROM audit WHERE action IN ('contact.exported', 'recording.heard')"
    told = [(row["action"], row["of"]) for row in await house.rows(wanted + " ORDER BY id")]
    assert told == [("contact.exported", contact_id), ("recording.heard", inside)]
