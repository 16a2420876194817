"""Is everything impossible refused with a reason for people, a status for HTTP and the field that is meant?"""

from collections.abc import Callable

import pytest

from routing.engine import Engine
from routing.messages import Refusal
from tests.routing.scene import Scene, numbered

# What is tried (ann holds a call, a chat, an offer of y and a wrap-up; z waits), and how it is refused.
REFUSALS: dict[str, tuple[Callable[[Scene], object], tuple[str, int, str]]] = {
    "an unknown queue": (lambda scene: scene.arrive("new", "nowhere"), ("queue.unknown", 404, "queue_id")),
    "a closed queue": (lambda scene: scene.arrive("new", "closed"), ("queue.closed", 409, "queue_id")),
    "a known stay": (lambda scene: scene.arrive("z"), ("stay.known", 409, "stay_id")),
    "a requirement": (
        lambda scene: scene.arrive("new", requirement="zh >="),
        ("requirement.level_expected", 422, "requirement"),
    ),
    "a stay that is over": (lambda scene: scene.leave("call"), ("stay.not_waiting", 409, "stay_id")),
    "an unknown agent": (lambda scene: scene.choose("zoe", "ready"), ("agent.unknown", 404, "agent_id")),
    "an unknown agent assigned": (lambda scene: scene.assign("z", "zoe"), ("agent.unknown", 404, "agent_id")),
    "an agent who is away": (lambda scene: scene.assign("z", "bob"), ("agent.not_ready", 409, "agent_id")),
    "an agent without a grant": (lambda scene: scene.assign("z", "cat"), ("agent.not_granted", 403, "agent_id")),
    "an offer made already": (lambda scene: scene.assign("y", "ann"), ("offer.taken", 409, "stay_id")),
    "asking oneself": (lambda scene: scene.consult("ann", "chat", "ann"), ("agent.oneself", 409, "agent_id")),
    "asking one who is away": (lambda scene: scene.consult("ann", "chat", "bob"), ("agent.not_ready", 409, "agent_id")),
    "asking one without a grant": (
        lambda scene: scene.consult("ann", "chat", "cat"),
        ("agent.not_granted", 403, "agent_id"),
    ),
    "asking an unknown agent": (lambda scene: scene.consult("ann", "chat", "zoe"), ("agent.unknown", 404, "agent_id")),
    "asking about an offer": (
        lambda scene: scene.consult("ann", "y", "cat"),
        ("segment.not_talking", 409, "segment_id"),
    ),
    "taking back a talk": (lambda scene: scene.take_back("ann", "chat"), ("segment.not_offered", 409, "segment_id")),
    "raising who has left": (lambda scene: scene.reprioritise("call", 9), ("stay.not_waiting", 409, "stay_id")),
    "another's offer accepted": (lambda scene: scene.accept("bob", "y"), ("segment.anothers", 404, "segment_id")),
    "another's offer declined": (lambda scene: scene.decline("bob", "y"), ("segment.anothers", 404, "segment_id")),
    "no such offer": (lambda scene: scene.accept("ann", "none"), ("segment.over", 409, "segment_id")),
    "accepting twice": (lambda scene: scene.accept("ann", "chat"), ("segment.not_offered", 409, "segment_id")),
    "connecting an offer": (lambda scene: scene.connected("ann", "y"), ("segment.not_connecting", 409, "segment_id")),
    "failing a talk": (
        lambda scene: scene.connect_failed("ann", "chat"),
        ("segment.not_connecting", 409, "segment_id"),
    ),
    "parking a call": (lambda scene: scene.park("ann", "call"), ("segment.not_written", 409, "segment_id")),
    "parking an offer": (lambda scene: scene.park("ann", "y"), ("segment.not_talking", 409, "segment_id")),
    "taking up what is not parked": (
        lambda scene: scene.unpark("ann", "chat"),
        ("segment.not_parked", 409, "segment_id"),
    ),
    "ending an offer": (lambda scene: scene.end("ann", "y"), ("segment.not_talking", 409, "segment_id")),
    "finishing a talk": (lambda scene: scene.finish("ann", "chat"), ("segment.not_wrap_up", 409, "segment_id")),
    "ending a wrap-up": (lambda scene: scene.end("ann", "over"), ("segment.not_talking", 409, "segment_id")),
}


def a_busy_scene() -> Scene:
    scene = Scene(Engine(numbered("segment")))
    scene.queue(wrap_up_s=None)
    scene.queue("closed", closed=True)
    scene.agent("ann")
    scene.agent("bob", ready=False)
    for name in ("over", "chat"):
        scene.arrive(name, channel="chat")
        scene.talk("ann", name)
    scene.end("ann", "over")
    scene.arrive("call")
    scene.assign("call", "ann")
    scene.talk("ann", "call")
    scene.arrive("y", channel="chat")
    scene.assign("y", "ann")
    scene.arrive("z")
    scene.agent("cat", companies=())
    scene.segment_of["bob", "y"] = scene.segment_of["ann", "y"]
    scene.segment_of["ann", "none"] = "no such segment"
    return scene


@pytest.mark.parametrize("what", REFUSALS)
def test_a_refusal_names_reason_status_and_field_and_changes_nothing(what: str) -> None:
    scene = a_busy_scene()
    engine = scene.decider
    assert isinstance(engine, Engine)
    before = engine.digest()
    act, (text_key, status, field_name) = REFUSALS[what]

    with pytest.raises(Refusal) as refusal:
        act(scene)

    assert refusal.value.text_key == text_key
    assert refusal.value.status == status
    assert refusal.value.field_name == field_name
    assert str(refusal.value) == text_key
    assert engine.digest() == before


def test_a_refusal_of_a_person_is_a_conflict_unless_it_says_otherwise() -> None:
    refusal = Refusal("anything")

    assert (refusal.text_key, refusal.status, refusal.field_name) == ("anything", 409, None)


def test_who_may_be_given_something_by_hand_can_be_asked_beforehand() -> None:
    engine = a_busy_scene().decider
    assert isinstance(engine, Engine)

    engine.require_at_work("ann", "line", "phone")  # room is not asked
    for agent_id, text_key in (("bob", "agent.not_ready"), ("cat", "agent.not_granted"), ("zoe", "agent.unknown")):
        with pytest.raises(Refusal) as refusal:
            engine.require_at_work(agent_id, "line", "phone")
        assert refusal.value.text_key == text_key


def test_who_has_no_phone_may_be_given_what_is_written_alone() -> None:
    scene = a_busy_scene()
    engine = scene.decider
    assert isinstance(engine, Engine)
    scene.agent("dan", phone=False)

    engine.require_at_work("dan", "line", "chat")
    with pytest.raises(Refusal):
        engine.require_at_work("dan", "line", "phone")
    assert scene.consult("ann", "chat", "dan")
