"""What does the demo's property firm answer to what it is often asked? The same entries in both languages, by key."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("zh-CN", "en")
FOLDER = Path(__file__).parent / "faq"


@cache
def of_firm() -> tuple[dict[str, Any], ...]:
    """As `POST /v1/faq/bulk` takes them."""
    return tuple(entry for language in LANGUAGES for entry in _entries(language))


@cache
def synonyms(language: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(word.strip() for word in line.split(",")) for line in _lines(f"synonyms.{language}.txt"))


def _entries(language: str) -> Iterator[dict[str, Any]]:
    answers = dict(_pair(line) for line in _lines(f"answers.{language}.txt"))
    tag = ""
    for line in _lines(f"questions.{language}.txt"):
        if line.startswith("["):
            tag = line.strip("[]")
            continue
        key, asked = _pair(line)
        question, *variants = (each.strip() for each in asked.split("|"))
        yield {
            "key": key, "language": language, "question": question, "variants": variants, "answer": answers[key],
            "tags": [tag], "state": "published",
        }  # fmt: skip


def _pair(line: str) -> tuple[str, str]:
    key, _, text = line.partition(": ")
    return key, text


def _lines(name: str) -> Sequence[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
