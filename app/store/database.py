"""How do we reach PostgreSQL?

Everything but the turn goes through here. Whoever connects becomes `jackfield_app`, the role that may not
change the log.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

APP_ROLE = "jackfield_app"
CONNECT_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT = "10s"
LOCK_TIMEOUT = "5s"
IDLE_IN_TRANSACTION_TIMEOUT = "10s"
READERS_MAX = 4

# Of every session of ours. Plans here are of small statements: compiling them costs more than it brings.
COMMON_SETTINGS = {"timezone": "UTC", "jit": "off", "synchronous_commit": "on"}

API_SETTINGS = {
    **COMMON_SETTINGS,
    "application_name": "jackfield",
    "role": APP_ROLE,
    "statement_timeout": STATEMENT_TIMEOUT,
    "lock_timeout": LOCK_TIMEOUT,
    "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT,
}


async def open_connection(url: str, settings: dict[str, str]) -> asyncpg.Connection:
    """One connection outside any pool. Raises OSError, TimeoutError or asyncpg.PostgresError."""
    return await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S, server_settings=settings)


@dataclass(slots=True)
class Reads:
    """For the hottest reads: a few connections of their own, prepared once, without a transaction around each. Whoever
    finds all of them busy waits for the next that is free, and not for ever.
    """

    url: str
    wait_s: float = CONNECT_TIMEOUT_S  # for a connection that is free
    _pool: asyncpg.Pool | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows, jsonb as what it says. Raises OSError, TimeoutError or asyncpg.PostgresError."""
        try:
            async with asyncio.timeout(self.wait_s):
                pool = self._pool or await self._open()
                connection = await pool.acquire()
            try:
                rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            finally:
                await pool.release(connection)
        except (asyncpg.InterfaceError, asyncpg.InternalClientError) as lost:
            if isinstance(lost, ValueError):  # an argument of another type: a fault of ours
                raise
            raise ConnectionError(type(lost).__name__) from lost  # the driver is asked while its connection ends
        return rows

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.url,
                    min_size=1,
                    max_size=READERS_MAX,
                    timeout=CONNECT_TIMEOUT_S,
                    command_timeout=CONNECT_TIMEOUT_S,
                    server_settings=API_SETTINGS,
                    init=_read_json,
                    reset=_as_it_is,
                )
        return self._pool


async def _read_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _as_it_is(_: asyncpg.Connection) -> None:
    """A read leaves nothing behind; to clean up after each would be a second round trip."""


@dataclass(frozen=True, slots=True)
class Database:
    url: str
    owner_url: str
    engine: AsyncEngine
    reads: Reads

    @classmethod
    def connect(cls, url: str, owner_url: str | None = None, connections: int = 10) -> "Database":
        """Nothing is opened before it is needed. `owner_url`: whom migrations run as."""
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: open_connection(url, API_SETTINGS),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT_S,
            pool_pre_ping=True,
            hide_parameters=True,  # an error's text may reach a log
        )
        return cls(url, owner_url or url, engine, Reads(url))

    async def dispose(self) -> None:
        await self.reads.close()
        await self.engine.dispose()


def owner_engine(url: str) -> AsyncEngine:
    """For migrations: the owner as themselves, one connection, no pool."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: open_connection(url, {**COMMON_SETTINGS, "application_name": "jackfield migrate"}),
        poolclass=NullPool,
    )
