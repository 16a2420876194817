"""Which entries answer a question, and to which questions was none found?

One statement for a search. What a question asks for comes in as slots, each of which an entry can fill in several ways
(analytics/asked.py); a slot counts for more, the fewer entries fill it. The readable twin of the ranking stands in
tests/analytics/naive_search.py.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import any_, delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import faq_entry, faq_synonyms, faq_unanswered

UNANSWERED_MAX = 1_000  # of a company; the oldest makes room
UNANSWERED_DAYS = 90

_SEARCH = text("""
WITH asked AS (
    SELECT * FROM unnest(
        CAST(:slots AS int[]), CAST(:ways AS int[]), CAST(:terms AS text[]), CAST(:shares AS float8[]),
        CAST(:needs AS int[])
    ) AS a (slot, way, term, share, need)
),
gone AS (
    SELECT t.entry_id, a.slot, sum(a.share * t.weight) AS fill
    FROM asked a CROSS JOIN LATERAL (  -- the index is asked term by term, whatever is known of the table
        SELECT entry_id, weight FROM faq_term
        WHERE company_id = CAST(:company AS uuid) AND language = :language AND term = a.term OFFSET 0
    ) t
    GROUP BY t.entry_id, a.slot, a.way, a.need
    HAVING count(*) >= a.need
),
filled AS MATERIALIZED (SELECT entry_id, slot, max(fill) AS fill FROM gone GROUP BY entry_id, slot),
had AS (SELECT slot, sum(fill) AS had FROM filled GROUP BY slot),
many AS (
    SELECT count(*)::float8 AS many FROM faq_entry
    WHERE company_id = CAST(:company AS uuid) AND language = :language AND state = 'published'
),
rare AS MATERIALIZED (
    SELECT s.slot, s.weight * ln(1 + (many - coalesce(had, 0) + 0.5) / (coalesce(had, 0) + 0.5)) AS rare
    FROM unnest(CAST(:weights AS float8[])) WITH ORDINALITY AS s (weight, slot) CROSS JOIN many
    LEFT JOIN had ON had.slot = s.slot
),
scored AS (SELECT f.entry_id, sum(r.rare * f.fill) AS score FROM filled f JOIN rare r USING (slot) GROUP BY f.entry_id)
SELECT e.id::text AS id, e.company_id::text AS company_id, e.key, e.language, e.question, e.answer, e.tags, e.version,
       s.score / sqrt((SELECT sum(rare) FROM rare) * (SELECT ln(1 + (many + 0.5) / 0.5) FROM many)) AS fit
FROM scored s JOIN faq_entry e ON e.id = s.entry_id
WHERE e.state = 'published' AND (e.valid_from IS NULL OR e.valid_from <= clock_timestamp())
  AND (e.valid_until IS NULL OR e.valid_until > clock_timestamp())
  AND (CAST(:tag AS text) IS NULL OR CAST(:tag AS text) = ANY (e.tags))
