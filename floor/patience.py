"""How long would a caller have waited who was served before we could know?

Kaplan, Meier (1958): S(t) = Π over hang-ups t_i ≤ t of (1 - d_i / n_i), where d_i callers hang up after exactly t_i and
n_i have waited t_i or longer. A hang-up is an event at its own wait; a served caller is censored at theirs: they would
have waited at least so long. Who is served at t_i is still at risk at t_i.

The curve is believed as long as AT_RISK_MIN callers are at risk; from there on patience is exponential with the rate of
the whole sample, θ = hang-ups / total seconds waited: the maximum likelihood under censoring, used for call centres by
Mandelbaum, Zeltyn (2007), "Service engineering in action". Draws are by inversion.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

AT_RISK_MIN = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """Survival after each of `times_s` (ascending), then an exponential tail from `tail_s` on."""

    times_s: tuple[float, ...]
    survival: tuple[float, ...]
    tail_s: float
    tail_survival: float
    rate_per_s: float  # θ of the tail; 0 = nobody ever hung up, so patience has no end

    def survives(self, waited_s: float) -> float:
        """P(patience > waited_s)."""
        if waited_s > self.tail_s:
            return self.tail_survival * math.exp(-self.rate_per_s * (waited_s - self.tail_s))
        # The curve steps down at its times: after the last time <= waited_s.
        step = bisect_left(self.times_s, math.nextafter(waited_s, math.inf))
        return self.survival[step - 1] if step else 1.0

    def draw(self, chance: float, longer_than_s: float = 0.0) -> float:
        """The patience of one who has already waited `longer_than_s`; `chance` is uniform in (0, 1].

        The t with S(t) = chance × S(longer_than_s): P(T > t | T > w) = S(t) / S(w).
        """
        goal = chance * self.survives(longer_than_s)
        if goal >= self.tail_survival:
            # Survival falls along the list: search its negation.
            step = bisect_left(self.survival, -goal, key=lambda value: -value)
            if step < len(self.times_s):
                return max(self.times_s[step], longer_than_s)
        if self.rate_per_s == 0:
            return math.inf
        return max(self.tail_s + math.log(self.tail_survival / goal) / self.rate_per_s, longer_than_s)


def fit(waits: Iterable[tuple[float, bool]], at_risk_min: int = AT_RISK_MIN) -> Patience:
    """From (seconds waited, hung up?) of each caller. Raises ValueError without a caller."""
    seen = list(waits)
    if not seen:
        raise ValueError("patience needs at least one caller")
    hang_ups = Counter(waited_s for waited_s, hung_up in seen if hung_up)
    leavers = Counter(waited_s for waited_s, _ in seen)
    exposure_s = sum(waited_s for waited_s, _ in seen)
    times: list[float] = []
    survival: list[float] = []
    at_risk, alive = len(seen), 1.0
    for waited_s in sorted(leavers):
        if at_risk < at_risk_min:
            break
        if hang_ups[waited_s]:
            alive *= 1 - hang_ups[waited_s] / at_risk
            times.append(waited_s)
            survival.append(alive)
        at_risk -= leavers[waited_s]
    if survival and survival[-1] == 0:
        # Everybody at risk hung up: the last step is certain, no tail is left.
        return Patience(tuple(times), tuple(survival), times[-1], 0.0, 0.0)
    rate = sum(hang_ups.values()) / exposure_s if exposure_s else 0.0
    return Patience(tuple(times), tuple(survival), times[-1] if times else 0.0, alive, rate)
