"""By which addresses are the companies reached, and which queue does each lead to?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import number


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    live = number.c.archived_at.is_(None)
    return await rows.every(conn, rows.page(number, after, limit, live, within(company_ids, number)))


async def read(conn: AsyncConnection, number_id: str, company_ids: Collection[str] | None) -> Row | None:
    wanted = select(number).where(number.c.id == number_id, number.c.archived_at.is_(None), within(company_ids, number))
    return await rows.first(conn, wanted)


async def lock(conn: AsyncConnection, number_id: str, company_ids: Collection[str] | None) -> Row | None:
    live = number.c.archived_at.is_(None)
    return await rows.first(conn, rows.locked(number, number_id, live, within(company_ids, number)))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, number, values)


async def change(conn: AsyncConnection, number_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, number, number_id, values)


async def archive(conn: AsyncConnection, number_id: str) -> Row:
    return await rows.archive(conn, number, number_id)


async def reached(
    conn: AsyncConnection, kinds: Collection[str], address: str, company_ids: Collection[str] | None
) -> Row | None:
    """The live number of this address; one address leads to one company."""
    wanted = select(number).where(
        number.c.kind.in_(kinds),
        number.c.address == address,
        number.c.archived_at.is_(None),
        within(company_ids, number),
    )
    return await rows.first(conn, wanted.limit(1))
