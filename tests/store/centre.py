"""A small centre written straight into the tables, and the drafts a contact's life would make of it."""

from dataclasses import dataclass, field, replace
from itertools import count

import asyncpg
import uuid_utils

from contacts.contact import Contact
from contacts.effect import Effect
from contacts.events import Event, EventKind
from contacts.leg import Leg
from contacts.presence import AgentState
from contacts.records import Draft, StoredReply
from contacts.segment import Segment
from contacts.stay import Stay

SECOND = 1_000_000
START_US = 1_795_000_000_000_000
_commands = count(1)


def new_id() -> str:
    return str(uuid_utils.uuid7())


@dataclass(slots=True)
class Centre:
    company_ids: list[str] = field(default_factory=list)
    queue_ids: list[str] = field(default_factory=list)  # one of each company
    agent_ids: list[str] = field(default_factory=list)


async def furnish(url: str, companies: int = 2, agents: int = 4) -> Centre:
    """Companies with one queue each, and agents, as the owner writes them."""
    centre = Centre()
    conn = await asyncpg.connect(url)
    try:
        for n in range(companies):
            company_id, queue_id = new_id(), new_id()
            await conn.execute("INSERT INTO company (id, slug, name) VALUES ($1, $2, $2)", company_id, f"company-{n}")
            await conn.execute(
                "INSERT INTO queue (id, company_id, domain_id, name) VALUES ($1, $2, 1, 'queue')", queue_id, company_id
            )
            await conn.execute(
                "INSERT INTO queue_version (queue_id, version, company_id, domain_id, config, state) "
                "VALUES ($1, 1, $2, 1, '{}', 'published')",
                queue_id,
                company_id,
            )
            centre.company_ids.append(company_id)
            centre.queue_ids.append(queue_id)
        centre.agent_ids = [new_id() for _ in range(agents)]
        users = [new_id() for _ in centre.agent_ids]
        await conn.execute("INSERT INTO app_user (id, login, name) SELECT u, u, u FROM unnest($1::uuid[]) u", users)
        await conn.execute(
            "INSERT INTO agent (id, user_id, domain_id) SELECT a, u, 1 FROM unnest($1::uuid[], $2::uuid[]) r(a, u)",
            centre.agent_ids,
            users,
        )
    finally:
        await conn.close()
    return centre


def event(kind: EventKind, at_us: int = START_US, **about: object) -> Event:
    return Event(kind, at_us, "engine", **about)  # type: ignore[arg-type]


def reply(kind: str = "arrive", status: int = 200, **body: object) -> StoredReply:
    return StoredReply("key:1", f"command-{next(_commands)}-{new_id()}", kind, b"h" * 32, status, body)


