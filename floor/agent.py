"""What does an agent do? Sit at a desk over the real websocket, take what is offered, finish what was served.

The desk keeps a command until it is answered and sends it again with the same id after a reconnect, for at most KEEP_S.
It never invents: what it does follows from the records the server put on it and from the agent's manner.
"""

import asyncio
import json
import math
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from floor.clock import Clock
from floor.desk import DeskRecords
from floor.http_line import Place
from floor.ledger import Ledger
from floor.websocket import Websocket

KEEP_S = 10.0  # how long a page tries to have a command answered
AGAIN_S = 0.3  # before a refused command that may be tried again is
SILENT_S = 15.0  # without a frame (the server pings every 5 s) the page opens another connection
RECONNECT_MAX_S = 3.0
NOTICE_S = 1.0  # until a person sees that they are flagged, or not what they chose
ME = "me"
TAKEN_OVER, RIGHTS_CHANGED = 4001, 4003

Chosen = Literal["ready", "away", "offline"]


def at_once() -> float:
    return 0.0


@dataclass(slots=True)
class Manner:
    """Real seconds; shares are 0..1 and drawn from `chance`."""

    think_s: Callable[[], float] = at_once  # before an offer is accepted
    handle_s: Callable[[str], float] = lambda channel: 1.0  # of a written contact, from connected to its end
    after_call_s: Callable[[], float] = at_once  # inf: left to the queue's time box
    decline_share: float = 0.0
    ignore_share: float = 0.0  # of offers: left to expire
    hold_share: float = 0.0  # of calls: put on hold and retrieved once
    transfer_share: float = 0.0  # of calls: put through to a colleague, blind
    consult_share: float = 0.0  # of calls: a colleague is asked, waits, takes over, joins, or is thanked
    colleagues: list[str] = field(default_factory=list)  # ids of agents
    reconnect_s: float = 0.3  # at most, drawn
    insists: bool = True  # chooses again when somebody else, such as a supervisor, chose otherwise
    chance: random.Random = field(default_factory=random.Random)


def situation(record: Mapping[str, Any]) -> str:
    """What an agent reacts to: the state, and beside others on the contact what may be done as well."""
    return f"{record['state']} {record['may']}" if others_on(record) else str(record["state"])


