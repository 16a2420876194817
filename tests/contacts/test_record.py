"""Records are values: equal when they hold the same, changed by making another; the type checker forbids the rest."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from contacts.record import replace
from contacts.segment import Segment

REPOSITORY = Path(__file__).resolve().parents[2]


def segment(**held: object) -> Segment:
    ids = {"id": "s", "contact_id": "c", "stay_id": "w", "queue_id": "q", "domain_id": 1, "agent_id": "a"}
    return Segment(**ids, **{"role": "primary", "state": "offered", "offered_us": 1, **held})  # type: ignore[arg-type]


def test_a_change_makes_another_and_leaves_the_first_as_it_was() -> None:
    before = segment()
    after = replace(before, state="talking", connected_us=5)

    assert (
        after
        == dataclasses.replace(before, state="talking", connected_us=5)
        == segment(state="talking", connected_us=5)
    )
    assert before == segment()
    assert hash(after) == hash(segment(state="talking", connected_us=5))
    assert hash(after) != hash(before)


def test_what_is_no_field_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        replace(segment(), colour="red")  # type: ignore[call-arg]


def test_the_type_checker_forbids_to_assign(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from contacts.segment import Segment\n\n\ndef end(s: Segment) -> None:\n    s.state = 'ended'\n")
    run = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", str(wrong)]
    told = subprocess.run(run, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert 'Property "state" defined in "Segment" is read-only' in told.stdout
