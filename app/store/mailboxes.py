"""Which mailboxes does a company have, with which sealed passwords, and up to where was each read?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import mailbox, mailbox_cursor

CONNECTED_MAX = 500

GRANT = ("oauth_token_url", "oauth_client_id", "oauth_scope", "oauth_secret_sealed", "oauth_refresh_sealed")
DKIM = ("dkim_selector", "dkim_sealed", "dkim_public")
NO_DKIM: Mapping[str, None] = dict.fromkeys(DKIM)
NO_GRANT: Mapping[str, None] = dict.fromkeys(GRANT)

_LIVE = mailbox.c.archived_at.is_(None)


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(mailbox, after, limit, _LIVE, within(company_ids, mailbox)))


async def every(conn: AsyncConnection) -> list[Row]:
    """All that are to be connected, the oldest first, at most CONNECTED_MAX."""
    return await rows.every(conn, select(mailbox).where(_LIVE).order_by(mailbox.c.id).limit(CONNECTED_MAX))


async def read(conn: AsyncConnection, mailbox_id: str, company_ids: Collection[str] | None) -> Row | None:
    wanted = select(mailbox).where(mailbox.c.id == mailbox_id, _LIVE, within(company_ids, mailbox))
    return await rows.first(conn, wanted)


async def read_also_archived(conn: AsyncConnection, mailbox_id: str) -> Row:
    """By which a mail came: that one is never deleted."""
    return await rows.only(conn, select(mailbox).where(mailbox.c.id == mailbox_id))


async def brought_to(conn: AsyncConnection, address: str) -> Row | None:
    """The mailbox of this address, if mail servers bring its mails."""
    wanted = select(mailbox).where(mailbox.c.address == address, mailbox.c.incoming == "lmtp", _LIVE)
    return await rows.first(conn, wanted)


async def lock(conn: AsyncConnection, mailbox_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(mailbox, mailbox_id, _LIVE, within(company_ids, mailbox)))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, mailbox, values)


async def change(conn: AsyncConnection, mailbox_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, mailbox, mailbox_id, values)


async def archive(conn: AsyncConnection, mailbox_id: str) -> Row:
    """With its password, or what stood for it."""
    await rows.change(conn, mailbox, mailbox_id, {"sealed": "", **NO_GRANT, **NO_DKIM})
    return await rows.archive(conn, mailbox, mailbox_id)


async def renew_grant(conn: AsyncConnection, mailbox_id: str, sealed: str) -> None:
    """The provider gave another refresh token. Its version stays: nobody has to connect anew."""
    mine = update(mailbox).where(mailbox.c.id == mailbox_id, mailbox.c.oauth_token_url.is_not(None))
    await conn.execute(mine.values(oauth_refresh_sealed=sealed))


async def addresses(conn: AsyncConnection, company_id: str) -> frozenset[str]:
    """By which the company itself writes."""
    wanted = select(mailbox.c.address).where(mailbox.c.company_id == company_id, _LIVE)
    return frozenset((await conn.execute(wanted)).scalars())


async def cursor(conn: AsyncConnection, mailbox_id: str) -> tuple[int, int]:
    """(UIDVALIDITY, last UID); zeros: nothing was read."""
    wanted = select(mailbox_cursor.c.uid_validity, mailbox_cursor.c.uid_last)
    row = (await conn.execute(wanted.where(mailbox_cursor.c.mailbox_id == mailbox_id))).first()
    return (0, 0) if row is None else (row[0], row[1])


async def move_cursor(conn: AsyncConnection, mailbox_id: str, uid_validity: int, uid_last: int) -> None:
    place = {"uid_validity": uid_validity, "uid_last": uid_last}
    put = insert(mailbox_cursor).values(mailbox_id=mailbox_id, **place)
    await conn.execute(put.on_conflict_do_update(index_elements=["mailbox_id"], set_=place))
