"""What has happened, for everybody who watches? The read model of a domain, fed by committed turns.

In the writer's own process a committed turn is handed over as it is; in every other one the bell rings and the follower
reads what it missed from the event table. Fan-out never waits for a socket.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from app.frames import encode
from app.ports import Viewer
from app.store.database import API_SETTINGS, Database, open_connection
from app.store.log import LogTail, agent_keys_since, last_seq, read_tail
from app.store.names import read_names
from app.store.rebuild import read_records
from contacts.records import Draft
from screenpop import feed
from screenpop.model import Names, ReadModel, Touched

TAIL_EVENTS_MAX = 20_000  # further behind than this: read the state again instead of the way to it
RESUME_EVENTS_MAX = 20_000
SILENT_BELL_S = 5.0
NAMES_KEPT_S = 5.0  # a new name of an agent or queue is shown after at most so long

log = structlog.get_logger()


@dataclass(slots=True)
class Follower:
    database: Database
    domain_id: int
    model: ReadModel = field(default_factory=ReadModel)
    history: feed.History = field(default_factory=feed.History)
    pos: int = -1
    viewers: dict[str, list[Viewer]] = field(default_factory=dict)  # by agent
    on_config: list[Callable[[], None]] = field(default_factory=list)  # told when what is configured has changed
    now_us: Callable[[], int] = lambda: time.monotonic_ns() // 1000
    _rung: asyncio.Event = field(default_factory=asyncio.Event)
    _known: int = 0
    _names_until: float = 0.0  # monotonic: from then on they are read again
    _reading: bool = False
    _meanwhile: list[tuple[Draft, int, int]] = field(default_factory=list)  # handed over while reading

    async def start(self) -> None:
        """Read the domain as it is."""
        # Not one of the engine's connections: those read JSON by themselves, the records are read from its text.
        plain = await open_connection(self.database.url, API_SETTINGS)
        try:
            records = await read_records(plain, self.domain_id)
        finally:
            await plain.close()
        async with self.database.engine.connect() as connection:
            names = await read_names(connection)
        self.model = ReadModel.of(records, Names(*names))
        self.pos = records.last_seq
        self.history.start(self.pos)

    # --- what comes in ------------------------------------------------------------------------------------------------

    def committed(self, draft: Draft, prev: int, pos: int) -> None:
        """A turn of this process's own writer."""
        self._known = max(self._known, pos)
        if self._reading:
            self._meanwhile.append((draft, prev, pos))
        elif prev != self.pos:
            self._rung.set()
        else:
            self._advance(pos, self._take_draft(draft))

    def _take_draft(self, draft: Draft) -> Touched:
        if any(v.kind != "domain" for v in draft.config.values()):
            self.model.take_config(draft.config.values())
            self._names_until = 0.0
            self._rung.set()
            self._tell_config()
        return self.model.take(
            draft.contacts.values(), draft.stays.values(), draft.segments.values(), draft.agents.values()
        )

    def _tell_config(self) -> None:
        for tell in self.on_config:
            tell()

    def _take_meanwhile(self) -> None:
        """Turns committed while we read, as one: without them a reader under load would never be up to date again."""
        pos, touched = self.pos, Touched()
        for draft, prev, turn_pos in self._meanwhile:
            if turn_pos <= pos:
                continue  # what was read had it
            if prev > pos:
                break  # what lies between is still to be read
            for agent_id, keys in self._take_draft(draft).items():
                touched.setdefault(agent_id, set()).update(keys)
            pos = turn_pos
        self._meanwhile.clear()
        if pos > self.pos:
            self._advance(pos, touched)

    def ring(self, seq: int) -> None:
        """Events up to `seq` are committed somewhere."""
        self._known = max(self._known, seq)
        if self._known > self.pos:
            self._rung.set()

    async def run(self) -> None:
        """Catch up whenever the bell rings, and every 5 s in case it was not heard."""
        while True:
            try:
                await asyncio.wait_for(self._rung.wait(), SILENT_BELL_S)
            except TimeoutError:
                self._known = max(self._known, await self._last_seq())
            self._rung.clear()
            try:
                await self._catch_up()
            except Exception as error:  # the database may be away: the next bell tries again
                log.warning("follower behind", error=type(error).__name__, pos=self.pos)
                self._names_until = 0.0
                await asyncio.sleep(0.2)
                self._rung.set()

    async def _last_seq(self) -> int:
        try:
            async with self.database.engine.connect() as connection:
                return await last_seq(connection, self.domain_id)
        except Exception:
            return self._known

    async def _catch_up(self) -> None:
        self._reading = True
        try:
            async with self.database.engine.connect() as connection:
                if time.monotonic() >= self._names_until:
                    self._names_until = time.monotonic() + NAMES_KEPT_S
                    self.model.names.agents, self.model.names.queues = await read_names(connection)
                self._take_meanwhile()
                while self.pos < (asked_for := self._known):
                    tail = await read_tail(connection, self.domain_id, self.pos, TAIL_EVENTS_MAX)
                    if tail.pos == self.pos:
                        self._known = self.pos if self._known == asked_for else self._known  # a bell of nothing
                        break
                    self._take_tail(tail)
                    self._take_meanwhile()
            self._take_meanwhile()  # what came while the connection was given back
        finally:
            self._reading = False
            self._meanwhile.clear()
        if self._known > self.pos:
            self._rung.set()

    def _take_tail(self, tail: LogTail) -> None:
        if tail.config:
            self._tell_config()
        self.model.take_config(tail.config)
        if tail.config:
            self._names_until = 0.0
            self._rung.set()
        touched = self.model.take(tail.contacts, tail.stays, tail.segments, tail.agents)
        for agent_id, keys in tail.touched.items():
            touched.setdefault(agent_id, set()).update(keys)
        self._advance(tail.pos, touched)

    def _advance(self, pos: int, touched: Touched) -> None:
        self.pos = pos
        self.history.add(pos, self.now_us(), touched)
        for agent_id, keys in touched.items():
            viewers = self.viewers.get(agent_id)
            if not viewers:
                continue
            frames: dict[int, bytes] = {}  # encoded once per position the viewers stand at
            for viewer in viewers:
                frame = frames.get(viewer.pos)
                if frame is None:
                    frame = encode(feed.turn(self.model, agent_id, keys, viewer.pos, pos))
                    frames[viewer.pos] = frame
                viewer.pos = pos
                viewer.send(frame)

    # --- who looks ----------------------------------------------------------------------------------------------------

    def join(self, agent_id: str, viewer: Viewer) -> None:
        self.viewers.setdefault(agent_id, []).append(viewer)

    def leave(self, agent_id: str, viewer: Viewer) -> None:
        viewers = self.viewers.get(agent_id, [])
        if viewer in viewers:
            viewers.remove(viewer)
        if not viewers:
            self.viewers.pop(agent_id, None)

    def is_reachable(self, agent_id: str) -> bool:
        state = self.model.agents.get(agent_id)
        return state is not None and state.desk_reachable

    async def frame_for(self, agent_id: str, pos: int | None) -> dict[str, Any]:
        """What brings a page at `pos` to now: one turn with the records as they are now, or a snapshot."""
        if pos is None:
            return feed.snapshot(self.model, agent_id, self.pos, "new")
        if pos > self.pos:
            return feed.snapshot(self.model, agent_id, self.pos, "gap")
        keys = self.history.since(pos, agent_id)
        if keys is None:
            if self.pos - pos > RESUME_EVENTS_MAX:
                return feed.snapshot(self.model, agent_id, self.pos, "too_old")
            stood_at = self.pos
            async with self.database.engine.connect() as connection:
                keys = await agent_keys_since(connection, self.domain_id, agent_id, pos)
            keys |= self.history.since(stood_at, agent_id) or set()  # turns that came while the log was read
            keys |= self.model.keys_of(agent_id)  # what others did on the same contacts shows there, too
        return feed.turn(self.model, agent_id, keys, pos, self.pos)
