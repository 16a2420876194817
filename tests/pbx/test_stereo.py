"""Recorded in stereo: what the customer says on the left, what they hear on the right."""

from collections.abc import Callable
from pathlib import Path

from tests.pbx.centre import PLAIN, Centre, centre
from tests.pbx.pbx import Pbx
from tests.pbx.sound import heard, lanes, tone
from tests.pbx.test_recording import ANNA, BEN, CALLER, NEAR_S, is_recorded, recordings, sound_of

STEREO = {"recording": "always", "recording_channels": "stereo"}


async def talking(here: Centre, tmp_path: Path, *caller: str) -> str:
    here.desks["anna"].choose("ready")
    here.sip.phone(f"play {tone(tmp_path / 'anna.ul', ANNA)}", "until")
    here.sip.call(PLAIN, f"play {tone(tmp_path / 'caller.ul', CALLER)}", *(caller or ("until",)))
    segment = await here.until_state("talking")
    await here.until(lambda: is_recorded(here, "on"), why="it is recorded")
    return segment


async def sides(here: Centre, parts: int) -> list[list[bytes]]:
    (contact,) = await here.contacts()
    found = await recordings(here, str(contact["id"]), parts)
    return [lanes(await sound_of(here, part)) for part in found]


async def test_each_is_heard_on_a_side_of_their_own(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    """Nothing while the caller is held; and a second agent is on the right like the first."""
    async with centre(pbx, new_database(), tmp_path, **STEREO) as here:
        segment = await talking(here, tmp_path)
        await here.rest_a_while(2.0)
        here.desks["anna"].do("hold", segment)
        await here.until_state("held")
        here.sip.phone(f"play {tone(tmp_path / 'ben.ul', BEN)}", "until", of=2)
        here.desks["ben"].choose("ready")
        here.desks["anna"].do("retrieve", segment)
        await here.until_state("talking")
        here.desks["anna"].do("transfer", segment, agent=here.premises.agents["ben"])
        second = await here.until_state("talking", "ben")
        await here.rest_a_while(2.0)
        here.desks["ben"].do("end", second)
        await here.nothing_is_left()
        found = await sides(here, 3)
    for (left, right), agent in ((found[0], ANNA), (found[2], BEN)):
        for side, theirs, others in ((left, CALLER, {ANNA, BEN}), (right, agent, {CALLER, ANNA, BEN} - {agent})):
            ((begins, ends),) = heard(side, theirs)
            assert begins < NEAR_S
            assert (len(side) - 44) / 16_000 - ends < NEAR_S, "from the beginning to the end"
            assert not any(heard(side, hertz) for hertz in others)


async def test_it_goes_on_through_our_death_and_ends_with_the_caller(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, **STEREO) as here:
        await talking(here, tmp_path, "pause 20000", "bye")
        here.server.kill()
        await here.rest_a_while(1.0)
        here.server.start()
        await here.server.until_ready()
        await here.nothing_is_left(40)
        ((left, right),) = await sides(here, 1)
    for side, theirs, other in ((left, CALLER, ANNA), (right, ANNA, CALLER)):
        ((begins, ends),) = heard(side, theirs)
        assert begins < NEAR_S
        assert ends - begins > 15.0, "what was said while we were away is there"
        assert not heard(side, other)
