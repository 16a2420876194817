"""Which flows has a company, and what did each version of them say?"""

from collections.abc import Collection, Mapping
from typing import Any

import asyncpg
from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commands import FlowRef
from app.store import rows
from app.store.faults import told_apart
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import flow, flow_version


def _live(company_ids: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    return flow.c.archived_at.is_(None), within(company_ids, flow)


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(flow, after, limit, *_live(company_ids)))


async def read(conn: AsyncConnection, flow_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, select(flow).where(flow.c.id == flow_id, *_live(company_ids)))


async def lock(conn: AsyncConnection, flow_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(flow, flow_id, *_live(company_ids)))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, flow, values)


async def archive(conn: AsyncConnection, flow_id: str) -> Row:
    return await rows.archive(conn, flow, flow_id)


# --- versions ---------------------------------------------------------------------------------------------------------


async def versions(conn: AsyncConnection, flow_id: str, before: int | None, limit: int) -> list[Row]:
    """The newest first, without their texts."""
    columns = [column for column in flow_version.c if column.name != "text"]
    wanted = select(*columns).where(flow_version.c.flow_id == flow_id).order_by(flow_version.c.version.desc())
    if before is not None:
        wanted = wanted.where(flow_version.c.version < before)
    return await rows.every(conn, wanted.limit(limit + 1))


async def version(conn: AsyncConnection, flow_id: str, number: int) -> Row | None:
    wanted = select(flow_version).where(flow_version.c.flow_id == flow_id, flow_version.c.version == number)
    return await rows.first(conn, wanted)


async def texts(conn: asyncpg.Connection, refs: Collection[FlowRef]) -> dict[FlowRef, str]:
    """For the writer, on a connection of its own. Raises ConnectionLost."""
    with told_apart():
        found = await conn.fetch(
            """
            SELECT flow_id::text, version, text FROM flow_version
            JOIN unnest($1::uuid[], $2::int[]) AS wanted(flow_id, version) USING (flow_id, version)
            """,
            [ref.flow_id for ref in refs],
            [ref.version for ref in refs],
        )
    return {FlowRef(flow_id, number): text for flow_id, number, text in found}


async def newest_version(conn: AsyncConnection, flow_id: str) -> int:
    newest = select(func.coalesce(func.max(flow_version.c.version), 0)).where(flow_version.c.flow_id == flow_id)
    return int((await conn.execute(newest)).scalar_one())


async def add_version(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.only(conn, insert(flow_version).values(**values).returning(flow_version))


async def publish(conn: AsyncConnection, flow_id: str, number: int) -> Row:
    """This version is in force; the one before is retired. Whoever calls has locked the flow."""
    mine = flow_version.c.flow_id == flow_id
    await conn.execute(update(flow_version).where(mine, flow_version.c.state == "published").values(state="retired"))
    await conn.execute(update(flow_version).where(mine, flow_version.c.version == number).values(state="published"))
    return await rows.change(conn, flow, flow_id, {"current_version": number})
