"""A real server process on a database of its own, for the tests that come through the doors."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from app.launch import operator_key

READY_S = 90.0  # a first start makes a database; how long that takes is nobody's promise
SECRET = "0123456789abcdef" * 4


def port_to_come_back_to() -> int:
    """Free, and below the range from which the kernel gives ports to anybody: it stays free while a server is down."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(slots=True)
class Server:
    database_url: str
    log: Path
    redis_url: str | None = None
    port: int = field(default_factory=port_to_come_back_to)
    arguments: tuple[str, ...] = ()
    module: str = "app.cli"
    before: tuple[str, ...] = ()  # what the module is told before `serve`
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        environment = {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "JACKFIELD_SECRET_KEY": SECRET,
            "JACKFIELD_PORT": str(self.port),
            "JACKFIELD_LOG_FORMAT": "json",
            "PYTHONFAULTHANDLER": "1",
            **({"REDIS_URL": self.redis_url} if self.redis_url else {}),
            **self.environment,
        }
        command = [sys.executable, "-m", self.module, *self.before, "serve", *self.arguments]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    async def until_ready(self, path: str = "/readyz") -> None:
        deadline = time.monotonic() + READY_S
        async with httpx2.AsyncClient() as client:
            while time.monotonic() < deadline:
                assert self.process is not None
                assert self.process.poll() is None, f"the server ended:\n{self.log.read_text()[-3000:]}"
                with contextlib.suppress(httpx2.HTTPError):
                    if (await client.get(self.url + path, timeout=2)).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        self.signal(signal.SIGABRT)  # it says where it stands
        self.process.wait(10)
        raise AssertionError(f"not ready:\n{self.log.read_text()[-6000:]}")

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """kill -9, as a machine would end."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        if self.process is not None:
            self.process.wait(10)

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
        return self.process.wait(20)


@dataclass(slots=True)
class Api:
    """A program with a key at the public doors."""

    client: httpx2.AsyncClient

    async def call(self, method: str, path: str, body: Any = None, expect: int | None = None, **kwargs: Any) -> Any:
        answer = await self.client.request(method, path, json=body, **kwargs)
        wanted = (expect,) if expect else (200, 201, 202, 204)
        assert answer.status_code in wanted, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    async def get(self, path: str, **kwargs: Any) -> Any:
        return await self.call("GET", path, **kwargs)

    async def post(self, path: str, body: Any = None, **kwargs: Any) -> Any:
        return await self.call("POST", path, body, **kwargs)


@contextlib.asynccontextmanager
async def api_of(server: Server, key: str | None = None) -> Any:
    key = key or await operator_key(server.database_url, "test")
    async with httpx2.AsyncClient(
        base_url=server.url, headers={"authorization": f"Bearer {key}"}, timeout=10
    ) as client:
        yield Api(client)


async def connects_within(database_url: str, seconds: int) -> None:
    """The domain's connect limit, as an operator sets it before anything is served."""
    conn = await asyncpg.connect(database_url)
    try:
        policy = json.dumps({"connect_timeout_us": seconds * 1_000_000})
        await conn.execute("UPDATE domain SET policy = $1, config_seq = 1", policy)
        await conn.execute("INSERT INTO config_change (domain_id, seq, kind, subject_id) VALUES (1, 1, 'domain', '1')")
    finally:
        await conn.close()
