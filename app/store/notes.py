"""What do colleagues tell each other about a contact, and who has not read yet what is for them?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.agents import granted
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import agent, app_user, contact, customer, note, note_mention

NOTES_MAX = 200  # of one contact
MENTIONS_SHOWN_MAX = 50  # the newest


async def count(conn: AsyncConnection, contact_id: str) -> int:
    return int((await conn.execute(select(func.count()).where(note.c.contact_id == contact_id))).scalar_one())


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """False: it was written before."""
    made = insert(note).values(**values).on_conflict_do_nothing(index_elements=["contact_id", "client_id"])
    return (await conn.execute(made.returning(note.c.id))).first() is not None


async def written(conn: AsyncConnection, contact_id: str, client_id: str) -> Row | None:
    return await rows.first(conn, select(note).where(note.c.contact_id == contact_id, note.c.client_id == client_id))


async def mention(conn: AsyncConnection, values: Mapping[str, Any], agent_ids: Sequence[str]) -> None:
    about = {"note_id": values["id"], "company_id": values["company_id"], "contact_id": values["contact_id"]}
    if agent_ids:
        await conn.execute(insert(note_mention).values([{**about, "agent_id": each} for each in agent_ids]))


async def may_be_mentioned(conn: AsyncConnection, company_id: str, agent_ids: Collection[str]) -> set[str]:
    """Of these agents, those who serve the company."""
    wanted = select(agent.c.id).where(
        agent.c.id.in_(list(agent_ids)), agent.c.archived_at.is_(None), granted({company_id})
    )
    return set((await conn.execute(wanted)).scalars())


async def of_contact(conn: AsyncConnection, contact_id: str) -> list[Row]:
    """With the `author`'s name, the oldest first."""
    wanted = (
        select(note, app_user.c.name.label("author"))
        .outerjoin(app_user, app_user.c.id == note.c.author_id)
        .where(note.c.contact_id == contact_id)
        .order_by(note.c.id)
        .limit(NOTES_MAX)
    )
    return await rows.every(conn, wanted)


async def mentioned(conn: AsyncConnection, contact_id: str) -> dict[str, list[Row]]:
    """By note: {"agent_id", "name"} of everybody who is to read it."""
    wanted = (
        select(note_mention.c.note_id, note_mention.c.agent_id, app_user.c.name)
        .join(agent, agent.c.id == note_mention.c.agent_id)
        .join(app_user, app_user.c.id == agent.c.user_id)
        .where(note_mention.c.contact_id == contact_id)
        .order_by(note_mention.c.note_id, app_user.c.name)
    )
    found: dict[str, list[Row]] = {}
    for row in await rows.every(conn, wanted):
        found.setdefault(row["note_id"], []).append(row)
    return found


async def is_mentioned(conn: AsyncConnection, contact_id: str, agent_id: str) -> bool:
    mine = exists().where(note_mention.c.contact_id == contact_id, note_mention.c.agent_id == agent_id)
    return bool((await conn.execute(select(mine))).scalar())


async def for_agent(conn: AsyncConnection, agent_id: str, company_ids: Collection[str] | None) -> list[Row]:
    """What somebody wrote for them, the newest first."""
    wanted = (
        select(
            note_mention.c.note_id,
            note_mention.c.contact_id,
            note_mention.c.seen_at,
            note.c.text,
            note.c.at,
            app_user.c.name.label("author"),
            contact.c.channel,
            customer.c.name.label("customer"),
        )
        .join(note, note.c.id == note_mention.c.note_id)
        .join(contact, contact.c.id == note_mention.c.contact_id)
        .outerjoin(customer, customer.c.id == contact.c.customer_id)
        .outerjoin(app_user, app_user.c.id == note.c.author_id)
        .where(note_mention.c.agent_id == agent_id, within(company_ids, note_mention))
        .order_by(note_mention.c.note_id.desc())
        .limit(MENTIONS_SHOWN_MAX)
    )
    return await rows.every(conn, wanted)


async def see(conn: AsyncConnection, agent_id: str, contact_id: str | None) -> Row | None:
    """All of theirs, or those of one contact; one of them that was new. None: they had been seen."""
    fresh = update(note_mention).where(note_mention.c.agent_id == agent_id, note_mention.c.seen_at.is_(None))
    if contact_id is not None:
        fresh = fresh.where(note_mention.c.contact_id == contact_id)
    seen = fresh.values(seen_at=func.clock_timestamp()).returning(note_mention.c.note_id, note_mention.c.company_id)
    return await rows.first(conn, seen)


async def unseen(conn: AsyncConnection) -> dict[str, int]:
    """Agent -> how many they have not seen."""
    wanted = select(note_mention.c.agent_id, func.count()).where(note_mention.c.seen_at.is_(None))
    return dict((await conn.execute(wanted.group_by(note_mention.c.agent_id))).all())


async def of_open_contacts(conn: AsyncConnection) -> dict[str, int]:
    """Contact -> how many notes it has, of those that are open and have any."""
    wanted = select(note.c.contact_id, func.count()).join(contact, contact.c.id == note.c.contact_id)
    wanted = wanted.where(contact.c.state == "open").group_by(note.c.contact_id)
    return dict((await conn.execute(wanted)).all())


async def is_of_erased(conn: AsyncConnection, customer_id: str | None) -> bool:
    wanted = select(customer.c.id).where(customer.c.id == customer_id, customer.c.erased_at.is_not(None))
    return (await conn.execute(wanted)).first() is not None
