"""A writer that stands still (SIGSTOP) and comes back: another took over, and the old one writes and sends nothing."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from floor import listener
from tests.faults.bus import redis_server
from tests.faults.seeds import soak_seeds
from tests.faults.small_floor import NUMBER, SmallFloor, audit, faulty, small_floor
from tests.faults.test_bus_lost import two_processes

pytestmark = pytest.mark.redis

OVERLAP = """
SELECT count(*) FROM event old JOIN (SELECT epoch, min(seq) AS first FROM event GROUP BY epoch) new
    ON old.epoch < new.epoch AND old.seq > new.first
"""
OPEN_CONTACTS = 20_000


class Posts:
    """Which process sent each POST to the provider: told by the ports it sends from."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.received: list[tuple[float, int]] = []  # (monotonic, port of the sender)
        answer = listener._Request._answer

        def noted(request: listener._Request, status: int, body: bytes) -> None:
            assert request._transport is not None
            self.received.append((time.monotonic(), request._transport.get_extra_info("peername")[1]))
            answer(request, status, body)

        monkeypatch.setattr(listener._Request, "_answer", noted)

    def since(self, at_s: float, ports: set[int]) -> int:
        return sum(1 for when_s, port in self.received if when_s >= at_s and port in ports)


def ports_of(pid: int) -> set[int]:
    """The local TCP ports that this process holds."""
    held = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            held.add(os.readlink(descriptor))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(line[1].split(":")[1], 16) for line in lines if f"socket:[{line[9]}]" in held}


async def taken_over(url: str, after_epoch: int) -> int:
    """Waits for a writer of a later epoch who has written something."""
    conn = await asyncpg.connect(url)
    try:
        while True:
            epoch = await conn.fetchval("SELECT epoch FROM writer")
            wrote = await conn.fetchval("SELECT EXISTS (SELECT 1 FROM event WHERE epoch > $1)", after_epoch)
            if epoch > after_epoch and wrote:
                return int(epoch)
            await asyncio.sleep(0.01)
    finally:
        await conn.close()


async def stopped_and_continued(
    database: str, folder: Path, posts: Posts, stopped_s: float, crowd: int = 0, seed: int = 1
) -> tuple[float, dict[str, object]]:
    """The seconds until somebody else wrote, and what the audit says."""
    out = folder / f"stopped-{seed}"
    async with redis_server(folder) as bus:
        first, second = await two_processes(database, bus, folder)
        old_ports: set[int] = set()
        try:
            async with small_floor(second, out, seed) as small:
                await wait_in_line(small, database, crowd)
                await small.play(small.chance.uniform(1.0, 2.0))
                async with small.outage():
                    first.signal(signal.SIGSTOP)
                    stopped_at_s = time.monotonic()
                    playing = asyncio.create_task(small.play(stopped_s))
                    await taken_over(database, 1)
                    takeover_s = time.monotonic() - stopped_at_s
                await playing
                old_ports |= ports_of(first.pid)
                first.signal(signal.SIGCONT)
                continued_at_s = time.monotonic()
                playing = asyncio.create_task(small.play(2.0))
                while not playing.done():
                    old_ports |= ports_of(first.pid)
                    await asyncio.sleep(0.05)
                await first.until_ready()  # and stands by
                await small.drain()
                outdated = small.floor.provider.outdated
                found = await audit(out)
            conn = await asyncpg.connect(database)
            overlap = await conn.fetchval(OVERLAP)
            chosen = {row["chosen"] for row in await conn.fetch("SELECT chosen FROM agent_state")}
            await conn.close()
        finally:
            first.kill()
            second.kill()

    assert overlap == 0, "rows of the old epoch after the new one's first"
    assert chosen == {"ready"}
    assert posts.since(0, old_ports) > 0, "it did send before"
    # One stopped between its last look and its write still writes what it had in hand: the epoch gives it away.
    still = posts.since(continued_at_s, old_ports)
    assert still <= 1, "the old writer still sends"
    assert outdated == still, "what it sends is of its own epoch"
    return takeover_s, found


async def wait_in_line(small: SmallFloor, database: str, crowd: int) -> None:
    """So many callers whom nobody can serve: their number leads to a queue that asks for a skill nobody has."""
    if crowd == 0:
        return
    rest, company_id = small.floor.rest, small.company_id
    config = {"requirement": "patience >= 1", "promise_s": 3000, "limit_s": 3600}
    queue = await rest.post("/v1/queues", {"company_id": company_id, "name": "crowd", "config": config})
    body = {"company_id": company_id, "address": f"{NUMBER}99", "kind": "phone", "queue_id": queue["id"]}
    await rest.post("/v1/numbers", body)
    conn = await asyncpg.connect(database)
    for _ in range(crowd):
        small.floor.provider.call(None, f"{NUMBER}99", Nobody())
    async with asyncio.timeout(120):
        while await conn.fetchval("SELECT count(*) FROM contact WHERE state = 'open'") < crowd:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    await conn.close()


class Nobody:
    def connected(self, leg: str) -> None:
        raise AssertionError("nobody can serve them")

    def cleared(self, leg: str) -> None:
        pass


async def test_a_stopped_writer_is_replaced_and_stays_silent(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found = await stopped_and_continued(new_database(), tmp_path, Posts(monkeypatch), 4.5)

    assert found["code"] == 0, faulty(found)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(soak_seeds()))
async def test_a_writer_stopped_at_many_moments_is_replaced_and_stays_silent(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    _, found = await stopped_and_continued(new_database(), tmp_path, Posts(monkeypatch), 10.0, seed=seed)

    assert found["code"] == 0, faulty(found)


async def test_a_writer_that_is_told_to_stop_hands_over_at_once(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    """It says so in the database, so that nobody waits for its beat to grow old; and nothing is lost."""
    database, out = new_database(), tmp_path / "handed-over"
    async with redis_server(tmp_path) as bus:
        first, second = await two_processes(database, bus, tmp_path)
        try:
            async with small_floor(second, out, 1) as small:
                await small.play(1.0)
                playing = asyncio.create_task(small.play(1.5))
                code = await asyncio.to_thread(first.stop)
                await playing
                await small.drain()
                found = await audit(out)
            conn = await asyncpg.connect(database)
            released = await conn.fetchval("SELECT released_at < renewed_at FROM writer_beat")
            epochs = [row["epoch"] for row in await conn.fetch("SELECT DISTINCT epoch FROM event ORDER BY 1")]
            await conn.close()
        finally:
            first.kill()
            second.kill()

    assert code == 0
    assert found["code"] == 0, faulty(found)
    assert released, "it released the domain before the next one beat"
    assert epochs == [1, 2]


@pytest.mark.soak
@pytest.mark.alone
async def test_a_takeover_with_20000_open_contacts_is_quick(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figure of the promise '≤ 3 s'. The crowd is still there at the end, so the audit asks nobody to be gone."""
    database = new_database()
    posts = Posts(monkeypatch)
    takeover_s, found = await stopped_and_continued(database, tmp_path, posts, 10.0, OPEN_CONTACTS)
    with capsys.disabled():
        print(json.dumps({"takeover_s": round(takeover_s, 2), "open_contacts": OPEN_CONTACTS}))

    assert found["code"] == 0, faulty(found)
