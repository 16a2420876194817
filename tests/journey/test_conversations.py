"""Hold, transfer, decline, park and hand back: what an agent does with a contact."""

import pytest

from app import commands as c
from app.switchboard import new_id
from tests.journey.board import open_board
from tests.journey.story import call, chat, nothing_is_left, rows, tell


async def test_hold_and_retrieve_follow_the_wire_and_not_the_click(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "talking")
        states = []
        for act, event in (("hold", "Held"), ("retrieve", "Retrieved"), ("hold", "Held")):
            await one.act(act)
            states.append((await tell(board, one.contact_id)).segments[0][1])
            await one.report((one.ref, event))
            states.append((await tell(board, one.contact_id)).segments[0][1])
        told = await tell(board, one.contact_id)

    assert states == ["talking", "held", "held", "talking", "talking", "held"]
    assert told.asked == ["connect customer", "hold customer", "retrieve customer", "hold customer"]
    assert [kind for kind in told.events if kind in ("segment.held", "segment.retrieved")] == [
        "segment.held", "segment.retrieved", "segment.held",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "act"),
    [
        ("offered", "hold"), ("connecting", "hold"), ("held", "hold"), ("talking", "retrieve"), ("talking", "park"),
        ("talking", "accept"), ("talking", "finish"), ("wrap_up", "hold"), ("wrap_up", "end"), ("offered", "end"),
        ("connecting", "accept"), ("connecting", "decline"),
    ],
)  # fmt: skip
async def test_what_is_not_possible_is_refused_and_changes_nothing(database: str, state: str, act: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, state)
        before = await tell(board, one.contact_id)
        reply = await one.act(act)
        after = await tell(board, one.contact_id)
        rebuilds = board.switchboard.counts.rebuilds

    assert reply.status == 409
    assert after == before
    assert rebuilds == 1, "a refusal is an ordinary answer"


async def test_nobody_acts_on_anothers_segment(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "offered")
        reply = await board.act("accept", one.segment[0], board.centre.agent_ids[1])
        told = await tell(board, one.contact_id)

    assert reply.status == 409
    assert told.segments == [(0, "offered", None)]


@pytest.mark.parametrize("wrap_up_s", [30, 0])
@pytest.mark.parametrize("state", ["talking", "held"])
async def test_a_call_put_through_to_another_queue_waits_there_anew(database: str, state: str, wrap_up_s: int) -> None:
    """The first agent wraps up, their wire is let go, the customer stays on the line with a place of now."""
    async with open_board(database, more_queues=1, config={"wrap_up_s": wrap_up_s}) as board:
        other = board.centre.queue_ids[-1]
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, state)
        await board.seat(board.centre.agent_ids[1])
        await board.let_pass(100)
        segment, agent = one.segment
        first_wire = one.agent_ref
        reply = await board.ask(c.TransferToQueue(segment, agent, other), actor=f"user:{agent}")
        transferred = await tell(board, one.contact_id)
        stays = await rows(board, "SELECT queue_id::text, place_us, queued_at FROM stay ORDER BY id")
        await one.report((first_wire, "ConnectionCleared"))
        released = await tell(board, one.contact_id)

    assert reply.status == 200
    assert transferred.segments[0] == (0, "wrap_up" if wrap_up_s else "done", None)
    assert transferred.stays == ["answered", None]
    assert [row["queue_id"] for row in stays] == [board.centre.queue_ids[0], other]
    assert stays[1]["place_us"] - stays[0]["place_us"] >= 100_000_000, "the place is of the transfer"
    assert "hang_up agent" in transferred.asked
    assert "hang_up customer" not in transferred.asked
    assert transferred.segments[1][1] == "offered"
    assert released.segments == transferred.segments, "the first agent's wire going down is no news to the second"
    assert released.state == "open"


