"""Who sees whom, and how do agents stand? Teams and companies by hand, and counts against counting."""

from collections import Counter
from random import Random
from typing import Any

import pytest

from contacts.presence import AgentState
from contacts.segment import Segment
from screenpop.scope import ALL, Scope
from screenpop.staff import STANDINGS, Cell, Part, Staff, standing

SEGMENT = Segment("g", "c", "s", "q", 1, "a", "primary", "talking", 0)


def test_a_grant_for_everything_includes_the_others() -> None:
    assert Scope.of([(None, None), ("c", None), ("c", "t")]) == ALL
    assert Scope.of([("c", "t"), ("c", None)]) == Scope.of([("c", None)])
    assert Scope.of([("c", "t"), (None, "t")]) == Scope.of([(None, "t")])
    assert len(Scope.of([("c", "t"), ("d", None)]).pairs) == 2


@pytest.mark.parametrize(
    ("pair", "companies", "team", "seen"),
    [
        ((None, None), [], None, True),
        (("c", None), ["c", "d"], None, True),
        (("c", None), ["d"], "t", False),
        (("c", "t"), ["c"], "t", True),
        (("c", "t"), ["c"], "u", False),
        (("c", "t"), ["d"], "t", False),
        ((None, "t"), [], "t", True),
        ((None, "t"), ["c"], None, False),
    ],
)
def test_an_agent_is_seen_by_company_and_team(pair: Any, companies: list[str], team: str | None, seen: bool) -> None:
    assert Scope.of([pair]).sees_agent(frozenset(companies), team) is seen


def held(*states: Any) -> list[Segment]:
    return [Segment(f"g{n}", "c", "s", "q", 1, "a", "primary", state, 0) for n, state in enumerate(states)]


@pytest.mark.parametrize(
    ("state", "segments", "expected"),
    [
        ({"chosen": "ready", "desk_reachable": True}, [], "ready"),
        ({"chosen": "ready"}, [], "unreachable"),
        ({"chosen": "away"}, [], "away"),
        ({"chosen": "offline"}, [], "offline"),
        ({"chosen": "ready", "desk_reachable": True, "not_responding": True}, [], "not_responding"),
        ({"chosen": "ready", "desk_reachable": True}, held("wrap_up"), "wrap_up"),
        ({"chosen": "ready", "desk_reachable": True}, held("wrap_up", "offered"), "busy"),
        ({"chosen": "away", "desk_reachable": True}, held("talking"), "busy"),
        ({"chosen": "ready", "desk_reachable": True}, held("parked"), "ready"),
        ({"chosen": "offline"}, held("parked", "wrap_up"), "wrap_up"),
    ],
)
def test_one_word_says_how_an_agent_stands(state: Any, segments: list[Segment], expected: str) -> None:
    assert standing(AgentState("a", 1, **state), segments) == expected


PARTS = {
    "one queue": Part(frozenset({("zh >= 2", "c")})),
    "any of two": Part(frozenset({("zh >= 3", "c"), ("zh >= 1", "d")})),
    "of one and not of the other": Part(frozenset({("zh >= 1", "c")}), frozenset({("zh >= 3", "c")})),
}


def is_of(part: str, companies: list[str], zh: int) -> bool:
    """Once more, by hand."""
    match part:
        case "one queue":
            return "c" in companies and zh >= 2
        case "any of two":
            return ("c" in companies and zh >= 3) or "d" in companies
    return "c" in companies and zh < 3


@pytest.mark.parametrize("seed", range(5))
def test_counts_of_parts_equal_counting_everybody(seed: int) -> None:
    """Whenever they are asked for first, for whoever sees all, and for whoever sees a team."""
    chance, staff = Random(seed), Staff()
    profiles: dict[str, tuple[dict[str, Any], str | None]] = {}
    stands: dict[str, Any] = {}
    asked = {name: chance.randrange(100) for name in PARTS}  # from which step on
    for step in range(300):
        agent_id = f"a{chance.randrange(12)}"
        match chance.randrange(4):
            case 0:
                companies = chance.sample(["c", "d"], chance.choice([1, 1, 2]))
                profile = {"skills": {"zh": chance.randrange(1, 4)}, "company_ids": companies}
                profiles[agent_id] = (profile, chance.choice([None, "t"]))
                staff.know(agent_id, *profiles[agent_id])
                staff.stand(agent_id, stands.setdefault(agent_id, "offline"))
            case 1:
                profiles.pop(agent_id, None)
                stands.pop(agent_id, None)
                staff.know(agent_id, None, None)
            case _:
                if agent_id in profiles:
                    stands[agent_id] = chance.choice(STANDINGS)
                    staff.stand(agent_id, stands[agent_id])
        if step % 50 == 49:
            staff.forget_parts()
        if step % 70 == 69:
            staff.forget_unasked()
        for name, part in PARTS.items():
            if step < asked[name]:
                continue
            able = [a for a, (p, _) in profiles.items() if is_of(name, p["company_ids"], p["skills"]["zh"])]

            assert staff.standings(part) == {word: sum(stands[a] == word for a in able) for word in STANDINGS}
            for cell, counts in staff.parts[part].items():
                here = [
                    stands[a] for a in able if Cell(frozenset(profiles[a][0]["company_ids"]), profiles[a][1]) == cell
                ]
                assert {word: n for word, n in counts.items() if n} == Counter(here)
            assert {a for a in profiles if part in {each for each, _ in staff.labels(a)}} == set(able)


def test_what_nobody_asks_for_any_more_is_counted_no_longer() -> None:
    staff = Staff()
    staff.know("ann", {"skills": {"zh": 2}, "company_ids": ["c"]}, None)
    for part in PARTS.values():
        staff.count(part)
    staff.forget_unasked()
    staff.count(PARTS["one queue"])
    staff.know("ann", {"skills": {"zh": 3}, "company_ids": ["c"]}, None)
    staff.forget_unasked()

    assert list(staff.parts) == [part for part, _ in staff.labels("ann")] == [PARTS["one queue"]]
    assert list(staff.counts) == [staff.group_of["ann"]]


def test_who_is_gone_is_counted_where_they_were_and_stands_nowhere() -> None:
    staff, part = Staff(), PARTS["one queue"]
    staff.know("ann", {"skills": {"zh": 2}, "company_ids": ["c"]}, None)
    staff.stand("ann", "ready")
    staff.know("ann", None, None)
    staff.count(part)
    resumed = Staff()
    resumed.count(part)
    resumed.remember("ann", {"skills": {"zh": 2}, "company_ids": ["c"]}, None)

    assert staff.labels("ann") == resumed.labels("ann") == ((part, Cell(frozenset("c"), None)),)
    assert sum(staff.standings(part).values()) == sum(resumed.standings(part).values()) == 0
