"""What is a customer going to buy, and for how much? Repeat purchases by BG/NBD, what each brings by Gamma-Gamma.

A customer is three numbers: x, purchases after the first; tx, when the last of them was; T, now; the last two in one
unit of time, from the first purchase on. While alive they buy at a rate of their own, gamma distributed over customers
(r, alpha); after each purchase they may be gone, with a chance of their own, beta distributed (a, b): Fader, Hardie,
Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2). What a purchase brings varies around a mean
of their own, gamma as well (p, q, v); it says nothing of how often they buy: Fader, Hardie (2013), The Gamma-Gamma
Model of Monetary Value.

Customers of the same three numbers are one row with a weight: a million customers are few rows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

Numbers = NDArray[np.float64]

Z_95 = 1.959963984540054
REPEAT_CUSTOMERS_MIN = 30  # fewer with a repeat purchase: nothing is fitted
_STEP = 1e-4  # of a logarithm, for second differences
_PENALTY = 1e12  # of parameters for which there is no likelihood


class TooFew(ValueError):
    """Too few customers have bought again for anything to be said of them."""


@dataclass(frozen=True, slots=True)
class Histories:
    """Rows of one length. Raises ValueError for rows that no customer can have."""

    x: Numbers
    tx: Numbers
    T: Numbers
    weight: Numbers

    @staticmethod
    def grouped(x: Numbers, tx: Numbers, T: Numbers) -> "tuple[Histories, NDArray[np.intp]]":
        """Customers, one each; of every customer the row that is theirs."""
        rows, at, counts = np.unique(np.column_stack([x, tx, T]), axis=0, return_inverse=True, return_counts=True)
        return Histories(rows[:, 0], rows[:, 1], rows[:, 2], counts.astype(np.float64)), at.ravel()

    def __post_init__(self) -> None:
        wrong = (
            (self.x < 0) | (self.tx < 0) | (self.tx > self.T) | (self.weight <= 0) | ((self.x == 0) & (self.tx != 0))
        )
        if bool(np.any(wrong)):
            raise ValueError(f"{int(np.sum(wrong))} histories are none: row {int(np.argmax(wrong))} is the first")


@dataclass(frozen=True, slots=True)
class Fitted:
    """Parameters, each with its 95 % interval from the observed information (normal in the logarithm)."""

    names: tuple[str, ...]
    values: Numbers
    low: Numbers
    high: Numbers
    log_likelihood: float
    covariance: Numbers  # of the logarithms of the values

    def __getitem__(self, name: str) -> float:
        return float(self.values[self.names.index(name)])


# --- how often --------------------------------------------------------------------------------------------------------


def fit_purchases(of: Histories) -> Fitted:
    """r, alpha, a, b of BG/NBD by maximum likelihood. Raises TooFew."""
    _require_repeats(float(np.sum(of.weight[of.x > 0])))
    return _fit(("r", "alpha", "a", "b"), lambda theta: _purchases_ll(theta, of), np.zeros(4))


def _purchases_ll(theta: Numbers, of: Histories) -> float:
    """Equation 6 of Fader, Hardie, Lee (2005)."""
    r, alpha, a, b = theta
    x, again = of.x, of.x > 0
    rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stays = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    alive = -(r + x) * np.log(alpha + of.T)
    left = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + of.tx)
    ends = np.where(again, np.logaddexp(alive, left), alive)
    return float(np.sum(of.weight * (rate + stays + ends)))


def alive(of: Histories, model: Fitted) -> Numbers:
    """The chance that each is still a customer (Fader, Hardie, Lee 2008, Computing P(alive) Using the BG/NBD Model)."""
    return 1 / (1 + _gone_odds(of, model))


def _gone_odds(of: Histories, model: Fitted) -> Numbers:
    r, alpha, a, b = model.values
    odds = a / (b + np.maximum(of.x, 1) - 1) * ((alpha + of.T) / (alpha + of.tx)) ** (r + of.x)
    return np.where(of.x > 0, odds, 0.0)


def purchases(of: Histories, model: Fitted, ahead: float) -> Numbers:
    """How many each will make within so much time from now; equation 10 of Fader, Hardie, Lee (2005)."""
    r, alpha, a, b = model.values
    x = of.x
    series = hyp2f1(r + x, b + x, a + b + x - 1, ahead / (alpha + of.T + ahead))
    shrunk = ((alpha + of.T) / (alpha + of.T + ahead)) ** (r + x) * series
    expected = (a + b + x - 1) / (a - 1) * (1 - shrunk) / (1 + _gone_odds(of, model))
    return np.asarray(expected, dtype=np.float64)


def purchases_of_anybody(age: Numbers, model: Fitted) -> Numbers:
    """How many repeat purchases somebody makes until this age, of whom nothing is known; equation 9."""
    r, alpha, a, b = model.values
    series = hyp2f1(r, b, a + b - 1, age / (alpha + age))
    return np.asarray((a + b - 1) / (a - 1) * (1 - (alpha / (alpha + age)) ** r * series), dtype=np.float64)


# --- for how much -----------------------------------------------------------------------------------------------------


def fit_spend(x: Numbers, mean: Numbers, weight: Numbers) -> Fitted:
    """p, q, v of Gamma-Gamma, from those who bought again for more than nothing. Raises TooFew."""
    used = (x > 0) & (mean > 0)
    _require_repeats(float(np.sum(weight[used])))
    x, mean, weight = x[used], mean[used], weight[used]
    start = np.log([2.0, 2.0, float(np.average(mean, weights=weight))])
    return _fit(("p", "q", "v"), lambda theta: _spend_ll(theta, x, mean, weight), start)


def _spend_ll(theta: Numbers, x: Numbers, mean: Numbers, weight: Numbers) -> float:
    """Equation 1a of Fader, Hardie (2013)."""
    p, q, v = theta
    px = p * x
    each = (
        gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v)
        + (px - 1) * np.log(mean) + px * np.log(x) - (px + q) * np.log(x * mean + v)
    )  # fmt: skip
    return float(np.sum(weight * each))


def spend(x: Numbers, mean: Numbers, model: Fitted) -> Numbers:
    """What a purchase of each brings on average: their own mean, drawn towards everybody's the less is known of them;
    equation 5. NaN where there is no such mean: of who never bought again, if q <= 1.
    """
    p, q, v = model.values
    known = p * x + q > 1
    return np.where(known, p * (v + x * mean) / np.where(known, p * x + q - 1, 1), np.nan)


# --- likelihood -------------------------------------------------------------------------------------------------------


def _require_repeats(count: float) -> None:
    if count < REPEAT_CUSTOMERS_MIN:
        raise TooFew(f"{count:.0f} customers have bought again, and {REPEAT_CUSTOMERS_MIN} are needed")


def _fit(names: tuple[str, ...], likelihood: Callable[[Numbers], float], start: Numbers) -> Fitted:
    """All parameters are positive: the search goes over their logarithms."""

    def loss(logs: Numbers) -> float:
        if np.any(np.abs(logs) > 20):
            return _PENALTY
        found = likelihood(np.exp(logs))
        return -found if np.isfinite(found) else _PENALTY

    rough = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-6, "fatol": 1e-6})
    best = minimize(loss, rough.x, method="BFGS", options={"gtol": 1e-5}).x
    if loss(best) > rough.fun:
        best = rough.x
    covariance = _inverse(_second_differences(loss, best))
    spread = Z_95 * np.sqrt(np.clip(np.diag(covariance), 0, None))
    return Fitted(names, np.exp(best), np.exp(best - spread), np.exp(best + spread), -loss(best), covariance)


def _second_differences(loss: Callable[[Numbers], float], at: Numbers) -> Numbers:
    steps = np.eye(len(at)) * _STEP
    found = np.empty((len(at), len(at)))
    for i, one in enumerate(steps):
        for j, other in enumerate(steps):
            mixed = loss(at + one + other) - loss(at + one - other) - loss(at - one + other) + loss(at - one - other)
            found[i, j] = mixed / (4 * _STEP * _STEP)
    return found


def _inverse(information: Numbers) -> Numbers:
    """Where a parameter is not told by the data, its interval is as wide as can be said: infinite."""
    try:
        return np.asarray(np.linalg.inv(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full_like(information, np.inf)
