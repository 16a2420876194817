"""Is it only the memory of lines that is bounded, and never who is served?"""

import pytest

from contacts.stay import Wishes
from routing.engine import Engine
from routing.messages import WidenStep
from tests.routing.scene import Scene, numbered
from tests.routing.test_nothing_kept import texts_of


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


def test_a_line_that_somebody_came_to_by_widening_is_not_forgotten_while_they_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("routing.line._KEPT_LINES", 2)
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue(requirement="zh >= 9", widen=(WidenStep(5, "zh >= 1"),))
    scene.arrive("widened")
    scene.wait(1)
    scene.arrive("native", requirement="zh >= 1")
    scene.until(5)
    many_lines(scene)
    scene.leave("native")
    many_lines(scene)

    scene.agent("ann", "zh 1")

    assert scene.serve_all("ann") == ["widened"]
    assert engine.count_waiting() == 0


def test_a_line_is_not_forgotten_while_one_of_two_still_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.line._KEPT_LINES", 2)
    scene = Scene(Engine(numbered("segment")))
    scene.queue()
    for name in ("x", "y"):
        scene.arrive(name)
    scene.leave("x")
    many_lines(scene)

    scene.agent("ann")

    assert scene.serve_all("ann") == ["y"]


def test_of_lines_in_which_nobody_waits_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.line._KEPT_LINES", 4)
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue(widen=(WidenStep(5, "zh"),))
    scene.arrive("x", requirement="en")
    scene.wait(5)
    scene.leave("x")

    many_lines(scene)

    assert len([text for text in texts_of(engine) if ">=" in text]) <= 4
    assert {"zh", "en"} & texts_of(engine) <= {"zh"}  # which the queue's policy names


def test_an_agent_of_many_lines_is_given_what_stands_first_in_them_as_one_of_few_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("routing.staff._FEW_LINES", 1)
    scene = Scene(Engine(numbered("segment")))
    scene.queue()
    numbers = [(7 * number) % 40 for number in range(40)]
    for number in numbers:
        scene.arrive(f"x{number}", requirement=f"skill_{number} >= 1")
        scene.wait(1)
    able = [number for number in numbers if number not in (0, 14, 15, 31)]

    scene.agent("ann", ", ".join(f"skill_{number} 1" for number in able))

    assert scene.serve_all("ann") == [f"x{number}" for number in able]


def test_an_agent_of_many_lines_finds_the_one_behind_all_those_whose_first_is_not_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("routing.staff._FEW_LINES", 1)
    scene = Scene(Engine(numbered("segment")))
    for number in range(20):
        scene.queue(f"queue {number}")
        scene.arrive(f"not ann {number}", f"queue {number}", wishes=Wishes(excluded_agent_ids=("ann",)))
    scene.wait(1)
    scene.queue("last")
    scene.arrive("x", "last")

    scene.agent("ann")

    assert scene.offered() == [("x", "ann")]


def test_an_explanation_names_sixteen_losers_of_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.staff._FEW_LINES", 1)
    scene = Scene(Engine(numbered("segment")))
    for number in range(20):
        scene.queue(f"queue {number}")
        scene.arrive(f"x{number:02}", f"queue {number}")
        scene.wait(1)

    scene.agent("ann")

    (offer,) = scene.of("Offered")
    assert [row[-1] for row in offer.explanation["stays"]] == [f"x{number:02}" for number in range(17)]


def many_lines(scene: Scene) -> None:
    """So many that those in which nobody waits are forgotten."""
    for number in range(20):
        scene.arrive("short", requirement=f"skill_{number} >= 1")
        scene.leave("short")
