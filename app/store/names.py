"""What do people call agents and queues? Read for screens; the log and the engine know ids only."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import agent, app_user, queue


async def read_names(conn: AsyncConnection) -> tuple[dict[str, str], dict[str, str]]:
    """(logins by agent id, names by queue id)."""
    agents = select(agent.c.id, app_user.c.login).join(app_user, app_user.c.id == agent.c.user_id)
    queues = select(queue.c.id, queue.c.name)
    return (
        {str(key): name for key, name in (await conn.execute(agents)).all()},
        {str(key): name for key, name in (await conn.execute(queues)).all()},
    )


async def phone_addresses(conn: AsyncConnection, agent_ids: set[str]) -> dict[str, str]:
    """Where these agents' phones are rung."""
    wanted = select(agent.c.id, agent.c.phone_address).where(
        agent.c.id.in_(agent_ids), agent.c.phone_address.is_not(None)
    )
    return {str(key): address for key, address in (await conn.execute(wanted)).all()}
