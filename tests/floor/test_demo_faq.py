"""Are there two hundred answers of the demo's firm, each good enough to be brought in, and a fair set to measure by?"""

from pathlib import Path

import pytest

from app.api.faq_given import BULK_MAX, NewFaqs
from app.api.faq_search import SynonymsKept
from floor import demo_faq
from floor.company import FAQ_MAX

VECTORS = Path(__file__).parents[1] / "vectors" / "faq"
COMPANY = "00000000-0000-4000-8000-000000000000"


def of(language: str) -> list[dict[str, object]]:
    return [entry for entry in demo_faq.of_firm() if entry["language"] == language]


def lines(name: str) -> list[tuple[str, str]]:
    text = (VECTORS / f"{name}.txt").read_text(encoding="utf-8")
    return [(key, asked) for line in text.splitlines() if line[0] != "#" for key, _, asked in [line.partition(": ")]]


def test_each_language_answers_the_same_hundred_questions():
    keys = {language: [entry["key"] for entry in of(language)] for language in demo_faq.LANGUAGES}

    assert keys["en"] == keys["zh-CN"]
    assert len(keys["en"]) == len(set(keys["en"])) == 100


def test_they_are_taken_as_they_are():
    entries = demo_faq.of_firm()

    assert FAQ_MAX <= BULK_MAX
    for begun in range(0, len(entries), FAQ_MAX):
        NewFaqs.model_validate({"company_id": COMPANY, "items": list(entries[begun : begun + FAQ_MAX])})
    for language in demo_faq.LANGUAGES:
        groups = [list(group) for group in demo_faq.synonyms(language)]
        SynonymsKept.model_validate({"company_id": COMPANY, "language": language, "version": 0, "groups": groups})


@pytest.mark.parametrize("language", demo_faq.LANGUAGES)
def test_no_answer_is_told_twice_and_each_says_something(language: str):
    answers = [str(entry["answer"]) for entry in of(language)]

    assert len(set(answers)) == len(answers)
    assert min(map(len, answers)) >= 15


@pytest.mark.parametrize("language", demo_faq.LANGUAGES)
def test_what_is_measured_by_was_not_tuned_by(language: str):
    test, tune = lines(f"{language}.test"), [*lines(f"{language}.tune"), *lines(f"{language}.hard")]
    keys = {str(entry["key"]) for entry in of(language)} | {"-"}

    assert {key for key, _ in test + tune} <= keys
    assert not {asked for _, asked in test} & {asked for _, asked in tune}
    assert sum(key == "-" for key, _ in test) >= 50
    assert sum(key != "-" for key, _ in test) >= 50
