"""The wait of somebody who stays: tables computed by hand, and what no cut-off wait may do."""

import random

import pytest

from analytics.expected_wait import BAND, SERVED_MIN, Expected, Waits, by_erlang_a, expected, in_minutes
from contacts.words import SECOND_US

# Kaplan and Meier by hand: (wait, served) -> survival. At risk 6, 5, 4, 3, 2, 1.
#  1 served: 5/6 = .8333;  2 cut off;  3 served: * 3/4 = .6250;  4 served: * 2/3 = .4167;  5 cut off;  9 served: 0
SIX = [(1, True), (2, False), (3, True), (4, True), (5, False), (9, True)]


def waits(*of: tuple[int, bool]) -> Waits:
    found = Waits()
    for wait_us, served in of:
        found.add(wait_us, served)
    return found


@pytest.mark.parametrize(("share", "wait"), [(0.1, 1), (0.16, 1), (0.17, 3), (0.37, 3), (0.38, 4), (0.5, 4), (0.6, 9)])
def test_quantiles_of_waits_some_of_which_were_cut_off(share: float, wait: int) -> None:
    assert waits(*SIX).quantile_us(share) == wait


def test_who_has_waited_longer_than_most_waits_for_the_rest_of_it() -> None:
    """Of those who waited 3.5: .4167 / .6250 = two thirds wait longer than 4, so a third is served by then."""
    six = waits(*SIX)
    assert six.quantile_us(0.33, 3) == 1
    assert six.quantile_us(0.34, 3) == 6
    assert six.quantile_us(0.5, 9) is None, "longer than anything observed"


def test_waits_that_were_all_cut_off_tell_no_end() -> None:
    assert waits((5, False), (9, False)).quantile_us(0.5) is None


def test_of_equal_waits_the_served_count_first() -> None:
    assert waits((5, False), (5, True), (7, True)).quantile_us(0.3) == 5


def test_impatience_does_not_make_the_wait_look_short() -> None:
    """Virtual waits around 120 s, patience around 60 s: who counts the answered alone believes half of it."""
    chance = random.Random(7)
    found, answered = Waits(), []
    for _ in range(500):
        virtual, patience = chance.expovariate(1 / 120), chance.expovariate(1 / 60)
        found.add(int(min(virtual, patience) * 1e6), virtual <= patience)
        if virtual <= patience:
            answered.append(virtual)
    median_s = (found.quantile_us(0.5) or 0) / 1e6
    assert 60 < median_s < 110, "the true one is 83 s"
    assert sorted(answered)[len(answered) // 2] < 40


def test_a_guess_with_nobody_before_is_one_departure() -> None:
    """n = 2, handling 240 s: mean 120 s, as deviation; the band is two of them."""
    assert by_erlang_a(0, 2) == Expected(0, round((1 + BAND) * 120e6), is_guess=True)


def test_a_guess_is_the_sum_over_the_places() -> None:
    """n = 1, handling 100, patience 100: rates 1/100, 2/100, so 100 + 50; variance 10,000 + 2,500."""
    found = by_erlang_a(1, 1, 100, 100)
    assert found is not None
    assert found.high_us == round(150 + BAND * 12_500**0.5)


def test_without_agents_nothing_is_promised() -> None:
    assert by_erlang_a(3, 0) is None


def test_the_observed_is_believed_once_enough_were_served() -> None:
    few = waits(*[(60_000_000, True)] * (SERVED_MIN - 1))
    assert (found := expected(few, 0, 0, 1)) is not None
    assert found.is_guess
    few.add(60_000_000, True)
    assert expected(few, 0, 0, 1) == Expected(60_000_000, 60_000_000)


@pytest.mark.parametrize(
    ("low_s", "high_s", "left_s", "told"),
    [
        (130, 290, 1_800, (2, 5)),
        (130, 290, 270, (2, 4)),  # not 5: in 4 min 30 s the recipe does something
        (130, None, 270, (2, 4)),  # longer than anything observed
        (400, 900, 270, (4, 4)),
        (10, 50, 1_800, (0, 1)),
        (400, 900, 20, (1, 1)),
    ],
)
def test_nobody_is_told_a_wait_beyond_the_recipes_limit(low_s, high_s, left_s, told):
    found = Expected(low_s * SECOND_US, None if high_s is None else high_s * SECOND_US)
    minutes = in_minutes(found, left_s * SECOND_US)

    assert (minutes.low, minutes.high) == told
    assert minutes.high == 1 or minutes.high * 60 <= left_s
