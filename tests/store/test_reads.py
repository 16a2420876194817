"""Does whoever reads always get an answer, be it that there is none?"""

import asyncio

import pytest

from app.store.database import READERS_MAX, Database, Reads


async def test_who_finds_every_reader_busy_waits_no_longer_than_the_bound(database: str) -> None:
    reads = Reads(database, wait_s=0.5)
    assert await reads.fetch("SELECT 1") == [(1,)]
    busy = [asyncio.create_task(reads.fetch("SELECT pg_sleep(4)")) for _ in range(READERS_MAX)]
    await asyncio.sleep(0)  # they are first

    with pytest.raises(TimeoutError):
        await reads.fetch("SELECT 1")

    assert not any(task.done() for task in busy)
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert await reads.fetch("SELECT 2") == [(2,)]
    await reads.close()


async def test_a_connection_that_is_gone_is_an_error_of_the_wire(db: Database) -> None:
    """What the driver says of itself is no error that anybody expects."""
    await db.reads.fetch("SELECT 1")
    await db.reads.close()

    with pytest.raises(OSError, match="InterfaceError"):
        await db.reads.fetch("SELECT 1")
