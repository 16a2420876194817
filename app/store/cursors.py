"""How far has a reader of the log come, and what comes next? Webhooks out, mails and statistics each keep a number."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import event, log_cursor

EVENTS_MAX = 2_000  # of one reading


async def position(conn: AsyncConnection, reader: str, domain_id: int) -> int:
    """0: has read nothing yet."""
    known = log_cursor.c.reader == reader, log_cursor.c.domain_id == domain_id
    return int((await conn.execute(select(log_cursor.c.seq).where(*known))).scalar() or 0)


async def advance(conn: AsyncConnection, reader: str, domain_id: int, seq: int) -> None:
    """In the transaction of what was done with the events; never back."""
    row = insert(log_cursor).values(reader=reader, domain_id=domain_id, seq=seq)
    ahead = row.on_conflict_do_update(
        index_elements=["reader", "domain_id"],
        set_={"seq": row.excluded.seq},
        where=log_cursor.c.seq < row.excluded.seq,
    )
    await conn.execute(ahead)


async def events_after(conn: AsyncConnection, domain_id: int, seq: int, events_max: int = EVENTS_MAX) -> list[Row]:
    """In their order, without a gap."""
    later = select(event).where(event.c.domain_id == domain_id, event.c.seq > seq)
    return await rows.every(conn, later.order_by(event.c.seq).limit(min(events_max, EVENTS_MAX)))
