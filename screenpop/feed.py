"""Which frames bring a page from its position to now? A filter of the read model: nothing is kept per viewer."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from screenpop import live
from screenpop.model import FLOOR, ReadModel, Touched
from screenpop.scope import Scope

View = str | Scope  # the desk of an agent, by id; or the floor, as far as a scope reaches

HISTORY_EVENTS_MAX = 20_000
HISTORY_US_MAX = 60_000_000  # of the follower's own monotonic time


def name_of(view: View) -> str:
    return "desk" if isinstance(view, str) else "live"


class Recent(NamedTuple):
    pos: int
    at_us: int
    touched: Touched
    beside: bool  # no turn: names, cards and alerts change without an event, and the position stays


@dataclass(slots=True)
class History:
    """What recent turns touched, so that a page that was away a moment gets only what it missed."""

    turns: deque[Recent] = field(default_factory=deque)
    begins_at: int = 0  # a page at this position or later can be resumed from memory

    def start(self, pos: int) -> None:
        self.turns.clear()
        self.begins_at = pos

    def add(self, pos: int, at_us: int, touched: Touched, *, beside: bool = False) -> None:
        self.turns.append(Recent(pos, at_us, touched, beside))
        while self.turns[0].at_us < at_us - HISTORY_US_MAX or self.turns[0].pos < pos - HISTORY_EVENTS_MAX:
            gone = self.turns.popleft()
            self.begins_at = gone.pos + gone.beside  # a page at that position may have missed what was beside it

    def since(self, pos: int, view: View) -> set[str] | None:
        """Keys of this view touched after `pos`; None when memory does not reach so far back."""
        if pos < self.begins_at:
            return None
        viewer = view if isinstance(view, str) else FLOOR
        keys: set[str] = set()
        for recent in reversed(self.turns):
            if recent.pos < pos:
                break
            if recent.pos > pos or recent.beside:
                keys |= recent.touched.get(viewer, set())
        return keys


def snapshot(model: ReadModel, view: View, pos: int, why: str) -> dict[str, Any]:
    records = model.snapshot(view) if isinstance(view, str) else live.snapshot(model, view)
    return {"t": "snapshot", "feed": name_of(view), "pos": pos, "why": why, "records": records}


def turn(model: ReadModel, view: View, keys: set[str], prev: int, pos: int) -> dict[str, Any]:
    """Everything of one turn (or of all missed ones) that this viewer may see."""
    put, drop = model.render(view, keys) if isinstance(view, str) else live.render(model, view, keys)
    frame: dict[str, Any] = {"t": "turn", "feed": name_of(view), "prev": prev, "pos": pos, "put": put}
    if drop:
        frame["drop"] = drop
    return frame


def apply(records: dict[str, Any], frame: dict[str, Any]) -> dict[str, Any]:
    """The page's reducer, in Python: what the TypeScript side does with a frame (protocol.md)."""
    if frame["t"] == "snapshot":
        return dict(frame["records"])
    after: dict[str, Any] = records | frame.get("put", {})
    for key in frame.get("drop", ()):
        after.pop(key, None)
    return after
