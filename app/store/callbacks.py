"""Which callbacks are to be made, and how long do callers wait meanwhile?"""

from collections.abc import Collection

from sqlalchemy import BigInteger, ColumnElement, cast, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import company, contact, leg, queue, segment, stay
from contacts.records import WAITS_KEPT
from contacts.segment import OVER

PENDING_MAX = 20_000


def _is_callback() -> tuple[ColumnElement[bool], ...]:
    """Asked for by a customer, and not an agent's own call."""
    reach = contact.c.ivr["reach"]
    return contact.c.direction == "out", reach.is_not(None), reach["agent_id"].is_(None)


async def read(conn: AsyncConnection, contact_id: str, company_ids: Collection[str] | None = None) -> Row | None:
    """With its queue and company, and whether it is being made this moment."""
    is_with_somebody = exists().where(segment.c.contact_id == contact.c.id, segment.c.state.not_in(OVER))
    under_way = is_with_somebody | exists().where(leg.c.contact_id == contact.c.id, leg.c.state != "cleared")
    queue_id = contact.c.ivr["reach"]["queue_id"].astext
    wanted = (
        select(
            contact.c.id, contact.c.company_id, contact.c.state, contact.c.outcome, contact.c.ivr,
            contact.c.collected, queue.c.id.label("queue_id"), queue.c.name.label("queue"),
            company.c.name.label("company"), company.c.zone, under_way.label("under_way"),
        )
        .join(company, company.c.id == contact.c.company_id)
        .outerjoin(queue, queue.c.id == cast(queue_id, queue.c.id.type))
        .where(contact.c.id == contact_id, within(company_ids, contact), *_is_callback())
    )  # fmt: skip
    return await rows.first(conn, wanted)


async def wished_for(conn: AsyncConnection, queue_id: str, company_id: str) -> list[int]:
    """When those that wait for a time of theirs are to be made, in microseconds."""
    at_us = cast(contact.c.ivr["reach"]["again_us"].astext, BigInteger)
    wanted = select(at_us).where(
        contact.c.company_id == company_id, contact.c.state == "open", *_is_callback(),
        contact.c.ivr["reach"]["queue_id"].astext == queue_id, at_us.is_not(None),
    )  # fmt: skip
    return [int(each) for each in (await conn.execute(wanted.limit(PENDING_MAX))).scalars()]


async def last_waits(conn: AsyncConnection, queue_id: str) -> list[tuple[int, bool]]:
    """(microseconds, whether an agent came) of the last that ended, oldest first."""
    wanted = (
        select(stay.c.queued_at, stay.c.ended_at, stay.c.end)
        .where(
            stay.c.queue_id == queue_id,
            stay.c.ended_at.is_not(None),
            stay.c.end.not_in(("dialled", "internal", "cleared")),
        )
        .order_by(stay.c.queued_at.desc())
        .limit(WAITS_KEPT)
    )
    found = (await conn.execute(wanted)).all()
    return [(ended_us - queued_us, end == "answered") for queued_us, ended_us, end in reversed(found)]
