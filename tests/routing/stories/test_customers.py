"""Is a customer never forgotten, never passed over, and gone at once when they leave?"""

from collections.abc import Callable
from typing import Any

import pytest

from contacts.stay import Wishes
from routing.messages import AgentProfile, Capacity, ConfigChanged, DomainPolicy, Enqueue, LastStep, WidenStep
from tests.routing.scene import COMPANY, Scene


def test_a_customer_who_left_is_gone_at_once_with_every_live_offer(scene: Scene) -> None:
    scene.queue(offers_at_once=2)
    for name in ("ann", "bob"):
        scene.agent(name)
    scene.arrive("x", channel="chat")

    said = scene.leave("x", "abandoned")

    assert [(over.agent_id, over.end, over.why) for over in scene.of("OfferOver")] == [
        ("ann", "withdrawn", "left"),
        ("bob", "withdrawn", "left"),
    ]
    assert (said[-1].stay_id, said[-1].why, said[-1].end, said[-1].step) == ("x", "left", "abandoned", None)
    assert scene.decider.load("ann") == 0
    scene.refuses(scene.accept, "ann", "x")
    scene.refuses(scene.leave, "x")
    assert scene.wait(10_000) == []


def test_a_customer_who_hangs_up_while_connecting_frees_the_agent_for_the_next(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x")
    scene.arrive("y")
    scene.accept("ann", "x")

    scene.leave("x")

    assert [(over.stay_id, over.end, over.why) for over in scene.of("OfferOver")] == [("x", "withdrawn", "left")]
    assert scene.offered() == [("y", "ann")]
    scene.refuses(scene.connected, "ann", "x")


GIVEN_WORK_AGAIN: dict[str, Callable[[Scene], object]] = {
    "ready": lambda scene: (scene.choose("ann", "away"), scene.choose("ann", "ready")),
    "reachable": lambda scene: (scene.lose("ann", "desk"), scene.reach("ann", "desk")),
    "registered": lambda scene: (scene.lose("ann", "phone"), scene.reach("ann", "phone")),
    "unflagged": lambda scene: (scene.wait(20), scene.clear_flag("ann")),
    "cancelled": lambda scene: (scene.choose_next("ann", "away"), scene.choose_next("ann", None), scene.leave("first")),
    "left": lambda scene: scene.leave("first"),
    "served": lambda scene: scene.serve("ann", "first"),
    "failed": lambda scene: (scene.accept("ann", "first"), scene.connect_failed("ann", "first")),
    "timed out": lambda scene: (scene.accept("ann", "first"), scene.wait(10), scene.reach("ann", "phone")),
    "declined": lambda scene: scene.decline("ann", "first"),
    "skilled": lambda scene: (profile(scene, skills={}), scene.leave("first"), profile(scene)),
    "granted": lambda scene: (profile(scene, company_ids=frozenset()), scene.leave("first"), profile(scene)),
    "roomy": lambda scene: (profile(scene, capacity=Capacity(units=0)), scene.leave("first"), profile(scene)),
    "widened": lambda scene: (profile(scene, skills={"zh": 4}), scene.leave("first"), scene.wait(50)),
    "asked less": lambda scene: (scene.domain(look_ahead=0), scene.leave("first"), scene.domain()),
}


def profile(scene: Scene, **changed: object) -> list[Any]:
    values = {"skills": {"zh": 5}, "company_ids": frozenset({COMPANY})} | changed
    return scene.tell(ConfigChanged(next(scene.seq), agents=(AgentProfile("ann", **values),)))  # type: ignore[arg-type]


@pytest.mark.parametrize("way", GIVEN_WORK_AGAIN)
def test_a_free_agent_and_an_able_contact_are_never_left_without_an_offer(scene: Scene, way: str) -> None:
    """However the agent became free and able: the offer comes with the same message."""
    scene.queue(requirement="zh >= 5", widen=(WidenStep(50, "zh >= 4"),), offer_timeout_s=20)
    scene.agent("ann", "zh 5")
    scene.arrive("first")
    scene.arrive("second")
    assert scene.live() == [("first", "ann")]

    GIVEN_WORK_AGAIN[way](scene)

    assert len(scene.offers_to("ann")) == 1


def test_at_the_limit_the_last_step_runs_with_no_staff_at_all(scene: Scene) -> None:
    step = LastStep("callback")
    scene.queue(limit_s=600, last_step=step)
    scene.arrive("x")

    assert scene.wait(599) == []
    (over,) = scene.wait(1)

    assert (over.stay_id, over.why, over.end, over.step) == ("x", "limit", None, step)
    assert scene.decider.next_deadline() is None
    scene.agent("ann")
    assert scene.live() == []


def test_at_the_limit_an_offer_does_not_stand_in_the_way(scene: Scene) -> None:
    scene.queue(limit_s=10, offer_timeout_s=20)
    scene.agent("ann")
    scene.arrive("x")

    scene.wait(10)

    assert [(over.end, over.why) for over in scene.of("OfferOver")] == [("withdrawn", "moved")]
    assert len(scene.of("StayOver")) == 1
    assert scene.decider.load("ann") == 0


def test_a_stream_of_better_customers_cannot_starve_anybody(scene: Scene) -> None:
    """Every ten seconds an agent is free and a customer of value 100 arrives; x of value 0 is served when overdue."""
    scene.queue(head_start=((50, 100_000),), promise_s=120)
    scene.arrive("x", value=0)
    scene.agent("ann")
    scene.decline("ann", "x")
    served = []
    for number in range(20):
        scene.arrive(f"rich {number}", value=100)
        (stay,) = scene.offers_to("ann")
        served.append(stay)
        scene.talk("ann", stay)
        scene.wait(10)
        scene.arrive(f"richer {number}", value=100)
        scene.end("ann", stay)
        scene.leave(f"richer {number}")

    assert "x" in served
    assert served.index("x") <= 13


def test_waiting_ages_so_that_a_head_start_is_worth_its_seconds_and_no_more(scene: Scene) -> None:
    scene.queue(head_start=((50, 60),))
    scene.arrive("x", value=0)
    scene.wait(61)
    scene.arrive("y", value=50)

    scene.agent("ann")

    assert scene.serve_all("ann") == ["x", "y"]


def test_a_closed_queue_takes_nobody_new_and_serves_those_it_has(scene: Scene) -> None:
    scene.queue()
    scene.arrive("x")
    scene.queue(closed=True, version=2)

    assert scene.refuses(scene.arrive, "y") == "queue.closed"

    scene.agent("ann")
    assert scene.live() == [("x", "ann")]


def test_a_stay_is_refused_that_cannot_be(scene: Scene) -> None:
    scene.queue()
    scene.arrive("x")

    scene.refuses(scene.arrive, "x")
    scene.refuses(scene.arrive, "y", "no such queue")
    assert scene.refuses(lambda: scene.arrive("y", requirement="zh >= 11")).startswith("requirement")
    assert scene.arrive("y")


def test_widening_keeps_the_place(scene: Scene) -> None:
    scene.queue(requirement="zh >= 8", widen=(WidenStep(30, "zh >= 5"),))
    scene.arrive("x")
    scene.wait(10)
    scene.arrive("y", requirement="zh >= 5")
    scene.wait(20)
    assert [each.requirement for each in scene.of("Widened")] == ["zh >= 5"]

    scene.agent("ann", "zh 5")

    assert scene.serve_all("ann") == ["x", "y"]


def test_a_preferred_agent_who_is_not_there_delays_nobody(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.agent("bob")
    wish = Wishes(preferred_agent_id="bob")
    scene.arrive("first", wishes=wish)
    assert scene.offered() == [("first", "bob")]

    scene.arrive("busy", wishes=wish)
    assert scene.offered() == [("busy", "ann")]
    scene.decline("ann", "busy")
    scene.choose("bob", "away")
    scene.leave("first")

    assert scene.live() == [("busy", "ann")]


def test_a_direct_offer_waits_for_its_agent_and_for_nobody_else(scene: Scene) -> None:
    scene.queue(limit_s=100, reoffer_pause_s=30)
    scene.agent("ann")
    scene.agent("bob", ready=False)
    scene.arrive("x", wishes=Wishes(only_agent_id="bob"))
    assert scene.live() == []
    scene.arrive("y")
    assert scene.live() == [("y", "ann")]  # who waits for bob blocks nobody

    scene.reach("bob", "desk")
    scene.reach("bob", "phone")
    scene.choose("bob", "ready")
    assert scene.offers_to("bob") == ["x"]
    scene.decline("bob", "x")
    assert scene.offers_to("bob") == ["x"]  # nobody else could ever take it
    scene.choose("bob", "offline")

    scene.until(100)
    assert "x" in [over.stay_id for over in scene.of("StayOver")]


def test_an_excluded_agent_is_never_asked_even_if_nobody_else_is_there(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")

    scene.arrive("x", wishes=Wishes(excluded_agent_ids=("ann",)))
    scene.wait(1000)

    assert scene.of("Offered", everything=True) == []


def test_who_is_excluded_from_a_contact_they_could_not_serve_is_not_given_the_one_behind_it(scene: Scene) -> None:
    scene.queue(requirement="zh")
    for name in ("x", "y"):
        scene.arrive(name, wishes=Wishes(excluded_agent_ids=("ann",) if name == "x" else ()))
    scene.agent("ann", "en 9")
    assert scene.live() == []

    scene.agent("bob", "zh 1")
    assert scene.live() == [("x", "bob")]


def test_companies_are_served_by_those_who_are_granted_to_them(scene: Scene) -> None:
    scene.queue("ours")
    scene.queue("theirs", company_id="other")
    scene.agent("ann", companies=(COMPANY,))
    scene.agent("bob", companies=("other",))
    scene.agent("cat", companies=())

    scene.arrive("x", "theirs")
    scene.arrive("y", "ours")
    scene.arrive("z", "ours")

    assert scene.live() == [("x", "bob"), ("y", "ann")]


def test_a_company_that_nobody_is_granted_is_served_by_nobody(scene: Scene) -> None:
    scene.queue("theirs", company_id="other")
    scene.agent("ann")

    scene.arrive("x", "theirs")

    assert scene.live() == []


def test_a_change_of_policy_moves_nobody_who_waits(scene: Scene) -> None:
    scene.queue(promise_s=60, limit_s=100, head_start=((50, 30),))
    scene.arrive("x", value=50)
    scene.wait(10)
    scene.queue(promise_s=5, limit_s=10, head_start=((50, 900),), version=2)
    scene.arrive("y", value=0)
    assert scene.of("Queued")[0].queue_version == 2
    scene.wait(5)
    assert [each.stay_id for each in scene.of("Overdue")] == ["y"]
    scene.wait(5)
    assert [each.stay_id for each in scene.of("StayOver")] == ["y"]

    scene.until(59)
    assert scene.last == []
    scene.until(60)
    assert [each.stay_id for each in scene.of("Overdue")] == ["x"]
    scene.until(100)
    assert [each.stay_id for each in scene.of("StayOver")] == ["x"]


def test_a_change_of_policy_is_in_force_from_the_next_decision(scene: Scene) -> None:
    scene.queue(offer_timeout_s=20, wrap_up_s=0)
    scene.agent("ann")
    scene.arrive("x")
    scene.queue(offer_timeout_s=5, wrap_up_s=7, version=2)
    assert scene.of("Offered") == []
    scene.wait(19)
    assert scene.live() == [("x", "ann")]  # made under the old one
    scene.decline("ann", "x")

    (offer,) = scene.of("Offered")
    assert offer.expires_us == scene.now_us + 5_000_000
    scene.talk("ann", "x")
    (wrap_up,) = scene.end("ann", "x")
    assert wrap_up.until_us == scene.now_us + 7_000_000


def test_the_domain_s_policy_is_in_force_from_the_next_decision(scene: Scene) -> None:
    scene.queue(offer_timeout_s=1)
    scene.agent("ann")
    scene.tell(ConfigChanged(99, domain=DomainPolicy(min_offer_us=3_000_000, connect_timeout_us=4_000_000)))

    scene.arrive("x")
    assert scene.of("Offered")[0].expires_us == scene.now_us + 3_000_000
    scene.accept("ann", "x")

    assert scene.of("Accepted")[0].connect_by_us == scene.now_us + 4_000_000


def test_an_agent_who_is_gone_gets_nothing_more_and_what_was_offered_goes_to_others(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.arrive("x")
    scene.agent("bob")

    scene.tell(ConfigChanged(99, gone_agent_ids=("ann", "never was")))

    assert scene.live() == [("x", "bob")]
    scene.refuses(scene.choose, "ann", "ready")


def test_who_is_let_go_is_offline_and_stays_so_when_they_come_back(scene: Scene) -> None:
    scene.queue()
    scene.agent("ann")
    scene.tell(ConfigChanged(99, gone_agent_ids=("ann",)))

    assert [changed.why for changed in scene.of("AgentChanged")] == ["chose"]
    scene.tell(ConfigChanged(100, agents=(AgentProfile("ann", {}, frozenset({COMPANY})),)))
    scene.arrive("x")
    assert scene.live() == []
    scene.choose("ann", "ready")
    assert scene.live() == [("x", "ann")]


def test_a_conversation_of_an_agent_who_is_gone_can_end(scene: Scene) -> None:
    scene.queue(wrap_up_s=None)
    scene.agent("ann")
    scene.arrive("x")
    scene.talk("ann", "x")
    scene.tell(ConfigChanged(99, gone_agent_ids=("ann",)))

    assert scene.end("ann", "x")
    assert scene.finish("ann", "x")


def test_a_contact_of_one_channel_does_not_block_its_line_for_another(scene: Scene) -> None:
    scene.domain(look_ahead=0)
    scene.queue()
    scene.arrive("call", channel="phone")
    scene.wait(1)
    scene.arrive("chat", channel="chat")

    scene.agent("ann", phone=False)

    assert scene.live() == [("chat", "ann")]


@pytest.mark.parametrize("promise_s", [0, 900_000], ids=["overdue", "ordinary"])
def test_of_two_who_are_alike_in_all_the_smaller_contact_number_goes_first(scene: Scene, promise_s: int) -> None:
    """60 points from the start at rate 1, and as many at rate 2: a tie in the second in which both were queued."""
    scene.queue("slow", head_start=((0, 60),), promise_s=promise_s)
    scene.queue("quick", rate=2, head_start=((0, 60),), promise_s=promise_s)
    for stay, contact, queue in (("y", "contact 1", "slow"), ("x", "contact 2", "quick")):
        scene.tell(Enqueue(stay, contact, "phone", queue))
    scene.wait(0)

    scene.agent("ann")

    assert scene.serve_all("ann") == ["y", "x"]
