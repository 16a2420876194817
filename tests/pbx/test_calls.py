"""A caller with a real phone: menu, queue, agent, talk, and whoever hangs up first."""

from collections.abc import Callable
from pathlib import Path

from tests.pbx.centre import NUMBER, PLAIN, centre
from tests.pbx.pbx import Pbx


async def test_a_call_by_menu_and_queue_to_an_agent_until_the_caller_hangs_up(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        phone = here.sip.phone("until")
        caller = here.sip.call(NUMBER, "pause 1000", "press 1", "pause 10000", "bye")
        await here.until_state("talking")
        await caller.over()
        await phone.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        (stay,) = await here.fetch('SELECT "end" FROM stay')
    assert (contact["state"], contact["outcome"], stay["end"]) == ("closed", "handled", "answered")


async def test_an_agent_hangs_up(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        phone = here.sip.phone("pause 1500", "bye")
        caller = here.sip.call(PLAIN, "until")
        await here.until_state("talking")
        await phone.over()
        await caller.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert contact["outcome"] == "handled"
