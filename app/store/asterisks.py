"""Which Asterisks do we control, and with which sealed passwords?"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import agent, asterisk, contact

_LIVE = asterisk.c.archived_at.is_(None)
CONNECTED_MAX = 100


async def page(conn: AsyncConnection, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(asterisk, after, limit, _LIVE))


async def every(conn: AsyncConnection) -> list[Row]:
    """All that are to be connected, the oldest first, at most CONNECTED_MAX."""
    return await rows.every(conn, select(asterisk).where(_LIVE).order_by(asterisk.c.id).limit(CONNECTED_MAX))


async def sip_sockets(conn: AsyncConnection) -> list[str]:
    """Where browsers reach a live one, the oldest first."""
    has_one = asterisk.c.sip_socket.is_not(None)
    wanted = select(asterisk.c.sip_socket).where(_LIVE, has_one).order_by(asterisk.c.id).limit(CONNECTED_MAX)
    return list((await conn.execute(wanted)).scalars())


async def read(conn: AsyncConnection, asterisk_id: str) -> Row | None:
    return await rows.first(conn, select(asterisk).where(asterisk.c.id == asterisk_id, _LIVE))


async def lock(conn: AsyncConnection, asterisk_id: str) -> Row | None:
    return await rows.first(conn, rows.locked(asterisk, asterisk_id, _LIVE))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, asterisk, values)


async def change(conn: AsyncConnection, asterisk_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, asterisk, asterisk_id, values)


async def archive(conn: AsyncConnection, asterisk_id: str) -> Row:
    return await rows.archive(conn, asterisk, asterisk_id)


async def called(conn: AsyncConnection, contact_id: str) -> tuple[str, str] | None:
    """(number that is called, number of ours that it sees) of a contact of ours; None: there is none any more."""
    wanted = select(contact.c.collected["from"].astext, contact.c.number).where(
        contact.c.id == contact_id, contact.c.direction == "out"
    )
    row = (await conn.execute(wanted)).first()
    return None if row is None or row[0] is None else (str(row[0]), str(row[1] or ""))


async def agents_by_phone(conn: AsyncConnection) -> dict[str, str]:
    """Phone address -> agent. Of two with one phone it is the one who came last."""
    wanted = (
        select(agent.c.phone_address, agent.c.id)
        .where(agent.c.phone_address.is_not(None), agent.c.archived_at.is_(None))
        .order_by(agent.c.id)
    )
    return {address: str(agent_id) for address, agent_id in (await conn.execute(wanted)).all()}
