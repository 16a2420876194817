"""Is an agent given work exactly when they are there for it, and does nobody choose for them?"""

from contacts.stay import Wishes
from contacts.words import SECOND_US
from routing.messages import Capacity
from tests.routing.scene import START_US, Scene


def test_nothing_but_the_agent_changes_what_the_agent_chose(scene: Scene) -> None:
    """Expired, failed, silent, handed back, an outage: presence may suffer, the choice does not."""
    scene.queue(offer_timeout_s=20, wrap_up_s=30)
    scene.agent("ann")
    ready = scene.decider.agent_state("ann")
    chosen_so_far = len(scene.told)
    scene.arrive("x")
    scene.wait(20)
    scene.clear_flag("ann")
    scene.accept("ann", "x")
    scene.wait(10)
    scene.reach("ann", "phone")
    scene.talk("ann", "x")
    scene.arrive("y", channel="chat")
    scene.lose("ann", "desk")
    scene.wait(100)
    scene.end("ann", "x")
    scene.outage(1000)
    scene.leave("y")

    now = scene.decider.agent_state("ann")

    assert (now.chosen, now.reason, now.since_us, now.next_chosen) == ("ready", None, ready.since_us, None)
    whys = {
        each.why for each in scene.told[chosen_so_far:] if getattr(each, "kind", type(each).__name__) == "AgentChanged"
    }
    assert whys == {"flagged", "flag_cleared", "unreachable", "reachable", "served"}


def test_no_agent_is_stuck_in_ringing_or_busy(scene: Scene) -> None:
    """Nobody answers, nobody reports, nobody finishes: each of it ends by itself."""
    scene.queue(offer_timeout_s=20, wrap_up_s=30, max_offers=9)
    for name in ("ringing", "connecting", "wrapping"):
        scene.agent(name)
        scene.arrive(f"for {name}", wishes=Wishes(only_agent_id=name))
    scene.accept("connecting", "for connecting")
    scene.talk("wrapping", "for wrapping")
    scene.end("wrapping", "for wrapping")
    assert [scene.decider.load(name) for name in ("ringing", "connecting", "wrapping")] == [100, 100, 100]

    scene.wait(30)

    assert [scene.decider.load(name) for name in ("ringing", "connecting", "wrapping")] == [0, 0, 0]
    assert scene.live() == []


def test_going_away_withdraws_the_offer_and_is_not_held_against_the_agent(scene: Scene) -> None:
    scene.queue(reoffer_pause_s=30)
    scene.agent("ann")
    scene.agent("bob")
    scene.arrive("x")

    scene.choose("ann", "away", "lunch")

    assert [(over.end, over.why) for over in scene.of("OfferOver")] == [("withdrawn", "not_ready")]
    assert scene.offered() == [("x", "bob")]
    assert scene.decider.agent_state("ann").reason == "lunch"
    scene.choose("bob", "offline")
    scene.choose("ann", "ready")
    assert scene.offered() == [("x", "ann")]  # at once: no pause


