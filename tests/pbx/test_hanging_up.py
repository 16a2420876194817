"""Whoever goes, in whatever state: nothing is left over, and nobody waits for nobody."""

from collections.abc import Callable
from pathlib import Path

import pytest

from floor.agent import Manner
from tests.pbx.centre import NUMBER, PLAIN, centre
from tests.pbx.pbx import Pbx

SLOW = Manner(think_s=lambda: 60.0)


@pytest.mark.parametrize(
    ("number", "steps", "outcome"),
    [
        pytest.param(NUMBER, ("pause 300", "bye"), "cleared", id="in the menu"),
        pytest.param(NUMBER, ("pause 800", "press 1", "pause 5000", "bye"), "abandoned", id="in the queue"),
        pytest.param(
            NUMBER, ("pause 800", "press 2", "pause 2500", "bye"), "cleared", id="while a message is recorded"
        ),
        pytest.param(NUMBER, ("pause 800", "press 3", "until"), "cleared", id="by the flow"),
        pytest.param(PLAIN, ("pause 1500", "bye"), "abandoned", id="straight in the queue"),
    ],
)
async def test_the_caller_hangs_up(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, number: str, steps: tuple[str, ...], outcome: str
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        caller = here.sip.call(number, *steps)
        await caller.over()
        await here.until(here.contacts)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert contact["outcome"] == outcome


async def test_the_caller_hangs_up_while_offered(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, manner=SLOW) as here:
        here.desks["anna"].choose("ready")
        caller = here.sip.call(PLAIN, "pause 5000", "bye")
        await here.until_state("offered")
        await caller.over()
        await here.nothing_is_left()
        (segment,) = await here.fetch("SELECT state FROM segment")
        (contact,) = await here.contacts()
    assert (segment["state"], contact["outcome"]) == ("withdrawn", "abandoned")


async def test_the_caller_hangs_up_while_the_agents_phone_rings(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        phone = here.sip.phone("ignore")
        caller = here.sip.call(PLAIN, "pause 6000", "bye")
        await here.until_state("connecting")
        await caller.over()
        await phone.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert contact["outcome"] == "abandoned"


async def test_the_caller_hangs_up_while_held(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        phone = here.sip.phone("until")
        caller = here.sip.call(PLAIN, "pause 9000", "bye")
        segment = await here.until_state("talking")
        here.desks["anna"].do("hold", segment)
        await here.until_state("held")
        await caller.over()
        await phone.over()
        await here.nothing_is_left()


@pytest.mark.parametrize("phone", ["busy", "nobody"])
async def test_a_phone_that_does_not_answer_fails_the_offer_and_the_caller_waits_on(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, phone: str
) -> None:
    """Busy, or nothing listens where the phone was."""
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        if phone == "busy":
            here.sip.phone("busy")
        caller = here.sip.call(PLAIN, "pause 14000", "bye")
        await here.until(lambda: here.fetch("SELECT 1 FROM segment WHERE state = 'failed'"), why="the offer failed")
        (contact,) = await here.contacts()
        assert contact["state"] == "open", "the caller waits on"
        await caller.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert contact["outcome"] == "abandoned"


@pytest.mark.parametrize("state", ["talking", "held"])
async def test_a_phone_that_dies_ends_the_call(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, state: str
) -> None:
    """Its channel is cleared by the PBX, as when the registration is lost and no media comes."""
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        here.sip.phone("until")
        caller = here.sip.call(PLAIN, "until")
        segment = await here.until_state("talking")
        if state == "held":
            here.desks["anna"].do("hold", segment)
            await here.until_state("held")
        (leg,) = await here.fetch("SELECT provider_ref FROM leg WHERE role = 'agent'")
        phone = f"/{here.sip.room.phones[0]}-"
        name = next(line.split("!")[0] for line in pbx.say("core show channels concise").splitlines() if phone in line)
        assert leg["provider_ref"]
        pbx.say(f"channel request hangup {name}")
        await caller.over()
        await here.nothing_is_left()
