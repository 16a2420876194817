"""Does an engine that was thrown away and rebuilt from the records go on as if nothing had been?"""

import json
import os
from typing import Any

import pytest

from contacts.contact import Contact
from contacts.presence import AgentState
from contacts.records import ConfigValue, Records
from contacts.stay import Stay, Wishes
from routing.engine import Engine
from routing.messages import (
    AgentProfile,
    Capacity,
    ConfigChanged,
    DomainPolicy,
    Message,
    QueuePolicy,
    Refusal,
    WidenStep,
)  # fmt: skip
from routing.policy import as_values
from tests.routing.floors import Floor
from tests.routing.ledger import Ledger
from tests.routing.naive_match import NaiveMatch
from tests.routing.scene import Scene, as_the_journey_does, numbered
from tests.routing.stored import Stored
from tests.routing.test_twin import answer

FLOORS = int(os.environ.get("REBUILD_FLOORS", "6"))
MESSAGES = int(os.environ.get("REBUILD_MESSAGES", "200"))
STAY_ROUTING_BYTES_MAX = 4_096
COUNTERS_BYTES_MAX = 65_536


class Restarted(Scene):
    """A scene whose engine can be thrown away and rebuilt from what was stored."""

    def __init__(self) -> None:
        super().__init__(Engine(numbered("segment")))
        self.ledger, self.stored = Ledger(), Stored()
        self.listeners.append(lambda message, told: self.stored.keep(message))
        self.listeners.append(lambda message, told: self.ledger.hear(message, told, self.now_us))

    def restart(self) -> None:
        assert isinstance(self.decider, Engine)
        records = self.stored.records(self.decider, self.ledger, self.now_us)
        self.decider = Engine.from_records(records, numbered("later"))


@pytest.mark.parametrize("seed", range(502, 502 + FLOORS), ids=lambda seed: f"seed-{seed}")
def test_an_engine_rebuilt_after_every_message_decides_as_one_that_lived_on(seed: int) -> None:
    """The twin is the one that lived on."""
    ids = numbered("segment")
    engine, twin = Engine(ids), NaiveMatch(numbered("segment"), DomainPolicy())
    floor, stored = Floor(seed), Stored()
    for message in floor.first_messages():
        for each in (engine, twin):
            decisions, _ = answer(each, message, floor.now_us)
        stored.keep(message)
        floor.ledger.hear(message, decisions or [], floor.now_us)
    coming: list[Message] = []
    for number in range(MESSAGES):
        message = coming.pop(0) if coming else floor.next_message(engine.next_deadline())
        _, expected = answer(twin, message, floor.now_us)
        decisions, plain = answer(engine, message, floor.now_us)
        assert plain == expected, f"seed {seed}, message {number}: {message}"
        if decisions is None:
            continue
        stored.keep(message)
        floor.ledger.hear(message, decisions, floor.now_us)
        coming += as_the_journey_does(decisions)
        if coming:  # what the journey ends in the same turn is never seen by a rebuild
            continue
        rebuilt = Engine.from_records(stored.records(engine, floor.ledger, floor.now_us), ids)

        if rebuilt.digest() != engine.digest():
            assert rebuilt.dump() == engine.dump(), f"seed {seed}, message {number}: {message}"
            pytest.fail("the digests differ and the dumps do not")
        assert rebuilt.next_deadline() == engine.next_deadline()
        assert rebuilt.idle_with_work() == []
        assert rebuilt.above_capacity() == []
        engine = rebuilt


def test_what_is_stored_fits_where_it_is_stored() -> None:
    floor, engine = Floor(7), Engine(numbered("segment"))
    for message in floor.first_messages():
        floor.ledger.hear(message, engine.handle(message, floor.now_us), floor.now_us)
    longest = 0
    for _ in range(MESSAGES):
        message = floor.next_message(engine.next_deadline())
        try:
            decisions = engine.handle(message, floor.now_us)
        except Refusal:
            continue
        floor.ledger.hear(message, decisions, floor.now_us)
        for stay_id in floor.ledger.waits:
            longest = max(longest, len(json.dumps(engine.stay_routing(stay_id))))

    assert 0 < longest <= STAY_ROUTING_BYTES_MAX
    assert len(json.dumps(engine.counters())) <= COUNTERS_BYTES_MAX


def test_everything_that_decides_is_found_again() -> None:
    """Overdue, widened, paused, counted, chosen between, and the policy of the domain: none is at its default."""
    scene = Restarted()
    engine, ledger = scene.decider, scene.ledger
    assert isinstance(engine, Engine)
    scene.domain(overdue_share_pct=50, look_ahead=3)
    scene.queue("late", promise_s=10, widen=(WidenStep(5, "zh >= 2"), WidenStep(500, "")), head_start=((0, 5),))
    scene.queue("fine", reoffer_pause_s=300, wrap_up_s=60)
    for name in ("ann", "bob"):
        scene.agent(name, "zh 3", capacity=Capacity(units=120))
    scene.arrive("talk", "fine", "chat")
    scene.talk("ann", "talk")
    scene.arrive("aside", "fine", "chat", wishes=Wishes("ann", ("bob",), None))
    scene.talk("ann", "aside")
    scene.park("ann", "aside")
    for number in range(4):
        scene.arrive(f"late {number}", "late", value=7, arrived_s=-50)
        scene.arrive(f"fine {number}", "fine")
    scene.wait(10)
    scene.choose_next("bob", "away", "lunch")
    scene.decline("ann", scene.offers_to("ann")[0])
    scene.end("ann", "talk")

    scene.restart()

    rebuilt = scene.decider
    assert isinstance(rebuilt, Engine)
    assert engine.counters()["choices"]
    routing = [engine.stay_routing(stay_id) for stay_id in ledger.waits]
    assert any(each.get("overdue") and each.get("widened") for each in routing)
    assert any(each.get("refusals") and each.get("pauses") for each in routing)
    assert rebuilt.dump() == engine.dump()
    assert rebuilt.dump()["domain"]["look_ahead"] == 3
    assert {stay_id: rebuilt.stay_routing(stay_id) for stay_id in ledger.waits} == {
        stay_id: engine.stay_routing(stay_id) for stay_id in ledger.waits
    }
    assert rebuilt.counters() == engine.counters()
    assert rebuilt.next_deadline() == engine.next_deadline()


