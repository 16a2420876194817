"""Is the right answer among the first three, and is there none where there is none? And how long does it take?

    python -m bench.faq [--quick]      JSON on standard output; also in bench/results/faq.json

Through the routes of a real server, on the demo firm's entries, made by the public API. The questions lie in
tests/vectors/faq: those of `hard` were written from the titles alone before the answers; they and `tune` were learned
from, FIT_SURE by them. Those of `test` were written from the titles when search and entries were fixed.

A word that says something (no stop word of analytics/stop_words.py; in Chinese each pair of neighbouring characters
between stop words) is shared or not: how many of the questions share none with their entry is counted here.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from analytics.stop_words import ENGLISH
from analytics.terms import fragments, is_chinese, language_of, pairs, runs, stem
from app.questions import FIT_MIN, FIT_SURE, find
from app.store.database import Database
from bench.commits import Postgres, postgres
from bench.machine import RESULTS, ROOT, Refused, commit, machine
from bench.served import served
from floor import demo_faq

VECTORS = ROOT / "tests" / "vectors" / "faq"
FIRST_THREE_MIN = 0.60
ALIKE_NONE_MIN = (
    0.30  # of the questions share no word that says something with the question or a variant of their entry
)
COPIES, COPIES_QUICK = 20, 4  # of the firm's entries of one language: 2,000
SEARCHES, SEARCHES_QUICK = 500, 50
BULK = 100
EVERYTHING = ("question", "variants", "answer")
PROGRAM = {"JACKFIELD_RATE_LIMIT_PER_MINUTE": "1000000"}


@dataclass(frozen=True, slots=True)
class Question:
    key: str  # '-': none is right
    asked: str


def questions(language: str, part: str) -> list[Question]:
    lines = (VECTORS / f"{language}.{part}.txt").read_text(encoding="utf-8").splitlines()
    split = (line.partition(": ") for line in lines if line and not line.startswith("#"))
    return [Question(key, asked) for key, _, asked in split]


# --- what they have in common -----------------------------------------------------------------------------------------


def saying(text: str) -> set[str]:
    """The words that say something."""
    found: set[str] = set()
    for run in runs(text):
        if is_chinese(run):
            found |= {pair for fragment in fragments(run) for pair in pairs(fragment)}
        elif run not in ENGLISH:
            found.add(stem(run))
    return found


def alike(language: str) -> dict[str, float]:
    """Shares of the test's questions that have no such word in common with their entry, without and with its answer."""
    entries = {entry["key"]: entry for entry in demo_faq.of_firm() if entry["language"] == language}
    asked = [question for question in questions(language, "test") if question.key != "-"]

    def none_of(*names: str) -> float:
        apart = [
            question
            for question in asked
            if not saying(question.asked) & saying(" . ".join(_texts(entries[question.key], names)))
        ]
        return round(len(apart) / len(asked), 3)

    return {
        "with_question_and_variants": none_of("question", "variants"),
        "with_all": none_of("question", "variants", "answer"),
    }


