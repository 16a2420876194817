"""Which frames bring a page from its position to now? A filter of the read model: nothing is kept per viewer."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from screenpop import live
from screenpop.model import FLOOR, ReadModel, Touched
from screenpop.scope import Scope

View = str | Scope  # the desk of an agent, by id; or the floor, as far as a scope reaches

HISTORY_EVENTS_MAX = 20_000
HISTORY_US_MAX = 60_000_000  # of the follower's own monotonic time
RECORDS_AT_ONCE = 32  # of the floor, in one frame: rendering five thousand would let everybody else wait


def name_of(view: View) -> str:
    return "desk" if isinstance(view, str) else "live"


class Recent(NamedTuple):
    pos: int
    at_us: int
    touched: dict[str, tuple[str, ...]]  # smaller than sets, and there are many
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
        told = {viewer: tuple(keys) for viewer, keys in touched.items()}
        self.turns.append(Recent(pos, at_us, told, beside))
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
                keys.update(recent.touched.get(viewer, ()))
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


def snapshot_parts(model: ReadModel, scope: Scope, pos: int, why: str) -> Iterator[dict[str, Any]]:
    """The floor in parts, each made when it is asked for. A later part may be newer than `pos`; the turn from `pos`
    that has to follow brings all of them to the same instant.
    """
    slices = _slices(live.keys(model, scope))
    for part, keys in enumerate(slices, 1):
        frame = {"t": "snapshot", "feed": "live", "pos": pos, "why": why, "records": live.render(model, scope, keys)[0]}
        yield frame if len(slices) == 1 else frame | {"part": part, "of": len(slices)}


def turn_parts(model: ReadModel, scope: Scope, keys: set[str], prev: int, pos: int) -> Iterator[dict[str, Any]]:
    """A turn of very many records as several, of which only the last moves the position: whoever is cut off between
    them asks from where they stood.
    """
    slices = _slices(sorted(keys))
    for part, some in enumerate(slices, 1):
        yield turn(model, scope, set(some), prev, pos if part == len(slices) else prev)


def _slices(keys: Sequence[str]) -> list[Sequence[str]]:
    """At least one, that may be empty."""
    return [keys[start : start + RECORDS_AT_ONCE] for start in range(0, len(keys), RECORDS_AT_ONCE)] or [keys]


def apply(records: dict[str, Any], frame: dict[str, Any]) -> dict[str, Any]:
    """The page's reducer, in Python: what the TypeScript side does with a frame (protocol.md)."""
    if frame["t"] == "snapshot":
        return dict(frame["records"])
    after: dict[str, Any] = records | frame.get("put", {})
    for key in frame.get("drop", ()):
        after.pop(key, None)
    return after
