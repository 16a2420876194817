"""What callers hear while they wait, and that they may be called back instead."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pbx.centre import PLAIN, Centre, centre
from tests.pbx.ear import Ear
from tests.pbx.pbx import Pbx
from tests.pbx.sound import loud

ANNOUNCE = {"first_s": 1, "every_s": 10, "callback": True}


async def test_whoever_waits_is_told_and_may_be_called_back(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """They press 1, are promised it and let go; the callback has the place that they had."""
    async with centre(pbx, new_database(), tmp_path, agents=1, announce=ANNOUNCE) as here:
        caller = here.sip.call(PLAIN, "pause 4500", "press 1", "until")
        await caller.over()
        caller_contact, ours = await here.until(lambda: _two(here), why="the callback waits")
        stays = await here.fetch('SELECT contact_id, place_us, "end" FROM stay ORDER BY queued_at, id')
        (said,) = await _announced(here)
        assert said[0].startswith("All our people are busy."), said
        assert said[1].startswith("If you would rather be called back, press 1")
        assert (caller_contact["outcome"], ours["direction"]) == ("called_back", "out")
        assert [(row["end"], row["place_us"] == stays[0]["place_us"]) for row in stays] == [
            ("called_back", True),
            (None, True),
        ]
        here.sip.phone("until")
        outside = here.sip.outside("pause 500", "bye")
        here.desks["anna"].choose("ready")
        await outside.over()
        await here.nothing_is_left()


async def test_what_is_said_stops_the_moment_an_agent_answers(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """It stays silent through the conversation, also after our death, and goes on in a later wait."""
    async with centre(pbx, new_database(), tmp_path, agents=1, announce=ANNOUNCE | {"every_s": 10}) as here:
        here.sip.call(PLAIN, "until")
        await here.until(lambda: _told(here, 1), why="the first announcement")
        here.sip.phone("until")
        here.desks["anna"].choose("ready")
        segment = await here.until_state("talking")
        here.server.kill()
        here.server.start()
        await here.server.until_ready()
        await here.until_state("talking")
        await here.rest_a_while(2.0)
        assert len(await _announced(here)) == 1
        assert not await here.fetch("SELECT 1 FROM effect WHERE state IN ('due', 'sent')")
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()


@pytest.mark.parametrize("announce", [None, ANNOUNCE], ids=["", "after an announcement"])
async def test_music_goes_on_while_the_agents_phone_rings(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, announce: object
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, announce=announce) as here, Ear(440.0, 30.0) as caller:
        here.sip.phone("until", ring_ms=7500)
        here.sip.call(PLAIN, "until", media=caller.port)
        await here.until(lambda: _told(here, 1) if announce else _waits(here), why="they wait")
        here.desks["anna"].choose("ready")
        await here.until_state("connecting")
        await here.rest_a_while(6.5)
        assert loud(caller.heard(0.5)), "they are not left in silence"
        segment = await here.until_state("talking")
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()


async def test_an_announcement_survives_our_death(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    """Its instant follows from when the wait began."""
    async with centre(pbx, new_database(), tmp_path, agents=1, announce=ANNOUNCE | {"first_s": 5}) as here:
        caller = here.sip.call(PLAIN, "until")
        await here.until(lambda: _waits(here), why="they wait")
        here.server.kill()
        here.server.start()
        await here.server.until_ready()
        await here.until(lambda: _told(here, 1), why="it is said by the next process")
        (late,) = await here.fetch(
            "SELECT extract(epoch FROM e.not_after - s.queued_at) - 30 AS s"
            " FROM effect e JOIN stay s USING (contact_id) WHERE e.args ? 'announce'"
        )
        assert 4.5 < float(late["s"]) < 9.0, "at its instant, or as soon as there was somebody"
        (contact,) = await here.contacts()
        await here.rest.post(f"/v1/contacts/{contact['id']}/leave", {})
        await caller.over()
        await here.nothing_is_left()


async def _two(here: Centre) -> object:
    contacts = await here.contacts()
    return contacts if len(contacts) == 2 and contacts[0]["state"] == "closed" else None


async def _waits(here: Centre) -> bool:
    return bool(await here.fetch("SELECT 1 FROM stay WHERE ended_at IS NULL"))


async def _announced(here: Centre) -> list[list[str]]:
    rows = await here.fetch("SELECT args FROM effect WHERE args ? 'announce' ORDER BY id")
    return [[prompt["text"] for prompt in json.loads(row["args"])["prompts"]] for row in rows]


async def _told(here: Centre, number: int) -> bool:
    return len(await _announced(here)) == number
