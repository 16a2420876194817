"""Is it only the memory of lines that is bounded, and never who is served?"""

import pytest

from routing.engine import Engine
from tests.routing.scene import Scene, numbered


def test_when_lines_are_forgotten_those_in_which_somebody_waits_are_served_as_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("routing.line._KEPT_LINES", 2)
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue()
    scene.agent("ann", "zh 3, en 3")
    scene.choose("ann", "away")
    scene.arrive("1st", requirement="zh >= 1")
    scene.arrive("gone", requirement="en >= 1")
    scene.leave("gone")
    scene.arrive("2nd", requirement="zh >= 2")
    scene.arrive("3rd", requirement="en >= 2")
    scene.arrive("4th", requirement="en >= 1")

    scene.choose("ann", "ready")

    assert scene.serve_all("ann") == ["1st", "2nd", "3rd", "4th"]
    assert engine.idle_with_work() == []
    assert engine.count_waiting() == 0
