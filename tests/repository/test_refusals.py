"""Has every refusal a title in the answer, and a text in both languages where a page may show it?"""

import ast
import json
from pathlib import Path
from typing import Any, get_args

import pytest

from app.dial_limits import Limit
from app.refusals import TITLES, title_of
from contacts.destination import Forbidden

ROOT = Path(__file__).parents[2]
OF_THE_SEGMENT = {f"segment.not_{state}" for state in ("connecting", "offered", "parked", "talking", "wrap_up")}
OF_CALLS = {*get_args(Forbidden), *get_args(Limit)}  # why nobody is called
NO_PAGE_ASKS = {"body.too_large", "database.away", "number.unknown", "provider.unknown", "stay.known", "writer.none"}


def keys_in_the_code() -> set[str]:
    """What is given to `problem(status, key)` and `Refusal(key, status)`."""
    found = set()
    for folder in ("app", "routing"):
        for path in (ROOT / folder).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and (key := key_of(call)):
                    found.add(key)
    return found


def key_of(call: ast.Call) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    position = {"problem": 1, "Refusal": 0}.get(name)
    if position is None or len(call.args) <= position:
        return None
    given: Any = call.args[position]
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def test_every_refusal_has_a_title() -> None:
    asked = keys_in_the_code()

    assert len(asked) > 30
    assert asked - TITLES.keys() == set()
    assert TITLES.keys() - asked - OF_THE_SEGMENT == OF_CALLS - asked, "titles of what is never refused"
    assert title_of("requirement.too_long") != ""


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_refusal_has_a_text_for_people(language: str) -> None:
    texts = json.loads((ROOT / "web/src/i18n" / f"{language}.json").read_text())["refusal"]
    shown = {key for key in TITLES if not key.startswith("webhook.")} - NO_PAGE_ASKS

    assert {key for key in shown if not isinstance(text_at(texts, key), str)} == set()


def text_at(texts: Any, key: str) -> Any:
    for step in key.split("."):
        texts = texts.get(step) if isinstance(texts, dict) else None
    return texts
