"""Whose mails wait in no queue, and which of them are kept?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import mail, spam_sender

RELEASED_MAX = 200  # mails at once, the oldest; others stay kept until the sender is marked and unmarked again


def _kept(address: Any) -> ColumnElement[bool]:
    """What came from there and is part of no contact."""
    came = and_(mail.c.direction == "in", mail.c.kind == "message", mail.c.state == "delivered")
    return and_(mail.c.company_id == spam_sender.c.company_id, mail.c.from_address == address, came)


async def is_sender(conn: AsyncConnection, company_id: str, address: str) -> bool:
    theirs = exists().where(spam_sender.c.company_id == company_id, spam_sender.c.address == address)
    return bool((await conn.execute(select(theirs))).scalar())


async def still_is(conn: AsyncConnection, company_id: str, address: str) -> bool:
    """And until this transaction is over: whoever unmarks them afterwards finds what was kept."""
    theirs = select(spam_sender.c.id).where(spam_sender.c.company_id == company_id, spam_sender.c.address == address)
    return (await conn.execute(theirs.with_for_update(read=True))).first() is not None


async def mark(conn: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """False: they are marked already."""
    made = insert(spam_sender).values(**values).on_conflict_do_nothing(index_elements=["company_id", "address"])
    return (await conn.execute(made.returning(spam_sender.c.id))).first() is not None


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    """With `kept`: how many mails of theirs wait in no queue."""
    kept = select(func.count()).where(_kept(spam_sender.c.address), mail.c.contact_id.is_(None)).scalar_subquery()
    wanted = select(spam_sender, kept.label("kept")).where(within(company_ids, spam_sender))
    if after is not None:
        wanted = wanted.where(spam_sender.c.id > after)
    return await rows.every(conn, wanted.order_by(spam_sender.c.id).limit(limit + 1))


async def lock(conn: AsyncConnection, spam_sender_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(spam_sender, spam_sender_id, within(company_ids, spam_sender)))


async def unmark(conn: AsyncConnection, spam_sender_id: str) -> None:
    await conn.execute(delete(spam_sender).where(spam_sender.c.id == spam_sender_id))


async def kept(conn: AsyncConnection, company_id: str, address: str) -> list[Row]:
    """The oldest first."""
    wanted = select(mail).where(
        mail.c.company_id == company_id,
        mail.c.from_address == address,
        mail.c.direction == "in",
        mail.c.kind == "message",
        mail.c.state == "delivered",
        mail.c.contact_id.is_(None),
    )
    return await rows.every(conn, wanted.order_by(mail.c.id).limit(RELEASED_MAX))
