"""What became of a contact: its stays, segments, legs, and what the log says of it?"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import command, contact, customer, decision, event, leg, queue, segment, segment_result, stay

EVENTS_MAX = 1000
PARTS_MAX = 500  # stays, segments, legs of one contact


async def page(
    conn: AsyncConnection,
    company_ids: Collection[str] | None,
    before: str | None,
    limit: int,
    state: str | None = None,
    customer_id: str | None = None,
) -> list[Row]:
    """The newest first: ids hold the time of birth."""
    where: list[ColumnElement[bool]] = [within(company_ids, contact)]
    if before is not None:
        where.append(contact.c.id < before)
    if state is not None:
        where.append(contact.c.state == state)
    if customer_id is not None:
        where.append(contact.c.customer_id == customer_id)
    return await rows.every(conn, select(contact).where(*where).order_by(contact.c.id.desc()).limit(limit + 1))


async def read(conn: AsyncConnection, contact_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, select(contact).where(contact.c.id == contact_id, within(company_ids, contact)))


async def stays(conn: AsyncConnection, contact_id: str) -> list[Row]:
    wanted = (
        select(stay, queue.c.name.label("queue"))
        .join(queue, queue.c.id == stay.c.queue_id)
        .where(stay.c.contact_id == contact_id)
        .order_by(stay.c.queued_at, stay.c.id)
    )
    return await rows.every(conn, wanted.limit(PARTS_MAX))


async def segments(conn: AsyncConnection, contact_id: str) -> list[Row]:
    wanted = (
        select(segment, segment_result.c.disposition_id, segment_result.c.note)
        .outerjoin(segment_result, segment_result.c.segment_id == segment.c.id)
        .where(segment.c.contact_id == contact_id)
        .order_by(segment.c.offered_at, segment.c.id)
    )
    return await rows.every(conn, wanted.limit(PARTS_MAX))


async def legs(conn: AsyncConnection, contact_id: str) -> list[Row]:
    return await rows.every(conn, select(leg).where(leg.c.contact_id == contact_id).order_by(leg.c.id).limit(PARTS_MAX))


async def events(conn: AsyncConnection, contact_id: str, domain_id: int) -> list[Row]:
    wanted = select(event).where(event.c.contact_id == contact_id, event.c.domain_id == domain_id)
    return await rows.every(conn, wanted.order_by(event.c.seq).limit(EVENTS_MAX))


async def decisions(conn: AsyncConnection, contact_id: str, domain_id: int) -> list[Row]:
    """Offers and why they were made, oldest first. No `explanation`: a person's decision, or older than 90 days."""
    same_turn = and_(*(decision.c[name] == event.c[name] for name in ("domain_id", "seq", "recorded_at")))
    wanted = (
        select(event, decision.c.data.label("explanation"))
        .outerjoin(decision, same_turn)
        .where(event.c.contact_id == contact_id, event.c.domain_id == domain_id, event.c.kind == "segment.offered")
    )
    return await rows.every(conn, wanted.order_by(event.c.seq).limit(EVENTS_MAX))


async def is_customer(conn: AsyncConnection, customer_id: str, company_ids: Collection[str] | None) -> bool:
    wanted = select(customer.c.id).where(customer.c.id == customer_id, within(company_ids, customer))
    return (await conn.execute(wanted)).first() is not None


async def same_try_that_is_over(conn: AsyncConnection, company_id: str, source: str, source_id: str) -> str | None:
    """The id of its contact. The writer knows the open ones itself."""
    wanted = select(contact.c.id).where(
        contact.c.company_id == company_id,
        contact.c.source == source,
        contact.c.source_id == source_id,
        contact.c.state == "closed",
    )
    found = (await conn.execute(wanted)).scalar()
    return None if found is None else str(found)


async def stored_answer(conn: AsyncConnection, principal: str, command_id: str) -> Row | None:
    """What a command was answered: {"body_hash", "reply"}."""
    return await rows.first(
        conn,
        select(command.c.body_hash, command.c.reply).where(
            command.c.principal == principal, command.c.id == command_id
        ),
    )
