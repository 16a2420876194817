"""Somebody outside beside a caller, and emergency calls: on a real PBX, with nothing left over afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest

from floor.agent import Manner
from tests.pbx.centre import Centre, centre
from tests.pbx.pbx import Pbx
from tests.pbx.test_calling import PASSWORD, logged_in
from tests.pbx.test_three_parties import is_ready, talking

THEIR_NUMBER, EMERGENCY = "030 777001", "112"
LEFT = {
    "complete": ["caller", "outside"],
    "return": ["anna", "caller"],
    "conference": ["anna", "caller", "outside"],
}


async def asked(here: Centre) -> str:
    """Anna talks with somebody outside while the caller is held."""
    mine = await talking(here, "until", phones=1)
    here.desks["anna"].do("consult", mine, number=THEIR_NUMBER)
    await together(here, ["anna", "outside"])
    await here.until_state("held")
    return mine


async def together(here: Centre, who: list[str]) -> None:
    async def are() -> bool:
        return await here.who_is_in() == who

    await here.until(are, why=f"{who} hear each other")


def outside(here: Centre) -> str | None:
    (segment,) = here.segments()
    return segment["outside"] and str(segment["outside"]["state"])


@pytest.mark.parametrize("then", ["complete", "return", "conference"])
async def test_somebody_outside_is_asked(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, then: str) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        phone = here.sip.outside(*(["until"] if then == "return" else ["pause 6000", "bye"]))
        mine = await asked(here)
        here.desks["anna"].do("swap", mine)
        await together(here, ["anna", "caller"])
        here.desks["anna"].do("swap", mine)
        await together(here, ["anna", "outside"])
        here.desks["anna"].do(then, mine)
        await together(here, LEFT[then])
        await phone.over()
        if then != "complete":
            await together(here, ["anna", "caller"])
            here.desks["anna"].do("end", mine)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert contact["outcome"] == "handled"


async def test_whoever_is_busy_outside_leaves_the_caller_to_the_agent(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        here.sip.outside("busy")
        mine = await talking(here, "until", phones=1)
        here.desks["anna"].do("consult", mine, number=THEIR_NUMBER)
        await here.until(lambda: outside(here) == "busy", why="the desk says why nobody answers")
        here.desks["anna"].do("retrieve", mine)
        await together(here, ["anna", "caller"])
        here.desks["anna"].do("end", mine)
        await here.nothing_is_left()


async def test_a_caller_is_put_through_blindly(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    """To somebody who answers; to somebody who is busy, and then they wait for an agent again."""
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        phone = here.sip.outside("pause 1500", "bye")
        here.desks["anna"].do("transfer", await talking(here, "until", phones=1), number=THEIR_NUMBER)
        await together(here, ["caller", "outside"])
        await phone.over()
        await here.nothing_is_left()
        here.sip.outside("busy")
        here.sip.phone("until", times=2)
        first = await talking(here, "until", phones=0)
        here.desks["anna"].do("transfer", first, number=THEIR_NUMBER)
        await here.until(lambda: any(each["id"] != first for each in here.segments()), why="it is offered again")
        here.desks["anna"].do("end", await here.until_state("talking"))
        await here.nothing_is_left()
        stays = await here.fetch('SELECT "end" FROM stay ORDER BY queued_at')
    assert [row["end"] for row in stays] == ["answered", "answered", "answered"]


@pytest.mark.parametrize(
    ("ring_ms", "meanwhile"), [(200, False), (8000, False), (1000, True)], ids=["they talk", "it rings", "they answer"]
)
async def test_somebody_outside_is_kept_through_our_death(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, ring_ms: int, meanwhile: bool
) -> None:
    """Called once, whatever happens to us."""
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        here.sip.outside("until", ring_ms=ring_ms)
        mine = await talking(here, "until", phones=1)
        here.desks["anna"].do("consult", mine, number=THEIR_NUMBER)
        if ring_ms < 500:
            await together(here, ["anna", "outside"])
        else:
            await here.until(lambda: _rings(here), why="it rings outside")
        here.server.kill()
        if meanwhile:
            await here.until_picked_up("outside")
        here.server.start()
        await here.server.until_ready()
        await together(here, ["anna", "outside"])
        await here.until(lambda: outside(here) == "talking", why="the desk says so")
        here.desks["anna"].do("complete", mine)
        await together(here, ["caller", "outside"])
        (contact,) = await here.contacts()
        await here.rest.post(f"/v1/contacts/{contact['id']}/leave", {})
        await here.nothing_is_left()
        dialled = await here.fetch("SELECT 1 FROM effect WHERE kind = 'telephony.dial'")
    assert len(dialled) == 1


async def _rings(here: Centre) -> bool:
    return bool(await here.fetch("SELECT 1 FROM leg WHERE role = 'outside' AND state = 'delivered'"))


async def test_the_caller_hangs_up_meanwhile(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        phone = here.sip.outside("until")
        mine = await talking(here, "pause 3000", "bye", phones=1)
        here.desks["anna"].do("consult", mine, number=THEIR_NUMBER)
        await together(here, ["anna", "outside"])
        await phone.over()
        await here.nothing_is_left()


async def test_an_emergency_is_called_by_whoever_is_away_and_in_a_call(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Also of a closed queue: nobody asks whether anybody is ready, and who talks asks beside their caller."""
    async with (
        centre(pbx, new_database(), tmp_path, agents=1, password=PASSWORD) as here,
        logged_in(here, "anna") as anna,
    ):
        queue_id = here.premises.queues["acme", "Sales"]
        wish = {"queue_id": queue_id, "number": EMERGENCY}
        await is_closed(here, queue_id, True)
        here.desks["anna"].choose("away", "lunch")
        here.sip.phone("until")
        help_ = here.sip.outside("pause 1500", "bye")
        usual = await anna.post("/v1/dial", json=wish | {"number": THEIR_NUMBER}, headers={"idempotency-key": "usual"})
        away = await anna.post("/v1/dial", json=wish, headers={"idempotency-key": "away"})
        await together(here, ["anna", "caller"])
        await help_.over()
        await here.nothing_is_left()
        await is_closed(here, queue_id, False)
        here.sip.outside("pause 1500", "bye")
        mine = await talking(here, "until", phones=1)
        in_a_call = await anna.post("/v1/dial", json=wish, headers={"idempotency-key": "in-a-call"})
        assert in_a_call.status_code == 201, in_a_call.text
        await together(here, ["anna", "outside"])
        await here.until(lambda: outside(here) == "gone", why="they hung up")
        here.desks["anna"].do("end", mine)
        await here.nothing_is_left()
        called = await here.fetch("SELECT provider_ref FROM leg WHERE role IN ('customer', 'outside')")
    assert usual.status_code == 409
    assert (away.status_code, in_a_call.status_code) == (201, 201)
    assert len(called) == 3, "the two calls to help, and the caller"


