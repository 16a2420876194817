"""What is said again and again in a company, and what does a contact fill into it?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import app_user, canned_answer, company, contact, customer, queue, stay

FOUND_MAX = 20


async def page(
    conn: AsyncConnection,
    company_ids: Collection[str] | None,
    after: str | None,
    limit: int,
    queue_id: str | None = None,
    language: str | None = None,
) -> list[Row]:
    wanted: list[ColumnElement[bool]] = [within(company_ids, canned_answer)]
    if queue_id is not None:
        wanted.append(canned_answer.c.queue_id == queue_id)
    if language is not None:
        wanted.append(canned_answer.c.language == language)
    return await rows.every(conn, rows.page(canned_answer, after, limit, *wanted))


async def read(conn: AsyncConnection, canned_answer_id: str, company_ids: Collection[str] | None) -> Row | None:
    wanted = select(canned_answer).where(canned_answer.c.id == canned_answer_id, within(company_ids, canned_answer))
    return await rows.first(conn, wanted)


async def lock(conn: AsyncConnection, canned_answer_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(canned_answer, canned_answer_id, within(company_ids, canned_answer)))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, canned_answer, values)


async def change(conn: AsyncConnection, canned_answer_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, canned_answer, canned_answer_id, values)


async def remove(conn: AsyncConnection, canned_answer_id: str) -> None:
    await conn.execute(delete(canned_answer).where(canned_answer.c.id == canned_answer_id))


async def find(
    conn: AsyncConnection, company_id: str, queue_id: str | None, language: str | None, text: str
) -> list[Row]:
    """For this queue or for all; names that begin so first, then names and then texts that hold it."""
    sought = text.lower()
    in_name = func.strpos(func.lower(canned_answer.c.name), sought)
    in_text = func.strpos(func.lower(canned_answer.c.text), sought)
    wanted = select(canned_answer).where(
        canned_answer.c.company_id == company_id,
        or_(canned_answer.c.queue_id.is_(None), canned_answer.c.queue_id == queue_id),
        or_(in_name > 0, in_text > 0),
    )
    if language is not None:
        wanted = wanted.where(or_(canned_answer.c.language.is_(None), canned_answer.c.language == language))
    rank = case((in_name == 1, 0), (in_name > 0, 1), else_=2)
    ordered = wanted.order_by(rank, canned_answer.c.queue_id.is_(None), canned_answer.c.name, canned_answer.c.id)
    return await rows.every(conn, ordered.limit(FOUND_MAX))


async def about(conn: AsyncConnection, contact_id: str) -> Row:
    """{"queue_id", "queue", "company", "company_id", "customer", "said", "language"}; `said`: what they call
    themselves."""
    last = (
        select(stay.c.queue_id)
        .where(stay.c.contact_id == contact_id)
        .order_by(stay.c.queued_at.desc(), stay.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = (
        select(
            queue.c.id.label("queue_id"),
            queue.c.name.label("queue"),
            company.c.id.label("company_id"),
            company.c.name.label("company"),
            customer.c.name.label("customer"),
            customer.c.language,
            contact.c.collected["name"].astext.label("said"),
        )
        .select_from(contact)
        .join(company, company.c.id == contact.c.company_id)
        .outerjoin(queue, queue.c.id == last)
        .outerjoin(customer, customer.c.id == contact.c.customer_id)
        .where(contact.c.id == contact_id)
    )
    return await rows.only(conn, wanted)


async def name_of(conn: AsyncConnection, user_id: str) -> str:
    return str((await conn.execute(select(app_user.c.name).where(app_user.c.id == user_id))).scalar() or "")
