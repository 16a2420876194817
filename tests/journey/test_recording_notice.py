"""Nothing is recorded that a customer does not know of: they are told or asked in their wait, by a flow or an agent."""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import pytest

from app import commands as c
from app.switchboard import new_id
from contacts.acts import possible
from contacts.contact import recording_of
from contacts.effect import ARI
from ivr.spoken import BUILT_IN
from tests.journey.board import Board, open_board
from tests.journey.story import Call, rows
from tests.journey.test_self_service import Walk, published
from tests.journey.trio import Trio, trio

ALWAYS = {"recording": "always"}
CHANGED = """
WITH raised AS (UPDATE domain SET config_seq = config_seq + 1 WHERE id = 1 RETURNING config_seq)
INSERT INTO config_change (domain_id, seq, company_id, kind, subject_id)
SELECT 1, config_seq, $1::text::uuid, 'company', $1 FROM raised RETURNING seq
"""
FLOW = """\
flow: main
languages: [zh-CN]
start: told
nodes:
  told: {set: {recording: WORD}, next: queue}
  queue: {enqueue: queue, on: {limit: told}}
"""
RULES = ("announce", "consent")
GIVEN = {"announce": "announced", "consent": "consented"}


async def company_says(board: Board, rule: Mapping[str, str], dialling: Mapping[str, Any] | None = None) -> None:
    company_id = board.centre.company_ids[0]
    conn = await asyncpg.connect(board.url)
    try:
        await conn.execute(
            "UPDATE company SET region = 'DE', recording_notice = $2, dialling = $3 WHERE id = $1",
            company_id, json.dumps(rule), json.dumps(dialling or {}),
        )  # fmt: skip
        seq = await conn.fetchval(CHANGED, company_id)
    finally:
        await conn.close()
    await board.ask(c.ApplyConfig(seq))


@contextlib.asynccontextmanager
async def waiting(database: str, rule: str, over_ari: bool = True, **config: Any) -> AsyncIterator[Trio]:
    """A customer is on the line and waits; agent 0 is offered the call."""
    async with trio(database, "offered", over_ari=over_ari, **{**ALWAYS, **config}) as t:
        await company_says(t.board, {"in": rule})
        await t.call.report((t.call.ref, "Established"))
        yield t


async def notices(t: Trio) -> list[Mapping[str, Any]]:
    """What was said to them, or asked, with its arguments."""
    found = await rows(t.board, "SELECT id::text, kind, state, args FROM effect WHERE args ? 'notice' ORDER BY id")
    return [{**row, "args": json.loads(row["args"])} for row in found]


async def hears_it(t: Trio, said: Any, keys: str = "") -> None:
    (open_,) = [each for each in await notices(t) if each["state"] == "sent"]
    await t.board.ask(c.ReportHeard(t.board.provider, open_["id"], said, keys))


async def agrees(t: Trio, rule: str) -> None:
    await (hears_it(t, "done") if rule == "announce" else hears_it(t, "keys", "1"))


async def verbs(t: Trio) -> list[str]:
    """What was asked for the customer's wire."""
    return [each.removesuffix(" customer") for each in (await t.tell()).asked if each.endswith(" customer")]


async def state(t: Trio) -> str | None:
    return await state_of(t.board, t.contact_id)


async def state_of(board: Board, contact_id: str) -> str | None:
    (contact,) = await rows(board, "SELECT ivr FROM contact WHERE id = $1", contact_id)
    found: str | None = json.loads(contact["ivr"]).get("recording")
    return found


async def given(board: Board) -> list[tuple[str, str, str | None]]:
    """(what, how, by which agent) as the log has it."""
    found = await rows(
        board, "SELECT kind, data, agent_id::text FROM event WHERE kind LIKE 'recording.%' ORDER BY seq"
    )  # fmt: skip
    return [(row["kind"].removeprefix("recording."), json.loads(row["data"])["how"], row["agent_id"]) for row in found]


async def is_recorded(t: Trio) -> bool:
    return "record" in await verbs(t)


