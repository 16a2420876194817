"""How does a command reach the database? By its address, or by starting the embedded one for as long as it is asked."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.settings import Settings
from app.store.database import Database
from app.store.embedded import EmbeddedError, start_embedded
from app.store.migrate import upgrade

NOT_REACHED = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError, EmbeddedError)
T = TypeVar("T")


@contextlib.asynccontextmanager
async def database_url(settings: Settings) -> AsyncIterator[str]:
    """The database's address; the embedded one runs for as long as it is asked."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    embedded = await start_embedded(settings.home)
    try:
        yield embedded.url
    finally:
        await embedded.stop()


async def with_database(work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """In one transaction, on a database of this version."""
    settings = Settings()
    async with database_url(settings) as url:
        await upgrade(settings.database_owner_url or url, url)
        database = Database.connect(url, connections=2)
        try:
            async with database.engine.begin() as connection:
                return await work(connection)
        finally:
            await database.dispose()
