"""Which stays began in an interval, and what became of them? Rows for analytics/metrics.py."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select, true, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.instants import Instant
from app.store.scope import within
from app.store.tables import contact, event, segment, stay

STAYS_MAX = 100_000  # in one answer
WRITTEN = ("chat", "email", "fax", "message")


class StayRow(NamedTuple):
    queue_id: str
    queued_us: int
    ended_us: int | None
    end: Any
    connected_us: int | None
    talk_ended_us: int | None
    told: dict[str, int] | None


def _stays(queue_ids: Collection[str], from_us: int, to_us: int) -> Select[Any]:
    first = (
        select(segment.c.connected_at, segment.c.ended_at)
        .where(
            segment.c.contact_id == stay.c.contact_id,
            segment.c.stay_id == stay.c.id,
            segment.c.connected_at.is_not(None),  # the first one answered, whatever its role became later
        )
        .order_by(segment.c.connected_at)
        .limit(1)
        .lateral("first")
    )
    return (
        select(
            stay.c.queue_id,
            stay.c.queued_at,
            stay.c.ended_at,
            stay.c.end,
            first.c.connected_at,
            first.c.ended_at,
            stay.c.told,
        )
        .join(first, true(), isouter=True)
        .where(stay.c.queue_id.in_(queue_ids), stay.c.queued_at >= from_us, stay.c.queued_at < to_us)
        .limit(STAYS_MAX + 1)
    )


async def stays(conn: AsyncConnection, queue_ids: Collection[str], from_us: int, to_us: int) -> list[StayRow]:
    """Those queued in [from, to). More than STAYS_MAX rows: the interval is too long to be answered at once."""
    return [StayRow(*row) for row in await conn.execute(_stays(queue_ids, from_us, to_us))]


class SegmentRow(NamedTuple):
    queue_id: str
    contact_id: str
    role: Any
    connected_us: int
    ended_us: int
    done_us: int
    parked_us: int


def _segments(queue_ids: Collection[str], from_us: int, to_us: int) -> Select[Any]:
    columns = [segment.c[name] for name in ("contact_id", "role", "connected_at", "ended_at")]
    done_at = func.coalesce(segment.c.wrap_up_until, segment.c.ended_at)
    return (
        select(stay.c.queue_id, *columns, done_at, segment.c.parked_us)
        .join(stay, and_(stay.c.id == segment.c.stay_id, stay.c.contact_id == segment.c.contact_id))
        .where(
            stay.c.queue_id.in_(queue_ids),
            stay.c.queued_at >= from_us,
            stay.c.queued_at < to_us,
            segment.c.state == "done",
            segment.c.connected_at.is_not(None),
        )
        .limit(STAYS_MAX + 1)
    )


async def segments(conn: AsyncConnection, queue_ids: Collection[str], from_us: int, to_us: int) -> list[SegmentRow]:
    """Segments whose wrap-up is over, of stays queued in [from, to)."""
    return [SegmentRow(*row) for row in await conn.execute(_segments(queue_ids, from_us, to_us))]


class ReplyRow(NamedTuple):
    queue_id: str
    stay_id: str
    queued_us: int
    replied_us: int
    channel: Any


def _replies(queue_ids: Collection[str], from_us: int, to_us: int) -> Select[Any]:
    first = (
        select(func.min(event.c.at).label("at"))
        .where(event.c.kind == "contact.replied", event.c.stay_id == stay.c.id)
        .lateral("first")
    )
    return (
        select(stay.c.queue_id, stay.c.id, stay.c.queued_at, type_coerce(first.c.at, Instant), contact.c.channel)
        .join(contact, contact.c.id == stay.c.contact_id)
        .join(first, first.c.at.is_not(None))
        .where(
            stay.c.queue_id.in_(queue_ids),
            stay.c.queued_at >= from_us,
            stay.c.queued_at < to_us,
            contact.c.channel.in_(WRITTEN),
        )
        .limit(STAYS_MAX + 1)
    )


async def replies(conn: AsyncConnection, queue_ids: Collection[str], from_us: int, to_us: int) -> list[ReplyRow]:
    """The first by a person, to stays queued in [from, to)."""
    return [ReplyRow(*row) for row in await conn.execute(_replies(queue_ids, from_us, to_us))]


async def closed_hours(conn: AsyncConnection, company_ids: Collection[str] | None, from_us: int, to_us: int) -> int:
    """Contacts that came while no queue was open for them: they never waited, so they are in no stay."""
    counted = (
        select(func.count())
        .select_from(contact)
        .where(
            within(company_ids, contact),
            contact.c.outcome == "closed_hours",
            contact.c.arrived_at >= from_us,
            contact.c.arrived_at < to_us,
        )
    )
    return int((await conn.execute(counted)).scalar_one())
