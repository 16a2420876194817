"""Do the metrics mean what semantics.md says? Ten stays, every number computed by hand."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from analytics import metrics
from analytics.facts import AskFact, Ratio, ReplyFact, SegmentFact, StayFact, Thresholds, reply_us, wait_us
from analytics.metrics import LIVE_METRICS, METRICS
from analytics.tally import Tally, tally
from contacts.hours import read_hours
from contacts.segment import Role
from contacts.stay import StayEnd, Told
from contacts.words import SECOND_US, Channel
from tests.open_time import open_us

BY = Thresholds(service_level_s=20, short_abandon_s=5)


def answered(wait_s: float, talk_s: float | None = 120, at_s: float = 1000) -> StayFact:
    connected = at_s + wait_s
    talk_ended = None if talk_s is None else int((connected + talk_s) * SECOND_US)
    connected_us = int(connected * SECOND_US)
    return StayFact("q", int(at_s * SECOND_US), connected_us, "answered", connected_us, talk_ended)


def over(end: StayEnd, wait_s: float, in_hours: bool = True) -> StayFact:
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


def of(facts: list[StayFact], by: Thresholds = BY) -> list[Tally]:
    return [tally(facts, by)]


def test_counts():
    assert metrics.offered(of(TEN)) == 10
    assert metrics.answered(of(TEN)) == 5
    assert metrics.abandoned(of(TEN)) == 3
    assert metrics.short_abandoned(of(TEN)) == 2
    assert metrics.flowed_out(of(TEN)) == {"overflowed": 1, "called_back": 0, "voicemail": 1}
    assert metrics.cleared(of(TEN)) == 0


def test_a_talk_of_ten_seconds_is_a_short_call_and_stays_answered():
    """11 s is none, and a talk that goes on is none yet."""
    assert metrics.short_calls(of(TEN)) == 1
    assert metrics.answered(of(TEN)) == 5


def test_service_level_leaves_short_abandons_out():
    """3 answered within 20 s (0, 10 and exactly 20), of 5 answered + 3 abandoned - 2 short."""
    assert metrics.service_level(of(TEN)) == Ratio(3, 6)
    assert metrics.service_level(of(TEN)).ppm == 500_000


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
    assert metrics.service_level(of(TEN), variant) == expected


def test_abandon_rate_takes_short_ones_out_of_both_sides():
    assert metrics.abandon_rate(of(TEN)) == Ratio(1, 8)
    assert metrics.abandon_rate(of(TEN)).ppm == 125_000


def test_speed_of_answer_is_of_the_answered_alone():
    """(0 + 10 + 20 + 20.000001 + 50) / 5 = 20.0000002 s, rounded down to the microsecond."""
    assert metrics.average_speed_of_answer_us(of(TEN)) == 20 * SECOND_US
    assert metrics.wait_quantile_us(of(TEN), 50) == 20 * SECOND_US
    assert metrics.wait_quantile_us(of(TEN), 90) == 50 * SECOND_US


def test_the_longest_wait_counts_whoever_waited_it():
    assert metrics.longest_wait_us(of(TEN)) == 90 * SECOND_US


def test_the_wait_of_an_answered_stay_includes_the_ringing():
    """Until Established, not until the agent accepted."""
    fact = StayFact("q", 0, 30 * SECOND_US, "answered", 30 * SECOND_US)

    assert wait_us(fact) == 30 * SECOND_US


def test_nothing_gives_no_rate_and_no_mean():
    assert metrics.service_level(of([])).ppm is None
    assert metrics.abandon_rate(of([])).ppm is None
    assert metrics.average_speed_of_answer_us(of([])) is None
    assert metrics.wait_quantile_us(of([]), 90) is None
    assert metrics.longest_wait_us(of([])) is None


def test_who_still_waits_is_in_no_figure():
    waiting = StayFact("q", 0)

    assert metrics.figures(of([waiting, *TEN])) == metrics.figures(of(TEN))


def test_closed_hours_are_counted_beside():
    closed = over("cleared", 1, in_hours=False)

    assert metrics.offered(of([closed, *TEN])) == 10
    assert metrics.out_of_hours(of([closed, *TEN])) == 1


def test_with_only_short_abandons_nothing_is_left_to_divide_by():
    facts = [over("abandoned", 1), over("abandoned", 2)]

    assert metrics.abandon_rate(of(facts)) == Ratio(0, 0)
    assert metrics.service_level(of(facts)) == Ratio(0, 0)


def test_the_thresholds_are_the_queues_own():
    strict = Thresholds(service_level_s=10, short_abandon_s=0)

    assert metrics.service_level(of(TEN, strict)) == Ratio(2, 8)
    assert metrics.abandon_rate(of(TEN, strict)) == Ratio(3, 10)


def test_every_stay_is_in_exactly_one_of_the_columns():
    ends = ("answered", "abandoned", "overflowed", "called_back", "voicemail", "cleared")
    facts = [over(end, 1) for end in ends]
    columns = metrics.figures(of(facts))

    assert sum(columns[name] for name in ends) == columns["offered"] == len(ends)


# --- replies of people ------------------------------------------------------------------------------------------------

OPEN = {"zone": "Europe/Berlin", "weekly": {"mon": ["09:00-12:00", "13:00-17:00"], "tue": ["09:00-17:00"]}}
MONDAY = datetime(2026, 11, 30, tzinfo=ZoneInfo("Europe/Berlin"))


def at(day: int, clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    return int((MONDAY + timedelta(days=day, hours=hour, minutes=minute)).timestamp()) * SECOND_US


def reply(stay: str, queued_us: int, replied_us: int, channel: Channel = "email") -> ReplyFact:
    return ReplyFact("q", stay, queued_us, replied_us, channel)


@pytest.mark.parametrize(
    ("queued_us", "replied_us", "open_min"),
    [
        (at(0, "10:00"), at(0, "11:30"), 90),
        (at(0, "11:00"), at(0, "14:00"), 120),  # over midday
        (at(0, "16:30"), at(1, "09:30"), 60),  # over a night
        (at(-2, "12:00"), at(0, "09:15"), 15),  # came on a Saturday
        (at(0, "18:00"), at(0, "20:00"), 0),  # answered by somebody who stayed longer
        (at(-1, "23:00"), at(2, "01:00"), 15 * 60),
    ],
)
def test_the_time_to_a_reply_to_a_mail_is_the_queues_open_time_and_to_a_chat_all_of_it(queued_us, replied_us, open_min):
    hours = read_hours(OPEN)

    for channel in ("email", "fax"):
        assert reply_us(reply("s", queued_us, replied_us, channel), hours) == open_min * 60 * SECOND_US
    assert open_us(OPEN, queued_us, replied_us) == open_min * 60 * SECOND_US, "as a stranger counts it"
    assert reply_us(reply("s", queued_us, replied_us, "chat"), hours) == replied_us - queued_us
    assert reply_us(reply("s", queued_us, replied_us), None) == replied_us - queued_us


def test_of_several_replies_to_one_wait_the_first_counts_and_other_hours_count_all_of_them_anew():
    one = Tally(Thresholds(service_level_s=3600, hours=read_hours(OPEN)))
    for fact in (
        reply("a", at(0, "16:30"), at(1, "09:20")),  # 50 min of open time
        reply("a", at(0, "16:30"), at(1, "16:00")),
        reply("b", at(0, "10:00"), at(0, "11:30")),  # 90
    ):
        one.add_reply(fact)
    in_hours = (metrics.replied([one]), metrics.reply_level([one]), metrics.average_reply_us([one]))
    one.judge_by(Thresholds(service_level_s=3600))

    assert in_hours == (2, Ratio(1, 2), 70 * 60 * SECOND_US)
    assert metrics.reply_level([one]) == Ratio(0, 2)
    assert metrics.average_reply_us([one]) == (16 * 60 + 50 + 90) * 60 * SECOND_US // 2
    assert (metrics.reply_level(of(TEN)), metrics.average_reply_us(of(TEN))) == (Ratio(0, 0), None)


# --- handling ---------------------------------------------------------------------------------------------------------


def worked(contact: str, talk_s: int, wrap_up_s: int, role: Role = "primary", parked_s: int = 0) -> SegmentFact:
    ended_us = 1000 * SECOND_US + talk_s * SECOND_US
    return SegmentFact(
        "q", contact, role, 1000 * SECOND_US, ended_us, ended_us + wrap_up_s * SECOND_US, parked_s * SECOND_US
    )


# Contact a: 100 + 20, transferred in the queue: 40 + 0; its consult 30 + 5. Contact b: 400 of which 250 parked, + 50.
HANDLED = [
    worked("a", 100, 20),
    worked("a", 30, 5, "consult"),
    worked("a", 40, 0),
    worked("b", 400, 50, parked_s=250),
    worked("b", 999, 9, "monitor"),
]


def test_handling_is_of_primary_segments_per_contact_and_parked_time_is_none():
    """(120 + 40 + 200) s / 2 contacts."""
    made = [tally([], BY, HANDLED)]

    assert metrics.handled(made) == 2
    assert metrics.average_handling_us(made) == 180 * SECOND_US


def test_consults_have_a_column_of_their_own():
    """35 s and, joined to a conference, 15 s. Who listens in handles nothing."""
    made = [tally([], BY, [*HANDLED, worked("c", 10, 5, "conference")])]

    assert metrics.consults(made) == 2
    assert metrics.average_consult_us(made) == 25 * SECOND_US
    assert metrics.handled(made) == 2


def test_nobody_handled_has_no_mean():
    assert metrics.average_handling_us([]) is None
    assert metrics.average_consult_us([Tally()]) is None


def test_callbacks_show_how_long_it_took_to_ask_for_one():
    facts = [over("called_back", 60), over("called_back", 91), over("voicemail", 5)]

    assert metrics.wait_to_callback_us(of(facts)) == 75_500_000
    assert metrics.wait_to_callback_us(of(TEN)) is None


# --- several queues ---------------------------------------------------------------------------------------------------


def test_queues_are_added_up_each_by_its_own_target():
    """Within 20 s: 3 of 6. Within 60 s: all 5, of 5 answered + 3 abandoned - 2 short."""
    both = [tally(TEN, BY), tally(TEN, Thresholds(60, 5))]

    assert metrics.service_level(both) == Ratio(3 + 5, 12)
    assert metrics.offered(both) == 20
    assert metrics.flowed_out(both)["voicemail"] == 2


def test_a_quantile_over_queues_is_that_of_all_their_waits():
    chance = Random(5)
    waits = [[chance.randrange(100) for _ in range(chance.randrange(1, 30))] for _ in range(7)]
    queues = [tally([answered(wait) for wait in of_queue], BY) for of_queue in waits]
    alone = of([answered(wait) for of_queue in waits for wait in of_queue])

    for percent in (1, 50, 90, 99, 100):
        assert metrics.wait_quantile_us([*queues, Tally()], percent) == metrics.wait_quantile_us(alone, percent)


def test_facts_make_the_same_tally_in_any_order():
    """Also where a conversation ends after its stay was counted."""
    chance = Random(6)
    shuffled = Tally(BY)
    for fact in chance.sample(TEN, len(TEN)):
        shuffled.add_stay(replace(fact, talk_ended_us=None))
    for fact in TEN:
        if fact.talk_ended_us is not None and fact.connected_us is not None:
            shuffled.add_talk(fact.talk_ended_us - fact.connected_us)

    assert shuffled == tally(TEN, BY)


def test_what_callers_were_told_is_held_against_what_they_waited():
    """Of the answered alone, from the moment they were told. Errors of 30, 0 and 90 s."""

    def told(at_s: int, low_s: int, high_s: int) -> Told:
        return Told(at_s * SECOND_US, low_s * SECOND_US, high_s * SECOND_US)

    said = [
        replace(answered(100), told=told(1070, 0, 120)),  # 30 s left, of 0 to 120
        replace(answered(100), told=told(1010, 60, 120)),  # 90 s left
        replace(answered(200), told=told(1020, 60, 120)),  # 180 s left
        replace(over("abandoned", 30), told=told(5, 60, 120)),  # nobody knows how long they would have waited
        answered(50),
    ]
    tallied = of(said)

    assert metrics.told_rightly(tallied) == Ratio(2, 3)
    assert metrics.told_error_us(tallied) == (30 + 0 + 90) * SECOND_US // 3
    assert metrics.told_error_us([Tally()]) is None
    assert metrics.told_rightly([Tally()]).ppm is None


def test_solved_without_an_agent_counts_whom_an_answer_helped_and_who_came_to_nobody():
    """Of five, two; who was helped and came all the same is none of them, nor is who went without a word."""

    def ask(found: bool, helped: bool = False, reached_agent: bool = False) -> AskFact:
        return AskFact("q", 0, found, helped, reached_agent)

    first, second = Tally(), Tally()
    for fact in (ask(True, True), ask(True, True, True), ask(True)):
        first.add_ask(fact)
    for fact in (ask(True, True), ask(False, False, True)):
        second.add_ask(fact)

    assert metrics.solved_without_agent([first, second]) == Ratio(2, 5)
    assert (metrics.asked([first, second]), metrics.asked_in_vain([first, second])) == (5, 1)
    assert metrics.solved_without_agent([Tally()]).ppm is None


# --- definitions ------------------------------------------------------------------------------------------------------


def test_every_metric_has_a_definition_and_a_name_of_its_own():
    every = [*METRICS, *LIVE_METRICS]
    assert len({metric.key for metric in every}) == len(every)
    assert all(metric.definition for metric in every)
    assert METRICS[0].definition_key == "metric.offered.definition"
