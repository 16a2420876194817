"""Do the readable twin and the engine both decide what was computed by hand?"""

from typing import Any

import pytest

from contacts.stay import Wishes
from contacts.words import SECOND_US
from routing.messages import Capacity, WidenStep
from tests.routing.scene import START_US, Scene, kind_of
from tests.routing.tables.agents import LOOK_AHEADS, RANKINGS, ROOMS, Ranking, Room
from tests.routing.tables.order import ORDERS, PLACES, Order, Table
from tests.routing.tables.share import SHARES
from tests.routing.tables.timelines import TIMELINES, Timeline


@pytest.mark.parametrize(
    ("table", "rate", "value", "arrived_s", "place_us"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES]
)
def test_a_place_is_the_arrival_less_the_head_start(
    scene: Scene, table: Table, rate: int, value: int, arrived_s: int | None, place_us: int
) -> None:
    scene.queue(head_start=table, rate=rate, promise_s=40, limit_s=50)
    scene.until(600)

    (queued,) = scene.arrive("x", value=value, arrived_s=arrived_s)

    assert queued.place_us == START_US + place_us
    assert queued.promise_us == START_US + 640 * SECOND_US
    assert queued.limit_us == START_US + 650 * SECOND_US


@pytest.mark.parametrize("row", ORDERS, ids=lambda row: row.what)
def test_everybody_is_served_in_the_order_computed_by_hand(scene: Scene, row: Order) -> None:
    for name, line in row.lines.items():
        scene.queue(name, rate=line.rate, head_start=line.head_start, promise_s=line.promise_s)
    for came in row.came:
        scene.until(came.queued_s)
        scene.arrive(came.name, came.queue, value=came.value, arrived_s=came.arrived_s)
    scene.until(row.at_s)

    scene.agent("ann")

    assert " ".join(scene.serve_all("ann")) == row.expected


@pytest.mark.parametrize(
    ("window", "pct", "before", "choices"), [row[1:] for row in SHARES], ids=[row[0] for row in SHARES]
)
def test_overdue_work_takes_its_share_and_no_more(
    scene: Scene, window: int, pct: int, before: int, choices: str
) -> None:
    scene.domain(overdue_window=window, overdue_share_pct=pct)
    scene.queue("late", promise_s=10)
    scene.queue("fine")
    for number in range(before + len(choices)):
        scene.arrive(f"O{number:03}", "late")
    scene.until(10)
    scene.agent("ann")
    assert len(scene.serve_all("ann", at_most=before)) == before
    scene.lose("ann", "desk")
    for number in range(len(choices)):
        scene.arrive(f"N{number:03}", "fine")

    scene.reach("ann", "desk")

    assert "".join(stay[0] for stay in scene.serve_all("ann", at_most=len(choices))) == choices


@pytest.mark.parametrize("row", RANKINGS, ids=lambda row: row.what)
def test_the_agent_is_the_one_computed_by_hand(scene: Scene, row: Ranking) -> None:
    scene.queue("line", requirement=row.requirement, agent_order=row.order)
    scene.queue("before")
    for seat in row.seats:
        scene.agent(seat.name, seat.able, ready=False)
        scene.reach(seat.name, "desk")
        scene.reach(seat.name, "phone")
    moments = sorted(
        [(seat.ready_s, 0, seat.name) for seat in row.seats]
        + [(seat.served_s, 1, seat.name) for seat in row.seats if seat.served_s is not None]
    )
    for second, served, name in moments:
        scene.until(second)
        if served:
            scene.arrive(f"before {name}", "before", wishes=Wishes(only_agent_id=name))
            scene.serve(name, f"before {name}")
        else:
            scene.choose(name, "ready")
    scene.until(100)

    expected = row.expected.split()
    offered = scene.arrive("x1", wishes=row.wishes)[1:]
    for number in range(2, len(row.seats) + 1):
        offered += scene.arrive(f"x{number}")[1:]

    assert [offer.agent_id for offer in offered] == expected


