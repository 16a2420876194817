"""A connection that is cut at COMMIT: the outcome is unknown, and still each command is done once or not at all."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from app.launch import operator_key
from tests.faults.cut_line import CUTS, Line
from tests.faults.seeds import SEEDS, soak_seeds
from tests.serving import Api, Server, api_of

STORED = """
SELECT (SELECT count(*) FROM contact WHERE source_id = $1) AS contacts,
    (SELECT count(*) FROM event WHERE cause = $1 AND kind = 'contact.arrived') AS arrivals,
    (SELECT count(*) FROM command WHERE id = $1) AS answers
"""
GAPS = (
    "SELECT count(*) FROM (SELECT seq - lag(seq) OVER (ORDER BY seq, recorded_at) AS step FROM event) s WHERE step <> 1"
)
EPOCHS_BACK = """
SELECT count(*) FROM (SELECT epoch - lag(epoch) OVER (ORDER BY seq, recorded_at) AS step FROM event) s WHERE step < 0
"""


async def until_answered(api: Api, body: dict[str, Any], key: str) -> tuple[int, Any]:
    while True:
        try:
            answer = await api.client.post("/v1/contacts", json=body, headers={"idempotency-key": key}, timeout=5)
        except httpx2.HTTPError:
            await asyncio.sleep(0.05)
            continue
        if answer.status_code < 500:
            return answer.status_code, answer.json()
        await asyncio.sleep(0.05)


async def cut_often(api: Api, line: Line, body: dict[str, Any], seed: int, conn: asyncpg.Connection) -> None:
    chance, before = random.Random(seed), line.cuts
    for n, cut in enumerate(chance.sample(CUTS, len(CUTS))):
        key = f"cut-{seed}-{n}-{chance.getrandbits(40):x}"
        others = [f"{key}-{m}" for m in range(chance.randrange(3))]
        # The key alone is in the look-up of stored answers, too.
        line.arm(cut, key.encode(), b"contact.arrived")
        asked = [key, *others]
        chance.shuffle(asked)
        first = dict(zip(asked, await asyncio.gather(*(until_answered(api, body, k) for k in asked)), strict=True))
        for k in asked:
            again = await until_answered(api, body, k)
            stored = await conn.fetchrow(STORED, k)

            assert first[k][0] == 201, f"seed {seed}, {cut}: {first[k]}"
            assert again == first[k], f"seed {seed}, {cut}"
            assert tuple(stored) == (1, 1, 1), f"seed {seed}, {cut}: {tuple(stored)}"
    assert line.cuts - before == len(CUTS), f"seed {seed}: not every cut was made"


async def cut_at_commit(database: str, log: Path, seeds: range) -> None:
    line = Line(database)
    await line.open()
    server = Server(line.url, log)
    server.start()
    try:
        await server.until_ready()
        conn = await asyncpg.connect(database)
        async with api_of(server, await operator_key(database, "test")) as api:
            company = await api.post("/v1/companies", {"slug": "cut", "name": "Cut"})
            queue = await api.post("/v1/queues", {"company_id": company["id"], "name": "q", "config": {}})
            body = {"company_id": company["id"], "channel": "chat", "queue_id": queue["id"]}
            for seed in seeds:
                await cut_often(api, line, body, seed, conn)

            assert await conn.fetchval(GAPS) == 0
            assert await conn.fetchval(EPOCHS_BACK) == 0
        await conn.close()
    finally:
        server.kill()
        await line.close()


async def test_a_command_cut_at_commit_is_done_once(new_database: Callable[[], str], tmp_path: Path) -> None:
    await cut_at_commit(new_database(), tmp_path / "server.log", range(SEEDS))


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, soak_seeds(), SEEDS))
async def test_many_commands_cut_at_commit_are_done_once(
    new_database: Callable[[], str], tmp_path: Path, first: int
) -> None:
    await cut_at_commit(new_database(), tmp_path / "server.log", range(first, min(first + SEEDS, soak_seeds())))
