"""Nobody is left without an action: what happens at a queue's limit, to the unwanted, and before a closed door."""

from collections.abc import Mapping
from typing import Any

import pytest

from app import commands as c
from tests.journey.board import Config, open_board
from tests.journey.story import Call, call, chat, nothing_is_left, rows, tell
from tests.store.centre import Centre

# step -> (how the wait ends, how the contact ends)
STEPS = {
    "voicemail": ("voicemail", "voicemail"),
    "callback": ("called_back", "called_back"),
    "message": ("cleared", "message"),
}


@pytest.mark.parametrize("step", STEPS)
async def test_at_the_limit_the_last_step_runs_for_a_caller(database: str, step: str) -> None:
    """Also with no staff at all. The caller is told and let go."""
    stay, outcome = STEPS[step]
    async with open_board(database, config={"limit_s": 600, "last_step": {"kind": step}}) as board:
        one = await call(board)
        await board.let_pass(599)
        still = await tell(board, one.contact_id)
        await board.let_pass(1.5)
        told = await tell(board, one.contact_id)
        await one.report((one.ref, "ConnectionCleared"))
        nothing_is_left(board)

    assert still.stays == [None]
    assert told.stays == [stay]
    assert (told.state, told.outcome) == ("closed", outcome)
    assert told.asked == ["play customer", "hang_up customer"]


@pytest.mark.parametrize("step", STEPS)
async def test_at_the_limit_the_last_step_runs_for_a_chat(database: str, step: str) -> None:
    stay, outcome = STEPS[step]
    async with open_board(database, config={"limit_s": 600, "last_step": {"kind": step}}) as board:
        one = await chat(board)
        await board.let_pass(601)
        told = await tell(board, one.contact_id)
        nothing_is_left(board)

    assert told.stays == [stay]
    assert (told.state, told.outcome) == ("closed", outcome)


async def test_the_limit_takes_an_offer_back(database: str) -> None:
    async with open_board(database, config={"limit_s": 10, "offer_timeout_s": 60}) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "offered")
        await board.let_pass(11)
        told = await tell(board, one.contact_id)

    assert told.segments == [(0, "withdrawn", "moved")]
    assert told.stays == ["cleared"]


async def test_the_limit_waits_for_a_connection_that_is_under_way(database: str) -> None:
    async with open_board(database, config={"limit_s": 5}) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "connecting")
        await board.let_pass(6)
        await one.both("Established")
        told = await tell(board, one.contact_id)

    assert told.segments == [(0, "talking", None)]
    assert told.stays == ["answered"]


def overflow(centre: Centre, n: int) -> Mapping[str, Any]:
    """The first queue flows over into the third, which is of the same company."""
    step = {"kind": "overflow", "queue_id": centre.queue_ids[2]}
    return {"limit_s": 60, "last_step": step} if n == 0 else {"limit_s": 600}


def overflow_apart(centre: Centre, n: int) -> Mapping[str, Any]:
    """Into a queue of another company: a configuration that no door lets in."""
    step = {"kind": "overflow", "queue_id": centre.queue_ids[1]}
    return {"limit_s": 60, "last_step": step} if n == 0 else {}


def overflow_nowhere(centre: Centre, n: int) -> Mapping[str, Any]:
    return {"limit_s": 60, "last_step": {"kind": "overflow", "queue_id": centre.agent_ids[0]}} if n == 0 else {}


async def arrived(board: Any, channel: str) -> Call:
    return await (call(board) if channel == "phone" else chat(board))


@pytest.mark.parametrize("channel", ["phone", "chat"])
async def test_an_overflow_keeps_since_when_the_customer_waits(database: str, channel: str) -> None:
    async with open_board(database, more_queues=1, config=overflow) as board:
        one = await arrived(board, channel)
        await board.let_pass(61)
        later = await chat(board, queue=2)
        told = await tell(board, one.contact_id)
        stays = await rows(
            board, "SELECT queue_id::text, place_us FROM stay WHERE contact_id = $1 ORDER BY id", one.contact_id
        )
        behind = await rows(board, "SELECT place_us FROM stay WHERE contact_id = $1", later.contact_id)

    assert told.stays == ["overflowed", None]
    assert told.state == "open"
    assert [row["queue_id"] for row in stays] == [board.centre.queue_ids[0], board.centre.queue_ids[2]]
    assert stays[0]["place_us"] == stays[1]["place_us"] < behind[0]["place_us"]
    assert told.asked == []


