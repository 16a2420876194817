"""What was said is in the recording, in its time: each party plays a tone of its own."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from app.launch import operator_key
from tests.pbx.centre import NUMBER, PLAIN, Centre, centre
from tests.pbx.pbx import Pbx
from tests.pbx.sound import heard, tone

CALLER, ANNA, BEN, IN_THE_PAUSE = 440.0, 660.0, 880.0, 1000.0
NEAR_S = 0.2


async def recordings(here: Centre, contact_id: str, parts: int) -> list[dict[str, Any]]:
    """Once they are all there."""

    async def found() -> list[dict[str, Any]]:
        items = (await here.rest.get(f"/v1/contacts/{contact_id}/recordings"))["items"]
        return items if len(items) == parts and all(item["state"] == "stored" for item in items) else []

    items: list[dict[str, Any]] = await here.until(found, why=f"{parts} parts")
    return items


async def sound_of(here: Centre, recording: dict[str, Any]) -> bytes:
    key = await operator_key(here.database_url, "listener")
    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {key}"}) as client:
        answer = await client.get(f"{here.server.url}/v1/recordings/{recording['id']}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "audio/wav"
    return answer.content


async def test_a_message_becomes_a_contact_with_its_sound(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    file = tone(tmp_path / "caller.ul", CALLER)
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        caller = here.sip.call(NUMBER, "pause 800", "press 2", "pause 4000", f"play {file}", "pause 2500", "bye")
        await caller.over()
        first, second = await here.until(_two_contacts(here), why="the message is a contact")
        (recording,) = await recordings(here, str(second["id"]), 1)
        sound = await sound_of(here, recording)
        links = await here.fetch("SELECT from_id, to_id, kind FROM contact_link")
    assert (first["channel"], first["outcome"]) == ("phone", "voicemail")
    assert (second["channel"], second["state"]) == ("task", "closed"), "its number leads to no queue"
    assert [(row["from_id"], row["to_id"], row["kind"]) for row in links] == [
        (second["id"], first["id"], "follow_up_of")
    ]
    ((begin, end),) = heard(sound, CALLER)
    assert end - begin > 1.5


def _two_contacts(here: Centre) -> Callable[[], Any]:
    async def found() -> Any:
        contacts = await here.contacts()
        return contacts if len(contacts) == 2 and all(c["state"] == "closed" for c in contacts) else None

    return found


async def test_a_conversation_is_recorded_without_what_is_said_while_the_caller_is_held(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    caller_tone, anna_tone = tone(tmp_path / "caller.ul", CALLER), tone(tmp_path / "anna.ul", ANNA)
    async with centre(pbx, new_database(), tmp_path, agents=1, recording="always") as here:
        here.desks["anna"].choose("ready")
        here.sip.phone(f"play {anna_tone}", "until")
        here.sip.call(PLAIN, f"play {caller_tone}", "until")
        segment = await here.until_state("talking")
        await here.rest_a_while(2.0)
        here.desks["anna"].do("hold", segment)
        await here.until_state("held")
        await here.rest_a_while(1.0)
        here.desks["anna"].do("retrieve", segment)
        await here.until_state("talking")
        await here.rest_a_while(2.0)
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        parts = await recordings(here, str(contact["id"]), 2)
        sounds = [await sound_of(here, part) for part in parts]
        files = list((tmp_path / "home").rglob("blobs/**/*"))
    assert [part["part"] for part in parts] == [1, 2]
    for part, sound in zip(parts, sounds, strict=True):
        length_s = (len(sound) - 44) / 16_000
        assert abs(length_s - 2.0) < 0.6, "only while they talked"
        for hertz in (CALLER, ANNA):
            (span,) = heard(sound, hertz)
            assert span[0] < NEAR_S
            assert length_s - span[1] < NEAR_S, "each is heard from the beginning to the end"
        assert not heard(sound, BEN)
        assert part["segment_id"] == segment
    assert not any(path.is_file() and path.read_bytes()[:4] == b"RIFF" for path in files), "sealed on the disk"
    between_ms = parts[1]["began_ms"] - parts[0]["began_ms"] - parts[0]["length_ms"]
    assert 800 < between_ms < 2_500, "nothing of the pause"


async def test_nothing_of_what_is_said_in_a_pause_is_recorded(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """The caller plays another tone from the fifth second to the ninth; the agent pauses from before it to after."""
    caller_tone, secret = tone(tmp_path / "caller.ul", CALLER), tone(tmp_path / "secret.ul", IN_THE_PAUSE)
    async with centre(pbx, new_database(), tmp_path, agents=1, recording="always") as here:
        here.desks["anna"].choose("ready")
        here.sip.phone(f"play {tone(tmp_path / 'anna.ul', ANNA)}", "until")
        here.sip.call(
            PLAIN, f"play {caller_tone}", "pause 5000", f"play {secret}", "pause 4000", f"play {caller_tone}", "until"
        )  # fmt: skip
        await here.until(lambda: here.fetch("SELECT 1 FROM leg WHERE role = 'customer' AND state = 'established'"))
        answered_s = time.monotonic()
        segment = await here.until_state("talking")
        await here.until(lambda: is_recorded(here, "on"), why="the desk shows that it is recorded")
        await here.rest_a_while(answered_s + 3.5 - time.monotonic())
        here.desks["anna"].do("pause_recording", segment)
        paused_s = time.monotonic()
        await here.until(lambda: is_recorded(here, "paused"), why="the desk shows that it is paused")
        here.desks["anna"].do("hold", segment)
        await here.until_state("held")
        here.desks["anna"].do("retrieve", segment)
        await here.until_state("talking")
        await here.rest_a_while(answered_s + 10.5 - time.monotonic())
        here.desks["anna"].do("resume_recording", segment)
        between_s = time.monotonic() - paused_s
        await here.until(lambda: is_recorded(here, "on"), why="the desk shows that it is recorded again")
        await here.rest_a_while(2.0)
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        parts = await recordings(here, str(contact["id"]), 2)
        sounds = [await sound_of(here, part) for part in parts]
    lengths_s = [(len(sound) - 44) / 16_000 for sound in sounds]
    for sound, length_s in zip(sounds, lengths_s, strict=True):
        for hertz in (CALLER, ANNA):
            (span,) = heard(sound, hertz)
            assert span[0] < NEAR_S
            assert length_s - span[1] < NEAR_S, "each is heard from the beginning to the end"
        assert not heard(sound, IN_THE_PAUSE)
    not_recorded_s = (parts[1]["began_ms"] - parts[0]["began_ms"]) / 1000 - lengths_s[0]
    assert abs(not_recorded_s - between_s) < NEAR_S


def is_recorded(here: Centre, state: str) -> bool:
    return [segment["recording"] for segment in here.segments()] == [state]


async def test_a_part_whose_end_is_told_to_nobody_is_brought_home(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Asterisk no longer says when recordings end: whose bridge is gone is looked for."""
    async with centre(pbx, new_database(), tmp_path, agents=1, recording="always") as here:
        here.desks["anna"].choose("ready")
        here.sip.phone(f"play {tone(tmp_path / 'anna.ul', ANNA)}", "until")
        here.sip.call(PLAIN, "until")
        segment = await here.until_state("talking")
        await here.until(lambda: is_recorded(here, "on"), why="it is recorded")
        await asyncio.to_thread(pbx.tells_not, "RecordingFinished")
        await here.rest_a_while(1.5)
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        (part,) = await recordings(here, str(contact["id"]), 1)
        sound = await sound_of(here, part)
    assert heard(sound, ANNA)


