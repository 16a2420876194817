"""A redis-server of the test's own, which may be emptied, killed and started again at its port."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis.asyncio
from redis.exceptions import RedisError

from tests.serving import port_to_come_back_to

START_S = 10.0
INSTALL = "needs redis-server: apt-get install redis-server"


@dataclass(slots=True)
class RedisServer:
    folder: Path
    port: int = field(default_factory=port_to_come_back_to)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(  # noqa: ASYNC220  (it is there in a moment)
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        async with asyncio.timeout(START_S), redis.asyncio.Redis.from_url(self.url) as client:
            while True:
                try:
                    await client.ping()
                    return
                except (RedisError, OSError):
                    await asyncio.sleep(0.02)

    async def empty(self) -> None:
        async with redis.asyncio.Redis.from_url(self.url) as client:
            await client.flushall()

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


@asynccontextmanager
async def redis_server(folder: Path) -> AsyncIterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip(INSTALL)
    server = RedisServer(folder)
    await server.start()
    try:
        yield server
    finally:
        server.kill()
