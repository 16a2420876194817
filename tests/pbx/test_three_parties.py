"""Held, put through, asked for advice, in conference: on a real PBX, with nothing left over afterwards."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pbx.centre import PLAIN, Centre, centre
from tests.pbx.pbx import Pbx


async def talking(here: Centre, *caller: str, phones: int = 2) -> str:
    """Anna talks with a caller; the id of her segment."""
    here.desks["anna"].choose("ready")
    for number in range(1, phones + 1):
        here.sip.phone("until", of=number)
    here.sip.call(PLAIN, *(caller or ("pause 20000", "bye")))
    return await here.until_state("talking")


async def is_ready(here: Centre, login: str) -> None:
    """What a colleague does reaches the server by another socket than theirs."""
    here.desks[login].choose("ready")
    await here.until(lambda: here.desks[login].desk.me["chosen"] == "ready")


async def test_a_caller_is_held_and_taken_back(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        segment = await talking(here, "until", phones=1)
        here.desks["anna"].do("hold", segment)
        await here.until_state("held")
        assert await here.who_is_in() == ["anna"]
        here.desks["anna"].do("retrieve", segment)
        await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()


async def test_a_caller_is_put_through_to_a_colleague(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path) as here:
        segment = await talking(here, "until")
        await is_ready(here, "ben")
        here.desks["anna"].do("transfer", segment, agent=here.premises.agents["ben"])
        second = await here.until_state("talking", "ben")
        assert await here.who_is_in() == ["ben", "caller"]
        here.desks["ben"].do("end", second)
        await here.nothing_is_left()
        ends = await here.fetch('SELECT "end" FROM stay ORDER BY queued_at')
    assert [row["end"] for row in ends] == ["answered", "answered"]


async def test_who_was_held_when_they_were_put_through_is_held_no_longer(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """The next agent can hold them, and take them back."""
    async with centre(pbx, new_database(), tmp_path) as here:
        segment = await talking(here, "until")
        here.desks["anna"].do("hold", segment)
        await here.until_state("held")
        await is_ready(here, "ben")
        here.desks["anna"].do("transfer", segment, agent=here.premises.agents["ben"])
        second = await here.until_state("talking", "ben")
        here.desks["ben"].do("hold", second)
        await here.until_state("held", "ben")
        assert await here.who_is_in() == ["ben"]
        here.desks["ben"].do("retrieve", second)
        await here.until_state("talking", "ben")
        assert await here.who_is_in() == ["ben", "caller"]
        here.desks["ben"].do("end", second)
        await here.nothing_is_left()


LEFT = {"complete": ["ben", "caller"], "return": ["anna", "caller"], "conference": ["anna", "ben", "caller"]}


async def asked(here: Centre, *caller: str) -> tuple[str, str]:
    """Anna talks with Ben while the caller is held; her segment and his."""
    mine = await talking(here, *(caller or ("until",)))
    await is_ready(here, "ben")
    here.desks["anna"].do("consult", mine, agent=here.premises.agents["ben"])
    theirs = await here.until_state("talking", "ben")
    await here.until(lambda: _together(here, ["anna", "ben"]), why="the caller hears neither")
    return mine, theirs


async def swap(here: Centre, mine: str, *, to: str) -> None:
    """Anna goes to the caller or to Ben, and the other one waits."""
    here.desks["anna"].do("swap", mine)
    await here.until_state("talking" if to == "caller" else "held", "anna")
    await here.until_state("held" if to == "caller" else "talking", "ben")
    await here.until(lambda: _together(here, ["anna", to]), why=f"anna is with {to}")


async def go_on(here: Centre, then: str, mine: str, theirs: str) -> None:
    """By this act, until the last one hangs up."""
    here.desks["anna"].do(then, mine)
    await here.until(lambda: _together(here, LEFT[then]), why=f"after {then}")
    if then == "conference":
        here.desks["anna"].do("leave", mine)
        await here.until(lambda: _together(here, ["ben", "caller"]), why="anna left")
    await here.until_state("talking", "anna" if then == "return" else "ben")
    here.desks["anna" if then == "return" else "ben"].do("end", mine if then == "return" else theirs)
    await here.nothing_is_left()


@pytest.mark.parametrize("then", list(LEFT))
async def test_a_colleague_is_asked(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, then: str) -> None:
    async with centre(pbx, new_database(), tmp_path) as here:
        mine, theirs = await asked(here)
        await go_on(here, then, mine, theirs)


async def test_an_agent_goes_to_the_caller_and_to_the_colleague_as_often_as_they_like(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path) as here:
        mine, theirs = await asked(here)
        for _ in range(2):
            await swap(here, mine, to="caller")
            await swap(here, mine, to="ben")
        await go_on(here, "complete", mine, theirs)


@pytest.mark.parametrize("then", list(LEFT))
async def test_beside_the_caller_while_the_colleague_waits_every_way_on_is_there(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, then: str
) -> None:
    async with centre(pbx, new_database(), tmp_path) as here:
        mine, theirs = await asked(here)
        await swap(here, mine, to="caller")
        await go_on(here, then, mine, theirs)


async def test_a_colleague_who_waits_is_fetched_by_a_click_that_overtakes_the_other(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """To the caller, and put through at once: whoever was being held is not left with the music."""
    async with centre(pbx, new_database(), tmp_path) as here:
        mine, theirs = await asked(here)
        here.desks["anna"].do("swap", mine)
        await go_on(here, "complete", mine, theirs)


async def test_the_caller_hangs_up_while_a_colleague_waits(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path) as here:
        mine, _ = await asked(here, "pause 12000", "bye")
        await swap(here, mine, to="caller")
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert contact["outcome"] == "handled"


async def test_a_colleague_who_waits_is_fetched_by_whoever_comes_after_our_death(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path) as here:
        mine, theirs = await asked(here)
        await swap(here, mine, to="caller")
        here.server.kill()
        here.server.start()
        await here.server.until_ready()
        await swap(here, mine, to="ben")
        await go_on(here, "complete", mine, theirs)


async def _together(here: Centre, who: list[str]) -> bool:
    return await here.who_is_in() == who
