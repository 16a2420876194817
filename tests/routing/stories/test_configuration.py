"""Is a changed configuration in force with the same message, and does it disturb nobody whom it does not concern?"""

import pytest

from contacts.stay import Wishes
from routing.engine import Engine
from routing.messages import AgentProfile, Capacity, ConfigChanged
from tests.routing.scene import COMPANY, Scene, numbered


def test_of_two_profiles_of_one_agent_the_last_counts(scene: Scene) -> None:
    scene.queue("chinese", requirement="zh")
    scene.queue("english", requirement="en")
    scene.agent("ann", "fr 1")
    granted = frozenset({COMPANY})

    scene.tell(
        ConfigChanged(99, agents=(AgentProfile("ann", {"zh": 1}, granted), AgentProfile("ann", {"en": 1}, granted)))
    )

    scene.arrive("x", "chinese")
    scene.arrive("y", "english")
    assert scene.live() == [("y", "ann")]


@pytest.mark.parametrize(
    ("queues", "offered"),
    [("a", [("a0", "ann"), ("a1", "bob")]), ("ab", [("a0", "ann"), ("b0", "bob")])],
    ids=["one line", "two lines"],
)
@pytest.mark.parametrize("promise_s", [0, 900_000], ids=["overdue", "ordinary"])
def test_who_comes_in_sight_by_a_longer_look_ahead_is_offered_at_once(
    scene: Scene, promise_s: int, queues: str, offered: list[tuple[str, str]]
) -> None:
    scene.domain(look_ahead=0)
    for queue in queues:
        scene.queue(queue, promise_s=promise_s)
        scene.arrive(f"{queue} not theirs", queue, wishes=Wishes(excluded_agent_ids=("ann", "bob")))
    for number in range(2):
        for queue in queues:
            scene.wait(1)
            scene.arrive(f"{queue}{number}", queue)
    scene.wait(1)
    for name in ("ann", "bob"):
        scene.agent(name)
    assert scene.live() == []

    scene.domain(look_ahead=1)

    assert scene.offered() == offered


def test_a_channel_that_a_capacity_does_not_name_is_not_given_and_costs_nothing() -> None:
    scene = Scene(Engine(numbered("segment")))
    scene.queue()
    scene.agent("ann", capacity=Capacity(100, {"phone": 100}, {"phone": 1, "fax": 2}))

    for number in range(3):
        scene.arrive(f"chat {number}", channel="chat")
        scene.arrive(f"fax {number}", channel="fax")

    assert scene.live() == [("fax 0", "ann"), ("fax 1", "ann")]
    assert scene.decider.load("ann") == 0


def test_a_wider_round_asks_more_about_who_is_on_offer_already(scene: Scene) -> None:
    scene.queue(offers_at_once=2)
    for name in ("ann", "bob", "cat"):
        scene.agent(name)
    scene.arrive("x", channel="chat")
    assert scene.live() == [("x", "ann"), ("x", "bob")]

    scene.queue(offers_at_once=3, version=2)

    assert scene.offered() == [("x", "cat")]


def test_who_is_made_able_of_the_one_channel_they_have_room_on_is_given_it_at_once(scene: Scene) -> None:
    scene.queue(requirement="zh")
    calls_only = Capacity(maxima={channel: int(channel == "phone") for channel in Capacity().maxima})
    scene.agent("ann", "", capacity=calls_only)
    scene.arrive("x")
    assert scene.live() == []

    scene.agent("ann", "zh 1", capacity=calls_only, ready=False)

    assert scene.offered() == [("x", "ann")]


def test_who_had_no_phone_and_has_another_profile_now_is_not_missed_among_the_phones(scene: Scene) -> None:
    scene.queue(reoffer_pause_s=30)
    scene.agent("dan", ready=False)
    scene.agent("ann", phone=False)
    scene.agent("ann", "zh 1", ready=False)
    scene.choose("ann", "away")
    for name in ("bob", "cat"):
        scene.agent(name)
        scene.arrive(f"for {name}")
    scene.talk("cat", "for cat")

    scene.decline("bob", "for bob")

    assert scene.live() == []  # cat is there, if busy


def test_a_profile_that_changes_nothing_keeps_no_other_from_changing(scene: Scene) -> None:
    scene.queue(requirement="zh")
    for name in ("ann", "bob"):
        scene.agent(name)
    granted = frozenset({COMPANY})

    scene.tell(ConfigChanged(99, agents=(AgentProfile("ann", {}, granted), AgentProfile("bob", {"zh": 1}, granted))))

    scene.arrive("x")
    assert scene.live() == [("x", "bob")]


def test_a_changed_rate_counts_for_those_who_wait(scene: Scene) -> None:
    """At 20 s: x has 20 points; y, who came at 10 s, has 10 at the old rate of 1 and 30 at the new one of 3."""
    scene.queue("a")
    scene.queue("b")
    scene.agent("ann")
    for name in ("first", "second", "x"):
        scene.arrive(name, "a")
    scene.until(10)
    scene.arrive("y", "b")
    scene.serve("ann", "first")
    assert scene.offers_to("ann") == ["second"]
    scene.queue("b", rate=3, version=2)
    scene.until(19)
    scene.talk("ann", "second")
    scene.until(20)

    scene.end("ann", "second")

    assert scene.offered() == [("y", "ann")]
