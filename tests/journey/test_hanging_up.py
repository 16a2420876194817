"""Whoever hangs up, whenever: the right records, the right commands to the provider, and nothing is left over."""

import pytest

from app import commands as c
from tests.journey.board import Board, open_board
from tests.journey.story import Call, call, chat, nothing_is_left, tell

UNSERVED = {"waiting", "offered", "connecting"}

# state -> (how the segment ends, what the provider is asked)
CUSTOMER_GOES = {
    "waiting": ([], []),
    "offered": ([(0, "withdrawn", "left")], []),
    "connecting": ([(0, "withdrawn", "left")], ["connect customer", "hang_up agent"]),
    "talking": ([(0, "wrap_up", None)], ["connect customer", "hang_up agent"]),
    "held": ([(0, "wrap_up", None)], ["connect customer", "hold customer", "hang_up agent"]),
    "wrap_up": ([(0, "wrap_up", None)], ["connect customer"]),
}


async def seated(board: Board, state: str) -> Call:
    if state != "waiting":
        await board.seat(board.centre.agent_ids[0])
    return await call(board, state)


async def wrap_up_is_over(board: Board, one: Call) -> None:
    """The agent finishes, and the provider confirms what it was asked."""
    house = board.switchboard.house
    assert house is not None
    for leg in house.legs(one.contact_id):
        await one.report((leg.provider_ref, "ConnectionCleared"))
    for segment in house.segments(one.contact_id):
        await board.act("finish", segment.id, segment.agent_id)


@pytest.mark.parametrize("state", [state for state in CUSTOMER_GOES if state != "wrap_up"])
async def test_a_customer_may_hang_up_in_any_state(database: str, state: str) -> None:
    """The wait ends at that instant; offers are withdrawn, the agent's wire is let go, a conversation is wrapped up."""
    segments, asked = CUSTOMER_GOES[state]
    async with open_board(database) as board:
        one = await seated(board, state)
        await one.report((one.ref, "ConnectionCleared"))
        told = await tell(board, one.contact_id)
        await wrap_up_is_over(board, one)
        after = await tell(board, one.contact_id)
        nothing_is_left(board)

    assert told.segments == segments
    assert told.asked == asked
    assert told.stays == ["abandoned" if state in UNSERVED else "answered"]
    assert told.legs["customer"] == "cleared"
    assert told.state == ("closed" if state in UNSERVED else "open"), "open as long as somebody works on it"
    assert (after.state, after.outcome) == ("closed", "abandoned" if state in UNSERVED else "handled")
    assert after.events.count("contact.closed") == 1
    assert after.events.count("stay.ended") == 1


# state -> (how the segment ends, how the wait stands, what the provider is asked)
AGENT_GOES = {
    "connecting": ([(0, "failed", "provider")], None, ["connect customer"]),
    "talking": ([(0, "wrap_up", None)], "answered", ["connect customer", "hang_up customer"]),
    "held": ([(0, "wrap_up", None)], "answered", ["connect customer", "hold customer", "hang_up customer"]),
}


@pytest.mark.parametrize("state", AGENT_GOES)
async def test_an_agents_wire_may_clear_in_any_state(database: str, state: str) -> None:
    """Before the conversation the caller waits on; in it the caller is let go."""
    segments, stay, asked = AGENT_GOES[state]
    async with open_board(database) as board:
        agent = board.centre.agent_ids[0]
        one = await seated(board, state)
        await board.ask(c.ChooseState(agent, "away", "break"))  # not asked once more
        await one.report((one.agent_ref, "ConnectionCleared"))
        told = await tell(board, one.contact_id)
        await one.report((one.ref, "ConnectionCleared"))
        await wrap_up_is_over(board, one)
        after = await tell(board, one.contact_id)
        nothing_is_left(board)

    assert told.segments == segments
    assert told.stays == [stay]
    assert told.asked == asked
    assert told.state == "open"
    assert (after.state, after.outcome) == ("closed", "abandoned" if stay is None else "handled")


