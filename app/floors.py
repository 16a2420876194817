"""Who watches the floor, and what are they sent? Turns and figures, at most ten times a second.

Viewers of one scope get the same bytes: what a turn costs does not grow with their number but for handing the frame to
each. Nobody's socket is waited for. What a scope does not see does not move its viewers.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from analytics.today import Today
from app import live_figures
from app.frames import encode
from app.ports import Viewer
from screenpop import feed, live
from screenpop.alerts import Floor, alerts
from screenpop.model import ReadModel, Touched
from screenpop.scope import Scope

PERIOD_S = 0.1
PERIOD_S_MAX = 1.0  # where a round costs more than a tenth of the period, rounds are made rarer, down to this
JUDGED_EVERY_S = 1.0
SAME_FIGURES_S = 1.0  # figures that stay the same are sent all the same, so that their age is seen

log = structlog.get_logger()


class Watched(Protocol):
    """The follower, as far as it is looked at here."""

    model: ReadModel
    today: Today
    pos: int


@dataclass(slots=True)
class Watch:
    """Viewers of one scope, and the figures they were last sent."""

    viewers: list[Viewer] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    sent_at: float = 0.0


@dataclass(slots=True)
class Floors:
    of: Watched
    business_us: Callable[[], int]
    show_beside: Callable[[Touched], None]
    watches: dict[Scope, Watch] = field(default_factory=dict)
    pos: int = 0  # everything up to here was sent to whoever watches
    _touched: set[str] = field(default_factory=set)  # since then

    def touch(self, keys: set[str]) -> None:
        if self.watches:
            self._touched |= keys

    def join(self, scope: Scope, viewer: Viewer) -> None:
        watch = self.watches.setdefault(scope, Watch())
        watch.viewers.append(viewer)
        viewer.send(_figures_frame(self.of.pos, self.figures(scope)))

    def leave(self, scope: Scope, viewer: Viewer) -> None:
        watch = self.watches.get(scope)
        if watch is None or viewer not in watch.viewers:
            return
        watch.viewers.remove(viewer)
        if not watch.viewers:
            del self.watches[scope]

    def figures(self, scope: Scope) -> dict[str, Any]:
        now_us = self.business_us()
        self.of.today.pass_time(now_us)
        return live_figures.of_scope(self.of.model, self.of.today, scope, now_us)

    async def run(self) -> None:
        period_s, judged_at = PERIOD_S, 0.0
        while True:
            await asyncio.sleep(period_s)
            began = time.monotonic()
            try:
                if self.watches and began - judged_at >= JUDGED_EVERY_S:
                    judged_at = began
                    self.judge()
                self.send_turns()
                self.send_figures()
            except Exception:  # a fault of ours must not end the view of everybody else
                log.exception("live view failed")
            period_s = min(max(PERIOD_S, 10 * (time.monotonic() - began)), PERIOD_S_MAX)

    def judge(self) -> None:
        """Alerts as of now; what has changed is shown beside the log."""
        now_us = self.business_us()
        self.of.today.pass_time(now_us)
        levels = live_figures.levels(self.of.today)
        self.show_beside(self.of.model.take_alerts(alerts(Floor(self.of.model, levels, now_us))))

    def send_turns(self) -> None:
        """What was touched since the last time, as one turn."""
        keys, self._touched, self.pos = self._touched, set(), self.of.pos
        if not keys:
            return
        for scope, watch in self.watches.items():
            put, drop = live.render(self.of.model, scope, keys)
            if put or drop:
                self._send_turn(watch, {"pos": self.pos, "put": put} | ({"drop": drop} if drop else {}))

    def _send_turn(self, watch: Watch, rest: dict[str, Any]) -> None:
        """The body is encoded once; only where its page stands is a viewer's own."""
        body, frames = encode(rest)[1:], dict[int, bytes]()
        for viewer in watch.viewers:
            frame = frames.get(viewer.pos)
            if frame is None:
                frame = frames[viewer.pos] = b'{"t":"turn","feed":"live","prev":%d,%s' % (viewer.pos, body)
            viewer.pos = self.pos
            viewer.send(frame)

    def send_figures(self) -> None:
        now = time.monotonic()
        for scope, watch in self.watches.items():
            figures = self.figures(scope)
            if now - watch.sent_at < SAME_FIGURES_S:
                changed = {key: each for key, each in figures.items() if _differs(each, watch.figures.get(key))}
            else:
                changed, watch.sent_at = figures, now
            if changed:
                watch.figures = figures
                frame = _figures_frame(self.of.pos, changed)
                for viewer in watch.viewers:
                    viewer.send(frame)


def _differs(now: dict[str, Any], before: dict[str, Any] | None) -> bool:
    """The instant alone makes no difference, and neither does what passes with time."""
    if before is None:
        return True
    return any(now[name] != before.get(name) for name in now if name not in ("as_of_ms", "occupancy_bp"))


def _figures_frame(pos: int, put: dict[str, Any]) -> bytes:
    return encode({"t": "figures", "feed": "live", "pos": pos, "put": put})


def frame_for(of: Watched, history: feed.History, scope: Scope, pos: int | None, why: str | None) -> dict[str, Any]:
    """What brings a page at `pos` to now. Beyond memory a snapshot: what stands beside the log (names, alerts) is in
    no event from which a turn could be made.
    """
    if pos is None or why is not None:
        return feed.snapshot(of.model, scope, of.pos, why or "new")
    if pos > of.pos:
        return feed.snapshot(of.model, scope, of.pos, "gap")
    keys = history.since(pos, scope)
    if keys is None:
        return feed.snapshot(of.model, scope, of.pos, "too_old")
    return feed.turn(of.model, scope, keys, pos, of.pos)
