"""What may a person do by hand, and what does it change? A colleague is asked, an offer taken back, a value raised."""

from contacts.stay import Wishes
from contacts.words import SECOND_US
from routing.engine import Engine
from routing.messages import TakeBack
from tests.routing.scene import ADVICE, Scene, numbered


def a_conversation(scene: Scene, **queue: int) -> None:
    """Ann talks with x; bob and cat are there."""
    scene.queue(**queue)
    scene.agent("ann")
    scene.arrive("x")
    scene.talk("ann", "x")
    scene.agent("bob")
    scene.agent("cat")


def test_a_colleague_who_is_asked_is_not_free_for_others(scene: Scene) -> None:
    """What they are asked, what they say, and what they write down costs them as much as a call of their own."""
    a_conversation(scene, wrap_up_s=10)
    scene.consult("ann", "x", "bob")
    asked = scene.decider.load("bob")
    scene.accept("bob", ADVICE)
    scene.connected("bob", ADVICE)
    talking = scene.decider.load("bob")
    scene.arrive("y")
    given = scene.offered()
    scene.end("bob", ADVICE)
    wrapping_up = scene.decider.load("bob")
    scene.wait(10)

    assert (asked, talking, wrapping_up, scene.decider.load("bob")) == (100, 100, 100, 0)
    assert given == [("y", "cat")]


def test_a_colleague_may_be_asked_above_capacity_and_is_given_nothing_until_below(scene: Scene) -> None:
    a_conversation(scene)
    scene.arrive("y")
    scene.talk("bob", "y")
    scene.consult("ann", "x", "bob")
    above = scene.decider.load("bob")
    scene.end("bob", "y")
    scene.arrive("z")
    scene.talk("cat", "z")
    scene.arrive("later")

    assert above == 200
    assert scene.offers_to("bob") == [], "the advice asked for is all there is room for"


def test_nobody_waits_because_a_colleague_did_not_want(scene: Scene) -> None:
    a_conversation(scene)
    scene.consult("ann", "x", "bob")
    scene.decline("bob", ADVICE)
    declined = scene.of("OfferOver")
    scene.consult("ann", "x", "bob")
    scene.wait(20)
    expired = scene.of("OfferOver")

    assert [(over.stay_id, over.end) for over in declined + expired] == [(None, "declined"), (None, "expired")]
    assert scene.of("Queued", everything=True)[1:] == []
    assert scene.decider.agent_state("bob").not_responding, "an offer is an offer"
    assert scene.decider.load("ann") == 100, "the conversation goes on"


def test_a_colleague_whose_phone_fails_is_asked_no_more(scene: Scene) -> None:
    a_conversation(scene)
    scene.consult("ann", "x", "bob")
    scene.accept("bob", ADVICE)
    scene.wait(10)

    assert [over.why for over in scene.of("OfferOver")] == ["connect_timeout"]
    assert not scene.decider.agent_state("bob").phone_reachable
    assert scene.decider.load("bob") == 0


def test_only_who_is_there_and_may_serve_the_company_is_asked(scene: Scene) -> None:
    a_conversation(scene)
    scene.agent("dan", companies=("other",))
    scene.agent("eve", ready=False)
    scene.agent("fay", phone=False)

    assert scene.refuses(scene.consult, "ann", "x", "ann") == "agent.oneself"
    assert scene.refuses(scene.consult, "ann", "x", "dan") == "agent.not_granted"
    assert scene.refuses(scene.consult, "ann", "x", "eve") == "agent.not_ready"
    assert scene.refuses(scene.consult, "ann", "x", "fay") == "agent.not_ready"


def test_an_offer_taken_back_goes_to_somebody_else_and_is_no_refusal(scene: Scene) -> None:
    scene.queue(max_offers=1, reoffer_pause_s=30)
    scene.agent("ann")
    scene.wait(1)
    scene.agent("bob")
    scene.arrive("x")
    scene.take_back("ann", "x")
    given = scene.offered()
    scene.take_back("bob", "x")

    assert given == [("x", "bob")]
    assert scene.of("StayOver", everything=True) == [], "it was nobody's refusal"
    assert not scene.decider.agent_state("ann").not_responding


