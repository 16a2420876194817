"""Who comes first among those in question? Orders that answer without looking at everybody.

A member of a ranking is a key: a tuple that sorts in the wanted order and ends with `(id, byte, bit)`, where byte and
bit are the place of the member's slot in a bitmask. A slot is a small number: of a line when heads of lines are ranked,
of a group of like agents when agents are. "In question" is a bitmask of slots.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from heapq import merge
from typing import Any

Key = tuple[Any, ...]

_BLOCK = 512  # keys in one block: an insertion moves at most so many pointers
_FEW_SLOTS = 32  # up to here single bits are cheaper to take than the mask's digits to read
_SORT_MAX = 512  # up to so many keys are sorted at once rather than merged one by one


def slots_of(mask: int) -> list[int]:
    """The numbers of the bits that are set, from the highest to the lowest."""
    slots = []
    if mask.bit_count() <= _FEW_SLOTS:
        while mask:
            slot = mask.bit_length() - 1
            slots.append(slot)
            mask ^= 1 << slot
        return slots
    digits = bin(mask)
    last = len(digits) - 1
    at = digits.find("1", 2)
    while at >= 0:
        slots.append(last - at)
        at = digits.find("1", at + 1)
    return slots


class Ordered:
    """Keys in ascending order, in blocks, so that the ten-thousandth costs hardly more than the first."""

    __slots__ = ("blocks", "size")

    def __init__(self) -> None:
        self.blocks: list[list[Key]] = [[]]  # only the sole block may be empty
        self.size = 0

    @property
    def first(self) -> Key | None:
        return self.blocks[0][0] if self.size else None

    def add(self, key: Key) -> None:
        blocks = self.blocks
        block = blocks[0] if len(blocks) == 1 else blocks[self._at(key)]
        if not block or key > block[-1]:
            block.append(key)  # most come last
        else:
            insort(block, key)
        self.size += 1
        if len(block) > _BLOCK:
            self._split(block)

    def remove(self, key: Key) -> None:
        """The key must be there."""
        blocks = self.blocks
        at = 0 if len(blocks) == 1 else self._at(key)
        block = blocks[at]
        del block[0 if block[0] == key else bisect_left(block, key)]  # most that go are first
        self.size -= 1
        if not block and len(blocks) > 1:
            del blocks[at]

    def nth(self, n: int) -> Key | None:
        """The key with n keys before it."""
        for block in self.blocks:
            if n < len(block):
                return block[n]
            n -= len(block)
        return None

    def __iter__(self) -> Iterator[Key]:
        for block in self.blocks:
            yield from block

    def _at(self, key: Key) -> int:
        return bisect_left(self.blocks, key, hi=len(self.blocks) - 1, key=_last)

    def _split(self, block: list[Key]) -> None:
        at = self._at(block[-1])
        # Most keys are added at the end: a nearly full block and a nearly empty one cost fewer splits than two halves.
        cut = len(block) // 2 if at < len(self.blocks) - 1 else len(block) * 7 // 8
        self.blocks.insert(at + 1, block[cut:])
        del block[cut:]


def _last(block: list[Key]) -> Key:
    return block[-1]


class Ranking:
    """Members in order, and the members of each slot."""

    __slots__ = ("at", "mask", "order")

    def __init__(self) -> None:
        self.order = Ordered()
        self.at: dict[int, list[Key]] = {}
        self.mask = 0  # slots that have a member

    def add(self, slot: int, key: Key) -> None:
        self.order.add(key)
        members = self.at.get(slot)
        if members is None:
            self.at[slot] = [key]
            self.mask |= 1 << slot
        else:
            insort(members, key)

    def remove(self, slot: int, key: Key) -> None:
        self.order.remove(key)
        members = self.at[slot]
        if len(members) == 1:
            del self.at[slot]
            self.mask ^= 1 << slot
        else:
            del members[bisect_left(members, key)]

    def in_order(self, slots: int) -> Iterator[Key]:
        """The members of these slots. Few slots are looked up; many are met soon by walking along the order."""
        slots &= self.mask
        count = slots.bit_count()
        if count * count <= self.order.size * 4:
            return self._of_slots(slots)
        return self._along(slots, self.order.size // count * 64 + _BLOCK)

    def _of_slots(self, slots: int) -> Iterator[Key]:
        lists = [self.at[slot] for slot in slots_of(slots)]
        if len(lists) == 1:
            return iter(lists[0])
        if sum(map(len, lists)) > _SORT_MAX:
            return merge(*lists)
        return iter(sorted([key for keys in lists for key in keys]))

    def _along(self, slots: int, patience: int) -> Iterator[Key]:
        """Members of these slots may all stand at the end: after so many others they are looked up after all."""
        bits = slots.to_bytes((self.mask.bit_length() + 7) // 8, "little")
        passed = 0
        for block in self.order.blocks:
            yield from (key for key in block if bits[key[-2]] & key[-1])
            passed += len(block)
            if passed > patience:
                last = block[-1]
                yield from (key for key in self._of_slots(slots) if key > last)
                return
