"""What does a customer on the phone do? Call, wait as long as patience lasts, talk as long as it takes, hang up."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from floor.provider import Provider

CallerEnd = Literal["served", "lost_patience", "let_go"]


@dataclass(frozen=True, slots=True)
class Errand:
    """Real seconds."""

    from_: str | None  # None: withheld
    to: str
    patience_s: float
    talk_s: float


class Caller:
    """Tells `on_end` once how it ended: served, gone without, or let go by the company."""

    def __init__(
        self,
        errand: Errand,
        provider: Provider,
        on_end: Callable[["Caller", CallerEnd], None],
        on_connected: Callable[["Caller"], None] = lambda caller: None,
    ) -> None:
        self.errand = errand
        self._provider, self._on_end, self._on_connected = provider, on_end, on_connected
        self._timer: asyncio.TimerHandle | None = None
        self._end: CallerEnd = "let_go"
        self.leg = ""

    def call(self) -> None:
        self.leg = self._provider.call(self.errand.from_, self.errand.to, self)
        if math.isfinite(self.errand.patience_s):
            self._after(self.errand.patience_s, "lost_patience")

    def connected(self, leg: str) -> None:
        self._end = "served"
        self._on_connected(self)
        self._after(self.errand.talk_s, "served")

    def cleared(self, leg: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._on_end(self, self._end)

    def _after(self, seconds: float, end: CallerEnd) -> None:
        """Hangs up then; a new reason replaces the old one."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._hang_up, end)

    def _hang_up(self, end: CallerEnd) -> None:
        self._end = end
        self._provider.hang_up(self.leg)