def test_a_pause_ends_when_it_would_have_ended_without_a_restart() -> None:
    scene = Restarted()
    scene.queue(reoffer_pause_s=30)
    scene.agent("ann")
    scene.agent("bob")
    for name in ("x", "y"):
        scene.arrive(name)
    scene.talk("bob", "y")
    scene.decline("ann", "x")
    scene.wait(29)

    scene.restart()

    assert scene.wait(0) == []
    scene.wait(1)
    assert scene.offered() == [("x", "ann")]


def test_who_let_a_contact_go_before_a_restart_is_given_the_next_one_after_it() -> None:
    scene = Restarted()
    scene.queue(reoffer_pause_s=30)
    scene.agent("ann")
    scene.agent("bob")
    for name in ("x", "y"):
        scene.arrive(name)
    scene.talk("bob", "y")
    scene.decline("ann", "x")
    scene.choose("ann", "away")
    scene.wait(1)
    scene.arrive("z")

    scene.restart()

    scene.choose("ann", "ready")
    assert scene.offered() == [("z", "ann")]
    scene.end("bob", "y")
    assert scene.offered() == [("x", "bob")]


def test_parked_work_costs_nothing_after_a_restart_either() -> None:
    scene = Restarted()
    scene.queue()
    scene.agent("ann", capacity=Capacity(units=20))
    scene.arrive("x", channel="chat")
    scene.talk("ann", "x")
    scene.park("ann", "x")

    scene.restart()

    assert scene.decider.load("ann") == 0
    scene.arrive("y", channel="chat")
    assert scene.offered() == [("y", "ann")]


def test_a_restart_changes_nothing_that_is_known_of_an_agent() -> None:
    scene = Restarted()
    scene.queue()
    for name in ("ann", "bob", "cat", "dan"):
        scene.agent(name)
    scene.arrive("x", channel="chat", wishes=Wishes(only_agent_id="ann"))
    scene.talk("ann", "x")
    scene.wait(1)
    scene.lose("ann", "desk")
    scene.choose_next("ann", "away", "home")
    scene.choose("bob", "away", "lunch")
    scene.lose("cat", "phone")
    scene.arrive("y")
    scene.wait(20)
    names = ("ann", "bob", "cat", "dan")
    before = [scene.decider.agent_state(name) for name in names]

    scene.restart()

    assert [scene.decider.agent_state(name) for name in names] == before
    assert before[3].not_responding
    assert scene.wait(39) == []
    assert [back.agent_id for back in scene.wait(1) if hasattr(back, "agent_id")] == ["ann"]


def test_who_waits_at_a_restart_is_served_after_it_in_the_same_order() -> None:
    scene = Restarted()
    scene.queue("late", promise_s=10)
    scene.queue("fine", rate=2)
    for name, queue in (("w", "fine"), ("x", "late"), ("y", "fine"), ("z", "late")):
        scene.arrive(name, queue)
        scene.wait(1)
    scene.until(12)

    scene.restart()

    scene.agent("ann")
    assert scene.serve_all("ann") == ["x", "w", "y", "z"]


def test_what_an_older_row_does_not_say_is_taken_from_its_columns() -> None:
    stay = Stay("x", "contact", 7, "q", 1, "", 400, 500, 600, 700)
    contact = Contact("contact", "acme", 7, "chat", "in", "open", "test", "1", 500)
    config: dict[Any, ConfigValue] = {
        ("queue", "q"): ConfigValue("queue", "q", 1, as_values(QueuePolicy("q", "acme", 1))),
        ("agent", "ann"): ConfigValue("agent", "ann", 2, as_values(AgentProfile("ann"))),
    }

    engine = Engine.from_records(Records(7, {"contact": contact}, {"x": stay}, config=config), numbered("segment"))

    assert engine.stay_routing("x") == {"value": 0, "arrival_us": 500}
    assert engine.counters() == {"choices": ""}
    assert engine.agent_state("ann") == AgentState("ann", 7)
    assert engine.dump()["domain"] == as_values(DomainPolicy())
    assert engine.next_deadline() == 600


def test_an_engine_can_be_asked_what_it_holds() -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue("open")
    scene.queue("closed", closed=True)
    scene.agent("ann")
    scene.arrive("x", "open")

    assert (engine.has_stay("x"), engine.has_stay("y"), engine.count_waiting()) == (True, False, 1)
    assert engine.takes_stays("open", "acme")
    assert not engine.takes_stays("open", "other")
    assert not engine.takes_stays("closed", "acme")
    assert not engine.takes_stays("unknown", "acme")
    assert engine.load("ann") == 100
    scene.leave("x")
    assert engine.stay_routing("x") == {"value": 0, "arrival_us": scene.now_us}  # to be stored with its end
    scene.tell(ConfigChanged(9, gone_agent_ids=("ann",)))
    assert engine.load("ann") == 0
    assert engine.count_waiting() == 0
    assert engine.digest() == engine.digest()
    assert len(engine.digest()) == 64
