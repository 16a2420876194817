"""What call it is, the agent hears before they have it: who hears what, and whoever goes or dies meanwhile.

The words are a tone here, so that it can be told who hears them.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from floor.agent import Manner
from tests.pbx.centre import PLAIN, Centre, centre
from tests.pbx.ear import Ear
from tests.pbx.pbx import Pbx
from tests.pbx.sound import loud, tones, voiced

CALLER, ANNA, WORDS = 440.0, 660.0, 1920.0  # music has hardly anything of the last
TEXT, CALLBACK_TEXT = "A call for Sales.", "A callback for Sales."
SAID_S = 3.0
SLOW = Manner(think_s=lambda: 60.0)


def as_a_tone(folder: Path, text: str = TEXT, seconds: float = SAID_S) -> None:
    voiced(folder / "home" / "prompts", text, WORDS, seconds)


def lasts(sound: bytes, hertz: float) -> float:
    """The longest time for which this tone is heard without a gap."""
    return max((end - begin for begin, end in tones(sound, hertz)), default=0.0)


async def hears_it(here: Centre, ear: Ear) -> None:
    """Until what call it is has begun to be said."""
    await here.until(lambda: lasts(ear.heard(0.5), WORDS) > 0.2, why="it is said")


async def test_the_agent_hears_what_call_it_is_and_the_caller_music(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Then both hear each other, and only then are they connected."""
    as_a_tone(tmp_path)
    async with (
        centre(pbx, new_database(), tmp_path, agents=1, whisper=True) as here,
        Ear(CALLER, 30.0) as caller,
        Ear(ANNA, 30.0) as anna,
    ):
        here.sip.phone("until", media=anna.port)
        here.sip.call(PLAIN, "until", media=caller.port)
        here.desks["anna"].choose("ready")
        await hears_it(here, anna)
        assert [each["state"] for each in here.segments()] == ["connecting"], "accepting is not connecting"
        assert await here.who_is_in() == []
        await here.rest_a_while(1.0)
        assert loud(caller.heard(0.5)), "music goes on"
        segment = await here.until_state("talking")
        await here.until(lambda: lasts(caller.heard(), ANNA) > 0.8, why="the caller hears the agent")
        await here.until(lambda: lasts(anna.heard(), CALLER) > 0.8, why="the agent hears the caller")
        (row,) = await here.fetch("SELECT extract(epoch FROM connected_at - offered_at) AS s FROM segment")
        assert float(row["s"]) > SAID_S
        assert 2.5 < lasts(anna.heard(30.0), WORDS) < 3.5
        assert lasts(caller.heard(30.0), WORDS) < 0.2, "not the caller's to hear"
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()


