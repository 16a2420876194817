"""How soon is what a visitor of a site says in their own window, stored and told to everybody, beside 2,000 others?

    python -m bench.chat [--quick]   three times; JSON on standard output, also in bench/results/chat.json

Ends with 1 where the promise is not kept: the median of the runs' p99 counts, and the fewest sockets of any run.

2,000 visitors who wait, each with a socket, at one server process; together they say so many messages a second, at
random moments. Latency runs from before a message leaves to when the `messages` frame that has it is read: it was
stored, the writer has logged it in a turn, the follower has heard of it, and it was read again. Visitors, server and
PostgreSQL share this machine. All come by the public doors, from as many loopback addresses as their bounds ask for.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from app.api.limiting import NEW_VISITORS_OF_AN_ADDRESS
from bench.commits import Postgres, postgres
from bench.lifecycles import allow_many_sockets
from bench.machine import RESULTS, ROOT, Refused, commit, cpu_s, durability, family, machine, memory_kib
from bench.served import Served, served

SITE = "https://shop.example"
VISITORS = 2_000
P99_MS = 100.0
RUNS = 3
SECONDS, SECONDS_QUICK = 30.0, 5.0
OPENED_AT_ONCE = 20
TRIES, AGAIN_S = 3, 2.0
LAST_S = 3.0  # for what is still on its way at the end


@dataclass(slots=True)
class Heard:
    sent: dict[str, float] = field(default_factory=dict)  # by the message's id
    took_ms: list[float] = field(default_factory=list)
    shown_twice: int = 0
    refused: int = 0


async def measure(server: Postgres, visitors: int, per_s: float, seconds: float) -> dict[str, Any]:
    """One run on a database and a server of its own."""
    async with served(server, "chat") as ours:
        key = await _widget(ours)
        before = memory_kib(ours.pid)
        heard, listening = Heard(), []
        async for socket in _come_in(ours, key, visitors):
            listening.append((socket, asyncio.create_task(_listen(socket, heard))))
        sockets = [socket for socket, _ in listening]
        opened = memory_kib(ours.pid)
        cpu, began = _cpu(ours.pid, server.pid), time.monotonic()
        await _say(sockets, heard, per_s, seconds)
        took_s, spent = time.monotonic() - began, _cpu(ours.pid, server.pid)
        await asyncio.sleep(LAST_S)
        still_open = sum(socket.state is State.OPEN for socket in sockets)
        for _, task in listening:
            task.cancel()
        await asyncio.gather(*(socket.close() for socket in sockets))
    took = statistics.quantiles(heard.took_ms, n=100)
    return {
        "sockets": still_open,
        "messages": len(heard.took_ms),
        "messages_per_s": round(len(heard.took_ms) / took_s, 1),
        "lost": len(heard.sent),
        "refused": heard.refused,  # they are among the lost
        "shown_twice": heard.shown_twice,
        "latency_ms": {"p50": round(took[49], 1), "p99": round(took[98], 1), "max": round(max(heard.took_ms), 1)},
        "kib_per_socket": round((opened["rss"] - before["rss"]) / len(sockets), 1),
        "server_cpu_share": round((spent[0] - cpu[0]) / took_s, 3),
        "postgres_cpu_share": round((spent[1] - cpu[1]) / took_s, 3),
        "generator_cpu_share": round((spent[2] - cpu[2]) / took_s, 3),
    }


def _cpu(server_pid: int, postgres_pid: int | None) -> tuple[float, float, float]:
    database = sum(cpu_s(pid) for pid in family(postgres_pid)) if postgres_pid else 0.0
    return cpu_s(server_pid), database, cpu_s(os.getpid())


async def _widget(ours: Served) -> str:
    headers = {"authorization": f"Bearer {ours.key_file.read_text().strip()}"}
    async with httpx2.AsyncClient(base_url=f"{ours.address}/v1", headers=headers) as client:

        async def make(path: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = await client.post(path, json=body)
            answer.raise_for_status()
            return dict(answer.json())

        company = (await make("/companies", {"slug": "bench", "name": "Bench"}))["id"]
        queue = (await make("/queues", {"company_id": company, "name": "Chat", "config": {}}))["id"]
        made = await make("/widgets", {"company_id": company, "queue_id": queue, "name": "Chat", "origins": [SITE]})
        return str(made["key"])


async def _come_in(ours: Served, key: str, visitors: int) -> AsyncIterator[ClientConnection]:
    """Sockets of as many open chats, from each address as many as may come from one. A chat without a page is given up
    after a while, and so is a page that answers no ping: each batch is there before the next one starts."""
    for first in range(0, visitors, NEW_VISITORS_OF_AN_ADDRESS):
        address = f"127.0.1.{1 + first // NEW_VISITORS_OF_AN_ADDRESS}"
        tokens = await _start(ours, key, address, min(NEW_VISITORS_OF_AN_ADDRESS, visitors - first))
        opening = asyncio.Semaphore(OPENED_AT_ONCE)
        tried = await asyncio.gather(*(_open(ours, token, opening) for token in tokens), return_exceptions=True)
        for each in tried:
            if isinstance(each, ClientConnection):
                yield each


async def _start(ours: Served, key: str, address: str, visitors: int) -> list[str]:
    """Tokens of as many open chats; whoever is refused asks again as their page would, and then is not there."""
    tokens: list[str] = []
    transport = httpx2.AsyncHTTPTransport(local_address=address)
    headers = {"origin": SITE}
    async with httpx2.AsyncClient(transport=transport, base_url=ours.address, headers=headers, timeout=60) as client:
        for _ in range(visitors):
            wish = {"key": key, "id": str(uuid.uuid4())}
            for _ in range(TRIES):
                answer = await client.post("/v1/chat/start", json=wish)
                if answer.status_code == 200:
                    tokens.append(answer.json()["token"])
                    break
                await asyncio.sleep(AGAIN_S)
    return tokens


async def _open(ours: Served, token: str, opening: asyncio.Semaphore) -> ClientConnection:
    async with opening:
        url = ours.address.replace("http", "ws") + "/ws/visitor"
        socket = await connect(url, origin=SITE, compression=None, ping_interval=None, open_timeout=30)
        await socket.send(json.dumps({"t": "hello", "v": 1, "token": token}))
        while json.loads(await socket.recv())["t"] != "state":
            pass
        return socket


async def _listen(socket: ClientConnection, heard: Heard) -> None:
    """Until it is closed, by whomever: who is not there at the end is counted then."""
    with contextlib.suppress(ConnectionClosed):
        await _hear(socket, heard)


async def _hear(socket: ClientConnection, heard: Heard) -> None:
    async for text in socket:
        now = time.perf_counter()
        frame = json.loads(text)
        if frame["t"] == "ping":
            await socket.send(json.dumps({"t": "pong", "n": frame["n"]}))
        heard.refused += frame["t"] == "refused"
        for item in frame.get("items", ()):
            sent = heard.sent.pop(item["id"], None)
            if sent is None:
                heard.shown_twice += 1
            else:
                heard.took_ms.append((now - sent) * 1000)


async def _say(sockets: list[ClientConnection], heard: Heard, per_s: float, seconds: float) -> None:
    """At random moments, by whoever it is; nobody waits for an answer."""
    chance = random.Random(7)
    at, ends = time.monotonic(), time.monotonic() + seconds
    while at < ends:
        at += chance.expovariate(per_s)
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        message_id = str(uuid.UUID(int=chance.getrandbits(128)))
        heard.sent[message_id] = time.perf_counter()
        body = "When will my parcel arrive? 我的包裹什么时候到？"
        with contextlib.suppress(ConnectionClosed):  # it counts as lost
            await chance.choice(sockets).send(json.dumps({"t": "say", "id": message_id, "body": body}))


def told(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The median of each latency with its spread over the runs, of how many messages; and whether that was promised."""
    latency_ms = {name: [run["latency_ms"][name] for run in runs] for name in ("p50", "p99", "max")}
    p99_ms, sockets = statistics.median(latency_ms["p99"]), min(run["sockets"] for run in runs)
    lost, shown_twice = sum(run["lost"] for run in runs), sum(run["shown_twice"] for run in runs)
    return {
        "sockets": sockets,
        "messages": sum(run["messages"] for run in runs),
        "lost": lost,
        "shown_twice": shown_twice,
        "latency_ms": {name: statistics.median(of) for name, of in latency_ms.items()},
        "spread_ms": {name: [min(of), max(of)] for name, of in latency_ms.items()},
        "promise": {"sockets": VISITORS, "p99_ms": P99_MS, "lost": 0, "shown_twice": 0},
        "kept": p99_ms <= P99_MS and sockets >= VISITORS and not lost and not shown_twice,
    }


async def run(asked: argparse.Namespace) -> dict[str, Any]:
    async with postgres() as server:
        command = " ".join(["python -m bench.chat", *sys.argv[1:]])
        about = {"bench": "chat", "command": command, "commit": commit(), "machine": machine()}
        about["settings"] = await durability(server.admin_url)
        seconds = asked.seconds or (SECONDS_QUICK if asked.quick else SECONDS)
        runs = [await measure(server, asked.visitors, asked.per_s, seconds) for _ in range(1 if asked.quick else RUNS)]
    return {**about, **told(runs), "runs": runs}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="once and short: to see that it runs")
    parser.add_argument("--visitors", type=int, default=VISITORS)
    parser.add_argument("--per-s", type=float, default=100.0)
    parser.add_argument("--seconds", type=float)
    asked = parser.parse_args()
    allow_many_sockets()
    os.chdir(ROOT)
    try:
        report = asyncio.run(run(asked))
    except Refused as refused:
        print(f"refused: {refused}")
        return 2
    text = json.dumps(report, indent=1)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "chat.json").write_text(text + "\n")
    print(text)
    return 0 if report["kept"] else 1


if __name__ == "__main__":
    sys.exit(main())
