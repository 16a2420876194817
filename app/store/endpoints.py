"""Which endpoints may a company's flows ask, and by which name?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import flow_endpoint

_LIVE = flow_endpoint.c.archived_at.is_(None)


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(flow_endpoint, after, limit, _LIVE, within(company_ids, flow_endpoint)))


async def read(conn: AsyncConnection, endpoint_id: str, company_ids: Collection[str] | None) -> Row | None:
    wanted = select(flow_endpoint).where(flow_endpoint.c.id == endpoint_id, _LIVE, within(company_ids, flow_endpoint))
    return await rows.first(conn, wanted)


async def named(conn: AsyncConnection, company_id: str, name: str) -> Row | None:
    """As a flow of the company calls it."""
    wanted = select(flow_endpoint).where(flow_endpoint.c.company_id == company_id, flow_endpoint.c.name == name, _LIVE)
    return await rows.first(conn, wanted)


async def lock(conn: AsyncConnection, endpoint_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(flow_endpoint, endpoint_id, _LIVE, within(company_ids, flow_endpoint)))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, flow_endpoint, values)


async def change(conn: AsyncConnection, endpoint_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, flow_endpoint, endpoint_id, values)


async def archive(conn: AsyncConnection, endpoint_id: str) -> Row:
    """With its secrets."""
    await rows.change(conn, flow_endpoint, endpoint_id, {"sealed": "", "sealed_before": None})
    return await rows.archive(conn, flow_endpoint, endpoint_id)
