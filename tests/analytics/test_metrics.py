"""Do the metrics mean what semantics.md says? Ten stays, every number computed by hand."""

import pytest

from analytics import metrics
from analytics.metrics import METRICS, Ratio, StayFact, Thresholds
from contacts.words import SECOND_US

BY = Thresholds(service_level_s=20, short_abandon_s=5)


def answered(wait_s: float, talk_s: float | None = 120, at_s: float = 1000) -> StayFact:
    connected = at_s + wait_s
    talk_ended = None if talk_s is None else int((connected + talk_s) * SECOND_US)
    connected_us = int(connected * SECOND_US)
    return StayFact("q", int(at_s * SECOND_US), connected_us, "answered", connected_us, talk_ended)


def over(end: metrics.StayEnd, wait_s: float, in_hours: bool = True) -> StayFact:
    return StayFact("q", 0, int(wait_s * SECOND_US), end, in_hours=in_hours)


# Five answered (waits 0, 10, 20, 20.000001, 50 s), three abandoned (4, 5 and 30 s), one overflowed, one voicemail.
TEN = [
    answered(0),
    answered(10, talk_s=10),
    answered(20, talk_s=11),
    answered(20.000001),
    answered(50, talk_s=None),
    over("abandoned", 4),
    over("abandoned", 5),
    over("abandoned", 30),
    over("overflowed", 60),
    over("voicemail", 90),
]


def test_counts():
    assert metrics.offered(TEN) == 10
    assert metrics.answered(TEN) == 5
    assert metrics.abandoned(TEN) == 3
    assert metrics.short_abandoned(TEN, BY) == 2
    assert metrics.flowed_out(TEN) == {"overflowed": 1, "called_back": 0, "voicemail": 1}
    assert metrics.cleared(TEN) == 0


def test_a_talk_of_ten_seconds_is_a_short_call_and_stays_answered():
    """11 s is none, and a talk that goes on is none yet."""
    assert metrics.short_calls(TEN) == 1
    assert metrics.answered(TEN) == 5


def test_service_level_leaves_short_abandons_out():
    """3 answered within 20 s (0, 10 and exactly 20), of 5 answered + 3 abandoned - 2 short."""
    assert metrics.service_level(TEN, BY) == Ratio(3, 6)
    assert metrics.service_level(TEN, BY).ppm == 500_000


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("standard", Ratio(3, 6)),
        ("abandons_ignored", Ratio(3, 5)),
        ("abandons_negative", Ratio(3, 8)),
        ("abandons_positive", Ratio(5, 8)),  # 4 s and 5 s were within the target
    ],
)
def test_each_variant_of_the_service_level_has_its_own_denominator(variant, expected):
    assert metrics.service_level(TEN, BY, variant) == expected


def test_abandon_rate_takes_short_ones_out_of_both_sides():
    assert metrics.abandon_rate(TEN, BY) == Ratio(1, 8)
    assert metrics.abandon_rate(TEN, BY).ppm == 125_000


def test_speed_of_answer_is_of_the_answered_alone():
    """(0 + 10 + 20 + 20.000001 + 50) / 5 = 20.0000002 s, rounded down to the microsecond."""
    assert metrics.average_speed_of_answer_us(TEN) == 20 * SECOND_US
    assert metrics.wait_quantile_us(TEN, 50) == 20 * SECOND_US
    assert metrics.wait_quantile_us(TEN, 90) == 50 * SECOND_US


def test_the_longest_wait_counts_whoever_waited_it():
    assert metrics.longest_wait_us(TEN) == 90 * SECOND_US


def test_the_wait_of_an_answered_stay_includes_the_ringing():
    """Until Established, not until the agent accepted."""
    fact = StayFact("q", 0, 30 * SECOND_US, "answered", 30 * SECOND_US)

    assert metrics.wait_us(fact) == 30 * SECOND_US


def test_nothing_gives_no_rate_and_no_mean():
    assert metrics.service_level([], BY).ppm is None
    assert metrics.abandon_rate([], BY).ppm is None
    assert metrics.average_speed_of_answer_us([]) is None
    assert metrics.wait_quantile_us([], 90) is None
    assert metrics.longest_wait_us([]) is None


def test_who_still_waits_is_in_no_figure():
    waiting = StayFact("q", 0)

    assert metrics.figures([waiting, *TEN], BY) == metrics.figures(TEN, BY)


def test_closed_hours_are_counted_beside():
    closed = over("cleared", 1, in_hours=False)

    assert metrics.offered([closed, *TEN]) == 10
    assert metrics.out_of_hours([closed, *TEN]) == 1


def test_with_only_short_abandons_nothing_is_left_to_divide_by():
    facts = [over("abandoned", 1), over("abandoned", 2)]

    assert metrics.abandon_rate(facts, BY) == Ratio(0, 0)
    assert metrics.service_level(facts, BY) == Ratio(0, 0)


def test_the_thresholds_are_the_queues_own():
    strict = Thresholds(service_level_s=10, short_abandon_s=0)

    assert metrics.service_level(TEN, strict) == Ratio(2, 8)
    assert metrics.abandon_rate(TEN, strict) == Ratio(3, 10)


def test_every_stay_is_in_exactly_one_of_the_columns():
    ends = ("answered", "abandoned", "overflowed", "called_back", "voicemail", "cleared")
    facts = [over(end, 1) for end in ends]
    columns = metrics.figures(facts, BY)

    assert sum(columns[name] for name in ends) == columns["offered"] == len(ends)


def test_every_metric_has_a_definition_and_a_name_of_its_own():
    assert len({metric.key for metric in METRICS}) == len(METRICS)
    assert all(metric.definition for metric in METRICS)
    assert METRICS[0].definition_key == "metric.offered.definition"
