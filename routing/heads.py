"""Who stands first in each line?

Kept twice: as rankings, one for each rate, along which many lines are walked; and by line, side by side in memory,
where few lines are looked up. An order in a line never changes with time, so its first stay is compared by one number:
its place, or its promise if it is overdue.
"""

from array import array
from collections.abc import Iterable

from routing.ranking import Key, Ranking

NOBODY = 1 << 62  # the time of a line without a head


class Heads:
    """The first stays of all lines: of the ordinary ones, or of the overdue ones."""

    __slots__ = ("by_rate", "direct", "keys", "times", "waiting")

    def __init__(self) -> None:
        self.by_rate: dict[int, Ranking] = {}
        self.keys: list[Key | None] = []  # by slot of the line: the head, if any able agent may be given it
        self.times = array("q")  # by slot: the first part of the key
        self.direct = 0  # mask of lines whose head is for one agent only
        self.waiting = 0  # stays in line of this kind

    def make_room(self, slot: int) -> None:
        while len(self.keys) <= slot:
            self.keys.append(None)
            self.times.append(NOBODY)

    def change(self, slot: int, rate: int, old: Key | None, new: Key | None, is_direct: bool) -> None:
        """Another stay stands first in the line, or nobody any more."""
        ranking = self.by_rate[rate]
        if old is None and new is not None:
            ranking.add(slot, new)
        elif old is not None and new is None:
            ranking.remove(slot, old)
        elif old is not None and new is not None:
            ranking.replace(slot, old, new)
        if new is None or is_direct:
            self.keys[slot], self.times[slot] = None, NOBODY
        else:
            self.keys[slot], self.times[slot] = new, new[0]
        if is_direct:
            self.direct |= 1 << slot
        elif self.direct:
            self.direct &= ~(1 << slot)

    def of(self, slots: list[int]) -> tuple[Key, list[Key]] | None:
        """The first of these lines' heads and all of them, in no order."""
        times = list(map(self.times.__getitem__, slots))
        first_us = min(times)
        if first_us == NOBODY:
            return None
        heads = list(filter(None, map(self.keys.__getitem__, slots)))
        if times.count(first_us) == 1:
            first = self.keys[slots[times.index(first_us)]]
            assert first is not None
            return first, heads
        return min(heads), heads

    def change_rate(self, slots: Iterable[int], old_rate: int, new_rate: int, firsts: Iterable[Key | None]) -> None:
        """Of whole lines, when the policy of their queue changes."""
        before, after = self.by_rate[old_rate], self.by_rate.setdefault(new_rate, Ranking())
        for slot, first in zip(slots, firsts, strict=True):
            if first is not None:
                before.remove(slot, first)
                after.add(slot, first)
