"""When may somebody be rung? In their own day, whatever ours is; and in which half hours may they choose to be?

From 8 to 21 h of the called one's zone: 47 CFR 64.1200 (c) (1), the narrowest rule of those that we know that a company
meets in another country; a customer whose zone nobody knows is in the company's hands.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from contacts.hours import Hours, Span
from contacts.record import record
from contacts.words import SECOND_US

LOCAL_DAY = Span(8 * 60, 21 * 60)
SLOT_US = 1800 * SECOND_US


@lru_cache(maxsize=512)
def local_day(zone: str) -> Hours:
    return Hours(zone, ((LOCAL_DAY,),) * 7)


def not_before(zone: str | None, at_us: int) -> int:
    """`at_us` itself, or when the day of this zone begins after it."""
    if zone is None or local_day(zone).is_open(at_us):
        return at_us
    return local_day(zone).next_change(at_us) or at_us


@record(frozen=True, slots=True)
class Slot:
    at_us: int
    free: int


def slots(
    queue: Hours | None, zone: str | None, from_us: int, until_us: int, taken: Mapping[int, int], per_slot: int
) -> Iterator[Slot]:
    """Half hours in which the queue is open and it is day where they live. `taken`: by the beginning of each."""
    at_us = -(-from_us // SLOT_US) * SLOT_US
    while at_us < until_us:
        if (queue is None or queue.is_open(at_us)) and not_before(zone, at_us) == at_us:
            yield Slot(at_us, max(0, per_slot - taken.get(at_us, 0)))
        at_us += SLOT_US


def slot_of(at_us: int) -> int:
    """The beginning of its half hour."""
    return at_us // SLOT_US * SLOT_US
