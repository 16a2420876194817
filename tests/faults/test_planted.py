"""Would the auditor notice? Servers with a fault planted, each played on and audited, and one without."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from floor.agent import Manner
from floor.company import QueueWish
from tests.faults.planted import FAULTS
from tests.faults.small_floor import CONFIG, NUMBER, audit, faulty, small_floor
from tests.serving import Server

# fault -> what the auditor calls it
NAMED = {
    "dropped_commit": "lost",
    "doubled_offer": "doubled",
    "stale_epoch": "stale_epoch",
    "forgotten_deadline": "forgotten_deadlines",
}
QUEUES = (QueueWish("sales", CONFIG | {"promise_s": 1}, {NUMBER: "phone"}),)


def forgetful(login: str) -> Manner:
    """Many an offer is left to expire."""
    chance = random.Random(login)
    return Manner(
        think_s=lambda: chance.uniform(0.0, 0.3), handle_s=lambda channel: chance.uniform(0.1, 0.8),
        after_call_s=lambda: chance.uniform(0.0, 0.4), ignore_share=0.3, chance=chance,
    )  # fmt: skip


async def played(fault: str, database: str, folder: Path) -> dict[str, Any]:
    """What the auditor says of a short run; a faulty server may not come to rest."""
    conn = await asyncpg.connect(database)
    if fault == "doubled_offer":
        await conn.execute("DROP INDEX uq_segment_exclusive")
    await conn.close()
    server = Server(database, folder / f"{fault}.log", module="tests.faults.planted", before=(fault,))
    server.start()
    try:
        await server.until_ready()
        async with small_floor(server, folder / fault, 1, queues=QUEUES, agents=4, manner=forgetful) as small:
            await small.play(4.0)
            await small.drain(within_s=6.0)
            return await audit(folder / fault)
    finally:
        server.kill()


async def test_the_auditor_finds_every_planted_fault(new_database: Callable[[], str], tmp_path: Path) -> None:
    runs = await asyncio.gather(*(played(fault, new_database(), tmp_path) for fault in FAULTS))
    found = dict(zip(FAULTS, runs, strict=True))
    sound = found.pop("nothing")

    assert sound["code"] == 0, faulty(sound)
    assert sound["examined"]["segments"] > 10
    assert set(found) == set(NAMED)
    for fault, said in found.items():
        assert said["code"] == 1, f"{fault}: nothing was found"
        assert said[NAMED[fault]] > 0, f"{fault}: {faulty(said)}"
