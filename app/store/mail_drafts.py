"""What does an agent write to a customer and has not sent, with which files?"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.mails import hangs_on_none
from app.store.rows import Row
from app.store.tables import blob, mail_draft, mail_draft_file


async def read(conn: AsyncConnection, contact_id: str, agent_id: str) -> Row | None:
    return await rows.first(
        conn, select(mail_draft).where(mail_draft.c.contact_id == contact_id, mail_draft.c.agent_id == agent_id)
    )


async def keep(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """The last one who writes it has the last word."""
    kept = insert(mail_draft).values(**values)
    names = ("recipients", "subject", "text", "quotes", "forwards_id")
    fresh = {name: kept.excluded[name] for name in names}
    await conn.execute(
        kept.on_conflict_do_update(
            index_elements=["contact_id", "agent_id"], set_={**fresh, "changed_at": func.clock_timestamp()}
        )
    )


async def files(conn: AsyncConnection, contact_id: str, agent_id: str) -> list[Row]:
    """The blobs' rows."""
    wanted = select(blob).join(mail_draft_file, mail_draft_file.c.blob_id == blob.c.id)
    mine = wanted.where(mail_draft_file.c.contact_id == contact_id, mail_draft_file.c.agent_id == agent_id)
    return await rows.every(conn, mine.order_by(blob.c.id))


async def add_file(conn: AsyncConnection, company_id: str, contact_id: str, agent_id: str, blob_id: str) -> None:
    values = {"company_id": company_id, "contact_id": contact_id, "agent_id": agent_id, "blob_id": blob_id}
    await conn.execute(insert(mail_draft_file).values(**values))


async def remove_file(conn: AsyncConnection, contact_id: str, agent_id: str, blob_id: str) -> bool:
    """False: there is no such file. It goes with the next sweep, unless a mail has it."""
    mine = delete(mail_draft_file).where(
        mail_draft_file.c.blob_id == blob_id,
        mail_draft_file.c.contact_id == contact_id,
        mail_draft_file.c.agent_id == agent_id,
    )
    if (await conn.execute(mine)).rowcount == 0:
        return False
    await _let_go(conn, blob.c.id == blob_id)
    return True


async def forget(conn: AsyncConnection, contact_id: str, agent_id: str) -> None:
    """It was sent or thrown away. What a mail has stays, the other files go with the next sweep."""
    mine = (mail_draft_file.c.contact_id == contact_id, mail_draft_file.c.agent_id == agent_id)
    await _let_go(conn, blob.c.id.in_(select(mail_draft_file.c.blob_id).where(*mine)))
    await conn.execute(delete(mail_draft_file).where(*mine))
    await conn.execute(
        delete(mail_draft).where(mail_draft.c.contact_id == contact_id, mail_draft.c.agent_id == agent_id)
    )


async def _let_go(conn: AsyncConnection, which: ColumnElement[bool]) -> None:
    await conn.execute(update(blob).where(which, hangs_on_none()).values(delete_after=func.clock_timestamp()))
