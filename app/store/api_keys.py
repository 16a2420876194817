"""Which programs may come in? A key is shown once and known by its hash."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import api_key

USED_EVERY_S = 60  # how often a key's last use is written


async def page(conn: AsyncConnection, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(api_key, after, limit, api_key.c.revoked_at.is_(None)))


async def live(conn: AsyncConnection, key_hash: bytes) -> Row | None:
    stale = or_(
        api_key.c.used_at.is_(None), api_key.c.used_at < func.clock_timestamp() - text(f"interval '{USED_EVERY_S} s'")
    )
    wanted = select(api_key.c.id, api_key.c.role, api_key.c.company_ids, stale.label("is_old")).where(
        api_key.c.hash == key_hash,
        api_key.c.revoked_at.is_(None),
        or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > func.clock_timestamp()),
    )
    return await rows.first(conn, wanted)


async def live_among(conn: AsyncConnection, key_ids: Collection[str]) -> set[str]:
    wanted = select(api_key.c.id).where(
        api_key.c.id.in_(key_ids),
        api_key.c.revoked_at.is_(None),
        or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > func.clock_timestamp()),
    )
    return set((await conn.execute(wanted)).scalars()) if key_ids else set()


async def used(conn: AsyncConnection, key_id: str) -> None:
    await conn.execute(update(api_key).where(api_key.c.id == key_id).values(used_at=func.clock_timestamp()))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, api_key, values)


async def revoke(conn: AsyncConnection, key_id: str) -> Row | None:
    gone = update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
    return await rows.first(conn, gone.values(revoked_at=func.clock_timestamp()).returning(api_key))
