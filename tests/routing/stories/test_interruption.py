"""May something more urgent interrupt what can wait, and does that return first?"""

import pytest

from contacts.stay import Wishes
from contacts.words import Channel
from routing.messages import Capacity
from tests.routing.scene import Scene


def centre(scene: Scene, *names: str, capacity: Capacity | None = None) -> None:
    """Mails and tasks may be interrupted by calls; nothing else may."""
    scene.queue("calls")
    scene.queue("mails", interrupted_by=("phone",))
    scene.queue("chats")
    for name in names:
        scene.agent(name, capacity=capacity)


def writes(scene: Scene, agent: str, *stays: str, queue: str = "mails", channel: Channel = "email") -> None:
    for stay in stays:
        scene.arrive(stay, queue, channel)
        scene.talk(agent, stay)


def parked(scene: Scene) -> list[str]:
    """Segments that the last message interrupted, in order."""
    return [each.segment_id for each in scene.of("Parked")]


def returned(scene: Scene) -> list[str]:
    assert all(each.returned for each in scene.of("Unparked"))
    return [each.segment_id for each in scene.of("Unparked")]


def test_a_call_interrupts_a_mail_which_is_parked_and_returns_after_the_wrap_up(scene: Scene) -> None:
    centre(scene, "ann")
    scene.queue("calls", wrap_up_s=30)
    writes(scene, "ann", "m")
    mail = scene.segment_of["ann", "m"]

    scene.arrive("c", "calls")
    assert scene.offered() == [("c", "ann")]
    (interrupted,) = scene.of("Parked")
    assert (interrupted.segment_id, interrupted.interrupted_by) == (mail, scene.segment_of["ann", "c"])
    assert scene.decider.load("ann") == 100  # parked costs nothing

    scene.talk("ann", "c")
    scene.end("ann", "c")
    assert returned(scene) == []  # the wrap-up costs what the call did
    scene.finish("ann", "c")
    assert returned(scene) == [mail]
    assert scene.decider.load("ann") == 20


def test_a_call_never_interrupts_a_call(scene: Scene) -> None:
    scene.queue("calls", interrupted_by=("phone", "chat"))
    scene.agent("ann")
    scene.arrive("first", "calls")
    scene.talk("ann", "first")

    scene.arrive("second", "calls")
    scene.arrive("chat", "calls", "chat")

    assert (scene.offered(), scene.of("Parked", everything=True)) == ([], [])


def test_what_its_queue_does_not_name_does_not_interrupt(scene: Scene) -> None:
    centre(scene, "ann", capacity=Capacity(units=20))
    writes(scene, "ann", "m")

    scene.arrive("x", "chats", "chat")
    assert scene.offered() == []

    scene.end("ann", "m")
    assert scene.offered() == [("x", "ann")]
    scene.talk("ann", "x")
    scene.arrive("y", "mails", "email")
    scene.arrive("z", "calls", "chat")
    assert scene.of("Parked", everything=True) == []


def test_whoever_has_room_is_asked_before_anybody_is_interrupted(scene: Scene) -> None:
    """Although ann is idle longer, and although the caller prefers her."""
    centre(scene, "ann")
    writes(scene, "ann", "m")
    scene.wait(10)
    scene.agent("bob")

    scene.arrive("c", "calls", wishes=Wishes(preferred_agent_id="ann"))
    assert scene.offered() == [("c", "bob")]

    scene.arrive("d", "calls")
    assert scene.offered() == [("d", "ann")]


def test_only_who_is_asked_for_is_interrupted_for_who_asks_for_them(scene: Scene) -> None:
    centre(scene, "ann", "bob")
    writes(scene, "ann", "m")

    scene.arrive("c", "calls", wishes=Wishes(only_agent_id="ann"))

    assert scene.offered() == [("c", "ann")]
    assert parked(scene) == [scene.segment_of["ann", "m"]]


def test_a_waiting_call_interrupts_a_mail_as_soon_as_that_is_a_conversation(scene: Scene) -> None:
    """An offered mail is not interrupted: its offer costs in full until it is answered."""
    centre(scene, "ann")
    scene.arrive("m", "mails", "email")
    scene.arrive("c", "calls")
    assert scene.offered() == []

    scene.accept("ann", "m")
    assert scene.offered() == []
    scene.connected("ann", "m")

    assert scene.offered() == [("c", "ann")]
    assert parked(scene) == [scene.segment_of["ann", "m"]]


def test_no_more_than_needed_is_interrupted_the_last_begun_first_and_the_first_begun_returns_first(
    scene: Scene,
) -> None:
    centre(scene, "ann", capacity=Capacity(units=140))
    writes(scene, "ann", "m1", "m2", "m3", "m4")  # 80; the call needs 100

    scene.arrive("c", "calls")
    assert parked(scene) == [scene.segment_of["ann", each] for each in ("m4", "m3")]
    scene.talk("ann", "c")

    scene.end("ann", "m1")
    assert returned(scene) == [scene.segment_of["ann", "m3"]]
    scene.end("ann", "c")
    assert returned(scene) == [scene.segment_of["ann", "m4"]]


