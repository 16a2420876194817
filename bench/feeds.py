"""How old are figures where they are read, what does a socket cost, and what does a reader who stops cost the others?

    python -m bench.feeds            once; JSON on standard output

1,000 desks and 100 live views of a floor of 5,000 agents, while calls come. Server, generator (`python -m floor feeds`)
and PostgreSQL are processes of their own and share this machine. The generator reads ages from the instant that a frame
of figures names (`as_of_ms`: the server's business clock, which runs beside this machine's wall clock) to when it reads
the frame; memory of the server is read here, from the kernel.
"""

import argparse
import asyncio
import json
import os
import time
from typing import Any

import asyncpg

from bench.commits import Postgres, postgres
from bench.lifecycles import allow_many_sockets, generate
from bench.machine import ROOT, cpu_s, durability, family, memory_kib
from bench.served import served

STAGES = ("premises", "opened", "alone", "stuck", "measured")


async def measure(server: Postgres, *options: str) -> dict[str, Any]:
    """One run on a database and a server of its own."""
    async with served(server, "feeds") as ours:
        looked = _Looked(ours.pid, server.pid)
        result = await generate([*ours.floor("feeds"), *options], looked.hear)
        result |= looked.memory(result["sockets"])
        for stage, after in (("alone", "stuck"), ("stuck", "measured")):
            result["without_stuck" if stage == "alone" else "with_stuck"] |= looked.shares(stage, after)
        result["in_database"] = await _stored(ours.url)
    return result


class _Looked:
    """Memory of the server, and CPU of the server and of PostgreSQL, at each word of the generator."""

    def __init__(self, server_pid: int, postgres_pid: int | None) -> None:
        self._server_pid, self._postgres_pid = server_pid, postgres_pid
        self._memory: dict[str, dict[str, float]] = {}
        self._cpu: dict[str, tuple[float, float, float]] = {}

    def hear(self, word: str) -> None:
        if word not in STAGES:
            return
        self._memory[word] = memory_kib(self._server_pid)
        postgres_s = sum(cpu_s(pid) for pid in family(self._postgres_pid)) if self._postgres_pid else 0.0
        self._cpu[word] = (time.monotonic(), cpu_s(self._server_pid), postgres_s)

    def memory(self, sockets: int) -> dict[str, Any]:
        before, opened, ended = (self._memory[stage] for stage in ("premises", "opened", "measured"))
        return {
            "server_kib": {stage: self._memory[stage] for stage in STAGES},
            "kib_per_socket": {
                "opened": round((opened["rss"] - before["rss"]) / sockets, 1),
                "opened_pss": round((opened["pss"] - before["pss"]) / sockets, 1),
                "ended": round((ended["rss"] - before["rss"]) / sockets, 1),
            },
        }

    def shares(self, stage: str, after: str) -> dict[str, float]:
        """Of one core."""
        (began, *before), (ended, *later) = self._cpu[stage], self._cpu[after]
        shares = [round((late - early) / (ended - began), 3) for early, late in zip(before, later, strict=True)]
        return {"server_cpu_share": shares[0], "postgres_cpu_share": shares[1]}


async def _stored(url: str) -> dict[str, int]:
    """What PostgreSQL has of it: the generator's word is not enough."""
    connection = await asyncpg.connect(url)
    try:
        tables = {"agents": "agent", "queues": "queue", "contacts": "contact"}
        return {name: int(await connection.fetchval(f"SELECT count(*) FROM {table}")) for name, table in tables.items()}
    finally:
        await connection.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", default="10")
    parser.add_argument("--stuck-s", default="20")
    asked = parser.parse_args()
    allow_many_sockets()
    os.chdir(ROOT)
    async with postgres() as server:
        result: dict[str, Any] = {"settings": await durability(server.admin_url)}
        print(
            json.dumps(result | await measure(server, "--seconds", asked.seconds, "--stuck-s", asked.stuck_s), indent=1)
        )


if __name__ == "__main__":
    asyncio.run(main())
