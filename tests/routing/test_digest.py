"""Does the digest see everything that decides, in one form that anybody can compute again?"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from contacts.contact import Contact
from contacts.presence import AgentState
from contacts.records import ConfigValue, Records
from contacts.segment import Segment
from contacts.stay import Stay, Wishes
from contacts.words import SECOND_US
from routing.engine import Engine
from routing.messages import AgentProfile, Capacity, DomainPolicy, QueuePolicy
from routing.policy import as_values
from tests.routing.scene import START_US, Scene, numbered

AT = START_US


def a_small_centre() -> Scene:
    """ann talks in chat and is asked about y; bob is away; z is for bob only; x was declined once."""
    scene = Scene(Engine(numbered("segment")))
    scene.queue("q", promise_s=60, limit_s=600, wrap_up_s=30, requirement="zh")
    scene.agent("ann", "zh 3")
    scene.agent("bob", "zh 1", ready=False)
    scene.arrive("talk", "q", "chat")
    scene.talk("ann", "talk")
    scene.wait(1)
    scene.arrive("y", "q", "chat", value=40)
    scene.arrive("z", "q", wishes=Wishes("ann", ("cat", "bob"), "bob"))
    return scene


def test_the_dump_is_what_was_computed_by_hand() -> None:
    scene = a_small_centre()
    engine = scene.decider
    assert isinstance(engine, Engine)

    dump = engine.dump()

    queue = {"promise_s": 60, "limit_s": 600, "wrap_up_s": 30, "requirement": "zh"}
    assert dump == {
        "domain": as_values(DomainPolicy()),
        "queues": {"q": as_values(QueuePolicy("q", "acme", 1, **queue))},  # type: ignore[arg-type]
        "profiles": {
            "ann": as_values(AgentProfile("ann", {"zh": 3}, frozenset({"acme"}))),
            "bob": as_values(AgentProfile("bob", {"zh": 1}, frozenset({"acme"}))),
        },
        "agents": {
            "ann": ["ready", None, None, False, AT, None, True, None, True],
            "bob": ["offline", None, None, False, 0, None, False, None, False],
        },
        "stays": {
            "y": {
                "arrival_us": AT + SECOND_US, "value": 40, "contact": "contact of y", "queue": "q",
                "requirement": "zh", "channel": "chat", "offers": ["segment-000002"], "wishes": None,
                "at_us": [AT + SECOND_US, AT + SECOND_US, AT + 61 * SECOND_US, AT + 601 * SECOND_US],
            },
            "z": {
                "arrival_us": AT + SECOND_US, "value": 0, "contact": "contact of z", "queue": "q",
                "requirement": "zh", "channel": "phone", "offers": [], "wishes": ["ann", ["bob", "cat"], "bob"],
                "at_us": [AT + SECOND_US, AT + SECOND_US, AT + 61 * SECOND_US, AT + 601 * SECOND_US],
            },
        },
        "segments": {
            "segment-000001": ["ann", "talking", "q", "chat", True, False, None, False],
            "segment-000002": ["ann", "offered", "q", "chat", True, False, "y", False],
        },
        "deadlines": [
            [AT + 21 * SECOND_US, "offered", "segment-000002"],
            [AT + 61 * SECOND_US, "promise", "y"],
            [AT + 61 * SECOND_US, "promise", "z"],
        ],
        "counters": {"choices": ""},
    }  # fmt: skip


def test_the_digest_is_the_hash_of_the_dump_s_sorted_compact_json() -> None:
    engine = a_small_centre().decider
    assert isinstance(engine, Engine)

    text = json.dumps(engine.dump(), sort_keys=True, separators=(",", ":"))

    assert engine.digest() == sha256(text.encode()).hexdigest()


OTHER: dict[str, Callable[[Scene], object]] = {
    "a policy of the domain": lambda scene: scene.domain(overdue_share_pct=71),
    "a policy of a queue": lambda scene: scene.queue("q", rate=2),
    "what interrupts a queue": lambda scene: scene.queue("q", interrupted_by=("phone",)),
    "another queue": lambda scene: scene.queue("r"),
    "a level": lambda scene: scene.agent("bob", "zh 2", ready=False),
    "a capacity": lambda scene: scene.agent("bob", "zh 1", ready=False, capacity=Capacity(99)),
    "a grant": lambda scene: scene.agent("bob", "zh 1", ready=False, companies=("acme", "bolt")),
    "a choice": lambda scene: scene.choose("bob", "away", "lunch"),
    "a reason": lambda scene: scene.choose("ann", "ready", "again"),
    "a wish for later": lambda scene: scene.choose_next("ann", "away"),
    "a reachable desk": lambda scene: scene.reach("bob", "desk"),
    "a reachable phone": lambda scene: scene.reach("bob", "phone"),
    "a stay": lambda scene: scene.arrive("w", "q"),
    "an acceptance": lambda scene: scene.accept("ann", "y"),
    "a conversation": lambda scene: scene.talk("ann", "y"),
    "a parked conversation": lambda scene: scene.park("ann", "talk"),
    "a wrap-up": lambda scene: scene.end("ann", "talk"),
    "a refusal": lambda scene: scene.decline("ann", "y"),
    "a longer offer": lambda scene: scene.outage(1),
    "an offer by hand": lambda scene: scene.assign("z", "ann"),
}


@pytest.mark.parametrize("fact", OTHER)
def test_whatever_decides_changes_the_digest(fact: str) -> None:
    before, after = a_small_centre(), a_small_centre()
    assert isinstance(before.decider, Engine)
    assert isinstance(after.decider, Engine)
    assert before.decider.digest() == after.decider.digest()

    OTHER[fact](after)

    assert before.decider.digest() != after.decider.digest()


def records(**more: Any) -> Records:
    """x waits in a queue that is gone, y is spoken to from it."""
    contacts = {
        name: Contact(name, "acme", 7, "chat", "in", "open", "test", name, arrived_us=5) for name in ("c1", "c2")
    }
    stay = Stay("x", "c1", 7, "gone", 3, "", 400, 500, 600, 700)
    segment = Segment("s", "c2", "y", "gone", 7, "ann", "primary", "talking", 450)
    agent = AgentState("ann", 7, "ready", set_by="somebody", since_us=9, desk_reachable=True)
    config: dict[Any, ConfigValue] = {
        ("agent", "ann"): ConfigValue("agent", "ann", 2, as_values(AgentProfile("ann", {}, frozenset({"acme", ""}))))
    }
    return Records(7, contacts, {"x": stay}, {"s": segment}, agents={"ann": agent}, config=config, **more)


def test_what_waits_in_a_queue_that_is_gone_is_kept_and_nobody_new_is_taken() -> None:
    engine = Engine.from_records(records(), numbered("segment"))

    assert engine.dump()["queues"] == {"gone": as_values(QueuePolicy("gone", "", 0, closed=True))}
    assert engine.has_stay("x")
    assert engine.load("ann") == 20
    assert not engine.takes_stays("gone", "")
    scene = Scene(engine, now_us=550)
    assert scene.refuses(scene.arrive, "new", "gone") == "queue.closed"
    scene.segment_of["ann", "y"] = "s"
    assert scene.end("ann", "y")
    assert [over.stay_id for over in scene.until_us(700) if hasattr(over, "step")] == ["x"]


def test_who_set_the_state_of_an_agent_is_kept_as_it_was_stored() -> None:
    engine = Engine.from_records(records(), numbered("segment"))

    assert engine.agent_state("ann").set_by == "somebody"
    assert engine.agent_state("ann").domain_id == 7


def test_a_new_engine_serves_the_first_domain() -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.agent("ann", ready=False)

    assert engine.agent_state("ann") == AgentState("ann", 1)


def test_agents_who_are_alike_have_each_a_profile_of_their_own() -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    for name in ("ann", "bob"):
        scene.agent(name, "zh 3")

    assert {agent_id: values["agent_id"] for agent_id, values in engine.dump()["profiles"].items()} == {
        "ann": "ann",
        "bob": "bob",
    }


def test_a_pause_that_is_over_is_not_stored_again() -> None:
    scene = Scene(engine := Engine(numbered("segment")))
    scene.queue(reoffer_pause_s=30, offer_timeout_s=30)
    for name in ("ann", "bob"):
        scene.agent(name)
    scene.arrive("x")
    scene.decline("ann", "x")
    assert engine.stay_routing("x")["pauses"] == {"ann": AT + 30 * SECOND_US}

    scene.wait(30)  # bob's offer expires as ann's pause ends

    assert scene.offered() == [("x", "ann")]
    assert engine.stay_routing("x")["pauses"] == {"bob": AT + 60 * SECOND_US}
    assert engine.stay_routing("x")["refusals"] == 2
