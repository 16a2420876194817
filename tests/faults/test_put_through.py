"""Through a real server with a provider and desks: calls are put through in every way, and the ledgers agree."""

import random
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from floor.agent import Manner
from floor.faults import Faults
from tests.faults.small_floor import audit, faulty, small_floor
from tests.serving import Server

WAYS = """
SELECT role, count(*) FILTER (WHERE connected_at IS NOT NULL) AS talked, count(*) AS asked FROM segment GROUP BY role
"""


def helpful(login: str) -> Manner:
    """Agents who put most calls through, or ask a colleague first."""
    chance = random.Random(login)
    return Manner(
        think_s=lambda: chance.uniform(0.0, 0.2), handle_s=lambda channel: chance.uniform(0.1, 0.5),
        after_call_s=lambda: chance.uniform(0.0, 0.3), decline_share=0.05, ignore_share=0.02, hold_share=0.1,
        transfer_share=0.25, consult_share=0.5, chance=chance,
    )  # fmt: skip


@pytest.mark.parametrize("faults", [None, Faults(seed=5, repeat_share=0.1, reorder_share=0.1)], ids=["sound", "faulty"])
async def test_calls_that_are_put_through_end_for_everybody_and_the_ledgers_agree(
    new_database: Callable[[], str], tmp_path: Path, faults: Faults | None
) -> None:
    database = new_database()
    server = Server(database, tmp_path / "server.log")
    server.start()
    try:
        await server.until_ready()
        async with small_floor(server, tmp_path / "out", 3, manner=helpful, faults=faults) as small:
            await small.play(8.0, a_second=5.0)
            await small.drain()
            zero = await small.must_be_zero()
            found = await audit(tmp_path / "out")
        conn = await asyncpg.connect(database)
        ways = {row["role"]: (row["talked"], row["asked"]) for row in await conn.fetch(WAYS)}
        took_over = await conn.fetchval(
            "SELECT count(*) FROM event WHERE kind = 'segment.role_changed' AND data->>'role' = 'primary'"
        )
        await conn.close()
    finally:
        server.kill()

    assert zero == {"idle_with_work": 0, "bad_deadlines": 0, "rejected": 0}
    assert found["code"] == 0, faulty(found)
    assert ways["consult"][1] > 0
    assert took_over > 0, "nobody took anything over: that proves nothing"
