"""When does a turn happen? The one loop that owns an engine: it holds the epoch, takes commands and deadlines, and
commits each turn before anybody hears of it (the turn's six lines stand at the top of journey.py).
"""

import asyncio
import contextlib
import gc
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
import uuid_utils

from app import commands as c
from app import reception
from app.clock import BusinessClock
from app.house import House
from app.ports import NoWriter
from app.store import turn as store_turn
from app.store.configuration import read_changes
from app.store.rebuild import read_records
from app.store.writer import WriterSession
from app.waiting import Waiting, stored, to_store
from contacts.records import Draft, Records
from routing.engine import Engine

TURN_COMMANDS_MAX = 256
WAITING_COMMANDS_MAX = 20_000  # at the bound a command is refused (503): the same id is safe to send again
COMMAND_WAIT_S = 2.0
BEAT_EVERY_S = 0.5
TAKEOVER_EVERY_S = 0.1
DESK_SILENT_S = 10.0
STOOD_STILL_S = 2.0  # without a beat for so long, this process was stopped, or the database was away
BAD_DEADLINE_AGAIN_S = 1.0

log = structlog.get_logger()


@dataclass(slots=True)
class Counts:
    """What the sweeps and the turn have seen since this process began; shown by /metrics."""

    turns: int = 0
    commands: int = 0
    rebuilds: int = 0
    takeovers: int = 0
    rejected: int = 0
    bad_deadlines: int = 0  # must be 0: turns in which a deadline could not be taken
    idle_with_work: int = 0  # must be 0


Committed = Callable[[Draft, int, int], None]  # (draft, prev, pos)