async def test_after_a_pause_the_next_agent_is_recorded_anew(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    tones = {hertz: tone(tmp_path / f"{hertz}.ul", hertz) for hertz in (CALLER, ANNA, BEN)}
    async with centre(pbx, new_database(), tmp_path, recording="always") as here:
        here.desks["anna"].choose("ready")
        here.sip.phone(f"play {tones[ANNA]}", "until")
        here.sip.call(PLAIN, f"play {tones[CALLER]}", "until")
        segment = await here.until_state("talking")
        await here.rest_a_while(1.5)
        here.desks["anna"].do("pause_recording", segment)
        await here.until(lambda: is_recorded(here, "paused"))
        here.sip.phone(f"play {tones[BEN]}", "until", of=2)
        here.desks["ben"].choose("ready")
        here.desks["anna"].do("transfer", segment, agent=here.premises.agents["ben"])
        second = await here.until_state("talking", "ben")
        await here.rest_a_while(1.5)
        here.desks["ben"].do("end", second)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        first, last = await recordings(here, str(contact["id"]), 2)
        sounds = [await sound_of(here, part) for part in (first, last)]
    assert (first["segment_id"], last["segment_id"]) == (segment, second)
    assert heard(sounds[0], ANNA)
    assert heard(sounds[1], BEN)
    assert not heard(sounds[1], ANNA)


async def test_after_a_transfer_both_agents_are_in_the_recording(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    tones = {hertz: tone(tmp_path / f"{hertz}.ul", hertz) for hertz in (CALLER, ANNA, BEN)}
    async with centre(pbx, new_database(), tmp_path, recording="always") as here:
        here.desks["anna"].choose("ready")
        here.sip.phone(f"play {tones[ANNA]}", "until")
        here.sip.call(PLAIN, f"play {tones[CALLER]}", "until")
        segment = await here.until_state("talking")
        await here.rest_a_while(1.5)
        here.sip.phone(f"play {tones[BEN]}", "until", of=2)
        here.desks["ben"].choose("ready")
        here.desks["anna"].do("transfer", segment, agent=here.premises.agents["ben"])
        second = await here.until_state("talking", "ben")
        await here.rest_a_while(1.5)
        here.desks["ben"].do("end", second)
        await here.until(lambda: here.fetch("SELECT 1 FROM contact WHERE state = 'closed'"))
        (contact,) = await here.contacts()
        first, last = await recordings(here, str(contact["id"]), 2)
        sounds = [await sound_of(here, part) for part in (first, last)]
    assert heard(sounds[0], ANNA)
    assert not heard(sounds[0], BEN)
    assert heard(sounds[1], BEN)
    assert not heard(sounds[1], ANNA)
    assert all(heard(sound, CALLER) for sound in sounds)
