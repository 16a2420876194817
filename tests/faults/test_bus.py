"""Two ends of a bus that stands still, holds what is old, or carries what nobody can read."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app import commands as c
from app.bus import redis as bus_of_redis
from app.bus.redis import RedisBus
from app.ports import NoWriter
from app.switchboard import new_id
from tests.faults.bus import RedisServer, redis_server

pytestmark = pytest.mark.redis


def envelope() -> c.Envelope:
    return c.Envelope("key:k", new_id(), b"h" * 32, c.ApplyConfig(1))


@asynccontextmanager
async def two_ends(server: RedisServer) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    """(one that asks, one that holds the domain)."""

    async def taken(asked: c.Envelope) -> c.Reply:
        return c.Reply(200, {"id": asked.command_id})

    ends = [
        RedisBus(server.url, 1, name, taken, lambda _: None, lambda _: None, lambda holds=holds: holds)
        for name, holds in (("asker", False), ("holder", True))
    ]
    loops = [asyncio.create_task(end.run()) for end in ends]
    try:
        yield ends[0], ends[1]
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        for end in ends:
            await end.client.aclose()


async def answered(asker: RedisBus) -> c.Reply:
    """The two need a moment to hear each other."""
    for _ in range(20):
        try:
            return await asker.submit(envelope())
        except NoWriter:
            continue
    raise AssertionError("nobody answers")


async def test_a_bus_that_stands_still_is_no_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_of_redis, "COMMAND_WAIT_S", 0.3)
    async with redis_server(tmp_path) as server, two_ends(server) as (asker, _):
        before = await answered(asker)
        assert server.process is not None
        server.process.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(10):
            with pytest.raises(NoWriter):
                await asker.submit(envelope())
            await asker.heard(["agent"])
        server.process.send_signal(signal.SIGCONT)
        after = await answered(asker)

    assert (before.status, after.status) == (200, 200)


async def test_commands_do_not_lie_in_redis_longer_than_they_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_of_redis, "COMMAND_LIFE_S", 0.2)
    async with redis_server(tmp_path) as server, two_ends(server) as (asker, _):
        await answered(asker)
        for _ in range(200):
            if not (left := await asker.client.xlen("jackfield:1:commands")):
                break
            await asyncio.sleep(0.05)

    assert left == 0


async def test_a_message_that_nobody_can_read_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_of_redis, "COMMAND_WAIT_S", 0.3)
    async with redis_server(tmp_path) as server, two_ends(server) as (asker, _):
        await answered(asker)
        for text in ("{", "[]", "{}"):
            await asker.client.publish("jackfield:1:answers:asker", text)
            await asker.client.publish("jackfield:1:bell", text)

        assert (await answered(asker)).status == 200
