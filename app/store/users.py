"""Who works here, and in which roles?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import agent, app_user, role_grant


async def page(conn: AsyncConnection, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(app_user, after, limit))


async def read(conn: AsyncConnection, user_id: str) -> Row | None:
    return await rows.first(conn, select(app_user).where(app_user.c.id == user_id))


async def by_login(conn: AsyncConnection, login: str) -> Row | None:
    """Enabled ones only."""
    same = func.lower(app_user.c.login) == login.lower()
    return await rows.first(conn, select(app_user).where(same, app_user.c.disabled_at.is_(None)))


async def lock(conn: AsyncConnection, user_id: str) -> Row | None:
    return await rows.first(conn, rows.locked(app_user, user_id))


async def add(conn: AsyncConnection, values: Sequence[Mapping[str, Any]]) -> None:
    await conn.execute(insert(app_user), [dict(each) for each in values])


async def change(conn: AsyncConnection, user_id: str, values: Mapping[str, Any], disabled: bool | None = None) -> Row:
    """`disabled` None leaves it as it is."""
    since = {} if disabled is None else {"disabled_at": func.clock_timestamp() if disabled else None}
    return await rows.change(conn, app_user, user_id, {**values, **since})


async def agent_of(conn: AsyncConnection, user_id: str) -> str | None:
    wanted = select(agent.c.id).where(agent.c.user_id == user_id, agent.c.archived_at.is_(None))
    return (await conn.execute(wanted)).scalar()


async def agents_of(conn: AsyncConnection, agent_ids: Collection[str]) -> dict[str, str]:
    """Agent id -> user id, of agents and users who may work."""
    wanted = (
        select(agent.c.id, agent.c.user_id)
        .join(app_user, app_user.c.id == agent.c.user_id)
        .where(agent.c.id.in_(agent_ids), agent.c.archived_at.is_(None), app_user.c.disabled_at.is_(None))
    )
    return dict((await conn.execute(wanted)).all())


# --- grants -----------------------------------------------------------------------------------------------------------


async def grants(conn: AsyncConnection, user_id: str) -> list[Row]:
    return await rows.every(
        conn, select(role_grant).where(role_grant.c.user_id == user_id).order_by(role_grant.c.id).limit(1000)
    )


async def grants_of_many(conn: AsyncConnection, user_ids: Collection[str]) -> dict[str, list[Row]]:
    """By user; whoever has none is not named."""
    wanted = select(role_grant).where(role_grant.c.user_id.in_(list(user_ids))).order_by(role_grant.c.id)
    found: dict[str, list[Row]] = {}
    for row in await rows.every(conn, wanted):
        found.setdefault(row["user_id"], []).append(row)
    return found


async def add_grants(conn: AsyncConnection, values: Sequence[Mapping[str, Any]]) -> None:
    await conn.execute(insert(role_grant), [dict(each) for each in values])


async def drop_grant(conn: AsyncConnection, user_id: str, grant_id: str) -> Row | None:
    gone = delete(role_grant).where(role_grant.c.id == grant_id, role_grant.c.user_id == user_id)
    return await rows.first(conn, gone.returning(role_grant))
