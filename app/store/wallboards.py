"""Which links show figures on a wall, and to whom do they belong?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, cast, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import wallboard


def _within(company_ids: Collection[str] | None) -> ColumnElement[bool]:
    """Those of which every company may be seen."""
    if company_ids is None:
        return true()
    return wallboard.c.company_ids.bool_op("<@")(cast(list(company_ids), ARRAY(Uuid(as_uuid=False))))


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    live = wallboard.c.revoked_at.is_(None)
    return await rows.every(conn, rows.page(wallboard, after, limit, live, _within(company_ids)))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, wallboard, values)


async def revoke(conn: AsyncConnection, wallboard_id: str, company_ids: Collection[str] | None) -> Row | None:
    mine = (wallboard.c.id == wallboard_id, wallboard.c.revoked_at.is_(None), _within(company_ids))
    gone = update(wallboard).where(*mine).values(revoked_at=func.clock_timestamp())
    return await rows.first(conn, gone.returning(wallboard))


async def by_hash(conn: AsyncConnection, token_hash: bytes) -> Row | None:
    return await rows.first(
        conn, select(wallboard).where(wallboard.c.hash == token_hash, wallboard.c.revoked_at.is_(None))
    )


async def live_among(conn: AsyncConnection, ids: Collection[str]) -> dict[str, list[str]]:
    """Companies by id of those that were not revoked."""
    wanted = select(wallboard.c.id, wallboard.c.company_ids).where(
        wallboard.c.id.in_(list(ids)), wallboard.c.revoked_at.is_(None)
    )
    return {row[0]: list(row[1]) for row in await conn.execute(wanted)} if ids else {}
