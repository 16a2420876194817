"""What came in while nobody could take it? Kept as it came until it was handed over, under the id it came with.

Handing over may happen twice (a process dies in between), and the sender may send it again: the id makes that harmless.
"""

from dataclasses import dataclass

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import inbox

TAKEN_AGAIN_AFTER = text("interval '30 s'")  # whoever took it died before it was done
TRIES_MAX = 1_000  # then it is left for people: state 'refused'


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    source: str  # 'telephony:<provider id>'
    delivery_id: str
    body: bytes
    tries: int


async def put_delivery(conn: AsyncConnection, row_id: str, source: str, delivery_id: str, body: bytes) -> None:
    """A repeat of one that still waits changes nothing."""
    row = insert(inbox).values(id=row_id, source=source, delivery_id=delivery_id, kind="telephony", body=body)
    await conn.execute(row.on_conflict_do_nothing(index_elements=["source", "delivery_id"]))


async def take(conn: AsyncConnection, rows_max: int) -> list[Delivery]:
    """The oldest that nobody is handing over just now; `done` is told of each one that was."""
    left_lying = inbox.c.taken_at < func.clock_timestamp() - TAKEN_AGAIN_AFTER
    oldest = (
        select(inbox.c.id)
        .where((inbox.c.state == "waiting") | ((inbox.c.state == "taken") & left_lying))
        .order_by(inbox.c.received_at)
        .limit(rows_max)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(inbox)
        .where(inbox.c.id.in_(oldest))
        .values(
            state=text(f"CASE WHEN tries < {TRIES_MAX} THEN 'taken' ELSE 'refused' END"),
            taken_at=func.clock_timestamp(),
            tries=inbox.c.tries + 1,
        )
        .returning(inbox.c.id, inbox.c.source, inbox.c.delivery_id, inbox.c.body, inbox.c.tries, inbox.c.received_at)
    )
    rows = sorted((await conn.execute(taken)).all(), key=lambda row: row.received_at)
    return [Delivery(row.id, row.source, row.delivery_id, row.body, row.tries) for row in rows if row.body is not None]


async def take_back(conn: AsyncConnection) -> None:
    """For a new writer: whoever was handing these over did it for the last one."""
    await conn.execute(update(inbox).where(inbox.c.state == "taken").values(state="waiting"))


async def done(conn: AsyncConnection, row_id: str) -> None:
    """Its answer is stored with its command; what it said is not kept twice."""
    await conn.execute(delete(inbox).where(inbox.c.id == row_id))
