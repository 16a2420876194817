"""Anybody whom a site sent asks to be called. What the writer makes of it: tests/journey/test_callbacks.py."""

import time
from typing import Any

import pytest

from app import callback_links
from app.commands import Envelope, Reply, RequestCallback
from app.store import widgets
from tests.api.conftest import House
from tests.api.furnished import Things, furnish

SOON_MS = round(time.time() * 1000) + 3_600_000
ORIGIN = "https://shop.example"
TRY = "try-0123456789abcdef"


@pytest.fixture
async def acme(house: House) -> Things:
    return await furnish(house, "acme", "+4930100")


async def form_of(house: House, things: Things, **about: Any) -> str:
    body = {"company_id": things.company, "queue_id": things.ids["queue"], "name": "Call us", "origins": [ORIGIN]}
    return str((await house.make("widgets", body | {"callbacks": True} | about))["key"])


async def look(house: House, key: str, **about: Any) -> Any:
    """Without any key of ours."""
    return await house.client.post("/v1/call-me/look", json={"key": key} | about)


async def ask(house: House, key: str, **about: Any) -> Any:
    body = {"key": key, "id": TRY, "number": "+4930777001"} | about
    return await house.client.post("/v1/call-me", json=body)


def will_wait(house: House, things: Things, **told: Any) -> None:
    answer = {"contact_id": things.ids["contact"], "already": False, "at_us": None} | told
    house.writer.answers[RequestCallback] = Reply(201, answer)


def wishes(house: House) -> list[Envelope]:
    return [each for each in house.writer.envelopes if isinstance(each.command, RequestCallback)]


async def test_the_form_says_when_somebody_may_be_called_in_their_day(house: House, acme: Things) -> None:
    shown = (await look(house, await form_of(house, acme), zone="Asia/Tokyo")).json()
    first = shown["times"]["items"][0]

    assert (shown["name"], shown["company"], shown["times"]["is_open"]) == ("Call us", "acme", True)
    assert 8 <= time.gmtime(first["at_ms"] / 1000 + 9 * 3600).tm_hour <= 20
    assert first["free"] > 0


async def test_a_wish_is_a_customer_s_and_comes_back_with_a_link(house: House, acme: Things) -> None:
    key = await form_of(house, acme, language="zh-CN")
    will_wait(house, acme)
    answer = await ask(house, key, at_ms=SOON_MS, zone="Asia/Shanghai", name="李雷", topic=" a flat ")
    (told,) = house.writer.of(RequestCallback)
    (envelope,) = wishes(house)

    assert answer.status_code == 201, answer.text
    assert (told.to, told.at_us, told.zone, told.first) == ("+4930777001", SOON_MS * 1000, "Asia/Shanghai", "agent")
    assert told.entry.collected == {"name": "李雷", "topic": "a flat"}
    assert told.entry.language == "zh-CN"
    assert len(told.sources) == 1, "who asks is known again by a digest of their address"
    assert envelope.actor == "customer"
    assert envelope.principal == told.entry.source
    assert envelope.principal.startswith("widget:")
    signing = house.app.state.porter.signing_key
    assert callback_links.read(signing, answer.json()["token"]) == acme.ids["contact"]


async def test_the_same_try_is_one_command(house: House, acme: Things) -> None:
    key = await form_of(house, acme)
    will_wait(house, acme)
    for _ in range(2):
        await ask(house, key)

    assert len(wishes(house)) == 2
    assert len({(each.principal, each.command_id, each.body_hash) for each in wishes(house)}) == 1


@pytest.mark.parametrize("of", ["no such key", "not asked for", "archived"])
async def test_whoever_has_no_form_s_key_learns_nothing(house: House, acme: Things, of: str) -> None:
    key = await form_of(house, acme, callbacks=of != "not asked for")
    if of == "archived":
        async with house.database.engine.begin() as conn:
            row = await widgets.by_key(conn, key)
            assert row is not None
            await widgets.archive(conn, row["id"])
    asked = "x" * 22 if of == "no such key" else key

    assert (await look(house, asked)).status_code == 404
    assert (await ask(house, asked)).status_code == 404
    assert house.writer.of(RequestCallback) == []


@pytest.mark.parametrize(
    ("about", "pointer"),
    [
        ({"at_ms": SOON_MS + 15 * 86_400_000}, "/at_ms"),
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"number": "x" * 200}, "/number"),
        ({"topic": "x" * 501}, "/topic"),
        ({"name": "a\u0000b"}, "/name"),
        ({"first": "customer"}, "/first"),
        ({"id": "1"}, "/id"),
    ],
)
async def test_bad_input_names_the_field_and_asks_nobody(
    house: House, acme: Things, about: dict[str, Any], pointer: str
) -> None:
    answer = await ask(house, await form_of(house, acme), **about)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert house.writer.of(RequestCallback) == []


async def test_a_refusal_of_the_writer_is_told_with_its_reason(house: House, acme: Things) -> None:
    house.writer.answers[RequestCallback] = Reply(
        409, {"text_key": "dial.source_often", "title": "Too many callbacks", "pointer": None}
    )
    answer = await ask(house, await form_of(house, acme))

    assert (answer.status_code, answer.json()["text_key"]) == (409, "dial.source_often")


async def test_a_thousand_asks_of_one_address_are_bounded(house: House, acme: Things) -> None:
    key = await form_of(house, acme)
    will_wait(house, acme)
    codes = [(await ask(house, key, id=f"try-{n:016}")).status_code for n in range(100)]

    assert codes.count(201) == 60
    assert set(codes[60:]) == {429}
