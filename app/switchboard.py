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
from app import flows, reception
from app.clock import BusinessClock
from app.heard import Heard
from app.house import House
from app.ports import NoWriter
from app.store import flows as store_flows
from app.store import turn as store_turn
from app.store.configuration import read_changes
from app.store.rebuild import read_records
from app.store.writer import WriterSession
from app.turn import Turn, Writing, key_of
from app.waiting import Waiting, WaitingRoom, stored, to_store, unanswered
from contacts.records import Draft, Records
from routing.engine import Engine

TURN_STEPS_MAX = 256  # a webhook of 64 reports is 64 steps: nobody waits for a turn of thousands
BEAT_EVERY_S = 0.5
TAKEOVER_EVERY_S = 0.1
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
    on_closed: list[Callable[["Switchboard"], None]] = field(default_factory=list)  # decided, not yet written
    on_turn: list[Callable[["Switchboard"], Awaitable[None]]] = field(default_factory=list)  # proofs, in the tests
    on_holding: list[Callable[[bool], Awaitable[None]]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    clock: BusinessClock = field(default_factory=BusinessClock)
    house: House | None = None
    holding: bool = False
    _waiting: WaitingRoom = field(default_factory=WaitingRoom)
    _singly: deque[Waiting] = field(default_factory=deque)  # replayed one per transaction after a data error
    _in_hand: list[Waiting] = field(default_factory=list)  # taken, and not in a turn yet
    _repeated: list[Waiting] = field(default_factory=list)  # of ids in the open turn: answered when it is written
    _open: Turn = field(default_factory=Turn)
    _writing: Writing | None = None
    _refused: str | None = None  # why a turn could not be decided or written
    _no_deadlines_before: float = 0.0  # monotonic
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _heard: Heard = field(default_factory=Heard)
    _last_good: float = field(default_factory=time.monotonic)

    # --- the door -----------------------------------------------------------------------------------------------------

    async def submit(self, envelope: c.Envelope) -> c.Reply:
        """Answered after COMMIT. Raises NoWriter when nobody took it in time: the same id is safe."""
        if self._stopping:
            raise NoWriter
        waiting = self._waiting.enter(envelope)
        self._wake.set()
        return await waiting.answer

    def heard(self, agent_ids: list[str]) -> None:
        """These desks answered their last ping."""
        self._heard.note(agent_ids)

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    # --- the loop -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Try to become the writer; be it until the fence is lost or `stop`; hand over at once at the end."""
        expiry = asyncio.create_task(self._waiting.expire())
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
            self._waiting.refuse_all()

    async def _hold(self) -> None:
        await self._rebuild(self.session.outage_s)
        self._heard.give_time(self._house.records.agents)
        await self._set_holding(True)
        next_beat = 0.0
        while not self._stopping:
            try:
                if self._refused is not None:
                    refused, self._refused = self._refused, None
                    await self._after_data_error(refused)
                if time.monotonic() >= next_beat:
                    await self._beat()
                    next_beat = time.monotonic() + BEAT_EVERY_S
                await self._take(await self._next_batch(next_beat))
                await self._write_open()
            except store_turn.ConnectionLost as lost:
                log.warning("turn outcome unknown", error=str(lost))
                await self._put_back()
                await self.session.reconnect()
                if not await self.session.renew():
                    raise store_turn.FenceLost from lost
                await self._rebuild(time.monotonic() - self._last_good)
                await self._set_holding(True)  # what was committed without an answer is news to everybody
            except store_turn.DataError as error:
                self._refused = str(error)
        await self._written()

    async def _beat(self) -> None:
        """On the turn's own connection and by its own loop: the beat dies with them."""
        await self._written()
        if not await self.session.beat():
            raise store_turn.FenceLost
        if time.monotonic() - self._last_good > STOOD_STILL_S:
            self._heard.give_time(self._house.records.agents)
        self._last_good = time.monotonic()
        self._sweep()

    async def _next_batch(self, next_beat: float) -> list[Waiting]:
        """Waiting commands, as many as the open turn has room for; none when something else is due first: a deadline,
        the beat, or the open turn, because the one before it is written.
        """
        if self._singly:
            await self._written()
            if self._deadline_is_due(self.clock.now_us()):
                return []
            self._open.is_replay = True
            return [self._singly.popleft()]
        room = TURN_STEPS_MAX - self._open.steps
        if not (self._waiting and room > 0) and (self._open.is_empty or self._is_writing):
            self._wake.clear()
            await self._sleep_until_woken(next_beat)
        return self._waiting.call(room)

    async def _sleep_until_woken(self, next_beat: float) -> None:
        wait_s = next_beat - time.monotonic()
        deadline_us = self._house.next_deadline()
        if deadline_us is not None:
            until_s = max(self.clock.real_s_until(deadline_us), self._no_deadlines_before - time.monotonic())
            wait_s = min(wait_s, until_s)
        if wait_s > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()

    # --- one turn -----------------------------------------------------------------------------------------------------

    async def _take(self, batch: list[Waiting]) -> None:
        """Decide these commands, and the deadlines that have come before them, into the open turn."""
        self._in_hand = batch
        house, turn = self._house, self._open
        fresh = self._in_hand = await self._answer_known(batch) if batch else []
        if any(isinstance(w.envelope.command, c.ApplyConfig) for w in fresh):
            await self._written()
            house.config_read = tuple(await read_changes(self.session.conn, self.domain_id, house.records.config_seq))
        await self._read_flows(flows.begun_by(w.envelope.command for w in fresh))
        turn.commands += fresh
        self._in_hand = []
        now_us = self.clock.now_us()
        if not turn.is_replay and self._deadline_is_due(now_us):
            turn.took_deadlines = True
            self._pass_time(house, now_us)
        turn.answers += [(w, self._step(house, w.envelope, now_us)) for w in fresh]

    async def _read_flows(self, wanted: set[c.FlowRef]) -> None:
        house = self._house
        missing = wanted - house.flows.keys()
        if missing:
            texts = await store_flows.texts(self.session.beside, missing)
            flows.keep(house.flows, texts, house.records.contacts.values())

    async def _answer_known(self, batch: list[Waiting]) -> list[Waiting]:
        """Send stored answers again; what remains is new. A repeat of what is decided and not written has to wait."""
        if self._writing is not None and not self._writing.keys.isdisjoint(map(key_of, batch)):
            await self._written()
        keys = [key_of(waiting) for waiting in batch if waiting.envelope.command_id]
        known = await store_turn.answers(self.session.beside, keys) if keys else {}
        fresh: list[Waiting] = []
        seen = {key_of(waiting) for waiting in self._open.commands}
        for waiting in batch:
            key = key_of(waiting)
            if key in known:
                waiting.tell(stored(waiting.envelope, *known[key]))
            elif key[1] and key in seen:
                self._repeated.append(waiting)
            else:
                seen.add(key)
                fresh.append(waiting)
        return fresh

    async def _write_open(self) -> None:
        """Unless one is on its way: then the open turn stays open until that is written.

        The database gets the next turn before the world hears of the last: it works while we tell.
        """
        if self._is_writing:
            return
        last = await self._untold()
        if last is not None and self.on_turn:  # a proof reads what the database holds at this turn's end
            await self._tell(last)
        turn, self._open = self._open, Turn()
        if not turn.is_empty:
            self._close(turn)
            for note in self.on_closed:
                note(self)
            task = asyncio.create_task(self._write(turn))
            task.add_done_callback(lambda _: self._wake.set())
            self._writing = Writing(turn, task)
            if last is not None:
                await asyncio.sleep(0)  # the task begins
                await asyncio.sleep(0)  # what it sends is on the wire
        if last is not None:
            await self._tell(last)
        self._waiting.back(self._repeated)
        self._repeated.clear()

    def _close(self, turn: Turn) -> None:
        """The house stands at its end from now on; only what is written was."""
        house = self._house
        turn.close(house.take_draft(), house.records.last_seq)
        house.records.last_seq = turn.pos
        if turn.draft.events:
            house.records.last_at_us = house.now_us

    async def _write(self, turn: Turn) -> None:
        if not turn.draft.is_empty:
            await store_turn.commit(self.session, turn.draft, turn.prev + 1)
            self._last_good = time.monotonic()
        if self._open.is_empty and not self._waiting:
            await self._tell(turn)

    async def _tell(self, turn: Turn) -> None:
        """It is committed: now, and only now, the world hears of it. Once."""
        if turn.is_told:
            return
        turn.is_told = True
        turn.tell_answers()
        if not turn.draft.is_empty:
            for tell in self.on_committed:
                tell(turn.draft, turn.prev, turn.pos)
        self.counts.turns += 1
        self.counts.commands += len(turn.commands)
        for proof in self.on_turn:
            await proof(self)

    @property
    def _is_writing(self) -> bool:
        return self._writing is not None and not self._writing.task.done()

    async def _untold(self) -> Turn | None:
        """Waits for the turn on its way; the world has not heard of it yet. Raises what went wrong on it."""
        if self._writing is None:
            return None
        await self._writing.task
        turn, self._writing = self._writing.turn, None
        return turn

    async def _written(self) -> None:
        """Nothing is on its way any more, and everything is told. Raises what went wrong."""
        turn = await self._untold()
        if turn is not None:
            await self._tell(turn)

    def _deadline_is_due(self, now_us: int) -> bool:
        deadline_us = self._house.next_deadline()
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
        if refused := reply.body.get("refused"):
            log.error("configuration refused", kind=envelope.command.kind, subjects=refused)
        if envelope.command_id:
            house.draft.replies.append(to_store(envelope, reply))
        return reply

    async def _write_apart(self) -> None:
        """What no command asked for, while no turn is open: after a rebuild, or in place of a refused command."""
        turn = Turn()
        self._close(turn)
        if not turn.draft.is_empty:
            await store_turn.commit(self.session, turn.draft, turn.prev + 1)
            self._last_good = time.monotonic()
            for tell in self.on_committed:
                tell(turn.draft, turn.prev, turn.pos)

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
        await self._read_flows(flows.walked_by(records.contacts.values()))
        log.info("rebuilt", ms=round((time.monotonic() - began_s) * 1000), contacts=len(records.contacts))
        reception.set_transport_bounds(self.house, self.clock.now_us())
        outage_us = int(outage_s * 1_000_000) * self.clock.speed
        if outage_us > 0 and any(s.state == "offered" for s in records.segments.values()):
            reception.extend_offers(self.house, outage_us, self.clock.now_us())
        await self._write_apart()

    async def _after_data_error(self, error: str) -> None:
        """A turn could not be decided or written as it is: its commands are replayed one by one, deadlines before them
        and apart; the culprit is answered and stored. A bad deadline is tried again, and commands go on meanwhile.
        """
        culprit = await self._take_culprit()
        self._in_hand = unanswered(culprit.commands)
        log.error("turn refused", error=error, commands=len(self._in_hand))
        await self._begin_anew()
        commands, self._in_hand = self._in_hand, []
        if culprit.is_one_command:
            for waiting in commands:  # none, if who asked has gone away
                await self._reject(waiting)
        elif commands:
            self._singly.extend(commands)
        else:
            self.counts.bad_deadlines += 1
            self._no_deadlines_before = time.monotonic() + BAD_DEADLINE_AGAIN_S

    async def _take_culprit(self) -> Turn:
        """The turn on its way, if that failed: what was decided upon it is put back. Otherwise the open one."""
        self._open.commands += self._in_hand
        self._in_hand = []
        if self._writing is not None and not await self._writing.ended():
            culprit, self._writing = self._writing.turn, None
            await self._put_back()
            return culprit
        culprit, self._open = self._open, Turn()
        await self._put_back()
        return culprit

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
        self._in_hand = [waiting]
        house, reply = self._house, c.problem(422, "command.rejected")
        house.begin(waiting.envelope, self.clock.now_us())
        house.log("command.rejected", data={"kind": waiting.envelope.command.kind})
        if waiting.envelope.command_id:
            house.draft.replies.append(to_store(waiting.envelope, reply))
        try:
            await self._write_apart()
        except store_turn.DataError:
            await self._begin_anew()
        self._in_hand = []
        waiting.tell(reply)

    async def _put_back(self) -> None:
        """What became of these is unknown, or they were decided upon what was not written: stored answers will tell."""
        taken = [*self._open.commands, *self._repeated, *self._in_hand]
        if self._writing is not None:
            if await self._writing.ended():
                await self._tell(self._writing.turn)
            else:
                taken = [*self._writing.turn.commands, *taken]
        self._waiting.back(taken)
        self._writing, self._open = None, Turn()
        self._repeated, self._in_hand = [], []

    async def _let_go(self) -> None:
        await self._put_back()
        await self._set_holding(False)
        self._forget_house()
        self._waiting.back(list(self._singly))
        self._singly.clear()
        self._refused = None

    # --- sweeps -------------------------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Twice a second: silent desks, and the self-check that nobody able is left without an offer."""
        house = self._house
        for agent_id in self._heard.silent(house.records.agents):
            with contextlib.suppress(NoWriter):  # the next sweep asks again
                self._waiting.enter(c.Envelope("system", "", b"", c.DeviceReach(agent_id, "desk", False), "engine"))
        idle = house.engine.idle_with_work()
        if idle:
            self.counts.idle_with_work += len(idle)
            log.error("idle with work", pairs=idle[:5])

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