@dataclass(slots=True)
class Life:
    """One call from arrival to the end of its wrap-up, a draft a step."""

    centre: Centre
    agent_id: str
    at_us: int = START_US
    company: int = 0
    contact: Contact = field(init=False)
    stay: Stay = field(init=False)
    segment: Segment = field(init=False)
    legs: list[Leg] = field(init=False)
    effect: Effect = field(init=False)

    def __post_init__(self) -> None:
        company_id = self.centre.company_ids[self.company]
        self.contact = Contact(
            new_id(), company_id, 1, "phone", "in", "open", "telephony:1", new_id(), self.at_us, number="+4930123"
        )
        self.stay = Stay(
            new_id(), self.contact.id, 1, self.centre.queue_ids[self.company], 1, "billing >= 3", self.at_us,
            self.at_us, self.at_us + 120 * SECOND, self.at_us + 1800 * SECOND, routing={"offers": 0, "value": 40},
        )  # fmt: skip
        self.segment = Segment(
            new_id(), self.contact.id, self.stay.id, self.stay.queue_id, 1, self.agent_id, "primary", "offered",
            self.at_us, self.at_us + 20 * SECOND,
        )  # fmt: skip
        self.legs = [
            Leg(new_id(), 1, self.contact.id, "provider", new_id(), "customer", "delivered", last_rank=1),
            Leg(new_id(), 1, self.contact.id, "provider", new_id(), "agent", "initiated", self.agent_id),
        ]
        self.effect = Effect(
            new_id(), 1, self.contact.id, self.legs[0].id, "telephony.connect", False, "provider",
            {"do": "connect", "leg": self.legs[0].provider_ref, "with": self.legs[1].id}, not_after_us=self.at_us,
        )  # fmt: skip

    def steps(self) -> list[Draft]:
        return [self.arrives(), self.accepted(), self.carried(), self.talks(), self.ends(), self.finishes()]

    def _draft(self, kinds: tuple[EventKind, ...], command: str) -> Draft:
        about = {
            "company_id": self.contact.company_id,
            "contact_id": self.contact.id,
            "stay_id": self.stay.id,
            "segment_id": self.segment.id,
            "agent_id": self.agent_id,
        }
        events = [event(kind, self.at_us, **about, cause="command", data={"wait_us": 12345}) for kind in kinds]
        return Draft(events=events, replies=[reply(command, contact_id=self.contact.id)])

    def arrives(self) -> Draft:
        draft = self._draft(("contact.arrived", "stay.queued", "segment.offered"), "report_legs")
        draft.contacts[self.contact.id] = self.contact
        draft.stays[self.stay.id] = self.stay
        draft.segments[self.segment.id] = self.segment
        draft.legs[self.legs[0].id] = self.legs[0]
        draft.new_ids = {self.contact.id, self.stay.id, self.segment.id, self.legs[0].id}
        return draft

    def accepted(self) -> Draft:
        draft = self._draft(("segment.accepted", "effect.asked"), "act_on_segment")
        self.segment = replace(self.segment, state="connecting", expires_us=self.at_us + 10 * SECOND)
        self.stay = replace(self.stay, routing={"offers": 1, "value": 40})
        draft.segments[self.segment.id] = self.segment
        draft.stays[self.stay.id] = self.stay
        draft.legs[self.legs[1].id] = self.legs[1]
        draft.effects[self.effect.id] = self.effect
        draft.new_ids = {self.legs[1].id, self.effect.id}
        return draft

    def carried(self) -> Draft:
        draft = self._draft(("effect.reported",), "report_effects")
        self.effect = replace(self.effect, state="done", tries=1)
        draft.effects[self.effect.id] = self.effect
        return draft

    def talks(self) -> Draft:
        draft = self._draft(("leg.changed", "leg.changed", "segment.connected", "stay.ended"), "report_legs")
        self.legs = [replace(leg, state="established", last_rank=2) for leg in self.legs]
        self.segment = replace(self.segment, state="talking", connected_us=self.at_us, expires_us=None)
        self.stay = replace(self.stay, ended_us=self.at_us, end="answered")
        draft.legs = {leg.id: leg for leg in self.legs}
        draft.segments[self.segment.id] = self.segment
        draft.stays[self.stay.id] = self.stay
        return draft

    def ends(self) -> Draft:
        draft = self._draft(("leg.changed", "leg.changed", "segment.ended", "contact.closed"), "report_legs")
        self.legs = [replace(leg, state="cleared", last_rank=3, ended_us=self.at_us) for leg in self.legs]
        self.segment = replace(self.segment, state="wrap_up", ended_us=self.at_us, wrap_up_until_us=self.at_us + SECOND)
        self.contact = replace(self.contact, state="closed", closed_us=self.at_us, outcome="handled")
        draft.legs = {leg.id: leg for leg in self.legs}
        draft.segments[self.segment.id] = self.segment
        draft.contacts[self.contact.id] = self.contact
        return draft

    def finishes(self) -> Draft:
        draft = self._draft(("segment.finished",), "act_on_segment")
        self.segment = replace(self.segment, state="done")
        draft.segments[self.segment.id] = self.segment
        state = AgentState(
            self.agent_id, 1, "ready", since_us=self.at_us, last_ended_us=self.at_us, desk_reachable=True
        )
        draft.agents[self.agent_id] = state
        return draft


def together(drafts: list[Draft]) -> Draft:
    """One turn of several commands, each about rows of its own."""
    turn = Draft()
    for draft in drafts:
        turn.events += draft.events
        turn.replies += draft.replies
        turn.links += draft.links
        for rows in ("contacts", "stays", "segments", "legs", "agents", "effects", "config"):
            getattr(turn, rows).update(getattr(draft, rows))
        turn.engine_state = draft.engine_state if draft.engine_state is not None else turn.engine_state
        turn.new_ids |= draft.new_ids
    return turn


async def somebody_waits(owner: asyncpg.Connection) -> None:
    """Returns once a session waits for a lock."""
    for _ in range(20_000):
        if await owner.fetchval("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)"):
            return
    raise AssertionError("nobody waits for a lock")
