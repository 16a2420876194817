"""What is one open tab, as the server sees it? Who sits there, what waits to be sent, and how much it may ask."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from screenpop.feed import View
from screenpop.scope import Scope

QUEUE_FRAMES_MAX = 256
QUEUE_BYTES_MAX = 512 * 1024  # beyond it one more frame is not queued, however large the last one was
ROOM_BYTES = 128 * 1024  # a page that has more to take is not given turns and figures of the floor as they come
COMMANDS_PER_S = 20

TAKEN_OVER, RIGHTS_CHANGED, SLOW, RESTART, BAD_FRAME, RELOAD = 4001, 4003, 4008, 4010, 4400, 4426


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits at this socket: an agent at their desk or somebody who watches, by a login session or by a key."""

    agent_id: str | None  # None: whoever watches only
    user_id: str | None  # None: a wallboard, which can do nothing
    session: str
    scope: Scope | None = None  # what of the floor they may see

    @property
    def place(self) -> str:
        """Sockets at one place are tabs of one seat."""
        return self.agent_id or self.session


class Closing(Exception):
    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


@dataclass(slots=True, eq=False)
class Watch:
    """One feed of a tab. `pos` is where its page stands; the follower moves it on with every turn that was taken."""

    view: View
    socket: "Socket"
    pos: int
    fall_behind: Callable[["Watch"], None]  # from then on it is brought what it missed as it takes it
    follows: bool = False  # its page has everything up to `pos`, and gets each turn

    def is_open(self) -> bool:
        """False: brought anew by somebody else, or its socket is closing or gone."""
        return self.socket.closing is None and self in self.socket.watches.values()

    def send(self, frame: bytes) -> bool:
        """False: not taken. A view of the floor that reads more slowly than things happen is shown less often, and
        its frames do not pile up here.
        """
        if isinstance(self.view, str):
            self.socket.send(frame)
            return True
        if not self.follows:  # a turn would hide that those before it were not taken
            return False
        if self.socket.queued_bytes <= ROOM_BYTES:
            self.socket.send(frame)
            return True
        self.follows = False
        self.fall_behind(self)
        return False


@dataclass(slots=True, eq=False)
class Socket:
    """One tab."""

    seat: Seat
    tab: str
    opened: float
    watches: dict[str, Watch] = field(default_factory=dict)  # by feed
    frames: list[bytes] = field(default_factory=list)  # a few, or none: an empty deque costs ten times as much
    queued_bytes: int = 0
    idle: asyncio.Future[None] | None = None  # the sender, when it has nothing to send
    closing: Closing | None = None
    closing_since: float = 0.0
    serving: asyncio.Task[Any] | None = None
    sending_since: float | None = None
    last_pong: float = 0.0
    told_pong: float = 0.0  # the last one that the writer heard of
    pinged: int = 0
    spent: float = 0.0  # of the allowance of commands, as a leaking bucket
    spent_at: float = 0.0
    acts: set[asyncio.Task[None]] = field(default_factory=set)
    awaiting_room: list[asyncio.Future[None]] = field(default_factory=list)

    def send(self, frame: bytes) -> None:
        """Queue a frame; never waits. At the bound the socket is closed as slow."""
        if len(self.frames) >= QUEUE_FRAMES_MAX or self.queued_bytes > QUEUE_BYTES_MAX:
            self.close(SLOW, "slow")
            return
        self.frames.append(frame)
        self.queued_bytes += len(frame)
        self.wake()

    def close(self, code: int, why: str) -> None:
        if self.closing is None:
            self.closing, self.closing_since = Closing(code, why), time.monotonic()
            self.wake()
            self.tell_room()

    def wake(self) -> None:
        if self.idle is not None and not self.idle.done():
            self.idle.set_result(None)

    async def has_something(self) -> None:
        """Until there is something to send, or to say good-bye for."""
        if not self.frames and self.closing is None:
            self.idle = asyncio.get_running_loop().create_future()
            await self.idle
            self.idle = None

    async def has_room(self) -> None:
        """Until what was queued has been taken but for little. Raises Closing."""
        if self.queued_bytes > ROOM_BYTES and self.closing is None:
            room: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.awaiting_room.append(room)
            await room
        else:
            await asyncio.sleep(0)  # others come to their turn between two parts
        if self.closing is not None:
            raise self.closing

    def tell_room(self) -> None:
        if self.awaiting_room and (self.queued_bytes <= ROOM_BYTES or self.closing is not None):
            for room in self.awaiting_room:
                if not room.done():
                    room.set_result(None)
            self.awaiting_room.clear()

    def may_act(self, now: float) -> bool:
        self.spent = max(0.0, self.spent - (now - self.spent_at) * COMMANDS_PER_S)
        self.spent_at = now
        if self.spent >= COMMANDS_PER_S:
            return False
        self.spent += 1
        return True
