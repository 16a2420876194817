"""What does the server say on the websocket? Its frames and the records in them, as models.

Frames are made as plain dictionaries, for every turn is encoded for many; these models describe them: the AsyncAPI
document is made of them, and tests hold every frame of a floor against them.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from app.frames import FeedName, Id
from contacts.acts import Act
from contacts.contact import Outcome, OutsideState, Recording
from contacts.presence import Chosen
from contacts.segment import Role, SegmentState
from contacts.words import Channel, Direction
from screenpop.alert import AlertLevel, Rule
from screenpop.card import IdentityLevel
from screenpop.live import Shown as ContactStateShown

Ms = Annotated[int, Field(ge=0, lt=2**53, description="milliseconds of the business clock")]
Basis = Annotated[int, Field(ge=0, description="basis points: 10000 = all")]
Count = Annotated[int, Field(ge=0)]


class Told(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


# --- records of the desk ----------------------------------------------------------------------------------------------


class Me(Told):
    """`me`: the agent of this desk."""

    agent_id: Id
    name: str
    chosen: Chosen
    reason: str | None
    next_chosen: str | None
    not_responding: bool
    desk_reachable: bool
    phone_reachable: bool
    since_ms: Ms
    load: Count
    units: Count


class Colleague(Told):
    """Who else is on the contact."""

    segment_id: Id
    agent_id: Id
    agent: str
    role: Role
    state: SegmentState


class Outside(Told):
    """Whom an agent called beside the customer, and how they stand, or why they are not there."""

    number: str
    state: OutsideState


class SegmentRecord(Told):
    """`segment/<id>`: a contact that this agent is offered, holds or wraps up. `may`: what is possible now.
    `recording`: whether the conversation is recorded at this moment, or would be if it were not `paused`: by the agent,
    or because the customer does not know of it yet; then the agent tells or asks them, and resumes.
    `interrupted`: it was parked for what cannot wait, and returns before anything new.
    """

    id: Id
    contact_id: Id
    channel: Channel | None
    direction: Direction | None
    company_id: Id | None
    customer_id: Id | None
    number: str | None
    queue_id: Id
    queue: str
    state: SegmentState
    interrupted: bool
    role: Role
    with_: Annotated[list[Colleague], Field(alias="with")]
    may: list[Act]
    recording: Recording | None
    outside: Outside | None
    manual: bool
    queued_ms: Ms
    offered_ms: Ms
    expires_ms: Ms | None
    connected_ms: Ms | None
    wrap_up_since_ms: Ms | None
    wrap_up_until_ms: Ms | None


class Candidate(Told):
    customer_id: Id
    name: str
    reason: Literal["address_claimed", "address_known", "address_proved"]


class CardAddress(Told):
    kind: Literal["phone", "email", "visitor"]
    address: str
    level: Literal["claimed", "matched", "verified"]


class PastContact(Told):
    """`outcome` null: it is still open."""

    contact_id: Id
    channel: Channel
    direction: Direction
    at_ms: Ms
    outcome: Outcome | None
    queue: str | None
    disposition: str | None


class CardLink(Told):
    name: str
    url: str


class CardRecord(Told):
    """`card/<contact_id>`: who it is, how sure that is, and what happened before."""

    contact_id: Id
    customer_id: Id | None
    name: str | None
    level: IdentityLevel
    candidates: Annotated[list[Candidate], Field(max_length=5)]
    value: Annotated[int, Field(ge=0, le=100)]
    value_terms: dict[str, Any]
    life_stage: str | None
    language: str | None
    local_time_zone: str | None
    addresses: Annotated[list[CardAddress], Field(max_length=20)]
    last_contacts: Annotated[list[PastContact], Field(max_length=10)]
    open_work: Annotated[list[PastContact], Field(max_length=10)]
    collected: dict[str, Any]
    links: Annotated[list[CardLink], Field(max_length=8)]


class ChatRecord(Told):
    """`chat/<contact_id>`: how many messages there are, and up to which the visitor has read; the texts are at
    GET /v1/contacts/{id}/messages. `typing_until_ms`: they write.
    """

    contact_id: Id
    n: Count
    seen: Count
    typing_until_ms: Ms | None


class NotesRecord(Told):
    """`notes/<contact_id>`: how many notes there are; the texts are at GET /v1/contacts/{id}/notes."""

    contact_id: Id
    n: Count


class MentionsRecord(Told):
    """`mentions`: how many notes for this agent they have not seen; which, says GET /v1/mentions."""

    unseen: Count


# --- records of the floor ---------------------------------------------------------------------------------------------


class QueueRecord(Told):
    """`queue/<id>`"""

    id: Id
    name: str
    company_id: Id
    company: str
    closed: bool
    service_level_s: Count
    target_bp: Basis
    promise_s: Count


class Hold(Told):
    """One contact that an agent is offered, holds or wraps up."""

    segment_id: Id
    contact_id: Id
    channel: Channel | None
    queue_id: Id
    state: SegmentState
    role: Role
    since_ms: Ms


class AgentRecord(Told):
    """`agent/<id>`; `queues`: those the agent may serve."""

    id: Id
    name: str
    team_id: Id | None
    team: str | None
    chosen: Chosen
    reason: str | None
    next_chosen: str | None
    not_responding: bool
    desk_reachable: bool
    phone_reachable: bool
    since_ms: Ms
    load: Count
    units: Count
    skills: dict[str, int]
    queues: list[Id]
    holds: list[Hold]


class ContactRecord(Told):
    """`contact/<id>`: it waits or is served; dropped when it does neither."""

    id: Id
    channel: Channel
    company_id: Id
    customer_id: Id | None
    number: str | None
    queue_id: Id
    state: ContactStateShown
    value: Annotated[int, Field(ge=0, le=100)]
    queued_ms: Ms | None
    promise_ms: Ms | None
    limit_ms: Ms | None
    overdue: bool
    agents: list[Id]


class AlertRecord(Told):
    """`alert/<id>`: about a queue or about an agent; seen is seen for all who watch."""

    id: str
    rule: Rule
    queue_id: Id | None
    agent_id: Id | None
    level: AlertLevel
    since_ms: Ms
    seen: bool


class AgentCounts(Told):
    ready: Count
    busy: Count
    wrap_up: Count
    away: Count
    offline: Count
    not_responding: Count
    unreachable: Count


class QueueFigures(Told):
    """`queue/<id>` and `all`: of today in the company's zone; GET /v1/metrics/definitions says what each means."""

    as_of_ms: Ms
    waiting: Count
    longest_since_ms: Ms | None
    overdue: Count
    offered: Count
    answered: Count
    abandoned: Count
    short_abandoned: Count
    flowed_out: Count
    service_level_bp: Basis | None
    abandon_rate_bp: Basis | None
    asa_ms: Ms | None
    wait_p50_ms: Ms | None
    wait_p90_ms: Ms | None
    replied: Count
    reply_level_bp: Basis | None
    reply_wait_ms: Ms | None
    aht_ms: Ms | None
    occupancy_bp: Basis | None
    agents: AgentCounts


