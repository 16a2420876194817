"""When does something happen by itself?

Every segment, agent and stay has at most one deadline: its next. A due is one integer, instant and kind, so that dues
of one instant have an order too: first what frees agents, last what takes stays away.
"""

from heapq import heapify, heappop, heappush
from typing import Literal

from contacts.words import SECOND_US

DueKind = Literal["wrap_up", "connecting", "offered", "silence", "widen", "promise", "limit"]
KINDS: tuple[DueKind, ...] = ("wrap_up", "connecting", "offered", "silence", "widen", "promise", "limit")
_RANK: dict[DueKind, int] = {kind: rank for rank, kind in enumerate(KINDS)}
_BITS = 3

Due = int
NEVER: Due = -1


def due(at_us: int, kind: DueKind) -> Due:
    return at_us << _BITS | _RANK[kind]


def instant_of(due: Due) -> int:
    return due >> _BITS


def kind_of(due: Due) -> DueKind:
    return KINDS[due & (1 << _BITS) - 1]


class _Second:
    """The dues within one second: a set until it becomes the first, then a heap beside it."""

    __slots__ = ("heap", "live")

    def __init__(self) -> None:
        self.live: dict[str, Due] = {}
        self.heap: list[tuple[Due, str]] | None = None

    def put(self, subject_id: str, due: Due) -> None:
        self.live[subject_id] = due
        if self.heap is None:
            return
        if len(self.heap) > 2 * len(self.live) + 64:
            self.heap = None  # what was cancelled outweighs the live
        else:
            heappush(self.heap, (due, subject_id))

    def first(self) -> tuple[Due, str]:
        """Of at least one. What was cancelled is skipped."""
        if self.heap is None:
            self.heap = [(due, subject_id) for subject_id, due in self.live.items()]
            heapify(self.heap)
        while self.live.get(self.heap[0][1]) != self.heap[0][0]:
            heappop(self.heap)
        return self.heap[0]


class Wheel:
    """Dues by second. Setting, cancelling and asking for the first cost the same for ten and for a million."""

    __slots__ = ("_order", "_seconds")

    def __init__(self) -> None:
        self._seconds: dict[int, _Second] = {}
        self._order: list[int] = []  # heap of the seconds

    def move(self, subject_id: str, old: Due, new: Due) -> None:
        """NEVER stands for no due, before or after."""
        if old != NEVER:
            del self._seconds[(old >> _BITS) // SECOND_US].live[subject_id]
        if new != NEVER:
            second = (new >> _BITS) // SECOND_US
            dues = self._seconds.get(second)
            if dues is None:
                dues = self._seconds[second] = _Second()
                heappush(self._order, second)
            dues.put(subject_id, new)

    def first(self) -> tuple[Due, str] | None:
        while self._order:
            dues = self._seconds[self._order[0]]
            if dues.live:
                return dues.first()
            del self._seconds[heappop(self._order)]
        return None

    def all(self) -> list[tuple[Due, str]]:
        return sorted((due, subject_id) for dues in self._seconds.values() for subject_id, due in dues.live.items())


class Deadlines:
    __slots__ = ("agents", "segments", "stays")

    def __init__(self) -> None:
        self.segments = Wheel()
        self.agents = Wheel()
        self.stays = Wheel()

    def first(self) -> tuple[Due, str] | None:
        """The next due and whose it is; its kind tells among whom to look."""
        firsts = (self.segments.first(), self.agents.first(), self.stays.first())
        return min((first for first in firsts if first is not None), default=None)

    def all(self) -> list[tuple[Due, str]]:
        return sorted(self.segments.all() + self.agents.all() + self.stays.all())
