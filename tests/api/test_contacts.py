"""Does a contact that comes in over REST go where it shall, as who it is, once?"""

import json
from typing import Any

import pytest

from app.api.acts import new_id
from app.commands import Arrive, ChooseState, CustomerLeft, Reply, hash_of
from tests.api.conftest import House
from tests.api.furnished import insert_contact

KEY = {"Idempotency-Key": "try-1"}
OPEN_NEVER = {"zone": "Europe/Berlin", "weekly": {}}


async def a_queue(house: House, company: dict[str, Any], **config: Any) -> str:
    body = {"company_id": company["id"], "name": f"Q{len(config)}", "config": config}
    return str((await house.make("queues", body))["id"])


async def test_a_call_finds_its_queue_by_the_number_and_its_customer_by_the_caller(
    house: House, company: dict[str, Any]
):
    queue_id = await a_queue(house, company)
    of = {"company_id": company["id"]}
    await house.make("numbers", of | {"address": "030 123456", "queue_id": queue_id, "language": "de"})
    known = {"kind": "phone", "address": "0170 1234567"}
    customer = await house.make("customers", of | {"name": "Grace", "value": 80, "addresses": [known]})

    body = of | {"channel": "phone", "to": "+49 30 123456", "from": "+49 170 1234567", "collected": {"menu": "2"}}
    answer = await house.operator.post("/v1/contacts", json=body, headers=KEY)

    assert answer.status_code == 201, answer.text
    (arrived,) = house.writer.of(Arrive)
    entry = arrived.entry
    assert answer.json() == {"contact_id": entry.contact_id, "state": "open"}
    assert (entry.queue_id, entry.number, entry.language) == (queue_id, "+4930123456", "de")
    assert (entry.customer_id, entry.value) == (customer["id"], 80)
    assert entry.collected == {"menu": "2", "from": "+491701234567"}


async def test_two_customers_behind_one_address_are_never_guessed(house: House, company: dict[str, Any]):
    queue_id = await a_queue(house, company)
    shared = {"kind": "email", "address": "Family@Example.com"}
    for name in ("Grace", "Vincent"):
        await house.make("customers", {"company_id": company["id"], "name": name, "addresses": [shared]})

    body = {"company_id": company["id"], "channel": "email", "queue_id": queue_id, "from": "family@example.com"}
    await house.operator.post("/v1/contacts", json=body, headers=KEY)

    (arrived,) = house.writer.of(Arrive)
    assert (arrived.entry.customer_id, arrived.entry.value) == (None, 0)


async def test_the_same_caller_is_another_customer_for_another_company(house: House, company: dict[str, Any]):
    other = await house.make("companies", {"slug": "other", "name": "Other"})
    caller = {"kind": "phone", "address": "+491701234567"}
    customers = {}
    for each in (company, other):
        body = {"company_id": each["id"], "name": "Grace", "addresses": [caller]}
        customers[each["id"]] = (await house.make("customers", body))["id"]
        arriving = {"company_id": each["id"], "channel": "phone", "queue_id": await a_queue(house, each)}
        arriving["from"] = "+491701234567"
        await house.operator.post("/v1/contacts", json=arriving, headers={"Idempotency-Key": each["slug"]})

    found = {arrived.entry.company_id: arrived.entry.customer_id for arrived in house.writer.of(Arrive)}
    assert found == customers


async def test_outside_its_hours_a_queue_takes_nobody(house: House, company: dict[str, Any]):
    queue_id = await a_queue(house, company, hours=OPEN_NEVER)

    body = {"company_id": company["id"], "channel": "task", "queue_id": queue_id}
    await house.operator.post("/v1/contacts", json=body, headers=KEY)

    (arrived,) = house.writer.of(Arrive)
    assert (arrived.entry.queue_id, arrived.entry.closed_outcome) == (None, "closed_hours")


