"""Is nothing kept of who has left? An engine runs for months; what it does not forget it carries along for ever."""

import gc
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from contacts.stay import Wishes
from routing.engine import Engine
from routing.messages import WidenStep
from tests.routing.scene import Scene, numbered

ENDS: dict[str, Callable[[Scene], object]] = {
    "left": lambda scene: scene.leave("x"),
    "served": lambda scene: scene.serve("bob", "x"),
    "declined by all": lambda scene: (scene.decline("bob", "x"), scene.wait(1), scene.decline("ann", "x")),
    "let go and left": lambda scene: (scene.decline("bob", "x"), scene.leave("x")),
    "accepted and left": lambda scene: (scene.accept("bob", "x"), scene.leave("x")),
    "failed and left": lambda scene: (scene.accept("bob", "x"), scene.connect_failed("bob", "x"), scene.leave("x")),
    "waited too long": lambda scene: scene.wait(2000),
}
WISHES = {
    "nothing": Wishes(),
    "not cat": Wishes(excluded_agent_ids=("cat", "dan")),
    "bob only": Wishes(only_agent_id="bob"),
}


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("at_once", [1, 2])
def test_of_a_contact_that_is_over_the_engine_knows_not_even_the_name(end: str, wish: str, at_once: int) -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue(offers_at_once=at_once, limit_s=1000, max_offers=2, promise_s=30, widen=(WidenStep(5, "zh"),))
    for name in ("bob", "ann", "cat"):
        scene.agent(name, "zh 1")
        scene.wait(1)
    scene.arrive("x", channel="chat", wishes=WISHES[wish])
    assert "x" in scene.offers_to("bob")

    if end == "declined by all" and wish == "bob only":
        scene.decline("bob", "x")
        scene.decline("bob", "x")
    else:
        ENDS[end](scene)
    scene.wait(3000)
    scene.choose("cat", "away")

    assert not engine.has_stay("x")
    assert {"x", "contact of x"} & texts_of(engine) == set()
    assert {text for text in texts_of(engine) if text.startswith("segment-")} == set()


def test_profiles_that_come_and_go_leave_no_room_behind() -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue()
    for number in range(200):
        scene.agent("ann", f"skill_{number} 1", ready=False)

    assert max(len(each) for each in all_of(engine) if isinstance(each, list)) < 20


def texts_of(root: object) -> set[str]:
    return {each for each in all_of(root) if isinstance(each, str)}


def all_of(root: object) -> list[Any]:
    """All that can be reached from an object, classes, modules and functions apart."""
    seen: dict[int, Any] = {}
    coming: list[Any] = [root]
    while coming:
        one = coming.pop()
        if id(one) not in seen and not isinstance(one, type | ModuleType) and not callable(one):
            seen[id(one)] = one
            coming += gc.get_referents(one)
    return list(seen.values())