# --- while they wait --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
async def test_whoever_was_told_or_has_agreed_is_recorded_from_the_beginning(database: str, rule: str) -> None:
    async with waiting(database, rule) as t:
        (said,) = await notices(t)
        await agrees(t, rule)
        waits_on = (await verbs(t))[-1]
        await t.picks_up(0)
        recorded, shown, log = await is_recorded(t), await state(t), await given(t.board)
        again = await notices(t)

    assert said["kind"] == ("telephony.play" if rule == "announce" else "telephony.collect")
    assert waits_on == "wait", "the music goes on"
    assert (recorded, shown) == (True, "on")
    assert log == [(GIVEN[rule], "said", None)]
    assert len(again) == 1


@pytest.mark.parametrize(("said", "keys"), [("silence", ""), ("keys", "2"), ("keys", "")])
async def test_whoever_does_not_agree_is_never_recorded(database: str, said: str, keys: str) -> None:
    """Not with the next agent either, and nobody can resume it."""
    async with waiting(database, "consent") as t:
        await hears_it(t, said, keys)
        await t.we_die()
        await t.picks_up(0)
        shown, refused = await state(t), await t.do(0, "resume_recording")
        offered = acts(t, 0)
        await t.to_agent(0, 1)
        await t.picks_up(1)
        later, refused_later = await state(t), await t.do(1, "resume_recording")
        recorded, asked, log = await is_recorded(t), await notices(t), await given(t.board)

    assert (shown, refused.status) == (None, 409)
    assert (later, refused_later.status) == (None, 409)
    assert not {"pause_recording", "resume_recording"} & offered
    assert not recorded
    assert len(asked) == 1
    assert log == [("declined", "said", None)]


def acts(t: Trio, number: int) -> frozenset[str]:
    """What the agent's desk offers."""
    house = t.board.switchboard.house
    assert house is not None
    contact = house.contact(t.contact_id)
    return possible(t.segment(number), [], contact.channel, recording_of(contact))


@pytest.mark.parametrize("rule", RULES)
async def test_an_agent_who_answers_first_says_it_themselves(database: str, rule: str) -> None:
    """The recording is paused until they resume it, over our death, too; what comes late changes nothing."""
    async with waiting(database, rule) as t:
        (cut_off,) = await notices(t)
        await t.picks_up(0)
        open_ = [each for each in await notices(t) if each["state"] == "sent"]
        await t.board.ask(c.ReportHeard(t.board.provider, cut_off["id"], "keys", "1"))
        await t.we_die()
        paused, before, offered = await state(t), await is_recorded(t), acts(t, 0)
        await t.do(0, "resume_recording")
        resumed, after, log = await state(t), await verbs(t), await given(t.board)

    assert open_ == [], "no effect is left over"
    assert (paused, before) == ("paused", False)
    assert "resume_recording" in offered
    assert resumed == "on"
    assert after.count("record") == 1
    assert log == [(GIVEN[rule], "agent", t.agent(0))]


async def test_a_hold_does_not_begin_what_nobody_has_said(database: str) -> None:
    async with waiting(database, "announce") as t:
        await t.picks_up(0)
        await t.do(0, "hold")
        await t.hears(None, "Held")
        await t.do(0, "retrieve")
        await t.hears(None, "Retrieved")
        recorded, shown = await is_recorded(t), await state(t)

    assert (recorded, shown) == (False, "paused")


async def test_what_an_answer_cut_off_is_said_in_the_next_queue(database: str) -> None:
    async with waiting(database, "announce") as t:
        await t.picks_up(0)
        await t.to_queue(0)
        first, second = await notices(t)
        await hears_it(t, "done")
        await t.picks_up(1)
        recorded, log = await is_recorded(t), await given(t.board)

    assert (first["state"], second["state"]) == ("done", "sent")
    assert recorded
    assert log == [("announced", "said", None)]


