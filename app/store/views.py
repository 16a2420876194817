"""How has somebody arranged a page for themselves?"""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import view


async def read(conn: AsyncConnection, user_id: str, name: str) -> Row | None:
    return await rows.first(conn, select(view).where(view.c.user_id == user_id, view.c.name == name))


async def put(conn: AsyncConnection, user_id: str, name: str, value: Any, version: int) -> Row | None:
    """`version` 0: there is none yet. None: somebody else was faster."""
    if version == 0:
        new = insert(view).values(user_id=user_id, name=name, value=value).on_conflict_do_nothing()
        return await rows.first(conn, new.returning(view))
    changed = update(view).where(view.c.user_id == user_id, view.c.name == name, view.c.version == version)
    values = {"value": value, "version": version + 1, "changed_at": func.clock_timestamp()}
    return await rows.first(conn, changed.values(**values).returning(view))


async def count(conn: AsyncConnection, user_id: str) -> int:
    counted = select(func.count()).select_from(view).where(view.c.user_id == user_id)
    return int((await conn.execute(counted)).scalar_one())
