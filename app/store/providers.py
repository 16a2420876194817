"""Which telephone providers are connected, and with which sealed secrets?"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import provider_secret, telephony_provider

SecretDirection = Literal["in", "out"]


async def page(conn: AsyncConnection, after: str | None, limit: int) -> list[Row]:
    live = telephony_provider.c.archived_at.is_(None)
    return await rows.every(conn, rows.page(telephony_provider, after, limit, live))


async def read(conn: AsyncConnection, provider_id: str) -> Row | None:
    wanted = select(telephony_provider).where(
        telephony_provider.c.id == provider_id, telephony_provider.c.archived_at.is_(None)
    )
    return await rows.first(conn, wanted)


async def lock(conn: AsyncConnection, provider_id: str) -> Row | None:
    live = telephony_provider.c.archived_at.is_(None)
    return await rows.first(conn, rows.locked(telephony_provider, provider_id, live))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, telephony_provider, values)


async def change(conn: AsyncConnection, provider_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, telephony_provider, provider_id, values)


async def archive(conn: AsyncConnection, provider_id: str) -> Row:
    await conn.execute(delete(provider_secret).where(provider_secret.c.provider_id == provider_id))
    return await rows.archive(conn, telephony_provider, provider_id)


async def secrets(conn: AsyncConnection, provider_id: str) -> dict[SecretDirection, list[str]]:
    """Sealed, by direction; slot 1 is the newest."""
    wanted = (
        select(provider_secret.c.direction, provider_secret.c.sealed)
        .where(provider_secret.c.provider_id == provider_id)
        .order_by(provider_secret.c.slot)
    )
    found: dict[SecretDirection, list[str]] = {"in": [], "out": []}
    for direction, sealed in await conn.execute(wanted):
        found[direction].append(sealed)
    return found


async def keep_secrets(
    conn: AsyncConnection, provider_id: str, direction: SecretDirection, sealed: Sequence[str]
) -> None:
    """Replaces what this direction had."""
    await conn.execute(
        delete(provider_secret).where(
            provider_secret.c.provider_id == provider_id, provider_secret.c.direction == direction
        )
    )
    values = [
        {"provider_id": provider_id, "direction": direction, "slot": slot, "sealed": each}
        for slot, each in enumerate(sealed, 1)
    ]
    if values:
        await conn.execute(insert(provider_secret), values)
