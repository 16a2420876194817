"""What is a day like at the demo's companies? Pressed into DAY_S, so that whoever looks sees it pass.

The floor opens in the morning of that day. The night is quiet but never empty: a visitor always sees somebody come.
"""

from typing import Literal

Shift = Literal["early", "late", "night"]

DAY_S = 5_400.0  # 24 hours of the demo in real seconds
OPENS_H = 10.0
GAP_BUSY_S, GAP_QUIET_S = 2.5, 9.0  # mean time between two who come, at the peak and at the dead of night
HOURS: dict[Shift, tuple[float, float]] = {"early": (6.0, 15.0), "late": (10.0, 20.0), "night": (19.0, 7.0)}
# How busy each hour is, of the busiest: as many come as those on shift can bear, with a peak before and after noon.
CURVE = (
    0.05, 0.0, 0.0, 0.0, 0.0, 0.05, 0.15, 0.3, 0.45, 0.55, 0.95, 1.0,
    0.85, 0.9, 1.0, 0.6, 0.42, 0.4, 0.38, 0.38, 0.3, 0.25, 0.15, 0.1,
)  # fmt: skip


def hour_at(elapsed_s: float) -> float:
    """0 to 24, when the floor has been open for so long."""
    return (OPENS_H + elapsed_s * 24.0 / DAY_S) % 24.0


def gap_s(hour: float) -> float:
    """The mean time until somebody comes; between full hours it changes evenly."""
    at, share = int(hour), hour % 1.0
    busy = CURVE[at % 24] * (1 - share) + CURVE[(at + 1) % 24] * share
    return 1 / (busy / GAP_BUSY_S + (1 - busy) / GAP_QUIET_S)


def is_on(shift: Shift, hour: float) -> bool:
    """A shift over midnight ends on the next day."""
    starts, ends = HOURS[shift]
    return starts <= hour < ends if starts < ends else hour >= starts or hour < ends
