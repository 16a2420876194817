"""How do visitors of sites hear and say what is said in their chats? All their sockets of this process.

A message is stored before its visitor is told so; its number is the order in which everybody has it. A page that was
away says how far it is, and says again what was not confirmed: nothing is lost, nothing stands there twice.
"""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app import chat_tokens
from app import commands as c
from app.api import visitor_frames as f
from app.api.messages import file_of
from app.api.saying import HELLO_S, origin_of
from app.api.sending import Send
from app.api.socket_door import CLOSE_S, Receive, Scope, sending
from app.api.tab import BAD_FRAME, RELOAD, RESTART, RIGHTS_CHANGED, SLOW, Closing, Seat, Socket
from app.api.visitor_waits import VisitorWaits, WaitTold
from app.frames import encode
from app.ports import Deliver, NoWriter
from app.store import chats
from contacts.words import SECOND_US

PING_EVERY_S = 15.0  # a visitor's page is asked less often than a desk: nobody is offered work by it
SILENT_CLOSE_S = 45.0
SEND_S = 5.0
ALIVE_EVERY = 15  # beats of a second
WAITS_EVERY = 20  # beats: who waits is told anew how long it will take, each at another beat than the next
SAYS_PER_S, SAYS_AT_ONCE = 4, 20  # beyond it nobody listens for a moment: what is said waits in the visitor's line
TYPING_EVERY_S = 2.0
MESSAGES_BYTES = 32 * 1024  # of one frame

log = structlog.get_logger()
_turns = itertools.cycle(range(WAITS_EVERY))


@dataclass(frozen=True, slots=True)
class Line:
    """Where they wait, and what the widget tells of it."""

    queue_id: str
    tells_wait: bool
    tells_position: bool

    def shown(self, wait: WaitTold | None) -> WaitTold | None:
        return wait if wait is None or self.tells_wait else WaitTold(None, wait.position)


@dataclass(frozen=True, slots=True)
class Standing:
    state: str
    agent: str | None = None
    wait: WaitTold | None = None
    line: Line | None = None  # of which they are told something


@dataclass(slots=True, eq=False)
class Visiting:
    """One page of a visitor. `after` is the number of the last message that it was sent."""

    socket: Socket
    contact_id: str
    company_id: str
    after: int
    state: Standing | None = None  # as it was told
    told_wait: bool = False
    wants: bool = False
    wants_state: bool = False
    bringing: asyncio.Task[None] | None = None
    typed_at: float = 0.0
    said: float = 0.0  # of the allowance, as a leaking bucket
    said_at: float = 0.0
    turn: int = field(default_factory=partial(next, _turns))  # at which beat they are told their wait anew

    def is_told_anew(self, beat: int) -> bool:
        """Not thousands in one moment: what others say would have to wait for it."""
        return beat % WAITS_EVERY == self.turn and self.state is not None and self.state.line is not None

    async def may_say(self) -> None:
        """Waits until it may."""
        now = time.monotonic()
        self.said = max(0.0, self.said - (now - self.said_at) * SAYS_PER_S) + 1
        self.said_at = now
        if self.said > SAYS_AT_ONCE:
            await asyncio.sleep((self.said - SAYS_AT_ONCE) / SAYS_PER_S)


