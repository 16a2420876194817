"""What do people call agents and queues? Read for screens; the log and the engine know ids only."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import agent, app_user, company, queue, queue_version, team


async def read_agents(conn: AsyncConnection) -> dict[str, tuple[str, str, str | None, str | None]]:
    """(login, name, team, its name) by agent id."""
    wanted = (
        select(agent.c.id, app_user.c.login, app_user.c.name, agent.c.team_id, team.c.name)
        .join(app_user, app_user.c.id == agent.c.user_id)
        .outerjoin(team, team.c.id == agent.c.team_id)
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in (await conn.execute(wanted)).all()}


async def read_queues(conn: AsyncConnection) -> dict[str, tuple[str, str, str, dict[str, Any]]]:
    """(name, company, its zone, configuration) by queue id, of those that are not archived."""
    wanted = (
        select(queue.c.id, queue.c.name, company.c.name, company.c.zone, queue_version.c.config)
        .join(company, company.c.id == queue.c.company_id)
        .join(
            queue_version,
            (queue_version.c.queue_id == queue.c.id) & (queue_version.c.version == queue.c.current_version),
        )
        .where(queue.c.archived_at.is_(None))
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in (await conn.execute(wanted)).all()}


async def phone_addresses(conn: AsyncConnection, agent_ids: set[str]) -> dict[str, str]:
    """Where these agents' phones are rung."""
    wanted = select(agent.c.id, agent.c.phone_address).where(
        agent.c.id.in_(agent_ids), agent.c.phone_address.is_not(None)
    )
    return {str(key): address for key, address in (await conn.execute(wanted)).all()}