def others_on(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those who are on the contact, or asked to be."""
    return [other for other in record.get("with", ()) if other["state"] != "wrap_up"]


@dataclass(slots=True)
class Kept:
    """A command on its way."""

    text: bytes
    since_s: float
    what: str
    segment: str | None


class Desk:
    """`ticket(agent_id)` fetches a new one for each connection."""

    def __init__(
        self,
        agent_id: str,
        place: Place,
        ticket: Callable[[str], Awaitable[str]],
        *,
        ledger: Ledger,
        manner: Manner | None = None,
    ) -> None:
        self.agent_id = agent_id
        self.desk = DeskRecords()
        self._place, self._ticket, self._ledger = place, ticket, ledger
        self._manner = manner or Manner()
        self._socket: Websocket | None = None
        self._kept: dict[str, Kept] = {}
        self._timers: dict[tuple[str, str], asyncio.TimerHandle | None] = {}  # (segment, state it was set for)
        self._offered_s: dict[str, float] = {}
        self._wanted: tuple[Chosen, str | None] | None = None
        self._reconnecting: asyncio.Task[None] | None = None
        self._leaving = False
        self._new_line = False  # connected, and not yet brought up to date
        self._heard_s = 0.0
        self._held: set[str] = set()
        self.at_desk = asyncio.Event()  # a snapshot has come
        self.clock = Clock(0, 0.0)
        self.connected_after_s: list[float] = []  # from the offer on the desk to the call on the phone
        self.reconnects = self.gaps = self.refusals = 0

    # --- what the floor asks ------------------------------------------------------------------------------------------

    async def sit_down(self, ticket: str | None = None) -> None:
        """Open the connection and wait for the first snapshot. Raises OSError, TimeoutError."""
        await self._connect(ticket)
        async with asyncio.timeout(KEEP_S):
            await self.at_desk.wait()

    async def leave(self) -> None:
        """Close the page; nothing is chosen by that."""
        self._leaving = True
        if self._reconnecting is not None:
            self._reconnecting.cancel()
        for subject, state in list(self._timers):
            self._drop_timer(subject, state)
        if self._socket is not None:
            self._socket.close()

    def knows(self, colleagues: list[str]) -> None:
        """To whom calls may be put through."""
        self._manner.colleagues = colleagues

    def choose(self, chosen: Chosen, reason: str | None = None) -> None:
        """In force at once, or as soon as nothing is held any more."""
        self._wanted = (chosen, reason)
        when = "next" if self.desk.segments and chosen != "ready" else "now"
        self.do("choose", chosen=chosen, reason=reason, when=when)

    def do(self, what: str, segment: str | None = None, **more: Any) -> str:
        """Send a command and keep it until it is answered; returns its id."""
        command_id = str(uuid.uuid4())
        frame = {"t": "do", "id": command_id, "what": what, "segment": segment, **more}
        frame = {key: value for key, value in frame.items() if value is not None}
        text = json.dumps(frame, separators=(",", ":")).encode()
        self._kept[command_id] = Kept(text, time.monotonic(), what, segment)
        self._ledger.write("sent", agent=self.agent_id, id=command_id, do=frame)
        self._send(text)
        return command_id

    def drop_line(self) -> None:
        """As a laptop that falls asleep; the page comes back and resumes."""
        if self._socket is not None:
            self._socket.abort()

    def check(self) -> None:
        """Called now and then: a page that hears nothing opens another connection, an unanswered command is told."""
        now_s = time.monotonic()
        if self._socket is not None and now_s - self._heard_s > SILENT_S:
            self._socket.abort()
        for command_id, kept in list(self._kept.items()):
            if now_s - kept.since_s > KEEP_S:
                del self._kept[command_id]
                self._timers = {key: timer for key, timer in self._timers.items() if key[0] != kept.segment}
                self._ledger.write("given_up", agent=self.agent_id, id=command_id)
                if not self._leaving:
                    self._react()

    @property
    def is_idle(self) -> bool:
        return not self._kept and not self.desk.segments

    # --- the connection -----------------------------------------------------------------------------------------------

    async def _connect(self, ticket: str | None = None) -> None:
        ticket = ticket or await self._ticket(self.agent_id)
        socket = Websocket(self._hear, self._lost)
        await socket.connect(self._place, "/ws")
        self._socket, self._heard_s, self._new_line = socket, time.monotonic(), True
        feeds = [{"feed": "desk", "pos": self.desk.pos}]
        hello = {"t": "hello", "v": 1, "ticket": ticket, "tab": self.agent_id[-12:], "feeds": feeds}
        self._send(json.dumps(hello).encode())

    def _lost(self, code: int) -> None:
        self._socket = None
        if self._leaving:
            return
        self._ledger.write("lost", agent=self.agent_id, code=code)
        if code == TAKEN_OVER:
            return
        self._reconnecting = asyncio.get_running_loop().create_task(self._reconnect())

    async def _reconnect(self) -> None:
        pause_s = self._manner.reconnect_s
        while not self._leaving:
            await asyncio.sleep(self._manner.chance.random() * pause_s)
            try:
                await self._connect()
            except (OSError, TimeoutError):
                pause_s = min(max(pause_s, 0.1) * 2, RECONNECT_MAX_S)
                continue
            self.reconnects += 1
            return

    def _send(self, text: bytes) -> None:
        if self._socket is not None:
            self._socket.send(text)

    # --- what the server says -----------------------------------------------------------------------------------------

    def _hear(self, text: bytes) -> None:
        self._heard_s = time.monotonic()
        frame = json.loads(text)
        match frame["t"]:
            case "ping":
                self._send(b'{"t":"pong","n":%d}' % frame["n"])
                self.desk.adopt(frame.get("pos", {}).get("desk"))
            case "snapshot" | "turn":
                self._take(frame)
            case "done":
                self._kept.pop(frame["id"], None)
                self._ledger.write(
                    "done", agent=self.agent_id, id=frame["id"], pos=frame["pos"], result=frame["result"]
                )
            case "refused":
                self._refused(frame)
            case "welcome":
                self.clock = Clock(frame["now_ms"], self._heard_s, frame.get("speed", 1))
            case "bye":
                self._ledger.write("bye", agent=self.agent_id, code=frame["code"], why=frame["why"])
            case _:
                pass  # kinds of later versions

    def _take(self, frame: dict[str, Any]) -> None:
        if self._ledger.keeps:
            seen = {key: frame[key] for key in ("t", "prev", "pos", "why", "put", "records", "drop") if key in frame}
            self._ledger.write("frame", agent=self.agent_id, frame=seen)
        match self.desk.apply(frame):
            case "gap":
                self.gaps += 1
                self._send(json.dumps({"t": "resume", "feed": "desk", "pos": self.desk.pos}).encode())
            case "applied":
                self.at_desk.set()
                if self._new_line:
                    self._new_line = False
                    self._send_kept()
                self._react()
            case _:
                pass

    def _refused(self, frame: dict[str, Any]) -> None:
        kept = self._kept.get(frame["id"])
        self._ledger.write(
            "refused", agent=self.agent_id, id=frame["id"], problem=frame["problem"], retry=frame["retry"]
        )
        if kept is not None and frame["retry"]:
            asyncio.get_running_loop().call_later(AGAIN_S, self._again, frame["id"])
            return
        self.refusals += 1
        self._kept.pop(frame["id"], None)

    def _again(self, command_id: str) -> None:
        if kept := self._kept.get(command_id):
            self._send(kept.text)

    def _send_kept(self) -> None:
        for kept in self._kept.values():
            self._send(kept.text)

    # --- what the agent does ------------------------------------------------------------------------------------------

    def _react(self) -> None:
        """Look at every record; each state of a segment is acted upon once, or again when its command was given up."""
        segments = self.desk.segments
        for subject, state in list(self._timers):
            if subject != ME and (subject not in segments or situation(segments[subject]) != state):
                self._drop_timer(subject, state)
                if subject not in segments:
                    self._offered_s.pop(subject, None)
        for segment_id, record in segments.items():
            if (segment_id, situation(record)) not in self._timers:
                self._act(segment_id, record)
        me = self.desk.me
        if me.get("not_responding") and self._wanted and self._wanted[0] == "ready":
            self._once("flagged", "clear_flag")
        if self._manner.insists and self._wanted and me and me["chosen"] != self._wanted[0] and not me["next_chosen"]:
            self._once(f"not {self._wanted[0]}", "choose")

    def _act(self, segment_id: str, record: dict[str, Any]) -> None:
        now = situation(record)
        self._timers[segment_id, now] = None  # acted upon, also when nothing is to be done
        match record["state"]:
            case "offered":
                self._answer_offer(segment_id, now)
            case "held" | "talking" if others_on(record):
                self._with_others(segment_id, record)
            case "talking":
                self._talk(segment_id, record["channel"])
            case "held":
                self._later(segment_id, now, 0.0, "retrieve")
            case "wrap_up":
                self._held.discard(segment_id)
                after_call_s = self._manner.after_call_s()
                if math.isfinite(after_call_s):
                    self._later(segment_id, now, after_call_s, "finish")
            case _:
                pass

    def _with_others(self, segment_id: str, record: dict[str, Any]) -> None:
        """A colleague who was asked talks: one of the ways on. A customer is not left on hold."""
        may = record.get("may", ())
        if "complete" in may:
            ways = ["complete", "complete", "conference", "return", *(["swap"] if "swap" in may else [])]
            what = self._manner.chance.choice(ways)
            self._later(segment_id, situation(record), self._manner.think_s(), what)
        elif "retrieve" in may:
            self._later(segment_id, situation(record), 0.0, "retrieve")

    def _answer_offer(self, segment_id: str, now: str) -> None:
        manner, chance = self._manner, self._manner.chance.random()
        self._offered_s[segment_id] = time.monotonic()
        if chance >= manner.ignore_share:
            declines = chance < manner.ignore_share + manner.decline_share
            self._later(segment_id, now, manner.think_s(), "decline" if declines else "accept")

    def _talk(self, segment_id: str, channel: str) -> None:
        """A call ends when the customer hangs up, a written contact when the agent has answered it."""
        offered_s = self._offered_s.pop(segment_id, None)
        if offered_s is not None:
            self.connected_after_s.append(time.monotonic() - offered_s)
        if channel != "phone":
            self._later(segment_id, "talking", self._manner.handle_s(channel), "end")
        elif segment_id not in self._held:
            self._on_the_phone(segment_id, self._manner)

    def _on_the_phone(self, segment_id: str, manner: Manner) -> None:
        """Once a call: hold it, put it through, ask a colleague, or just talk."""
        chance = manner.chance.random()
        self._held.add(segment_id)
        if chance < manner.hold_share:
            self._later(segment_id, "talking", 0.0, "hold")
        elif manner.colleagues and chance < manner.hold_share + manner.transfer_share:
            self._later(segment_id, "talking", 0.0, "transfer", manner.chance.choice(manner.colleagues))
        elif manner.colleagues and chance < manner.hold_share + manner.transfer_share + manner.consult_share:
            self._later(segment_id, "talking", 0.0, "consult", manner.chance.choice(manner.colleagues))

    def _drop_timer(self, subject: str, state: str) -> None:
        timer = self._timers.pop((subject, state))
        if timer is not None:
            timer.cancel()

    def _later(self, segment_id: str, now: str, seconds: float, what: str, agent: str | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._timers[segment_id, now] = loop.call_later(seconds, self._do_if_still, segment_id, now, what, agent)

    def _do_if_still(self, segment_id: str, now: str, what: str, agent: str | None = None) -> None:
        record = self.desk.segments.get(segment_id)
        if record is not None and situation(record) == now and not self._is_asked(what, segment_id):
            self.do(what, segment_id, agent=agent)

    def _once(self, why: str, what: str) -> None:
        """At most one such command under way; looked at again when it comes to it."""
        if (ME, why) in self._timers or self._is_asked(what, None):
            return
        loop = asyncio.get_running_loop()
        self._timers[ME, why] = loop.call_later(NOTICE_S, self._put_right, why, what)

    def _put_right(self, why: str, what: str) -> None:
        self._timers.pop((ME, why), None)
        if what == "clear_flag" and self.desk.me.get("not_responding"):
            self.do("clear_flag")
        elif what == "choose" and self._wanted and self.desk.me.get("chosen") != self._wanted[0]:
            self.choose(*self._wanted)

    def _is_asked(self, what: str, segment_id: str | None) -> bool:
        return any(kept.what == what and kept.segment == segment_id for kept in self._kept.values())
