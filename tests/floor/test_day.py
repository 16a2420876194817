"""Is a day of the log turned into what has to happen: who calls when, who is at work, who loses patience?"""

from pathlib import Path

import pytest

from floor import bank_log, day, log_figures, staff
from floor.bank_log import Call

JANUARY = Path(__file__).parents[3] / "shared/data/calls/anonymous_bank_1999_january.txt"
needs_january = pytest.mark.skipif(not JANUARY.exists(), reason=f"needs {JANUARY.name} in shared/data/calls")


def served(at_s: int, wait_s: int, service_s: int, server: str, **more: object) -> Call:
    values = {"row": at_s, "date": "990105", "type": "PS", "customer": None, "priority": 0} | more
    return Call(
        **values, arrived_s=at_s, waited_s=wait_s, outcome="agent",
        service_start_s=at_s + wait_s, service_s=service_s, server=server,
    )  # type: ignore[arg-type]  # fmt: skip


def hung_up(at_s: int, wait_s: int, **more: object) -> Call:
    values = {"row": at_s, "date": "990105", "type": "PS", "customer": None, "priority": 0} | more
    return Call(**values, arrived_s=at_s, waited_s=wait_s, outcome="hang")  # type: ignore[arg-type]


def test_a_stretch_without_service_longer_than_ten_minutes_is_a_break():
    calls = [served(1000, 0, 100, "TOVA"), served(1500, 0, 100, "TOVA"), served(2201, 0, 50, "TOVA")]

    assert staff.shifts(calls) == [staff.Shift("TOVA", 1000, 1600), staff.Shift("TOVA", 2201, 2251)]


def test_after_call_work_is_the_gap_while_a_caller_waited():
    """The second caller waited since 1050 and was taken 7 s after the first service's end; the third came later."""
    calls = [served(1000, 0, 100, "TOVA"), served(1050, 57, 43, "TOVA"), served(1190, 0, 10, "TOVA")]

    assert staff.after_call_s(calls) == [7]


def test_a_server_can_do_what_they_did_often_enough():
    calls = [served(k * 100, 0, 50, "TOVA") for k in range(5)] + [served(900, 0, 50, "TOVA", type="NE")]

    assert staff.skills(calls) == {"TOVA": frozenset({"PS"})}


def test_a_hang_up_leaves_after_its_own_wait_and_the_served_have_more_patience_than_they_needed():
    log = bank_log.BankLog(calls=[served(1000, 40, 100, "TOVA", priority=2, customer="7"), hung_up(1010, 33)])

    first, second = day.plan(log, "990105", seed=3).arrivals

    assert first.drawn
    assert first.leaves_after_s > 40
    assert (first.high, first.customer, first.service_s) == (True, "7", 100)
    assert (second.drawn, second.leaves_after_s, second.service_s) == (False, 33.0, 100)


def test_the_same_seed_gives_the_same_day_and_a_window_changes_no_caller():
    log = bank_log.BankLog(calls=[served(k * 100, 40, 100, "TOVA") for k in range(1, 30)] + [hung_up(5000, 60)])

    whole = day.plan(log, "990105", seed=3)
    part = day.plan(log, "990105", day.Window(1000, 2000), seed=3)

    assert day.plan(log, "990105", seed=3) == whole
    assert part.arrivals == [arrival for arrival in whole.arrivals if 1000 <= arrival.at_s < 2000]
    assert day.plan(log, "990105", seed=4).arrivals != whole.arrivals


def test_an_unknown_day_is_named_with_the_days_there_are():
    log = bank_log.BankLog(calls=[hung_up(1010, 33)])

    with pytest.raises(day.UnknownDay, match="990105"):
        day.plan(log, "990231")


def test_the_figures_of_the_log_are_those_computed_by_hand():
    """Answered 0, 10, 30 s; abandoned 3 and 50 s: level 2 / (3 + 2 - 1); rate 1 / (5 - 1)."""
    calls = [served(1, 0, 9, "A"), served(2, 10, 9, "A"), served(3, 30, 9, "A"), hung_up(4, 3), hung_up(5, 50)]

    found = log_figures.of_calls(calls)

    assert (found.offered, found.answered, found.abandoned, found.short_abandoned) == (5, 3, 2, 1)
    assert (found.service_level, found.abandon_rate) == (0.5, 0.25)
    assert (found.asa_s, found.p50_s, found.p90_s) == (pytest.approx(40 / 3), 10, 30)


def test_every_figure_of_the_log_has_a_definition():
    assert set(log_figures.DEFINITIONS) == set(log_figures.Figures.__slots__)


@needs_january
def test_january_1999_is_read_and_every_row_is_accounted_for():
    log = bank_log.read(JANUARY)
    refused = sum(len(rows) for reasons in log.refused.values() for rows in reasons.values())

    assert len(log.calls) + sum(log.ivr_hang_ups.values()) + refused == 31_599
    assert sum(len(reasons.get("phantom", [])) for reasons in log.refused.values()) == 240
    assert sum(len(reasons.get("unknown_type", [])) for reasons in log.refused.values()) == 2


@needs_january
def test_nobody_served_on_the_fifth_of_january_was_off_work():
    found = day.plan(bank_log.read(JANUARY), "990105")

    for call in found.calls:
        if call.server is not None and call.service_start_s is not None:
            assert any(
                shift.server == call.server and shift.start_s <= call.service_start_s <= shift.end_s
                for shift in found.shifts
            ), call
    assert len(found.arrivals) == len(found.calls) == 1557
