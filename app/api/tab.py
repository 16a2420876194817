"""What is one open tab, as the server sees it? Who sits there, what waits to be sent, and how much it may ask."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from screenpop.feed import View
from screenpop.scope import Scope

QUEUE_FRAMES_MAX = 256
QUEUE_BYTES_MAX = 512 * 1024
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
    """One feed of a tab. `pos` is where its page stands; the follower moves it on with every frame."""

    view: View
    socket: "Socket"
    pos: int
    follows: bool = False  # its page has everything up to `pos`, and gets each turn

    def send(self, frame: bytes) -> None:
        self.socket.send(frame)


@dataclass(slots=True, eq=False)
class Socket:
    """One tab."""

    seat: Seat
    tab: str
    opened: float
    watches: dict[str, Watch] = field(default_factory=dict)  # by feed
    frames: deque[bytes] = field(default_factory=deque)
    queued_bytes: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
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

    def send(self, frame: bytes) -> None:
        """Queue a frame; never waits. At the bound the socket is closed as slow."""
        if len(self.frames) >= QUEUE_FRAMES_MAX or self.queued_bytes + len(frame) > QUEUE_BYTES_MAX:
            self.close(SLOW, "slow")
            return
        self.frames.append(frame)
        self.queued_bytes += len(frame)
        self.wake.set()

    def close(self, code: int, why: str) -> None:
        if self.closing is None:
            self.closing, self.closing_since = Closing(code, why), time.monotonic()
            self.wake.set()

    def may_act(self, now: float) -> bool:
        self.spent = max(0.0, self.spent - (now - self.spent_at) * COMMANDS_PER_S)
        self.spent_at = now
        if self.spent >= COMMANDS_PER_S:
            return False
        self.spent += 1
        return True
