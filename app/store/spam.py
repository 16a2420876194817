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

RELEASED_MAX = 200  # mails at once, the oldest; others stay kept until they are asked for again


_CAME = and_(mail.c.direction == "in", mail.c.kind == "message", mail.c.state == "delivered")


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
    theirs = and_(mail.c.company_id == spam_sender.c.company_id, mail.c.from_address == spam_sender.c.address)
    of_none = select(func.count()).where(theirs, _CAME, mail.c.contact_id.is_(None)).scalar_subquery()
    wanted = select(spam_sender, of_none.label("kept")).where(within(company_ids, spam_sender))
    if after is not None:
        wanted = wanted.where(spam_sender.c.id > after)
    return await rows.every(conn, wanted.order_by(spam_sender.c.id).limit(limit + 1))


async def read(conn: AsyncConnection, spam_sender_id: str, company_ids: Collection[str] | None) -> Row | None:
    wanted = select(spam_sender).where(spam_sender.c.id == spam_sender_id, within(company_ids, spam_sender))
    return await rows.first(conn, wanted)


async def lock(conn: AsyncConnection, spam_sender_id: str) -> None:
    """Whoever is storing a mail of theirs has stored it, or sees what becomes of the row."""
    await conn.execute(rows.locked(spam_sender, spam_sender_id))


async def unmark(conn: AsyncConnection, spam_sender_id: str) -> None:
    await conn.execute(delete(spam_sender).where(spam_sender.c.id == spam_sender_id))


def _kept_of(company_id: str, address: str) -> ColumnElement[bool]:
    theirs = and_(mail.c.company_id == company_id, mail.c.from_address == address)
    return and_(theirs, _CAME, mail.c.contact_id.is_(None))


async def kept(conn: AsyncConnection, company_id: str, address: str) -> list[Row]:
    """The oldest first."""
    wanted = select(mail).where(_kept_of(company_id, address))
    return await rows.every(conn, wanted.order_by(mail.c.id).limit(RELEASED_MAX))


async def count_kept(conn: AsyncConnection, company_id: str, address: str) -> int:
    wanted = select(func.count()).select_from(mail).where(_kept_of(company_id, address))
    return int((await conn.execute(wanted)).scalar_one())
