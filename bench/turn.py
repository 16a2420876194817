"""How long does the database take for one turn of 1, 16 or 256 commands, and how many lifecycles a second is that?

    python -m bench.turn

A database of its own on the embedded PostgreSQL (or TEST_DATABASE_URL); drafts as a call makes them, six commands each.
"""

import asyncio
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

from app.settings import with_database
from app.store import turn
from app.store.embedded import create_database, drop_database, start_embedded
from app.store.migrate import upgrade
from app.store.writer import WriterSession
from contacts.records import Draft
from tests.store.centre import Centre, Life, furnish, together

SIZES = (1, 16, 256)
LIVES = {1: 150, 16: 1600, 256: 10240}


def turns(centre: Centre, size: int, lives: int) -> list[Draft]:
    """`size` calls side by side, each turn one step of all of them; every step in the middle of others."""
    made: list[Draft] = []
    for start in range(0, lives, size):
        agents = centre.agent_ids
        batch = [Life(centre, agents[(start + n) % len(agents)]).steps() for n in range(size)]
        made += [together([steps[step] for steps in batch]) for step in range(len(batch[0]))]
    return made


async def measure(session: WriterSession, centre: Centre, size: int, first_seq: int) -> tuple[dict[str, float], int]:
    lives = LIVES[size]
    drafts = turns(centre, size, lives)
    taken: list[float] = []
    backend = await session.conn.fetchval("SELECT pg_backend_pid()")
    cpu_before, own_before, began = _cpu_s(backend), _own_cpu_s(), time.perf_counter()
    for draft in drafts:
        sent = time.perf_counter()
        await turn.commit(session, draft, first_seq)
        taken.append(time.perf_counter() - sent)
        first_seq += len(draft.events)
    elapsed = time.perf_counter() - began
    return {
        "commands_a_turn": size,
        "turns": len(drafts),
        "p50_ms": round(statistics.median(taken) * 1000, 3),
        "p99_ms": round(statistics.quantiles(taken, n=100)[98] * 1000, 3),
        "lifecycles_per_s": round(lives / elapsed),
        "lifecycles_per_backend_cpu_s": round(lives / max(_cpu_s(backend) - cpu_before, 1e-9)),
        "own_cpu_us_per_lifecycle": round((_own_cpu_s() - own_before) / lives * 1e6),
    }, first_seq


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def run(admin_url: str) -> None:
    name = f"bench_turn_{os.getpid()}"
    await create_database(admin_url, name)
    url = with_database(admin_url, name)
    try:
        await upgrade(url)
        centre = await furnish(url, agents=1000)
        session = WriterSession(url)
        await session.try_takeover(1, "bench")
        settings = {each: await session.conn.fetchval(f"SHOW {each}") for each in ("fsync", "synchronous_commit")}
        if "off" in settings.values():
            sys.exit(f"refused: {settings}")
        print(json.dumps(settings))
        seq = 1
        for size in SIZES:
            result, seq = await measure(session, centre, size, seq)
            print(json.dumps(result))
        await session.release()
    finally:
        await drop_database(admin_url, name)


async def main() -> None:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        await run(given)
        return
    with tempfile.TemporaryDirectory(prefix="jackfield-bench-") as home:
        embedded = await start_embedded(Path(home))
        try:
            await run(embedded.admin_url)
        except asyncpg.PostgresError:
            raise
        finally:
            await embedded.stop()


if __name__ == "__main__":
    asyncio.run(main())
