"""Would the engine's own checks notice if it broke a promise? Here it is made to break them."""

import pytest

from routing.capacity import ALL_CHANNELS, ONE, Room
from routing.engine import Engine
from routing.messages import Capacity
from tests.routing.scene import Scene, numbered


def test_a_match_step_that_forgets_somebody_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue("late", promise_s=10)
    scene.queue("fine")
    scene.agent("ann")
    monkeypatch.setattr("routing.engine.match", lambda board: board.shelve())

    scene.arrive("x", "fine")
    assert engine.idle_with_work() == [("ann", "x")]
    scene.arrive("y", "late")
    scene.wait(10)

    assert engine.idle_with_work() == [("ann", "y"), ("ann", "x")]


def test_who_cannot_be_given_anything_is_not_called_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue(requirement="zh")
    scene.agent("ann", "zh 1")
    scene.agent("bob")
    scene.agent("cat", "zh 1")
    scene.choose("cat", "away")
    monkeypatch.setattr("routing.engine.match", lambda board: board.shelve())

    scene.arrive("x")

    assert engine.idle_with_work() == [("ann", "x")]


def test_more_work_than_capacity_is_noticed_unless_a_person_or_a_new_capacity_did_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue()
    scene.agent("ann")
    scene.agent("bob")
    scene.choose("bob", "away")
    scene.arrive("x")
    scene.choose("bob", "ready")
    scene.arrive("y")
    scene.arrive("z")
    scene.assign("z", "ann")
    assert engine.load("ann") == 200
    assert engine.above_capacity() == []

    monkeypatch.setattr(Room, "open", lambda room, held: ALL_CHANNELS)
    for name in ("one", "more"):
        scene.arrive(name)
    scene.decline("bob", "y")

    assert engine.load("bob") == 200
    assert engine.above_capacity() == ["bob"]


def test_who_was_put_above_capacity_by_a_person_stays_excused_until_below() -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue()
    scene.agent("ann")
    for name in ("x", "y", "z"):
        scene.arrive(name)
    for name in ("y", "z"):
        scene.assign(name, "ann")
        scene.talk("ann", name)

    scene.decline("ann", "x")
    assert engine.load("ann") == 200
    assert engine.above_capacity() == []
    scene.end("ann", "y")
    assert engine.load("ann") == 100
    assert engine.above_capacity() == []


@pytest.mark.parametrize(
    "capacity",
    [Capacity(units=20), Capacity(units=1000, maxima={**Capacity().maxima, "chat": 1})],
    ids=["more units", "more of one channel"],
)
def test_too_much_is_noticed_by_the_units_and_by_the_maximum(
    capacity: Capacity, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue()
    scene.agent("ann", capacity=capacity)
    monkeypatch.setattr(Room, "open", lambda room, held: ALL_CHANNELS if held < 2 * ONE["chat"] else 0)

    scene.arrive("x", channel="chat")
    assert engine.above_capacity() == []
    scene.arrive("y", channel="chat")

    assert engine.above_capacity() == ["ann"]
