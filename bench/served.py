"""What does a bench measure? A server process of its own, on a database of its own."""

import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from app.launch import child, free_port, operator_key, ourselves, until_ready
from app.settings import with_database
from app.store.embedded import create_database, drop_database
from app.store.migrate import upgrade
from bench.commits import Postgres

SECRET = "0123456789abcdef" * 4


@dataclass(frozen=True, slots=True)
class Served:
    pid: int
    url: str  # of the database
    address: str
    key_file: Path

    def floor(self, part: str) -> list[str]:
        """The command of a generator, which knows only the address and the key."""
        return [sys.executable, "-m", "floor", part, "--server", self.address, "--key-file", str(self.key_file)]


@contextlib.asynccontextmanager
async def served(server: Postgres, name: str, **settings: str) -> AsyncIterator[Served]:
    """`settings`: of the server, beside the usual. What goes wrong is raised with the end of the server's log."""
    database = f"bench_{name}_{time.time_ns() // 1_000_000}"
    await create_database(server.admin_url, database)
    url = with_database(server.admin_url, database)
    try:
        await upgrade(url, url)
        with tempfile.TemporaryDirectory(prefix="jackfield-bench-") as folder:
            async with _process(url, Path(folder), settings) as made:
                yield made
    finally:
        await drop_database(server.admin_url, database)


@contextlib.asynccontextmanager
async def _process(url: str, folder: Path, settings: dict[str, str]) -> AsyncIterator[Served]:
    key_file, port = folder / "key", free_port()
    key_file.write_text(await operator_key(url, "bench"))
    environment = {
        "DATABASE_URL": url,
        "JACKFIELD_SECRET_KEY": SECRET,
        "JACKFIELD_PORT": str(port),
        "JACKFIELD_LOG_LEVEL": "warning",
        "JACKFIELD_HOME": str(folder),
        **settings,
    }
    address = f"http://127.0.0.1:{port}"
    async with child(ourselves("serve"), environment, folder / "server.log") as process:
        try:
            await until_ready(address, process)
            yield Served(process.pid, url, address, key_file)
        except Exception as fault:
            tail = (folder / "server.log").read_text()[-2000:]
            raise RuntimeError(f"{fault}\n{tail}") from fault
