"""Which visitors asked the FAQ before they came to an agent, and what came of it?

What they asked is not kept here; what had no answer goes to the editors as everywhere (app/store/faq_search.py).
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.scope import within
from app.store.tables import faq_ask, queue
from app.store.tables_faq import ASKED_TIMES_MAX

ASKS_MAX = 100_000  # in one answer


async def ask(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Who asks again is counted once, at the instant they asked first."""
    new = insert(faq_ask).values(**values)
    again = new.on_conflict_do_update(
        index_elements=["id"],
        set_={
            "times": func.least(faq_ask.c.times + 1, ASKED_TIMES_MAX),
            "found": faq_ask.c.found | new.excluded.found,
        },
    )
    await conn.execute(again)


async def helped(conn: AsyncConnection, ask_id: str, company_id: str) -> bool:
    """False: they asked nothing, or nothing was found."""
    mine = faq_ask.c.id == ask_id, faq_ask.c.company_id == company_id, faq_ask.c.found
    done = await conn.execute(update(faq_ask).where(*mine).values(helped=True))
    return bool(done.rowcount)


async def went_on(conn: AsyncConnection, ask_id: str, company_id: str, contact_id: str) -> None:
    """They came to an agent after all, whatever they said before."""
    mine = faq_ask.c.id == ask_id, faq_ask.c.company_id == company_id
    await conn.execute(update(faq_ask).where(*mine).values(contact_id=contact_id))


class AskRow(NamedTuple):
    queue_id: str
    asked_us: int
    found: bool
    helped: bool
    reached_agent: bool


async def of_queues(
    conn: AsyncConnection, queue_ids: Collection[str], from_us: int, to_us: int, limit: int = ASKS_MAX
) -> list[AskRow]:
    """Those who asked first in [from, to). More than `limit` rows: the interval is too long to be answered at once."""
    of = faq_ask.c
    wanted = select(of.queue_id, of.asked_at, of.found, of.helped, of.contact_id.is_not(None))
    wanted = wanted.where(of.queue_id.in_(list(queue_ids)), of.asked_at >= from_us, of.asked_at < to_us)
    return [AskRow(*row) for row in await conn.execute(wanted.limit(limit + 1))]


async def queues_of(conn: AsyncConnection, company_ids: Collection[str] | None) -> list[str]:
    """Also those that are there no more: what was asked for them stays counted."""
    wanted = select(queue.c.id).where(within(company_ids, queue))
    return list((await conn.execute(wanted)).scalars())
