"""How are a server and a floor started beside each other, for a demo or a replay?"""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.first_users import add_key
from app.settings import Settings, with_database
from app.store.database import Database
from app.store.embedded import Embedded, create_database, start_embedded
from app.store.migrate import upgrade

READY_S = 60.0
STOP_S = 15.0

console = Console(stderr=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def progress(text: str) -> AsyncIterator[None]:
    """Whatever waits shows it."""
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as bar:
        bar.add_task(text, total=None)
        yield


@contextlib.asynccontextmanager
async def child(
    command: list[str], environment: dict[str, str], log: Path | None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that ends with us: by our stop, or when the pipe that it holds closes because we were killed."""
    out = log.open("ab") if log else None
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **environment}, stdin=asyncio.subprocess.PIPE, stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            await _end(process)
    finally:
        if out is not None:
            out.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def until_ready(url: str, server: asyncio.subprocess.Process | None = None) -> None:
    """Raises RuntimeError when the server ended or is not ready in time."""
    deadline = time.monotonic() + READY_S
    async with httpx2.AsyncClient() as client:
        while time.monotonic() < deadline:
            if server is not None and server.returncode is not None:
                raise RuntimeError(f"the server ended with {server.returncode}")
            with contextlib.suppress(httpx2.HTTPError):
                if (await client.get(f"{url}/readyz", timeout=2)).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"no server is ready at {url}")


async def fresh_database(settings: Settings, name: str) -> tuple[str, Embedded | None]:
    """A migrated database of its own, on the server of DATABASE_URL or the embedded one."""
    embedded = await start_embedded(settings.home) if settings.embedded else None
    admin_url = embedded.admin_url if embedded else str(settings.database_url)
    await create_database(admin_url, name)
    url = embedded.url_of(name) if embedded else with_database(admin_url, name)
    await upgrade(url, url)
    return url, embedded


async def operator_key(database_url: str, name: str) -> str:
    database = Database.connect(database_url, connections=2)
    try:
        async with database.engine.begin() as connection:
            return await add_key(connection, name, "operator")
    finally:
        await database.dispose()


def write_secret(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)


def server_environment(settings: Settings, database_url: str, port: int) -> dict[str, str]:
    """Of a server child: its database is given, so it needs the secret that signs cookies.

    Nothing of an installation that the operator's environment may speak of: on its bus it would answer for it.
    """
    key = settings.signing_key().decode() if settings.embedded or settings.secret_key else secrets.token_hex(32)
    return {
        "DATABASE_URL": database_url,
        "DATABASE_OWNER_URL": "",
        "REDIS_URL": "",
        "JACKFIELD_ROLE": "all",
        "JACKFIELD_PUBLIC_URL": "",
        "JACKFIELD_SECRET_KEY": key,
        "JACKFIELD_PORT": str(port),
        "JACKFIELD_HOST": "127.0.0.1",
        "JACKFIELD_HOME": str(settings.home),
    }


def ourselves(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *arguments]


def floor(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "floor", *arguments]