@pytest.mark.parametrize("state", ["talking", "held"])
async def test_a_call_put_through_is_connected_to_the_second_agent(database: str, state: str) -> None:
    async with open_board(database, more_queues=1) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, state)
        await board.seat(board.centre.agent_ids[1])
        first_wire = one.agent_ref
        segment, agent = one.segment
        await board.ask(c.TransferToQueue(segment, agent, board.centre.queue_ids[-1]))
        await one.report((first_wire, "ConnectionCleared"))
        await one.act("accept")
        await one.both("Established")
        told = await tell(board, one.contact_id)
        await one.act("hold")
        await one.report((one.ref, "Held"))
        held = await tell(board, one.contact_id)
        await one.both("ConnectionCleared")
        for segment_id, agent_id in [(s.id, s.agent_id) for s in board.switchboard.house.segments(one.contact_id)]:  # type: ignore[union-attr]
            await board.act("finish", segment_id, agent_id)
        after = await tell(board, one.contact_id)
        nothing_is_left(board)

    assert told.segments == [(0, "wrap_up", None), (1, "talking", None)], "A wraps up while B talks"
    assert told.legs == {"customer": "established", "agent": "established"}
    assert held.segments[1] == (1, "held", None)
    assert told.stays == ["answered", "answered"]
    assert (after.state, after.outcome) == ("closed", "handled")


async def test_an_agent_who_gets_their_own_transfer_back_is_not_cut_off_by_the_first_wire(database: str) -> None:
    """The only agent, no wrap-up: the second conversation begins before the first wire is down."""
    async with open_board(database, more_queues=1, config={"wrap_up_s": 0}) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "talking")
        first_wire = one.agent_ref
        segment, agent = one.segment
        await board.ask(c.TransferToQueue(segment, agent, board.centre.queue_ids[-1]))
        await one.act("accept")
        accepted = await tell(board, one.contact_id)
        await one.report((first_wire, "ConnectionCleared"))
        cleared = await tell(board, one.contact_id)
        await one.both("Established")
        told = await tell(board, one.contact_id)

    assert accepted.segments == [(0, "done", None), (0, "connecting", None)]
    assert cleared.segments == accepted.segments
    assert told.segments == [(0, "done", None), (0, "talking", None)]


async def test_the_first_wire_of_an_agent_does_not_connect_the_second_conversation(database: str) -> None:
    async with open_board(database, more_queues=1, config={"wrap_up_s": 0}) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "talking")
        segment, agent = one.segment
        await board.ask(c.TransferToQueue(segment, agent, board.centre.queue_ids[-1]))
        await one.act("accept")
        await one.report((one.ref, "Held"))
        told = await tell(board, one.contact_id)

    assert told.segments[-1] == (0, "connecting", None), "the provider has not reported the second wire"


@pytest.mark.parametrize("wrap_up_s", [30, 0])
async def test_a_chat_put_through_to_another_queue_waits_there(database: str, wrap_up_s: int) -> None:
    async with open_board(database, more_queues=1, config={"wrap_up_s": wrap_up_s}) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await chat(board, "talking")
        await board.ask(c.ChooseState(board.centre.agent_ids[0], "away", "break"))
        segment, agent = one.segment
        reply = await board.ask(c.TransferToQueue(segment, agent, board.centre.queue_ids[-1]))
        told = await tell(board, one.contact_id)

    assert reply.status == 200
    assert (told.state, told.stays) == ("open", ["answered", None])
    assert told.segments == [(0, "wrap_up" if wrap_up_s else "done", None)]


@pytest.mark.parametrize("queue", ["another company's", "unknown"])
async def test_a_transfer_to_a_queue_that_is_not_there_leaves_the_call_where_it_is(database: str, queue: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "talking")
        before = await tell(board, one.contact_id)
        segment, agent = one.segment
        target = board.centre.queue_ids[1] if queue == "another company's" else agent
        reply = await board.ask(c.TransferToQueue(segment, agent, target))
        after = await tell(board, one.contact_id)

    assert (reply.status, reply.body["field"]) == (404, "queue")
    assert after == before


