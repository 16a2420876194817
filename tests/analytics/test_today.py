"""Is a day folded right: by its own zone, across midnight and the change of clocks, and the same after a restart?"""

from dataclasses import replace
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest

from analytics import metrics
from analytics.facts import Ratio, Thresholds
from analytics.today import Day, Today, local_day
from analytics.worked import Change, change_of
from contacts.events import Event
from contacts.segment import Segment
from contacts.stay import Stay
from contacts.words import SECOND_US

BERLIN = "Europe/Berlin"
HOUR_US = 3600 * SECOND_US
BY = Thresholds()


def us(text: str, zone: str = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND_US


NOON = us("2026-05-04T12:00")


def today_at(now_us: int = NOON, zone: str = BERLIN) -> Today:
    today = Today()
    today.know_queue("q", zone, BY, now_us)
    return today


def stay(queued_us: int, wait_s: int = 10, end: str = "answered", queue: str = "q") -> Stay:
    return Stay("s", "c", 1, queue, 1, "", 0, queued_us, 0, 0, ended_us=queued_us + wait_s * SECOND_US, end=end)  # type: ignore[arg-type]


def event(kind: str, at_us: int, **data: object) -> Event:
    return Event(kind, at_us, "engine", agent_id="ann", data=data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("date", "hours"), [("2026-05-04", 24), ("2026-03-29", 23), ("2026-10-25", 25)], ids=["plain", "spring", "autumn"]
)
def test_a_day_lasts_from_midnight_to_midnight_whatever_the_clocks_do(date: str, hours: int):
    begin, end = local_day(BERLIN, us(f"{date}T13:00"))

    assert begin == us(f"{date}T00:00")
    assert (end - begin) // HOUR_US == hours


def test_a_stay_counts_on_the_day_it_began_to_wait():
    today = today_at()
    midnight = us("2026-05-05T00:00")
    today.take(event("stay.ended", NOON), stay(NOON), None)
    assert metrics.offered([today.tally("q")]) == 1

    late = stay(midnight - 5 * SECOND_US)
    today.take(event("stay.ended", midnight + 5 * SECOND_US), late, None)
    assert metrics.offered([today.tally("q")]) == 0

    today.take(event("stay.ended", midnight + 9 * SECOND_US), stay(midnight, 9), None)
    assert metrics.offered([today.tally("q")]) == 1


def test_each_zone_has_its_own_midnight():
    today = today_at(us("2026-05-04T22:00"))
    today.know_queue("far", "Asia/Shanghai", BY, us("2026-05-04T22:00"))
    for queue in ("q", "far"):
        today.take(event("stay.ended", 0), stay(us("2026-05-04T22:00"), queue=queue), None)
    today.pass_time(us("2026-05-05T00:30"))  # half past six in Shanghai, where it has been the 5th since 18:00

    assert metrics.offered([today.tally("q")]) == 0
    assert metrics.offered([today.tally("far")]) == 1


def test_a_short_call_is_counted_when_the_first_conversation_of_the_stay_ends():
    answered = stay(NOON, 10)
    assert answered.ended_us is not None
    first = Segment("g", "c", "s", "q", 1, "ann", "primary", "wrap_up", NOON, connected_us=answered.ended_us,
                    ended_us=answered.ended_us + 9 * SECOND_US)  # fmt: skip
    joined = replace(first, id="h", connected_us=answered.ended_us + SECOND_US)
    today = today_at()
    today.take(event("stay.ended", NOON), answered, first)
    today.take(event("segment.ended", NOON), answered, joined)
    assert metrics.short_calls([today.tally("q")]) == 0

    today.take(event("segment.ended", NOON), answered, first)
    assert metrics.short_calls([today.tally("q")]) == 1


def test_handling_is_counted_when_the_wrap_up_is_over():
    answered = stay(NOON, 10)
    done = Segment("g", "c", "s", "q", 1, "ann", "primary", "done", NOON, connected_us=NOON, parked_us=30 * SECOND_US,
                   ended_us=NOON + 90 * SECOND_US, wrap_up_until_us=NOON + 100 * SECOND_US)  # fmt: skip
    today = today_at()
    today.take(event("segment.finished", NOON, why="agent"), answered, done)

    assert metrics.average_handling_us([today.tally("q")]) == 70 * SECOND_US


def test_agents_time_is_cut_at_midnight():
    """Ready from 23:00, at work from 23:30 to 00:10: at 00:30 a third of the young day."""
    today = today_at()
    today.know_agent("ann", ["queue", "all"])
    today.take(event("agent.chose", us("2026-05-04T23:00"), chosen="ready", was="offline"), None, None)
    today.take(event("segment.accepted", us("2026-05-04T23:30")), None, None)
    today.take(event("segment.finished", us("2026-05-05T00:10"), why="agent"), None, None)

    for label in ("queue", "all"):
        hours = today.hours("q", [label, "nobody's"])
        assert metrics.occupancy(hours, us("2026-05-05T00:30")) == Ratio(600 * SECOND_US, 1800 * SECOND_US)


def test_an_agent_who_learns_takes_the_day_along():
    today = today_at()
    for agent in ("ann", "bob"):
        today.know_agent(agent, ["old", "both"])
        chose = replace(event("agent.chose", NOON, chosen="ready", was="away"), agent_id=agent)
        today.take(chose, None, None)
    today.know_agent("ann", ["both", "new"])

    later = NOON + HOUR_US
    assert today.hours("q", ["old"]).ready.until(later) == HOUR_US
    assert today.hours("q", ["new"]).ready.until(later) == HOUR_US
    assert today.hours("q", ["both"]).ready.until(later) == 2 * HOUR_US


KINDS = [
    ("segment.accepted", {}), ("segment.finished", {}), ("segment.parked", {}), ("segment.unparked", {}),
    ("segment.ended", {"was": "parked"}), ("segment.withdrawn", {"was": "connecting"}), ("segment.failed", {}),
    ("agent.chose", {"chosen": "ready", "was": "away"}), ("agent.chose", {"chosen": "away", "was": "ready"}),
]  # fmt: skip


def test_hours_read_anew_equal_those_that_were_followed():
    """Days of two zones; the changes before a day's begin are not looked at, how it stands now is."""
    chance = Random(11)
    start = NOON - 30 * HOUR_US
    events = []
    for _ in range(400):
        kind, data = chance.choice(KINDS)
        agent = chance.choice(["ann", "bob", "eve"])
        events.append(Event(kind, start + chance.randrange(30 * HOUR_US), "engine", agent_id=agent, data=data))  # type: ignore[arg-type]
    events.sort(key=lambda each: each.at_us)
    followed, fresh = today_at(start), today_at(NOON)
    for today, now_us in ((followed, start), (fresh, NOON)):
        today.know_queue("far", "Asia/Shanghai", BY, now_us)
        for agent in ("ann", "bob", "eve"):
            today.know_agent(agent, [agent == "ann", "all"])
    for each in events:
        followed.take(each, None, None)
    followed.pass_time(NOON)
    working: dict[str, int] = {}
    ready: dict[str, int] = {}
    for each in events:
        agent, change = str(each.agent_id), change_of(each)
        working[agent] = working.get(agent, 0) + change.work
        ready[agent] = ready.get(agent, 0) + change.ready
    sums = {
        day.begin_us: [
            (str(each.agent_id), change_of(each), 1, each.at_us) for each in events if each.at_us >= day.begin_us
        ]
        for day in fresh.days.values()
    }
    fresh.resume_hours(sums, working, ready)

    def seen(today: Today) -> object:
        return {zone: (day.begin_us, day.end_us, day.hours, day.labels) for zone, day in today.days.items()}

    assert seen(fresh) == seen(followed)


def test_what_is_heard_of_after_midnight_counts_from_there():
    day = Day(100, 200)
    day.change("ann", [None], Change(1, 0), 90)
    day.change("bob", [None], Change(1, 0), 90)
    day.change("bob", [None], Change(-1, 0), 95)

    assert day.labels[None].work.until(150) == 50
