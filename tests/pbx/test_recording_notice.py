"""On a real Asterisk: without the customer's key there is no file, and an agent who answers is not held up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pbx.centre import FLOW, NUMBER, PLAIN, Centre, centre
from tests.pbx.pbx import Pbx
from tests.pbx.sound import heard, tone
from tests.pbx.test_recording import is_recorded, recordings, sound_of

CALLER, BEFORE = 440.0, 1000.0
CONSENT = {"in": "consent"}
OTHER_TONE = "SELECT 1 FROM contact WHERE arrived_at < now() - interval '14 s'"
ONE_FLOW = FLOW.replace("sales: {enqueue: Sales, say: wait,", "sales: {enqueue: Sales,")


async def given(here: Centre) -> list[str]:
    return [row["kind"] for row in await here.fetch("SELECT kind FROM event WHERE kind LIKE 'recording.%'")]


def files_of(pbx: Pbx) -> set[str]:
    return {path.name for path in (pbx.folder / "spool/recording").rglob("*.wav")}


async def test_whoever_presses_1_is_recorded(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, recording="always", notice=CONSENT) as here:
        here.sip.call(PLAIN, "pause 4500", "press 1", f"play {tone(tmp_path / 'caller.ul', CALLER)}", "until")
        await here.until(lambda: given(here), why="they agree")
        here.sip.phone("until")
        here.desks["anna"].choose("ready")
        segment = await here.until_state("talking")
        await here.until(lambda: is_recorded(here, "on"))
        await here.rest_a_while(1.5)
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        (part,) = await recordings(here, str(contact["id"]), 1)
        sound = await sound_of(here, part)
        kinds = await given(here)
    assert kinds == ["recording.consented"]
    assert heard(sound, CALLER)


@pytest.mark.parametrize("keys", ["none", "one too early"])
async def test_without_their_key_there_is_no_recording(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, keys: str
) -> None:
    """A key that was pressed twice in the menu before is no answer to a question that they have not heard."""
    before = files_of(pbx)
    async with centre(
        pbx, new_database(), tmp_path, agents=1, recording="always", notice=CONSENT, flow=ONE_FLOW
    ) as here:  # fmt: skip
        if keys == "none":
            here.sip.call(PLAIN, "until")
        else:
            here.sip.call(NUMBER, "pause 800", "press 11", "until")
        await here.until(lambda: given(here), seconds=25, why="they do not agree")
        here.sip.phone("until")
        here.desks["anna"].choose("ready")
        segment = await here.until_state("talking")
        assert here.segments()[0]["recording"] is None
        assert "resume_recording" not in here.segments()[0]["may"]
        await here.rest_a_while(1.0)
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        parts = (await here.rest.get(f"/v1/contacts/{contact['id']}/recordings"))["items"]
        asked = await here.fetch("SELECT kind FROM effect WHERE kind LIKE '%record%'")
        kinds = await given(here)
    assert kinds == ["recording.declined"]
    assert parts == []
    assert asked == []
    assert files_of(pbx) <= before


async def test_an_agent_who_answers_first_is_not_held_up_and_resumes_it(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """What is said until they resume is in no recording; the question is heard no more; our death changes nothing."""
    caller_tone, secret = tone(tmp_path / "caller.ul", CALLER), tone(tmp_path / "before.ul", BEFORE)
    async with centre(pbx, new_database(), tmp_path, agents=1, recording="always", notice=CONSENT) as here:
        here.desks["anna"].choose("ready")
        here.sip.phone("until")
        here.sip.call(PLAIN, f"play {secret}", "pause 12000", f"play {caller_tone}", "until")
        segment = await here.until_state("talking")
        assert await given(here) == [], "the question was not over yet"
        await here.until(lambda: is_recorded(here, "paused"), why="the desk shows that it is paused")
        open_ = await here.fetch("SELECT kind FROM effect WHERE state IN ('due', 'sent') AND args ? 'notice'")
        here.server.kill()
        here.server.start()
        await here.server.until_ready()
        await here.until(lambda: is_recorded(here, "paused"), why="the desk shows it still")
        await here.until(lambda: here.fetch(OTHER_TONE), seconds=25)
        here.desks["anna"].do("resume_recording", segment)
        await here.until(lambda: is_recorded(here, "on"))
        await here.rest_a_while(1.5)
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        (part,) = await recordings(here, str(contact["id"]), 1)
        sound = await sound_of(here, part)
        (told,) = await here.fetch("SELECT kind, data, agent_id::text FROM event WHERE kind LIKE 'recording.%'")
    assert open_ == []
    assert (told["kind"], told["agent_id"]) == ("recording.consented", here.premises.agents["anna"])
    assert '"agent"' in told["data"]
    assert heard(sound, CALLER)
    assert not heard(sound, BEFORE)
