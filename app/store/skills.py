"""Which skills can an agent have?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import agent_skill, skill


async def page(conn: AsyncConnection, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(skill, after, limit, skill.c.archived_at.is_(None)))


async def read(conn: AsyncConnection, skill_id: str) -> Row | None:
    return await rows.first(conn, select(skill).where(skill.c.id == skill_id))


async def lock(conn: AsyncConnection, skill_id: str) -> Row | None:
    return await rows.first(conn, rows.locked(skill, skill_id))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, skill, values)


async def change(conn: AsyncConnection, skill_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, skill, skill_id, values)


async def archive(conn: AsyncConnection, skill_id: str) -> Row:
    return await rows.archive(conn, skill, skill_id)


async def is_used(conn: AsyncConnection, skill_id: str) -> bool:
    return bool((await conn.execute(select(exists().where(agent_skill.c.skill_id == skill_id)))).scalar())


async def ids_by_name(conn: AsyncConnection, names: Collection[str]) -> dict[str, str]:
    """Archived ones are not found."""
    wanted = select(skill.c.name, skill.c.id).where(skill.c.name.in_(names), skill.c.archived_at.is_(None))
    return dict((await conn.execute(wanted)).all())


async def of_agents(conn: AsyncConnection, agent_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """Agent id -> skill name -> level."""
    wanted = (
        select(agent_skill.c.agent_id, skill.c.name, agent_skill.c.level)
        .join(skill, skill.c.id == agent_skill.c.skill_id)
        .where(agent_skill.c.agent_id.in_(agent_ids))
    )
    found: dict[str, dict[str, int]] = {agent_id: {} for agent_id in agent_ids}
    for agent_id, name, level in await conn.execute(wanted):
        found[agent_id][name] = level
    return found


async def give(conn: AsyncConnection, levels: Mapping[str, Mapping[str, int]]) -> None:
    """Agent id -> skill id -> level; replaces what these agents had."""
    await conn.execute(delete(agent_skill).where(agent_skill.c.agent_id.in_(levels)))
    given = [
        {"agent_id": agent_id, "skill_id": skill_id, "level": level}
        for agent_id, skills in levels.items()
        for skill_id, level in skills.items()
    ]
    if given:
        await conn.execute(insert(agent_skill), given)
