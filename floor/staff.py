"""Who was at work when, what could they do, and how long were they busy after a call? Inferred: the log has no roster.

- A server is at work from the first service's start to the last one's end; a stretch without service longer than
  BREAK_AFTER_S is a break. (Of the 9,960 gaps in January 1999 at whose start a caller was waiting none is that long.)
- A server can do what they did at least SKILLED_FROM times in the whole file.
- After-call work is the gap between two services of one server when the next caller had been waiting before the first
  service ended: the server was not free, or they would have taken the caller. Median 5 s.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from floor.bank_log import Call, CallType

BREAK_AFTER_S = 600
SKILLED_FROM = 5
AFTER_CALL_MAX_S = 300


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of work without a break."""

    server: str
    start_s: int
    end_s: int


def shifts(calls: Iterable[Call], break_after_s: int = BREAK_AFTER_S) -> list[Shift]:
    """The stretches of one day, by start."""
    found: list[Shift] = []
    for server, services in _services(calls).items():
        start_s, end_s = services[0][0], services[0][1]
        for began_s, ended_s, _ in services[1:]:
            if began_s - end_s > break_after_s:
                found.append(Shift(server, start_s, end_s))
                start_s = began_s
            end_s = max(end_s, ended_s)
        found.append(Shift(server, start_s, end_s))
    return sorted(found, key=lambda shift: (shift.start_s, shift.server))


def skills(calls: Iterable[Call], skilled_from: int = SKILLED_FROM) -> dict[str, frozenset[CallType]]:
    """What each server can do; one who did nothing often enough can do what they did."""
    served: dict[str, Counter[CallType]] = defaultdict(Counter)
    for call in calls:
        if call.server is not None:
            served[call.server][call.type] += 1
    return {
        server: frozenset(type_ for type_, times in types.items() if times >= skilled_from) or frozenset(types)
        for server, types in served.items()
    }


def after_call_s(calls: Iterable[Call]) -> list[int]:
    """Every gap that was after-call work, ascending: a sample to draw from."""
    by_date: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        by_date[call.date].append(call)
    gaps: list[int] = []
    for day in by_date.values():
        for services in _services(day).values():
            for (_, ended_s, _), (began_s, _, arrived_s) in pairwise(services):
                if arrived_s <= ended_s <= began_s <= ended_s + AFTER_CALL_MAX_S:
                    gaps.append(began_s - ended_s)
    return sorted(gaps)


def _services(calls: Iterable[Call]) -> dict[str, list[tuple[int, int, int]]]:
    """server -> (began, ended, the caller's arrival), by start."""
    services: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for call in calls:
        if call.server is not None and call.service_start_s is not None and call.service_s is not None:
            services[call.server].append((call.service_start_s, call.service_start_s + call.service_s, call.arrived_s))
    return {server: sorted(stretches) for server, stretches in services.items()}