async def test_the_key_is_the_command_and_the_body_its_fingerprint(house: House, company: dict[str, Any]):
    """The writer compares them: the same key with another body is another command, and refused there."""
    body = {"company_id": company["id"], "channel": "task", "queue_id": await a_queue(house, company)}

    answer = await house.operator.post("/v1/contacts", json=body, headers=KEY)

    envelope = house.writer.envelopes[-1]
    assert (envelope.command_id, envelope.body_hash) == ("try-1", hash_of(answer.request.content))
    assert envelope.command.entry.source_id == "try-1"
    assert envelope.principal == envelope.actor == envelope.command.entry.source.replace("api", "key")


async def test_without_a_key_or_with_an_unreadable_one_nothing_happens(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "channel": "task", "queue_id": await a_queue(house, company)}

    for headers in ({}, {"Idempotency-Key": "x" * 65}, {"Idempotency-Key": "a b"}):
        answer = await house.operator.post("/v1/contacts", json=body, headers=headers)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"
    assert house.writer.of(Arrive) == []


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"to": "+49301234567"}, 422, ""),  # to and queue_id
        ({"queue_id": None}, 422, ""),  # neither
        ({"queue_id": None, "to": "+4930999"}, 404, "/to"),
        ({"requirement": "billing >="}, 422, "/requirement"),
        ({"customer_id": "01a2075a-0000-7000-8000-000000000000"}, 404, "/customer_id"),
        ({"channel": "smoke signal"}, 422, "/channel"),
    ],
)
async def test_what_cannot_go_anywhere_is_told_so(
    house: House, company: dict[str, Any], change: dict[str, Any], status: int, pointer: str
):
    body = {"company_id": company["id"], "channel": "phone", "queue_id": await a_queue(house, company)} | change

    answer = await house.operator.post(
        "/v1/contacts", json={name: value for name, value in body.items() if value is not None}, headers=KEY
    )

    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert house.writer.of(Arrive) == []


async def test_a_queue_without_a_published_version_takes_nobody(house: House, company: dict[str, Any]):
    queue = await house.make("queues", {"company_id": company["id"], "name": "Draft", "publish": False})
    body = {"company_id": company["id"], "channel": "task", "queue_id": queue["id"]}

    answer = await house.operator.post("/v1/contacts", json=body, headers=KEY)

    assert (answer.status_code, answer.json()["text_key"]) == (409, "queue.unpublished")


async def test_without_a_writer_the_asker_is_told_to_come_back(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "channel": "task", "queue_id": await a_queue(house, company)}
    house.writer.away = True

    answer = await house.operator.post("/v1/contacts", json=body, headers=KEY)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["text_key"] == "writer.none"


async def test_a_refusal_of_the_writer_reaches_the_asker_as_it_is(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "channel": "task", "queue_id": await a_queue(house, company)}
    said = {"type": "https://jackfield.dev/problems/queue.closed", "title": "queue.closed", "status": 409}
    house.writer.answers[Arrive] = Reply(409, said | {"text_key": "queue.closed", "field": "queue_id"})

    answer = await house.operator.post("/v1/contacts", json=body, headers=KEY)

    assert answer.status_code == 409
    assert answer.json()["type"] == said["type"]
    assert answer.json()["errors"][0]["pointer"] == "/queue_id"


async def test_a_repeat_gets_its_answer_even_if_the_queue_is_gone_by_now(house: House, company: dict[str, Any]):
    body = {"company_id": company["id"], "channel": "task", "queue_id": await a_queue(house, company)}
    first = await house.operator.post("/v1/contacts", json=body, headers=KEY)
    principal = house.writer.envelopes[-1].principal
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "INSERT INTO command (principal, id, domain_id, kind, body_hash, seq, reply) "
            "VALUES ($1, 'try-1', 1, 'arrive', $2, 1, jsonb_build_object('status', 201, 'body', $3::text::jsonb))",
            (principal, hash_of(first.request.content), first.text),
        )
        await conn.exec_driver_sql("UPDATE queue SET archived_at = now()")

    repeat = await house.operator.post("/v1/contacts", json=body, headers=KEY)
    fresh = await house.operator.post("/v1/contacts", json=body, headers={"Idempotency-Key": "try-2"})

    assert (repeat.status_code, repeat.json()) == (201, first.json())
    assert fresh.status_code == 404


