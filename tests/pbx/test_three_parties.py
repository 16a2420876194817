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
        here.desks["ben"].choose("ready")
        here.desks["anna"].do("transfer", segment, agent=here.premises.agents["ben"])
        second = await here.until_state("talking", "ben")
        assert await here.who_is_in() == ["ben", "caller"]
        here.desks["ben"].do("end", second)
        await here.nothing_is_left()
        ends = await here.fetch('SELECT "end" FROM stay ORDER BY queued_at')
    assert [row["end"] for row in ends] == ["answered", "answered"]


@pytest.mark.parametrize("then", ["complete", "return", "conference"])
async def test_a_colleague_is_asked(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, then: str) -> None:
    async with centre(pbx, new_database(), tmp_path) as here:
        segment = await talking(here, "until")
        here.desks["ben"].choose("ready")
        here.desks["anna"].do("consult", segment, agent=here.premises.agents["ben"])
        theirs = await here.until_state("talking", "ben")
        await here.until(lambda: _together(here, ["anna", "ben"]), why="the caller hears neither")
        here.desks["anna"].do(then, segment)
        left = {"complete": ["ben", "caller"], "return": ["anna", "caller"], "conference": ["anna", "ben", "caller"]}
        await here.until(lambda: _together(here, left[then]), why=f"after {then}")
        if then == "conference":
            here.desks["anna"].do("leave", segment)
            await here.until(lambda: _together(here, ["ben", "caller"]), why="anna left")
        here.desks["anna" if then == "return" else "ben"].do("end", segment if then == "return" else theirs)
        await here.nothing_is_left()


async def _together(here: Centre, who: list[str]) -> bool:
    return await here.who_is_in() == who
