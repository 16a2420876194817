"""When several become free, or have to be served, with one message: does each get what they would get alone?"""

from contacts.stay import Wishes
from routing.engine import Engine
from tests.routing.scene import Scene, numbered


def two_are_asked_about_one_chat(scene: Scene) -> None:
    """When it leaves, ann and bob are free again with the same message."""
    scene.queue("round", offers_at_once=2)
    scene.queue()
    for name in ("ann", "bob"):
        scene.agent(name)
    scene.arrive("x", "round", "chat")
    assert scene.live() == [("x", "ann"), ("x", "bob")]


def test_two_who_become_free_together_are_given_one_contact_each(scene: Scene) -> None:
    two_are_asked_about_one_chat(scene)
    for name in ("y1", "y2", "y3"):
        scene.arrive(name)

    scene.leave("x")

    assert scene.offered() == [("y1", "ann"), ("y2", "bob")]


def test_two_who_become_free_together_are_given_those_behind_one_whom_they_may_not_serve(scene: Scene) -> None:
    two_are_asked_about_one_chat(scene)
    scene.arrive("not theirs", wishes=Wishes(excluded_agent_ids=("ann", "bob")))
    scene.wait(1)
    for name in ("y1", "y2", "y3"):
        scene.arrive(name)

    scene.leave("x")

    assert scene.offered() == [("y1", "ann"), ("y2", "bob")]


def test_two_who_become_free_together_see_no_farther_than_the_look_ahead(scene: Scene) -> None:
    scene.domain(look_ahead=1)
    two_are_asked_about_one_chat(scene)
    for name in ("a", "b"):
        scene.arrive(name, wishes=Wishes(excluded_agent_ids=("ann", "bob")))
    scene.wait(1)
    scene.arrive("y")

    scene.leave("x")
    assert scene.offered() == []

    scene.leave("a")
    assert scene.offered() == [("y", "ann")]


def test_an_explanation_names_sixteen_losers_at_most_when_several_are_served_together() -> None:
    scene = Scene(Engine(numbered("segment")))
    scene.queue()
    scene.agent("first")
    for name in ("x", "y"):
        scene.arrive(name, channel="chat")
    for number in range(20):
        scene.agent(f"other {number:02}")

    scene.choose("first", "away")

    assert scene.offered() == [("x", "other 00"), ("y", "other 00")]
    for offer in scene.of("Offered"):
        assert [row[-1] for row in offer.explanation["agents"]] == [f"other {number:02}" for number in range(17)]


def test_an_explanation_names_sixteen_losers_at_most_when_one_is_served() -> None:
    scene = Scene(Engine(numbered("segment")))
    scene.queue()
    for number in range(20):
        scene.agent(f"agent {number:02}")

    scene.arrive("x")

    (offer,) = scene.of("Offered")
    assert [row[-1] for row in offer.explanation["agents"]] == [f"agent {number:02}" for number in range(17)]
    assert offer.explanation["look_ahead_hit"] is False
