"""With which results can an agent finish?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import disposition


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    live = disposition.c.archived_at.is_(None)
    return await rows.every(conn, rows.page(disposition, after, limit, live, within(company_ids, disposition)))


async def read(conn: AsyncConnection, disposition_id: str, company_ids: Collection[str] | None) -> Row | None:
    wanted = select(disposition).where(disposition.c.id == disposition_id, within(company_ids, disposition))
    return await rows.first(conn, wanted)


async def lock(conn: AsyncConnection, disposition_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(disposition, disposition_id, within(company_ids, disposition)))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, disposition, values)


async def change(conn: AsyncConnection, disposition_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, disposition, disposition_id, values)


async def archive(conn: AsyncConnection, disposition_id: str) -> Row:
    return await rows.archive(conn, disposition, disposition_id)


async def by_id(conn: AsyncConnection, disposition_ids: Collection[str]) -> dict[str, Row]:
    """Archived ones too: what was said with them is said."""
    wanted = select(disposition).where(disposition.c.id.in_(disposition_ids))
    return {row["id"]: row for row in await rows.every(conn, wanted)}
