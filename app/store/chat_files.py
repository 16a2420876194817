"""Which files were sent in a chat? The row is a message like any other, with a blob instead of a text."""

from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import blob, contact_message

FILES_MAX = 10  # of one chat
KIND = "chat"  # of their blobs, and the rule by which they go

_LOCK = text("SELECT 1 FROM chat WHERE contact_id = CAST(:contact_id AS uuid) FOR NO KEY UPDATE")


async def count(conn: AsyncConnection, contact_id: str) -> int:
    """Who stores one more waits for whoever counts."""
    await conn.execute(_LOCK, {"contact_id": contact_id})
    mine = contact_message.c.contact_id == contact_id, contact_message.c.blob_id.is_not(None)
    return int((await conn.execute(select(func.count()).where(*mine))).scalar_one())


async def said_before(conn: AsyncConnection, contact_id: str, sender: str, client_id: str) -> int | None:
    m = contact_message.c
    wanted = select(m.n).where(m.contact_id == contact_id, m.sender == sender, m.client_id == client_id)
    found: int | None = (await conn.execute(wanted)).scalar()
    return found


async def read(conn: AsyncConnection, contact_id: str, n: int) -> Row | None:
    """The blob of message `n`."""
    wanted = select(blob).join(contact_message, contact_message.c.blob_id == blob.c.id)
    return await rows.first(conn, wanted.where(contact_message.c.contact_id == contact_id, contact_message.c.n == n))


# Also of visitors whom nobody identified: once their chat is blank it has no visitor any more.
_OF_ERASED = text(
    """
    SELECT b.id FROM blob b JOIN chat ON chat.contact_id = b.contact_id
    WHERE chat.company_id = :company AND chat.widget_id IS NOT NULL AND chat.visitor_id IS NULL
      AND b.kind = 'chat' AND b.state <> 'erased' AND NOT b.legal_hold
    """
)


async def of_erased(conn: AsyncConnection, about: dict[str, Any]) -> list[str]:
    """Blobs of chats that are blank."""
    return [str(found) for found in (await conn.execute(_OF_ERASED, about)).scalars()]
