"""Who stands first in each line?

Kept by line, side by side in memory, where few lines are looked up; and, if somebody serves many lines, as rankings
too, one for each rate, along which they are walked. An order in a line never changes with time, so its first stay is
compared by one number: its place, or its promise if it is overdue.
"""

from array import array
from itertools import islice
from typing import Any

from routing.ranking import Key, Ranking

# Of each rate the first, and all of them in no order; the rate whose first comes first of all stands in front.
Found = list[tuple[int, Key, list[Key]]]

SlotsByRate = dict[int, "array[int]"]  # arrays, because numbers side by side are read faster than numbers anywhere

_ORDINARY_PARTS = 6  # of a key; that of an overdue stay has its promise in front
_NOBODY = 1 << 62  # the time of a line without a head


class Heads:
    """The first stays of all lines: of the ordinary ones, or of the overdue ones."""

    __slots__ = ("direct", "keys", "mask", "rankings", "rates", "times", "waiting")

    def __init__(self) -> None:
        # By slot of the line. The key is empty unless any able agent may be given the stay; the time is its first part.
        self.keys: list[Key] = []
        self.times = array("q")
        self.rates = array("q")
        self.rankings: dict[int, Ranking] | None = None  # by rate; made when somebody first walks along them
        self.direct = 0  # mask of lines whose first stay is for one agent only
        self.mask = 0  # of lines that have a first stay
        self.waiting = 0  # stays in line

    def open(self, slot: int, rate: int) -> None:
        """A line begins, or its rate changes."""
        while len(self.keys) <= slot:
            self.keys.append(())
            self.times.append(_NOBODY)
            self.rates.append(rate)
        key = self.keys[slot]
        self._show(slot, key, ())
        self.rates[slot] = rate
        self._show(slot, (), key)

    def change(self, slot: int, key: Key | None, is_direct: bool) -> None:
        """Another stay stands first in the line, or nobody any more."""
        old, new = self.keys[slot], _near(key) if key is not None and not is_direct else ()
        self.keys[slot], self.times[slot] = new, new[0] if new else _NOBODY
        if (key is None) == bool(self.mask >> slot & 1):
            self.mask ^= 1 << slot
        if is_direct:
            self.direct |= 1 << slot
        elif self.direct:
            self.direct &= ~(1 << slot)
        if self.rankings is not None:
            self._show(slot, old, new)

    def _show(self, slot: int, old: Key, new: Key) -> None:
        if self.rankings is None:
            return
        ranking = self.rankings.setdefault(self.rates[slot], Ranking())
        if old:
            ranking.remove(slot, old)
        if new:
            ranking.add(slot, new)

    def looked_up(self, now_us: int, slots_by_rate: SlotsByRate) -> Found:
        """All heads of these lines. Their times tell the first; the keys of the others are not looked into."""
        found: Found = []
        for rate, slots in slots_by_rate.items():
            times = list(map(self.times.__getitem__, slots))
            first_us = min(times)
            if first_us == _NOBODY:
                continue
            keys = list(filter(None, map(self.keys.__getitem__, slots)))
            first = self.keys[slots[times.index(first_us)]] if times.count(first_us) == 1 else min(keys)
            found.append((rate, first, keys))
        return _in_front(now_us, found)

    def walked(self, now_us: int, lines: int, at_most: int) -> Found:
        """Of each rate the nearest heads of these lines, found by walking along the order of all."""
        if self.rankings is None:
            self.rankings = {}
            for slot, key in enumerate(self.keys):
                self._show(slot, (), key)
        nearest = [(rate, list(islice(ranking.in_order(lines), at_most))) for rate, ranking in self.rankings.items()]
        return _in_front(now_us, [(rate, keys[0], keys) for rate, keys in nearest if keys])


def _near(key: Key) -> Key:
    """The same key in new memory. Heads are compared all the time, and what was made when they came lies far apart:
    with a million waiting, each look into it is a miss of every cache."""
    first, *others = key
    return (first + 0, *others)


def without(now_us: int, found: Found, gone: list[tuple[int, Key]], instead: list[tuple[int, Key]]) -> Found:
    """Other heads in the place of some."""
    by_rate = {rate: (first, keys) for rate, first, keys in found}
    for rate in {rate for rate, _ in (*gone, *instead)}:
        gone_ids = {key[-3] for its_rate, key in gone if its_rate == rate}
        _, keys = by_rate.pop(rate, ((), []))
        keys = [key for key in keys if key[-3] not in gone_ids] + [key for its_rate, key in instead if its_rate == rate]
        if keys:
            by_rate[rate] = (min(keys), keys)
    return _in_front(now_us, [(rate, first, keys) for rate, (first, keys) in by_rate.items()])


def _in_front(now_us: int, found: Found) -> Found:
    if len(found) > 1:
        first = min([(order_of(now_us, rate, key), at) for at, (rate, key, _) in enumerate(found)])[1]
        found[0], found[first] = found[first], found[0]
    return found


def order_of(now_us: int, rate: int, key: Key) -> tuple[Any, ...]:
    """Sorts keys of one kind, whatever their rates, at this instant."""
    if len(key) == _ORDINARY_PARTS:
        return ((key[0] - now_us) * rate, key[1], key[2], key[3])
    return (key[0], (key[1] - now_us) * rate, key[2], key[3], key[4])
