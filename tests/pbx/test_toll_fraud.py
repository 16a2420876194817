"""A thousand wishes to call where it costs: nobody is called beyond the rules, and each refusal says why."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from app.launch import operator_key
from tests.pbx.centre import Centre, centre
from tests.pbx.pbx import Pbx
from tests.pbx.test_calling import PASSWORD, logged_in

WISHES = 1_000
AT_ONCE = 16
FORBIDDEN = {
    "+499001234567": "destination.premium",
    "+491805123456": "destination.premium",
    "+979123456789": "destination.premium",
    "+19002345678": "destination.premium",
    "+49900123456": "destination.unknown",
    "118118": "destination.unknown",
    "+12684641234": "destination.foreign",
    "+881612345678": "destination.foreign",
    "+442071838750": "destination.foreign",
    "sip:100@evil.example": "destination.unreadable",
}
OFTEN = {"dial.source_often", "dial.number_often", "dial.agent_often", "dial.cost_cap"}
OF_A_SOURCE, OF_AN_AGENT = 3, 2


def number(n: int) -> str:
    """Every other one may be called, and is another one each time."""
    return list(FORBIDDEN)[n // 2 % len(FORBIDDEN)] if n % 2 else f"+493077{n:04}"


async def test_a_thousand_callbacks_of_one_visitor(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, dialling={"per_source_hour": OF_A_SOURCE}) as here:
        key = await operator_key(here.database_url, "site")
        of = {"company_id": here.premises.companies["acme"]}
        async with httpx2.AsyncClient(
            base_url=here.server.url, headers={"authorization": f"Bearer {key}"}, timeout=60
        ) as site:
            told = await _ask(
                site, "/v1/callbacks", lambda n: _wish(here, n) | of | {"visitor": "v1", "address": "::1"}
            )
            emergency = await _post(site, "/v1/callbacks", _wish(here, 0) | of | {"number": "112"}, "emergency")
            here.server.kill()
            here.server.start()
            await here.server.until_ready()
            again = await _post(site, "/v1/callbacks", _wish(here, 998) | of | {"visitor": "v1"}, "again")
        ours = await here.fetch("SELECT collected ->> 'from' AS number FROM contact WHERE direction = 'out'")
    assert Counter(status for status, _ in told) == {201: OF_A_SOURCE, 422: WISHES // 2, 429: WISHES // 2 - OF_A_SOURCE}
    _is_explained(told)
    assert emergency == (422, "destination.emergency"), "nobody can make us call them"
    assert again == (429, "dial.source_often"), "also after our death"
    assert len(ours) == OF_A_SOURCE
    assert all(row["number"].startswith("+493077") for row in ours)


async def test_a_thousand_calls_of_one_agent(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    """Also where the cost of the day is used up an emergency number passes."""
    dialling = {"per_agent_hour": OF_AN_AGENT, "cost_cap_day": 60, "costs": {"DE": 10}}
    async with (
        centre(pbx, new_database(), tmp_path, agents=1, dialling=dialling, password=PASSWORD) as here,
        logged_in(here, "anna") as anna,
    ):
        here.desks["anna"].choose("ready")
        here.sip.phone("until", times=OF_AN_AGENT + 1)
        outside = here.sip.outside("busy", times=OF_AN_AGENT)
        for n in range(OF_AN_AGENT):
            assert await _post(anna, "/v1/dial", _wish(here, 2 * n), f"first-{n}") == (201, None)
            await here.nothing_is_left()
        await outside.over()
        told = await _ask(anna, "/v1/dial", lambda n: _wish(here, n))
        assert Counter(status for status, _ in told) == {422: WISHES // 2, 429: WISHES // 2}
        _is_explained(told)

        outside = here.sip.outside("pause 500", "bye")
        assert await _post(anna, "/v1/dial", _wish(here, 0) | {"number": "112"}, "emergency") == (201, None)
        await outside.over()
        await here.nothing_is_left()
        called = await here.fetch("SELECT collected ->> 'from' AS number FROM contact WHERE direction = 'out'")
        (dialled,) = await here.fetch("SELECT count(*) FROM effect WHERE kind = 'telephony.dial'")
    assert sorted(row["number"] for row in called) == ["+4930770000", "+4930770002", "112"]
    assert dialled["count"] == OF_AN_AGENT + 1


async def test_a_phone_of_ours_reaches_nobody_by_itself(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Whoever dials on the phone itself, past us, reaches numbers of ours alone."""
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        for called in ("+499001234567", "+4930777001", "112"):
            await here.sip.call(called, "refused", "404").over()
        await here.nothing_is_left()
        assert not await here.contacts()


async def _ask(client: httpx2.AsyncClient, path: str, wish: Callable[[int], Any]) -> list[tuple[int, str | None]]:
    """All at once, as far as a connection takes them."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(n: int) -> tuple[int, str | None]:
        async with gate:
            return await _post(client, path, wish(n), f"wish-{n}")

    return await asyncio.gather(*(one(n) for n in range(WISHES)))


async def _post(client: httpx2.AsyncClient, path: str, body: Any, key: str) -> tuple[int, str | None]:
    answer = await client.post(path, json=body, headers={"idempotency-key": key})
    told = answer.json()
    if answer.status_code >= 400:
        assert told["title"] not in ("", "This is refused"), told
    return answer.status_code, told.get("text_key")


def _is_explained(told: list[tuple[int, str | None]]) -> None:
    """By the number's own reason, or by the limit that it met."""
    for n, (status, why) in enumerate(told):
        if status == 422:
            assert why == FORBIDDEN[number(n)]
        elif status == 429:
            assert why in OFTEN


def _wish(here: Centre, n: int) -> dict[str, Any]:
    return {"queue_id": here.premises.queues["acme", "Sales"], "number": number(n)}
