"""How much may an agent hold at once, and on which channels is there room for one more?

What an agent holds is one integer: the number of segments on each channel, sixteen bits a channel. A parked segment is
not held.
"""

from contacts.words import CHANNELS, Channel
from routing.messages import Capacity

_DIGIT = 16
_MOST = (1 << _DIGIT) - 1
_REMEMBERED = 4096  # different loads of one capacity whose answer is kept

BIT: dict[Channel, int] = {channel: 1 << at for at, channel in enumerate(CHANNELS)}
ONE: dict[Channel, int] = {channel: 1 << (_DIGIT * at) for at, channel in enumerate(CHANNELS)}
ALL_CHANNELS = (1 << len(CHANNELS)) - 1


def count_of(held: int, channel: Channel) -> int:
    return held // ONE[channel] & _MOST


class Room:
    """The capacity of like agents. Answers are remembered: a floor knows few different loads."""

    __slots__ = ("_open", "capacity")

    def __init__(self, capacity: Capacity) -> None:
        self.capacity = capacity
        self._open: dict[int, int] = {}

    def open(self, held: int) -> int:
        """Bits of the channels on which one more segment fits."""
        known = self._open.get(held)
        if known is None:
            if len(self._open) >= _REMEMBERED:
                self._open.clear()
            known = self._open[held] = sum(BIT[channel] for channel in CHANNELS if self._fits(held, channel))
        return known

    def load(self, held: int) -> int:
        """In units."""
        costs = self.capacity.costs
        return sum(count_of(held, channel) * costs.get(channel, 0) for channel in CHANNELS)

    def is_exceeded(self, held: int) -> bool:
        maxima = self.capacity.maxima
        return self.load(held) > self.capacity.units or any(
            count_of(held, channel) > maxima.get(channel, 0) for channel in CHANNELS
        )

    def _fits(self, held: int, channel: Channel) -> bool:
        """Too many on another channel, by a person's act, forbid nothing here as long as the units suffice."""
        more = held + ONE[channel]
        return self.load(more) <= self.capacity.units and count_of(more, channel) <= self.capacity.maxima.get(
            channel, 0
        )
