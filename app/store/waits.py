"""Who waits in a queue, how many could serve them, and how long did the last wait?"""

from typing import NamedTuple

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.callbacks import last_waits as last
from app.store.tables import agent, agent_state, queue, role_grant, stay

STANDING_MAX = 10_000

__all__ = ["Waiting", "last", "one", "ready_agents", "standing"]


class Waiting(NamedTuple):
    """In the order of their places: these come first."""

    place_us: int
    queued_us: int
    contact_id: str
    limit_us: int  # when the queue's recipe does something for them for sure


_IN_ORDER = (stay.c.place_us, stay.c.queued_at, stay.c.contact_id)
_WAITING = select(*_IN_ORDER, stay.c.limit_at).where(stay.c.ended_at.is_(None))


async def standing(conn: AsyncConnection, queue_id: str) -> list[Waiting]:
    """In the order of their places."""
    ordered = _WAITING.where(stay.c.queue_id == queue_id).order_by(*_IN_ORDER).limit(STANDING_MAX)
    return [Waiting(*row) for row in await conn.execute(ordered)]


async def one(conn: AsyncConnection, queue_id: str, contact_id: str) -> Waiting | None:
    """None: they do not wait there."""
    theirs = _WAITING.where(stay.c.queue_id == queue_id, stay.c.contact_id == contact_id)
    row = (await conn.execute(theirs)).first()
    return None if row is None else Waiting(*row)


async def ready_agents(conn: AsyncConnection, queue_id: str) -> int:
    """Who could serve the queue's company at a desk now, free or not."""
    company_id = select(queue.c.company_id).where(queue.c.id == queue_id).scalar_subquery()
    theirs = or_(role_grant.c.company_id.is_(None), role_grant.c.company_id == company_id)
    may = exists().where(role_grant.c.user_id == agent.c.user_id, role_grant.c.role == "agent", theirs)
    wanted = select(func.count()).select_from(agent_state.join(agent, agent.c.id == agent_state.c.agent_id))
    wanted = wanted.where(agent_state.c.chosen == "ready", agent_state.c.desk_reachable, may)
    return int((await conn.execute(wanted)).scalar_one())
