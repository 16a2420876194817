"""Can the database serve, who decides, and how much is going on?"""

from functools import cache

from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.migrate import head
from app.store.tables import agent_state, contact, stay, writer_beat


@cache
def wanted_revision() -> str:
    return head()


async def revision(conn: AsyncConnection) -> str | None:
    try:
        return (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    except ProgrammingError:  # nothing has ever been migrated here
        await conn.rollback()
        return None


async def beat_age_s(conn: AsyncConnection, domain_id: int = 1) -> float | None:
    """None: no writer, or it has handed over."""
    age = select(func.extract("epoch", func.clock_timestamp() - writer_beat.c.renewed_at)).where(
        writer_beat.c.domain_id == domain_id, writer_beat.c.renewed_at > text("'-infinity'::timestamptz")
    )
    found = (await conn.execute(age)).scalar()
    return None if found is None else float(found)


async def waiting(conn: AsyncConnection, queues_max: int) -> list[tuple[str, int, int]]:
    """(queue id, waiting stays, begin of the oldest in microseconds)."""
    counted = (
        select(stay.c.queue_id, func.count(), func.min(stay.c.queued_at))
        .where(stay.c.ended_at.is_(None))
        .group_by(stay.c.queue_id)
        .limit(queues_max)
    )
    return [(queue_id, count, oldest_us) for queue_id, count, oldest_us in await conn.execute(counted)]


async def agents_by_choice(conn: AsyncConnection) -> dict[str, int]:
    counted = select(agent_state.c.chosen, func.count()).group_by(agent_state.c.chosen)
    return dict((await conn.execute(counted)).all())


async def open_contacts(conn: AsyncConnection) -> int:
    counted = select(func.count()).select_from(contact).where(contact.c.state == "open")
    return int((await conn.execute(counted)).scalar_one())
