"""Which frames bring a page from its position to now? A filter of the read model: nothing is kept per viewer."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from screenpop.model import ReadModel, Touched

HISTORY_EVENTS_MAX = 20_000
HISTORY_US_MAX = 60_000_000  # of the follower's own monotonic time


@dataclass(slots=True)
class History:
    """What recent turns touched, so that a page that was away a moment gets only what it missed."""

    turns: deque[tuple[int, int, Touched]] = field(default_factory=deque)  # (pos, at_us, touched)
    begins_at: int = 0  # a page at this position or later can be resumed from memory

    def start(self, pos: int) -> None:
        self.turns.clear()
        self.begins_at = pos

    def add(self, pos: int, at_us: int, touched: Touched) -> None:
        self.turns.append((pos, at_us, touched))
        while self.turns and (self.turns[0][1] < at_us - HISTORY_US_MAX or self.turns[0][0] < pos - HISTORY_EVENTS_MAX):
            self.begins_at = self.turns.popleft()[0]

    def since(self, pos: int, agent_id: str) -> set[str] | None:
        """Keys of the agent's desk touched after `pos`; None when memory does not reach so far back."""
        if pos < self.begins_at:
            return None
        keys: set[str] = set()
        for turn_pos, _, touched in reversed(self.turns):
            if turn_pos <= pos:
                break
            keys |= touched.get(agent_id, set())
        return keys


def snapshot(model: ReadModel, agent_id: str, pos: int, why: str) -> dict[str, Any]:
    return {"t": "snapshot", "feed": "desk", "pos": pos, "why": why, "records": model.snapshot(agent_id)}


def turn(model: ReadModel, agent_id: str, keys: set[str], prev: int, pos: int) -> dict[str, Any]:
    """Everything of one turn (or of all missed ones) that this viewer may see."""
    put, drop = model.render(agent_id, keys)
    frame: dict[str, Any] = {"t": "turn", "feed": "desk", "prev": prev, "pos": pos, "put": put}
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
