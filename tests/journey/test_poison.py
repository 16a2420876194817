"""One command that cannot be written never stops the turn: it alone is refused, its neighbours are carried out."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from app import commands as c
from app.switchboard import new_id
from tests.journey.board import Board, open_board, rebuilt_engine
from tests.journey.story import chat, rows, tell

# What passes no door, but could come over the bus.
POISONS: dict[str, dict[str, Any]] = {
    "a NUL in what was collected": {"collected": {"name": "a\0b"}},
    "a lone surrogate in what was collected": {"collected": {"name": "\ud800"}},
    "20 kB collected": {"collected": {"name": "x" * 20_000}},
    "what is no JSON": {"collected": {"number": float("nan")}},
    "a source of 5,000 characters": {"source_id": "x" * 5_000},
    "a customer who is not there": {"customer_id": new_id()},
    "an id that is none": {"contact_id": "no id"},
    "a company that is not there": {"company_id": new_id(), "queue_id": None, "closed_outcome": "failed"},
}


async def beside(board: Board, poison: c.Command, command_id: str | None = None) -> tuple[c.Reply, list[c.Reply]]:
    """The poisoned one in the middle of one turn."""
    asked = [board.ask(c.Arrive(board.entry())) for _ in range(3)]
    asked.insert(1, board.ask(poison, command_id))
    replies = await asyncio.gather(*asked)
    return replies[1], [replies[0], *replies[2:]]


@pytest.mark.parametrize("poison", POISONS)
async def test_a_poisoned_command_is_refused_alone(database: str, poison: str) -> None:
    async with open_board(database) as board:
        command, command_id = c.Arrive(replace(board.entry(), **POISONS[poison])), new_id()
        refused, others = await beside(board, command, command_id)
        again = await board.ask(command, command_id)
        stored = await rows(board, "SELECT reply FROM command WHERE id = $1", command_id)
        contacts = await rows(board, "SELECT id::text FROM contact")
        events = await rows(board, "SELECT kind FROM event WHERE cause = $1", command_id)

    assert refused.status == 422
    assert refused.body["text_key"] == "command.rejected"
    assert [reply.status for reply in others] == [201, 201, 201]
    assert {row["id"] for row in contacts} == {reply.body["contact_id"] for reply in others}, "and nothing half done"
    assert len(stored) == 1
    assert (again.status, again.body) == (refused.status, refused.body)
    assert [row["kind"] for row in events] == ["command.rejected"]


@pytest.mark.parametrize("command_id", ["a\0b", "\ud800", "x" * 5_000])
async def test_an_id_that_cannot_be_stored_is_answered_too(database: str, command_id: str) -> None:
    async with open_board(database) as board:
        refused, others = await beside(board, c.Arrive(board.entry()), command_id)
        contacts = await rows(board, "SELECT id FROM contact")
        later = await board.ask(c.Arrive(board.entry()))

    assert refused.status == 422
    assert [reply.status for reply in others] == [201, 201, 201]
    assert len(contacts) == 3
    assert later.status == 201


async def test_two_poisoned_commands_of_one_turn_are_both_refused(database: str) -> None:
    async with open_board(database) as board:
        bad = [c.Arrive(board.entry(collected={"n": "\0"})) for _ in range(2)]
        good = [c.Arrive(board.entry()) for _ in range(2)]
        replies = await asyncio.gather(*(board.ask(command) for command in (bad[0], good[0], bad[1], good[1])))

    assert [reply.status for reply in replies] == [422, 201, 422, 201]


async def test_a_deadline_that_cannot_be_taken_stops_neither_commands_nor_itself(database: str) -> None:
    """Its rows cannot be written as long as somebody breaks the table; afterwards it is taken."""
    async with open_board(database, config={"promise_s": 60}) as board:
        one = await chat(board)
        await rows(board, "ALTER TABLE event ADD CONSTRAINT broken CHECK (kind <> 'stay.overdue')")
        try:
            board.clock.ahead_us += 61_000_000
            replies = await asyncio.gather(*(board.ask(c.Arrive(board.entry())) for _ in range(3)))
            bad = board.switchboard.counts.bad_deadlines
        finally:
            await rows(board, "ALTER TABLE event DROP CONSTRAINT broken")
        for _ in range(100):
            told = await tell(board, one.contact_id)
            if "stay.overdue" in told.events:
                break
            await asyncio.sleep(0.05)
        rejected = board.switchboard.counts.rejected

    assert [reply.status for reply in replies] == [201, 201, 201]
    assert bad >= 1
    assert rejected == 0, "no command is to blame"
    assert told.events.count("stay.overdue") == 1


async def test_the_chosen_state_survives_a_refused_turn(database: str) -> None:
    async with open_board(database) as board:
        agent = board.centre.agent_ids[0]
        await board.ask(c.ChooseState(agent, "away", "training"))
        await beside(board, c.Arrive(board.entry(collected={"n": "\0"})))
        conn = await asyncpg.connect(database)
        state = await conn.fetchrow("SELECT chosen, reason FROM agent_state WHERE agent_id = $1", agent)
        await conn.close()

    assert tuple(state) == ("away", "training")


BROKEN: dict[str, dict[str, Any]] = {
    "a step without its kind": {"last_step": {}},
    "a requirement that cannot be read": {"requirement": "billing >="},
    "widening by nothing": {"widen": [{"after_s": 5}]},
    "a head start that is no list": {"head_start": 3},
    "a wrap-up in letters": {"wrap_up_s": "6"},
    "a list where a number belongs": {"max_offers": [5]},
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_configuration_that_is_none_leaves_its_queue_as_it_was_and_holds_up_no_other(
    database: str, broken: str
) -> None:
    """Written past the doors, as an older release may have left it."""
    async with open_board(database, config={"promise_s": 60}, more_queues=1) as board:
        bad, good = board.centre.queue_ids[:2]
        for seq_after, queue_id, values in ((1, bad, BROKEN[broken]), (2, good, {"promise_s": 5})):
            await rows(board, "UPDATE queue_version SET config = $2 WHERE queue_id = $1", queue_id, json.dumps(values))
            await rows(
                board,
                "INSERT INTO config_change (domain_id, seq, kind, subject_id) "
                "SELECT 1, config_seq + $2, 'queue', $1 FROM domain",
                queue_id,
                seq_after,
            )
        await rows(board, "UPDATE domain SET config_seq = config_seq + 2")
        reply = await board.ask(c.ApplyConfig(0))
        again = await board.ask(c.ApplyConfig(0))
        config = board.switchboard.house.records.config
        engine, records = await rebuilt_engine(database)
        waits = await board.ask(c.Arrive(board.entry(queue_id=bad)))

        assert [why.partition(": expected")[0] for why in reply.body["refused"]] == [
            f"queue/{bad}: queue.{next(iter(BROKEN[broken]))}"
        ]
        assert again.body == {"seq": reply.body["seq"], "refused": []}, "it is not tried again"
        assert config["queue", bad].values["promise_s"] == 60
        assert config["queue", good].values["promise_s"] == 5
        assert records.config == config
        assert waits.status == 201
        assert engine is not None
