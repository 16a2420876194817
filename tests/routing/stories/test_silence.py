"""What becomes of the work of a desk that is silent and of a phone that is lost, and how long is a desk watched?"""

from contacts.words import SECOND_US
from routing.messages import Capacity
from tests.routing.scene import Scene


def test_a_silent_desk_without_a_written_conversation_is_waited_for_by_nobody(scene: Scene) -> None:
    scene.queue(wrap_up_s=0)
    scene.agent("ann")
    scene.arrive("x", channel="chat")
    scene.talk("ann", "x")
    scene.lose("ann", "desk")
    assert scene.decider.next_deadline() == scene.now_us + 60 * SECOND_US

    scene.end("ann", "x")

    assert scene.decider.next_deadline() is None


def test_a_wrap_up_at_a_silent_desk_is_no_conversation(scene: Scene) -> None:
    scene.queue(wrap_up_s=None)
    scene.agent("ann")
    scene.arrive("x", channel="chat")
    scene.talk("ann", "x")
    scene.lose("ann", "desk")

    scene.end("ann", "x")

    assert scene.decider.next_deadline() is None


def test_a_conversation_that_begins_at_a_silent_desk_goes_back_a_minute_after_the_silence_began(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x", channel="chat")
    scene.accept("ann", "x")
    scene.lose("ann", "desk")
    scene.wait(5)
    scene.connected("ann", "x")

    assert scene.wait(54) == []
    assert [back.agent_id for back in scene.wait(1)] == ["ann"]


def test_a_shorter_patience_with_silent_desks_counts_from_the_silence(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x", channel="chat")
    scene.talk("ann", "x")
    scene.lose("ann", "desk")
    scene.wait(5)

    scene.domain(written_silence_us=20 * SECOND_US)

    assert scene.wait(14) == []
    assert [back.agent_id for back in scene.wait(1)] == ["ann"]


def test_a_silent_desk_gets_no_offers_and_loses_the_live_one_without_blame(scene: Scene) -> None:
    scene.queue(reoffer_pause_s=30)
    scene.agent("ann")
    scene.agent("bob")
    scene.arrive("x")

    scene.lose("ann", "desk")

    assert [(over.agent_id, over.end, over.why) for over in scene.of("OfferOver")] == [
        ("ann", "withdrawn", "unreachable")
    ]
    assert scene.offered() == [("x", "bob")]
    assert scene.decider.agent_state("ann").desk_silent_us == scene.now_us
    assert scene.lose("ann", "desk") == []  # said twice
    scene.lose("bob", "desk")
    assert scene.live() == []
    scene.reach("ann", "desk")
    assert scene.offered() == [("x", "ann")]  # no pause
    assert scene.decider.agent_state("ann").desk_silent_us is None
    assert not scene.decider.agent_state("ann").not_responding


def test_a_call_goes_on_when_the_desk_is_silent(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x")
    scene.talk("ann", "x")

    scene.lose("ann", "desk")
    assert scene.wait(3600) == []

    assert scene.end("ann", "x")


def test_written_conversations_of_a_silent_desk_go_back_and_free_the_agent(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    for name in ("x", "y"):
        scene.arrive(name, channel="chat")
        scene.talk("ann", name)
    scene.park("ann", "y")
    scene.lose("ann", "desk")
    assert scene.wait(59) == []

    scene.wait(1)

    assert [(each.segment_id, each.agent_id) for each in scene.of("HandedBack")] == [
        (scene.segment_of["ann", "x"], "ann"),
        (scene.segment_of["ann", "y"], "ann"),
    ]
    assert scene.wait(600) == []  # once
    for name in ("x", "y"):
        scene.end("ann", name)
    assert scene.decider.load("ann") == 0


def test_a_desk_that_answers_in_time_keeps_its_conversations(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x", channel="chat")
    scene.talk("ann", "x")
    scene.lose("ann", "desk")
    scene.wait(59)

    scene.reach("ann", "desk")

    assert scene.wait(600) == []
    assert scene.end("ann", "x")


def test_an_unregistered_phone_gets_no_calls_and_still_gets_chats(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann", phone=False)

    scene.arrive("x", channel="phone")
    scene.arrive("y", channel="chat")

    assert scene.live() == [("y", "ann")]


def test_a_phone_that_is_lost_takes_back_calls_on_offer_and_leaves_chats(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann", capacity=Capacity(units=120))
    scene.arrive("x", channel="phone")
    scene.arrive("y", channel="chat")

    scene.lose("ann", "phone")

    assert [(over.stay_id, over.why) for over in scene.of("OfferOver")] == [("x", "unreachable")]
    assert scene.live() == [("y", "ann")]
    scene.reach("ann", "phone")
    assert scene.offered() == [("x", "ann")]
