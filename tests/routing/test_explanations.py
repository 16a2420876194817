"""Can a stranger recompute the choice from its explanation, and is the explanation true?

The stranger's script sees the JSON text and nothing else. The truth is what the readable twin finds at the same moment.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from contacts.stay import Wishes
from contacts.words import SECOND_US
from routing.engine import Engine
from routing.messages import DomainPolicy
from tests.routing.floors import Floor
from tests.routing.naive_floor import Waiting
from tests.routing.naive_match import NaiveMatch
from tests.routing.scene import START_US, Scene, as_the_journey_does, kind_of, numbered
from tests.routing.test_twin import answer

FLOORS = int(os.environ.get("EXPLAINED_FLOORS", "8"))
MESSAGES = int(os.environ.get("EXPLAINED_MESSAGES", "500"))
NEAREST = 16


def recompute(text: str) -> tuple[str, str]:
    """The stranger's script: (stay, agent) by the rules that stand in the explanation's own description."""
    facts = json.loads(text)
    now_us = facts["now_us"]

    def urgency(row: list[Any]) -> tuple[Any, ...]:
        rate, *promise, place_us, queued_us, contact, stay = row
        return (*promise, -(now_us - place_us) * rate, queued_us, contact, stay)

    def preference(row: list[Any]) -> tuple[Any, ...]:
        surplus, idle_us, agent = row
        by = {"least_surplus": [surplus], "most_skilled": [-surplus], "longest_idle": []}
        return (*by[facts["order"]], idle_us, agent)

    stay = min(facts["stays"], key=urgency)[-1]
    agent = facts["agents"][0] if facts["preferred"] else min(facts["agents"], key=preference)
    return stay, agent[-1]


class Witness(NaiveMatch):
    """The twin, noting what is true when it decides."""

    def match(self) -> None:
        self.rival: Waiting | None = None
        super().match()

    def first_rival(self, stay: Waiting) -> Waiting | None:
        self.rival = super().first_rival(stay)
        return self.rival

    def offer(self, stay: Waiting, agent_id: str, manual: bool = False) -> None:
        facts = None if manual else self.facts(stay, agent_id)
        super().offer(stay, agent_id, manual)
        self.told[-1].facts = facts
        self.rival = None

    def facts(self, stay: Waiting, agent_id: str) -> dict[str, Any]:
        queue = self.queues[stay.queue_id]
        is_contested = self.rival is not None
        window = (self.choices[:-1] if is_contested else self.choices)[-self.domain.overdue_window :]
        agents = sorted(self.able_agents(stay), key=lambda each: self.preference(stay, each))
        with_room = [each for each in agents if self.has_room(each, stay.channel)]
        agents = with_room or agents
        waiting = [each for each in self.stays.values() if each.overdue == stay.overdue and self.wants_an_offer(each)]
        return {
            "rule": 2,
            "now_us": self.now,
            "kind": "overdue" if stay.overdue else "ordinary",
            "stays": [self.row(stay), *map(self.row, self.losers(stay, agent_id))],
            "agents": [self.agent_row(stay, each) for each in agents[: 1 + NEAREST]],
            "order": queue.agent_order,
            "interrupts": not self.has_room(agent_id, stay.channel),
            "preferred": stay.wishes.preferred_agent_id == agent_id,
            "contested": is_contested,
            "window": len(window),
            "window_full": self.domain.overdue_window,
            "window_overdue": sum(window),
            "share_pct": self.domain.overdue_share_pct,
            "counts": self.profile_counts(stay)
            | {"lines": len({line_of(each) for each in waiting})}
            | {"line": sum(line_of(each) == line_of(stay) for each in waiting)},
        }

    def losers(self, given: Waiting, agent_id: str) -> list[Waiting]:
        """Of each other line the first that this agent could have been given, in the order of the kind."""
        firsts: dict[tuple[str, str, str], Waiting] = {}
        for stay in self.in_sight(overdue=given.overdue):
            if line_of(stay) != line_of(given) and self.is_able(agent_id, stay):
                firsts.setdefault(line_of(stay), stay)
        return list(firsts.values())[:NEAREST]

    def row(self, stay: Waiting) -> list[Any]:
        promise = [stay.promise_us] if stay.overdue else []
        rate = self.queues[stay.queue_id].rate
        return [rate, *promise, stay.place_us, stay.queued_us, stay.contact_id, stay.stay_id]

    def agent_row(self, stay: Waiting, agent_id: str) -> list[Any]:
        _, _, surplus, idle_us, _ = self.preference(stay, agent_id)
        return [abs(surplus), idle_us, agent_id]

    def profile_counts(self, stay: Waiting) -> dict[str, int]:
        def profiles(agent_ids: list[str]) -> int:
            return len({profile_of(self.profiles[agent_id]) for agent_id in agent_ids})

        company_id = self.queues[stay.queue_id].company_id
        plain = Waiting(**{name: getattr(stay, name) for name in Waiting.__dataclass_fields__})
        plain.wishes = type(stay.wishes)()
        able = [each for each in self.profiles if self.is_allowed(each, plain)]
        there = [each for each in able if self.agents[each].chosen == "ready" and self.is_reached(each, stay)]
        free = [each for each in there if self.is_free(each, stay)]
        assert all(company_id in self.profiles[each].company_ids for each in able)
        return {"profiles": profiles(list(self.profiles)), "able": profiles(able),
                "logged_in": profiles(there), "free": profiles(free)}  # fmt: skip

    def is_reached(self, agent_id: str, stay: Waiting) -> bool:
        agent = self.agents[agent_id]
        return agent.desk_reachable and (stay.channel != "phone" or agent.phone_reachable)

    def is_free(self, agent_id: str, stay: Waiting) -> bool:
        agent = self.agents[agent_id]
        return not agent.not_responding and agent.next_chosen is None and self.has_room(agent_id, stay.channel)


def line_of(stay: Waiting) -> tuple[str, str, str]:
    return stay.queue_id, stay.requirement, stay.channel


def profile_of(profile: Any) -> str:
    room = profile.capacity
    able = [sorted(profile.skills.items()), sorted(profile.company_ids)]
    return json.dumps([*able, room.units, sorted(room.costs.items()), sorted(room.maxima.items())])


def explained_offers(seed: int) -> Iterator[tuple[Any, dict[str, Any], Witness]]:
    """(the engine's offer, the facts that the twin noted, the twin after the message) of every automatic offer."""
    engine, twin, floor = Engine(numbered("segment")), Witness(numbered("segment"), DomainPolicy()), Floor(seed)
    coming = floor.first_messages()
    for _ in range(MESSAGES):
        message = coming.pop(0) if coming else floor.next_message(engine.next_deadline())
        decisions, _ = answer(engine, message, floor.now_us)
        expected, _ = answer(twin, message, floor.now_us)
        if decisions is None or expected is None:
            continue
        floor.ledger.hear(message, decisions, floor.now_us)
        coming += as_the_journey_does(decisions)
        for offer, witnessed in zip(decisions, expected, strict=True):
            if kind_of(offer) == "Offered" and not offer.manual:
                yield offer, witnessed.facts, twin


@pytest.mark.parametrize("seed", range(700, 700 + FLOORS), ids=lambda seed: f"seed-{seed}")
def test_a_stranger_recomputes_every_choice_and_every_fact_is_true(seed: int) -> None:
    explained = 0
    for offer, facts, _ in explained_offers(seed):
        text = json.dumps(dict(offer.explanation))
        told = json.loads(text)

        assert recompute(text) == (offer.stay_id, offer.agent_id)
        if told["order"] == "longest_idle":
            told["agents"] = [[0, *row[1:]] for row in told["agents"]]
        assert {name: told[name] for name in facts} == facts
        explained += 1

    assert explained > 20


def test_the_losers_are_those_who_could_have_been_given_instead() -> None:
    scene = Scene(Engine(numbered("segment")))
    scene.queue()
    scene.queue("other", rate=2)
    for number in range(3):
        scene.arrive(f"x{number}")
        scene.wait(1)
    scene.arrive("y", "other")
    scene.arrive("z", "other", requirement="zh")
    scene.wait(10)

    scene.agent("ann")

    (offer,) = scene.of("Offered")
    told = dict(offer.explanation)
    assert [row[-1] for row in told["stays"]][:1] == ["y"]  # 10 s x 2 = 20 against 13, 12, 11
    assert "x0" in [row[-1] for row in told["stays"][1:]]
    assert "z" not in [row[-1] for row in told["stays"]]
    assert told["look_ahead_hit"] is False


@pytest.mark.parametrize(("names", "is_hit"), [("ab", False), ("abc", True)])
def test_an_explanation_says_whether_the_search_was_bounded(names: str, is_hit: bool) -> None:
    scene = Scene(Engine(numbered("segment")))
    scene.domain(look_ahead=1)
    scene.queue()
    scene.queue("other")
    for name in names:
        scene.arrive(name, wishes=Wishes(excluded_agent_ids=("ann",)))
    scene.arrive("y", "other")

    scene.agent("ann")

    (offer,) = scene.of("Offered")
    assert offer.stay_id == "y"
    assert offer.explanation["look_ahead_hit"] is is_hit


def test_where_the_longest_idle_goes_first_no_surplus_is_told() -> None:
    scene = Scene(Engine(numbered("segment")))
    scene.queue(requirement="zh", agent_order="longest_idle")
    for name in ("bob", "ann"):
        scene.agent(name, "zh 9")
        scene.wait(1)

    scene.arrive("x")

    (offer,) = scene.of("Offered")
    assert offer.explanation["agents"] == [[0, START_US, "bob"], [0, START_US + SECOND_US, "ann"]]


def test_lines_in_which_nobody_is_overdue_are_not_counted_among_the_overdue() -> None:
    scene = Scene(Engine(numbered("segment")))
    scene.queue("fine")
    scene.queue("late", promise_s=0)
    scene.arrive("x", "fine")
    scene.arrive("y", "late")
    scene.wait(1)

    scene.agent("ann")

    (offer,) = scene.of("Offered")
    assert (offer.stay_id, offer.explanation["kind"]) == ("y", "overdue")
    assert offer.explanation["counts"]["lines"] == 1


def test_an_explanation_is_what_was_computed_by_hand() -> None:
    """Two overdue stays are taken, then the window of two is full of them: the third choice is an ordinary one."""
    scene = Scene(Engine(numbered("segment")))
    scene.domain(overdue_window=2, overdue_share_pct=60)
    scene.queue("late", promise_s=10)
    scene.queue("slow")
    scene.queue("quick", rate=3)
    scene.queue("steady", rate=2)
    for name in ("bob", "cat"):  # of one profile
        scene.agent(name, "zh 2", phone=False)
    for number in range(3):
        scene.arrive(f"late {number}", "late")
    scene.arrive("slow", "slow")  # by 20 s: 20 points
    scene.until(10)
    scene.arrive("quick", "quick")  # 30 points
    scene.arrive("quick too", "quick")
    scene.arrive("steady", "steady")  # 20 points: as many as `slow`, and queued later
    scene.until(20)
    scene.agent("ann", "zh 3")
    assert scene.offered() == [("late 0", "ann")]
    scene.serve("ann", "late 0")
    scene.until(21)
    scene.decline("ann", "late 1")

    (offer,) = scene.of("Offered")
    assert dict(offer.explanation) == {
        "rule": 2,
        "now_us": START_US + 21 * SECOND_US,
        "kind": "ordinary",
        "stays": [
            [3, START_US + 10 * SECOND_US, START_US + 10 * SECOND_US, "contact of quick", "quick"],
            [2, START_US + 10 * SECOND_US, START_US + 10 * SECOND_US, "contact of steady", "steady"],  # 22 points
            [1, START_US, START_US, "contact of slow", "slow"],  # 21 points
        ],
        "agents": [[0, START_US + 20 * SECOND_US, "ann"]],
        "interrupts": False,
        "order": "least_surplus",
        "preferred": False,
        "contested": True,
        "window": 2,
        "window_full": 2,
        "window_overdue": 2,
        "share_pct": 60,
        "look_ahead_hit": False,
        "counts": {"profiles": 2, "able": 2, "logged_in": 1, "free": 1, "lines": 3, "line": 2},
    }
    assert len(offer.explanation) == 15
