"""kill -9 of the embedded PostgreSQL, and of the server beside it: both come back, and nothing committed is lost."""

import asyncio
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from app.store.embedded import Embedded, data_folder, socket_folder, start_embedded
from tests.faults.seeds import soak_seeds
from tests.faults.small_floor import SmallFloor, audit, faulty, small_floor
from tests.serving import Server

BACK_WITHIN_S = 60.0  # on a busy machine; measured 1.5 s
CHOSEN = "SELECT agent_id::text, chosen FROM agent_state ORDER BY 1"


@pytest.fixture
def own_home() -> Iterator[Path]:
    """Outside pytest's folder, which is closed to the user that the database runs as."""
    home = Path(tempfile.mkdtemp(prefix="jackfield-killed-"))
    yield home
    shutil.rmtree(home, ignore_errors=True)


def postmaster(home: Path) -> int:
    return int((data_folder(home) / "postmaster.pid").read_text().splitlines()[0])


async def until_served(small: SmallFloor) -> float:
    """Seconds until a chat that begins now is answered."""
    began_s = time.monotonic()
    before = len(small.posts)
    small.chat()
    while len(small.posts) == before:
        assert time.monotonic() - began_s < BACK_WITHIN_S, "the service did not come back by itself"
        await asyncio.sleep(0.05)
    return time.monotonic() - began_s


async def kill_both(home: Path, out: Path, seed: int, rounds: int = 1) -> None:
    chance = random.Random(seed)
    embedded = Embedded(home, home, -1)
    server = Server(
        embedded.url, out.with_suffix(".log"), environment={"DATABASE_URL": "", "JACKFIELD_HOME": str(home)}
    )
    server.start()
    try:
        await server.until_ready()
        async with small_floor(server, out, seed) as small:
            conn = await asyncpg.connect(embedded.url)
            chosen = await conn.fetch(CHOSEN)
            await conn.close()
            for _ in range(rounds):
                await small.play(chance.uniform(0.3, 1.0))
                killed = postmaster(home)
                async with small.outage():
                    os.kill(killed, signal.SIGKILL)
                    await small.play(0.3)
                    await until_served(small)
                risen = postmaster(home)
                await small.play(chance.uniform(0.3, 1.0))
                async with small.outage():
                    server.kill()
                    assert postmaster(home) == risen, "the database outlives the server"
                    server.start()
                    await until_served(small)
                adopted = postmaster(home)

                assert killed != risen, f"seed {seed}"
                assert adopted == risen, f"seed {seed}: the next server adopts the one that runs"
            await small.drain()
            found = await audit(out)
            conn = await asyncpg.connect(embedded.url)
            after = await conn.fetch(CHOSEN)
            await conn.close()
    finally:
        server.kill()
        await (await start_embedded(home)).stop()

    assert found["code"] == 0, f"seed {seed}: {faulty(found)}"
    assert after == chosen, f"seed {seed}: nobody's chosen state changed"
    assert not socket_folder(home).exists()


async def test_the_database_may_be_killed_and_so_may_the_server(own_home: Path, tmp_path: Path) -> None:
    await kill_both(own_home, tmp_path / "killed", 1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(soak_seeds()))
async def test_database_and_server_may_be_killed_at_many_moments(own_home: Path, tmp_path: Path, seed: int) -> None:
    await kill_both(own_home, tmp_path / "killed", seed, rounds=1 if seed % 10 else 3)
