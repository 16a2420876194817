"""Is a silent desk watched exactly as long as somebody is written to from it?"""

from contacts.words import SECOND_US
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
