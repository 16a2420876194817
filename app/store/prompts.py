"""Which recordings has a company uploaded for its flows, and which one does a call hear?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import blob, contact, prompt

_LIVE = prompt.c.archived_at.is_(None)


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(prompt, after, limit, _LIVE, within(company_ids, prompt)))


async def read(conn: AsyncConnection, prompt_id: str, company_ids: Collection[str] | None) -> Row | None:
    wanted = select(prompt).where(prompt.c.id == prompt_id, _LIVE, within(company_ids, prompt))
    return await rows.first(conn, wanted)


async def lock(conn: AsyncConnection, prompt_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(prompt, prompt_id, _LIVE, within(company_ids, prompt)))


async def lock_named(conn: AsyncConnection, company_id: str, name: str, language: str) -> Row | None:
    """None: there is none; and nobody adds one before this transaction has ended."""
    name_s = func.hashtextextended(f"{company_id}/{language}/{name}", 0)
    await conn.execute(select(func.pg_advisory_xact_lock(name_s)))
    wanted = select(prompt).where(_LIVE, *_named(company_id, name, language))
    return await rows.first(conn, wanted.with_for_update(key_share=True))


async def count(conn: AsyncConnection, company_id: str) -> int:
    wanted = select(func.count()).select_from(prompt).where(_LIVE, prompt.c.company_id == company_id)
    return int((await conn.execute(wanted)).scalar_one())


async def recorded(conn: AsyncConnection, company_id: str) -> set[tuple[str, str]]:
    """(name, language) of each that a flow of the company may name."""
    wanted = select(prompt.c.name, prompt.c.language).where(_LIVE, prompt.c.company_id == company_id)
    return {(name, language) for name, language in await conn.execute(wanted)}


async def of_contact(conn: AsyncConnection, contact_id: str, name: str, language: str) -> Row | None:
    """The blob, with its `rate`, of what the flow of this contact's company calls so."""
    wanted = (
        select(blob, prompt.c.rate)
        .join(prompt, prompt.c.blob_id == blob.c.id)
        .join(contact, contact.c.company_id == prompt.c.company_id)
        .where(contact.c.id == contact_id, prompt.c.name == name, prompt.c.language == language, _LIVE)
    )
    return await rows.first(conn, wanted)


def _named(company_id: str, name: str, language: str) -> tuple[ColumnElement[bool], ...]:
    return prompt.c.company_id == company_id, prompt.c.name == name, prompt.c.language == language


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, prompt, values)


async def archive(conn: AsyncConnection, prompt_id: str) -> Row:
    return await rows.archive(conn, prompt, prompt_id)