@pytest.mark.parametrize("row", ROOMS, ids=lambda row: f"{row.held or 'nothing'} + {row.incoming}: {row.what}")
def test_there_is_room_exactly_where_the_sum_says_so(scene: Scene, row: Room) -> None:
    usual = Capacity()
    capacity = Capacity(row.units, {**usual.costs, **dict(row.costs)}, {**usual.maxima, **dict(row.maxima)})
    scene.queue(wrap_up_s=None, offer_timeout_s=1000)
    scene.agent("ann", capacity=capacity)
    for number, (channel, state) in enumerate(held.split() for held in row.held.split(", ") if held):
        stay = f"held {number}"
        scene.arrive(stay, channel=channel)  # type: ignore[arg-type]
        assert scene.offered() == [(stay, "ann")]
        bring_to(scene, stay, state)

    scene.arrive("x", channel=row.incoming)

    assert scene.offered() == ([("x", "ann")] if row.has_room else [])


def bring_to(scene: Scene, stay: str, state: str) -> None:
    steps = {"offered": "", "connecting": "accept", "talking": "talk", "parked": "talk park", "wrap_up": "talk end"}
    for step in steps[state].split():
        getattr(scene, step)("ann", stay)


@pytest.mark.parametrize(("look_ahead", "excluded", "is_offered"), LOOK_AHEADS)
def test_the_search_behind_the_head_is_bounded(scene: Scene, look_ahead: int, excluded: int, is_offered: bool) -> None:
    scene.domain(look_ahead=look_ahead)
    scene.queue()
    scene.queue("other")
    for number in range(excluded):
        scene.arrive(f"not ann {number:03}", wishes=Wishes(excluded_agent_ids=("ann",)))
    scene.wait(1)
    scene.arrive("x")
    scene.wait(1)
    scene.arrive("y", "other")

    scene.agent("ann")

    assert scene.offered() == [("x" if is_offered else "y", "ann")]  # another line has a head of its own


@pytest.mark.parametrize("row", TIMELINES, ids=lambda row: row.what)
def test_it_happens_at_the_second_computed_by_hand(scene: Scene, row: Timeline) -> None:
    widen = tuple(WidenStep(*step) for step in row.queue.get("widen", ()))
    scene.domain(**row.domain)
    scene.queue(**{**row.queue, "widen": widen})
    for second, act, expected in row.rows:
        said = scene.until(second)
        said = said + do(scene, act)

        assert " ".join(filter(None, (in_short(scene, each) for each in said))) == expected, f"at {second} s: {act}"


def do(scene: Scene, act: str) -> list[Any]:
    match act.split():
        case ["agent", name, *able]:
            scene.agent(name, " ".join(able))
            return scene.last
        case ["arrive", name, *channel]:
            return scene.arrive(name, channel=channel[0] if channel else "phone")  # type: ignore[arg-type]
        case ["wait", _]:
            return []
        case ["outage", seconds]:
            scene.now_us = START_US + scene.now_s * SECOND_US
            return scene.outage(int(seconds))
        case [verb, *words]:
            getattr(scene, verb)(*words)
            return scene.last
    raise AssertionError(act)


def in_short(scene: Scene, decision: Any) -> str | None:
    offers = {segment: f"{stay}>{agent}" for (agent, stay), segment in scene.segment_of.items()}
    match kind_of(decision):
        case "Offered":
            return f"{decision.stay_id}>{decision.agent_id}"
        case "OfferOver":
            return f"{decision.stay_id}<{decision.agent_id} {decision.why}"
        case "OfferExtended":
            return f"{offers[decision.segment_id]} extended {(decision.expires_us - START_US) // SECOND_US}"
        case "HandedBack":
            return f"{offers[decision.segment_id].partition('>')[0]} back"
        case "Overdue":
            return f"{decision.stay_id} overdue"
        case "Widened":
            return f"{decision.stay_id} widened"
        case "StayOver":
            return f"{decision.stay_id} over {decision.why}"
        case "AgentChanged" if decision.why in ("flagged", "unreachable"):
            return f"{decision.agent_id} {decision.why}"
    return None
