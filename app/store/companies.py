"""Which client companies are served?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import company


def _among(company_ids: Collection[str] | None) -> ColumnElement[bool]:
    return true() if company_ids is None else company.c.id.in_(company_ids)


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(company, after, limit, _among(company_ids)))


async def read(conn: AsyncConnection, company_id: str) -> Row | None:
    return await rows.first(conn, select(company).where(company.c.id == company_id))


async def with_slug(conn: AsyncConnection, slug: str) -> Row | None:
    return await rows.first(conn, select(company).where(company.c.slug == slug))


async def exist(conn: AsyncConnection, company_ids: Collection[str]) -> bool:
    found = await conn.execute(select(company.c.id).where(company.c.id.in_(company_ids)))
    return len(found.all()) == len(set(company_ids))


async def lock(conn: AsyncConnection, company_id: str) -> Row | None:
    return await rows.first(conn, rows.locked(company, company_id))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, company, values)


async def change(conn: AsyncConnection, company_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, company, company_id, values)
