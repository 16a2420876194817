"""How do frames move between a browser tab and the desk's feed? This file only moves them; meaning stays in the rooms.

Mounted as raw ASGI. One queue and one sending task a socket: a slow reader is closed and costs the others nothing.
"""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from app import commands as c
from app.api.acts_asked import command_of
from app.api.saying import COMMAND_BYTES_MAX, hello_of, origin_of, placed, read
from app.api.sending import Send
from app.api.socket_acts import is_supervising
from app.api.socket_door import CLOSE_S, Receive, Scope, sending
from app.api.tab import (
    BAD_FRAME,
    COMMANDS_PER_S,
    RELOAD,
    RESTART,
    RIGHTS_CHANGED,
    SLOW,
    TAKEN_OVER,
    Closing,
    Seat,
    Socket,
    Watch,
)
from app.frames import Do, FeedName, Hello, Pong, Resume, encode, encoded_parts, refused
from app.ports import Deliver, Feeds, NoWriter
from screenpop.scope import Scope as FloorScope

PING_EVERY_S = 5.0
SILENT_CLOSE_S = 30.0
SEND_S = 5.0
SNAPSHOTS_AT_ONCE = 16
HEARD_EVERY_S = 1.0
RIGHTS_EVERY = 10  # beats

log = structlog.get_logger()


