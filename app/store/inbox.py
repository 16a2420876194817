"""What came in while nobody could take it? Kept as it came, handed over later with the id it came with."""

from dataclasses import dataclass

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import inbox

TAKEN_AGAIN_AFTER = "30 s"  # whoever took it died before it was done
TRIES_MAX = 20


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    source: str
    delivery_id: str
    body: bytes


async def put_delivery(conn: AsyncConnection, row_id: str, source: str, delivery_id: str, body: bytes) -> None:
    """A repeated delivery is the same row."""
    row = insert(inbox).values(
        id=row_id, source=source, delivery_id=delivery_id, kind="telephony", body={"raw": body.decode()}
    )
    await conn.execute(row.on_conflict_do_nothing(index_elements=["source", "delivery_id"]))


async def take(conn: AsyncConnection, limit: int) -> list[Delivery]:
    """Waiting ones, oldest first; nobody else gets them meanwhile."""
    free = (inbox.c.state == "waiting") | (
        (inbox.c.state == "taken")
        & (inbox.c.taken_at < func.clock_timestamp() - text(f"interval '{TAKEN_AGAIN_AFTER}'"))
    )
    oldest = (
        select(inbox.c.id)
        .where(free, inbox.c.tries < TRIES_MAX)
        .order_by(inbox.c.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(inbox)
        .where(inbox.c.id.in_(oldest))
        .values(state="taken", taken_at=func.clock_timestamp(), tries=inbox.c.tries + 1)
        .returning(inbox.c.id, inbox.c.source, inbox.c.delivery_id, inbox.c.body, inbox.c.received_at)
    )
    rows = sorted((await conn.execute(taken)).all(), key=lambda row: row.received_at)
    return [Delivery(row.id, row.source, row.delivery_id, str(row.body["raw"]).encode()) for row in rows if row.body]


async def done(conn: AsyncConnection, row_id: str) -> None:
    """The body is not kept longer than it is needed."""
    await conn.execute(update(inbox).where(inbox.c.id == row_id).values(state="done", body=None))
