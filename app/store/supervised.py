"""What does a supervisor act on, as it stands now? Each with what is needed to say who may, and what it was before."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import agent, agent_state, contact, segment, stay


async def agent_now(conn: AsyncConnection, agent_id: str) -> Row | None:
    wanted = (
        select(
            agent.c.id,
            agent.c.user_id,
            agent.c.team_id,
            agent_state.c.chosen,
            agent_state.c.reason,
            agent_state.c.not_responding,
        )
        .outerjoin(agent_state, agent_state.c.agent_id == agent.c.id)
        .where(agent.c.id == agent_id, agent.c.archived_at.is_(None))
    )
    return await rows.first(conn, wanted)


async def contact_now(conn: AsyncConnection, contact_id: str, company_ids: Collection[str] | None) -> Row | None:
    """`queue_id` is None when nobody waits, `offered_to` when nobody is asked just now."""
    asked = (
        select(segment.c.agent_id)
        .where(segment.c.contact_id == contact.c.id, segment.c.state.in_(("offered", "preview")))
        .order_by(segment.c.id)
        .limit(1)
    )
    wanted = (
        select(
            contact.c.id,
            contact.c.company_id,
            contact.c.value,
            stay.c.queue_id,
            asked.scalar_subquery().label("offered_to"),
        )
        .outerjoin(stay, (stay.c.contact_id == contact.c.id) & stay.c.ended_at.is_(None))
        .where(contact.c.id == contact_id, within(company_ids, contact))
    )
    return await rows.first(conn, wanted)


async def segment_now(conn: AsyncConnection, segment_id: str, company_ids: Collection[str] | None) -> Row | None:
    wanted = (
        select(segment.c.id, segment.c.agent_id, segment.c.state, contact.c.company_id)
        .join(contact, contact.c.id == segment.c.contact_id)
        .where(segment.c.id == segment_id, within(company_ids, contact))
    )
    return await rows.first(conn, wanted)