async def test_whoever_is_moved_meanwhile_hears_it_from_the_beginning(database: str) -> None:
    """The music of the other queue has ended it."""
    async with waiting(database, "announce") as t:
        await t.board.ask(c.MoveContact(t.contact_id, t.other_queue))
        asked, (first, second) = await verbs(t), await notices(t)
        await hears_it(t, "done")
        log = await given(t.board)

    assert asked[-2:] == ["wait", "play"]
    assert (first["state"], second["state"]) == ("done", "sent")
    assert log == [("announced", "said", None)]


async def test_whoever_is_told_once_is_not_told_again(database: str) -> None:
    """Neither in the next queue nor by the next agent: it holds for the whole contact."""
    async with waiting(database, "announce") as t:
        await hears_it(t, "done")
        await t.picks_up(0)
        await t.to_queue(0)
        told = await notices(t)
        await t.picks_up(1)
        asked, shown = await verbs(t), await state(t)

    assert len(told) == 1
    assert asked.count("record") == 2
    assert shown == "on"


async def test_whoever_is_not_put_through_waits_on_with_music(database: str) -> None:
    """What ends while a phone rings is followed by none: that would take them out of the conversation."""
    async with waiting(database, "announce") as t:
        await t.do(0, "accept")
        await hears_it(t, "done")
        connecting = (await verbs(t))[-1]
        await t.hears(0, "ConnectionCleared")
        waits_on = (await verbs(t))[-1]

    assert (connecting, waits_on) == ("connect", "wait")


@pytest.mark.parametrize("rule", RULES)
async def test_when_we_die_meanwhile_it_is_said_again(database: str, rule: str) -> None:
    """Nobody knows how much of it they heard. What was given before our death is given."""
    async with waiting(database, rule) as t:
        (first,) = await notices(t)
        await t.we_die()
        await t.board.ask(c.ReportEffects(unknown=(first["id"],)))
        said = await notices(t)
        await agrees(t, rule)
        await t.we_die()
        await t.picks_up(0)
        recorded, shown, log = await is_recorded(t), await state(t), await given(t.board)

    assert [each["state"] for each in said] == ["unknown", "sent"]
    assert (recorded, shown) == (True, "on")
    assert log == [(GIVEN[rule], "said", None)]


async def test_what_cannot_be_said_is_not_given(database: str) -> None:
    """No voice: they wait on with music, and the agent says it."""
    async with waiting(database, "announce") as t:
        (said,) = await notices(t)
        await t.board.ask(c.ReportEffects(failed=(said["id"],)))
        waits_on, tries = (await verbs(t))[-1], await notices(t)
        await t.picks_up(0)
        recorded, shown, log = await is_recorded(t), await state(t), await given(t.board)

    assert waits_on == "wait"
    assert len(tries) == 1
    assert (recorded, shown, log) == (False, "paused", [])


async def test_whoever_hangs_up_meanwhile_leaves_nothing_behind(database: str) -> None:
    async with waiting(database, "consent") as t:
        (said,) = await notices(t)
        await t.board.ask(c.ReportHeard(t.board.provider, said["id"], "failed"))
        await t.hears(None, "ConnectionCleared")
        told, log = await t.tell(), await given(t.board)
        sent = await rows(t.board, "SELECT kind FROM effect WHERE state = 'sent'")

    assert (told.state, told.outcome) == ("closed", "abandoned")
    assert log == []
    assert sent == []


@pytest.mark.parametrize(
    ("rule", "over_ari", "recording"),
    [("none", True, "always"), ("consent", True, "off"), ("consent", False, "always")],
    ids=["no rule", "a queue that does not record", "by webhook"],
)
async def test_where_nothing_has_to_be_said_nothing_is(
    database: str, rule: str, over_ari: bool, recording: str
) -> None:
    async with waiting(database, rule, over_ari, recording=recording) as t:
        await t.picks_up(0)
        said, recorded, shown = await notices(t), await is_recorded(t), await state(t)

    assert said == []
    assert (recorded, shown) == ((True, "on") if rule == "none" else (False, None))


