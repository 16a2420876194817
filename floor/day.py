"""What has to happen when, if a day of the log is to happen again?"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from floor import patience, staff
from floor.bank_log import CALL_TYPES, BankLog, Call, CallType, Reason
from floor.patience import Patience

PATIENCE_HANG_UPS_MIN = 100  # fewer hang-ups of one type: the patience of all types is taken
PRIORITY_HIGH = 2
CREDIT_S = 90  # what the bank gave to its high priority


class UnknownDay(ValueError):
    """The log has no call of that day."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One caller. Seconds from the midnight of the day."""

    row: int
    at_s: int
    type: CallType
    customer: str | None
    high: bool  # has the bank's 90 s of credit
    leaves_after_s: float  # own wait of a hang-up; drawn, longer than the served wait, for the others
    service_s: int
    drawn: bool  # False: the log says itself how long they waited


@dataclass(frozen=True, slots=True)
class Window:
    """Half open, in seconds from midnight."""

    from_s: int = 0
    to_s: int = 2 * 86_400

    def __contains__(self, at_s: object) -> bool:
        return isinstance(at_s, int | float) and self.from_s <= at_s < self.to_s


@dataclass(frozen=True, slots=True)
class Day:
    date: str
    window: Window
    arrivals: list[Arrival]
    calls: list[Call]  # as the log has them, of the same window
    shifts: list[staff.Shift]
    skills: Mapping[str, frozenset[CallType]]
    after_call_s: Sequence[int]
    ivr_hang_ups: int
    refused: Mapping[Reason, list[int]] = field(default_factory=dict)

    @property
    def types(self) -> list[CallType]:
        return sorted({arrival.type for arrival in self.arrivals})

    @property
    def servers(self) -> list[str]:
        return sorted({shift.server for shift in self.shifts})


def plan(log: BankLog, date: str, window: Window = Window(), seed: int = 1) -> Day:
    """The same log, day, window and seed give the same plan. Raises UnknownDay."""
    of_day = log.of(date)
    if not of_day:
        raise UnknownDay(f"no call on {date}; the log has {', '.join(log.dates()) or 'no day at all'}")
    curves = _curves(log.calls)
    chance = random.Random(f"{seed}/{date}")
    means = _mean_services(log.calls)
    arrivals = [
        _arrival(call, curves, means, chance) for call in sorted(of_day, key=lambda call: (call.arrived_s, call.row))
    ]
    shifts = [shift for shift in staff.shifts(of_day) if shift.end_s > window.from_s and shift.start_s < window.to_s]
    return Day(
        date=date,
        window=window,
        arrivals=[arrival for arrival in arrivals if arrival.at_s in window],
        calls=[call for call in of_day if call.arrived_s in window],
        shifts=shifts,
        skills=staff.skills(log.calls),
        after_call_s=staff.after_call_s(log.calls),
        ivr_hang_ups=log.ivr_hang_ups[date],
        refused=log.refused.get(date, {}),
    )


def _arrival(
    call: Call, curves: Mapping[CallType, Patience], means: Mapping[CallType, int], chance: random.Random
) -> Arrival:
    # One draw a call, used or not: the patience of one caller does not depend on who called before.
    uniform = 1.0 - chance.random()
    hung_up = call.outcome == "hang"
    leaves_after_s = float(call.waited_s) if hung_up else curves[call.type].draw(uniform, float(call.waited_s))
    # A caller who hung up in the log may be served here: they then talk as long as others of their type do on average.
    return Arrival(
        row=call.row,
        at_s=call.arrived_s,
        type=call.type,
        customer=call.customer,
        high=call.priority == PRIORITY_HIGH,
        leaves_after_s=leaves_after_s,
        service_s=call.service_s or means[call.type],
        drawn=not hung_up,
    )


def _mean_services(calls: Sequence[Call]) -> dict[CallType, int]:
    """Seconds; a type that nobody was served in gets the mean of all."""
    of_type: dict[CallType, list[int]] = {}
    for call in calls:
        if call.service_s:
            of_type.setdefault(call.type, []).append(call.service_s)
    everything = [service_s for services in of_type.values() for service_s in services] or [1]
    return {type_: round(fmean(of_type.get(type_, everything))) for type_ in CALL_TYPES}


def _curves(calls: Sequence[Call]) -> dict[CallType, Patience]:
    waits: dict[CallType, list[tuple[float, bool]]] = {}
    for call in calls:
        if call.waited_s:
            waits.setdefault(call.type, []).append((float(call.waited_s), call.outcome == "hang"))
    everybody = [wait for of_type in waits.values() for wait in of_type] or [(1.0, True)]
    pooled = patience.fit(everybody)
    hang_ups = Counter(call.type for call in calls if call.outcome == "hang")
    return {
        type_: patience.fit(waits[type_]) if hang_ups[type_] >= PATIENCE_HANG_UPS_MIN else pooled
        for type_ in CALL_TYPES
    }