@dataclass(slots=True)
class Switchboard:
    domain_id: int
    owner: str
    session: WriterSession
    read_clock: Callable[[], Awaitable[BusinessClock]]
    on_committed: list[Committed] = field(default_factory=list)
    on_turn: list[Callable[["Switchboard"], Awaitable[None]]] = field(default_factory=list)  # proofs, in the tests
    on_holding: list[Callable[[bool], Awaitable[None]]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    clock: BusinessClock = field(default_factory=BusinessClock)
    house: House | None = None
    holding: bool = False
    _waiting: deque[Waiting] = field(default_factory=deque)
    _singly: deque[Waiting] = field(default_factory=deque)  # replayed one per transaction after a data error
    _in_flight: list[Waiting] = field(default_factory=list)
    _alone: bool = False  # the turn in flight is one command and nothing else
    _refused: str | None = None  # why the database refused the turn in flight
    _no_deadlines_before: float = 0.0  # monotonic
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _heard: dict[str, float] = field(default_factory=dict)  # agent -> when a desk of theirs last answered
    _last_good: float = field(default_factory=time.monotonic)

    # --- the door -----------------------------------------------------------------------------------------------------

    async def submit(self, envelope: c.Envelope) -> c.Reply:
        """Answered after COMMIT. Raises NoWriter when nobody took it in time: the same id is safe."""
        if self._stopping or len(self._waiting) >= WAITING_COMMANDS_MAX:
            raise NoWriter
        waiting = Waiting.begin(envelope)
        self._waiting.append(waiting)
        self._wake.set()
        return await waiting.answer

    def heard(self, agent_ids: list[str]) -> None:
        """These desks answered their last ping."""
        now = time.monotonic()
        self._heard.update(dict.fromkeys(agent_ids, now))

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    # --- the loop -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Try to become the writer; be it until the fence is lost or `stop`; hand over at once at the end."""
        expiry = asyncio.create_task(self._expire_waiting())
        try:
            while not self._stopping:
                try:
                    if await self.session.try_takeover(self.domain_id, self.owner) is None:
                        await asyncio.sleep(TAKEOVER_EVERY_S)
                        continue
                    self.counts.takeovers += 1
                    log.info("takeover", domain=self.domain_id, epoch=self.session.epoch)
                    await self._hold()
                except store_turn.FenceLost:
                    log.warning("fence lost", domain=self.domain_id, epoch=self.session.epoch)
                except store_turn.ConnectionLost as lost:
                    log.warning("no database", error=str(lost))
                    await asyncio.sleep(TAKEOVER_EVERY_S)
                finally:
                    await self._let_go()
        finally:
            expiry.cancel()
            await self.session.release()
            self._refuse_all()

    async def _hold(self) -> None:
        await self._rebuild(self.session.outage_s)
        self._give_desks_time()
        await self._set_holding(True)
        next_beat = 0.0
        while not self._stopping:
            try:
                if self._refused is not None:
                    refused, self._refused = self._refused, None
                    await self._after_data_error(refused)
                if time.monotonic() >= next_beat:
                    if not await self.session.beat():
                        raise store_turn.FenceLost
                    next_beat = time.monotonic() + BEAT_EVERY_S
                    if time.monotonic() - self._last_good > STOOD_STILL_S:
                        self._give_desks_time()
                    self._last_good = time.monotonic()
                    self._sweep()
                batch = await self._next_batch(next_beat)
                await self._turn(batch)
            except store_turn.ConnectionLost as lost:
                log.warning("turn outcome unknown", error=str(lost))
                self._put_back()
                await self.session.reconnect()
                if not await self.session.renew():
                    raise store_turn.FenceLost from lost
                await self._rebuild(time.monotonic() - self._last_good)
                await self._set_holding(True)  # what was committed without an answer is news to everybody
            except store_turn.DataError as error:
                self._refused = str(error)

    async def _next_batch(self, next_beat: float) -> list[Waiting]:
        """Up to 256 waiting commands; empty when a deadline or the beat is due first."""
        if self._singly:
            return [] if self._deadline_is_due(self.clock.now_us()) else [self._singly.popleft()]
        if not self._waiting:
            self._wake.clear()
            wait_s = next_beat - time.monotonic()
            deadline_us = self._house.engine.next_deadline()
            if deadline_us is not None:
                until_s = max(self.clock.real_s_until(deadline_us), self._no_deadlines_before - time.monotonic())
                wait_s = min(wait_s, until_s)
            if wait_s > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait_s)
        batch: list[Waiting] = []
        while self._waiting and len(batch) < TURN_COMMANDS_MAX:
            batch.append(self._waiting.popleft())
        return batch

    # --- one turn -----------------------------------------------------------------------------------------------------

    async def _turn(self, batch: list[Waiting]) -> None:
        house = self._house
        self._in_flight = batch
        self._alone = len(batch) == 1 and not self._deadline_is_due(self.clock.now_us())
        fresh = await self._answer_known(batch) if batch else []
        if any(isinstance(w.envelope.command, c.ApplyConfig) for w in fresh):
            house.config_read = tuple(await read_changes(self.session.conn, self.domain_id, house.records.config_seq))
        now_us = self.clock.now_us()
        if not self._alone and self._deadline_is_due(now_us):
            self._pass_time(house, now_us)
        answers = [(w, self._step(house, w.envelope, now_us)) for w in fresh]
        await self._commit(house, now_us)
        for waiting, reply in answers:
            waiting.tell(c.Reply(reply.status, reply.body, house.records.last_seq))
        self._in_flight = []
        self.counts.turns += 1
        self.counts.commands += len(batch)
        for proof in self.on_turn:
            await proof(self)

    async def _answer_known(self, batch: list[Waiting]) -> list[Waiting]:
        """Send stored answers again; what remains is new. A repeat inside one batch waits for the next turn."""
        keys = [(w.envelope.principal, w.envelope.command_id) for w in batch if w.envelope.command_id]
        known = await store_turn.answers(self.session.conn, keys) if keys else {}
        fresh: list[Waiting] = []
        seen: set[tuple[str, str]] = set()
        for waiting in batch:
            key = (waiting.envelope.principal, waiting.envelope.command_id)
            if key in known:
                waiting.tell(stored(waiting.envelope, *known[key]))
            elif key[1] and key in seen:
                self._waiting.appendleft(waiting)
            else:
                seen.add(key)
                fresh.append(waiting)
        return fresh

    def _deadline_is_due(self, now_us: int) -> bool:
        deadline_us = self._house.engine.next_deadline()
        return deadline_us is not None and deadline_us <= now_us and time.monotonic() >= self._no_deadlines_before

    def _pass_time(self, house: House, now_us: int) -> None:
        try:
            reception.pass_time(house, now_us)
        except Exception as error:
            log.exception("deadline failed")
            raise store_turn.DataError(repr(error)) from error

    def _step(self, house: House, envelope: c.Envelope, now_us: int) -> c.Reply:
        if isinstance(envelope.command, c.DeviceReach) and envelope.command.up:
            self.heard([envelope.command.agent_id])
        try:
            reply = reception.step(house, envelope, now_us)
        except Exception as error:
            # A fault of ours while the house is half changed: the same cure as a data error.
            log.exception("command failed", kind=envelope.command.kind, command=envelope.command_id)
            raise store_turn.DataError(repr(error)) from error
        if envelope.command_id:
            house.draft.replies.append(to_store(envelope, reply))
        return reply

    async def _commit(self, house: House, now_us: int) -> None:
        draft = house.take_draft()
        if draft.is_empty:
            return
        prev = house.records.last_seq
        await store_turn.commit(self.session, draft, prev + 1)
        self._last_good = time.monotonic()
        house.records.last_seq = prev + len(draft.events)
        house.records.last_at_us = now_us
        for tell in self.on_committed:
            tell(draft, prev, house.records.last_seq)

    # --- when it goes wrong -------------------------------------------------------------------------------------------

    async def _rebuild(self, outage_s: float) -> None:
        """Discard the house and read it again: everything, deadlines included. Offers live longer by the outage."""
        self.counts.rebuilds += 1
        began_s = time.monotonic()
        self._forget_house()
        gc.disable()
        try:
            records: Records = await read_records(self.session.conn, self.domain_id)
            self.clock = await self.read_clock()
            self.clock.start(records.last_at_us)
            engine = Engine.from_records(records, new_id)
            self.house = House(records, engine, new_id, self.clock.speed)
        finally:
            gc.enable()
        gc.freeze()
        log.info("rebuilt", ms=round((time.monotonic() - began_s) * 1000), contacts=len(records.contacts))
        reception.set_transport_bounds(self.house, self.clock.now_us())
        outage_us = int(outage_s * 1_000_000) * self.clock.speed
        if outage_us > 0 and any(s.state == "offered" for s in records.segments.values()):
            reception.extend_offers(self.house, outage_us, self.clock.now_us())
        await self._commit(self.house, self.clock.now_us())

    async def _after_data_error(self, error: str) -> None:
        """The turn could not be written as it is: its commands are replayed one by one, deadlines before them and
        apart; the culprit is answered and stored. A bad deadline is tried again, and commands go on meanwhile.
        """
        self._in_flight = [waiting for waiting in self._in_flight if not waiting.answer.done()]
        log.error("turn refused", error=error, commands=len(self._in_flight))
        await self._begin_anew()
        batch, self._in_flight = self._in_flight, []
        if self._alone:
            for waiting in batch:  # none, if who asked has gone away
                await self._reject(waiting)
        elif batch:
            self._singly.extend(batch)
        else:
            self.counts.bad_deadlines += 1
            self._no_deadlines_before = time.monotonic() + BAD_DEADLINE_AGAIN_S

    def _forget_house(self) -> None:
        """It was frozen, so that no collection walks through it; now one shall find it."""
        if self.house is not None:
            self.house = None
            gc.unfreeze()
            gc.collect()

    async def _begin_anew(self) -> None:
        """The driver leaves a transaction open behind values that it could not encode: the connection is not kept."""
        await self.session.reconnect()
        await self._rebuild(0.0)

    async def _reject(self, waiting: Waiting) -> None:
        """The answer is stored, unless not even the command's id can be."""
        self.counts.rejected += 1
        self._in_flight = [waiting]
        house, reply = self._house, c.problem(422, "command.rejected")
        house.begin(waiting.envelope, self.clock.now_us())
        house.log("command.rejected", data={"kind": waiting.envelope.command.kind})
        if waiting.envelope.command_id:
            house.draft.replies.append(to_store(waiting.envelope, reply))
        try:
            await self._commit(house, house.now_us)
        except store_turn.DataError:
            await self._begin_anew()
        self._in_flight = []
        waiting.tell(reply)

    def _put_back(self) -> None:
        """The outcome is unknown: stored answers will tell which of these were committed."""
        self._waiting.extendleft(w for w in reversed(self._in_flight) if not w.answer.done())
        self._in_flight = []

    async def _let_go(self) -> None:
        await self._set_holding(False)
        self._forget_house()
        self._put_back()
        self._waiting.extendleft(reversed(self._singly))
        self._singly.clear()
        self._refused = None

    def _refuse_all(self) -> None:
        for waiting in self._waiting:
            waiting.give_up()
        self._waiting.clear()

    async def _expire_waiting(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            bound = time.monotonic() - COMMAND_WAIT_S
            while self._waiting and self._waiting[0].since < bound:
                self._waiting.popleft().give_up()

    # --- sweeps -------------------------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Twice a second: silent desks, and the self-check that nobody able is left without an offer."""
        house = self._house
        bound = time.monotonic() - DESK_SILENT_S
        for agent_id, state in house.records.agents.items():
            if state.desk_reachable and self._heard.get(agent_id, 0.0) < bound:
                self._ask_self(c.DeviceReach(agent_id, "desk", False))
        idle = house.engine.idle_with_work()
        if idle:
            self.counts.idle_with_work += len(idle)
            log.error("idle with work", pairs=idle[:5])

    def _give_desks_time(self) -> None:
        """We heard nobody for a while: reachability is as stored, and every desk has 10 s from now to answer."""
        now = time.monotonic()
        self._heard |= {a: now for a, state in self._house.records.agents.items() if state.desk_reachable}

    def _ask_self(self, command: c.Command) -> None:
        envelope = c.Envelope("system", "", b"", command, "engine")
        self._waiting.append(Waiting.begin(envelope))

    @property
    def _house(self) -> House:
        assert self.house is not None, "only the writer has a house"
        return self.house

    async def _set_holding(self, holding: bool) -> None:
        if holding or self.holding:
            self.holding = holding
            for tell in self.on_holding:
                await tell(holding)

    async def beat_age_s(self) -> float | None:
        """Seconds since the last beat, when this process is the writer."""
        return time.monotonic() - self.session.last_beat_at if self.holding else None


def new_id() -> str:
    return str(uuid_utils.uuid7())
