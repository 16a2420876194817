"""Is there what a request names, and is it the asker's? Everything here raises Problem 404."""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.problems import not_found
from app.store import companies, queues
from app.store.rows import Row


def found(row: Row | None, kind: str) -> Row:
    """What the path names by `{kind}_id`."""
    if row is None:
        raise not_found(kind, f"/{kind}_id", "path")
    return row


async def require_company(conn: AsyncConnection, company_id: str) -> None:
    """Of a body."""
    if await companies.read(conn, company_id) is None:
        raise not_found("company", "/company_id")


async def require_queue(conn: AsyncConnection, queue_id: str | None, company_id: str) -> None:
    """Of a body, and of this company; None: none is named."""
    if queue_id is not None and not await queues.are_of(conn, [queue_id], company_id):
        raise not_found("queue", "/queue_id")
