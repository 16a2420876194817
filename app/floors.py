"""Who watches the floor, and what are they sent? Turns and figures, at most ten times a second.

Viewers of one scope get the same bytes: what a turn costs does not grow with their number but for handing the frame to
each. Nobody's socket is waited for. What a scope does not see does not move its viewers.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from analytics.today import Today
from app import live_figures
from app.frames import encode
from app.ports import Viewer
from screenpop import feed, live
from screenpop.alerts import Floor, alerts
from screenpop.model import FLOOR, ReadModel, Touched
from screenpop.scope import ALL, Scope

PERIOD_S = 0.1
PERIOD_S_MAX = 1.0  # where a round costs more than a fifth of the period, rounds are made rarer, down to this
ROUNDS_COST = 5  # periods at least as long as so many rounds take of the processor: by our own time, not by others'
JUDGED_EVERY_S = 1.0
UNASKED_S = 600.0  # figures that nobody has looked at for so long are counted no longer
UNSHOWN_TOLD_MAX = 10  # keys named in one line of the log
SAME_FIGURES_S = 1.0  # figures that stay the same are sent all the same, so that their age is seen

log = structlog.get_logger()


class Watched(Protocol):
    """The follower, as far as it is looked at here."""

    model: ReadModel
    today: Today
    pos: int


@dataclass(slots=True)
class Watch:
    """Viewers of one scope, and the figures of the last round."""

    viewers: list[Viewer] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    figures_pos: int = 0
    sent_at: float = 0.0  # all of them, changed or not


@dataclass(slots=True)
class Floors:
    of: Watched
    business_us: Callable[[], int]
    show_beside: Callable[[Touched], None]
    watches: dict[Scope, Watch] = field(default_factory=dict)
    pos: int = 0  # everything up to here was sent to whoever watches
    _judged_at: float = -JUDGED_EVERY_S  # monotonic
    _forgot_at: float = field(default_factory=time.monotonic)  # what nobody looks at any more
    _touched: set[str] = field(default_factory=set)  # since a turn was made of them
    _told: set[str] = field(default_factory=set)  # keys that the log knows cannot be shown

    def touch(self, keys: set[str]) -> None:
        if self.watches:
            self._touched |= keys

    def join(self, scope: Scope, viewer: Viewer) -> None:
        watch = self.watches.setdefault(scope, Watch())
        watch.viewers.append(viewer)
        if not watch.figures:
            watch.figures, watch.figures_pos = self.figures(scope), self.of.pos
        viewer.send(_figures_frame(watch.figures_pos, watch.figures))

    def leave(self, scope: Scope, viewer: Viewer) -> None:
        watch = self.watches.get(scope)
        if watch is None or viewer not in watch.viewers:
            return
        watch.viewers.remove(viewer)
        if not watch.viewers:
            del self.watches[scope]

    def figures(self, scope: Scope) -> dict[str, Any]:
        return self._round().of_scope(scope)

    def _round(self) -> live_figures.Round:
        now_us = self.business_us()
        self.of.today.pass_time(now_us)
        return live_figures.Round(self.of.model, self.of.today, now_us)

    async def run(self) -> None:
        period_s = PERIOD_S
        while True:
            await asyncio.sleep(period_s)
            try:
                if self.watches:
                    self.judge_now_and_then()
                began = time.thread_time()
                self.send_turns()
                self.send_figures()
                period_s = min(max(PERIOD_S, ROUNDS_COST * (time.thread_time() - began)), PERIOD_S_MAX)
            except Exception:  # a fault of ours must not end the view of everybody else
                log.exception("live view failed")

    def judge_now_and_then(self) -> None:
        """Alerts that somebody sees are of the last second."""
        if time.monotonic() - self._judged_at >= JUDGED_EVERY_S:
            self.judge()

    def judge(self) -> None:
        """Alerts as of now; what has changed is shown beside the log."""
        self._judged_at = time.monotonic()
        if self._judged_at - self._forgot_at >= UNASKED_S:
            self._forgot_at = self._judged_at
            live_figures.forget_unasked(self.of.model, self.of.today)
        now_us = self.business_us()
        self.of.today.pass_time(now_us)
        levels = live_figures.levels(self.of.today)
        self.show_beside(self.of.model.take_alerts(alerts(Floor(self.of.model, levels, now_us))))

    def send_turns(self) -> None:
        """What was touched since the last time, as one turn."""
        self._try_again()
        keys, self._touched, self.pos = self._touched, set(), self.of.pos
        if not keys:
            return
        touched = live.sort_out(self.of.model, keys)
        made: dict[str, bytes | None] = {}  # what several scopes see is encoded once
        for scope, watch in self.watches.items():
            seen, gone = live.look(self.of.model, scope, touched)
            for key in seen:
                if key not in made:
                    made[key] = self._made(key)
            shown = [record for key in seen if (record := made[key]) is not None]
            if shown or gone:
                drop = b',"drop":%s' % encode(gone) if gone else b""
                put = b",".join(shown)
                self._send_turn(watch, b'"pos":%d,"put":{%s}%s}' % (self.pos, put, drop))

    def _made(self, key: str) -> bytes | None:
        record = live.record(self.of.model, key)
        try:
            return None if record is None else b'"%s":%s' % (key.encode(), encode(record))
        except ValueError as error:
            self.of.model.unshown[key] = type(error).__name__
            return None

    def _try_again(self) -> None:
        """What could not be shown is told to the log once, and shown as soon as it can be: as one that changed just
        now, so that a page that is away at that moment gets it, too.
        """
        model = self.of.model
        if not model.unshown and not self._told:
            return
        failed, model.unshown = model.unshown, {}
        if new := sorted(failed.keys() - self._told):
            some = {key: failed[key] for key in new[:UNSHOWN_TOLD_MAX]}
            log.error("records of the floor cannot be shown", count=len(new), some=some)
        for key in live.look(model, ALL, live.sort_out(model, failed))[0]:
            self._made(key)
        self._told = set(model.unshown)
        if able := failed.keys() - model.unshown.keys():  # or gone
            self.show_beside({FLOOR: set(able)})

    def _send_turn(self, watch: Watch, body: bytes) -> None:
        """Only where its page stands is a viewer's own."""
        frames: dict[int, bytes] = {}
        for viewer in watch.viewers:
            frame = frames.get(viewer.pos)
            if frame is None:
                frame = frames[viewer.pos] = b'{"t":"turn","feed":"live","prev":%d,%s' % (viewer.pos, body)
            if viewer.send(frame) is not False:
                viewer.pos = self.pos

    def send_figures(self) -> None:
        if not self.watches:
            return
        now, of_now = time.monotonic(), self._round()
        for scope, watch in self.watches.items():
            figures = of_now.of_scope(scope)
            if now - watch.sent_at < SAME_FIGURES_S:
                changed = {key: each for key, each in figures.items() if _differs(each, watch.figures.get(key))}
            else:
                changed, watch.sent_at = figures, now
            watch.figures, watch.figures_pos = figures, self.of.pos
            if changed:
                frame = _figures_frame(self.of.pos, changed)
                for viewer in watch.viewers:
                    viewer.send(frame)


PASSING: dict[str, Any] = {"as_of_ms": None, "occupancy_bp": None}  # change with time alone


def _differs(now: dict[str, Any], before: dict[str, Any] | None) -> bool:
    return before is None or now | PASSING != before | PASSING


def _figures_frame(pos: int, put: dict[str, Any]) -> bytes:
    return encode({"t": "figures", "feed": "live", "pos": pos, "put": put})


def frames_for(
    of: Watched, history: feed.History, scope: Scope, pos: int | None, why: str | None
) -> Iterator[dict[str, Any]]:
    """What brings a page at `pos` to now, each frame made when it is asked for. Beyond memory a snapshot: what stands
    beside the log (names, alerts) is in no event from which a turn could be made.
    """
    if pos is None or why is not None:
        return feed.snapshot_parts(of.model, scope, of.pos, why or "new")
    if pos > of.pos:
        return feed.snapshot_parts(of.model, scope, of.pos, "gap")
    keys = history.since(pos, scope)
    if keys is None:
        return feed.snapshot_parts(of.model, scope, of.pos, "too_old")
    return feed.turn_parts(of.model, scope, keys, pos, of.pos)