def test_saying_ready_again_does_not_cancel_the_offer_on_the_screen(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    since_us = scene.decider.agent_state("ann").since_us
    scene.wait(5)
    scene.arrive("x")

    assert scene.choose("ann", "ready") == []

    assert scene.live() == [("x", "ann")]
    assert scene.decider.agent_state("ann").since_us == since_us


def test_away_during_a_conversation_stops_new_work_and_leaves_the_conversation(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x", channel="chat")
    scene.talk("ann", "x")
    scene.choose("ann", "away", "lunch")

    scene.arrive("y", channel="chat")

    assert scene.offered() == []
    scene.end("ann", "x")
    assert scene.offered() == []


def test_what_comes_next_is_taken_when_nothing_is_held_and_no_work_comes_before(scene: Scene) -> None:
    scene.queue(wrap_up_s=10)
    scene.agent("ann")
    scene.arrive("x", channel="chat")
    scene.arrive("y", channel="chat")
    scene.talk("ann", "x")
    scene.talk("ann", "y")
    scene.park("ann", "y")

    (changed,) = scene.choose_next("ann", "away", "lunch")
    assert (changed.agent_id, changed.why) == ("ann", "next_chosen")
    assert scene.decider.agent_state("ann").chosen == "ready"
    assert scene.decider.agent_state("ann").next_chosen == "away:lunch"
    scene.arrive("z", channel="chat")
    assert scene.offered() == []
    scene.end("ann", "x")
    scene.wait(10)
    assert scene.decider.agent_state("ann").chosen == "ready"  # y is parked, which is held
    scene.end("ann", "y")
    assert scene.decider.agent_state("ann").chosen == "ready"  # wrap-up is held
    scene.finish("ann", "y")

    state = scene.decider.agent_state("ann")
    assert (state.chosen, state.reason, state.next_chosen) == ("away", "lunch", None)
    assert state.since_us == scene.now_us
    assert [each.why for each in scene.of("AgentChanged")] == ["served", "next_chosen"]
    assert scene.live() == []


def test_what_comes_next_is_taken_at_once_by_who_holds_nothing(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")

    (changed,) = scene.choose_next("ann", "offline")

    assert changed.why == "next_chosen"
    assert scene.decider.agent_state("ann").chosen == "offline"
    assert scene.decider.agent_state("ann").next_chosen is None


def test_an_absence_that_comes_next_has_the_reason_that_was_given_or_none(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.agent("bob")
    scene.arrive("x")
    scene.choose_next("ann", "away")
    scene.decline("ann", "x")
    scene.choose("bob", "away")
    scene.choose_next("bob", "away", "lunch")

    assert (scene.decider.agent_state("ann").chosen, scene.decider.agent_state("ann").reason) == ("away", None)
    assert (scene.decider.agent_state("bob").chosen, scene.decider.agent_state("bob").reason) == ("away", "lunch")


def test_what_comes_next_can_be_cancelled_and_replaced(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x", channel="chat")
    scene.talk("ann", "x")
    scene.arrive("y", channel="chat")
    scene.decline("ann", "y")
    scene.choose_next("ann", "offline")
    assert scene.choose_next("ann", "offline") == []
    assert scene.offers_to("ann") == ["y"]  # it was on the screen before

    scene.leave("y")
    scene.arrive("z", channel="chat")
    assert scene.offers_to("ann") == []
    scene.choose_next("ann", None)
    assert scene.offers_to("ann") == ["z"]
    assert scene.choose_next("ann", None) == []

    scene.choose_next("ann", "offline")
    scene.choose("ann", "ready")
    assert scene.decider.agent_state("ann").next_chosen is None


def test_an_offer_that_ends_lets_the_agent_go_where_they_wanted(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x")
    scene.choose_next("ann", "away", "break")
    assert scene.live() == [("x", "ann")]

    scene.decline("ann", "x")

    assert scene.decider.agent_state("ann").chosen == "away"
    assert scene.live() == []


def test_wrap_up_is_not_ignored(scene: Scene) -> None:
    scene.queue(wrap_up_s=30)
    scene.agent("ann")
    scene.arrive("x")
    scene.talk("ann", "x")
    scene.arrive("y")

    (wrap_up,) = scene.end("ann", "x")

    assert wrap_up.until_us == scene.now_us + 30 * SECOND_US
    scene.refuses(scene.end, "ann", "x")
    assert scene.wait(29) == []
    scene.wait(1)
    assert [each.why for each in scene.of("Finished")] == ["time_box"]
    assert scene.offered() == [("y", "ann")]
    assert scene.decider.agent_state("ann").last_ended_us == scene.now_us


def test_wrap_up_without_a_time_box_lasts_until_the_agent_is_done(scene: Scene) -> None:
    scene.queue(wrap_up_s=None)
    scene.agent("ann")
    scene.arrive("x")
    scene.talk("ann", "x")
    scene.arrive("y")

    (wrap_up,) = scene.end("ann", "x")
    assert wrap_up.until_us is None
    assert scene.wait(10_000) == []
    scene.finish("ann", "x")

    assert [each.why for each in scene.of("Finished")] == ["agent"]
    assert scene.offered() == [("y", "ann")]
    scene.refuses(scene.finish, "ann", "x")


def test_no_wrap_up_at_all_frees_the_agent_at_the_end_of_the_conversation(scene: Scene) -> None:
    scene.queue(wrap_up_s=0)
    scene.agent("ann")
    scene.arrive("x")
    scene.talk("ann", "x")
    scene.arrive("y")

    scene.end("ann", "x")

    assert [each.why for each in scene.of("Finished")] == ["none"]
    assert scene.of("WrapUpStarted") == []
    assert scene.offered() == [("y", "ann")]


def test_idle_is_counted_from_the_end_of_the_wrap_up(scene: Scene) -> None:
    scene.queue(wrap_up_s=30)
    scene.agent("ann")
    scene.arrive("x")
    scene.talk("ann", "x")
    scene.end("ann", "x")
    scene.wait(10)
    scene.agent("bob")  # ready while ann is still wrapping up
    scene.wait(20)

    scene.arrive("y")

    assert scene.offered() == [("y", "bob")]


def test_no_storm_of_contacts_exceeds_a_capacity(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.agent("bob", capacity=Capacity(units=60))
    for number in range(20):
        scene.arrive(f"x{number:02}", channel="chat")

    assert (scene.decider.load("ann"), scene.decider.load("bob")) == (100, 60)
    assert (len(scene.offers_to("ann")), len(scene.offers_to("bob"))) == (5, 3)
    for stay in scene.offers_to("ann"):
        scene.talk("ann", stay)
    assert scene.decider.load("ann") == 100
    scene.end("ann", scene.told[-1].stay_id)
    assert scene.decider.load("ann") == 100  # one ended, one came


def test_parked_work_frees_room_and_returns_even_if_the_room_is_taken(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann", capacity=Capacity(units=20))
    scene.arrive("x", channel="chat")
    scene.talk("ann", "x")
    scene.arrive("y", channel="chat")
    scene.park("ann", "x")
    assert scene.offered() == [("y", "ann")]
    scene.talk("ann", "y")

    scene.unpark("ann", "x")

    assert scene.decider.load("ann") == 40
    scene.arrive("z", channel="chat")
    scene.end("ann", "y")
    assert scene.live() == []  # 20 of 20: nothing new until below
    scene.end("ann", "x")
    assert scene.offered() == [("z", "ann")]


def test_only_written_work_is_parked_and_only_parked_work_is_taken_up(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann", capacity=Capacity(units=120))
    scene.arrive("x", channel="phone")
    scene.arrive("y", channel="chat")
    scene.refuses(scene.park, "ann", "y")
    scene.talk("ann", "x")
    scene.talk("ann", "y")

    scene.refuses(scene.park, "ann", "x")
    scene.refuses(scene.unpark, "ann", "y")
    (parked,) = scene.park("ann", "y")
    scene.refuses(scene.park, "ann", "y")
    (unparked,) = scene.unpark("ann", "y")

    assert parked.segment_id == unparked.segment_id == scene.segment_of["ann", "y"]


def test_an_unknown_agent_is_refused_whatever_they_say(scene: Scene) -> None:
    scene.queue()

    scene.refuses(scene.choose, "zoe", "ready")
    scene.refuses(scene.choose_next, "zoe", "offline")
    scene.refuses(scene.reach, "zoe", "desk")
    scene.refuses(scene.clear_flag, "zoe")


def test_a_new_agent_is_offline_until_they_choose(scene: Scene) -> None:
    scene.queue()
    scene.arrive("x")

    scene.agent("ann", ready=False)
    scene.reach("ann", "desk")
    scene.reach("ann", "phone")

    assert scene.live() == []
    assert scene.decider.agent_state("ann").chosen == "offline"
    scene.until(7)
    scene.choose("ann", "ready")
    assert scene.offered() == [("x", "ann")]
    assert scene.decider.agent_state("ann").since_us == START_US + 7 * SECOND_US
