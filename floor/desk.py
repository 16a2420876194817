"""What does an agent's page know? The records the server put there, at one position of the log (the page's reducer)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Applied = Literal["applied", "gap", "part"]


@dataclass(slots=True)
class DeskRecords:
    """`pos` is None before the first snapshot."""

    pos: int | None = None
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    _parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def apply(self, frame: Mapping[str, Any]) -> Applied:
        """'gap': the frame does not fit and changed nothing; the page asks to resume from its own position."""
        match frame["t"]:
            case "snapshot":
                if frame.get("part", 1) == 1:
                    self._parts = {}
                self._parts |= frame["records"]
                if frame.get("part", 1) < frame.get("of", 1):
                    return "part"
                self.records, self._parts = self._parts, {}
            case "turn":
                if frame["prev"] != self.pos:
                    return "gap"
                self.records |= frame.get("put", {})
                for key in frame.get("drop", ()):
                    self.records.pop(key, None)
        self.pos = frame["pos"]
        return "applied"

    def adopt(self, pos: int | None) -> None:
        """A ping names the position that this page has reached although nothing of it concerned the page."""
        if pos is not None and self.pos is not None:
            self.pos = max(self.pos, pos)

    @property
    def me(self) -> Mapping[str, Any]:
        return self.records.get("me", {})

    @property
    def segments(self) -> dict[str, dict[str, Any]]:
        """By segment id."""
        return {
            key.removeprefix("segment/"): record for key, record in self.records.items() if key.startswith("segment/")
        }
