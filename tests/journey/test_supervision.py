"""What a supervisor does with what waits and what is offered: the records, the log, and who is named there."""

import pytest

from app import commands as c
from tests.journey.board import Board, open_board
from tests.journey.story import call, chat, nothing_is_left, rows, tell

SUPERVISOR = "supervisor:01"


async def supervise(board: Board, command: c.Command) -> c.Reply:
    return await board.ask(command, actor=SUPERVISOR)


async def test_a_contact_that_is_moved_waits_in_the_other_queue_as_long_as_it_has_waited(database: str) -> None:
    async with open_board(database, more_queues=1) as board:
        one = await chat(board, value=40)
        await board.let_pass(100)
        reply = await supervise(board, c.MoveContact(one.contact_id, board.centre.queue_ids[-1]))
        told = await tell(board, one.contact_id)
        stays = await rows(board, "SELECT queue_id::text, place_us, routing FROM stay ORDER BY id")

    assert reply.status == 200
    assert told.stays == ["overflowed", None]
    assert stays[1]["queue_id"] == board.centre.queue_ids[-1]
    assert stays[1]["place_us"] == stays[0]["place_us"]
    assert '"value": 40' in stays[1]["routing"]
    assert told.state == "open"


async def test_an_offer_is_withdrawn_when_its_contact_is_moved(database: str) -> None:
    async with open_board(database, more_queues=1) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "offered")
        await supervise(board, c.MoveContact(one.contact_id, board.centre.queue_ids[-1]))
        told = await tell(board, one.contact_id)

    assert [state for _, state, _ in told.segments] == ["withdrawn", "offered"]


@pytest.mark.parametrize("where", ["the same queue", "another company's queue", "no queue"])
async def test_a_contact_is_not_moved_to_where_it_cannot_wait(database: str, where: str) -> None:
    async with open_board(database, more_queues=1) as board:
        one = await chat(board)
        ids = {"the same queue": board.centre.queue_ids[0], "another company's queue": board.centre.queue_ids[1]}
        reply = await supervise(board, c.MoveContact(one.contact_id, ids.get(where, one.contact_id)))
        told = await tell(board, one.contact_id)

    assert (reply.status, reply.body["field"]) == (409 if where == "the same queue" else 404, "queue_id")
    assert told.stays == [None]


async def test_a_contact_that_is_raised_is_served_first_and_keeps_its_value(database: str) -> None:
    async with open_board(database, config={"head_start": [[50, 60]]}) as board:
        first = await chat(board)
        await board.let_pass(10)
        second = await chat(board)
        reply = await supervise(board, c.ReprioritiseContact(second.contact_id, 80))
        await board.seat(board.centre.agent_ids[0])
        offered = await rows(board, "SELECT contact_id::text FROM segment ORDER BY id LIMIT 1")
        event = await rows(board, "SELECT actor, data FROM event WHERE kind = 'stay.reprioritised'")
        value = await rows(board, "SELECT value FROM contact WHERE id = $1", second.contact_id)

    assert reply.status == 200
    assert offered[0]["contact_id"] == second.contact_id != first.contact_id
    assert event[0]["actor"] == SUPERVISOR
    assert value[0]["value"] == 80


async def test_an_offer_that_is_taken_back_goes_to_somebody_else(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await chat(board)
        await board.seat(board.centre.agent_ids[1])
        reply = await supervise(board, c.WithdrawOffer(one.segment[0]))
        told = await tell(board, one.contact_id)
        event = await rows(board, "SELECT actor FROM event WHERE kind = 'segment.withdrawn'")

    assert reply.status == 200
    assert told.segments == [(0, "withdrawn", "taken_back"), (1, "offered", None)]
    assert event[0]["actor"] == SUPERVISOR


async def test_a_connecting_call_that_is_taken_back_is_hung_up_at_the_agent(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "connecting")
        await board.ask(c.ChooseState(board.centre.agent_ids[0], "away", "break"))
        await supervise(board, c.WithdrawOffer(one.segment[0]))
        told = await tell(board, one.contact_id)
        await one.report((one.agent_ref, "ConnectionCleared"), (one.ref, "ConnectionCleared"))
        nothing_is_left(board)

    assert told.segments == [(0, "withdrawn", "taken_back")]
    assert told.asked == ["connect customer", "hang_up agent"]
    assert told.stays == [None]


@pytest.mark.parametrize("state", ["talking", "wrap_up"])
async def test_what_does_not_wait_and_is_not_offered_is_left_alone(database: str, state: str) -> None:
    async with open_board(database, more_queues=1) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await chat(board, state)
        replies = [
            await supervise(board, c.MoveContact(one.contact_id, board.centre.queue_ids[-1])),
            await supervise(board, c.ReprioritiseContact(one.contact_id, 80)),
            await supervise(board, c.WithdrawOffer(one.segment[0])),
        ]
        told = await tell(board, one.contact_id)

    assert [reply.status for reply in replies] == [409, 409, 409]
    assert told.segments[0][1] == state


async def test_who_chose_for_an_agent_stands_beside_the_state(database: str) -> None:
    async with open_board(database) as board:
        agent = board.centre.agent_ids[0]
        await board.seat(agent)
        await supervise(board, c.ChooseState(agent, "away", "training", by="01"))
        state = await rows(board, "SELECT chosen, reason, set_by FROM agent_state WHERE agent_id = $1", agent)

    assert tuple(state[0]) == ("away", "training", "01")
