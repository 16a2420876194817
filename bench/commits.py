"""What does the disk allow? Durable single-row commits a second, and the latency of 200 a second, both by pgbench.

    python -m bench.commits

Beside these stand our own numbers: nobody commits faster than the disk, whatever else is promised.
"""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from app.settings import with_database
from app.store.embedded import create_database, drop_database, find_binaries, start_embedded
from bench.machine import durability

RATE = 200
SECONDS = 8
TABLE = "CREATE TABLE bench_commit (id bigint GENERATED ALWAYS AS IDENTITY, body text)"
SCRIPT = "INSERT INTO bench_commit (body) VALUES ('one row of about a hundred bytes, as an event of the log has them, more or less so');"  # noqa: E501


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server to measure on; `pid` of its first process where it is ours."""

    admin_url: str
    pgbench: str
    pid: int | None


@asynccontextmanager
async def postgres() -> AsyncIterator[Postgres]:
    """TEST_DATABASE_URL, or an embedded one in a folder of its own. Raises Refused."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        await durability(given)
        yield Postgres(given, shutil.which("pgbench") or "pgbench", None)
        return
    home = Path(tempfile.mkdtemp(prefix="jackfield-bench-"))
    try:
        embedded = await start_embedded(home)
        try:
            await durability(embedded.admin_url)
            yield Postgres(embedded.admin_url, str(find_binaries(home) / "pgbench"), embedded.pid())
        finally:
            await embedded.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def measure(server: Postgres, seconds: int = SECONDS) -> dict[str, Any]:
    """One run: as fast as one connection goes, then at a rate."""
    name = f"bench_commits_{os.getpid()}"
    await create_database(server.admin_url, name)
    url = with_database(server.admin_url, name)
    try:
        connection = await asyncpg.connect(url)
        await connection.execute(TABLE)
        await connection.close()
        fast = await asyncio.to_thread(_pgbench, server.pgbench, url, seconds, None)
        steady = await asyncio.to_thread(_pgbench, server.pgbench, url, seconds, RATE)
    finally:
        await drop_database(server.admin_url, name)
    return {
        "durable_commits_per_s": round(len(fast) / seconds, 1),
        f"at_{RATE}_per_s_p50_ms": round(statistics.median(steady), 2),
        f"at_{RATE}_per_s_p99_ms": round(statistics.quantiles(steady, n=100)[98], 2),
    }


def _pgbench(program: str, url: str, seconds: int, rate: int | None) -> list[float]:
    """Latency of each transaction in ms; at a rate from the instant it was due."""
    parts = urlsplit(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    environment = {**os.environ, "PGHOST": query.get("host") or parts.hostname or "", "PGDATABASE": parts.path[1:]}
    environment |= {"PGUSER": parts.username or "postgres", "PGPORT": query.get("port") or str(parts.port or 5432)}
    if parts.password:
        environment["PGPASSWORD"] = parts.password
    with tempfile.TemporaryDirectory(prefix="jackfield-pgbench-") as folder:
        script = Path(folder, "script.sql")
        script.write_text(SCRIPT + "\n")
        command = [program, "-n", "-f", str(script), "-c", "1" if rate is None else "4", "-T", str(seconds), "-l"]
        command += ["-R", str(rate)] if rate else []
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        lines = [line for log in Path(folder).glob("pgbench_log.*") for line in log.read_text().splitlines()]
    return [int(line.split()[2]) / 1000 for line in lines]


async def main() -> None:
    async with postgres() as server:
        print(json.dumps({"settings": await durability(server.admin_url), **await measure(server)}))


if __name__ == "__main__":
    asyncio.run(main())
