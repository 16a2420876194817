"""A provider that began anew while the server was away, and knows no call: none of them is offered for long."""

from collections.abc import Callable
from pathlib import Path

import asyncpg

from tests.faults.small_floor import small_floor
from tests.faults.test_silent_provider import until
from tests.serving import Server

CALLS = 5
CONTACTS = "SELECT state, outcome FROM contact"
LEGS = "SELECT state FROM leg"


def _only_mine_is_open(rows: list[tuple[str, str | None]]) -> bool:
    states = [row[0] for row in rows]
    return states.count("closed") == CALLS and len(states) == CALLS + 1  # my own may come after they have ended


async def test_calls_that_no_provider_knows_any_more_end_after_the_takeover(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Within 20 s: long before the sweep of silent legs, which waits for a minute of silence, would find them."""
    database = new_database()
    server = Server(database, tmp_path / "server.log")
    server.start()
    conn = await asyncpg.connect(database)
    try:
        await server.until_ready()
        async with small_floor(server, tmp_path / "before", 1, ready=False) as small:
            for _ in range(CALLS):
                small.call(patience_s=600)
            await until(conn, CONTACTS, lambda rows: rows == [("open", None)] * CALLS)
            server.kill()
        server.start()
        await server.until_ready()
        async with small_floor(server, tmp_path / "after", 2, ready=False) as small:
            mine = small.call(patience_s=600)
            closed = await until(conn, CONTACTS, _only_mine_is_open)
            legs = await conn.fetch(LEGS)
            small.floor.provider.hang_up(mine.leg)
    finally:
        await conn.close()
        server.kill()

    assert sorted(closed, key=str) == [("closed", "abandoned")] * CALLS + [("open", None)]
    assert sorted(leg["state"] for leg in legs) == ["cleared"] * CALLS + ["delivered"], "one that it knows lives on"
