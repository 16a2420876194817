"""Which entries of a company answer a question?

What is asked for is worked out here (analytics/), found and ranked in the database (app/store/faq_search.py). From
FIT_SURE on an entry is an answer; what fits less may be one, and is for a person to judge: a wrong answer costs more
than an honest "none".
"""

import json
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.asked import ROWS_MAX, Slot, Synonyms, slots_of, synonyms_of
from analytics.same_words import SHIPPED
from analytics.terms import Written, weights_of
from app.store import faq, faq_search
from app.store.faq_search import Asked
from app.store.rows import Row

FIT_SURE = 0.39  # four of five questions off the subject fit less (tests/vectors/faq/*.tune.txt and *.hard.txt)
FIT_MIN = 0.13  # less is chance
COMPANIES_REMEMBERED = 256


async def find(
    conn: AsyncConnection, company_id: str, asked: str, *, language: str, tag: str | None = None, limit: int
) -> list[Row]:
    """The best first, each with `sure`: whether it is an answer, or only may be one."""
    kept = await faq_search.synonyms(conn, company_id, language)
    slots = slots_of(asked, _synonyms(language, json.dumps(kept["groups"]) if kept else "[]"))
    if not slots:
        return []
    found = await faq_search.search(conn, company_id, language, asked_of(slots), tag, limit)
    return [row | {"sure": row["fit"] >= FIT_SURE} for row in found if row["fit"] >= FIT_MIN]


@lru_cache(COMPANIES_REMEMBERED)
def _synonyms(language: str, groups: str) -> Synonyms:
    return synonyms_of([*SHIPPED[language], *json.loads(groups)])


def asked_of(slots: Sequence[Slot]) -> Asked:
    """No more rows than ROWS_MAX: what is over is asked for no more."""
    rows = [
        (number, n, term, way.share / len(way.terms), way.need)
        for number, slot in enumerate(slots, 1)
        for n, way in enumerate(slot.ways)
        for term in way.terms
    ][:ROWS_MAX]
    columns = tuple(zip(*rows, strict=True)) if rows else ((), (), (), (), ())
    return Asked([slot.weight for slot in slots], *columns)


async def index(conn: AsyncConnection, entries: Sequence[Row]) -> None:
    """Drafts and what is archived are found by nothing."""
    written = [(row, weights_of(_written(row)) if row["state"] == "published" else {}) for row in entries]
    await faq.index(conn, written)


def _written(row: Row) -> Written:
    return Written(row["question"], row["variants"], row["tags"], row["answer"])
