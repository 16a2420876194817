"""Is who let a contact go spared it for a while, and does the contact never wait for that?"""

from routing.messages import Capacity
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
