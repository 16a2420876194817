"""An agent pauses the recording: no part begins before they resume, whatever happens to the call meanwhile."""

import json

import pytest

from tests.journey.story import rows
from tests.journey.trio import Trio, trio

RECORDED = ("record customer", "stop_recording customer")


async def recorded(t: Trio) -> list[str]:
    return [each.partition(" ")[0] for each in (await t.tell()).asked if each in RECORDED]


async def state(t: Trio) -> str | None:
    (contact,) = await rows(t.board, "SELECT ivr FROM contact WHERE id = $1", t.contact_id)
    found: str | None = json.loads(contact["ivr"]).get("recording")
    return found


async def parts(t: Trio) -> list[int]:
    found = await rows(t.board, "SELECT args FROM effect WHERE kind = 'telephony.record' ORDER BY id")
    return [json.loads(row["args"])["part"] for row in found]


async def test_a_pause_ends_a_part_and_the_next_begins_when_it_is_over(database: str) -> None:
    async with trio(database, over_ari=True, recording="always") as t:
        begun = await recorded(t), await state(t)
        await t.do(0, "pause_recording")
        paused = await recorded(t), await state(t)
        again = await t.do(0, "pause_recording")
        await t.do(0, "resume_recording")
        resumed = await recorded(t), await state(t)
        never = await t.do(0, "resume_recording")
        numbers, events = await parts(t), (await t.tell()).events

    assert begun == (["record"], "on")
    assert paused == (["record", "stop_recording"], "paused")
    assert resumed == (["record", "stop_recording", "record"], "on")
    assert numbers == [1, 2]
    assert (again.status, never.status) == (409, 409)
    assert events[-2:] == ["segment.recording_paused", "segment.recording_resumed"]


@pytest.mark.parametrize("way", ["hold", "consult and return", "swap", "conference"])
async def test_what_is_paused_stays_so_until_it_is_resumed(database: str, way: str) -> None:
    async with trio(database, over_ari=True, recording="always") as t:
        await t.do(0, "pause_recording")
        await t.we_die()
        if way == "hold":
            await t.do(0, "hold")
            await t.hears(None, "Held")
            await t.do(0, "retrieve")
        else:
            await t.is_asked(1)
            await t.do(0, {"consult and return": "return"}.get(way, way))
        await t.hears(None, "Retrieved")
        meanwhile, paused = await recorded(t), await state(t)
        await t.do(0, "resume_recording")
        resumed = await recorded(t)

    assert meanwhile == ["record", "stop_recording"]
    assert paused == "paused"
    assert resumed == ["record", "stop_recording", "record"]


@pytest.mark.parametrize("way", ["transfer", "complete", "leave"])
async def test_with_the_next_agent_recording_begins_anew(database: str, way: str) -> None:
    async with trio(database, over_ari=True, recording="always") as t:
        await t.do(0, "pause_recording")
        match way:
            case "transfer":
                await t.to_agent(0, 1)
                await t.picks_up(1)
            case "complete":
                await t.is_asked(1)
                await t.do(0, "complete")
                await t.hears(None, "Retrieved")
            case _:
                await t.is_asked(1)
                await t.do(0, "conference")
                await t.hears(None, "Retrieved")
                await t.do(0, "leave")
        after = await recorded(t), await state(t)

    assert after == (["record", "stop_recording", "record"], "on")


async def test_a_recording_that_the_provider_could_not_make_is_not_shown_as_one(database: str) -> None:
    async with trio(database, over_ari=True, recording="always") as t:
        await t.effect_fails("telephony.record")
        shown = await state(t)
        refused = await t.do(0, "pause_recording")

    assert shown is None
    assert refused.status == 409


@pytest.mark.parametrize(("over_ari", "recording"), [(True, "off"), (False, "always")])
async def test_what_is_not_recorded_cannot_be_paused(database: str, over_ari: bool, recording: str) -> None:
    async with trio(database, over_ari=over_ari, recording=recording) as t:
        refused = await t.do(0, "pause_recording")
        nothing = await recorded(t), await state(t)

    assert refused.status == 409
    assert nothing == ([], None)


async def test_a_call_that_is_over_is_neither_recorded_nor_paused(database: str) -> None:
    async with trio(database, over_ari=True, recording="always") as t:
        await t.do(0, "pause_recording")
        await t.hears(None, "ConnectionCleared")
        after = await recorded(t), await state(t)

    assert after == (["record", "stop_recording"], None)
