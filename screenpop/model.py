"""What do viewers look at? The live records of a domain as the log has them, and whom a change concerns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contacts.contact import Contact
from contacts.hours import Hours
from contacts.presence import AgentState
from contacts.records import ConfigValue, Records
from contacts.segment import OVER, Segment
from contacts.stay import Stay
from screenpop import card, chat, desk
from screenpop.alert import Alert
from screenpop.card import LookedUp
from screenpop.chat import Chat
from screenpop.staff import Group, Staff, asked_by, standing

FLOOR = ""  # in place of an agent: the floor as supervisors see it
Touched = dict[str, set[str]]  # agent id -> keys of records on that agent's desk; FLOOR -> keys of the floor


def add_touched(touched: Touched, more: Touched) -> None:
    for viewer, keys in more.items():
        touched.setdefault(viewer, set()).update(keys)


DEPARTED_MAX = (
    20_000  # contacts whose company is remembered, so that whoever saw them is told; beyond it a page resumes
)


@dataclass(frozen=True, slots=True)
class AgentName:
    login: str
    name: str
    team_id: str | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class QueueName:
    """And what of its configuration is for people alone."""

    name: str
    company: str = ""
    zone: str = "UTC"  # of the company
    service_level_s: int = 20
    target_bp: int = 8000
    short_abandon_s: int = 5
    hours: Hours | None = None  # None: always open


@dataclass(slots=True)
class Names:
    """What people call things: read from configuration, never from the log."""

    agents: dict[str, AgentName] = field(default_factory=dict)
    queues: dict[str, QueueName] = field(default_factory=dict)


@dataclass(slots=True)
class ReadModel:
    segments: dict[str, Segment] = field(default_factory=dict)  # not over
    contacts: dict[str, Contact] = field(default_factory=dict)  # open, or of these segments
    stays: dict[str, Stay] = field(default_factory=dict)  # not ended, or of these segments
    stay_of: dict[str, str] = field(default_factory=dict)  # by contact: the stay that has not ended
    waiting: dict[str, dict[str, Stay]] = field(default_factory=dict)  # by queue: stays that have not ended
    agents: dict[str, AgentState] = field(default_factory=dict)
    queues: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # configuration as applied
    staff: Staff = field(default_factory=Staff)
    names: Names = field(default_factory=Names)
    segments_of: dict[str, set[str]] = field(default_factory=dict)  # by agent
    segments_on: dict[str, set[str]] = field(default_factory=dict)  # by contact
    cards: dict[str, LookedUp] = field(default_factory=dict)  # by contact with a live segment, once it was looked up
    chats: dict[str, Chat] = field(default_factory=dict)  # by contact, once something was said
    notes: dict[str, int] = field(default_factory=dict)  # by contact that has any: how many
    unseen: dict[str, int] = field(default_factory=dict)  # by agent: notes for them that they have not seen
    alerts: dict[str, Alert] = field(default_factory=dict)  # by id, as they were judged last
    seen: set[str] = field(default_factory=set)  # ids of alerts
    flagged_us: dict[str, int] = field(default_factory=dict)  # by agent: when an offer expired last
    unsettled: set[str] = field(default_factory=set)  # agents who may stand otherwise than they are counted
    served: dict[Group, list[str]] = field(default_factory=dict)  # the queues of a group, as far as anybody has asked
    unshown: dict[str, str] = field(default_factory=dict)  # keys of the floor that could not be shown -> why
    departed: dict[str, str] = field(default_factory=dict)  # contact that is gone -> company, the latest last

    @classmethod
    def of(cls, records: Records, names: Names, stays: Iterable[Stay] = ()) -> "ReadModel":
        """`stays`: those of the segments, beside the ones that have not ended."""
        model = cls(names=names)
        model.take_config(records.config.values())
        model.take(
            records.contacts.values(),
            [*records.stays.values(), *stays],
            records.segments.values(),
            records.agents.values(),
        )
        return model

    # --- what comes in ------------------------------------------------------------------------------------------------

    def take_config(self, values: Iterable[ConfigValue]) -> Touched:
        """What is configured as the engine applied it. A queue that changes may be served by others than before."""
        floor: set[str] = set()
        for value in values:
            if value.kind == "agent":
                self._know_agent(value.subject_id, value.values)
                floor |= self._shown_with(value.subject_id)
            elif value.kind == "queue":
                before = self.queues.get(value.subject_id)
                self.queues[value.subject_id] = now = value.values or {}
                floor.add(f"queue/{value.subject_id}")
                if asked_by(before) != asked_by(now):  # one that is new or gone asks otherwise, too
                    self._serve_anew()
                    floor |= self._all_agents()
        return {FLOOR: floor} if floor else {}

    def _shown_with(self, agent_id: str) -> set[str]:
        """Keys of the floor that stand or fall with where this agent belongs."""
        on = {f"contact/{segment.contact_id}" for segment in self.held(agent_id)}
        return {f"agent/{agent_id}"} | on | self._alerts_about(agent_id)

    def _alerts_about(self, subject_id: str) -> set[str]:
        return {f"alert/{alert.id}" for alert in self.alerts.values() if alert.subject_id == subject_id}

    def take_names(self, names: Names) -> Touched:
        """Read anew: whoever is called otherwise, or has gone to another team, is shown anew."""
        before, self.names = self.names, names
        if before.queues.keys() != names.queues.keys():
            self._serve_anew()
        touched: Touched = {}
        floor: set[str] = set()
        for agent_id in before.agents.keys() | names.agents.keys():
            if before.agents.get(agent_id) != names.agents.get(agent_id):
                floor |= self._shown_with(agent_id)
                touched.setdefault(agent_id, set()).add("me")
                if agent_id in self.staff.profiles:
                    self._know_agent(agent_id, self.staff.profiles[agent_id])
        for queue_id in before.queues.keys() | names.queues.keys():
            if before.queues.get(queue_id) != names.queues.get(queue_id):
                floor |= {f"queue/{queue_id}"} | self._alerts_about(queue_id) | self._all_agents()
                for segment in self.segments.values():
                    if segment.queue_id == queue_id:
                        touched.setdefault(segment.agent_id, set()).add(f"segment/{segment.id}")
        return touched | ({FLOOR: floor} if floor else {})

    def take(
        self,
        contacts: Iterable[Contact],
        stays: Iterable[Stay],
        segments: Iterable[Segment],
        agents: Iterable[AgentState],
    ) -> Touched:
        """Bring changed rows in; whose desks they change and what of the floor, and which records there."""
        touched: Touched = {FLOOR: set()}
        moved: set[str] = set()  # agents
        for segment in segments:
            self._take_segment(segment, touched)
            moved.add(segment.agent_id)
        for stay in stays:
            self._take_stay(stay)
            touched[FLOOR].add(f"contact/{stay.contact_id}")
        for contact in contacts:
            self._take_contact(contact, touched)
        for agent in agents:
            self.agents[agent.agent_id] = agent
            touched.setdefault(agent.agent_id, set()).add("me")
            moved.add(agent.agent_id)
        self.unsettled |= moved
        touched[FLOOR].update([f"agent/{agent_id}" for agent_id in moved])
        return touched

    def settle(self) -> None:
        """How agents stand is counted when somebody looks and not in every turn."""
        for agent_id in self.unsettled:
            self._stand(agent_id)
        self.unsettled.clear()

    # --- an agent's desk ----------------------------------------------------------------------------------------------

    def keys_of(self, agent_id: str) -> set[str]:
        """Of all records on the agent's desk."""
        held = self.segments_of.get(agent_id, ())
        on = {self.segments[s].contact_id for s in held}
        cards = {f"card/{c}" for c in on if c in self.cards}
        said = {f"chat/{c}" for c in on if c in self.chats} | {f"notes/{c}" for c in on if c in self.notes}
        return {"me", "mentions"} | {f"segment/{s}" for s in held} | cards | said

    def snapshot(self, agent_id: str) -> dict[str, dict[str, Any]]:
        """Every record of the agent's desk."""
        return self.render(agent_id, self.keys_of(agent_id))[0]

    def render(self, agent_id: str, keys: Iterable[str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """(put, drop) of these keys as they are now."""
        put: dict[str, dict[str, Any]] = {}
        drop: list[str] = []
        for key in sorted(keys):
            record = self._record(agent_id, key)
            if record is None:
                drop.append(key)
            else:
                put[key] = record
        return put, drop

    def _record(self, agent_id: str, key: str) -> dict[str, Any] | None:
        kind, _, subject_id = key.partition("/")
        match kind:
            case "me":
                return self._me(agent_id)
            case "card":
                return self._card(agent_id, subject_id)
            case "chat":
                return self._chat(agent_id, subject_id)
            case "notes":
                return self._notes(agent_id, subject_id)
            case "mentions":
                return {"unseen": self.unseen.get(agent_id, 0)}
        segment = self.segments.get(subject_id)
        return None if segment is None else self._segment(segment)

    def _card(self, agent_id: str, contact_id: str) -> dict[str, Any] | None:
        """Whoever is on the contact sees its card, and nobody after."""
        on = self.segments_on.get(contact_id, ())
        if contact_id not in self.cards or not any(self.segments[s].agent_id == agent_id for s in on):
            return None
        return card.card(self.contacts[contact_id], self.cards[contact_id])

    def _chat(self, agent_id: str, contact_id: str) -> dict[str, Any] | None:
        on = self.segments_on.get(contact_id, ())
        if contact_id not in self.chats or not any(self.segments[s].agent_id == agent_id for s in on):
            return None
        return chat.record(contact_id, self.chats[contact_id])

    def _notes(self, agent_id: str, contact_id: str) -> dict[str, Any] | None:
        on = self.segments_on.get(contact_id, ())
        if contact_id not in self.notes or not any(self.segments[s].agent_id == agent_id for s in on):
            return None
        return {"contact_id": contact_id, "n": self.notes[contact_id]}

    def take_notes(self, contact_id: str, n: int) -> Touched:
        """Somebody wrote one; what is told late changes nothing."""
        if contact_id not in self.contacts:
            return {}
        self.notes[contact_id] = max(n, self.notes.get(contact_id, 0))
        return self._desks_of(contact_id, f"notes/{contact_id}")

    def take_unseen(self, unseen: Mapping[str, int]) -> Touched:
        changed = {a for a in self.unseen.keys() | unseen.keys() if self.unseen.get(a, 0) != unseen.get(a, 0)}
        self.unseen = dict(unseen)
        return {agent_id: {"mentions"} for agent_id in changed}

    def take_chat(self, contact_id: str, n: int = 0, seen: int = 0) -> Touched:
        """Something was said, or read."""
        if contact_id in self.departed:
            return {}
        self.chats[contact_id] = chat.taken(self.chats, contact_id, n, seen)
        return self._desks_of(contact_id, f"chat/{contact_id}")

    def take_typing(self, contact_id: str, until_us: int) -> Touched:
        if contact_id not in self.segments_on:
            return {}
        self.chats[contact_id] = replace(self.chats.get(contact_id, chat.NEW), typing_until_us=until_us)
        return self._desks_of(contact_id, f"chat/{contact_id}")

    def _desks_of(self, contact_id: str, key: str) -> Touched:
        return {self.segments[s].agent_id: {key} for s in self.segments_on.get(contact_id, ())}

    def lacks_cards(self, agent_id: str) -> set[str]:
        """Contacts of the agent's live segments whose cards have not been looked up."""
        on = (self.segments[segment_id].contact_id for segment_id in self.segments_of.get(agent_id, ()))
        return {contact_id for contact_id in on if contact_id not in self.cards}

    def take_cards(self, cards: Mapping[str, LookedUp]) -> Touched:
        """What was looked up; of contacts that nobody is on any more nothing is kept."""
        touched: Touched = {}
        for contact_id, looked_up in cards.items():
            if contact_id in self.segments_on and contact_id in self.contacts:
                self.cards[contact_id] = looked_up
                self._touch_cards(contact_id, touched)
        return touched

    def cards_of(self, customer_id: str) -> list[str]:
        """Contacts on whose cards they stand."""
        return [contact_id for contact_id, looked_up in self.cards.items() if customer_id in looked_up.people]

    def forget_cards(self, customer_id: str) -> Touched:
        """The customer was erased: what was looked up of them is gone from every screen."""
        touched: Touched = {}
        for contact_id in self.cards_of(customer_id):
            del self.cards[contact_id]
            self._touch_cards(contact_id, touched)
        return touched

    def take_alerts(self, alerts: Mapping[str, Alert]) -> Touched:
        """As they were judged now."""
        changed = {key for key in self.alerts.keys() | alerts.keys() if self.alerts.get(key) != alerts.get(key)}
        self.alerts = dict(alerts)
        return {FLOOR: {f"alert/{alert_id}" for alert_id in changed}} if changed else {}

    def take_seen(self, seen: set[str]) -> Touched:
        changed = (seen ^ self.seen) & self.alerts.keys()
        self.seen = seen
        return {FLOOR: {f"alert/{alert_id}" for alert_id in changed}} if changed else {}

    def _touch_cards(self, contact_id: str, touched: Touched) -> None:
        for segment_id in self.segments_on.get(contact_id, ()):
            touched.setdefault(self.segments[segment_id].agent_id, set()).add(f"card/{contact_id}")

    def state(self, agent_id: str) -> AgentState:
        return self.agents.get(agent_id) or AgentState(agent_id, 1)

    def held(self, agent_id: str) -> list[Segment]:
        """Live ones, oldest first."""
        return [self.segments[s] for s in sorted(self.segments_of.get(agent_id, ()))]

    def load(self, agent_id: str) -> tuple[int, int]:
        """(units held, units there are)."""
        capacity = self.staff.profiles.get(agent_id, {}).get("capacity", {})
        return desk.load(self.held(agent_id), self.contacts, capacity), int(capacity.get("units", 100))

    def _me(self, agent_id: str) -> dict[str, Any]:
        named = self.names.agents.get(agent_id)
        return desk.me(self.state(agent_id), named.login if named else "", *self.load(agent_id))

    def _segment(self, segment: Segment) -> dict[str, Any]:
        stay, named = self.stays.get(segment.stay_id), self.names.queues.get(segment.queue_id)
        queued_us = stay.queued_us if stay else segment.offered_us
        contact = self.contacts.get(segment.contact_id)
        others = [self.segments[s] for s in self.segments_on.get(segment.contact_id, ()) if s != segment.id]
        agents = {
            other.agent_id: self.names.agents[other.agent_id].name
            for other in others
            if other.agent_id in self.names.agents
        }
        return desk.segment(segment, contact, queued_us, named.name if named else "", others, agents)

    def _touch_colleagues(self, contact_id: str, touched: Touched) -> None:
        """Each desk says who else is on the contact, and what may be done beside them."""
        for segment_id in self.segments_on.get(contact_id, ()):
            touched.setdefault(self.segments[segment_id].agent_id, set()).add(f"segment/{segment_id}")

    # --- records ------------------------------------------------------------------------------------------------------

    @staticmethod
    def _weighs(segment: Segment | None) -> bool:
        return segment is not None and segment.state not in OVER and segment.state not in desk.NO_LOAD

    def _take_contact(self, contact: Contact, touched: Touched) -> None:
        touched[FLOOR].add(f"contact/{contact.id}")
        if contact.state == "closed" and not self.segments_on.get(contact.id):
            self._forget_contact(contact)
            return
        before, self.contacts[contact.id] = self.contacts.get(contact.id), contact
        self._touch_colleagues(contact.id, touched)
        if contact.id in self.cards and (before is None or card.is_of_another(before, contact)):
            self._touch_cards(contact.id, touched)
            if before is not None and before.customer_id != contact.customer_id:
                del self.cards[contact.id]  # somebody else: looked up anew

    def _take_stay(self, stay: Stay) -> None:
        waiting = self.waiting.setdefault(stay.queue_id, {})
        if stay.end is None:
            self.stays[stay.id] = waiting[stay.id] = stay
            self.stay_of[stay.contact_id] = stay.id
            return
        waiting.pop(stay.id, None)
        if self.stay_of.get(stay.contact_id) == stay.id:
            del self.stay_of[stay.contact_id]
        self.stays[stay.id] = stay
        self._forget_stay(stay)

    def _take_segment(self, segment: Segment, touched: Touched) -> None:
        touched[FLOOR].add(f"contact/{segment.contact_id}")
        keys = touched.setdefault(segment.agent_id, set())
        keys.add(f"segment/{segment.id}")
        if self._weighs(self.segments.get(segment.id)) != self._weighs(segment):
            keys.add("me")  # what they hold is shown there
        held = self.segments_of.setdefault(segment.agent_id, set())
        if segment.state not in OVER:
            if segment.contact_id in self.cards and segment.id not in self.segments:
                keys.add(f"card/{segment.contact_id}")  # somebody new on the contact; the others have it
            if segment.id not in self.segments:
                keys |= self._said_in(segment.contact_id)
            self.segments[segment.id] = segment
            held.add(segment.id)
            self.segments_on.setdefault(segment.contact_id, set()).add(segment.id)
            self._touch_colleagues(segment.contact_id, touched)
            return
        self.segments.pop(segment.id, None)
        held.discard(segment.id)
        others = self.segments_on.get(segment.contact_id, set())
        others.discard(segment.id)
        if segment.contact_id in self.cards:
            keys.add(f"card/{segment.contact_id}")
        keys |= self._said_in(segment.contact_id)
        self._touch_colleagues(segment.contact_id, touched)
        if not others:
            self.segments_on.pop(segment.contact_id, None)
            self.cards.pop(segment.contact_id, None)
        if (stay := self.stays.get(segment.stay_id)) is not None:
            self._forget_stay(stay)
        contact = self.contacts.get(segment.contact_id)
        if not others and contact is not None and contact.state == "closed":  # it was kept for this segment's sake
            self._forget_contact(contact)

    def _said_in(self, contact_id: str) -> set[str]:
        kinds = (("chat", self.chats), ("notes", self.notes))
        return {f"{kind}/{contact_id}" for kind, said in kinds if contact_id in said}

    def _forget_stay(self, stay: Stay) -> None:
        """It has ended, and no live segment came of it."""
        on = self.segments_on.get(stay.contact_id, ())
        if stay.end is not None and not any(self.segments[s].stay_id == stay.id for s in on):
            self.stays.pop(stay.id, None)

    def _forget_contact(self, contact: Contact) -> None:
        self.contacts.pop(contact.id, None)
        self.chats.pop(contact.id, None)
        self.notes.pop(contact.id, None)
        self.departed[contact.id] = contact.company_id
        if len(self.departed) > DEPARTED_MAX:
            del self.departed[next(iter(self.departed))]

    def _know_agent(self, agent_id: str, profile: Mapping[str, Any] | None) -> None:
        named = self.names.agents.get(agent_id)
        self.staff.know(agent_id, profile, named.team_id if named else None)
        self._stand(agent_id)

    def _stand(self, agent_id: str) -> None:
        held = (self.segments[segment_id] for segment_id in self.segments_of.get(agent_id, ()))
        self.staff.stand(agent_id, standing(self.state(agent_id), held))

    def _serve_anew(self) -> None:
        self.served.clear()
        self.staff.forget_parts()

    def _all_agents(self) -> set[str]:
        return {f"agent/{agent_id}" for agent_id in self.staff.profiles}
