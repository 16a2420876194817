"""Does a small made day run through the real server, and does the auditor see what is done to it afterwards?"""

import asyncio
import json
import subprocess
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
from floor import day, log_figures, replay, replay_report
from floor.bank_log import BankLog, Call
from floor.faults import Faults
from tests.serving import Server

SPEED = 60
AUDIT = Path(__file__).parents[1] / "audit.py"


def made_log() -> BankLog:
    """Two servers, twenty callers in three minutes: some queue, two hang up, one is of high value."""
    calls = []
    for n in range(20):
        at_s, server = 32_400 + n * 9, ("TOVA", "AVNI")[n % 2]
        common: dict[str, Any] = {"row": n, "date": "990105", "type": ("PS", "NE")[n % 4 == 0], "priority": 0}
        common |= {"customer": str(n), "priority": 2} if n == 7 else {"customer": None}
        if n in (9, 14):
            calls.append(Call(**common, arrived_s=at_s, waited_s=6, outcome="hang"))
        else:
            calls.append(Call(**common, arrived_s=at_s, waited_s=3, outcome="agent",
                              service_start_s=at_s + 3, service_s=12, server=server))  # fmt: skip
    return BankLog(calls=calls)


@asynccontextmanager
async def played(database: str, folder: Path, faults: Faults | None = None) -> AsyncIterator[replay.Outcome]:
    """The made day, through a server of its own; ledgers and database_url are left in `folder`."""
    server = Server(database, folder / "server.log", arguments=("--speed", str(SPEED)))
    server.start()
    try:
        await server.until_ready()
        key = await operator_key(database, "replay")
        (folder / "database_url").write_text(database)
        yield await replay.run(day.plan(made_log(), "990105"), server.url, key, seed=1, out=folder, faults=faults)
    finally:
        server.stop()


def audited(folder: Path) -> tuple[int, dict[str, Any]]:
    """Exit code and the counts that are not 0."""
    done = subprocess.run([sys.executable, str(AUDIT), str(folder)], capture_output=True, text=True, timeout=60)
    said = json.loads(done.stdout)
    return done.returncode, {kind: said[kind] for kind in said if isinstance(said[kind], int) and said[kind]}


async def test_a_made_day_runs_through_the_server_and_the_auditor_finds_every_planted_fault(
    database, postgres, tmp_path
):
    planned = day.plan(made_log(), "990105")
    async with played(database, tmp_path) as outcome:
        said = replay_report.as_json(planned, outcome, 1)

    assert outcome.drained
    assert said["figures"]["log"]["offered"] == 20
    assert said["figures"]["ours"]["offered"] == 20
    assert said["figures"]["ours"]["answered"] == said["figures"]["as_callers_saw_it"]["answered"] >= 5, (
        "an empty day proves nothing"
    )
    assert set(said["definitions"]["ours"]) == set(log_figures.DEFINITIONS)
    assert set(said["by_queue"]) == {"PS regular", "NE stock trading"}
    assert await asyncio.to_thread(audited, tmp_path) == (0, {})
    for statement, kind in FAULTS.items():
        assert kind in await _audited_after(statement, database, postgres.admin_url, tmp_path), statement


# What a faulty product would leave behind, planted into the database of a truthful run, each alone.
FAULTS = {
    "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event WHERE kind LIKE 'segment.%')": "lost",
    "DELETE FROM event WHERE seq = (SELECT min(seq) FROM event WHERE kind = 'stay.queued')": "stale_epoch",
    "UPDATE event SET epoch = 0 WHERE seq = (SELECT max(seq) - 3 FROM event)": "stale_epoch",
    "UPDATE segment SET wrap_up_until = ended_at - interval '1 day' WHERE state = 'done'": "forgotten_deadlines",
    "UPDATE contact SET source_id = 'nobody' WHERE id = (SELECT id FROM contact ORDER BY id LIMIT 1)": "invented",
    "UPDATE effect SET state = 'due' WHERE id = (SELECT id FROM effect ORDER BY id LIMIT 1)": "stuck",
    "UPDATE agent_state SET chosen = 'away'": "wrong_presence",
    "UPDATE command SET reply = '{\"status\": 200, \"body\": {}}' WHERE kind = 'report_legs'": "changed_answers",
}


async def _audited_after(statement: str, database: str, admin_url: str, folder: Path) -> dict[str, int]:
    """The kinds found after the statement was carried out in a copy of the run's database."""
    name = urlsplit(database).path.lstrip("/")
    await create_database(admin_url, f"{name}_planted", name)
    planted = with_database(database, f"{name}_planted")
    try:
        connection = await asyncpg.connect(planted)
        changed = await connection.execute(statement)
        await connection.close()
        assert not changed.endswith(" 0"), f"changed nothing: {statement}"
        (folder / "database_url").write_text(planted)
        _, counts = await asyncio.to_thread(audited, folder)
        return counts
    finally:
        await drop_database(admin_url, f"{name}_planted")


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_provider_that_repeats_reorders_loses_and_dawdles_costs_nothing_but_time(seed, database, tmp_path):
    faults = Faults(seed=seed, repeat_share=0.2, reorder_share=0.2, lose_share=0.1, lose_s=0.3, slow_s=0.02)
    async with played(database, tmp_path, faults) as outcome:
        pass

    assert outcome.drained
    assert await asyncio.to_thread(audited, tmp_path) == (0, {})
