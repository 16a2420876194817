"""Does one list hold what was there with a customer, on whatever channel, for whoever may see them?"""

from typing import Any

import pytest_asyncio

from app.api.acts import new_id
from tests.api.conftest import House
from tests.api.furnished import insert_contact, insert_mail, insert_segment
from tests.api.test_canned_answers import agent_of

CHANNELS = ("phone", "chat", "email", "fax", "task", "message")


@pytest_asyncio.fixture
async def past(house: House, company: dict[str, Any]) -> dict[str, Any]:
    """One contact of Ada's on every channel, in that order; of the last one Grace is the agent."""
    of = {"company_id": company["id"]}
    queue = await house.make("queues", of | {"name": "Returns"})
    customer = await house.make("customers", of | {"name": "Ada"})
    made: dict[str, Any] = {"company_id": company["id"], "queue_id": queue["id"]}
    for channel in CHANNELS:
        made[channel] = await insert_contact(house, company["id"], customer["id"], channel=channel)
    made["grace"] = await agent_of(house, company["id"], "Grace")
    await insert_segment(house, made["message"], queue["id"], made["grace"]["agent_id"])
    await insert_contact(house, company["id"], channel="chat")  # a stranger's
    return made


async def read(client: Any, contact_id: str, **query: Any) -> dict[str, Any]:
    answer = await client.get(f"/v1/contacts/{contact_id}/timeline", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def note(house: House, contact_id: str, text: str) -> None:
    answer = await house.operator.post(f"/v1/contacts/{contact_id}/notes", json={"id": new_id(), "text": text})
    assert answer.status_code == 201, answer.text


async def test_every_channel_and_every_note_of_the_customer_stands_in_one_list_the_newest_first(
    house: House, past: dict[str, Any]
):
    await note(house, past["phone"], "Was friendly")

    found = await read(past["grace"]["client"], past["message"])

    assert [(each["kind"], each["channel"]) for each in found["items"]] == [
        ("note", "phone"), *(("contact", channel) for channel in reversed(CHANNELS)),
    ]  # fmt: skip
    assert (found["items"][0]["excerpt"], found["next"]) == ("Was friendly", None)
    assert (found["items"][1]["queue"], found["items"][1]["outcome"]) == ("Returns", "handled")


async def test_the_list_is_narrowed_by_channel_and_goes_on_where_a_page_ended(house: House, past: dict[str, Any]):
    await note(house, past["phone"], "Was friendly")
    client = past["grace"]["client"]

    chats = await read(client, past["message"], only="chat")
    notes = await read(client, past["message"], only="note")
    first = await read(client, past["message"], limit=3)
    second = await read(client, past["message"], limit=50, before=first["next"])

    assert [each["contact_id"] for each in chats["items"]] == [past["chat"]]
    assert [each["kind"] for each in notes["items"]] == ["note"]
    assert len({each["id"] for each in (*first["items"], *second["items"])}) == 3 + 4
    assert second["next"] is None


async def test_an_excerpt_is_what_the_customer_wrote_or_else_what_came_of_it(house: House, past: dict[str, Any]):
    box = {"address": f"a@{new_id()}.example", "username": "u", "password": "p", "queue_id": past["queue_id"]}
    box |= {"imap_host": "imap.example.com", "smtp_host": "smtp.example.com", "company_id": past["company_id"]}
    await insert_mail(house, past["company_id"], (await house.make("mailboxes", box))["id"], past["email"])
    async with house.database.engine.begin() as conn:
        for statement, values in (
            ("INSERT INTO contact_message (contact_id, n, sender, body) VALUES ($1::text::uuid, 1, 'customer', $2)",
             (past["chat"], "Where is it? " * 100)),
            ("INSERT INTO segment_result (segment_id, note) SELECT id, $2 FROM segment WHERE contact_id = "
             "$1::text::uuid", (past["message"], "Sent again")),
            ("UPDATE segment SET connected_at = now() WHERE contact_id = $1::text::uuid AND $2 <> ''",
             (past["message"], "x")),
        ):  # fmt: skip
            await conn.exec_driver_sql(statement, values)

    items = (await read(house.operator, past["message"]))["items"]
    by_channel = {each["channel"]: each for each in items}

    assert by_channel["email"]["excerpt"] == "hello"
    assert by_channel["chat"]["excerpt"] == ("Where is it? " * 100)[:160]
    assert (by_channel["message"]["excerpt"], by_channel["message"]["agent"]) == ("Sent again", "Grace")


async def test_who_has_nothing_to_do_with_the_contact_sees_nothing_and_of_a_stranger_there_is_one_contact(
    house: House, past: dict[str, Any]
):
    stranger = await insert_contact(house, past["company_id"], channel="chat")

    alone = await read(house.operator, stranger)
    refused = await past["grace"]["client"].get(f"/v1/contacts/{past['phone']}/timeline")

    assert [each["contact_id"] for each in alone["items"]] == [stranger]
    assert refused.status_code == 404
