"""What does a company answer, in which state is it, and how helpful was it found?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, any_, delete, exists, func, literal, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import faq_entry, faq_feedback, faq_term

TERMS_IN_A_STATEMENT = 20_000

_INDEX = text("""
INSERT INTO faq_term (entry_id, term, company_id, language, weight)
SELECT e.id, t.term, e.company_id, e.language, t.weight
FROM unnest(CAST(:ids AS uuid[]), CAST(:terms AS text[]), CAST(:weights AS float8[])) AS t (entry_id, term, weight)
JOIN faq_entry e ON e.id = t.entry_id
""")


async def page(
    conn: AsyncConnection,
    company_ids: Collection[str] | None,
    after: str | None,
    limit: int,
    language: str | None = None,
    state: str | None = None,
    tag: str | None = None,
) -> list[Row]:
    wanted: list[ColumnElement[bool]] = [within(company_ids, faq_entry)]
    if language is not None:
        wanted.append(faq_entry.c.language == language)
    if state is not None:
        wanted.append(faq_entry.c.state == state)
    if tag is not None:
        wanted.append(literal(tag) == any_(faq_entry.c.tags))
    return await rows.every(conn, rows.page(faq_entry, after, limit, *wanted))


async def read(conn: AsyncConnection, faq_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, select(faq_entry).where(faq_entry.c.id == faq_id, within(company_ids, faq_entry)))


async def lock(conn: AsyncConnection, faq_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(faq_entry, faq_id, within(company_ids, faq_entry)))


async def has_published(conn: AsyncConnection, company_id: str) -> bool:
    mine = faq_entry.c.company_id == company_id, faq_entry.c.state == "published"
    return bool((await conn.execute(select(exists().where(*mine)))).scalar_one())


async def lock_named(
    conn: AsyncConnection, company_id: str, names: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Row]:
    """Of one company, by language and key."""
    wanted = select(faq_entry).where(
        faq_entry.c.company_id == company_id, tuple_(faq_entry.c.language, faq_entry.c.key).in_(list(names))
    )
    found = await rows.every(conn, wanted.order_by(faq_entry.c.id).with_for_update(key_share=True))
    return {(row["language"], row["key"]): row for row in found}


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, faq_entry, values)


async def change(conn: AsyncConnection, faq_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, faq_entry, faq_id, values)


async def remove(conn: AsyncConnection, faq_id: str) -> None:
    """With its terms and what was said of it."""
    await conn.execute(delete(faq_entry).where(faq_entry.c.id == faq_id))


async def index(conn: AsyncConnection, entries: Sequence[tuple[Row, Mapping[str, float]]]) -> None:
    """By these terms each entry is found from now on, and by no others."""
    await conn.execute(delete(faq_term).where(faq_term.c.entry_id.in_([row["id"] for row, _ in entries])))
    told = [(row["id"], term, weight) for row, weights in entries for term, weight in weights.items()]
    for begun in range(0, len(told), TERMS_IN_A_STATEMENT):
        ids, terms, weights_of = zip(*told[begun : begun + TERMS_IN_A_STATEMENT], strict=True)
        await conn.execute(_INDEX, {"ids": list(ids), "terms": list(terms), "weights": list(weights_of)})


# --- how helpful they were --------------------------------------------------------------------------------------------


async def keep_feedback(conn: AsyncConnection, entry: Row, principal: str, helpful: bool) -> None:
    """Whoever says something else later is counted once."""
    said = insert(faq_feedback).values(
        entry_id=entry["id"], company_id=entry["company_id"], principal=principal, helpful=helpful
    )
    said = said.on_conflict_do_update(
        index_elements=["entry_id", "principal"],
        set_={"helpful": said.excluded.helpful, "at": func.clock_timestamp()},
    )
    await conn.execute(said)


async def feedback(conn: AsyncConnection, faq_ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """Entry -> (how many found it helpful, how many did not)."""
    helpful = func.count().filter(faq_feedback.c.helpful)
    counted = select(faq_feedback.c.entry_id, helpful, func.count() - helpful)
    wanted = counted.where(faq_feedback.c.entry_id.in_(list(faq_ids))).group_by(faq_feedback.c.entry_id)
    return {entry_id: (yes, no) for entry_id, yes, no in await conn.execute(wanted)}
