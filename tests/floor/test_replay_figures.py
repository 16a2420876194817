"""After a replay, is every figure of the live view what a stranger recomputes from the log and the records?"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.launch import operator_key
from app.settings import with_database
from app.store.embedded import create_database, drop_database
from floor import day, replay
from tests.floor.test_replay import SPEED, made_log
from tests.serving import Server

SCRIPT = Path(__file__).parents[1] / "recompute_figures.py"
KILLED_AFTER_S = 2.0  # of calls


async def recomputed(folder: Path) -> tuple[int, dict[str, Any]]:
    command = (sys.executable, str(SCRIPT), str(folder))
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await running.communicate()
    return running.returncode or 0, json.loads(said)


async def kill_in_the_middle(server: Server, playing: "asyncio.Task[replay.Outcome]", made: list[int]) -> None:
    while not made:  # noqa: ASYNC110  (calls have come)
        await asyncio.sleep(0.1)
    await asyncio.wait({playing}, timeout=KILLED_AFTER_S)
    assert not playing.done(), "nothing was going on any more"
    server.kill()
    server.arguments = ()  # the clock is set once
    server.start()
    await server.until_ready()


@asynccontextmanager
async def played(database: str, folder: Path, killed: bool) -> AsyncIterator[replay.Outcome]:
    server = Server(database, folder / "server.log", arguments=("--speed", str(SPEED)))
    server.start()
    try:
        await server.until_ready()
        key = await operator_key(database, "replay")
        (folder / "database_url").write_text(database)
        made: list[int] = []

        def progress(calls: int, _of: int) -> None:
            made.extend([calls] if calls else [])

        planned = day.plan(made_log(), "990105")
        running = replay.run(planned, server.url, key, seed=1, out=folder, progress=progress)
        playing = asyncio.create_task(running)
        if killed:
            await kill_in_the_middle(server, playing, made)
        yield await playing
    finally:
        server.kill()


@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "killed in the middle"])
async def test_every_figure_after_a_replay_equals_the_recomputed_one(
    killed: bool, database: str, postgres: Any, tmp_path: Path
) -> None:
    async with played(database, tmp_path, killed) as outcome:
        pass
    code, said = await recomputed(tmp_path)

    assert outcome.drained
    assert (code, said["differ"], said["unsure_agents"]) == (0, 0, 0), said
    assert said["offered"] == 20
    assert said["compared"] > 8 * 30, "each of so many figures of six queues and of all"
    for statement, figures in FAULTS.items():
        found = await _after(statement, database, postgres.admin_url, tmp_path)
        assert figures <= found, f"{statement}: {found}"


# What would be otherwise in the records if the live view had counted wrongly, each alone.
FAULTS = {
    "UPDATE stay SET ended_at = ended_at + interval '1 hour' WHERE \"end\" = 'abandoned'": {"longest_wait"},
    "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event WHERE kind = 'stay.ended')": {"offered", "waiting"},
    "UPDATE segment SET connected_at = connected_at + interval '2 seconds'": {"asa_ms", "aht_ms", "asa", "wait_p50"},
    "UPDATE event SET at = at - interval '1 minute' WHERE kind = 'segment.accepted'": {"occupancy_bp"},
    "UPDATE event SET data = data || '{\"chosen\": \"away\"}' WHERE kind = 'agent.chose'": {"agents"},
}


async def _after(statement: str, database: str, admin_url: str, folder: Path) -> set[str]:
    """The figures that differ after the statement was carried out in a copy of the run's database."""
    name = urlsplit(database).path.lstrip("/")
    await create_database(admin_url, f"{name}_planted", name)
    planted = with_database(database, f"{name}_planted")
    try:
        connection = await asyncpg.connect(planted)
        changed = await connection.execute(statement)
        await connection.close()
        assert not changed.endswith(" 0"), f"changed nothing: {statement}"
        (folder / "database_url").write_text(planted)
        code, said = await recomputed(folder)
        assert code == 1
        return set(said["differing"])
    finally:
        await drop_database(admin_url, f"{name}_planted")