@pytest.mark.parametrize("channel", ["phone", "chat"])
@pytest.mark.parametrize("config", [overflow_apart, overflow_nowhere])
async def test_an_overflow_that_leads_nowhere_lets_the_customer_go(database: str, config: Config, channel: str) -> None:
    """And the turn goes on for everybody else."""
    async with open_board(database, config=config) as board:
        one = await arrived(board, channel)
        await board.let_pass(61)
        told = await tell(board, one.contact_id)
        other = await board.ask(c.Arrive(board.entry(1)))
        counts = board.switchboard.counts

    assert told.stays == ["overflowed"]
    assert (told.state, told.outcome) == ("closed", "failed")
    assert other.status == 201
    assert (counts.rebuilds, counts.rejected) == (1, 0)


async def test_what_nobody_wants_gets_the_recipes_step_for_it(database: str) -> None:
    config = {"max_offers": 2, "reoffer_pause_s": 0, "unwanted_step": {"kind": "voicemail"}}
    async with open_board(database, config=config) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "offered")
        for _ in range(2):
            await one.act("decline")
        told = await tell(board, one.contact_id)

    assert [segment[1] for segment in told.segments] == ["declined", "declined"]
    assert told.stays == ["voicemail"]


@pytest.mark.parametrize("channel", ["phone", "chat"])
async def test_before_a_closed_queue_the_customer_is_told_and_let_go(database: str, channel: str) -> None:
    async with open_board(database) as board:
        await rows(board, "UPDATE queue SET closed_at = now() WHERE id = $1", board.centre.queue_ids[0])
        change = "INSERT INTO config_change (domain_id, seq, kind, subject_id) VALUES (1, 99, 'queue', $1)"
        await rows(board, change, board.centre.queue_ids[0])
        await rows(board, "UPDATE domain SET config_seq = 99")
        await board.ask(c.ApplyConfig(99))
        one = await arrived(board, channel)
        told = await tell(board, one.contact_id)

    assert (told.state, told.outcome) == ("closed", "closed_hours")
    assert told.stays == []
    assert told.asked == (["play customer", "hang_up customer"] if channel == "phone" else [])


async def test_a_contact_that_arrives_outside_opening_hours_is_closed_as_that(database: str) -> None:
    async with open_board(database) as board:
        reply = await board.ask(c.Arrive(board.entry(queue_id=None, closed_outcome="closed_hours")))
        told = await tell(board, str(reply.body["contact_id"]))
        nothing_is_left(board)

    assert reply.body["state"] == "closed"
    assert (told.state, told.outcome) == ("closed", "closed_hours")
    assert told.events == ["contact.arrived", "contact.closed"]


async def test_an_overdue_contact_is_marked_once(database: str) -> None:
    async with open_board(database, config={"promise_s": 20}) as board:
        one = await call(board)
        await board.let_pass(21)
        await board.let_pass(50)
        told = await tell(board, one.contact_id)

    assert told.events.count("stay.overdue") == 1


async def test_a_contact_that_ends_while_its_first_agent_wraps_up_is_forgotten_with_the_wrap_up(database: str) -> None:
    config = {"limit_s": 60, "last_step": {"kind": "voicemail"}, "wrap_up_s": 600}
    async with open_board(database, more_queues=1, config=config) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await chat(board, "talking")
        segment, agent = one.segment
        await board.ask(c.TransferToQueue(segment, agent, board.centre.queue_ids[-1]))
        await board.let_pass(61)
        closed = await tell(board, one.contact_id)
        await board.act("finish", segment, agent)
        nothing_is_left(board)

    assert (closed.state, closed.outcome) == ("closed", "voicemail")
    assert closed.segments[0][1] == "wrap_up"
