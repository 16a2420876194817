"""Is every choice of the engine stored with its reasons, and does a stranger come to the same choice from them?"""

import asyncio
import json
import sys
from pathlib import Path
from random import Random

from app import commands as c
from tests.journey.board import Board, open_board
from tests.journey.story import chat, rows
from tests.journey.test_every_turn import CONFIG, config, something

SCRIPT = Path(__file__).parents[1] / "recompute_decisions.py"
STEPS = 200


async def recomputed(board: Board) -> tuple[int, dict[str, object]]:
    command = (sys.executable, str(SCRIPT), board.url, "--sample", "1000")
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await running.communicate()
    return running.returncode or 0, json.loads(said)


async def test_a_strangers_script_recomputes_every_choice_of_a_floor(database: str) -> None:
    chance = Random(41)
    async with open_board(database, speed=20, agents=6, config=config, more_queues=1) as board:
        for agent_id in board.centre.agent_ids:
            await board.seat(agent_id)
        refs: dict[str, int] = {}
        for _ in range(STEPS):
            await asyncio.gather(*(something(board, chance, refs) for _ in range(chance.choice([1, 1, 3]))))
        code, said = await recomputed(board)

    assert (code, said["disagree"]) == (0, 0), said
    assert int(str(said["recomputed"])) > STEPS // 10


async def test_the_script_sees_a_choice_that_its_explanation_does_not_bear(database: str) -> None:
    async with open_board(database, config=CONFIG) as board:
        for agent_id in board.centre.agent_ids[:2]:
            await board.seat(agent_id)
        await chat(board, "offered")
        # One agent might have been anybody's choice: the other one is said to have been idle for longer.
        await rows(board, "UPDATE decision SET data = jsonb_set(data, '{agents,1,1}', '-1') RETURNING seq")
        code, said = await recomputed(board)

    assert (code, said["disagree"]) == (1, 1)


async def test_an_explanation_stands_under_the_number_of_its_offer(database: str) -> None:
    """Also of one in a turn of many commands."""
    async with open_board(database, config=CONFIG) as board:
        for agent_id in board.centre.agent_ids:
            await board.seat(agent_id)
        await asyncio.gather(*(chat(board, "offered", n % 2) for n in range(6)))
        told = await rows(
            board,
            "SELECT e.kind, e.stay_id = d.stay_id, d.data -> 'agents' -> 0 ->> 2 = e.agent_id::text "
            "FROM decision d JOIN event e USING (domain_id, seq, recorded_at)",
        )
        offers = await rows(board, "SELECT 1 FROM segment")

    assert len(told) == len(offers) > 1
    assert {tuple(row) for row in told} == {("segment.offered", True, True)}


async def test_what_a_person_decided_has_no_explanation(database: str) -> None:
    async with open_board(database, config=CONFIG) as board:
        waiting = await chat(board, requirement="zh >= 9")
        agent_id = board.centre.agent_ids[0]
        await board.seat(agent_id)
        reply = await board.ask(c.AssignContact(waiting.contact_id, agent_id, agent_id))
        told = await rows(board, "SELECT 1 FROM decision")
        offers = await rows(board, "SELECT manual FROM segment")

    assert reply.status == 200, reply.body
    assert [row["manual"] for row in offers] == [True]
    assert told == []