async def test_leaving_is_told_to_the_writer_within_the_askers_companies(house: House, company: dict[str, Any]):
    contact_id = await insert_contact(house, company["id"], state="open", outcome=None)
    supervisor = await house.client_of("supervisor", company["id"])

    answer = await supervisor.post(f"/v1/contacts/{contact_id}/leave")

    assert answer.status_code == 200
    assert house.writer.of(CustomerLeft) == [CustomerLeft(contact_id, (company["id"],))]


async def test_a_contact_is_shown_with_all_that_hangs_on_it(house: House, company: dict[str, Any]):
    contact_id = await insert_contact(house, company["id"])

    story = (await house.operator.get(f"/v1/contacts/{contact_id}")).json()

    assert story["contact"]["id"] == contact_id
    assert story["contact"]["outcome"] == "handled"
    assert [story[part] for part in ("stays", "segments", "legs", "events")] == [[], [], [], []]


async def test_each_offer_is_shown_with_its_reasons(house: House, company: dict[str, Any]):
    """One of the engine, one of a person: that one has none to show."""
    contact_id, stay_id, agent_id = await insert_contact(house, company["id"]), new_id(), new_id()
    facts = {"rule": 1, "stays": [[1, 0, 0, contact_id, stay_id]], "agents": [[0, 0, agent_id]]}
    async with house.database.engine.begin() as conn:
        for seq, manual in ((1, False), (2, True)):
            await conn.exec_driver_sql(
                "INSERT INTO event (domain_id, seq, at, recorded_at, epoch, company_id, contact_id, stay_id, "
                "segment_id, agent_id, actor, kind, v, data) "
                "VALUES (1, $1, now(), now(), 1, $2, $3, $4, $5, $6, 'engine', 'segment.offered', 1, "
                " jsonb_build_object('manual', $7::boolean))",
                (seq, company["id"], contact_id, stay_id, new_id(), agent_id, manual),
            )
        await conn.exec_driver_sql(
            "INSERT INTO decision (domain_id, seq, stay_id, recorded_at, data) "
            "VALUES (1, 1, $1, now(), $2::text::jsonb)",
            (stay_id, json.dumps(facts)),
        )
    supervisor = await house.client_of("supervisor", company["id"])

    shown = (await supervisor.get(f"/v1/contacts/{contact_id}/decisions")).json()["items"]
    events = (await supervisor.get(f"/v1/contacts/{contact_id}/events")).json()["items"]

    found = [(each["seq"], each["manual"], each["explanation"]) for each in shown]
    assert found == [(1, False, facts), (2, True, None)]
    assert [each["kind"] for each in events] == ["segment.offered"] * 2


async def test_contacts_are_listed_newest_first_in_pages(house: House, company: dict[str, Any]):
    made = [await insert_contact(house, company["id"]) for _ in range(5)]

    first = (await house.operator.get("/v1/contacts?limit=3")).json()
    rest = (await house.operator.get(f"/v1/contacts?limit=3&before={first['next']}")).json()

    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None


async def test_a_supervisor_chooses_for_an_agent_and_it_is_audited(house: House, company: dict[str, Any]):
    grants = [{"role": "agent", "company_id": company["id"]}]
    user = await house.make("users", {"login": "ada", "name": "Ada", "grants": grants})
    agent = await house.make("agents", {"user_id": user["id"]})
    supervisor = await house.client_of("supervisor", company["id"])

    answer = await supervisor.post(f"/v1/agents/{agent['id']}/state", json={"chosen": "offline"})

    assert answer.json() == {"pos": 7}
    (chosen,) = house.writer.of(ChooseState)
    assert (chosen.agent_id, chosen.chosen, chosen.by) == (agent["id"], "offline", house.writer.envelopes[-1].actor[4:])
    (row,) = await house.rows("SELECT subject_id FROM audit WHERE action = 'agent.state_chosen'")
    assert row["subject_id"] == agent["id"]
