"""How long will somebody wait who stays? Quantiles of the virtual wait, from waits some of which were cut off.

A caller who hangs up, overflows or is called back has waited at least so long: a censored observation and no short
wait. The survival of the wait is estimated by Kaplan and Meier (1958), "Nonparametric estimation from incomplete
observations", J. Amer. Statist. Assoc. 53, and conditioned on what the caller has waited already. While too few have
been served it is the queue M/M/n+M (Erlang A; Palm 1946, Garnett, Mandelbaum, Reiman 2002) with a wide band.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, sqrt

from contacts.records import WAITS_KEPT

SERVED_MIN = 30  # of these, before they are believed
HANDLING_US = 240_000_000  # of a call, where nothing is known
PATIENCE_US = 300_000_000
BAND = 2.0  # standard deviations of a guess

MINUTE_US = 60_000_000

Wait = tuple[int, bool]  # (microseconds, whether it ended with an agent)


@dataclass(frozen=True, slots=True)
class Expected:
    """Of what is still to come. `high_us` None: longer than anything that was observed."""

    low_us: int
    high_us: int | None
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Minutes:
    """As people are told; `high` 1: less than a minute."""

    low: int
    high: int

    @property
    def low_us(self) -> int:
        return 0 if self.high <= 1 else self.low * MINUTE_US - self._about_us

    @property
    def high_us(self) -> int:
        return self.high * MINUTE_US + (0 if self.high <= 1 else self._about_us)

    @property
    def _about_us(self) -> int:
        return MINUTE_US // 2 if self.low == self.high else 0


@dataclass(slots=True)
class Waits:
    """The last ended waits of one queue."""

    of: deque[Wait] = field(default_factory=lambda: deque(maxlen=WAITS_KEPT))

    def add(self, wait_us: int, served: bool) -> None:
        self.of.append((wait_us, served))

    @property
    def served(self) -> int:
        return sum(served for _, served in self.of)

    def quantile_us(self, share: float, waited_us: int = 0) -> int | None:
        """So long after now have `share` of those been served who waited as long as this one."""
        survival, already = 1.0, None
        for wait_us, left in _steps(self.of):
            if already is None and wait_us > waited_us:
                already = survival
            survival = left
            if already is not None and survival <= (1 - share) * already:
                return wait_us - waited_us
        return None


def _steps(waits: Iterable[Wait]) -> Iterable[tuple[int, float]]:
    """(wait, share of those who would still wait after it), where somebody was served; of equals the served first."""
    ordered = sorted(waits, key=lambda wait: (wait[0], not wait[1]))
    survival, at_risk = 1.0, len(ordered)
    for n, (wait_us, served) in enumerate(ordered):
        if served:
            survival *= 1 - 1 / at_risk
        at_risk -= 1
        is_last_of_equals = n + 1 == len(ordered) or ordered[n + 1][0] > wait_us
        if is_last_of_equals:
            yield wait_us, survival


def expected(waits: Waits, waited_us: int, ahead: int, agents: int) -> Expected | None:
    """The middle and the ninth of ten. `ahead`: who waits before them; None: nobody is there, and nothing is known."""
    if waits.served >= SERVED_MIN:
        low_us = waits.quantile_us(0.5, waited_us)
        return Expected(low_us or 0, waits.quantile_us(0.9, waited_us)) if low_us is not None else None
    return by_erlang_a(ahead, agents)


def by_erlang_a(
    ahead: int, agents: int, handling_us: int = HANDLING_US, patience_us: int = PATIENCE_US
) -> Expected | None:
    """All agents busy and `ahead` before: the place moves up at rate n/handling + j/patience while j are before."""
    if agents <= 0:
        return None
    rates = [agents / handling_us + j / patience_us for j in range(ahead + 1)]
    mean, deviation = sum(1 / rate for rate in rates), sqrt(sum(1 / rate**2 for rate in rates))
    return Expected(max(0, round(mean - BAND * deviation)), round(mean + BAND * deviation), is_guess=True)


def in_minutes(found: Expected, left_us: int) -> Minutes:
    """Never beyond `left_us`, after which the queue's recipe surely does something; a minute is the least."""
    left = max(1, left_us // MINUTE_US)
    high = left if found.high_us is None else min(ceil(found.high_us / MINUTE_US), left)
    return Minutes(min(found.low_us // MINUTE_US, high), max(1, high))
