"""What has happened, for everybody who watches? The read model of a domain, fed by committed turns.

In the writer's own process a committed turn is handed over as it is; in every other one the bell rings and the follower
reads what it missed from the event table. Fan-out never waits for a socket.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.facts import ReplyFact, SegmentFact, StayFact, Thresholds
from analytics.today import Today
from analytics.worked import CHANGING, change
from app import floors, live_figures
from app.cards import Cards
from app.floors import Floors
from app.frames import encode
from app.ports import Viewer
from app.store import alerts, chats, notes
from app.store.database import API_SETTINGS, Database, open_connection
from app.store.log import LogTail, agent_keys_since, last_seq, read_tail
from app.store.names import read_agents, read_queues
from app.store.today import Stand, read_stand
from contacts.events import Event
from contacts.hours import read_hours
from contacts.records import ConfigValue, Draft
from contacts.segment import UNDERWAY, Segment
from contacts.stay import Stay
from screenpop import chat, feed
from screenpop.model import FLOOR, AgentName, Names, QueueName, ReadModel, Touched, add_touched
from screenpop.scope import Scope

TAIL_EVENTS_MAX = 20_000  # further behind than this: read the state again instead of the way to it
RESUME_EVENTS_MAX = 20_000
SILENT_BELL_S = 5.0
NAMES_KEPT_S = 5.0  # a new name of an agent or queue is shown after at most so long

COUNTED = frozenset({*CHANGING, "stay.ended"})  # events that change a figure of the day

log = structlog.get_logger()


@dataclass(slots=True)
class Follower:
    database: Database
    domain_id: int
    business_us: Callable[[], int] = lambda: time.time_ns() // 1000
    model: ReadModel = field(default_factory=ReadModel)
    today: Today = field(default_factory=Today)
    history: feed.History = field(default_factory=feed.History)
    pos: int = -1
    viewers: dict[str, list[Viewer]] = field(default_factory=dict)  # by agent
    on_config: list[Callable[[], None]] = field(default_factory=list)  # told when what is configured has changed
    on_contacts: list[Callable[[Mapping[str, bool]], None]] = field(default_factory=list)
    """Told on which contacts something happened; true: something else than a message."""
    now_us: Callable[[], int] = lambda: time.monotonic_ns() // 1000
    _rung: asyncio.Event = field(default_factory=asyncio.Event)
    _known: int = 0
    _names_until: float = 0.0  # monotonic: from then on they are read again
    _seen_changed: bool = False  # somebody has seen an alert
    _mentions_changed: bool = False  # somebody wrote a note, or saw one
    _happened: dict[str, bool] = field(default_factory=dict)  # not told yet
    _reading: bool = False
    _meanwhile: list[tuple[Draft, int, int]] = field(default_factory=list)  # handed over while reading

    floors: Floors = field(init=False)
    cards: Cards = field(init=False)

    def __post_init__(self) -> None:
        self.cards = Cards(self.database.reads, self, self._show_beside)
        self.floors = Floors(self, lambda: self.business_us(), self._show_beside)

    async def start(self) -> None:
        """Read the domain as it is, and what has happened today."""
        async with self.database.engine.connect() as connection:
            names, seen = await _read_names(connection), await alerts.seen(connection)
            said = await chats.open_ones(connection)
            written, unseen = await notes.of_open_contacts(connection), await notes.unseen(connection)
        today, now_us = Today(), self.business_us()
        for queue_id, queue in names.queues.items():
            today.know_queue(queue_id, queue.zone, _thresholds(queue), now_us)
        begins = {queue_id: today.days[zone].begin_us for queue_id, zone in today.zones.items()}
        # Not one of the engine's connections: those read JSON by themselves, the records are read from its text.
        plain = await open_connection(self.database.url, API_SETTINGS)
        try:
            stand = await read_stand(plain, self.domain_id, begins, (*CHANGING, "agent.flagged"))
        finally:
            await plain.close()
        self.model = ReadModel.of(stand.records, names, stand.stays_of_segments)
        self.model.seen, self.today = seen, today
        for row in said:
            self.model.take_chat(row["contact_id"], row["n"], row["seen"])
        for contact_id, n in written.items():
            self.model.take_notes(contact_id, n)
        self.model.take_unseen(unseen)
        for agent_id, profile in stand.former.items():
            named = names.agents.get(agent_id)
            self.model.staff.remember(agent_id, profile, named.team_id if named else None)
        self._know_agents()
        _resume(today, self.model, stand)
        self.model.flagged_us = {
            row[0]: row[-1] for rows in stand.changes.values() for row in rows if row[1] == "agent.flagged"
        }
        self.pos = self.floors.pos = stand.records.last_seq
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
        touched: Touched = {}
        if any(v.kind != "domain" for v in draft.config.values()):
            touched = self._take_config(draft.config.values())
        add_touched(touched, self._count(draft.events, draft.stays, draft.segments))
        taken = self.model.take(
            draft.contacts.values(), draft.stays.values(), draft.segments.values(), draft.agents.values()
        )
        add_touched(touched, taken)
        return touched

    def _take_config(self, values: Iterable[ConfigValue]) -> Touched:
        touched = self.model.take_config(values)
        self._know_agents()
        self._names_until = 0.0
        self._rung.set()
        for tell in self.on_config:
            tell()
        return touched

    def _take_names(self, names: Names) -> None:
        touched = self.model.take_names(names)
        if not touched:
            return
        now_us = self.business_us()
        for queue_id, queue in names.queues.items():
            self.today.know_queue(queue_id, queue.zone, _thresholds(queue), now_us)
        self._know_agents()
        self._show_beside(touched)

    def _show_beside(self, touched: Touched) -> None:
        """What changed without an event: names, cards, alerts. The position stays."""
        if not touched:
            return
        self.history.add(self.pos, self.now_us(), touched, beside=True)
        self._show(touched)

    def _know_agents(self) -> None:
        live_figures.know_agents(self.model, self.today)

    def _count(self, events: Iterable[Event], stays: Mapping[str, Stay], segments: Mapping[str, Segment]) -> Touched:
        """Figures of the day; before the rows are taken, for what is over leaves the model."""
        touched: Touched = {}
        for event in events:
            if event.contact_id is not None:
                said = event.kind == "row.changed"
                self._happened[event.contact_id] = self._happened.get(event.contact_id, False) or not said
            if event.kind == "customer.erased":
                add_touched(touched, self.model.forget_cards(str(event.data["customer_id"])))
            elif event.kind == "agent.flagged":
                self.model.flagged_us[str(event.agent_id)] = event.at_us
            elif event.kind == "row.changed" and event.data.get("table") == "alert_seen":
                self._seen_changed = True
                self._rung.set()
            elif event.kind == "row.changed" and event.data.get("table") in ("note", "note_mention"):
                self._mentions_changed = True
                self._rung.set()
                if event.contact_id is not None:
                    add_touched(touched, self.model.take_notes(event.contact_id, int(event.data["version"])))
            elif event.kind == "row.changed" and event.data.get("table") == "contact_message":
                add_touched(touched, self.model.take_chat(str(event.contact_id), n=int(event.data["version"])))
            elif event.kind == "row.changed" and event.data.get("table") == "chat_seen":
                add_touched(touched, self.model.take_chat(str(event.contact_id), seen=int(event.data["version"])))
            elif event.kind == "row.changed" and event.data.get("table") == "customer":
                self.cards.want(self.model.cards_of(str(event.data.get("row_id"))))
            elif event.kind == "contact.replied":
                self._count_reply(event, stays)
            elif event.kind in COUNTED:
                stay_id, segment_id = event.stay_id or "", event.segment_id or ""
                stay = stays.get(stay_id) or self.model.stays.get(stay_id)
                self.today.take(event, stay, segments.get(segment_id) or self.model.segments.get(segment_id))
        return touched

    def _count_reply(self, event: Event, stays: Mapping[str, Stay]) -> None:
        stay = stays.get(event.stay_id or "") or self.model.stays.get(event.stay_id or "")
        contact = self.model.contacts.get(event.contact_id or "")
        if stay is not None and contact is not None:
            self.today.take_reply(event, stay, contact.channel)

    def _take_meanwhile(self) -> None:
        """Turns committed while we read, as one: without them a reader under load would never be up to date again."""
        pos, touched = self.pos, Touched()
        for draft, prev, turn_pos in self._meanwhile:
            if turn_pos <= pos:
                continue  # what was read had it
            if prev > pos:
                break  # what lies between is still to be read
            add_touched(touched, self._take_draft(draft))
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
        await asyncio.gather(self._follow(), self.floors.run(), self.cards.run())

    async def _follow(self) -> None:
        """Catch up whenever the bell rings, and every 5 s in case it was not heard."""
        while True:
            try:
                async with asyncio.timeout(SILENT_BELL_S):
                    await self._rung.wait()
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
                    self._take_names(await _read_names(connection))
                    self._mentions_changed = True  # also what no writer took
                if self._seen_changed:
                    self._seen_changed = False
                    self._show_beside(self.model.take_seen(await alerts.seen(connection)))
                if self._mentions_changed:
                    self._mentions_changed = False
                    self._show_beside(self.model.take_unseen(await notes.unseen(connection)))
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
        touched = self._take_config(tail.config) if tail.config else {}
        rows = {s.id: s for s in tail.stays}, {s.id: s for s in tail.segments}
        add_touched(touched, self._count(tail.events, *rows))
        add_touched(touched, self.model.take(tail.contacts, tail.stays, tail.segments, tail.agents))
        add_touched(touched, tail.touched)
        self._advance(tail.pos, touched)

    def _advance(self, pos: int, touched: Touched) -> None:
        self.pos = pos
        self.history.add(pos, self.now_us(), touched)
        self._show(touched)
        happened, self._happened = self._happened, {}
        for tell in self.on_contacts if happened else ():
            tell(happened)

    def typing(self, contact_id: str) -> None:
        """The visitor of a chat writes; seen at desks of this process alone, and kept nowhere."""
        self._show_beside(self.model.take_typing(contact_id, self.business_us() + chat.TYPING_US))

    def _show(self, touched: Touched) -> None:
        self.floors.touch(touched.get(FLOOR, set()))
        for agent_id, keys in touched.items():
            viewers = self.viewers.get(agent_id)
            if not viewers:
                continue
            frames: dict[int, bytes] = {}  # encoded once per position the viewers stand at
            for viewer in viewers:
                frame = frames.get(viewer.pos)
                if frame is None:
                    frame = encode(feed.turn(self.model, agent_id, keys, viewer.pos, self.pos))
                    frames[viewer.pos] = frame
                viewer.pos = self.pos
                viewer.send(frame)
            self.cards.want(self.model.lacks_cards(agent_id))

    # --- who looks ----------------------------------------------------------------------------------------------------

    def join(self, view: feed.View, viewer: Viewer) -> None:
        if isinstance(view, str):
            self.viewers.setdefault(view, []).append(viewer)
        else:
            self.floors.join(view, viewer)

    def leave(self, view: feed.View, viewer: Viewer) -> None:
        if not isinstance(view, str):
            self.floors.leave(view, viewer)
            return
        viewers = self.viewers.get(view, [])
        if viewer in viewers:
            viewers.remove(viewer)
        if not viewers:
            self.viewers.pop(view, None)

    def look(self, scope: Scope) -> dict[str, Any]:
        """The floor as a view of this scope has it."""
        self.floors.judge()
        records = feed.snapshot(self.model, scope, self.pos, "new")["records"]
        return {"pos": self.pos, "records": records, "figures": self.floors.figures(scope)}

    def quiet_pos(self, view: feed.View) -> int:
        """Up to where a page of this view has everything, when it has every frame that was sent."""
        return self.pos if isinstance(view, str) else self.floors.pos

    def is_reachable(self, agent_id: str) -> bool:
        state = self.model.agents.get(agent_id)
        return state is not None and state.desk_reachable

    async def frames_for(self, view: feed.View, pos: int | None, why: str | None = None) -> Iterator[dict[str, Any]]:
        """What brings a page at `pos` to where we stand now: turns with the records as they are, or a snapshot. `why`:
        a snapshot whatever `pos` is, and its reason. Frames are made as they are asked for: whoever waits between two
        of them asks once more, from the position of the last.
        """
        if isinstance(view, str):
            return iter([await self._desk_frame(view, pos)])
        self.floors.judge_now_and_then()
        return floors.frames_for(self, self.history, view, pos, why)

    async def _desk_frame(self, agent_id: str, pos: int | None) -> dict[str, Any]:
        await self.cards.bring(self.model.lacks_cards(agent_id))
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


async def _read_names(connection: AsyncConnection) -> Names:
    agents, queues = await read_agents(connection), await read_queues(connection)
    return Names(
        {agent_id: AgentName(*row) for agent_id, row in agents.items()},
        {queue_id: _queue_name(*row) for queue_id, row in queues.items()},
    )


def _queue_name(name: str, company: str, zone: str, config: Mapping[str, Any]) -> QueueName:
    told = {field: config[field] for field in ("service_level_s", "target_bp", "short_abandon_s") if field in config}
    hours = read_hours(config["hours"]) if config.get("hours") else None
    return QueueName(name, company, zone, hours=hours, **told)


def _thresholds(queue: QueueName) -> Thresholds:
    return Thresholds(queue.service_level_s, queue.short_abandon_s, queue.hours)


def _resume(today: Today, model: ReadModel, stand: Stand) -> None:
    """The figures of today as they would be if we had been there."""
    for row in stand.stays:
        today.tally(row[0]).add_stay(StayFact(*row))
    for row in stand.segments:
        today.tally(row[0]).add_segment(SegmentFact(*row))
    for row in stand.replies:
        today.tally(row[0]).add_reply(ReplyFact(*row))
    working: dict[str, int] = {}
    for segment in model.segments.values():
        if segment.state in UNDERWAY or segment.state == "wrap_up":
            working[segment.agent_id] = working.get(segment.agent_id, 0) + 1
    ready = {agent_id: 1 for agent_id, state in model.agents.items() if state.chosen == "ready"}
    sums = {
        begin_us: [(who, change(*what), count, int(sum_us)) for who, *what, count, sum_us, _ in rows]
        for begin_us, rows in stand.changes.items()
    }
    today.resume_hours(sums, working, ready)
