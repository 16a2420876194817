"""Whom may an agent put a contact through to? Colleagues with their presence, and queues with who waits there."""

from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.agents import granted
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import agent, agent_state, app_user, contact, queue, segment, stay, team

COLLEAGUES_MAX = 200  # of one answer; who looks for another one types more of the name
_OVER = ("done", "declined", "expired", "withdrawn", "failed")


def _like(text: str) -> str:
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


async def colleagues(conn: AsyncConnection, company_ids: Collection[str] | None, name: str) -> list[Row]:
    """Of these companies, by name; a text finds names and teams that hold it."""
    where = [agent.c.archived_at.is_(None), app_user.c.disabled_at.is_(None), granted(company_ids)]
    if name:
        where.append(or_(app_user.c.name.ilike(_like(name)), team.c.name.ilike(_like(name))))
    wanted = (
        select(
            agent.c.id,
            app_user.c.name,
            team.c.name.label("team"),
            agent.c.capacity,
            agent_state.c.chosen,
            agent_state.c.reason,
            agent_state.c.next_chosen,
            agent_state.c.not_responding,
            agent_state.c.desk_reachable,
            agent_state.c.phone_reachable,
        )
        .join(app_user, app_user.c.id == agent.c.user_id)
        .outerjoin(team, team.c.id == agent.c.team_id)
        .outerjoin(agent_state, agent_state.c.agent_id == agent.c.id)
        .where(*where)
        .order_by(app_user.c.name, agent.c.id)
        .limit(COLLEAGUES_MAX)
    )
    return await rows.every(conn, wanted)


async def held(conn: AsyncConnection, agent_ids: Collection[str]) -> dict[str, list[str]]:
    """Agent id -> the channel of each segment that costs them something."""
    wanted = (
        select(segment.c.agent_id, contact.c.channel)
        .join(contact, contact.c.id == segment.c.contact_id)
        .where(segment.c.agent_id.in_(agent_ids), segment.c.state.not_in((*_OVER, "parked")))
    )
    found: dict[str, list[str]] = {agent_id: [] for agent_id in agent_ids}
    for agent_id, channel in await conn.execute(wanted):
        found[agent_id].append(channel)
    return found


async def open_queues(conn: AsyncConnection, company_ids: Collection[str] | None) -> list[Row]:
    """Published ones, by name, with who waits: how many, and since when the first of them."""
    waits = (
        select(stay.c.queue_id, func.count().label("waiting"), func.min(stay.c.queued_at).label("since"))
        .where(stay.c.ended_at.is_(None))
        .group_by(stay.c.queue_id)
        .subquery()
    )
    wanted = (
        select(queue.c.id, queue.c.company_id, queue.c.name, queue.c.closed_at, waits.c.waiting, waits.c.since)
        .outerjoin(waits, waits.c.queue_id == queue.c.id)
        .where(queue.c.archived_at.is_(None), queue.c.current_version.is_not(None), within(company_ids, queue))
        .order_by(queue.c.name, queue.c.id)
    )
    return await rows.every(conn, wanted)
