"""What work waits for its time?"""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import contact


async def planned(
    conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int
) -> list[Row]:
    """Open, and not begun."""
    time = contact.c.ivr["task"]["again_us"]
    where = (within(company_ids, contact), contact.c.state == "open", contact.c.channel == "task", time.is_not(None))
    return await rows.every(conn, rows.page(contact, after, limit, *where))
