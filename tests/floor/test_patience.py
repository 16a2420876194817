"""Is patience what Kaplan and Meier say, held against numbers computed by hand?"""

import math

import pytest

from floor import patience

# (wait, hung up). At risk: 5 at 2 s, then 4, then (one served at 3 s) 2, then 1.
FIVE = [(2.0, True), (3.0, True), (3.0, False), (5.0, False), (6.0, True)]


def test_the_curve_is_the_one_computed_by_hand():
    """S(2) = 4/5; at 3 s four are at risk, the served one included: S(3) = 4/5 × 3/4 = 3/5; S(6) = 3/5 × 0/1."""
    curve = patience.fit(FIVE, at_risk_min=1)

    assert curve.times_s == (2.0, 3.0, 6.0)
    assert curve.survival == pytest.approx((0.8, 0.6, 0.0))
    assert [curve.survives(t) for t in (0, 1.9, 2, 2.9, 3, 5.9, 6, 99)] == pytest.approx(
        [1, 1, 0.8, 0.8, 0.6, 0.6, 0, 0]
    )


def test_the_tail_is_exponential_with_hang_ups_per_second_waited():
    """With two at risk at least the curve ends at 3 s; θ = 3 hang-ups / 19 s; S(10) = 0.6 × e^(-7 × 3/19) = 0.19868."""
    curve = patience.fit(FIVE, at_risk_min=2)

    assert (curve.tail_s, curve.tail_survival) == (3.0, pytest.approx(0.6))
    assert curve.rate_per_s == pytest.approx(3 / 19)
    assert curve.survives(10) == pytest.approx(0.6 * math.exp(-21 / 19))
    assert curve.survives(10) == pytest.approx(0.19868, abs=1e-5)


def test_a_draw_inverts_the_curve():
    curve = patience.fit(FIVE, at_risk_min=2)

    assert curve.draw(0.9) == 2.0  # S(2) = 0.8 is the first not above 0.9
    assert curve.draw(0.7) == 3.0
    assert curve.draw(0.3) == pytest.approx(3 + math.log(2) * 19 / 3)  # 0.3 = 0.6 × e^(-θ (t - 3))


def test_who_was_served_would_have_waited_longer_than_they_did():
    """Conditional on more than 2 s: S(t) = chance × 0.8."""
    curve = patience.fit(FIVE, at_risk_min=2)

    assert curve.draw(0.9, longer_than_s=2) == 3.0  # goal 0.72
    assert curve.draw(0.375, longer_than_s=2) == pytest.approx(3 + math.log(2) * 19 / 3)  # goal 0.3
    assert all(curve.draw(k / 100, longer_than_s=50) >= 50 for k in range(1, 101))


def test_nobody_who_ever_hung_up_has_patience_without_end():
    curve = patience.fit([(4.0, False), (9.0, False)])

    assert curve.draw(0.5) == math.inf
    assert curve.survives(1000) == 1.0


def test_without_callers_there_is_no_curve():
    with pytest.raises(ValueError, match="at least one caller"):
        patience.fit([])
