"""Is the AsyncAPI document in git the one that the websocket keeps, and is every frame in it?"""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from app.frames import ClientFrame, Do
from app.frames_told import FRAMES, RECORDS, check
from app.socket_document import FROM_PAGE, document

FILE = Path(__file__).resolve().parents[2] / "docs" / "asyncapi.json"


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(references, part.values()))
    return set().union(*map(references, part)) if isinstance(part, list) else set()


def test_the_document_in_git_is_that_of_the_socket() -> None:
    """If not: jackfield asyncapi > docs/asyncapi.json"""
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(document()))


def test_every_reference_leads_somewhere() -> None:
    made = document()
    for reference in references(made):
        found: Any = made
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]

        assert found, reference


def test_every_frame_of_both_sides_and_every_record_is_in_the_document() -> None:
    made = document()
    union = get_args(get_args(ClientFrame)[0])

    assert set(union) == set(FROM_PAGE)
    assert set(made["components"]["messages"]) == {model.__name__ for model in (*FROM_PAGE, *FRAMES)}
    assert {model.__name__ for model in RECORDS.values()} <= set(made["components"]["schemas"])
    assert set(get_args(Do.model_fields["what"].annotation)) == set(
        made["components"]["schemas"]["Do"]["properties"]["what"]["enum"]
    )


@pytest.mark.parametrize(
    "frame",
    [
        {"t": "turn", "feed": "desk", "prev": 1, "pos": 2, "put": {"me": {}}},
        {"t": "turn", "feed": "desk", "prev": 1, "pos": 2, "put": {}, "more": 1},
        {"t": "figures", "feed": "live", "pos": 2, "put": {"all": {"waiting": 1.5}}},
        {"t": "unheard_of"},
    ],
)
def test_a_frame_that_is_not_as_described_is_noticed(frame: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        check(json.dumps(frame).encode())
