"""A tab that takes nothing, and one that still waits for what it missed: neither may cost anybody anything."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from app import commands as c
from app.api import socket_door
from app.api import sockets as doors
from app.api.socket_door import Door
from app.api.sockets import Sockets
from app.api.tab import ROOM_BYTES, SLOW, Seat
from screenpop.scope import ALL

LARGE = b'{"t":"turn","put":"%s"}' % (b"x" * ROOM_BYTES)
HELLO = json.dumps({"t": "hello", "v": 1, "ticket": "t", "tab": "t", "feeds": [{"feed": "desk", "pos": 3}]})


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to that")


@dataclass(slots=True)
class Wire:
    """The two ends of an ASGI socket; frames are taken while `reads` is set."""

    reads: asyncio.Event = field(default_factory=asyncio.Event)
    said: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def receive(self) -> dict[str, Any]:
        return await self.said.get()

    async def send(self, message: Any) -> None:
        if message["type"] != "websocket.accept":
            await self.reads.wait()
        if "text" in message:
            self.heard.append(json.loads(message["text"]))

    async def until(self, kind: str) -> dict[str, Any]:
        await until(lambda: any(frame["t"] == kind for frame in self.heard))
        return next(frame for frame in reversed(self.heard) if frame["t"] == kind)


@dataclass(slots=True)
class Feed:
    """A feed that has what was missed when `found` is set."""

    pos: int = 9
    asked: list[int | None] = field(default_factory=list)
    found: asyncio.Event = field(default_factory=asyncio.Event)

    async def frames_for(self, view: Any, pos: int | None, why: str | None = None) -> Iterator[dict[str, Any]]:
        await self.found.wait()
        self.asked.append(pos)
        return iter([{"t": "turn", "feed": "desk", "prev": pos, "pos": self.pos, "put": {}}])

    def join(self, view: Any, viewer: Any) -> None: ...

    def leave(self, view: Any, viewer: Any) -> None: ...

    def quiet_pos(self, view: Any) -> int:
        return self.pos

    def is_reachable(self, agent_id: str) -> bool:
        return True


@contextlib.asynccontextmanager
async def opened(feed: Feed, hello: str = HELLO) -> AsyncIterator[tuple[Sockets, Wire, Door]]:
    async def nobody(_sessions: set[str]) -> set[str]:
        return set()

    async def seat(ticket: str, origin: str | None) -> Seat:
        return Seat("agent", "user", "session", ALL)

    async def told(agent_ids: list[str]) -> None: ...

    async def answered(envelope: c.Envelope) -> c.Reply:
        return c.Reply(200)

    async def saved(*result: Any) -> bool:
        return True

    async def same(_users: set[str]) -> dict[str, Any]:
        return {}

    async def supervised(*asked: Any) -> c.Reply:
        return c.Reply(200)

    sockets = Sockets(
        feeds=feed, deliver=answered, open_seat=seat, lost_sessions=nobody, scopes_now=same, supervise=supervised,
        save_result=saved, tell_heard=told, now_ms=lambda: 0, speed=lambda: 1, session_id="here",
    )  # fmt: skip
    wire, door = Wire(), Door(sockets.serve)
    for message in ({"type": "websocket.connect"}, {"type": "websocket.receive", "text": hello}):
        wire.said.put_nowait(message)
    loops = [asyncio.create_task(sockets.beat())]
    loops.append(asyncio.create_task(door({"type": "websocket", "headers": []}, wire.receive, wire.send)))
    try:
        yield sockets, wire, door
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in ("HEARD_EVERY_S", "PING_EVERY_S", "SEND_S", "CLOSE_S"):
        monkeypatch.setattr(doors, bound, 0.06)
    monkeypatch.setattr(socket_door, "CLOSE_S", 0.06)


async def test_a_tab_that_reads_nothing_at_all_is_left(quick: None) -> None:
    feed = Feed()
    feed.found.set()
    async with opened(feed) as (sockets, _, door):
        await until(lambda: bool(sockets.open))
        await until(lambda: not sockets.open)

        assert door.count == 0


async def test_a_ping_names_no_position_to_a_page_that_still_waits_for_what_it_missed(quick: None) -> None:
    """It would adopt the position, and never ask for what lies before."""
    feed = Feed()
    async with opened(feed) as (_, wire, _door):
        wire.reads.set()
        early = await wire.until("ping")
        feed.found.set()
        await wire.until("turn")
        wire.heard.clear()
        late = await wire.until("ping")

        assert early["pos"] == {}
        assert late["pos"] == {"desk": 9}


async def test_a_view_that_reads_more_slowly_than_things_happen_is_brought_what_it_missed() -> None:
    """What it does not take does not pile up, and it is not closed for it."""
    feed = Feed()
    feed.found.set()
    hello = HELLO.replace('"desk"', '"live"')
    async with opened(feed, hello) as (sockets, wire, _door):
        wire.reads.set()
        await wire.until("turn")
        (socket,) = (each for seated in sockets.open.values() for each in seated)
        watch = socket.watches["live"]
        wire.reads.clear()
        taken = [watch.send(LARGE) for _ in range(20) if not await asyncio.sleep(0)]
        queued = socket.queued_bytes
        feed.pos = 29
        wire.reads.set()
        await until(lambda: socket.watches["live"].follows)

        assert taken[:2] == [True, True]
        assert not any(taken[2:])
        assert queued <= 2 * len(LARGE)
        assert feed.asked == [3, 9]
        assert socket.watches["live"].pos == 29
        assert socket.closing is None


async def test_a_desk_that_takes_nothing_is_closed_as_slow_at_the_bound() -> None:
    feed = Feed()
    feed.found.set()
    async with opened(feed) as (sockets, wire, _door):
        wire.reads.set()
        await wire.until("turn")
        (socket,) = (each for seated in sockets.open.values() for each in seated)
        wire.reads.clear()
        for _ in range(20):
            socket.watches["desk"].send(LARGE)

        assert socket.closing is not None
        assert socket.closing.code == SLOW