async def is_closed(here: Centre, queue_id: str, closed: bool) -> None:
    queue = await here.rest.get(f"/v1/queues/{queue_id}")
    await here.rest.ask("PATCH", f"/v1/queues/{queue_id}", {"version": queue["version"], "closed": closed})


@pytest.mark.parametrize("who", ["anna", "ben"])
async def test_agents_call_each_other(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, who: str) -> None:
    """Anna's phone, then the call on Ben's desk; both hear each other, and whoever goes ends it for both."""
    async with (
        centre(pbx, new_database(), tmp_path, password=PASSWORD) as here,
        logged_in(here, "anna") as anna,
    ):
        for login in ("anna", "ben"):
            await is_ready(here, login)
        here.sip.phone("until")
        here.sip.phone("until", of=2)
        wish = {"queue_id": here.premises.queues["acme", "Sales"], "agent_id": here.premises.agents["ben"]}
        answer = await anna.post("/v1/dial", json=wish, headers={"idempotency-key": "one"})
        assert answer.status_code == 201, answer.text
        await here.until_state("talking", "ben")
        await together(here, ["anna", "ben"])
        here.desks[who].do("leave", await here.until_state("talking", who))
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert (contact["direction"], contact["outcome"]) == ("internal", "handled")


async def test_a_colleague_who_does_not_want_is_not_called(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """And whoever called hangs on no longer."""
    manner = Manner(think_s=lambda: 0.1, decline_share=1.0)
    async with (
        centre(pbx, new_database(), tmp_path, password=PASSWORD, manner=manner) as here,
        logged_in(here, "anna") as anna,
    ):
        for login in ("anna", "ben"):
            await is_ready(here, login)
        here.sip.phone("until")
        wish = {"queue_id": here.premises.queues["acme", "Sales"], "agent_id": here.premises.agents["ben"]}
        await anna.post("/v1/dial", json=wish, headers={"idempotency-key": "one"})
        await here.until(lambda: _closed(here), why="it is over")
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert contact["outcome"] == "failed"


async def _closed(here: Centre) -> bool:
    return bool(await here.fetch("SELECT 1 FROM contact WHERE state = 'closed'"))
