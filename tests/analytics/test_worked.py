"""Is time added up right, for many who begin and end, at any instant of reading?"""

from random import Random

import pytest

from analytics import metrics
from analytics.facts import Ratio
from analytics.worked import NONE, Change, Hours, Meter, change, change_of
from contacts.events import Event


def test_a_meter_counts_whoever_goes_on_until_now():
    meter = Meter()
    meter.change(1, 100)
    meter.change(1, 150)
    meter.change(-1, 160)

    assert meter.until(160) == 60 + 10
    assert meter.until(200) == 70 + 40


def test_a_meter_restarted_at_midnight_counts_from_there():
    meter = Meter()
    meter.change(1, 100)
    meter.restart(1000)
    meter.change(-1, 1030)

    assert meter.until(5000) == 30


def test_many_equal_changes_are_one_sum():
    one, many = Meter(), Meter()
    for at_us in (3, 5, 9):
        one.change(-2, at_us)
    many.change_all(-2, 3, 3 + 5 + 9)

    assert one == many


def test_meters_add_up_and_come_apart_again():
    one, other, both = Hours(), Hours(), Hours()
    one.work.change(1, 10)
    other.ready.change(1, 20)
    both.add(one)
    both.add(other)
    assert (both.work.until(110), both.ready.until(110)) == (100, 90)

    both.add(one, -1)
    assert both == other


def test_a_meter_equals_the_sum_of_the_spans():
    chance = Random(7)
    spans = [(begin := chance.randrange(1000), begin + chance.randrange(1000)) for _ in range(50)]
    meter = Meter()
    for begin, end in spans:
        meter.change(1, begin)
        meter.change(-1, end)

    assert meter.until(chance.randrange(10_000)) == sum(end - begin for begin, end in spans)


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("segment.accepted", {}, Change(1, 0)),
        ("segment.connected", {}, NONE),
        ("segment.parked", {}, Change(-1, 0)),
        ("segment.unparked", {}, Change(1, 0)),
        ("segment.ended", {}, NONE),
        ("segment.ended", {"was": "parked"}, Change(1, 0)),
        ("segment.finished", {"why": "agent"}, Change(-1, 0)),
        ("segment.failed", {"was": "connecting"}, Change(-1, 0)),
        ("segment.withdrawn", {"was": "connecting"}, Change(-1, 0)),
        ("segment.withdrawn", {}, NONE),
        ("segment.declined", {}, NONE),
        ("agent.chose", {"chosen": "ready", "was": "away"}, Change(0, 1)),
        ("agent.chose", {"chosen": "ready", "was": "ready", "next": "offline"}, NONE),
        ("agent.chose", {"chosen": "offline", "was": "ready"}, Change(0, -1)),
        ("agent.chose", {"chosen": "away", "was": "offline"}, NONE),
    ],
)
def test_work_is_from_accepting_to_the_end_of_the_wrap_up_without_what_is_parked(kind, data, expected):
    assert change_of(Event(kind, 0, "engine", data=data)) == expected
    assert change(kind, data.get("was"), data.get("chosen")) == expected


def test_occupancy_by_hand():
    """Two agents ready for 100 s each; 30 s and 45 s of work, and 20 s that still go on."""
    hours = Hours()
    for agent in (0, 0):
        hours.ready.change(1, agent)
    for begin, end in ((10, 40), (40, 85), (80, None)):
        hours.work.change(1, begin)
        if end is not None:
            hours.work.change(-1, end)

    assert metrics.occupancy(hours, 100) == Ratio(30 + 45 + 20, 200)
    assert metrics.occupancy(hours, 100).bp == 4750
