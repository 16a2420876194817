"""Who has changed what? Rows are only ever added, and hold ids and field names, never a person's words."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import audit


async def record(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    await conn.execute(insert(audit).values(**values))


async def page(
    conn: AsyncConnection,
    company_ids: Collection[str] | None,
    before: str | None,
    limit: int,
    subject_id: str | None = None,
) -> list[Row]:
    """The newest first."""
    where = [within(company_ids, audit)]
    if before is not None:
        where.append(audit.c.id < before)
    if subject_id is not None:
        where.append(audit.c.subject_id == subject_id)
    return await rows.every(conn, select(audit).where(*where).order_by(audit.c.id.desc()).limit(limit + 1))
