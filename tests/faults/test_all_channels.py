"""All channels through their public doors, with cut lines, repeats and kill -9: nothing is lost, doubled or stuck."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from floor.company import QueueWish
from floor.faults import Faults
from tests.faults.seeds import seeded, soak_seeds
from tests.faults.small_floor import CONFIG, NUMBER, audit, faulty, small_floor
from tests.serving import Server, port_to_come_back_to

NewDatabase = Callable[[], str]
# Agents read to the end what was said in a chat before they finish it, also over an outage.
QUEUES = (QueueWish("sales", CONFIG, {NUMBER: "phone"}), QueueWish("written", CONFIG | {"wrap_up_s": 40}))
CHANNELS = {"phone", "chat", "email", "fax", "task"}
A_SECOND = 14.0


def all_doors(database: str, out: Path, **more: object) -> tuple[Server, str]:
    """A server that takes mails, and where."""
    lmtp = f"127.0.0.1:{port_to_come_back_to()}"
    home = out.with_suffix(".home")
    home.mkdir(parents=True)
    settings = {"JACKFIELD_LMTP": lmtp, "JACKFIELD_ENDPOINTS_INSIDE": "1", "JACKFIELD_HOME": str(home)}
    return Server(database, out.with_suffix(".log"), environment=settings, **more), lmtp  # type: ignore[arg-type]


async def killed_with_all_channels(database: str, out: Path, seed: int, kills: int = 1) -> None:
    chance = random.Random(seed)
    faults = Faults(seed, repeat_share=0.1, reorder_share=0.1, slow_s=0.02, cut_share=0.1)
    server, lmtp = all_doors(database, out)
    server.start()
    try:
        await server.until_ready()
        async with small_floor(server, out, seed, faults=faults, queues=QUEUES, lmtp=lmtp) as small:
            for _ in range(kills):
                await small.play(chance.uniform(0.5, 2.0), A_SECOND)
                async with small.outage():
                    server.kill()
                    server.start()
                    await small.play(0.5, A_SECOND)
                    await server.until_ready()
            await small.play(1.0, A_SECOND)
            await small.drain()
            counted, others, wrong = (
                await small.must_be_zero(),
                await small.other_answers(),
                small.floor.customers.wrong,
            )
            found = await audit(out)
    finally:
        server.kill()

    assert found["code"] == 0, f"seed {seed}: {faulty(found)}"
    assert wrong == [], f"seed {seed}"
    assert others == {}, f"seed {seed}: another answer to the same id"
    assert set(counted.values()) == {0.0}, f"seed {seed}: {counted}"
    examined = Counter(found["examined"])
    assert min(examined[name] for name in ("segments", "messages", "mails", "faxes")) > 0, f"seed {seed}: {examined}"


async def test_a_killed_server_loses_and_doubles_nothing_on_any_channel(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    await seeded(lambda seed: killed_with_all_channels(new_database(), tmp_path / f"all-{seed}", seed))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(soak_seeds()))
async def test_a_server_killed_again_and_again_loses_and_doubles_nothing_on_any_channel(
    new_database: NewDatabase, tmp_path: Path, seed: int
) -> None:
    """Most are killed once: every tenth three times."""
    await killed_with_all_channels(new_database(), tmp_path / f"all-{seed}", seed, kills=1 if seed % 10 else 3)
