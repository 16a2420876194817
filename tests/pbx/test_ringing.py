"""A queue whose phones ring with the offer: picking up accepts, accepting on the desk waits for the phone."""

from collections.abc import Callable
from pathlib import Path

from floor.agent import Manner
from tests.pbx.centre import PLAIN, centre
from tests.pbx.pbx import Pbx

SLOW = Manner(think_s=lambda: 60.0)


async def test_picking_up_the_phone_accepts_the_offer(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, manner=SLOW, ring="with_offer") as here:
        here.desks["anna"].choose("ready")
        phone = here.sip.phone("until", ring_ms=800)
        caller = here.sip.call(PLAIN, "until")
        segment = await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        here.desks["anna"].do("end", segment)
        await phone.over()
        await caller.over()
        await here.nothing_is_left()


async def test_accepting_on_the_desk_waits_for_the_phone_that_rings_already(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """And rings no second one."""
    async with centre(pbx, new_database(), tmp_path, agents=1, ring="with_offer") as here:
        here.desks["anna"].choose("ready")
        phone = here.sip.phone("until", ring_ms=1500)
        here.sip.call(PLAIN, "until")
        await here.until_state("connecting")
        segment = await here.until_state("talking")
        legs = await here.fetch("SELECT 1 FROM leg WHERE role = 'agent'")
        assert len(legs) == 1
        here.desks["anna"].do("end", segment)
        await phone.over()
        await here.nothing_is_left()


async def test_a_phone_that_is_busy_declines_and_one_that_nobody_picks_up_stops_with_the_offer(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, manner=SLOW, ring="with_offer", offer_timeout_s=3) as here:
        for login in here.desks:
            here.desks[login].choose("ready")
        here.sip.phone("busy", of=1)
        here.sip.phone("ignore", of=2)
        caller = here.sip.call(PLAIN, "pause 6000", "bye")
        await here.until(lambda: here.fetch("SELECT 1 FROM segment WHERE state = 'expired'"), why="nobody picked up")
        await caller.over()
        await here.nothing_is_left()
        ends = await here.fetch('SELECT state, "end" FROM segment')
    assert ("declined", "phone") in {(row["state"], row["end"]) for row in ends}
    assert any(row["state"] == "expired" for row in ends)
