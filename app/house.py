"""What does the one writer have in its hands: the open records, the engine, and the draft of this turn?

Every change of a record goes through `keep_*`, so that memory, draft and indexes cannot part.
"""

from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush
from typing import Any, Literal

from analytics.expected_wait import Waits
from app.commands import Envelope, FlowRef
from app.dial_limits import DialLimits
from contacts.contact import Contact
from contacts.destination import DialRules, Who, read_rules
from contacts.effect import Effect
from contacts.events import Event, EventKind
from contacts.leg import Leg
from contacts.notice import NoticeRule, notice_rule
from contacts.presence import AgentState, Chosen
from contacts.record import replace
from contacts.records import CLEARED_LEGS_MAX, ConfigValue, Decision, Draft, Records
from contacts.segment import OVER, Segment
from contacts.stay import Stay
from contacts.words import SECOND_US
from ivr.flow import Flow
from routing.engine import Engine

OVERTAKEN_MAX = 10_000
EFFECT_LIFE_US = 30_000_000  # of real time: later nobody wants it done any more


class House:
    """Open records and engine of one domain. Not kept: anything a rebuild could not find again."""

    def __init__(self, records: Records, engine: Engine, new_id: Callable[[], str], speed: int = 1) -> None:
        self.records = records
        self.engine = engine
        self.new_id = new_id
        self.draft = Draft()
        self.now_us = records.last_at_us
        self.actor = "system"
        self.cause: str | None = None
        self.chooser: str | None = None  # who chooses an agent's state: a user id
        self.decline_reason: str | None = None  # of the decline in hand
        self.touched = False  # whether the command in hand has changed anything: it can no longer be refused
        self.speed = speed
        self.effect_life_us = EFFECT_LIFE_US * speed
        self.config_read: tuple[ConfigValue, ...] = ()  # read for ApplyConfig before the turn
        self.flows: dict[FlowRef, Flow] = {}  # those that open calls walk through, and some that they did
        self.secrets: dict[str, Mapping[str, str]] = {}  # by contact: what callers keyed in and nothing may hold
        self.given_back: list[tuple[str, Literal["closed", "limit"]]] = []  # contacts that their queue gives back
        self.not_reached: list[tuple[str, Literal["limit", "agent"]]] = []  # contacts of ours, and for want of what
        self.broken_off: list[str] = []  # contacts of which an offer came to nothing
        self.ours: dict[str, None] = {}  # open contacts in which we call
        self.planned: dict[str, None] = {}  # open contacts whose time has not come
        self.overtaken: dict[
            tuple[str, str], int
        ] = {}  # (provider, ref) whose hang-up came before the call -> its number
        self._later: list[Callable[[], None]] = []
        self._running_later = False
        self._counters = dict(records.engine_state)
        self.dial_limits = DialLimits(records.dial_grants)
        self._again: list[tuple[int, str]] = []  # heap: when contacts of ours are tried again, and planned ones begin
        self._announce_at: dict[str, int] = {}  # by stay: when they hear how long it will take
        self._announcements: list[tuple[int, str]] = []  # heap of the same
        self._waits: dict[str, Waits] = {}  # by queue, of the last that ended
        for queue_id, wait_us, served in records.waits:
            self.waits_of(queue_id).add(wait_us, served)
        self.stay_of: dict[str, str] = {}
        self.segments_of: dict[str, list[str]] = {}
        self.legs_of: dict[str, list[str]] = {}
        self.effects_of: dict[str, list[str]] = {}
        self.leg_by_ref: dict[tuple[str, str], str] = {}
        self.contact_by_source: dict[tuple[str, str, str], str] = {}
        self._chosen: dict[str, Chosen] = {agent_id: state.chosen for agent_id, state in records.agents.items()}
        for contact in records.contacts.values():
            self.contact_by_source[contact.company_id, contact.source, contact.source_id] = contact.id
            self._note_again(contact)
        for stay in records.stays.values():
            self.stay_of[stay.contact_id] = stay.id
            self.announce_again(stay)
        for segment in records.segments.values():
            self.segments_of.setdefault(segment.contact_id, []).append(segment.id)
        for leg in records.legs.values():
            self._index_leg(leg)
        for effect in records.effects.values():
            self.effects_of.setdefault(effect.contact_id, []).append(effect.id)

    # --- the turn -----------------------------------------------------------------------------------------------------

    def begin(self, envelope: Envelope | None, now_us: int) -> None:
        """From here on `log` names this command as the cause."""
        self.now_us = now_us
        self.touched = False
        self.actor = envelope.actor if envelope else "engine"
        self.cause = envelope.command_id if envelope else None
        self.chooser = self.decline_reason = None

    def take_draft(self) -> Draft:
        """What the turn wants to have written; the next turn starts with an empty one."""
        counters = self.engine.counters()
        if counters != self._counters:
            self._counters = counters
            self.records.engine_state = counters
            self.draft.engine_state = counters
        draft, self.draft = self.draft, Draft()
        return draft

    def later(self, act: Callable[[], None]) -> None:
        """Do this when the decisions of the message in hand all stand in the records."""
        self._later.append(act)

    def run_later(self) -> None:
        if self._running_later:
            return
        self._running_later = True
        try:
            while self._later:
                self._later.pop(0)()
        finally:
            self._running_later = False

    def log(self, kind: EventKind, *, actor: str | None = None, **about: Any) -> None:
        """An event of this instant, about these ids; `data` holds ids and numbers."""
        self.touched = True
        contact_id = about.get("contact_id")
        if contact_id is not None and "company_id" not in about and contact_id in self.records.contacts:
            about["company_id"] = self.records.contacts[contact_id].company_id
        self.draft.events.append(Event(kind, self.now_us, actor or self.actor, cause=self.cause, **about))

    def explain(self, stay_id: str, explanation: Mapping[str, Any] | None) -> None:
        """Why the event that was logged last was decided; a person's own decision has no explanation."""
        if explanation is not None:
            self.draft.decisions.append(Decision(len(self.draft.events) - 1, stay_id, explanation))

    # --- records ------------------------------------------------------------------------------------------------------

    def contact(self, contact_id: str) -> Contact:
        return self.records.contacts[contact_id]

    def company_of_queue(self, queue_id: str) -> str | None:
        """None: there is no such queue, as far as we were told."""
        config = self.records.config.get(("queue", queue_id))
        return None if config is None or config.values is None else str(config.values["company_id"])

    def queue_named(self, name: str, company_id: str) -> Mapping[str, Any] | None:
        """What is configured of the company's queue of that name, as far as we were told."""
        for (kind, _), config in self.records.config.items():
            values = config.values or {}
            if kind == "queue" and values.get("name") == name and values["company_id"] == company_id:
                return values
        return None

    def dial_rules(self, company_id: str) -> DialRules:
        """Where the company may call; nowhere, as long as we were told nothing."""
        config = self.records.config.get(("company", company_id))
        return read_rules(config.values or {}) if config is not None else DialRules()

    def who_calls(self, agent_id: str, company_id: str) -> Who:
        """Whoever supervises this company may be allowed more than its agents."""
        config = self.records.config.get(("agent", agent_id))
        supervises = (config.values or {}).get("supervises", ()) if config is not None else ()
        return "supervisor" if company_id in supervises else "agent"

    def notice_rule(self, contact: Contact) -> NoticeRule:
        """What its customer has to know before anything is recorded; all, of a company that is gone meanwhile."""
        config = self.records.config.get(("company", contact.company_id))
        if config is not None and config.values is None:
            return "consent"
        return notice_rule((config.values or {}) if config is not None else {}, contact)

    def serves(self, agent_id: str, company_id: str | None) -> bool:
        """Whether the agent is granted this company's contacts; None: any company's."""
        if company_id is None:
            return True
        config = self.records.config.get(("agent", agent_id))
        return config is not None and company_id in (config.values or {}).get("company_ids", ())

    def waiting_stay(self, contact_id: str) -> Stay | None:
        stay_id = self.stay_of.get(contact_id)
        return self.records.stays[stay_id] if stay_id else None

    def segments(self, contact_id: str) -> list[Segment]:
        """Live ones, in the order they began."""
        return [self.records.segments[i] for i in self.segments_of.get(contact_id, ())]

    def legs(self, contact_id: str) -> list[Leg]:
        """Not cleared ones."""
        return [self.records.legs[i] for i in self.legs_of.get(contact_id, ())]

    def keep_contact(self, contact: Contact, *, new: bool = False) -> None:
        self.touched = True
        self.draft.contacts[contact.id] = contact
        if new:
            self.draft.new_ids.add(contact.id)
            self.contact_by_source[contact.company_id, contact.source, contact.source_id] = contact.id
        if contact.state == "closed" and not self.segments_of.get(contact.id):
            self.forget_contact(contact)
        else:
            self.records.contacts[contact.id] = contact
            self._note_again(contact)

    def _note_again(self, contact: Contact) -> None:
        at_us = again_us(contact)
        if "task" in contact.ivr:
            if at_us is None:
                self.planned.pop(contact.id, None)
            else:
                self.planned[contact.id] = None
        elif "reach" in contact.ivr and not contact.ivr["reach"].get("spoken"):
            self.ours[contact.id] = None
        elif "fax" not in contact.ivr:
            return
        if at_us is not None:
            heappush(self._again, (at_us, contact.id))

    def next_again(self) -> tuple[int, str] | None:
        """When, and which contact, is tried again or begins. What was noted and is not so any more is forgotten."""
        while self._again:
            at_us, contact_id = self._again[0]
            contact = self.records.contacts.get(contact_id)
            if contact is not None and again_us(contact) == at_us:
                return at_us, contact_id
            heappop(self._again)
        return None

    # --- what callers are told while they wait ------------------------------------------------------------------------

    def announces(self, queue_id: str) -> Mapping[str, Any] | None:
        """How the queue tells its callers how long it will take; None: it does not."""
        config = self.records.config.get(("queue", queue_id))
        how: Mapping[str, Any] | None = (config.values or {}).get("announce") if config is not None else None
        return how

    def announce_again(self, stay: Stay) -> None:
        """The next instant after now of those that follow from when the wait began."""
        how = self.announces(stay.queue_id)
        if how is None:
            self._announce_at.pop(stay.id, None)
            return
        at_us, every_us = stay.queued_us + int(how["first_s"]) * SECOND_US, int(how["every_s"]) * SECOND_US
        if at_us <= self.now_us:
            at_us += ((self.now_us - at_us) // every_us + 1) * every_us
        self.announce_at(stay, at_us)

    def announce_at(self, stay: Stay, at_us: int) -> None:
        self._announce_at[stay.id] = at_us
        heappush(self._announcements, (at_us, stay.id))

    def next_announcement(self) -> tuple[int, str] | None:
        """When, and in which wait, something is to be said next."""
        while self._announcements:
            at_us, stay_id = self._announcements[0]
            if self._announce_at.get(stay_id) == at_us and stay_id in self.records.stays:
                return at_us, stay_id
            heappop(self._announcements)
        return None

    def waits_of(self, queue_id: str) -> Waits:
        return self._waits.setdefault(queue_id, Waits())

    def next_deadline(self) -> int | None:
        """When something is due without anybody's asking; None: nothing is."""
        ours = (each[0] for each in (self.next_again(), self.next_announcement()) if each is not None)
        engine = self.engine.next_deadline()
        return min((*ours, *(() if engine is None else (engine,))), default=None)

    def forget_contact(self, contact: Contact) -> None:
        """It is over, and nobody works on it any more."""
        self.secrets.pop(contact.id, None)
        self.ours.pop(contact.id, None)
        self.planned.pop(contact.id, None)
        self.records.contacts.pop(contact.id, None)
        self.contact_by_source.pop((contact.company_id, contact.source, contact.source_id), None)

    def keep_stay(self, stay: Stay, *, new: bool = False) -> None:
        self.touched = True
        self.draft.stays[stay.id] = stay
        if new:
            self.draft.new_ids.add(stay.id)
        if stay.end is None:
            self.records.stays[stay.id] = stay
            self.stay_of[stay.contact_id] = stay.id
            if new:
                self.announce_again(stay)
        else:
            if stay.ended_us is not None and stay.end not in NOT_A_WAIT:
                self.waits_of(stay.queue_id).add(stay.ended_us - stay.queued_us, stay.end == "answered")
            self._announce_at.pop(stay.id, None)
            self.records.stays.pop(stay.id, None)
            if self.stay_of.get(stay.contact_id) == stay.id:
                del self.stay_of[stay.contact_id]

    def keep_segment(self, segment: Segment, *, new: bool = False) -> None:
        self.touched = True
        self.draft.segments[segment.id] = segment
        if new:
            self.draft.new_ids.add(segment.id)
            self.segments_of.setdefault(segment.contact_id, []).append(segment.id)
        if segment.state not in OVER:
            self.records.segments[segment.id] = segment
            return
        self.records.segments.pop(segment.id, None)
        _forget(self.segments_of, segment.contact_id, segment.id)

    def keep_leg(self, leg: Leg, *, new: bool = False) -> None:
        self.touched = True
        self.draft.legs[leg.id] = leg
        if new:
            self.draft.new_ids.add(leg.id)
            self._index_leg(leg)
        if leg.state != "cleared":
            self.records.legs[leg.id] = leg
            return
        self.records.legs.pop(leg.id, None)
        self.leg_by_ref.pop((leg.provider, leg.provider_ref), None)
        _forget(self.legs_of, leg.contact_id, leg.id)
        self.remember_cleared(leg.provider, leg.provider_ref)

    def remember_cleared(self, provider: str, ref: str) -> None:
        """A late report about this leg shall change nothing."""
        cleared = self.records.cleared_legs
        cleared[provider, ref] = None
        if len(cleared) > CLEARED_LEGS_MAX:
            del cleared[next(iter(cleared))]

    def remember_overtaken(self, provider: str, ref: str, seq: int) -> None:
        """Its hang-up is here and its call is not. A new writer does not know: there the sweep of silent legs helps."""
        self.overtaken[provider, ref] = seq
        if len(self.overtaken) > OVERTAKEN_MAX:
            del self.overtaken[next(iter(self.overtaken))]

    def leg_of(self, provider: str, ref: str) -> Leg | None:
        leg_id = self.leg_by_ref.get((provider, ref))
        return self.records.legs[leg_id] if leg_id else None

    def keep_agent(self, state: AgentState) -> None:
        self.touched = True
        self.records.agents[state.agent_id] = state
        self.draft.agents[state.agent_id] = state

    def choose(self, agent_id: str, chosen: Chosen) -> Chosen:
        """What the log said of the agent before; the record may be ahead of it by now."""
        before = self._chosen.get(agent_id, "offline")
        self._chosen[agent_id] = chosen
        return before

    def keep_effect(self, effect: Effect, *, new: bool = False) -> None:
        self.touched = True
        self.draft.effects[effect.id] = effect
        if new:
            self.draft.new_ids.add(effect.id)
            self.effects_of.setdefault(effect.contact_id, []).append(effect.id)
        if effect.state in ("due", "sent"):
            self.records.effects[effect.id] = effect
        else:
            self.records.effects.pop(effect.id, None)
            _forget(self.effects_of, effect.contact_id, effect.id)

    def drop_undone(self, effects: Iterable[Effect]) -> None:
        """Effects decided in this very turn that have become needless leave no trace."""
        for effect in list(effects):
            if effect.id in self.draft.new_ids and effect.id in self.draft.effects:
                del self.draft.effects[effect.id]
                self.draft.new_ids.discard(effect.id)
                self.records.effects.pop(effect.id, None)
                _forget(self.effects_of, effect.contact_id, effect.id)

    def effects(self, contact_id: str) -> list[Effect]:
        """Due or sent ones."""
        return [self.records.effects[i] for i in self.effects_of.get(contact_id, ())]

    def keep_config(self, value: ConfigValue) -> None:
        self.touched = True
        self.records.config[value.kind, value.subject_id] = value
        self.records.config_seq = max(self.records.config_seq, value.seq)
        self.draft.config[value.kind, value.subject_id] = value

    def refresh_routing(self, stay_id: str) -> None:
        """Copy what the engine must find again; a stay that has left the engine keeps its last."""
        stay = self.records.stays.get(stay_id)
        if stay is None or not self.engine.has_stay(stay_id):
            return
        routing = self.engine.stay_routing(stay_id)
        if routing != stay.routing:
            self.keep_stay(replace(stay, routing=routing))

    def _index_leg(self, leg: Leg) -> None:
        self.leg_by_ref[leg.provider, leg.provider_ref] = leg.id
        self.legs_of.setdefault(leg.contact_id, []).append(leg.id)


NOT_A_WAIT = ("dialled", "internal", "cleared")  # nobody hung on, or somebody took them away


def again_us(contact: Contact) -> int | None:
    """When a contact of ours is tried again, or a planned one begins to wait."""
    at_us = (contact.ivr.get("task") or contact.ivr.get("reach") or contact.ivr.get("fax") or {}).get("again_us")
    return int(at_us) if at_us is not None else None


def _forget(index: dict[str, list[str]], key: str, value: str) -> None:
    values = index.get(key)
    if values is None or value not in values:
        return
    values.remove(value)
    if not values:
        del index[key]