@dataclass(slots=True)
class Visitors:
    """`tell_typing`: the desks of a contact see it until that time, of the business clock."""

    engine: AsyncEngine  # without a transaction around each statement
    signing_key: bytes
    deliver: Deliver
    tell_typing: Callable[[str], None]
    now_us: Callable[[], int]
    open: dict[str, list[Visiting]] = field(default_factory=dict)  # by contact
    waits: VisitorWaits = field(default_factory=VisitorWaits)
    telling: asyncio.Task[None] | None = None

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        visiting = await self._come_in(await _hello_of(receive), origin_of(scope))
        scope["headers"].clear()  # the protocol keeps them for as long as the socket is open
        socket = visiting.socket
        async with sending(socket, send, partial(self._go, visiting)):
            socket.send(encode({"t": "welcome", "v": 1, "now_ms": self.now_us() // 1000}))
            self._want(visiting, state=True)
            while (message := await receive())["type"] != "websocket.disconnect":
                await self._hear(visiting, f.read(message))

    async def _come_in(self, hello: f.Hello, origin: str | None) -> Visiting:
        """Raises Closing: no chat of theirs, or not from a site that may show it."""
        if hello.v != 1:
            raise Closing(RELOAD, "version")
        visitor = chat_tokens.read(self.signing_key, hello.token)
        if visitor is None or visitor.contact_id is None:
            raise Closing(RIGHTS_CHANGED, "token")
        contact_id = visitor.contact_id
        try:
            async with self.engine.connect() as conn:
                row = await chats.of_visitor(conn, contact_id, visitor.widget_id, visitor.visitor_id)
        except Exception as away:
            raise _away(away) from away
        if row is None:
            raise Closing(RIGHTS_CHANGED, "gone")
        if origin not in row["origins"]:
            raise Closing(RIGHTS_CHANGED, "origin")
        now = time.monotonic()
        socket = Socket(Seat(None, None, contact_id), "", now, last_pong=now)
        socket.serving = asyncio.current_task()
        visiting = Visiting(socket, contact_id, row["company_id"], hello.after)
        self.open.setdefault(contact_id, []).append(visiting)
        return visiting

    def _go(self, visiting: Visiting) -> None:
        visiting.socket.close(1001, "gone")
        there = self.open.get(visiting.contact_id, [])
        if visiting in there:
            there.remove(visiting)
        if not there:
            self.open.pop(visiting.contact_id, None)

    # --- listening ----------------------------------------------------------------------------------------------------

    async def _hear(self, visiting: Visiting, frame: f.VisitorFrame) -> None:
        """One after the other: what is said first is stored first. Raises Closing."""
        match frame:
            case f.Pong():
                visiting.socket.last_pong = time.monotonic()
            case f.Say():
                await self._say(visiting, frame)
            case f.Typing():
                if time.monotonic() - visiting.typed_at >= TYPING_EVERY_S:
                    visiting.typed_at = time.monotonic()
                    self.tell_typing(visiting.contact_id)
            case f.Seen():
                await self._saw(visiting, frame.n)
            case f.Leave():
                await self._tell(c.CustomerLeft(visiting.contact_id))
            case f.Hello():
                raise Closing(BAD_FRAME, "hello again")

    async def _say(self, visiting: Visiting, frame: f.Say) -> None:
        await visiting.may_say()
        if not f.is_body(frame.body):
            return visiting.socket.send(_refused(frame.id, "message.unreadable"))
        contact_id, company_id = visiting.contact_id, visiting.company_id
        try:
            async with self.engine.connect() as conn:
                n = await chats.say(conn, contact_id, "customer", frame.body, frame.id)
        except Exception as away:
            raise _away(away) from away
        if n is None:
            return visiting.socket.send(_refused(frame.id, "chat.over"))
        await self._tell(c.RowChanged("contact_message", contact_id, n, company_id, contact_id))
        visiting.socket.send(encode({"t": "done", "id": frame.id, "n": n}))

    async def _saw(self, visiting: Visiting, n: int) -> None:
        contact_id, company_id = visiting.contact_id, visiting.company_id
        try:
            async with self.engine.connect() as conn:
                seen = await chats.saw(conn, contact_id, n)
        except Exception as away:
            raise _away(away) from away
        if seen is not None:
            await self._tell(c.RowChanged("chat_seen", contact_id, seen, company_id, contact_id))

    async def _tell(self, command: c.Command) -> None:
        """Every follower hears of it. Raises Closing: nobody could be told now, so the page shall say it again."""
        try:
            await self.deliver(c.Envelope("system", "", b"", command, "customer"))
        except NoWriter as nobody:
            raise Closing(RESTART, "no writer") from nobody

    # --- telling ------------------------------------------------------------------------------------------------------

    def changed(self, contacts: Mapping[str, bool]) -> None:
        """Something happened on these contacts; true: something else than a message. Never waits."""
        for contact_id, state in contacts.items():
            for visiting in self.open.get(contact_id, ()):
                self._want(visiting, state=state)

    def agent_types(self, contact_id: str) -> None:
        for visiting in self.open.get(contact_id, ()):
            visiting.socket.send(encode({"t": "typing"}))

    def _want(self, visiting: Visiting, *, state: bool) -> None:
        visiting.wants, visiting.wants_state = True, visiting.wants_state or state
        if visiting.bringing is None:
            visiting.bringing = asyncio.create_task(self._bring_or_close(visiting))

    async def _bring_or_close(self, visiting: Visiting) -> None:
        try:
            while visiting.wants and visiting.socket.closing is None:
                await self._bring(visiting)
        except Closing:
            pass
        except Exception as away:  # its page comes back, and says how far it is
            closing = _away(away)
            visiting.socket.close(closing.code, closing.why)
        finally:
            visiting.bringing = None

    async def _bring(self, visiting: Visiting) -> None:
        """What was said since, and how the chat stands."""
        with_state = visiting.wants_state
        visiting.wants = visiting.wants_state = False
        async with self.engine.connect() as conn:
            found = await chats.after(conn, visiting.contact_id, visiting.after)
            state = await self._standing(conn, visiting.contact_id) if with_state else None
        visiting.wants |= len(found) == chats.READ_MAX
        for items in _in_frames(found):
            visiting.socket.send(encode({"t": "messages", "items": items}))
            visiting.after = items[-1]["n"]
            await visiting.socket.has_room()
        if state is not None:
            await self._tell_state(visiting, state)

    async def _tell_state(self, visiting: Visiting, state: Standing) -> None:
        if state == visiting.state:
            return
        visiting.state = state
        wait = None if state.wait is None else _wait(state.wait)
        visiting.socket.send(encode({"t": "state", "state": state.state, "agent": state.agent, "wait": wait}))
        await self._note_told(visiting, state.wait)

    async def _tell_waits(self, those: list[Visiting]) -> None:
        """To those who still wait, from what was seen of their queue lately: nothing is read for each of them."""
        with contextlib.suppress(Exception):  # the database may be away: they are told in their next turn
            await self._tell_those(those)

    async def _tell_those(self, those: list[Visiting]) -> None:
        for visiting in those:
            before = visiting.state
            if before is None or before.line is None or visiting.socket.closing is not None:
                continue
            line = before.line
            looked = self.waits.seen(line.queue_id)
            if looked is None:
                async with self.engine.connect() as conn:
                    looked = await self.waits.look(conn, line.queue_id)
            wait = looked.told(visiting.contact_id, self.now_us(), position=line.tells_position)
            if wait is not None and visiting.state is before:  # else what became of them is on its way
                await self._tell_state(visiting, replace(before, wait=line.shown(wait)))

    async def _standing(self, conn: AsyncConnection, contact_id: str) -> Standing:
        found = await chats.standing(conn, contact_id)
        if found is None or not found["is_open"]:
            return Standing("closed")
        if found["agent"] is not None:
            return Standing("talking", found["agent"])
        if not found["waits"]:
            return Standing("closed")
        line = Line(found["queue_id"], bool(found["tells_wait"]), bool(found["tells_position"]))
        if not line.tells_wait and not line.tells_position:
            return Standing("waiting")
        wait = await self.waits.of(conn, contact_id, line.queue_id, self.now_us(), position=line.tells_position)
        return Standing("waiting", None, line.shown(wait), line)

    async def _note_told(self, visiting: Visiting, wait: WaitTold | None) -> None:
        """How often it was right is published. Nobody waits for that: what no writer takes is not counted."""
        if wait is None or wait.minutes is None or visiting.told_wait:
            return
        visiting.told_wait = True
        told = c.TellWait(visiting.contact_id, wait.minutes.low_us, wait.minutes.high_us)
        with contextlib.suppress(NoWriter):
            await self.deliver(c.Envelope("system", "", b"", told, "system"))

    async def beat(self) -> None:
        """Ping each page now and then, close the silent, and note whose pages are there."""
        for n in itertools.count(1):
            await asyncio.sleep(1.0 + random.uniform(-0.05, 0.05))
            now = time.monotonic()
            pages = [visiting for there in self.open.values() for visiting in there]
            for visiting in pages:
                _check(visiting.socket, now, n)
            if self.telling is None or self.telling.done():  # the pings do not wait for a slow database
                self.telling = asyncio.create_task(self._tell_waits([each for each in pages if each.is_told_anew(n)]))
            if n % ALIVE_EVERY == 0 and self.open:
                with contextlib.suppress(Exception):  # the database may be away: the next beat notes it
                    async with self.engine.connect() as conn:
                        await chats.alive(conn, list(self.open))

    def close_all(self, code: int = RESTART, why: str = "restart") -> None:
        for there in self.open.values():
            for visiting in there:
                visiting.socket.close(code, why)


async def _hello_of(receive: Any) -> f.Hello:
    try:
        message = await asyncio.wait_for(receive(), HELLO_S)
    except TimeoutError as late:
        raise Closing(BAD_FRAME, "no hello") from late
    if message["type"] == "websocket.disconnect":
        raise Closing(1001, "gone")
    frame = f.read(message)
    if not isinstance(frame, f.Hello):
        raise Closing(BAD_FRAME, "hello first")
    return frame


def _check(socket: Socket, now: float, n: int) -> None:
    if socket.closing is not None:
        if now - socket.closing_since > CLOSE_S and socket.serving is not None:
            socket.serving.cancel()
    elif socket.sending_since is not None and now - socket.sending_since > SEND_S:
        socket.close(SLOW, "slow")
    elif now - socket.last_pong > SILENT_CLOSE_S:
        socket.close(1001, "silent")
    elif now - socket.opened >= socket.pinged * PING_EVERY_S:
        socket.pinged = int((now - socket.opened) / PING_EVERY_S) + 1
        socket.send(encode({"t": "ping", "n": n}))


def _in_frames(found: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    frames: list[list[dict[str, Any]]] = []
    size = MESSAGES_BYTES
    for row in found:
        if size >= MESSAGES_BYTES:
            frames.append([])
            size = 0
        told = {"n": row["n"], "sender": row["sender"], "body": row["body"], "id": row["client_id"]}
        frames[-1].append({**told, "at_ms": row["at"] * 1000 // SECOND_US, "file": file_of(row)})
        size += len(row["body"].encode()) + 120
    return frames


def _wait(wait: WaitTold) -> dict[str, int | None]:
    of = wait.minutes
    low, high = (None, None) if of is None else (of.low, of.high)
    return {"low_min": low, "high_min": high, "position": wait.position}


def _refused(message_id: str, text_key: str) -> bytes:
    return encode({"t": "refused", "id": message_id, "text_key": text_key})


def _away(error: Exception) -> Closing:
    """The database, mostly; its text may quote what was said, and stays out of the log."""
    log.warning("chat away", error=type(error).__name__)
    return Closing(RESTART, "away")
