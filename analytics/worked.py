"""How long were agents ready, and how long did they work?

A meter adds up how long something went on, for many who begin and end, and can be read at any instant. It needs no list
of who: what begins at `t` counts from `t` on, so the sum is linear in the instant of reading.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from contacts.events import Event


@dataclass(slots=True)
class Meter:
    sum_us: int = 0
    running: int = 0

    def change(self, by: int, at_us: int) -> None:
        """`by` more of them go on from this instant."""
        self.running += by
        self.sum_us -= by * at_us

    def change_all(self, by: int, count: int, sum_us: int) -> None:
        """The same change at so many instants, of which the sum is known."""
        self.running += by * count
        self.sum_us -= by * sum_us

    def until(self, now_us: int) -> int:
        return self.sum_us + self.running * now_us

    def restart(self, at_us: int) -> None:
        """What went on before this instant is forgotten; what goes on counts from it."""
        self.sum_us = -self.running * at_us

    def add(self, other: "Meter", times: int = 1) -> None:
        self.sum_us += times * other.sum_us
        self.running += times * other.running


@dataclass(slots=True)
class Hours:
    """Of one agent, or of several: `work` is connecting, talk, hold and wrap-up; several at once count each."""

    work: Meter = field(default_factory=Meter)
    ready: Meter = field(default_factory=Meter)

    def add(self, other: "Hours", times: int = 1) -> None:
        self.work.add(other.work, times)
        self.ready.add(other.ready, times)


class Change(NamedTuple):
    work: int
    ready: int


NONE = Change(0, 0)
# Segments an agent works on: from accepting to the end of the wrap-up, but not while they are parked.
CHANGES: dict[str, Change] = {
    "segment.accepted": Change(1, 0),
    "segment.unparked": Change(1, 0),
    "segment.parked": Change(-1, 0),
    "segment.finished": Change(-1, 0),
    "segment.failed": Change(-1, 0),
}
CHANGING = (*CHANGES, "segment.ended", "segment.withdrawn", "agent.chose")


def change_of(event: Event) -> Change:
    """What this event changes for its agent. `was` in its data: the state before."""
    return change(event.kind, event.data.get("was"), event.data.get("chosen"))


def change(kind: str, was: object, chosen: object) -> Change:
    match kind:
        case "segment.ended" if was == "parked":
            return Change(1, 0)  # its wrap-up is work again
        case "segment.withdrawn" if was == "connecting":
            return Change(-1, 0)
        case "agent.chose":
            return Change(0, (chosen == "ready") - (was == "ready"))
    return CHANGES.get(kind, NONE)