def test_an_offer_taken_back_from_the_only_one_there_comes_to_them_again(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x")
    scene.take_back("ann", "x")

    assert scene.offered() == [("x", "ann")]


def test_who_is_raised_stands_where_that_value_would_have_stood(scene: Scene) -> None:
    scene.queue(head_start=((0, 0), (50, 60)))
    scene.arrive("first")
    scene.wait(10)
    scene.arrive("second")
    scene.wait(10)
    scene.arrive("third")
    scene.reprioritise("third", 80)
    scene.reprioritise("first", 10)
    scene.agent("ann")

    assert scene.serve_all("ann") == ["third", "first", "second"]


def test_who_is_raised_while_offered_goes_back_to_the_new_place(scene: Scene) -> None:
    scene.queue(head_start=((0, 0), (50, 60)))
    scene.agent("ann")
    scene.arrive("x")
    scene.wait(5)
    scene.arrive("y")
    scene.reprioritise("x", 0)
    scene.reprioritise("y", 90)
    scene.decline("ann", "x")

    assert scene.offers_to("ann") == ["y"]


def test_a_question_to_a_colleague_names_the_conversation_and_expires_like_an_offer(scene: Scene) -> None:
    a_conversation(scene, offer_timeout_s=15)

    (asked,) = scene.consult("ann", "x", "bob")

    assert asked.of_segment_id == scene.segment_of["ann", "x"]
    assert asked.segment_id not in (None, asked.of_segment_id)
    assert asked.agent_id == "bob"
    assert asked.expires_us == scene.decider.next_deadline() == scene.now_us + 15 * SECOND_US


def test_an_offer_taken_back_says_why_also_while_it_is_connecting(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.wait(1)
    scene.agent("bob")
    scene.arrive("x")
    scene.accept("ann", "x")

    scene.tell(TakeBack(scene.segment_of["ann", "x"], "moved"))

    assert [(over.agent_id, over.end, over.why) for over in scene.of("OfferOver")] == [("ann", "withdrawn", "moved")]
    assert scene.offered() == [("x", "bob")]
    scene.take_back("bob", "x")
    assert [(over.agent_id, over.end, over.why) for over in scene.of("OfferOver")] == [
        ("bob", "withdrawn", "taken_back")
    ]


def test_the_limit_counts_again_for_who_was_taken_back_while_connecting(scene: Scene) -> None:
    scene.queue(limit_s=5, offer_timeout_s=100)
    scene.agent("ann")
    scene.arrive("x")
    scene.accept("ann", "x")
    scene.wait(4)

    scene.take_back("ann", "x")

    assert [over.why for over in scene.wait(1) if hasattr(over, "step")] == ["limit"]


def test_who_is_raised_is_said_with_value_and_place(scene: Scene) -> None:
    scene.queue(head_start=((0, 0), (50, 60)))
    scene.arrive("x")

    (replaced,) = scene.reprioritise("x", 80)

    assert (replaced.stay_id, replaced.value) == ("x", 80)
    assert replaced.place_us == scene.now_us - 60 * SECOND_US


def test_a_raised_value_and_a_question_are_stored() -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    a_conversation(scene)
    scene.consult("ann", "x", "bob")
    scene.arrive("y", channel="chat", wishes=Wishes(only_agent_id="dan"))
    scene.reprioritise("y", 80)

    assert engine.stay_routing("y")["value"] == 80
    assert engine.dump()["segments"][scene.segment_of["bob", ADVICE]] == [
        "bob", "offered", "line", "phone", True, True, None, False,
    ]  # fmt: skip


def test_an_emergency_asks_neither_whether_somebody_is_there_nor_whether_the_queue_is_closed(scene: Scene) -> None:
    scene.queue(closed=True)
    scene.agent("ann", ready=False)

    refused = scene.refuses(scene.arrive, "x")
    scene.arrive("help", wishes=Wishes(only_agent_id="ann"), always=True)
    by_hand = scene.refuses(scene.assign, "help", "ann")
    scene.assign("help", "ann", always=True)
    scene.accept("ann", "help")
    scene.connected("ann", "help")

    assert (refused, by_hand) == ("queue.closed", "agent.not_ready")
    assert [talk.stay_id for talk in scene.of("Talking")] == ["help"]


def test_an_emergency_passes_above_capacity_and_never_into_another_company(scene: Scene) -> None:
    a_conversation(scene)
    scene.agent("dan", companies=("bolt",), ready=False)
    scene.arrive("help", wishes=Wishes(only_agent_id="ann"), always=True)

    elsewhere = scene.refuses(scene.assign, "help", "dan", True)
    scene.assign("help", "ann", always=True)
    scene.accept("ann", "help")

    assert elsewhere == "agent.not_granted"
    assert scene.decider.load("ann") == 200
