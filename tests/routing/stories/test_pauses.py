"""Is who let a contact go spared it for a while, and does the contact never wait for that?"""

from contacts.stay import Wishes
from contacts.words import SECOND_US
from routing.messages import Capacity, TimePassed
from tests.routing.scene import Scene


def test_nobody_is_spared_a_call_for_a_colleague_who_has_no_phone(scene: Scene) -> None:
    scene.queue(reoffer_pause_s=30)
    scene.agent("ann")
    scene.agent("bob", phone=False)
    scene.arrive("call")

    scene.decline("ann", "call")

    assert scene.offered() == [("call", "ann")]  # bob could never take it


def test_one_is_spared_a_chat_for_a_colleague_who_has_no_phone(scene: Scene) -> None:
    scene.queue(reoffer_pause_s=30, offer_timeout_s=100)
    scene.agent("ann", capacity=Capacity(units=20))
    scene.agent("bob", phone=False, capacity=Capacity(units=20))
    scene.arrive("first", channel="chat")
    scene.arrive("second", channel="chat")
    assert scene.live() == [("first", "ann"), ("second", "bob")]

    scene.decline("ann", "first")

    assert scene.offers_to("ann") == []  # bob is there, if busy
    scene.wait(29)
    assert scene.offers_to("ann") == []
    scene.wait(1)
    assert scene.offers_to("ann") == ["first"]


def test_of_two_pauses_that_end_together_one_ends_though_the_other_s_contact_has_left(scene: Scene) -> None:
    scene.queue(reoffer_pause_s=30)
    scene.agent("cat")
    scene.arrive("x")
    scene.talk("cat", "x")  # she is there, so the others are spared
    for number, name in enumerate(("ann", "bob")):
        scene.agent(name)
        scene.arrive(f"x{number}")
        scene.accept(name, f"x{number}")
    for name, stay in (("ann", "x0"), ("bob", "x1")):
        scene.connect_failed(name, stay)
    for name, stay in (("ann", "x1"), ("bob", "x0")):
        scene.decline(name, stay)
    assert scene.live() == []
    scene.leave("x0")

    scene.now_us += 30 * SECOND_US
    scene.tell(TimePassed())

    assert scene.offered() == [("x1", "ann")]


def test_nobody_is_spared_a_contact_for_a_colleague_who_must_not_have_it(scene: Scene) -> None:
    scene.queue(reoffer_pause_s=30)
    scene.agent("ann", "zh 1")
    scene.agent("bob", "zh 2")
    scene.arrive("x", wishes=Wishes(excluded_agent_ids=("bob",)))

    scene.decline("ann", "x")

    assert scene.offered() == [("x", "ann")]


def test_who_was_spared_is_asked_when_the_last_colleague_who_may_have_it_leaves(scene: Scene) -> None:
    scene.queue(reoffer_pause_s=30)
    for level, name in enumerate(("ann", "bob", "cat")):
        scene.agent(name, f"zh {level + 1}")
    scene.arrive("y", wishes=Wishes(only_agent_id="cat"))
    scene.talk("cat", "y")
    scene.arrive("x", wishes=Wishes(excluded_agent_ids=("bob",)))
    scene.decline("ann", "x")
    assert scene.live() == []  # cat is there, if busy

    scene.lose("cat", "desk")

    assert scene.offered() == [("x", "ann")]
