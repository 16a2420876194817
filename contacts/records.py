"""What does the one writer hold in memory, and what does one turn want to have written?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from contacts.contact import Contact, LinkKind
from contacts.effect import Effect
from contacts.events import Event
from contacts.leg import Leg
from contacts.presence import AgentState
from contacts.record import record
from contacts.segment import Segment
from contacts.stay import Stay

ConfigKind = Literal["domain", "queue", "agent", "company"]


@record(frozen=True, slots=True)
class ConfigValue:
    """One applied piece of configuration. `values` is None when the subject is gone."""

    kind: ConfigKind
    subject_id: str
    seq: int
    values: Mapping[str, Any] | None


@record(frozen=True, slots=True)
class DialGrant:
    """A call of ours that was allowed: it counts against its company's limits for a day."""

    company_id: str
    at_us: int
    number: str  # E.164
    agent_id: str | None = None  # who asked for it
    sources: tuple[str, ...] = ()  # who asked, as keyed digests: a visitor, an internet address
    cost: int = 0  # that was reserved


WAITS_KEPT = 500  # of a queue: its past is soon another one
CLEARED_LEGS_MAX = 50_000  # beyond it a late report meets the database's unique key instead


@dataclass(slots=True)
class Records:
    """Everything open in one domain: what a rebuild reads, what the turn keeps up to date."""

    domain_id: int
    contacts: dict[str, Contact] = field(default_factory=dict)  # open ones, by id
    stays: dict[str, Stay] = field(default_factory=dict)  # waiting ones, by id
    segments: dict[str, Segment] = field(default_factory=dict)  # not over, by id
    legs: dict[str, Leg] = field(default_factory=dict)  # not cleared, by id
    cleared_legs: dict[tuple[str, str], None] = field(default_factory=dict)  # (provider, ref), the latest, oldest first
    effects: dict[str, Effect] = field(default_factory=dict)  # due or sent, by id
    agents: dict[str, AgentState] = field(default_factory=dict)  # by agent id
    config: dict[tuple[ConfigKind, str], ConfigValue] = field(default_factory=dict)
    engine_state: Mapping[str, Any] = field(default_factory=dict)  # counters that influence decisions
    waits: list[tuple[str, int, bool]] = field(default_factory=list)  # last ended ones: queue, microseconds, answered
    dial_grants: list[DialGrant] = field(default_factory=list)  # of the last day, oldest first
    config_seq: int = 0
    last_seq: int = 0  # of the event table
    last_at_us: int = 0  # business time of the last event: our clock never stands before it


@record(frozen=True, slots=True)
class StoredReply:
    """The answer to a command, kept 48 h: a repeat of the command gets it again."""

    principal: str
    command_id: str
    kind: str
    body_hash: bytes
    status: int
    body: Mapping[str, Any]


@record(frozen=True, slots=True)
class Link:
    from_id: str
    to_id: str
    kind: LinkKind


@record(frozen=True, slots=True)
class Decision:
    """Why this agent was offered this stay; stored under the number of the event that says so."""

    event: int  # its place among the turn's events
    stay_id: str
    explanation: Mapping[str, Any]  # ids and numbers only (routing/explain.py)


@dataclass(slots=True)
class Draft:
    """One turn's writes. A row that changed several times stands here once, as it is at the end of the turn."""

    events: list[Event] = field(default_factory=list)
    contacts: dict[str, Contact] = field(default_factory=dict)
    stays: dict[str, Stay] = field(default_factory=dict)
    segments: dict[str, Segment] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    agents: dict[str, AgentState] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    replies: list[StoredReply] = field(default_factory=list)
    config: dict[tuple[ConfigKind, str], ConfigValue] = field(default_factory=dict)
    engine_state: Mapping[str, Any] | None = None
    decisions: list[Decision] = field(default_factory=list)
    new_ids: set[str] = field(default_factory=set)  # contacts, stays, segments, legs, effects that the database lacks

    @property
    def is_empty(self) -> bool:
        rows = (self.contacts, self.stays, self.segments, self.legs, self.effects, self.agents, self.config)
        return not (self.events or self.replies or self.links or any(rows))