def _texts(entry: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [text for name in names for text in ([entry[name]] if isinstance(entry[name], str) else entry[name])]


# --- how good the answers are -----------------------------------------------------------------------------------------


async def measure(server: Postgres, is_quick: bool) -> dict[str, Any]:
    async with served(server, "faq", **PROGRAM) as ours:
        headers = {"Authorization": f"Bearer {ours.key_file.read_text()}"}
        async with httpx2.AsyncClient(base_url=ours.address, headers=headers, timeout=30) as client:
            company_id = await _company(client, "harbour", demo_faq.of_firm())
            parts = {part: await _answers(client, company_id, part) for part in ("test", "hard", "tune")}
            copies = COPIES_QUICK if is_quick else COPIES
            speed = await _speed(client, ours.url, copies, SEARCHES_QUICK if is_quick else SEARCHES)
    return {
        "fit_sure": FIT_SURE,
        "fit_min": FIT_MIN,
        "alike_none": {each: alike(each) for each in demo_faq.LANGUAGES},
        **parts,
        "speed": speed,
    }


async def _company(client: httpx2.AsyncClient, slug: str, entries: Sequence[Mapping[str, Any]]) -> str:
    company_id = str((await _post(client, "companies", {"slug": slug, "name": slug}))["id"])
    of = {"company_id": company_id}
    for begun in range(0, len(entries), BULK):
        await _post(client, "faq/bulk", of | {"items": [dict(each) for each in entries[begun : begun + BULK]]})
    for language in demo_faq.LANGUAGES:
        groups = [list(group) for group in demo_faq.synonyms(language)]
        await _post(client, "faq/synonyms", of | {"language": language, "version": 0, "groups": groups})
    return company_id


async def _post(client: httpx2.AsyncClient, path: str, body: Mapping[str, Any]) -> Any:
    answer = await client.post(f"/v1/{path}", json=body)
    answer.raise_for_status()
    return answer.json()


async def _answers(client: httpx2.AsyncClient, company_id: str, part: str) -> dict[str, Any]:
    found = {language: await _of_language(client, company_id, language, part) for language in demo_faq.LANGUAGES}
    asked = sum(each["asked"] for each in found.values())
    first_three = sum(each["first_three"] * each["asked"] for each in found.values()) / asked
    return {**found, "first_three": round(first_three, 3)}


async def _of_language(client: httpx2.AsyncClient, company_id: str, language: str, part: str) -> dict[str, Any]:
    entries = {entry["key"]: entry for entry in demo_faq.of_firm() if entry["language"] == language}
    places: list[tuple[bool, int, int]] = []  # (shares a word with its entry, place, place among the sure)
    off_topic: list[tuple[bool, bool]] = []  # (none is sure, none at all)
    for question in questions(language, part):
        body = {"company_id": company_id, "text": question.asked, "language": language, "limit": 10, "note": False}
        found = (await _post(client, "faq/search", body))["items"]
        keys, sure = [each["key"] for each in found], [each["key"] for each in found if each["sure"]]
        if question.key == "-":
            off_topic.append((not sure, not keys))
        else:
            shares = bool(saying(question.asked) & saying(" . ".join(_texts(entries[question.key], EVERYTHING))))
            places.append((shares, _place(keys, question.key), _place(sure, question.key)))
    return {
        "asked": len(places),
        "first": _share([place == 1 for _, place, _ in places]),
        "first_three": _share([1 <= place <= 3 for _, place, _ in places]),
        "first_three_of_the_sure": _share([1 <= sure <= 3 for _, _, sure in places]),
        "mrr": round(sum(1 / place for _, place, _ in places if place) / len(places), 3),
        "first_three_where_a_word_is_shared": _share([1 <= place <= 3 for shares, place, _ in places if shares]),
        "first_three_where_none_is": _share([1 <= place <= 3 for shares, place, _ in places if not shares]),
        "off_topic": len(off_topic),
        "off_topic_none_sure": _share([none_sure for none_sure, _ in off_topic]),
        "off_topic_none_at_all": _share([none for _, none in off_topic]),
    }


def _place(keys: Sequence[str], key: str) -> int:
    return keys.index(key) + 1 if key in keys else 0


def _share(are: Sequence[bool]) -> float:
    return round(sum(are) / len(are), 3) if are else 0.0


# --- how long it takes ------------------------------------------------------------------------------------------------


async def _speed(client: httpx2.AsyncClient, database_url: str, copies: int, searches: int) -> dict[str, Any]:
    """Of whole requests, one after the other: login, rights and JSON are in it; and of the search alone."""
    entries = [
        {**entry, "key": f"{entry['key']}-{n}"[:64], "question": f"{entry['question']} {n}"}
        for n in range(copies)
        for entry in demo_faq.of_firm()
    ]
    company_id = await _company(client, "large", entries)
    asked = [question.asked for language in demo_faq.LANGUAGES for question in questions(language, "test")]
    requests_ms: list[float] = []
    for n in range(searches):
        began = time.perf_counter()
        await _post(client, "faq/search", {"company_id": company_id, "text": asked[n % len(asked)], "note": False})
        requests_ms.append((time.perf_counter() - began) * 1000)
    return {
        "entries_of_a_language": copies * 100,
        "searches": searches,
        "request": _quantiles(requests_ms),
        "search": _quantiles(await _alone(database_url, company_id, asked, searches)),
    }


async def _alone(database_url: str, company_id: str, asked: Sequence[str], searches: int) -> list[float]:
    took_ms: list[float] = []
    database = Database.connect(database_url, connections=1)
    async with database.engine.connect() as conn:
        for n in range(searches):
            text = asked[n % len(asked)]
            began = time.perf_counter()
            await find(conn, company_id, text, language=language_of(text), limit=5)
            took_ms.append((time.perf_counter() - began) * 1000)
    await database.dispose()
    return took_ms


def _quantiles(took_ms: Sequence[float]) -> dict[str, float]:
    return {
        "p50_ms": round(statistics.median(took_ms), 2),
        "p99_ms": round(statistics.quantiles(took_ms, n=100)[98], 2),
    }


async def run(is_quick: bool) -> dict[str, Any]:
    async with postgres() as server:
        found = await measure(server, is_quick)
    return {"bench": "faq", "command": "python -m bench.faq", "commit": commit(), "machine": machine(), **found}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer entries and searches")
    try:
        report = asyncio.run(run(parser.parse_args().quick))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    text = json.dumps(report, indent=2, ensure_ascii=False)
    (Path(RESULTS) / "faq.json").write_text(text + "\n")
    print(text)
    alike_none = min(each["with_all"] for each in report["alike_none"].values())
    return 0 if report["test"]["first_three"] >= FIRST_THREE_MIN and alike_none >= ALIKE_NONE_MIN else 1


if __name__ == "__main__":
    sys.exit(main())
