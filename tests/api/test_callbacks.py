"""Wishing for a call by REST, and putting it off by its link. What the writer makes of it: tests/journey."""

import json
import time
from typing import Any

import pytest

from app import call_hours, callback_links
from app.api.acts import new_id
from app.commands import ChangeCallback, Reply, RequestCallback
from tests.api.conftest import House
from tests.api.furnished import Things, furnish, insert_contact

SOON_MS = round(time.time() * 1000) + 3_600_000
SLOTS = "/v1/callbacks/slots"


@pytest.fixture
async def acme(house: House) -> Things:
    return await furnish(house, "acme", "+4930100")


def wish(things: Things, **about: Any) -> dict[str, Any]:
    return {"company_id": things.company, "queue_id": things.ids["queue"], "number": "+4930777001"} | about


async def insert_callback(house: House, things: Things, at_ms: int | None = SOON_MS, **reach: Any) -> str:
    """As a turn would have written it."""
    contact_id = await insert_contact(house, things.company, state="open", outcome=None)
    planned = {} if at_ms is None else {"again_us": at_ms * 1000}
    ivr = {"reach": {"queue_id": things.ids["queue"], "since_us": 1, **planned, **reach}}
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "UPDATE contact SET direction = 'out', ivr = $2::text::jsonb, collected = $3::text::jsonb "
            "WHERE id = $1::text::uuid",
            (contact_id, json.dumps(ivr), '{"from": "+4930777123"}'),
        )
    return contact_id


def link(house: House, contact_id: str) -> str:
    return callback_links.issue(house.app.state.porter.signing_key, contact_id)


async def ask(house: House, what: str, token: str, **more: Any) -> Any:
    """Without any key."""
    return await house.client.post(f"/v1/callbacks/by-link{what}", json={"token": token} | more)


async def test_a_wish_has_its_time_and_zone_and_a_link_comes_back(house: House, acme: Things) -> None:
    house.writer.answers[RequestCallback] = Reply(
        201, {"contact_id": acme.ids["contact"], "already": False, "at_us": SOON_MS * 1000}
    )
    body = wish(acme, at_ms=SOON_MS, zone="Asia/Shanghai")
    answer = await house.operator.post("/v1/callbacks", json=body, headers={"Idempotency-Key": "k"})
    (told,) = house.writer.of(RequestCallback)

    assert answer.status_code == 201, answer.text
    assert (told.at_us, told.zone) == (SOON_MS * 1000, "Asia/Shanghai")
    assert answer.json()["at_ms"] == SOON_MS
    key = house.app.state.porter.signing_key
    assert callback_links.read(key, answer.json()["token"]) == acme.ids["contact"]


@pytest.mark.parametrize(
    ("about", "pointer"),
    [
        ({"at_ms": SOON_MS + 15 * 86_400_000}, "/at_ms"),
        ({"at_ms": "tomorrow"}, "/at_ms"),
        ({"zone": "Mars/Olympus"}, "/zone"),
    ],
)
async def test_a_time_too_far_away_and_a_zone_that_is_none_are_refused(
    house: House, acme: Things, about: dict[str, Any], pointer: str
) -> None:
    answer = await house.operator.post("/v1/callbacks", json=wish(acme, **about), headers={"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert house.writer.of(RequestCallback) == []


async def test_slots_lie_in_their_day_and_say_what_is_taken(house: House, acme: Things) -> None:
    free = (await house.operator.get(SLOTS, params={"queue_id": acme.ids["queue"], "zone": "Asia/Tokyo"})).json()
    first = free["items"][1]["at_ms"]
    await insert_callback(house, acme, first + 60_000)
    await insert_callback(house, acme, first, agent_id=new_id())  # an agent's own call
    taken = (await house.operator.get(SLOTS, params={"queue_id": acme.ids["queue"], "zone": "Asia/Tokyo"})).json()
    day = call_hours.local_day("Asia/Tokyo")

    assert free["is_open"] is True
    assert (free["low_s"], free["high_s"]) == (None, None), "nothing is known of this queue's waits"
    assert all(day.is_open(slot["at_ms"] * 1000) for slot in free["items"])
    by_time = {slot["at_ms"]: slot["free"] for slot in taken["items"]}
    assert by_time[first] == free["items"][1]["free"] - 1


async def test_slots_of_another_companys_queue_are_not_there(house: House, acme: Things) -> None:
    other = await furnish(house, "globex", "+4930200")
    site = await house.client_of("admin", acme.company)
    answer = await site.get(SLOTS, params={"queue_id": other.ids["queue"]})

    assert answer.status_code == 404


async def test_whoever_has_the_link_sees_it_and_hardly_anything_of_the_number(house: House, acme: Things) -> None:
    contact_id = await insert_callback(house, acme, zone="Asia/Shanghai")
    shown = (await ask(house, "", link(house, contact_id))).json()

    assert (shown["state"], shown["at_ms"], shown["number_ends"]) == ("planned", SOON_MS, "123")
    assert (shown["company"], shown["queue"], shown["zone"]) == ("acme", "Service", "Asia/Shanghai")
    assert "+4930777123" not in json.dumps(shown)
    assert shown["slots"]


async def test_they_put_it_off_and_give_it_up(house: House, acme: Things) -> None:
    contact_id = await insert_callback(house, acme, None)
    token = link(house, contact_id)
    waiting = (await ask(house, "", token)).json()["state"]
    moved = await ask(house, "/move", token, at_ms=SOON_MS)
    given_up = await ask(house, "/cancel", token)
    told = house.writer.envelopes[-2:]

    assert waiting == "waiting"
    assert (moved.status_code, given_up.status_code) == (200, 200)
    assert [envelope.command for envelope in told] == [
        ChangeCallback(contact_id, SOON_MS * 1000), ChangeCallback(contact_id, None),
    ]  # fmt: skip
    assert {envelope.actor for envelope in told} == {"customer"}


async def test_to_give_up_what_is_over_is_no_error(house: House, acme: Things) -> None:
    contact_id = await insert_callback(house, acme)
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "UPDATE contact SET state = 'closed', outcome = 'cleared', closed_at = now() WHERE id = $1::text::uuid",
            (contact_id,),
        )
    answer = await ask(house, "/cancel", link(house, contact_id))

    assert (answer.status_code, answer.json()["state"]) == (200, "over")
    assert house.writer.of(ChangeCallback) == []


async def test_a_link_that_is_none_and_one_of_another_installation_open_nothing(house: House, acme: Things) -> None:
    contact_id = await insert_callback(house, acme)
    token = link(house, contact_id)
    forged = [
        token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        callback_links.issue(b"another key" * 4, contact_id),
        "x" * 40,
    ]
    answers = [await ask(house, what, each) for each in forged for what in ("", "/cancel")]

    assert {answer.status_code for answer in answers} == {401}
    assert house.writer.of(ChangeCallback) == []


async def test_a_link_to_a_contact_that_is_no_callback_opens_nothing(house: House, acme: Things) -> None:
    """Not even with our own signature."""
    answer = await ask(house, "", link(house, acme.ids["contact"]))

    assert answer.status_code == 404


async def test_whoever_tries_links_is_slowed_down(house: House, acme: Things) -> None:
    statuses = [(await ask(house, "", "y" * 60)).status_code for _ in range(40)]

    assert 429 in statuses
