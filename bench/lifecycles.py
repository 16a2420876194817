"""How many full durable lifecycles a second, with 1,000 agents' sockets; how soon is an offer on the desk at 200/s?

    python -m bench.lifecycles            once each; JSON on standard output

A lifecycle: a call arrives by signed webhook, is offered, accepted, connected by the provider's report, ended, wrapped
up; every step is committed before it is answered. Server, generator (`python -m floor load`) and PostgreSQL are
processes of their own and share this machine.
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from bench.commits import Postgres, postgres
from bench.machine import cpu_s, durability, family
from bench.served import served

AGENTS = 1000
GENERATOR_S = 300.0


async def measure(server: Postgres, mode: str, *options: str) -> dict[str, Any]:
    """One run on a database and a server of its own."""
    async with served(server, mode) as ours:
        transactions = await _transactions(ours.url)
        used = _Used(ours.pid, server.pid)
        command = [*ours.floor("load"), "--mode", mode, "--agents", str(AGENTS), *options]
        result = await generate(command, used.hear)
        result |= used.shares()
        result["in_database"] = await _stored(ours.url, transactions)
    return result


class _Used:
    """CPU of the server and of PostgreSQL between `measuring` and `measured`, as shares of one core."""

    def __init__(self, server_pid: int, postgres_pid: int | None) -> None:
        self._server_pid, self._postgres_pid = server_pid, postgres_pid
        self._at: dict[str, tuple[float, float, float]] = {}

    def hear(self, word: str) -> None:
        if word not in ("measuring", "measured"):
            return
        server = sum(cpu_s(pid) for pid in family(self._server_pid))
        postgres_s = sum(cpu_s(pid) for pid in family(self._postgres_pid)) if self._postgres_pid else 0.0
        self._at[word] = (time.monotonic(), server, postgres_s)

    def shares(self) -> dict[str, float]:
        (began, *before), (ended, *after) = self._at["measuring"], self._at["measured"]
        shares = [round((late - early) / (ended - began), 3) for early, late in zip(before, after, strict=True)]
        return {"server_cpu_share": shares[0], "postgres_cpu_share": shares[1]}


async def generate(command: list[str], hear: Callable[[str], None]) -> dict[str, Any]:
    """What the generator printed; `hear` is told each line of its standard error. Raises RuntimeError, TimeoutError."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said: list[str] = []

    async def listen(stream: asyncio.StreamReader) -> None:
        async for line in stream:
            word = line.decode().strip()
            said.append(word)
            hear(word)

    try:
        async with asyncio.timeout(GENERATOR_S):
            assert process.stdout is not None
            assert process.stderr is not None
            out, _ = await asyncio.gather(process.stdout.read(), listen(process.stderr))
            code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        raise RuntimeError(f"the generator ended with {code}: {' '.join(said)[-1000:]}")
    result: dict[str, Any] = json.loads(out)
    return result


async def _transactions(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        found = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        return int(await connection.fetchval(found))
    finally:
        await connection.close()


async def _stored(url: str, transactions_before: int) -> dict[str, Any]:
    """What PostgreSQL has of it: the generator's word is not enough. Each statement of ours is a transaction."""
    transactions = await _transactions(url) - transactions_before
    connection = await asyncpg.connect(url)
    try:
        handled = int(await connection.fetchval("SELECT count(*) FROM contact WHERE outcome = 'handled'"))
        events = int(await connection.fetchval("SELECT count(*) FROM event"))
        turns = int(await connection.fetchval("SELECT count(DISTINCT recorded_at) FROM event"))
    finally:
        await connection.close()
    per = 1 / handled if handled else 0.0
    return {
        "contacts_handled": handled,
        "transactions_per_lifecycle": round(transactions * per, 3),
        "events_per_lifecycle": round(events * per, 2),
        "turns": turns,
        "events_per_turn": round(events / turns, 1) if turns else 0.0,
    }


def allow_many_sockets() -> None:
    """1,000 desks are 1,000 open files on each side; children inherit the bound."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", default="20")
    parser.add_argument("--in-flight", default="400")
    parser.add_argument("--lanes", default="8", help="connections of the telephone provider")
    parser.add_argument("--only", choices=("closed", "poisson"))
    asked = parser.parse_args()
    allow_many_sockets()
    os.chdir(Path(__file__).parent.parent)
    async with postgres() as server:
        result: dict[str, Any] = {"settings": await durability(server.admin_url)}
        if asked.only != "poisson":
            closed = ("--seconds", asked.seconds, "--in-flight", asked.in_flight, "--lanes", asked.lanes)
            result["closed"] = await measure(server, "closed", *closed)
        if asked.only != "closed":
            result["poisson"] = await measure(server, "poisson", "--seconds", asked.seconds, "--talk-s", "0.5")
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
