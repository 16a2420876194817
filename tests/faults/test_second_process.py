"""Two processes on one database need a bus: without one the second says so and ends, and the first serves on."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.serving import Server


async def test_a_second_process_without_a_bus_refuses_to_start(new_database: Callable[[], str], tmp_path: Path) -> None:
    database = new_database()
    first, second = Server(database, tmp_path / "first.log"), Server(database, tmp_path / "second.log")
    first.start()
    try:
        await first.until_ready()
        second.start()
        assert second.process is not None
        code = await asyncio.to_thread(second.process.wait, 30)
        await first.until_ready()
    finally:
        first.kill()
        second.kill()

    assert code != 0
    assert "another process serves this database" in second.log.read_text()


async def test_a_process_that_was_killed_does_not_stand_in_the_way_of_the_next(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    server = Server(new_database(), tmp_path / "server.log")
    server.start()
    try:
        await server.until_ready()
        server.kill()
        server.start()
        await server.until_ready()
    finally:
        server.kill()

    assert "another process" not in server.log.read_text()
