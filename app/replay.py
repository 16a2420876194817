"""How does a recorded day run through the real server? A fresh database, a server and a floor, each its own process."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.launch import (
    child,
    console,
    floor,
    free_port,
    fresh_database,
    operator_key,
    ourselves,
    progress,
    server_environment,
    until_ready,
    write_secret,
)
from app.settings import Settings

LEAD_S = 600  # business seconds before the first call, for desks to sit down


@dataclass(frozen=True, slots=True)
class Replay:
    file: Path
    day: str  # YYMMDD
    start: str | None
    end: str | None
    speed: int
    seed: int
    server: str | None
    key_file: Path | None
    out: Path
    as_json: bool


async def run_replay(settings: Settings, replay: Replay) -> int:
    """The floor's exit code. The database stays, for the auditor: DIR/database_url says where."""
    replay.out.mkdir(parents=True, exist_ok=True)
    if replay.server is not None:
        if replay.key_file is None:
            raise RuntimeError("--server needs --key-file: a file with an operator's key for it")
        return await _floor(replay, replay.server, replay.key_file)
    async with _own_server(settings, replay) as (url, key_file):
        return await _floor(replay, url, key_file)


@contextlib.asynccontextmanager
async def _own_server(settings: Settings, replay: Replay) -> AsyncIterator[tuple[str, Path]]:
    async with progress("Preparing a fresh database"):
        database_url, _ = await fresh_database(settings, f"replay_{replay.day}_{time.time_ns() // 1_000_000}")
        key_file = replay.out / "key"
        write_secret(key_file, await operator_key(database_url, "replay"))
        write_secret(replay.out / "database_url", database_url)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = server_environment(settings, database_url, port)
    command = ourselves("serve", "--speed", str(replay.speed), "--business-start", _business_start(replay))
    async with child(command, environment, replay.out / "server.log") as server:
        async with progress("Starting the server"):
            await until_ready(url, server)
        yield url, key_file


def _business_start(replay: Replay) -> str:
    """A little before the first call; the floor plays the rest by the server's clock."""
    day = datetime.strptime(f"19{replay.day}" if replay.day[0] > "6" else f"20{replay.day}", "%Y%m%d")
    first = datetime.strptime(replay.start or "00:00", "%H:%M")
    start = day.replace(hour=first.hour, minute=first.minute, tzinfo=UTC)
    # Setting up the company takes real seconds, which are many business seconds at high speed.
    return (start - timedelta(seconds=LEAD_S + 30 * replay.speed)).strftime("%Y-%m-%dT%H:%M:%S")


async def _floor(replay: Replay, url: str, key_file: Path) -> int:
    command = floor("replay", str(replay.file), "--day", replay.day, "--speed", str(replay.speed))
    command += ["--seed", str(replay.seed), "--server", url, "--key-file", str(key_file), "--out", str(replay.out)]
    for option, value in (("--from", replay.start), ("--to", replay.end)):
        command += [option, value] if value else []
    command += ["--json"] if replay.as_json else []
    async with child(command, {}, None) as people:
        code = await people.wait()
    await asyncio.sleep(0)
    checks = (f"python tests/{script}.py {replay.out}" for script in ("audit", "recompute_figures"))
    console.print(f"ledgers: {replay.out}; check them with: {', '.join(checks)}", style="dim")
    return code
