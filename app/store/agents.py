"""Who serves?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import agent, app_user, role_grant


def granted(company_ids: Collection[str] | None) -> ColumnElement[bool]:
    """Agents who may serve one of these companies."""
    if company_ids is None:
        return true()
    of_company = or_(role_grant.c.company_id.is_(None), role_grant.c.company_id.in_(company_ids))
    return exists().where(role_grant.c.user_id == agent.c.user_id, role_grant.c.role == "agent", of_company)


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(agent, after, limit, agent.c.archived_at.is_(None), granted(company_ids)))


async def read(conn: AsyncConnection, agent_id: str) -> Row | None:
    return await rows.first(conn, select(agent).where(agent.c.id == agent_id))


async def serves(conn: AsyncConnection, agent_id: str, company_ids: Collection[str] | None) -> bool:
    wanted = select(agent.c.id).where(agent.c.id == agent_id, granted(company_ids))
    return (await conn.execute(wanted)).first() is not None


async def lock(conn: AsyncConnection, agent_id: str) -> Row | None:
    return await rows.first(conn, rows.locked(agent, agent_id))


async def add(conn: AsyncConnection, values: Sequence[Mapping[str, Any]]) -> None:
    await conn.execute(insert(agent), [dict(each) for each in values])


async def change(conn: AsyncConnection, agent_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, agent, agent_id, values)


async def archive(conn: AsyncConnection, agent_id: str) -> Row:
    return await rows.archive(conn, agent, agent_id)


async def ids_of_user(conn: AsyncConnection, user_id: str) -> list[str]:
    """A user's live agent, if there is one."""
    wanted = select(agent.c.id).where(agent.c.user_id == user_id, agent.c.archived_at.is_(None))
    return list((await conn.execute(wanted)).scalars())


async def ids_of_all_companies(conn: AsyncConnection) -> list[str]:
    """Agents who serve whichever companies there are."""
    wanted = (
        select(agent.c.id)
        .join(role_grant, role_grant.c.user_id == agent.c.user_id)
        .where(role_grant.c.role == "agent", role_grant.c.company_id.is_(None), agent.c.archived_at.is_(None))
        .distinct()
    )
    return list((await conn.execute(wanted)).scalars())


async def with_softphones(conn: AsyncConnection) -> dict[str, str]:
    """Agent id -> name, of all who talk by their page, the oldest first."""
    wanted = (
        select(agent.c.id, app_user.c.name)
        .join(app_user, app_user.c.id == agent.c.user_id)
        .where(agent.c.softphone, agent.c.archived_at.is_(None))
        .order_by(agent.c.id)
    )
    return dict((await conn.execute(wanted)).all())


async def names(conn: AsyncConnection, agent_ids: Collection[str]) -> dict[str, str]:
    wanted = (
        select(agent.c.id, app_user.c.name)
        .join(app_user, app_user.c.id == agent.c.user_id)
        .where(agent.c.id.in_(agent_ids))
    )
    return dict((await conn.execute(wanted)).all())