async def test_an_announcement_of_the_wait_comes_after_it(database: str) -> None:
    async with waiting(database, "announce", announce={"first_s": 5, "every_s": 600}) as t:
        told = "SELECT 1 FROM effect WHERE args ? 'announce'"
        await t.board.let_pass(6)
        meanwhile = await rows(t.board, told)
        await hears_it(t, "done")
        await t.board.let_pass(2)
        after = await rows(t.board, told)

    assert (len(meanwhile), len(after)) == (0, 1)


@pytest.mark.parametrize(("of_number", "spoken"), [("zh-CN", "zh-CN"), ("de", "en"), (None, "zh-CN")])
async def test_it_is_said_in_the_language_of_the_number_else_of_the_queue(
    database: str, of_number: str | None, spoken: str
) -> None:
    """In English, and by an English voice, where we do not speak it."""
    announce = {"first_s": 600, "every_s": 600, "language": "zh-CN"}
    async with open_board(database, agents=1, config={**ALWAYS, "announce": announce}) as board:
        board.provider = f"{ARI}{board.provider}"
        await company_says(board, {"in": "announce"})
        call = Call(board)
        entry = board.entry(
            channel="phone", source=f"telephony:{board.provider}", source_id=call.ref, language=of_number
        )  # fmt: skip
        await board.report(call.ref, "Delivered", 1, entry)
        await board.report(call.ref, "Established", 2)
        (said,) = await notices(Trio(board, call, ""))

    assert said["args"]["prompts"] == [{"language": spoken, "text": BUILT_IN["recording_announced"][spoken]}]


# --- calls of ours ----------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def called(database: str, rule: str) -> AsyncIterator[Trio]:
    """An agent has called a customer, and they talk. Another queue and another agent are there."""
    async with open_board(database, agents=2, more_queues=1, config=ALWAYS) as board:
        by, agent_id = board.provider, board.centre.agent_ids[0]
        board.provider = f"{ARI}{by}"
        await company_says(board, {"in": "consent", "out": rule}, {"by": by, "caller_id": "+4930555001"})
        await board.seat(agent_id)
        entry = board.entry(channel="phone", direction="out", source="dial", source_id=new_id())
        reply = await board.ask(c.Dial(entry, agent_id, "+4930777001"), actor=f"user:{agent_id}")
        t = Trio(board, Call(board, contact_id=str(reply.body["contact_id"])), board.centre.queue_ids[-1])
        await t.hears(0, "Established")
        await t.hears(None, "Established")
        yield t


@pytest.mark.parametrize("rule", ["none", *RULES])
async def test_in_a_call_of_ours_it_is_the_agents_to_say(database: str, rule: str) -> None:
    async with called(database, rule) as t:
        shown, recorded = await state(t), await is_recorded(t)
        resumed = await t.do(0, "resume_recording")
        after, log = await state(t), await given(t.board)
        agent_id = t.agent(0)

    assert (shown, recorded) == (("on", True) if rule == "none" else ("paused", False))
    assert resumed.status == (409 if rule == "none" else 200)
    assert after == "on"
    assert log == ([] if rule == "none" else [(GIVEN[rule], "agent", agent_id)])


@pytest.mark.parametrize("rule", RULES)
async def test_in_a_call_of_ours_nobody_but_an_agent_speaks_to_them(database: str, rule: str) -> None:
    """Not in another queue either: the next agent is shown the pause that the first one left."""
    async with called(database, rule) as t:
        await t.board.seat(t.agent(1))
        await t.to_queue(0)
        said = await notices(t)
        await t.picks_up(1)
        shown, recorded = await state(t), await is_recorded(t)

    assert said == []
    assert (shown, recorded) == ("paused", False)


