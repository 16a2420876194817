"""How do queries read and write single rows? A noun's file says what is asked; here is how it is carried out."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

Row = dict[str, Any]


async def first(conn: AsyncConnection, statement: Executable) -> Row | None:
    found = (await conn.execute(statement)).mappings().first()
    return None if found is None else dict(found)


async def only(conn: AsyncConnection, statement: Executable) -> Row:
    return dict((await conn.execute(statement)).mappings().one())


async def every(conn: AsyncConnection, statement: Executable) -> list[Row]:
    return [dict(found) for found in (await conn.execute(statement)).mappings()]


def page(table: Table, after: str | None, limit: int, *where: ColumnElement[bool]) -> Select[Any]:
    """In the order of birth, for ids hold their time. One row more than `limit` says that there is a next page."""
    beyond = () if after is None else (table.c.id > after,)
    return select(table).where(*where, *beyond).order_by(table.c.id).limit(limit + 1)


def locked(table: Table, row_id: str, *where: ColumnElement[bool]) -> Select[Any]:
    """For a change that must not overtake another. FOR NO KEY UPDATE: the turn's foreign keys do not wait for it."""
    return select(table).where(table.c.id == row_id, *where).with_for_update(key_share=True)


async def add(conn: AsyncConnection, table: Table, values: Mapping[str, Any]) -> Row:
    return await only(conn, insert(table).values(**values).returning(table))


async def change(conn: AsyncConnection, table: Table, row_id: str, values: Mapping[str, Any]) -> Row:
    """Raises its version; whoever calls has locked the row and compared the version."""
    raised = update(table).where(table.c.id == row_id).values(**values, version=table.c.version + 1)
    return await only(conn, raised.returning(table))


async def archive(conn: AsyncConnection, table: Table, row_id: str) -> Row:
    """Out of sight, while what points to it still finds it."""
    return await change(conn, table, row_id, {"archived_at": func.clock_timestamp()})
