"""kill -9 of the server at any moment: nothing is lost, nothing doubled, and every command has one answer."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from floor.faults import Faults
from tests.faults.seeds import seeded, soak_seeds
from tests.faults.small_floor import audit, faulty, small_floor
from tests.serving import Server

NewDatabase = Callable[[], str]


async def killed_under_load(database: str, out: Path, seed: int, kills: int = 1) -> None:
    """Callers, chats and agents go on meanwhile; every sender repeats with its id until it is answered."""
    chance = random.Random(seed)
    faults = Faults(seed, repeat_share=0.1, reorder_share=0.1, slow_s=0.02)
    server = Server(database, out.with_suffix(".log"))
    server.start()
    try:
        await server.until_ready()
        async with small_floor(server, out, seed, faults=faults) as small:
            for _ in range(kills):
                await small.play(chance.uniform(0.5, 2.0))
                async with small.outage():
                    server.kill()
                    server.start()
                    await small.play(0.5)
                    await server.until_ready()
            await small.play(1.5)
            await small.drain()
            counted, others = await small.must_be_zero(), await small.other_answers()
            found = await audit(out)
    finally:
        server.kill()

    assert found["code"] == 0, f"seed {seed}: {faulty(found)}"
    assert found["examined"]["segments"] > 5, f"seed {seed}: an empty floor proves nothing"
    assert {status for status, _ in small.posts.values()} <= {201}, f"seed {seed}"
    assert others == {}, f"seed {seed}: another answer to the same id"
    assert set(counted.values()) == {0.0}, f"seed {seed}: {counted}"


async def test_a_killed_server_loses_and_doubles_nothing(new_database: NewDatabase, tmp_path: Path) -> None:
    await seeded(lambda seed: killed_under_load(new_database(), tmp_path / f"kill-{seed}", seed))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(soak_seeds()))
async def test_a_server_killed_again_and_again_loses_and_doubles_nothing(
    new_database: NewDatabase, tmp_path: Path, seed: int
) -> None:
    """Most are killed once: every tenth three times."""
    await killed_under_load(new_database(), tmp_path / f"kill-{seed}", seed, kills=1 if seed % 10 else 3)
