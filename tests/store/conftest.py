"""What do the store's tests share? A furnished database and a session that holds its domain."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from app.store.database import API_SETTINGS, Database
from app.store.writer import WriterSession
from tests.store.centre import Centre, furnish


@pytest_asyncio.fixture
async def centre(database: str) -> Centre:
    return await furnish(database)


@pytest_asyncio.fixture
async def session(database: str, centre: Centre) -> AsyncIterator[WriterSession]:
    session = WriterSession(database)
    await session.try_takeover(1, "test")
    yield session
    await session.release()


@pytest_asyncio.fixture
async def owner(database: str) -> AsyncIterator[asyncpg.Connection]:
    """Looks from outside, with all rights."""
    conn = await asyncpg.connect(database)
    yield conn
    await conn.close()


@pytest_asyncio.fixture
async def app_conn(database: str) -> AsyncIterator[asyncpg.Connection]:
    """With the rights of `serve`."""
    conn = await asyncpg.connect(database, server_settings=API_SETTINGS)
    yield conn
    await conn.close()


@pytest_asyncio.fixture
async def db(database: str) -> AsyncIterator[Database]:
    db = Database.connect(database, connections=4)
    yield db
    await db.dispose()