@pytest.mark.parametrize("order", ["customer first", "agent first"])
@pytest.mark.parametrize("state", ["connecting", "talking", "held"])
async def test_when_both_wires_clear_in_one_webhook_nobody_is_hung_up_again(
    database: str, state: str, order: str
) -> None:
    async with open_board(database) as board:
        one = await seated(board, state)
        before = await tell(board, one.contact_id)
        refs = [one.ref, one.agent_ref]
        if order == "agent first":
            refs.reverse()
        await board.ask(c.ChooseState(board.centre.agent_ids[0], "away", "break"))
        await one.report(*((ref, "ConnectionCleared") for ref in refs))
        told = await tell(board, one.contact_id)
        await wrap_up_is_over(board, one)
        nothing_is_left(board)

    assert told.asked == before.asked, "what is cleared in this very turn need not be hung up"
    assert told.legs == {"customer": "cleared", "agent": "cleared"}


async def test_an_agent_who_ends_a_call_stays_in_it_until_the_wire_says_so(database: str) -> None:
    async with open_board(database) as board:
        one = await seated(board, "talking")
        await one.act("end")
        asked = await tell(board, one.contact_id)
        await one.both("ConnectionCleared")
        told = await tell(board, one.contact_id)

    assert asked.segments == [(0, "talking", None)]
    assert sorted(asked.asked) == ["connect customer", "hang_up agent", "hang_up customer"]
    assert told.segments == [(0, "wrap_up", None)]


async def test_ending_twice_asks_the_provider_once(database: str) -> None:
    async with open_board(database) as board:
        one = await seated(board, "talking")
        await one.act("end")
        await one.act("end")
        told = await tell(board, one.contact_id)

    assert told.asked.count("hang_up customer") == 1


async def test_a_wrap_up_ends_by_itself_at_its_time_box(database: str) -> None:
    async with open_board(database, config={"wrap_up_s": 30}) as board:
        one = await seated(board, "wrap_up")
        await board.let_pass(29)
        still = await tell(board, one.contact_id)
        await board.let_pass(1.5)
        told = await tell(board, one.contact_id)
        nothing_is_left(board)

    assert still.segments == [(0, "wrap_up", None)]
    assert told.segments == [(0, "done", None)]
    assert (told.state, told.outcome) == ("closed", "handled")


@pytest.mark.parametrize("state", ["waiting", "offered", "talking", "parked", "wrap_up"])
async def test_a_customer_may_leave_a_chat_in_any_state(database: str, state: str) -> None:
    async with open_board(database, config={"wrap_up_s": 0} if state != "wrap_up" else {}) as board:
        if state != "waiting":
            await board.seat(board.centre.agent_ids[0])
        one = await chat(board, state)
        reply = await board.ask(c.CustomerLeft(one.contact_id))
        await wrap_up_is_over(board, one)
        told = await tell(board, one.contact_id)
        nothing_is_left(board)

    assert reply.status == 200
    assert told.outcome == ("abandoned" if state in UNSERVED else "handled")
    assert told.events.count("contact.closed") == 1


async def test_a_caller_whom_a_program_says_has_left_is_let_go_on_the_wire(database: str) -> None:
    async with open_board(database) as board:
        one = await seated(board, "waiting")
        reply = await board.ask(c.CustomerLeft(one.contact_id))
        told = await tell(board, one.contact_id)
        await one.report((one.ref, "ConnectionCleared"))
        nothing_is_left(board)

    assert reply.body["state"] == "closed"
    assert (told.state, told.outcome, told.stays) == ("closed", "abandoned", ["abandoned"])
    assert told.asked == ["hang_up customer"]


async def test_a_customer_who_left_cannot_leave_again(database: str) -> None:
    async with open_board(database) as board:
        one = await chat(board)
        await board.ask(c.CustomerLeft(one.contact_id))
        again = await board.ask(c.CustomerLeft(one.contact_id))

    assert (again.status, again.body["field"]) == (404, "contact_id")