ORDER BY s.score DESC, e.id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for, as arrays of one length; `weights` of the slots, which are counted from 1."""

    weights: Sequence[float]
    slots: Sequence[int]
    ways: Sequence[int]
    terms: Sequence[str]
    shares: Sequence[float]
    needs: Sequence[int]


async def search(
    conn: AsyncConnection, company_id: str, language: str, asked: Asked, tag: str | None, limit: int
) -> list[Row]:
    """The best first, with `fit`: how well it answers, beside what was asked."""
    return await rows.every(
        conn,
        _SEARCH.bindparams(
            company=company_id, language=language, tag=tag, limit=limit, weights=list(asked.weights),
            slots=list(asked.slots), ways=list(asked.ways), terms=list(asked.terms), shares=list(asked.shares),
            needs=list(asked.needs),
        ),
    )  # fmt: skip


async def in_force(
    conn: AsyncConnection,
    company_id: str,
    language: str,
    *,
    key: str | None = None,
    id: str | None = None,
    tag: str | None = None,
    limit: int,
) -> list[Row]:
    """What is published and valid now, by its key, id or tag, in the order of birth."""
    now = func.clock_timestamp()
    of = faq_entry.c
    wanted = select(faq_entry).where(
        of.company_id == company_id, of.language == language, of.state == "published",
        of.valid_from.is_(None) | (of.valid_from <= now), of.valid_until.is_(None) | (of.valid_until > now),
    )  # fmt: skip
    if key is not None:
        wanted = wanted.where(of.key == key)
    if id is not None:
        wanted = wanted.where(of.id == id)
    if tag is not None:
        wanted = wanted.where(literal(tag) == any_(of.tags))
    return await rows.every(conn, wanted.order_by(of.id).limit(limit))


# --- words that mean the same -----------------------------------------------------------------------------------------


async def synonyms_page(
    conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int
) -> list[Row]:
    return await rows.every(conn, rows.page(faq_synonyms, after, limit, within(company_ids, faq_synonyms)))


async def synonyms(conn: AsyncConnection, company_id: str, language: str) -> Row | None:
    mine = faq_synonyms.c.company_id == company_id, faq_synonyms.c.language == language
    return await rows.first(conn, select(faq_synonyms).where(*mine))


async def keep_synonyms(conn: AsyncConnection, values: dict[str, Any], version: int) -> Row | None:
    """`version` 0: there are none yet. None: somebody else was faster."""
    if version == 0:
        new = insert(faq_synonyms).values(**values).on_conflict_do_nothing()
        return await rows.first(conn, new.returning(faq_synonyms))
    there = await synonyms(conn, values["company_id"], values["language"])
    if there is None:
        return None
    locked = await rows.first(conn, rows.locked(faq_synonyms, there["id"], faq_synonyms.c.version == version))
    return None if locked is None else await rows.change(conn, faq_synonyms, there["id"], {"groups": values["groups"]})


# --- what nobody answered ---------------------------------------------------------------------------------------------


async def note_unanswered(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Its text without numbers and addresses. One that was asked before is counted."""
    company_id = values["company_id"]
    new = insert(faq_unanswered).values(**values)
    again = new.on_conflict_do_update(
        index_elements=["company_id", "language", "text"],
        set_={"times": faq_unanswered.c.times + 1, "last_at": func.clock_timestamp()},
    )
    await conn.execute(again)
    mine = faq_unanswered.c.company_id == company_id
    newest = select(faq_unanswered.c.id).where(mine).order_by(faq_unanswered.c.last_at.desc()).offset(UNANSWERED_MAX)
    await conn.execute(delete(faq_unanswered).where(mine, faq_unanswered.c.id.in_(newest)))


async def unanswered(
    conn: AsyncConnection, company_ids: Collection[str] | None, language: str | None, limit: int
) -> list[Row]:
    """What was asked most often first."""
    wanted = select(faq_unanswered).where(within(company_ids, faq_unanswered))
    if language is not None:
        wanted = wanted.where(faq_unanswered.c.language == language)
    often = wanted.order_by(faq_unanswered.c.times.desc(), faq_unanswered.c.last_at.desc(), faq_unanswered.c.id)
    return await rows.every(conn, often.limit(limit))


async def remove_unanswered(
    conn: AsyncConnection, unanswered_id: str, company_ids: Collection[str] | None
) -> Row | None:
    mine = faq_unanswered.c.id == unanswered_id, within(company_ids, faq_unanswered)
    return await rows.first(conn, delete(faq_unanswered).where(*mine).returning(faq_unanswered))


async def forget_unanswered(conn: AsyncConnection) -> int:
    """What nobody has asked for so long is forgotten."""
    old = faq_unanswered.c.last_at < func.clock_timestamp() - text(f"interval '{UNANSWERED_DAYS} days'")
    return int((await conn.execute(delete(faq_unanswered).where(old))).rowcount)
