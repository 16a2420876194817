"""Does the search in the database rank as its readable twin does, and find a company's own alone?"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.asked import Groups, slots_of, synonyms_of
from analytics.same_words import SHIPPED
from analytics.terms import Written, weights_of
from app.questions import asked_of, index
from app.store import faq, faq_search
from app.store.database import Database
from floor import demo_faq
from tests.analytics.naive_search import search
from tests.store.centre import Centre, new_id

VECTORS = Path(__file__).parents[1] / "vectors" / "faq"
LANGUAGES = ("en", "zh-CN")


async def written(conn: AsyncConnection, company_id: str, entries: Sequence[Any]) -> dict[str, str]:
    """Ids by key."""
    rows = [await faq.add(conn, {"id": new_id(), "company_id": company_id, **entry}) for entry in entries]
    await index(conn, rows)
    return {row["key"]: row["id"] for row in rows}


def entry(key: str, question: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "language": "en", "question": question, "answer": "So", "state": "published"} | more


async def keys_found(
    conn: AsyncConnection, company_id: str, asked: str, groups: Groups = (), tag: str | None = None
) -> list[str]:
    slots = slots_of(asked, synonyms_of(groups))
    found = await faq_search.search(conn, company_id, "en", asked_of(slots), tag, 10)
    return [row["key"] for row in found]


@pytest_asyncio.fixture
async def conn(db: Database):
    async with db.engine.begin() as conn:
        yield conn


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_database_ranks_as_the_readable_twin(conn: AsyncConnection, centre: Centre, language: str):
    entries = [each for each in demo_faq.of_firm() if each["language"] == language]
    ids = await written(conn, centre.company_ids[0], entries)
    weights = {
        ids[each["key"]]: weights_of(Written(each["question"], each["variants"], each["tags"], each["answer"]))
        for each in entries
    }
    synonyms = synonyms_of([*SHIPPED[language], *demo_faq.synonyms(language)])
    questions = [
        line.partition(": ")[2]
        for line in (VECTORS / f"{language}.tune.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    for question in questions:
        slots = slots_of(question, synonyms)

        found = await faq_search.search(conn, centre.company_ids[0], language, asked_of(slots), None, 10)

        twin = dict(search(weights, slots))
        assert all(row["fit"] == pytest.approx(twin[row["id"]], abs=1e-3) for row in found), question
        assert [row["fit"] for row in found] == pytest.approx(sorted(twin.values(), reverse=True)[:10], abs=1e-3), (
            question
        )


async def test_another_companys_entries_are_neither_found_nor_counted(conn: AsyncConnection, centre: Centre):
    mine, theirs = centre.company_ids[:2]
    await written(conn, mine, [entry("mine", "Deposit"), entry("other", "Keys")])
    alone = await faq_search.search(conn, mine, "en", asked_of(slots_of("deposit", synonyms_of([]))), None, 10)
    await written(conn, theirs, [entry(f"theirs{n}", f"Deposit {n}") for n in range(20)])

    beside = await faq_search.search(conn, mine, "en", asked_of(slots_of("deposit", synonyms_of([]))), None, 10)

    assert [row["key"] for row in beside] == ["mine"]
    assert beside == alone


async def test_drafts_and_what_is_not_valid_now_are_not_found(conn: AsyncConnection, centre: Centre):
    hour_us = 3_600_000_000
    now_us = int((await conn.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp()) * 1000000")).scalar_one())
    entries = [
        entry("draft", "Deposit", state="draft"),
        entry("archived", "Deposit", state="archived"),
        entry("later", "Deposit", valid_from=now_us + hour_us),
        entry("over", "Deposit", valid_until=now_us - hour_us),
        entry("now", "Deposit", valid_from=now_us - hour_us, valid_until=now_us + hour_us),
    ]
    await written(conn, centre.company_ids[0], entries)

    assert await keys_found(conn, centre.company_ids[0], "deposit") == ["now"]


async def test_a_tag_narrows_what_is_found(conn: AsyncConnection, centre: Centre):
    tagged = [entry("a", "Deposit", tags=["letting"]), entry("b", "Deposit", tags=["selling", "big"])]
    await written(conn, centre.company_ids[0], tagged)

    assert await keys_found(conn, centre.company_ids[0], "deposit", tag="big") == ["b"]


async def test_an_entry_that_changed_is_found_by_its_new_words_alone(conn: AsyncConnection, centre: Centre):
    ids = await written(conn, centre.company_ids[0], [entry("a", "Deposit"), entry("b", "Keys")])
    await index(conn, [await faq.change(conn, ids["a"], {"question": "Garage"})])

    assert await keys_found(conn, centre.company_ids[0], "deposit") == []
    assert await keys_found(conn, centre.company_ids[0], "garage") == ["a"]


async def test_a_deleted_entry_leaves_nothing(conn: AsyncConnection, centre: Centre):
    ids = await written(conn, centre.company_ids[0], [entry("a", "Deposit")])
    await faq.keep_feedback(conn, {"id": ids["a"], "company_id": centre.company_ids[0]}, "key:x", True)

    await faq.remove(conn, ids["a"])

    for table in ("faq_term", "faq_feedback", "faq_entry"):
        assert (await conn.exec_driver_sql(f"SELECT count(*) FROM {table}")).scalar_one() == 0


async def test_what_nobody_answered_is_counted_and_the_oldest_makes_room(
    conn: AsyncConnection, centre: Centre, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(faq_search, "UNANSWERED_MAX", 3)
    for asked in ("a", "b", "a", "c", "d"):
        values = {"id": new_id(), "company_id": centre.company_ids[0], "language": "en", "text": asked}
        await faq_search.note_unanswered(conn, values)

    found = await faq_search.unanswered(conn, centre.company_ids, None, 10)

    assert [(row["text"], row["times"]) for row in found] == [("a", 2), ("d", 1), ("c", 1)]


async def test_what_nobody_asks_any_more_is_forgotten(conn: AsyncConnection, centre: Centre, owner: asyncpg.Connection):
    for asked in ("old", "new"):
        values = {"id": new_id(), "company_id": centre.company_ids[0], "language": "en", "text": asked}
        await faq_search.note_unanswered(conn, values)
    await conn.exec_driver_sql("UPDATE faq_unanswered SET last_at = now() - interval '91 days' WHERE text = 'old'")

    assert await faq_search.forget_unanswered(conn) == 1
    assert [row["text"] for row in await faq_search.unanswered(conn, None, None, 10)] == ["new"]


def test_the_demos_synonyms_fit_in_their_column():
    for language in LANGUAGES:
        assert len(json.dumps(demo_faq.synonyms(language), ensure_ascii=False).encode()) < 32 * 1024
