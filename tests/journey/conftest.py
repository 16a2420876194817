"""Stories are many and short: they share a database, which each finds empty."""

from collections.abc import Iterator

import asyncpg
import pytest

from tests.conftest import Postgres, outside_any_loop

KEPT = {"alembic_version", "domain", "writer"}


@pytest.fixture(scope="session")
def stories_database(postgres: Postgres, template_database: str) -> Iterator[str]:
    from app.store.embedded import create_database, drop_database

    name = f"{template_database}_stories"
    outside_any_loop(lambda: create_database(postgres.admin_url, name, template_database))
    yield postgres.url_of(name)
    outside_any_loop(lambda: drop_database(postgres.admin_url, name))


@pytest.fixture
def database(stories_database: str) -> str:
    """Migrated and empty, as a new one; emptying is a thousand times quicker than making."""
    outside_any_loop(lambda: _empty(stories_database))
    return stories_database


async def _empty(url: str) -> None:
    conn = await asyncpg.connect(url)
    try:
        tables = await conn.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition"
        )
        async with conn.transaction():
            await conn.execute("SET LOCAL session_replication_role = replica")
            await conn.execute(";".join(f'DELETE FROM "{row[0]}"' for row in tables if row[0] not in KEPT))
            await conn.execute(
                "UPDATE domain SET config_seq = 0, policy = '{}'; UPDATE writer SET epoch = 0, owner = ''"
            )
    finally:
        await conn.close()
