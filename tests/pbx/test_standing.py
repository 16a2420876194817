"""A phone that has called in stays on the line: each call comes to it at once, behind a beep, and nothing rings.

Nobody answers for these phones: one that was rung would make the offer fail.
"""

from collections.abc import Callable
from pathlib import Path

from floor.agent import Manner
from tests.pbx.centre import PLAIN, Centre, centre
from tests.pbx.ear import Ear
from tests.pbx.pbx import Pbx
from tests.pbx.sip import Party
from tests.pbx.sound import loud
from tests.pbx.test_whisper import lasts

CALLER, SECOND, ANNA, BEEP = 440.0, 550.0, 1210.0, 700.0
STAND = "*5"
SLOW = Manner(think_s=lambda: 60.0)


async def stands(here: Centre, *steps: str, media: int | None = None, others: int = 0) -> Party:
    """Anna's phone calls in."""
    party = here.sip.call(STAND, *(steps or ("until",)), number=here.sip.room.phones[0], media=media)
    await here.until(lambda: _standing(here, others + 1), why="the phone stands")
    return party


async def _standing(here: Centre, number: int) -> bool:
    (shown,) = (await here.rest.get("/v1/asterisks"))["items"]
    return bool(shown["standing_phones"] == number)


async def no_phone_is_left_standing(here: Centre, phone: Party) -> None:
    phone.kill()
    here.pbx.say("channel request hangup all")
    await here.until(lambda: _standing(here, 0), why="no phone stands")
    await here.nothing_is_left()


async def test_each_call_comes_to_a_phone_that_stands_behind_a_beep_and_nothing_rings(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Whoever hangs up first, the phone stands for the next."""
    async with (
        centre(pbx, new_database(), tmp_path, agents=1) as here,
        Ear(CALLER) as caller,
        Ear(SECOND) as second,
        Ear(ANNA, 30.0) as anna,
    ):
        phone = await stands(here, media=anna.port)
        assert not loud(anna.heard(30.0)), "silence until somebody calls"
        first_call = here.sip.call(PLAIN, "until", media=caller.port)
        here.desks["anna"].choose("ready")
        segment = await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        await here.until(lambda: lasts(caller.heard(), ANNA) > 0.8, why="the caller hears the agent")
        await here.until(lambda: lasts(anna.heard(), CALLER) > 0.8, why="the agent hears the caller")
        assert lasts(anna.heard(30.0), BEEP) > 0.2, "a beep was heard"

        here.desks["anna"].do("end", segment)
        await first_call.over()
        second_call = here.sip.call(PLAIN, "pause 9000", "bye", media=second.port)
        await here.until_state("talking")
        await here.until(lambda: lasts(anna.heard(), SECOND) > 0.8, why="the agent hears the second caller")
        assert lasts(anna.heard(0.5), CALLER) < 0.1, "and nobody else"
        await second_call.over()
        await here.until(lambda: not here.segments(), why="the second call is over")
        assert not phone.is_over
        await no_phone_is_left_standing(here, phone)
        segments = await here.fetch('SELECT "end" FROM segment')
    assert len(segments) == 2, "no offer failed"


async def test_an_offer_that_rings_at_once_is_accepted_by_a_phone_that_stands(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, manner=SLOW, ring="with_offer") as here:
        phone = await stands(here)
        here.sip.call(PLAIN, "until")
        here.desks["anna"].choose("ready")
        segment = await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        here.desks["anna"].do("end", segment)
        await no_phone_is_left_standing(here, phone)


async def test_a_phone_that_stands_and_hangs_up_ends_its_conversation_and_is_rung_from_then_on(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        phone = await stands(here, "pause 5000", "bye")
        caller = here.sip.call(PLAIN, "until")
        here.desks["anna"].choose("ready")
        await here.until_state("talking")
        await phone.over()
        await caller.over()
        await here.until(lambda: _standing(here, 0), why="it stands no more")
        await here.until(lambda: not here.segments(), why="the conversation is over")
        rung = here.sip.phone("until")
        here.sip.call(PLAIN, "pause 4000", "bye", number="+4930777002")
        await here.until_state("talking")
        await rung.over()
        await here.nothing_is_left()


async def test_a_phone_stands_on_while_we_are_dead_and_so_does_its_call(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        phone = await stands(here)
        here.sip.call(PLAIN, "until")
        here.desks["anna"].choose("ready")
        segment = await here.until_state("talking")
        here.server.kill()
        here.server.start()
        await here.server.until_ready()
        await here.until(lambda: _standing(here, 1), 30, "the phone is found again")
        assert await here.until_state("talking") == segment
        assert await here.who_is_in() == ["anna", "caller"]
        here.desks["anna"].do("end", segment)
        await here.until(lambda: not here.segments(), why="it ends")
        here.sip.call(PLAIN, "until", number="+4930777002")
        next_one = await here.until_state("talking")
        here.desks["anna"].do("end", next_one)
        await no_phone_is_left_standing(here, phone)


async def test_nobodys_phone_does_not_stand_and_of_an_agents_the_last_one_does(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        first = await stands(here)
        nobodys = here.sip.call(STAND, "refused", "603", number=here.sip.room.phones[5])
        await nobodys.over()
        second = here.sip.call(STAND, "until", number=here.sip.room.phones[0])
        await first.over()
        await here.until(lambda: _standing(here, 1), why="the second stands")
        assert not second.is_over
        await no_phone_is_left_standing(here, second)
