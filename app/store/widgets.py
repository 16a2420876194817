"""Which widgets do a company's sites show?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import widget

_LIVE = widget.c.archived_at.is_(None)


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(widget, after, limit, _LIVE, within(company_ids, widget)))


async def read(conn: AsyncConnection, widget_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, select(widget).where(widget.c.id == widget_id, _LIVE, within(company_ids, widget)))


async def by_key(conn: AsyncConnection, key: str) -> Row | None:
    """As a site's page names it."""
    return await rows.first(conn, select(widget).where(widget.c.key == key, _LIVE))


async def lock(conn: AsyncConnection, widget_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(widget, widget_id, _LIVE, within(company_ids, widget)))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, widget, values)


async def change(conn: AsyncConnection, widget_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, widget, widget_id, values)


async def archive(conn: AsyncConnection, widget_id: str) -> Row:
    return await rows.archive(conn, widget, widget_id)
