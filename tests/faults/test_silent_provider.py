"""A provider that takes commands and reports nothing: nobody becomes connected, and the caller loses nothing by it."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from floor.agent import Manner
from floor.faults import Faults
from tests.faults.small_floor import audit, faulty, small_floor
from tests.serving import Server, connects_within

WAIT_S = 20
CONNECT_TIMEOUT_S = 2  # in place of 10
SEGMENTS = 'SELECT state, "end", connected_at FROM segment ORDER BY id'
STAYS = 'SELECT id::text, place_us, "end" FROM stay ORDER BY id'
AGENTS = "SELECT chosen, phone_reachable FROM agent_state"


async def until(conn: asyncpg.Connection, query: str, wanted: Callable[[list[Any]], bool]) -> list[Any]:
    until_s = time.monotonic() + WAIT_S
    while True:
        rows = [tuple(row) for row in await conn.fetch(query)]
        if wanted(rows):
            return rows
        assert time.monotonic() < until_s, rows
        await asyncio.sleep(0.05)


async def test_a_silent_provider_connects_nobody(new_database: Callable[[], str], tmp_path: Path) -> None:
    database, out, faults = new_database(), tmp_path / "silent", Faults(1, silent_share=1.0)
    await connects_within(database, CONNECT_TIMEOUT_S)
    server = Server(database, tmp_path / "server.log")
    server.start()
    conn = await asyncpg.connect(database)
    try:
        await server.until_ready()
        async with small_floor(server, out, 1, faults=faults, agents=2, manner=lambda login: Manner()) as small:
            small.call(patience_s=60, talk_s=0.2)
            failed = await until(conn, SEGMENTS, lambda rows: [row[0] for row in rows] == ["failed", "failed"])
            stays, agents = await conn.fetch(STAYS), await conn.fetch(AGENTS)
            ended = dict(small.ends)

            faults.silent_share = 0.0
            small.floor.reporter.tell_phones(list(small.floor.premises.agents.values()))
            served = await until(conn, SEGMENTS, lambda rows: rows[-1][0] == "done")
            after = await conn.fetch(STAYS)
            await small.drain()
            found = await audit(out)
    finally:
        await conn.close()
        server.kill()

    assert failed == [("failed", "connect_timeout", None)] * 2
    assert ended == {}
    assert [stay["end"] for stay in stays] == [None], "the caller waits on, at the old place"
    assert {tuple(agent) for agent in agents} == {("ready", False)}, "the phones are taken for dead, the choice stands"
    assert served[-1][2] is not None
    assert [(stay["id"], stay["place_us"]) for stay in after] == [(stay["id"], stay["place_us"]) for stay in stays]
    assert [stay["end"] for stay in after] == ["answered"]
    assert found["code"] == 0, faulty(found)
