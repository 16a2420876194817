"""What were waits, service level and abandon rate according to the log, by the same definitions as ours?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from floor.bank_log import Call

SERVICE_LEVEL_S = 20
SHORT_ABANDON_S = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """None: nobody to compute it from."""

    offered: int
    answered: int
    abandoned: int
    short_abandoned: int
    service_level: float | None
    abandon_rate: float | None
    asa_s: float | None
    p50_s: float | None
    p90_s: float | None


DEFINITIONS: dict[str, str] = {
    "offered": "callers who reached a queue or an agent in the window",
    "answered": "of them served by an agent",
    "abandoned": "of them gone before an agent was there",
    "short_abandoned": f"abandoned after at most {SHORT_ABANDON_S} s",
    "service_level": f"answered within {SERVICE_LEVEL_S} s / (answered + abandoned - short abandoned)",
    "abandon_rate": "(abandoned - short) / (offered - short)",
    "asa_s": "mean wait of the answered, seconds",
    "p50_s": "half of the answered waited at most so long",
    "p90_s": "nine of ten of the answered waited at most so long",
}


def of_calls(calls: Sequence[Call]) -> Figures:
    """In the log wait is the time in the queue; who was served without queueing waited 0 s."""
    return of_waits(
        [call.waited_s for call in calls if call.outcome == "agent"],
        [call.waited_s for call in calls if call.outcome == "hang"],
    )


def of_waits(answered_s: Sequence[float], abandoned_s: Sequence[float]) -> Figures:
    short = sum(wait_s <= SHORT_ABANDON_S for wait_s in abandoned_s)
    offered = len(answered_s) + len(abandoned_s)
    asked = offered - short
    quick = sum(wait_s <= SERVICE_LEVEL_S for wait_s in answered_s)
    return Figures(
        offered=offered,
        answered=len(answered_s),
        abandoned=len(abandoned_s),
        short_abandoned=short,
        service_level=quick / asked if asked else None,
        abandon_rate=(len(abandoned_s) - short) / asked if asked else None,
        asa_s=fmean(answered_s) if answered_s else None,
        p50_s=quantile(answered_s, 0.5),
        p90_s=quantile(answered_s, 0.9),
    )


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of the values do not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
