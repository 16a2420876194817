"""A thousand decisions of one run of a real server, each recomputed by a stranger from its explanation alone."""

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from floor.company import QueueWish
from tests.faults.small_floor import CONFIG, NUMBER, small_floor
from tests.serving import Server

SCRIPT = Path(__file__).parents[1] / "recompute_decisions.py"
SAMPLE = 1000
AGENTS = 40
BUSY_S, HANG_S = 3.0, 600.0
DECIDED = "SELECT count(*) FROM decision"
ORDERS = ("least_surplus", "longest_idle", "most_skilled")
OTHER_IDLE = """
UPDATE decision SET data = jsonb_set(data, '{agents,1,1}', '-1')
WHERE seq = (
    SELECT min(seq) FROM decision WHERE jsonb_array_length(data -> 'agents') > 1 AND data ->> 'preferred' = 'false'
)
RETURNING seq
"""


async def recomputed(url: str, seed: int, sample: int = SAMPLE) -> tuple[int, dict[str, Any]]:
    command = (sys.executable, str(SCRIPT), url, "--sample", str(sample), "--seed", str(seed))
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await running.communicate()
    return running.returncode or 0, json.loads(said)


@pytest.mark.soak
async def test_a_thousand_decisions_of_one_run_follow_from_their_explanations(
    server: Server, database: str, tmp_path: Path
) -> None:
    """Three queues with an order of agents each; more customers than agents, so that some are overdue."""
    seed = 1
    chance = random.Random(seed)
    numbers = {order: f"{NUMBER}{n}" for n, order in enumerate(ORDERS)}
    queues = [
        QueueWish(order, CONFIG | {"agent_order": order, "rate": n + 1}, {numbers[order]: "phone"})
        for n, order in enumerate(ORDERS)
    ]
    connection = await asyncpg.connect(database)
    try:
        async with small_floor(server, tmp_path / "run", seed, queues=queues, agents=AGENTS) as small:
            until_s = time.monotonic() + HANG_S
            while await connection.fetchval(DECIDED) <= SAMPLE and time.monotonic() < until_s:
                busy_s = time.monotonic() + BUSY_S
                while time.monotonic() < busy_s:
                    await asyncio.sleep(chance.expovariate(60.0))
                    small.call(to=numbers[chance.choice(ORDERS)])
                await small.play(BUSY_S, a_second=10.0)
            await small.drain()
        code, said = await recomputed(database, seed)
        print(json.dumps(said))
        assert (code, said["recomputed"], said["disagree"]) == (0, SAMPLE, 0), said
        assert said["among_several"] > SAMPLE // 2, said
        assert said["overdue"] > 0, said

        assert await connection.fetchval(OTHER_IDLE) is not None, "nothing was planted"
        code, said = await recomputed(database, seed, 100_000)
        print(json.dumps(said))
        assert (code, said["disagree"], said["shown"][0]["why"]) == (1, 1, "another choice"), said
    finally:
        await connection.close()
