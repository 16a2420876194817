"""How do we reach PostgreSQL?

Everything but the turn goes through this engine. Whoever connects becomes `jackfield_app`, the role that may not
change the log.
"""

from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

APP_ROLE = "jackfield_app"
CONNECT_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT = "10s"
LOCK_TIMEOUT = "5s"
IDLE_IN_TRANSACTION_TIMEOUT = "10s"

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


@dataclass(frozen=True, slots=True)
class Database:
    url: str
    owner_url: str
    engine: AsyncEngine

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
        return cls(url, owner_url or url, engine)

    async def dispose(self) -> None:
        await self.engine.dispose()


def owner_engine(url: str) -> AsyncEngine:
    """For migrations: the owner as themselves, one connection, no pool."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: open_connection(url, {**COMMON_SETTINGS, "application_name": "jackfield migrate"}),
        poolclass=NullPool,
    )
