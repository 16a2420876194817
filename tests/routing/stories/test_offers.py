"""What becomes of an offer, and what does it cost the customer? Nothing, whatever becomes of it."""

from contacts.stay import Wishes
from routing.messages import LastStep, OutageOver
from tests.routing.scene import Scene


def test_a_contact_nobody_took_keeps_its_place(scene: Scene) -> None:
    """An offer that expires costs the caller nothing: still ahead of later arrivals."""
    scene.queue(offer_timeout_s=20)
    scene.agent("ann")
    scene.arrive("x")
    scene.wait(5)
    scene.arrive("y")
    scene.wait(15)
    assert scene.offers_to("ann") == []  # expired, and the agent is flagged

    scene.agent("bob")

    assert scene.offers_to("bob") == ["x"]


def test_a_contact_that_was_declined_keeps_its_place(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.agent("bob")
    scene.arrive("x")
    scene.decline("ann", "x")
    scene.decline("bob", "x")
    scene.wait(1)
    scene.arrive("y")
    scene.wait(1)

    scene.agent("cat")

    assert scene.offered() == [("x", "cat")]


def test_who_declined_is_given_the_next_contact_and_not_the_same_again(scene: Scene) -> None:
    scene.queue(reoffer_pause_s=30)
    scene.agent("ann")
    scene.agent("bob")
    scene.arrive("x")
    scene.wait(1)
    scene.arrive("y")

    scene.decline("ann", "x")
    scene.decline("bob", "y")

    assert sorted(scene.live()) == [("x", "bob"), ("y", "ann")]


def test_a_connection_that_failed_brings_the_contact_back_to_its_place(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x")
    scene.wait(1)
    scene.arrive("y")
    scene.accept("ann", "x")
    scene.agent("bob")
    assert scene.offered() == [("y", "bob")]
    scene.accept("bob", "y")

    scene.connect_failed("ann", "x")
    scene.agent("cat")

    assert scene.offered() == [("x", "cat")]


def test_who_lets_an_offer_expire_is_flagged_and_asked_nothing_until_they_say_so(scene: Scene) -> None:
    scene.queue(offer_timeout_s=20)
    scene.agent("ann")
    scene.arrive("x")

    scene.wait(20)

    (over,), (changed,) = scene.of("OfferOver"), scene.of("AgentChanged")
    assert (over.end, over.why) == ("expired", "timeout")
    assert (changed.agent_id, changed.why) == ("ann", "flagged")
    assert scene.decider.agent_state("ann").not_responding
    assert scene.decider.agent_state("ann").chosen == "ready"
    assert scene.wait(600) == []
    scene.clear_flag("ann")
    assert scene.offered() == [("x", "ann")]
    assert scene.decider.agent_state("ann").not_responding is False


def test_who_is_ready_after_all_keeps_the_offer_on_the_screen(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x")
    scene.choose_next("ann", "away")

    scene.choose("ann", "ready")

    assert scene.live() == [("x", "ann")]
    assert scene.of("OfferOver") == []


def test_a_flag_is_set_and_cleared_once(scene: Scene) -> None:
    scene.queue(offer_timeout_s=20)
    scene.agent("ann")
    assert scene.clear_flag("ann") == []
    scene.arrive("x", channel="chat")
    scene.arrive("y", channel="chat")

    scene.wait(20)

    assert len(scene.of("OfferOver")) == 2
    assert [changed.why for changed in scene.of("AgentChanged")] == ["flagged"]


def test_two_agents_never_accept_one_contact(scene: Scene) -> None:
    scene.queue(offers_at_once=3)
    for name in ("ann", "bob", "cat", "dan"):
        scene.agent(name)
    scene.arrive("x", channel="email")
    assert scene.offered() == [("x", "ann"), ("x", "bob"), ("x", "cat")]
    assert [offer.exclusive for offer in scene.of("Offered")] == [False] * 3

    said = scene.accept("bob", "x")

    assert [getattr(each, "agent_id", None) for each in said] == [None, "ann", "cat"]
    assert {(over.agent_id, over.end, over.why) for over in scene.of("OfferOver")} == {
        ("ann", "withdrawn", "taken"),
        ("cat", "withdrawn", "taken"),
    }
    for name in ("ann", "bob", "cat"):
        scene.refuses(scene.accept, name, "x")
    assert scene.live() == []


def test_a_withdrawn_offer_of_a_round_is_not_held_against_the_agent(scene: Scene) -> None:
    scene.queue(offers_at_once=2, reoffer_pause_s=30)
    scene.agent("ann")
    scene.agent("bob")
    scene.arrive("x", channel="email")
    scene.accept("ann", "x")

    scene.connect_failed("ann", "x")

    assert scene.offered() == [("x", "bob")]  # ann is paused, bob is not


def test_each_agent_of_a_round_is_charged(scene: Scene) -> None:
    scene.queue(offers_at_once=2)
    scene.agent("ann")
    scene.agent("bob")
    for number in range(7):
        scene.arrive(f"x{number}", channel="email")

    assert (scene.decider.load("ann"), scene.decider.load("bob")) == (100, 100)
    assert sorted(scene.live()) == [(f"x{number}", name) for number in range(5) for name in ("ann", "bob")]


def test_a_call_is_never_offered_to_two(scene: Scene) -> None:
    scene.queue(offers_at_once=3)
    scene.agent("ann")
    scene.agent("bob")

    scene.arrive("x", channel="phone")

    assert scene.offered() == [("x", "ann")]
    assert scene.of("Offered")[0].exclusive


def test_only_the_agent_who_was_asked_may_answer_and_only_once(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.agent("bob")
    scene.arrive("x")
    segment = scene.segment_of["ann", "x"]
    scene.segment_of["bob", "x"] = segment
    scene.segment_of["ann", "y"] = "no such segment"

    scene.refuses(scene.accept, "bob", "x")
    scene.refuses(scene.decline, "bob", "x")
    scene.refuses(scene.accept, "ann", "y")
    scene.refuses(scene.connected, "ann", "x")
    scene.refuses(scene.end, "ann", "x")
    scene.accept("ann", "x")

    scene.refuses(scene.accept, "ann", "x")
    scene.refuses(scene.decline, "ann", "x")
    scene.connected("ann", "x")
    scene.refuses(scene.connected, "ann", "x")
    scene.refuses(scene.connect_failed, "ann", "x")


def test_accepting_is_not_connecting(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x")

    (accepted,) = scene.accept("ann", "x")
    assert accepted.connect_by_us == scene.now_us + 10_000_000

    (talking,) = scene.connected("ann", "x")
    assert (talking.segment_id, talking.stay_id) == (accepted.segment_id, "x")


def test_a_connection_nobody_reports_fails_and_the_phone_is_no_longer_trusted(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x")
    scene.accept("ann", "x")
    scene.agent("bob")

    scene.wait(10)

    (over,) = scene.of("OfferOver")
    assert (over.end, over.why) == ("failed", "connect_timeout")
    assert not scene.decider.agent_state("ann").phone_reachable
    assert scene.decider.agent_state("ann").chosen == "ready"
    assert scene.offers_to("bob") == ["x"]


def test_a_written_connection_nobody_reports_fails_without_blaming_a_phone(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x", channel="chat")
    scene.accept("ann", "x")

    scene.wait(10)

    assert scene.decider.agent_state("ann").phone_reachable
    assert scene.offers_to("ann") == ["x"]


def test_a_failing_phone_takes_its_other_offers_back(scene: Scene) -> None:
    from routing.messages import Capacity

    scene.queue(offer_timeout_s=100)
    scene.agent("ann", capacity=Capacity(units=300, maxima={**Capacity().maxima, "phone": 2}))
    scene.arrive("x")
    scene.arrive("y")
    scene.arrive("z", channel="chat")
    scene.accept("ann", "x")

    scene.wait(10)

    assert {(over.stay_id, over.why) for over in scene.of("OfferOver")} == {
        ("x", "connect_timeout"),
        ("y", "unreachable"),
    }
    assert scene.live() == [("z", "ann")]


def test_after_max_offers_the_step_for_unwanted_contacts_runs_and_the_round_ends(scene: Scene) -> None:
    step = LastStep("overflow", "elsewhere")
    scene.queue(max_offers=2, offers_at_once=3, unwanted_step=step)
    for name in ("ann", "bob", "cat"):
        scene.agent(name)
    scene.arrive("x", channel="email")
    scene.decline("ann", "x")

    scene.decline("bob", "x")

    (over,) = scene.of("StayOver")
    assert (over.why, over.end, over.step) == ("unwanted", None, step)
    assert [(each.agent_id, each.end, each.why) for each in scene.of("OfferOver")] == [
        ("bob", "declined", "declined"),
        ("cat", "withdrawn", "moved"),
    ]
    scene.refuses(scene.leave, "x")


def test_a_person_may_assign_above_capacity_and_nothing_new_comes_until_below(scene: Scene) -> None:
    scene.queue(wrap_up_s=None)
    scene.agent("ann")
    scene.arrive("x")
    scene.talk("ann", "x")
    scene.arrive("y")
    scene.arrive("z")

    (offer,) = scene.assign("z", "ann")
    assert (offer.stay_id, offer.agent_id, offer.manual, offer.exclusive) == ("z", "ann", True, True)
    assert offer.expires_us == scene.now_us + 20_000_000
    scene.talk("ann", "z")
    assert scene.decider.load("ann") == 200

    scene.end("ann", "x")
    assert scene.finish("ann", "x")
    assert scene.offered() == []  # 100 of 100 is left: no room for y
    scene.end("ann", "z")
    scene.finish("ann", "z")
    assert scene.offered() == [("y", "ann")]


def test_an_assigned_contact_leaves_the_agents_it_was_offered_to(scene: Scene) -> None:
    scene.queue(offers_at_once=2)
    for name in ("ann", "bob", "cat"):
        scene.agent(name)
    scene.arrive("x", channel="chat")

    scene.assign("x", "cat")

    assert [(over.agent_id, over.end, over.why) for over in scene.of("OfferOver")] == [
        ("ann", "withdrawn", "moved"),
        ("bob", "withdrawn", "moved"),
    ]
    assert scene.live() == [("x", "cat")]


def test_an_assignment_may_ignore_skills_wishes_and_the_flag_but_neither_grants_nor_absence(scene: Scene) -> None:
    scene.queue(requirement="zh >= 5", offer_timeout_s=20)
    scene.agent("ann")
    scene.agent("bob", companies=("other",))
    scene.agent("cat", ready=False)
    scene.arrive("x", wishes=Wishes(excluded_agent_ids=("ann",)))
    scene.refuses(scene.assign, "x", "bob")
    scene.refuses(scene.assign, "x", "cat")
    scene.refuses(scene.assign, "x", "nobody")
    scene.refuses(scene.assign, "no such stay", "ann")

    scene.assign("x", "ann")
    assert scene.live() == [("x", "ann")]
    scene.refuses(scene.assign, "x", "ann")  # it is on offer there
    scene.wait(20)
    assert scene.decider.agent_state("ann").not_responding
    scene.assign("x", "ann")
    scene.accept("ann", "x")

    scene.refuses(scene.assign, "x", "ann")


def test_a_contact_that_was_accepted_cannot_be_assigned_away(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.agent("bob")
    scene.arrive("x")
    scene.accept("ann", "x")

    scene.refuses(scene.assign, "x", "bob")


def test_deadlines_that_passed_during_an_outage_are_taken_in_their_order(scene: Scene) -> None:
    scene.queue("a", promise_s=30, limit_s=70)
    scene.queue("b", promise_s=20, limit_s=90)
    scene.arrive("x", "a")
    scene.arrive("y", "b")

    scene.outage(300)

    assert [(type(each).__name__ if not hasattr(each, "kind") else each.kind, each.stay_id) for each in scene.last] == [
        ("Overdue", "y"),  # 20
        ("Overdue", "x"),  # 30
        ("StayOver", "x"),  # 70
        ("StayOver", "y"),  # 90
    ]
    assert scene.decider.next_deadline() is None


def test_an_offer_outlives_an_outage_by_the_length_of_the_outage(scene: Scene) -> None:
    scene.queue(offer_timeout_s=20)
    scene.agent("ann")
    scene.arrive("x")
    expires_us = scene.of("Offered")[0].expires_us
    scene.wait(15)

    extended = scene.outage(60)

    assert [(each.segment_id, each.expires_us) for each in extended] == [
        (scene.segment_of["ann", "x"], expires_us + 60_000_000)
    ]
    scene.wait(4)
    assert scene.live() == [("x", "ann")]
    scene.wait(1)
    assert scene.live() == []


def test_even_the_shortest_outage_is_given_back_and_none_is_not(scene: Scene) -> None:
    scene.queue(offer_timeout_s=20)
    scene.agent("ann")
    scene.arrive("x")
    expires_us = scene.of("Offered")[0].expires_us

    assert scene.tell(OutageOver(0)) == []
    (extended,) = scene.tell(OutageOver(1))

    assert extended.expires_us == expires_us + 1
