"""What comes late, twice or in another order changes nothing; the same try is never two contacts."""

from typing import Any

import pytest

from app import commands as c
from app.switchboard import new_id
from tests.journey.board import Board, open_board
from tests.journey.story import Call, call, chat, nothing_is_left, rows, tell

DESTINIES = ["waiting", "connecting", "talking", "held", "wrap_up"]


async def everything(board: Board) -> dict[str, list[Any]]:
    """All rows that a report could change, but not the stored answers."""
    tables = ("contact", "stay", "segment", "effect", "agent_state", "event")
    return {
        table: [tuple(row) for row in await rows(board, f"SELECT * FROM {table} ORDER BY 1, 2")] for table in tables
    }


@pytest.mark.parametrize("state", DESTINIES)
async def test_a_report_that_is_late_or_repeated_changes_nothing(database: str, state: str) -> None:
    """Every number up to the last one merged, every word, of both wires."""
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, state)
        before = await everything(board)
        ignored = 0
        for ref, last in list(one.seqs.items()):
            for event in ("Delivered", "Established", "Held", "Retrieved", "ConnectionCleared", "Failed"):
                for seq in range(1, last + 1):
                    entry = board.entry(channel="phone", source=f"telephony:{board.provider}", source_id=ref)
                    reply = await board.report(ref, event, seq, entry)
                    ignored += len(reply.body["ignored"])
        after = await everything(board)

    assert after == before
    assert ignored > 0 or state == "wrap_up", "what is ignored is named"


async def test_a_cleared_wire_is_never_alive_again(database: str) -> None:
    """Not even by a higher number: a cleared leg is gone for good."""
    async with open_board(database) as board:
        one = await call(board)
        await one.report((one.ref, "ConnectionCleared"))
        before = await everything(board)
        entry = board.entry(channel="phone", source=f"telephony:{board.provider}", source_id=one.ref)
        reply = await board.report(one.ref, "Delivered", 99, entry)
        after = await everything(board)
        nothing_is_left(board)

    assert after == before
    assert reply.body["contacts"] == {}


async def test_a_hang_up_that_overtakes_its_own_call_leaves_nobody_waiting(database: str) -> None:
    """The customer tried and went: that is one contact, abandoned at once, and no agent has anything of it."""
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = Call(board)
        await board.report(one.ref, "ConnectionCleared", 2)
        reply = await board.caller(one.ref)
        again = await board.caller(one.ref, seq=1)
        contacts = await rows(board, "SELECT id::text FROM contact")
        told = await tell(board, contacts[0]["id"])
        nothing_is_left(board)

    assert reply.body["contacts"] == {one.ref: contacts[0]["id"]}
    assert again.body["contacts"] == {}
    assert len(contacts) == 1
    assert (told.state, told.outcome, told.stays) == ("closed", "abandoned", ["abandoned"])
    assert told.legs == {"customer": "cleared"}
    assert all(state == "withdrawn" for _, state, _ in told.segments)


async def test_reports_of_both_wires_may_come_in_any_order(database: str) -> None:
    """Held overtakes Established; the later number wins and the conversation is held."""
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "connecting")
        await board.report(one.ref, "Held", 3)
        await board.report(one.agent_ref, "Established", 1)
        await board.report(one.ref, "Established", 2)
        told = await tell(board, one.contact_id)

    assert told.segments == [(0, "talking", None)]
    assert told.stays == ["answered"]
    assert told.legs == {"customer": "held", "agent": "established"}


async def test_the_same_call_reported_anew_is_the_same_contact(database: str) -> None:
    async with open_board(database) as board:
        first = await board.caller("leg-1")
        second = await board.caller("leg-1", seq=2)
        contacts = await rows(board, "SELECT id::text FROM contact")

    assert [row["id"] for row in contacts] == [first.body["contacts"]["leg-1"]]
    assert second.status == 200


async def test_the_same_try_by_a_program_is_never_two_contacts(database: str) -> None:
    """Another id and another body, but the same source: while it is open it is the same contact."""
    async with open_board(database) as board:
        entry = board.entry(source_id="form-7")
        again = board.entry(source_id="form-7")
        first = await board.ask(c.Arrive(entry))
        second = await board.ask(c.Arrive(again))
        contacts = await rows(board, "SELECT id::text FROM contact")

    assert first.body["contact_id"] == second.body["contact_id"] == entry.contact_id
    assert len(contacts) == 1


async def test_the_same_try_is_not_a_second_contact_after_the_first_is_over(database: str) -> None:
    async with open_board(database) as board:
        entry = board.entry(source_id="form-7")
        await board.ask(c.Arrive(entry))
        await board.ask(c.CustomerLeft(entry.contact_id))
        again = await board.ask(c.Arrive(board.entry(source_id="form-7")))
        contacts = await rows(board, "SELECT id::text FROM contact")
        rebuilds = board.switchboard.counts.rebuilds

    assert len(contacts) == 1
    assert again.status in (200, 201, 409, 422), again
    assert rebuilds == 2


async def test_two_companies_may_have_the_same_try(database: str) -> None:
    async with open_board(database) as board:
        first = await board.ask(c.Arrive(board.entry(0, source_id="form-7")))
        second = await board.ask(c.Arrive(board.entry(1, source_id="form-7")))

    assert first.body["contact_id"] != second.body["contact_id"]


async def test_a_repeated_command_gets_its_answer_again_and_is_done_once(database: str) -> None:
    async with open_board(database) as board:
        command, command_id = c.Arrive(board.entry()), new_id()
        first = await board.ask(command, command_id)
        again = await board.ask(command, command_id)
        events = await rows(board, "SELECT kind FROM event WHERE kind = 'contact.arrived'")

    assert (again.status, again.body) == (first.status, first.body)
    assert len(events) == 1


async def test_a_refusal_is_an_answer_too(database: str) -> None:
    """What was refused stays refused for this id, even when it would be possible now."""
    async with open_board(database) as board:
        agent, command_id = board.centre.agent_ids[0], new_id()
        one = await chat(board)
        assign = c.AssignContact(one.contact_id, agent, "user")
        first = await board.ask(assign, command_id)
        await board.ask(c.DeviceReach(agent, "desk", True))
        await board.ask(c.ChooseState(agent, "ready"))
        again = await board.ask(assign, command_id)

    assert first.status == 409
    assert (again.status, again.body) == (first.status, first.body)


async def test_the_same_id_with_another_body_is_refused_and_changes_nothing(database: str) -> None:
    async with open_board(database) as board:
        agent, command_id = board.centre.agent_ids[0], new_id()
        await board.ask(c.ChooseState(agent, "ready"), command_id, body=b"1" * 32)
        other = await board.ask(c.ChooseState(agent, "away", "lunch"), command_id, body=b"2" * 32)
        state = await rows(board, "SELECT chosen FROM agent_state WHERE agent_id = $1", agent)

    assert (other.status, other.body["field"]) == (422, "id")
    assert [row["chosen"] for row in state] == ["ready"]


async def test_another_principal_may_use_the_same_id(database: str) -> None:
    async with open_board(database) as board:
        command_id = new_id()
        first = await board.ask(c.Arrive(board.entry()), command_id)
        envelope = c.Envelope("key:other", command_id, b"h" * 32, c.Arrive(board.entry()), "system")
        second = await board.switchboard.submit(envelope)

    assert first.body["contact_id"] != second.body["contact_id"]