RECORDS: dict[str, type[Told]] = {
    "me": Me, "segment": SegmentRecord, "card": CardRecord, "chat": ChatRecord,
    "notes": NotesRecord, "mentions": MentionsRecord,
    "queue": QueueRecord, "agent": AgentRecord, "contact": ContactRecord, "alert": AlertRecord,
}  # fmt: skip
Records = dict[
    str,
    Me
    | SegmentRecord
    | CardRecord
    | ChatRecord
    | NotesRecord
    | MentionsRecord
    | QueueRecord
    | AgentRecord
    | ContactRecord
    | AlertRecord,
]


# --- frames -----------------------------------------------------------------------------------------------------------


class Limits(Told):
    command_bytes: int
    commands_per_s: int


class Welcome(Told):
    t: Literal["welcome"]
    v: Literal[1]
    session: str
    now_ms: Ms
    speed: Annotated[int, Field(ge=1, description="of the business clock; 1 in production")]
    limits: Limits


class Snapshot(Told):
    """Everything that this feed shows. In parts above 64 KiB, or 32 records of the floor: `part` of `of`."""

    t: Literal["snapshot"]
    feed: FeedName
    pos: Count
    why: Literal["new", "gap", "scope", "too_old"]
    records: Records
    part: int | None = None
    of: int | None = None


class Turn(Told):
    """To be applied only where `prev` is the page's own position; else the page asks by `resume`."""

    t: Literal["turn"]
    feed: FeedName
    prev: Count
    pos: Count
    put: Records
    drop: list[str] = []


class Figures(Told):
    """The latest win; at most ten a second."""

    t: Literal["figures"]
    feed: Literal["live"]
    pos: Count
    put: dict[str, QueueFigures]


class Done(Told):
    t: Literal["done"]
    id: Id
    pos: Count
    result: dict[str, Any]


class Refused(Told):
    """`problem`: RFC 9457. `retry`: the same id may be sent again."""

    t: Literal["refused"]
    id: Id
    problem: dict[str, Any]
    retry: bool


class Ping(Told):
    t: Literal["ping"]
    n: int
    pos: dict[FeedName, int]


class Bye(Told):
    """4001 taken over, 4003 rights, 4008 slow, 4010 restart, 4400 bad frame, 4426 reload."""

    t: Literal["bye"]
    code: int
    why: str
    after_ms: int


ServerFrame = Annotated[Welcome | Snapshot | Turn | Figures | Done | Refused | Ping | Bye, Field(discriminator="t")]
FRAMES: tuple[type[Told], ...] = (Welcome, Snapshot, Turn, Figures, Done, Refused, Ping, Bye)
_server_frame: TypeAdapter[Any] = TypeAdapter(ServerFrame)


def check(frame: bytes) -> None:
    """Raises pydantic.ValidationError: a frame, or a record in it, is not as it is described."""
    told = _server_frame.validate_json(frame)
    if isinstance(told, (Snapshot, Turn)):
        for key, record in (told.records if isinstance(told, Snapshot) else told.put).items():
            assert type(record) is RECORDS[key.partition("/")[0]], key