@dataclass(slots=True)
class Sockets:
    """All sockets of this process. `open_seat` reads a ticket or raises PermissionError."""

    feeds: Feeds
    deliver: Deliver
    open_seat: Callable[[str, str | None], Awaitable[Seat]]
    lost_sessions: Callable[[set[str]], Awaitable[set[str]]]
    scopes_now: Callable[[set[str]], Awaitable[dict[str, FloorScope | None]]]
    supervise: Callable[[Seat, Do], Awaitable[c.Reply]]
    save_result: Callable[[str, str, str | None, str | None], Awaitable[bool]]
    tell_heard: Callable[[list[str]], Awaitable[None]]
    now_ms: Callable[[], int]
    speed: Callable[[], int]
    session_id: str
    open: dict[str, list[Socket]] = field(default_factory=dict)  # by place
    _reaching: dict[str, asyncio.Task[None]] = field(default_factory=dict)  # by agent
    _cutting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SNAPSHOTS_AT_ONCE))

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        hello = await hello_of(receive)
        socket = await self._seat(hello, origin_of(scope))
        scope["headers"].clear()  # the protocol keeps them for as long as the socket is open
        async with sending(socket, send, partial(self._unseat, socket)):
            await self._welcome(socket, hello)
            del hello  # 2 KiB, for as long as the socket is open
            while (message := await receive())["type"] != "websocket.disconnect":
                await self._hear(socket, message)

    # --- sitting down -------------------------------------------------------------------------------------------------

    async def _seat(self, hello: Hello, origin: str | None) -> Socket:
        if hello.v != 1:
            raise Closing(RELOAD, "version")
        try:
            seat = await self.open_seat(hello.ticket, origin)
        except PermissionError as no:
            raise Closing(RIGHTS_CHANGED, str(no)) from no
        seat = placed(seat, hello)
        now = time.monotonic()
        for other in list(self.open.get(seat.place, ())):
            if other.seat.session != seat.session:
                other.close(TAKEN_OVER, "taken_over")
        socket = Socket(seat, hello.tab, now, last_pong=now, spent_at=now)
        socket.serving = asyncio.current_task()
        self.open.setdefault(seat.place, []).append(socket)
        return socket

    def _unseat(self, socket: Socket) -> None:
        for watch in socket.watches.values():
            self.feeds.leave(watch.view, watch)
        socket.watches.clear()
        socket.close(1001, "gone")  # what is still being brought is for nobody
        sockets = self.open.get(socket.seat.place, [])
        if socket in sockets:
            sockets.remove(socket)
        if not sockets:
            self.open.pop(socket.seat.place, None)

    async def _welcome(self, socket: Socket, hello: Hello) -> None:
        socket.send(
            encode(
                {
                    "t": "welcome",
                    "v": 1,
                    "session": self.session_id,
                    "now_ms": self.now_ms(),
                    "speed": self.speed(),
                    "limits": {"command_bytes": COMMAND_BYTES_MAX, "commands_per_s": COMMANDS_PER_S},
                }
            )
        )
        if socket.seat.agent_id is not None:
            await self.tell_heard([socket.seat.agent_id])
            await self._reach(socket.seat.agent_id)
        for wish in hello.feeds:
            await self._bring_asked(socket, wish.feed, wish.pos)

    async def _bring_asked(self, socket: Socket, feed: FeedName, pos: int | None) -> None:
        """A large floor takes as long as its page needs to read it; meanwhile the page is heard."""
        if feed == "live":
            self._beside(socket, self._bring(socket, feed, pos))
        else:
            await self._bring(socket, feed, pos)

    async def _bring(self, socket: Socket, feed: FeedName, pos: int | None, why: str | None = None) -> None:
        """Turns or a snapshot from the page's position; from then on the follower sends each turn."""
        view = socket.seat.agent_id if feed == "desk" else socket.seat.scope
        if view is None:
            raise Closing(RIGHTS_CHANGED, f"no {feed}")
        if socket.closing is not None:
            return
        if (before := socket.watches.get(feed)) is not None:
            self.feeds.leave(before.view, before)
        watch = socket.watches[feed] = Watch(view, socket, 0, self._fall_behind)
        while socket.watches.get(feed) is watch and not watch.follows:  # it may be brought anew, or be gone
            if await self._show(watch, pos, why):
                # Nothing was awaited since the frame was cut: no turn can slip between.
                watch.follows = True
                self.feeds.join(view, watch)  # which may find no room at once: then it falls behind again
                return
            pos, why = watch.pos, None

    def _fall_behind(self, watch: Watch) -> None:
        self._beside(watch.socket, self._bring_when_taken(watch))

    async def _bring_when_taken(self, watch: Watch) -> None:
        await watch.socket.has_room()
        if watch.is_open():
            await self._bring(watch.socket, "live", watch.pos)

    async def _show(self, watch: Watch, pos: int | None, why: str | None) -> bool:
        """False: its page had to take some before there was room for the rest, and meanwhile there may be more."""
        socket, waited = watch.socket, False
        async with self._cutting:
            frames = await self.feeds.frames_for(watch.view, pos, why)
        if not watch.is_open():
            return False
        for number, frame in enumerate(frames):
            if number:
                waited = True
                await socket.has_room()
                if not watch.is_open():
                    return False
            for part in encoded_parts(frame):
                socket.send(part)
            watch.pos = frame["pos"]
        if waited:
            await socket.has_room()
        return not waited

    async def _reach(self, agent_id: str) -> None:
        if not self.feeds.is_reachable(agent_id):
            with contextlib.suppress(NoWriter):
                command = c.DeviceReach(agent_id, "desk", True)
                await self.deliver(c.Envelope("system", "", b"", command, "system"))

    def _reach_beside(self, agent_id: str) -> None:
        """Without a writer the answer takes seconds: nobody's ping may wait for it."""
        if agent_id not in self._reaching:
            self._reaching[agent_id] = asyncio.create_task(self._reach(agent_id))
            self._reaching[agent_id].add_done_callback(lambda _: self._reaching.pop(agent_id))

    # --- listening ----------------------------------------------------------------------------------------------------

    async def _hear(self, socket: Socket, message: MutableMapping[str, Any]) -> None:
        frame = read(message)
        match frame:
            case Pong():
                socket.last_pong = time.monotonic()
            case Do():
                self._start(socket, frame)
            case Resume():
                await self._bring_asked(socket, frame.feed, frame.pos)
            case Hello():
                raise Closing(BAD_FRAME, "hello again")

    def _start(self, socket: Socket, frame: Do) -> None:
        if not socket.may_act(time.monotonic()):
            socket.send(refused(frame.id, c.problem(429, "command.too_many").body, retry=True))
            return
        self._beside(socket, self._act(socket, frame))

    def _beside(self, socket: Socket, work: Coroutine[Any, Any, None]) -> None:
        """Nobody waits for it."""
        act = asyncio.create_task(_closing(socket, work))
        socket.acts.add(act)
        act.add_done_callback(socket.acts.discard)

    async def _act(self, socket: Socket, frame: Do) -> None:
        """The answer goes out after COMMIT; without a writer the page may send the same id again."""
        try:
            reply = await self._deliver(socket.seat, frame)
        except NoWriter:
            socket.send(refused(frame.id, c.problem(503, "writer.none").body, retry=True))
            return
        except Exception as error:  # the database is away: its text stays out of the log, it may quote a note
            log.warning("act failed", what=frame.what, error=type(error).__name__)
            socket.send(refused(frame.id, c.problem(503, "database.away").body, retry=True))
            return
        if reply.status < 400:
            socket.send(encode({"t": "done", "id": frame.id, "pos": reply.pos, "result": dict(reply.body)}))
        else:
            socket.send(refused(frame.id, reply.body, retry=False))

    async def _deliver(self, seat: Seat, frame: Do) -> c.Reply:
        if seat.user_id is None or (seat.agent_id is None and not is_supervising(frame)):
            return c.problem(403, "right.missing")
        if is_supervising(frame):
            return await self.supervise(seat, frame)
        assert seat.agent_id is not None
        command = command_of(frame, seat.agent_id)
        if isinstance(command, c.Reply):
            return command
        if frame.what == "finish" and not await self._is_noted(frame, seat.agent_id):
            return c.problem(404, "disposition.unknown", field="disposition")
        body_hash = c.hash_of(frame.model_dump_json().encode())
        user = f"user:{seat.user_id}"
        return await self.deliver(c.Envelope(user, frame.id, body_hash, command, user))

    async def _is_noted(self, frame: Do, agent_id: str) -> bool:
        """Disposition and note stand before the segment is over. False: not this agent's, or not this company's."""
        if frame.segment is None or not (frame.disposition or frame.note):
            return True
        return await self.save_result(frame.segment, agent_id, frame.disposition, frame.note)

    # --- speaking -----------------------------------------------------------------------------------------------------

    async def beat(self) -> None:
        """Ping each tab every 5 s (jittered by when it opened), tell the writer who answers, close the silent."""
        for n in itertools.count(1):
            await asyncio.sleep(HEARD_EVERY_S + random.uniform(-0.05, 0.05))
            now = time.monotonic()
            heard: list[str] = []
            for sockets in list(self.open.values()):
                agent_id = sockets[0].seat.agent_id
                if agent_id is not None and any(s.last_pong > s.told_pong for s in sockets):
                    heard.append(agent_id)
                for socket in sockets:
                    socket.told_pong = socket.last_pong
                    self._check(socket, now, n)
            if heard:
                await self._tell(heard)
            if n % RIGHTS_EVERY == 0 and self.open:
                await self._close_lost()

    async def _close_lost(self) -> None:
        """Who logged out, was disabled, or came by a key that was revoked leaves; who may see other things than
        before gets a snapshot of those.
        """
        everybody = [socket for sockets in self.open.values() for socket in sockets]
        watching = {s.seat.user_id for s in everybody if "live" in s.watches and s.seat.user_id is not None}
        try:
            lost = await self.lost_sessions({socket.seat.session for socket in everybody})
            scopes = await self.scopes_now(watching) if watching else {}
        except Exception as error:  # the database may be away: the next look finds them
            log.warning("rights unknown", error=type(error).__name__)
            return
        for socket in everybody:
            if socket.seat.session in lost:
                socket.close(RIGHTS_CHANGED, "logged_out")
            elif "live" in socket.watches and socket.seat.user_id in scopes:
                self._see(socket, scopes[socket.seat.user_id])

    def _see(self, socket: Socket, scope: FloorScope | None) -> None:
        if scope == socket.seat.scope:
            return
        socket.seat = replace(socket.seat, scope=scope)
        if scope is None:
            socket.close(RIGHTS_CHANGED, "no live")
        else:
            self._beside(socket, self._bring(socket, "live", None, "scope"))

    def _check(self, socket: Socket, now: float, n: int) -> None:
        if socket.closing is not None:
            if now - socket.closing_since > CLOSE_S and socket.serving is not None:
                socket.serving.cancel()
        elif socket.sending_since is not None and now - socket.sending_since > SEND_S:
            socket.close(SLOW, "slow")
        elif now - socket.last_pong > SILENT_CLOSE_S:
            socket.close(1001, "silent")
        elif now - socket.opened >= socket.pinged * PING_EVERY_S:
            socket.pinged = int((now - socket.opened) / PING_EVERY_S) + 1
            socket.send(encode({"t": "ping", "n": n, "pos": self._quiet_pos(socket)}))

    def _quiet_pos(self, socket: Socket) -> dict[str, int]:
        """An up-to-date page adopts this, so that a quiet page never ages; one that still waits for what it missed
        would lose that.
        """
        found: dict[str, int] = {}
        for feed, watch in socket.watches.items():
            if watch.follows:
                found[feed] = watch.pos = max(watch.pos, self.feeds.quiet_pos(watch.view))
        return found

    async def _tell(self, heard: list[str]) -> None:
        with contextlib.suppress(NoWriter):
            await self.tell_heard(heard)
        for agent_id in heard:
            self._reach_beside(agent_id)

    def close_all(self, code: int = RESTART, why: str = "restart") -> None:
        for sockets in self.open.values():
            for socket in sockets:
                socket.close(code, why)


async def _closing(socket: Socket, work: Awaitable[None]) -> None:
    try:
        await work
    except Closing as closing:
        socket.close(closing.code, closing.why)
    except Exception as error:  # its page would look fresh and be shown nothing any more
        log.error("work beside a socket failed", error=type(error).__name__)
        socket.close(RESTART, "fault")