async def test_whoever_declined_is_not_recorded_when_they_are_called_back(database: str) -> None:
    """Their line broke: the callback has what they said."""
    async with open_board(database, agents=1, config={**ALWAYS, "when_lost": "callback"}) as board:
        by, agent_id = board.provider, board.centre.agent_ids[0]
        board.provider = f"{ARI}{by}"
        await company_says(board, {"in": "consent"}, {"by": by, "caller_id": "+4930555001"})
        call = Call(board)
        entry = board.entry(
            channel="phone", source=f"telephony:{board.provider}", source_id=call.ref, collected={"from": "+4930777001"}
        )  # fmt: skip
        await board.report(call.ref, "Delivered", 1, entry)
        await board.report(call.ref, "Established", 2)
        await hears_it(Trio(board, call, ""), "silence")
        lost = c.LegReport(call.ref, "ConnectionCleared", 3, "lost")
        await board.ask(c.ReportLegs(board.provider, (lost,)))
        await board.seat(agent_id)
        (ours,) = await rows(board, "SELECT id::text FROM contact WHERE direction = 'out'")
        t = Trio(board, Call(board, contact_id=ours["id"]), "")
        await t.do(0, "accept")
        await t.hears(0, "Established")
        await t.hears(None, "Established")
        talks, shown, recorded = t.segment(0).state, await state(t), await is_recorded(t)

    assert talks == "talking"
    assert (shown, recorded) == (None, False)


# --- flows that have said it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "rule", "shown"),
    [
        ("announced", "announce", "on"), ("consented", "announce", "on"), ("consented", "consent", "on"),
        ("declined", "announce", None), ("declined", "consent", None), ("declined", "none", None),
    ],
)  # fmt: skip
async def test_what_a_flow_has_said_is_not_said_again(database: str, word: str, rule: str, shown: str | None) -> None:
    async with open_board(database, agents=1, config=ALWAYS) as board:
        await company_says(board, {"in": rule})
        await board.seat(board.centre.agent_ids[0])
        walk = await Walk(board).begin(await published(board, FLOW.replace("WORD", word)))
        said = await rows(board, "SELECT 1 FROM effect WHERE args ? 'notice'")
        await is_put_through(walk)
        found, log = await state_of(board, walk.contact_id), await given(board)

    assert said == []
    assert found == shown
    assert log == [(word, "flow", None)]


async def is_put_through(walk: Walk) -> None:
    (segment,) = await rows(walk.board, "SELECT id::text, agent_id::text FROM segment")
    await walk.board.act("accept", segment["id"], segment["agent_id"])
    (wire,) = await rows(walk.board, "SELECT provider_ref FROM leg WHERE role = 'agent'")
    await walk.tell(c.ReportLegs(walk.provider, (c.LegReport(wire["provider_ref"], "Established", 1),)))


async def test_an_announcement_of_the_flow_is_no_consent(database: str) -> None:
    """They are asked in the queue, in the flow's language; what they answer outlasts what the flow said."""
    async with open_board(database, agents=1, config=ALWAYS) as board:
        await company_says(board, {"in": "consent"})
        await board.seat(board.centre.agent_ids[0])
        walk = await Walk(board).begin(await published(board, FLOW.replace("WORD", "announced")))
        (asked,) = await rows(board, "SELECT args FROM effect WHERE args ? 'notice'")
        await walk.says("keys", "1")
        await is_put_through(walk)
        shown, log = await state_of(board, walk.contact_id), await given(board)

    assert json.loads(asked["args"])["prompts"][0]["language"] == "zh-CN"
    assert shown == "on"
    assert log == [("announced", "flow", None), ("consented", "said", None)]


async def test_whoever_declined_in_the_queue_has_declined_when_the_flow_goes_on(database: str) -> None:
    """The queue gives them back, and the flow says again what it had said: that is nothing new."""
    async with open_board(database, agents=1, config={**ALWAYS, "limit_s": 600}) as board:
        await company_says(board, {"in": "consent"})
        walk = await Walk(board).begin(await published(board, FLOW.replace("WORD", "announced")))
        await walk.says("silence")
        await board.let_pass(601)
        stays = await rows(board, "SELECT 1 FROM stay")
        await board.seat(board.centre.agent_ids[0])
        await is_put_through(walk)
        shown, log = await state_of(board, walk.contact_id), await given(board)

    assert len(stays) == 2
    assert shown is None
    assert log == [("announced", "flow", None), ("declined", "said", None)]
