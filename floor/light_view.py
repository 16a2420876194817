"""How old are figures when a live view reads them? A view that looks for a few words in each frame.

It keeps no record, but speaks the protocol as a page does: it answers pings, and would notice a turn that is missing.
Only for measuring.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from floor.http_line import Place
from floor.websocket import Websocket

SEATED_S = 60.0
_AS_OF, _POS, _PREV, _ALL = b'"as_of_ms":', b'"pos":', b'"prev":', b'"all":{'


class Read(NamedTuple):
    """One frame of figures. `at_s` is monotonic; ages are milliseconds by the wall clock of this machine."""

    at_s: float
    age_ms: float  # from the instant that the frame names to its being read
    screen_ms: float | None  # how old the figures of everything had become on the page when these took their place


@dataclass(slots=True)
class Covered:
    """Turns that desks were told of: (position, monotonic s), in order. Views look which of them figures cover."""

    turns: list[tuple[int, float]] = field(default_factory=list)

    def told(self, pos: int) -> None:
        if not self.turns or pos > self.turns[-1][0]:
            self.turns.append((pos, time.monotonic()))


class LightView:
    """`covered`: given where this view's figures are of everything that the desks are told of."""

    def __init__(self, covered: Covered | None = None, on_lost: Callable[[int], None] = lambda code: None) -> None:
        self._socket = Websocket(self._hear, self._lost)
        self._on_lost = on_lost
        self._covered, self._next = covered, 0
        self._all_as_of_ms: int | None = None
        self._pos = -1
        self._seated = asyncio.Event()
        self.reads: list[Read] = []
        self.behind: list[tuple[float, float]] = []  # (monotonic s, ms from a desk's turn to figures with it)
        self.frames = self.turns = self.bytes = self.snapshot_bytes = self.gaps = 0
        self.lost_code: int | None = None

    async def sit_down(self, place: Place, ticket: str, buffer_bytes: int | None = None) -> None:
        """Until the whole snapshot and the first figures are there. Raises Refused, OSError, TimeoutError."""
        await self._socket.connect(place, "/ws", buffer_bytes=buffer_bytes)
        feeds = [{"feed": "live", "pos": None}]
        self._socket.send(json.dumps({"t": "hello", "v": 1, "ticket": ticket, "tab": "view", "feeds": feeds}).encode())
        async with asyncio.timeout(SEATED_S):
            await self._seated.wait()
        if self.lost_code is not None:
            raise ConnectionError(f"a live view was closed with {self.lost_code} before it had its snapshot")

    def stop_reading(self) -> None:
        self._socket.stop_reading()

    def read_on(self) -> None:
        self._socket.read_on()

    def leave(self) -> None:
        self._socket.close()

    def _hear(self, text: bytes) -> None:
        self.frames += 1
        self.bytes += len(text)
        kind = text[6:10]
        if kind == b"figu":
            self._take_figures(text)
        elif kind == b"turn":
            self.turns += 1
            self.gaps += _number(text, _PREV) != self._pos
            self._pos = _number(text, _POS)
        elif kind == b"ping":
            ping = json.loads(text)
            self._pos = max(self._pos, ping["pos"].get("live", -1))
            self._socket.send(b'{"t":"pong","n":%d}' % ping["n"])
        elif kind == b"snap":
            self.snapshot_bytes += len(text)
            self._pos = _number(text, _POS)

    def _take_figures(self, text: bytes) -> None:
        now_s, now_ms = time.monotonic(), time.time_ns() / 1_000_000
        as_of_ms = _number(text, _AS_OF)
        screen_ms = None
        if text.rfind(_ALL) >= 0:
            screen_ms = None if self._all_as_of_ms is None else now_ms - self._all_as_of_ms
            self._all_as_of_ms = as_of_ms
        self.reads.append(Read(now_s, now_ms - as_of_ms, screen_ms))
        self._seated.set()  # the first figures follow the last part of the snapshot
        if self._covered is not None:
            self._cover(_number(text, _POS), now_s)

    def _cover(self, pos: int, now_s: float) -> None:
        turns = self._covered.turns if self._covered else []
        while self._next < len(turns) and turns[self._next][0] <= pos:
            self.behind.append((now_s, (now_s - turns[self._next][1]) * 1000))
            self._next += 1

    def _lost(self, code: int) -> None:
        self.lost_code = code
        self._seated.set()
        self._on_lost(code)


def _number(text: bytes, word: bytes) -> int:
    """The first one behind this word."""
    start = text.find(word) + len(word)
    end = start
    while text[end : end + 1].isdigit():
        end += 1
    return int(text[start:end])