async def test_a_declined_offer_keeps_the_reason_and_the_callers_place(database: str) -> None:
    async with open_board(database) as board:
        first, second = board.centre.agent_ids[:2]
        await board.seat(first)
        one = await call(board, "offered")
        await board.seat(second)
        busy = await call(board, "talking")
        late = await call(board)
        places = "SELECT contact_id::text, place_us FROM stay WHERE ended_at IS NULL ORDER BY place_us"
        before = await rows(board, places)
        segment, agent = one.segment
        await board.ask(c.ActOnSegment("decline", segment, agent, "not my language"))
        await busy.both("ConnectionCleared")
        await busy.act("finish")
        told = await tell(board, one.contact_id)
        after = await rows(board, places)

    assert told.segments[0] == (0, "declined", "not my language")
    assert told.segments[-1] == (1, "offered", None), "still ahead of who came later"
    assert after == before
    assert [row["contact_id"] for row in after] == [one.contact_id, late.contact_id]


async def test_an_offer_that_expires_flags_the_agent_and_nothing_else(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "offered")
        await board.let_pass(21)
        told = await tell(board, one.contact_id)
        about = "SELECT chosen, not_responding FROM agent_state WHERE agent_id = $1"
        state = (await rows(board, about, board.centre.agent_ids[0]))[0]

    assert told.segments == [(0, "expired", "timeout")]
    assert told.stays == [None]
    assert (state["chosen"], state["not_responding"]) == ("ready", True)


async def test_parked_work_costs_nothing_and_returns(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await chat(board, "parked")
        house = board.switchboard.house
        assert house is not None
        load = house.engine.load(board.centre.agent_ids[0])
        await one.act("unpark")
        told = await tell(board, one.contact_id)

    assert load == 0
    assert told.segments == [(0, "talking", None)]


@pytest.mark.parametrize("wrap_up_s", [30, 0])
@pytest.mark.parametrize("state", ["talking", "parked"])
async def test_a_written_contact_of_a_silent_desk_goes_back_to_its_queue(
    database: str, state: str, wrap_up_s: int
) -> None:
    async with open_board(database, config={"wrap_up_s": wrap_up_s}) as board:
        first, second = board.centre.agent_ids[:2]
        await board.seat(first)
        one = await chat(board, state)
        await board.ask(c.DeviceReach(first, "desk", False))
        await board.let_pass(59)
        still = await tell(board, one.contact_id)
        await board.let_pass(2)
        told = await tell(board, one.contact_id)
        await board.seat(second)
        taken = await tell(board, one.contact_id)
        chosen = await rows(board, "SELECT chosen FROM agent_state WHERE agent_id = $1", first)

    assert still.segments == [(0, state, None)]
    assert told.segments == [(0, "done", None)]
    assert told.stays == ["answered", None]
    assert told.state == "open"
    assert taken.segments[-1] == (1, "offered", None)
    assert chosen[0]["chosen"] == "ready", "nobody changes what the agent chose"


async def test_a_call_of_a_silent_desk_goes_on(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "talking")
        await board.ask(c.DeviceReach(board.centre.agent_ids[0], "desk", False))
        await board.let_pass(300)
        told = await tell(board, one.contact_id)

    assert told.segments == [(0, "talking", None)]


async def test_a_wish_for_later_stays_the_choice_of_the_person_who_made_it(database: str) -> None:
    """It takes effect in another person's command, and nobody else becomes its author."""
    async with open_board(database) as board:
        first, second = board.centre.agent_ids[:2]
        supervisor = new_id()
        await board.seat(first)
        one = await chat(board, "talking")
        await board.ask(c.ChooseState(first, "away", "lunch", "next", by=supervisor))
        await one.act("end")
        await board.ask(c.ChooseState(second, "ready"))
        await one.act("finish")
        states = await rows(board, "SELECT chosen, set_by::text FROM agent_state WHERE agent_id = $1", first)

    assert [tuple(row) for row in states] == [("away", supervisor)]
