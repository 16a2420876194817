"""Are notes private, read by whom they are for, and written once?"""

from typing import Any

import httpx2
import pytest
import pytest_asyncio

from app.commands import RowChanged
from app.store import notes
from tests.api.conftest import House
from tests.api.furnished import insert_contact, insert_segment
from tests.api.test_canned_answers import agent_of

OWN_ID = "0123456789abcdef"


@pytest_asyncio.fixture
async def served(house: House, company: dict[str, Any]) -> dict[str, Any]:
    """A contact of Ada's that Grace has; Linus and Ken serve the same company."""
    of = {"company_id": company["id"]}
    queue = await house.make("queues", of | {"name": "Returns"})
    customer = await house.make("customers", of | {"name": "Ada"})
    contact_id = await insert_contact(house, company["id"], customer["id"], channel="chat")
    people = {name: await agent_of(house, company["id"], name) for name in ("Grace", "Linus", "Ken")}
    await insert_segment(house, contact_id, queue["id"], people["Grace"]["agent_id"])
    made = {"company_id": company["id"], "contact_id": contact_id, "customer_id": customer["id"]}
    return made | people


async def write(
    client: httpx2.AsyncClient, served: dict[str, Any], text: str, *agent_ids: str, n: int = 0
) -> httpx2.Response:
    body = {"id": f"{OWN_ID}{n}", "text": text, "agent_ids": list(agent_ids)}
    return await client.post(f"/v1/contacts/{served['contact_id']}/notes", json=body)


async def read(client: httpx2.AsyncClient, served: dict[str, Any]) -> httpx2.Response:
    return await client.get(f"/v1/contacts/{served['contact_id']}/notes")


async def test_whoever_is_mentioned_sees_the_contact_and_nobody_else_does(house: House, served: dict[str, Any]):
    grace, linus, ken = (served[name]["client"] for name in ("Grace", "Linus", "Ken"))
    before = await read(linus, served)

    written = await write(grace, served, "@Linus please look", served["Linus"]["agent_id"])
    (item,) = (await read(linus, served)).json()["items"]
    stranger = await read(ken, served)
    answered = await write(linus, served, "I did", n=1)

    assert (before.status_code, written.status_code, stranger.status_code) == (404, 201, 404)
    assert (item["author"], item["text"]) == ("Grace", "@Linus please look")
    assert item["mentioned"] == [{"agent_id": served["Linus"]["agent_id"], "name": "Linus"}]
    assert answered.status_code == 201


async def test_a_mention_is_listed_until_it_is_seen_and_told_to_the_feeds(house: House, served: dict[str, Any]):
    linus = served["Linus"]["client"]
    await write(served["Grace"]["client"], served, "@Linus", served["Linus"]["agent_id"])
    told = house.writer.of(RowChanged)[-1]
    (new,) = (await linus.get("/v1/mentions")).json()["items"]

    seen = await linus.post("/v1/mentions/seen", json={"contact_id": served["contact_id"]})
    again = await linus.post("/v1/mentions/seen", json={})
    (old,) = (await linus.get("/v1/mentions")).json()["items"]

    assert (told.table, told.contact_id, told.version) == ("note", served["contact_id"], 1)
    assert (new["customer"], new["author"], new["channel"], new["seen"]) == ("Ada", "Grace", "chat", False)
    assert (seen.status_code, again.status_code, old["seen"]) == (204, 204, True)
    assert [each.table for each in house.writer.of(RowChanged)[-2:]] == ["note", "note_mention"]


async def test_a_note_sent_again_with_its_id_is_kept_once(house: House, served: dict[str, Any]):
    grace = served["Grace"]["client"]

    first, second = await write(grace, served, "Once"), await write(grace, served, "Once")

    assert first.json() == second.json()
    assert len((await read(grace, served)).json()["items"]) == 1


async def test_only_who_serves_the_company_can_be_mentioned_and_nothing_is_half_done(
    house: House, served: dict[str, Any]
):
    other = await house.make("companies", {"slug": f"other-{served['company_id'][-8:]}", "name": "Other"})
    stranger = await agent_of(house, other["id"], "Mallory")

    refused = await write(served["Grace"]["client"], served, "@Mallory", stranger["agent_id"])

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (404, "/agent_ids/0")
    assert (await read(served["Grace"]["client"], served)).json()["items"] == []
    assert (await stranger["client"].get("/v1/mentions")).json()["items"] == []


async def test_of_an_erased_customer_nothing_more_is_written(house: House, served: dict[str, Any]):
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "UPDATE customer SET erased_at = now() WHERE id = $1::text::uuid", (served["customer_id"],)
        )

    refused = await write(served["Grace"]["client"], served, "Ada said")

    assert (refused.status_code, refused.json()["text_key"]) == (409, "note.erased")


async def test_a_contact_has_so_many_notes_and_no_more(
    house: House, served: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(notes, "NOTES_MAX", 2)
    grace = served["Grace"]["client"]
    for n in range(2):
        await write(grace, served, "x", n=n)

    refused = await write(grace, served, "x", n=2)

    assert (refused.status_code, refused.json()["text_key"]) == (409, "note.too_many")


@pytest.mark.parametrize("text", ["", " \n ", "a\u0000b", "x" * 4_001])
async def test_a_note_that_says_nothing_or_too_much_is_refused(house: House, served: dict[str, Any], text: str):
    assert (await write(served["Grace"]["client"], served, text)).status_code == 422


async def test_the_audit_says_that_a_note_was_written_and_not_what(house: House, served: dict[str, Any]):
    await write(served["Grace"]["client"], served, "Confidential words")

    (row,) = await house.rows("SELECT data::text AS data FROM audit WHERE action = 'note.written'")

    assert "onfidential" not in row["data"]
