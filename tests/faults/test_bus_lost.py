"""Redis is only a bell and a way: emptied or killed it costs latency, and nothing else."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app import commands as c
from app.bus.redis import RedisBus
from app.launch import operator_key
from app.ports import NoWriter
from app.switchboard import new_id
from tests.faults.bus import RedisServer, redis_server
from tests.faults.small_floor import SmallFloor, audit, faulty, small_floor
from tests.serving import Server, api_of

pytestmark = pytest.mark.redis


async def two_processes(database: str, bus: RedisServer, folder: Path) -> tuple[Server, Server]:
    """The first holds the domain; everybody comes in through the second."""
    first = Server(database, folder / "first.log", redis_url=bus.url)
    second = Server(database, folder / "second.log", redis_url=bus.url)
    first.start()
    await first.until_ready()
    second.start()
    await second.until_ready()
    return first, second


async def test_what_redis_forgets_is_found_again(new_database: Callable[[], str], tmp_path: Path) -> None:
    database, out, chance = new_database(), tmp_path / "bus", random.Random(1)
    async with redis_server(tmp_path) as bus:
        first, second = await two_processes(database, bus, tmp_path)
        try:
            async with small_floor(second, out, 1) as small:
                await emptied_under_load(small, bus, chance)
                async with small.outage():
                    bus.kill()
                    await small.play(1.0)
                    await bus.start()
                    await until_taken(small)
                await small.play(0.5)
                await until_inbox_is_empty(database)
                await small.drain()
                found = await audit(out)
        finally:
            first.kill()
            second.kill()

    assert found["code"] == 0, faulty(found)
    assert {status for status, _ in small.posts.values()} == {201}
    assert found["examined"]["segments"] > 10


async def until_inbox_is_empty(database: str) -> None:
    """What was taken while no writer could be reached is handed over by a sweep, some seconds later."""
    conn = await asyncpg.connect(database)
    try:
        async with asyncio.timeout(40):
            while await conn.fetchval("SELECT count(*) FROM inbox WHERE state IN ('waiting', 'taken')"):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    finally:
        await conn.close()


async def emptied_under_load(small: SmallFloor, bus: RedisServer, chance: random.Random) -> None:
    for _ in range(8):
        await small.play(chance.uniform(0.05, 0.3))
        await bus.empty()


async def until_taken(small: SmallFloor) -> None:
    """Until a chat that begins now is answered."""
    before = len(small.posts)
    small.chat()
    async with asyncio.timeout(15):
        while len(small.posts) == before:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_poisoned_command_that_comes_over_the_bus_is_refused_alone(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Past every door: straight into the stream, in the midst of good ones."""
    database = new_database()
    async with redis_server(tmp_path) as bus:
        server = Server(database, tmp_path / "server.log", redis_url=bus.url)
        server.start()
        try:
            await server.until_ready()
            async with api_of(server, await operator_key(database, "test")) as api:
                ours, theirs = [await queue_of(api, slug) for slug in ("ours", "theirs")]
                replies, again, stored = await poisoned(api, bus, ours, theirs)
        finally:
            server.kill()

    assert [reply.status for reply in replies] == [201, 422, 201, 201, 422, 422, 201]
    assert again == replies[1], "the refusal is stored"
    assert {each["state"] for each in stored[:3]} == {"open"}
    assert stored[3]["state"] == "closed", "another company's queue takes nobody"


async def queue_of(api: Any, slug: str) -> tuple[str, str]:
    company = await api.post("/v1/companies", {"slug": slug, "name": slug})
    queue = await api.post("/v1/queues", {"company_id": company["id"], "name": "q", "config": {}})
    return company["id"], queue["id"]


async def poisoned(
    api: Any, bus: RedisServer, ours: tuple[str, str], theirs: tuple[str, str]
) -> tuple[list[c.Reply], c.Reply, list[Any]]:
    way = RedisBus(bus.url, 1, f"test:{new_id()}", _nobody_here, lambda _: None, lambda _: None, lambda: False)
    listening = asyncio.create_task(way.run())
    try:
        entries = [c.Entry(new_id(), ours[0], "chat", ours[1], "api:test", new_id()) for _ in range(7)]
        entries[1] = replace(entries[1], collected={"name": "a\0b"})
        entries[3] = replace(entries[3], queue_id=theirs[1])
        entries[4] = replace(entries[4], collected={"text": "x" * 17_000})
        entries[5] = replace(entries[5], contact_id="none")
        envelopes = [c.Envelope("key:test", new_id(), b"h" * 32, c.Arrive(entry), "customer") for entry in entries]
        replies = await asyncio.gather(*(insisting(way, envelope) for envelope in envelopes))
        again = await insisting(way, envelopes[1])
        stored = [(await api.get(f"/v1/contacts/{entries[n].contact_id}"))["contact"] for n in (0, 2, 6, 3)]
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await way.close()
    plain = [replace(reply, pos=0) for reply in replies]
    return plain, replace(again, pos=0), stored


async def insisting(way: RedisBus, envelope: c.Envelope) -> c.Reply:
    """As every door's client does: who got no answer asks again with the same id."""
    for _ in range(4):
        with contextlib.suppress(NoWriter):
            return await way.submit(envelope)
    raise NoWriter


async def _nobody_here(envelope: c.Envelope) -> c.Reply:
    raise AssertionError("this process holds nothing")
