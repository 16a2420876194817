"""A supervisor listens by their own phone, whispers to the agent, joins: who hears whom is told by tones."""

from collections.abc import Callable
from pathlib import Path

from tests.pbx.centre import PLAIN, Centre, centre
from tests.pbx.ear import Ear
from tests.pbx.pbx import Pbx
from tests.pbx.sound import tone, tones

CALLER, ANNA, CARA = 440.0, 660.0, 880.0


async def test_a_supervisor_listens_whispers_and_joins(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path) as here, Ear(ANNA) as anna, Ear(CARA) as cara:
        here.sip.phone("until", of=1, media=anna.port)
        here.sip.phone("until", of=2, media=cara.port)
        here.desks["anna"].choose("ready")
        here.sip.call(PLAIN, f"play {tone(tmp_path / 'caller.ul', CALLER)}", "until")
        segment = await here.until_state("talking")

        await listen(here, segment, "listen")
        await here.until(lambda: hears(here, anna, cara, "listen"), why="the supervisor hears, unheard")
        await listen(here, segment, "whisper")
        await here.until(lambda: hears(here, anna, cara, "whisper"), why="the agent hears them")
        await listen(here, segment, "barge")
        await here.until(lambda: hears(here, anna, cara, "barge"), why="all hear all")
        audit = await here.fetch("SELECT data FROM audit WHERE action = 'conversation.monitored' ORDER BY at")
        assert len(audit) == 3

        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()


async def test_a_supervisor_who_hangs_up_disturbs_nobody(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path) as here:
        here.desks["anna"].choose("ready")
        here.sip.phone("until", of=1)
        ear = here.sip.phone("pause 1500", "bye", of=2)
        here.sip.call(PLAIN, "until")
        segment = await here.until_state("talking")
        await listen(here, segment, "listen")
        await ear.over()
        await here.until(lambda: _listeners(here, 0), why="the wire of the supervisor is down")
        assert await here.who_is_in() == ["anna", "caller"]
        await listen(here, segment, "listen")  # it rings where nobody is any more
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()


async def listen(here: Centre, segment: str, mode: str | None) -> None:
    wish = {"segment_id": segment, "mode": mode, "agent_id": here.premises.agents["ben"]}
    await here.rest.post("/v1/live/monitor", wish)


async def _listeners(here: Centre, number: int) -> bool:
    legs = await here.fetch("SELECT 1 FROM leg WHERE role = 'monitor' AND state <> 'cleared'")
    return len(legs) == number


async def hears(here: Centre, agent: Ear, supervisor: Ear, mode: str) -> bool:
    """Which tones come out of the agent's and the supervisor's phone; what the caller hears, the bridge says."""
    await here.rest_a_while(1.2)
    with_caller = len(next(members for members in await here.bridges() if "caller" in members))
    found = (heard_in(agent.heard()), heard_in(supervisor.heard()), with_caller)
    return (
        found
        == {
            "listen": ({CALLER}, {CALLER, ANNA}, 2),
            "whisper": ({CALLER, CARA}, {CALLER, ANNA}, 2),
            "barge": ({CALLER, CARA}, {CALLER, ANNA}, 3),
        }[mode]
    )


def heard_in(sound: bytes) -> set[float]:
    return {hertz for hertz in (CALLER, ANNA, CARA) if tones(sound, hertz)}