@pytest.mark.parametrize("how", ["declined", "abandoned", "expired", "failed"])
def test_what_was_interrupted_for_nothing_returns_at_once(scene: Scene, how: str) -> None:
    centre(scene, "ann", "bob")
    writes(scene, "ann", "m")
    scene.choose("bob", "away")  # logged in is what counts for a pause: nobody else is there to be asked instead
    scene.arrive("c", "calls")
    mail = scene.segment_of["ann", "m"]

    match how:
        case "declined":
            scene.choose("bob", "ready")
            scene.decline("ann", "c")
        case "abandoned":
            scene.leave("c")
        case "expired":
            scene.wait(20)
        case "failed":
            scene.choose("bob", "ready")
            scene.accept("ann", "c")
            scene.connect_failed("ann", "c")

    assert mail in returned(scene)


def test_who_declines_again_and_again_alone_is_interrupted_again_and_again(scene: Scene) -> None:
    """Nobody else is there, so no pause holds; the mail is with them in between."""
    centre(scene, "ann")
    writes(scene, "ann", "m")
    scene.arrive("c", "calls")
    mail = scene.segment_of["ann", "m"]

    scene.decline("ann", "c")

    assert scene.offered() == [("c", "ann")]
    assert (returned(scene), parked(scene)) == ([mail], [mail])


def test_parked_work_returns_before_anything_new_is_given(scene: Scene) -> None:
    centre(scene, "ann", capacity=Capacity(units=100, costs={**Capacity().costs, "email": 50, "chat": 60}))
    writes(scene, "ann", "m")
    scene.arrive("c", "calls")
    scene.talk("ann", "c")
    scene.arrive("x", "chats", "chat")  # waits, and was there before the call ends

    scene.end("ann", "c")

    assert returned(scene) == [scene.segment_of["ann", "m"]]
    assert scene.offered() == []  # 50 + 60 > 100


def test_a_next_call_interrupts_what_returned(scene: Scene) -> None:
    centre(scene, "ann")
    writes(scene, "ann", "m")
    for name in ("c1", "c2"):
        scene.arrive(name, "calls")
    scene.talk("ann", "c1")

    scene.end("ann", "c1")

    assert scene.offered() == [("c2", "ann")]
    assert (returned(scene), parked(scene)) == ([scene.segment_of["ann", "m"]],) * 2


def test_what_a_person_parked_returns_by_a_person_alone(scene: Scene) -> None:
    centre(scene, "ann")
    writes(scene, "ann", "m")
    scene.park("ann", "m")
    scene.arrive("c", "calls")
    scene.serve("ann", "c")
    scene.wait(1000)
    assert scene.of("Unparked", everything=True) == []

    scene.unpark("ann", "m")
    assert [each.returned for each in scene.of("Unparked")] == [False]


def test_who_takes_a_parked_mail_up_beside_a_call_is_above_capacity_by_their_own_act(scene: Scene) -> None:
    centre(scene, "ann")
    writes(scene, "ann", "m")
    scene.arrive("c", "calls")
    scene.talk("ann", "c")

    scene.unpark("ann", "m")
    assert scene.decider.load("ann") == 120
    scene.arrive("d", "calls")
    assert scene.offered() == []

    scene.end("ann", "c")
    assert scene.of("Unparked") == []
    assert scene.offered() == [("d", "ann")]  # and interrupts it once more


def test_room_that_is_left_beside_the_interrupting_contact_is_given(scene: Scene) -> None:
    """Two mails of 50 are parked for a chat of 60: a task of 40 fits beside it."""
    costs = {**Capacity().costs, "email": 50, "chat": 60, "task": 40}
    scene.queue("mails", interrupted_by=("chat",))
    scene.queue("chats")
    scene.agent("ann", capacity=Capacity(units=100, costs=costs))
    writes(scene, "ann", "m1", "m2")
    scene.arrive("t", "chats", "task")
    assert scene.offered() == []

    scene.arrive("x", "chats", "chat")

    assert scene.offered() == [("x", "ann"), ("t", "ann")]


def test_a_queue_that_forbids_it_again_is_not_interrupted_any_more(scene: Scene) -> None:
    centre(scene, "ann")
    writes(scene, "ann", "m")
    scene.queue("mails")
    scene.arrive("c", "calls")
    assert scene.offered() == []

    scene.queue("mails", interrupted_by=("phone",))

    assert scene.offered() == [("c", "ann")]


def test_a_mail_that_the_silent_desk_hands_back_does_not_return(scene: Scene) -> None:
    centre(scene, "ann")
    writes(scene, "ann", "m")
    scene.arrive("c", "calls")
    scene.talk("ann", "c")
    scene.lose("ann", "desk")

    scene.wait(60)
    assert [each.segment_id for each in scene.of("HandedBack")] == [scene.segment_of["ann", "m"]]
    scene.end("ann", "c")

    assert scene.of("Unparked") == []


def test_the_customer_who_ends_an_interrupted_contact_leaves_its_wrap_up(scene: Scene) -> None:
    centre(scene, "ann")
    scene.queue("mails", interrupted_by=("phone",), wrap_up_s=None)
    writes(scene, "ann", "m")
    scene.arrive("c", "calls")
    scene.talk("ann", "c")

    scene.end("ann", "m")
    scene.end("ann", "c")

    assert scene.of("Unparked", everything=True) == []
    assert scene.decider.load("ann") == 20