async def test_a_phone_that_rings_with_the_offer_says_it_too(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """In the queue's own words."""
    as_a_tone(tmp_path, "Gold customers, Sales")
    words = {"en": "Gold customers, {queue}"}
    async with (
        centre(pbx, new_database(), tmp_path, agents=1, manner=SLOW, ring="with_offer", whisper=words) as here,
        Ear(ANNA) as anna,
    ):
        here.sip.phone("until", media=anna.port)
        here.sip.call(PLAIN, "until")
        here.desks["anna"].choose("ready")
        await hears_it(here, anna)
        segment = await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()


async def test_before_a_callback_it_is_said_that_it_is_one_and_the_customer_is_not_rung_yet(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    as_a_tone(tmp_path, CALLBACK_TEXT)
    async with centre(pbx, new_database(), tmp_path, agents=1, whisper=True) as here, Ear(ANNA, 30.0) as anna:
        here.sip.phone("until", media=anna.port)
        outside = here.sip.outside("pause 1500", "bye")
        here.desks["anna"].choose("ready")
        queue_id = here.premises.queues["acme", "Sales"]
        wish = {"company_id": here.premises.companies["acme"], "queue_id": queue_id, "number": "+4930777009"}
        await here.rest.post("/v1/callbacks", wish, key="one")
        await hears_it(here, anna)
        assert not await here.fetch("SELECT 1 FROM effect WHERE kind = 'telephony.dial'")
        await here.until_state("talking")
        await outside.over()
        await here.nothing_is_left()
        assert lasts(anna.heard(30.0), WORDS) > 2.5


async def test_an_agent_who_hangs_up_before_a_callback_has_nobody_rung(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    as_a_tone(tmp_path, CALLBACK_TEXT)
    async with centre(pbx, new_database(), tmp_path, agents=1, whisper=True) as here, Ear(ANNA) as anna:
        gone = here.sip.phone("pause 1200", "bye", media=anna.port)
        here.desks["anna"].choose("ready")
        queue_id = here.premises.queues["acme", "Sales"]
        wish = {"company_id": here.premises.companies["acme"], "queue_id": queue_id, "number": "+4930777009"}
        made = await here.rest.post("/v1/callbacks", wish, key="one")
        await hears_it(here, anna)
        here.desks["anna"].choose("offline")
        await gone.over()
        await here.until(lambda: here.fetch("SELECT 1 FROM segment WHERE state = 'failed'"), why="it has failed")
        await here.rest_a_while(1.0)
        assert not await here.fetch("SELECT 1 FROM effect WHERE kind = 'telephony.dial'")
        await here.rest.post(f"/v1/contacts/{made['contact_id']}/leave", {})
        await here.nothing_is_left()


async def test_a_caller_who_hangs_up_meanwhile_frees_the_agent_at_once(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    as_a_tone(tmp_path)
    async with centre(pbx, new_database(), tmp_path, agents=1, whisper=True) as here, Ear(ANNA, 30.0) as anna:
        phone = here.sip.phone("until", media=anna.port)
        caller = here.sip.call(PLAIN, "pause 2500", "bye")
        await here.until(here.contacts, why="they wait")
        await here.rest_a_while(0.7)
        here.desks["anna"].choose("ready")
        await hears_it(here, anna)
        assert not caller.is_over
        await caller.over()
        await phone.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        (segment,) = await here.fetch("SELECT state, connected_at FROM segment")
        assert 0.2 < lasts(anna.heard(30.0), WORDS) < SAID_S - 0.5, "cut off"
    assert contact["outcome"] == "abandoned"
    assert (segment["state"], segment["connected_at"]) == ("withdrawn", None)


async def test_an_agent_who_hangs_up_meanwhile_leaves_the_caller_at_their_place(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """They go on hearing music, and a colleague has them."""
    as_a_tone(tmp_path)
    async with (
        centre(pbx, new_database(), tmp_path, whisper=True) as here,
        Ear(CALLER, 30.0) as caller,
        Ear(ANNA) as anna,
    ):
        gone = here.sip.phone("pause 2000", "bye", of=1, media=anna.port)
        here.sip.phone("until", of=2, ring_ms=2000)
        here.sip.call(PLAIN, "until", media=caller.port)
        here.desks["anna"].choose("ready")
        await hears_it(here, anna)
        here.desks["ben"].choose("ready")
        await gone.over()
        await here.until(lambda: here.fetch("SELECT 1 FROM segment WHERE state = 'failed'"), why="it has failed")
        await here.rest_a_while(1.0)
        assert loud(caller.heard(0.5)), "music goes on"
        segment = await here.until_state("talking", "ben")
        assert await here.who_is_in() == ["ben", "caller"]
        (stay,) = await here.fetch("SELECT 1 FROM stay")
        assert stay, "one wait"
        here.desks["ben"].do("end", segment)
        await here.nothing_is_left()


async def test_the_call_is_connected_though_we_die_meanwhile(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """No phone is rung a second time, and it is not said to its end."""
    as_a_tone(tmp_path, seconds=5.0)
    async with centre(pbx, new_database(), tmp_path, agents=1, whisper=True) as here, Ear(ANNA, 30.0) as anna:
        here.sip.phone("until", media=anna.port)
        here.sip.call(PLAIN, "until")
        here.desks["anna"].choose("ready")
        await hears_it(here, anna)
        here.server.kill()
        here.server.start()
        await here.server.until_ready()
        segment = await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        connects = await here.fetch("SELECT state FROM effect WHERE kind = 'telephony.connect'")
        assert len(connects) == 1
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()


@pytest.mark.parametrize("whisper", [{"xx": "nobody speaks this"}, True], ids=["no voice", "too long"])
async def test_no_call_waits_for_what_cannot_be_said(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, whisper: object
) -> None:
    as_a_tone(tmp_path, seconds=30.0)
    async with centre(pbx, new_database(), tmp_path, agents=1, whisper=whisper) as here, Ear(ANNA, 30.0) as anna:
        here.sip.phone("until", media=anna.port)
        here.sip.call(PLAIN, "until")
        here.desks["anna"].choose("ready")
        segment = await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        await here.rest_a_while(0.5)
        assert lasts(anna.heard(0.3), WORDS) < 0.1, "it is cut off"
        assert lasts(anna.heard(30.0), WORDS) < 6.5
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()


async def test_what_a_caller_is_told_while_they_wait_ends_when_the_agent_is_told(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """And is told again later, when that agent hung up."""
    as_a_tone(tmp_path)
    busy = "All our people are busy. Please hold the line."
    voiced(tmp_path / "home" / "prompts", busy, ANNA, 8.0)
    announce = {"first_s": 1, "every_s": 10}
    async with (
        centre(pbx, new_database(), tmp_path, agents=1, whisper=True, announce=announce) as here,
        Ear(CALLER, 30.0) as caller,
        Ear(ANNA) as anna,
    ):
        here.sip.call(PLAIN, "until", media=caller.port)
        await here.until(lambda: lasts(caller.heard(0.5), ANNA) > 0.2, why="they are told how long it takes")
        gone = here.sip.phone("pause 2000", "bye", media=anna.port)
        here.desks["anna"].choose("ready")
        await hears_it(here, anna)
        await here.rest_a_while(0.6)
        assert lasts(caller.heard(0.3), ANNA) < 0.1
        assert loud(caller.heard(0.3)), "music in its place"
        here.desks["anna"].choose("offline")
        await gone.over()
        await here.until(lambda: lasts(caller.heard(0.5), ANNA) > 0.2, why="they are told again")
        (contact,) = await here.contacts()
        await here.rest.post(f"/v1/contacts/{contact['id']}/leave", {})
        await here.nothing_is_left()
