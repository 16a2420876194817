"""Which teams do agents and grants belong to?"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import team


async def page(conn: AsyncConnection, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(team, after, limit, team.c.archived_at.is_(None)))


async def read(conn: AsyncConnection, team_id: str) -> Row | None:
    return await rows.first(conn, select(team).where(team.c.id == team_id))


async def lock(conn: AsyncConnection, team_id: str) -> Row | None:
    return await rows.first(conn, rows.locked(team, team_id))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, team, values)


async def change(conn: AsyncConnection, team_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, team, team_id, values)


async def archive(conn: AsyncConnection, team_id: str) -> Row:
    return await rows.archive(conn, team, team_id)
