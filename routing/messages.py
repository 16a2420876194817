"""What does the routing engine hear, and what does it say?

The engine is sans-I/O: `handle(message, now_us) -> list[Decision]`, `next_deadline() -> int | None`. A message that is
not possible raises `Refusal` and changes nothing. Business time only; bounds of transport (connect limit, silence,
shortest offer) arrive already multiplied by the clock's speed.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from contacts.presence import Chosen, Device
from contacts.record import record
from contacts.stay import StayEnd, Wishes
from contacts.words import SECOND_US, Channel

AgentOrder = Literal["least_surplus", "most_skilled", "longest_idle"]
LastStepKind = Literal["overflow", "voicemail", "callback", "message"]


class Refusal(Exception):
    """The message is not possible now; nothing was changed. `text_key` is for people, `status` for HTTP."""

    def __init__(self, text_key: str, status: int = 409, field_name: str | None = None) -> None:
        super().__init__(text_key)
        self.text_key, self.status, self.field_name = text_key, status, field_name


# --- policy: what configuration makes of the engine -------------------------------------------------------------------


@record(frozen=True, slots=True)
class LastStep:
    """What happens to a stay at its limit for sure, and to one that nobody takes."""

    kind: LastStepKind
    queue_id: str | None = None  # of an overflow


@record(frozen=True, slots=True)
class WidenStep:
    """After so long in the queue the requirement becomes this one; the place stays."""

    after_s: int
    requirement: str


@record(frozen=True, slots=True)
class QueuePolicy:
    queue_id: str
    company_id: str
    version: int
    requirement: str = ""  # '' = anybody
    rate: int = 1  # integer points per second of waiting, >= 1; at most 8 distinct rates in a domain
    head_start: tuple[tuple[int, int], ...] = ()  # (value at least, points), ascending; the last that fits counts
    promise_s: int = 120
    limit_s: int = 1800
    last_step: LastStep = LastStep("message")
    unwanted_step: LastStep = LastStep("message")
    widen: tuple[WidenStep, ...] = ()
    offer_timeout_s: int = 20
    reoffer_pause_s: int = 30
    max_offers: int = 5
    wrap_up_s: int | None = 30  # time box; None = until the agent finishes; 0 = none at all
    offers_at_once: int = 1  # > 1: written channels in rounds
    agent_order: AgentOrder = "least_surplus"
    interrupted_by: tuple[
        Channel, ...
    ] = ()  # contacts on these channels interrupt a written conversation of this queue
    closed: bool = False  # takes no new stays


@record(frozen=True, slots=True)
class Capacity:
    units: int = 100
    costs: Mapping[str, int] = field(
        default_factory=lambda: {"phone": 100, "chat": 20, "email": 20, "fax": 20, "task": 20, "message": 20}
    )
    maxima: Mapping[str, int] = field(
        default_factory=lambda: {"phone": 1, "chat": 5, "email": 5, "fax": 5, "task": 5, "message": 5}
    )


@record(frozen=True, slots=True)
class AgentProfile:
    agent_id: str
    skills: Mapping[str, int] = field(default_factory=dict)  # skill -> level 1..10
    company_ids: frozenset[str] = frozenset()  # companies this agent is granted
    capacity: Capacity = Capacity()


@record(frozen=True, slots=True)
class DomainPolicy:
    overdue_share_pct: int = 70
    overdue_window: int = 20
    look_ahead: int = 16
    connect_timeout_us: int = 10 * SECOND_US  # transport: already multiplied by the speed
    written_silence_us: int = 60 * SECOND_US  # transport: a silent desk's written contacts go back
    min_offer_us: int = 2 * SECOND_US  # transport: no offer is shorter


# --- messages in ------------------------------------------------------------------------------------------------------


@record(frozen=True, slots=True)
class ConfigChanged:
    """Applies to what is decided from now on; promise, limit and place of a waiting stay keep what they had."""

    seq: int
    domain: DomainPolicy | None = None
    queues: tuple[QueuePolicy, ...] = ()
    agents: tuple[AgentProfile, ...] = ()
    gone_agent_ids: tuple[str, ...] = ()


@record(frozen=True, slots=True)
class Enqueue:
    """A stay begins. `arrival_us`: queued_at of the first stay since the customer last spoke to an agent."""

    stay_id: str
    contact_id: str
    channel: Channel
    queue_id: str
    value: int = 0  # of the customer, 0..100
    arrival_us: int | None = None  # None = now
    requirement: str | None = None  # in place of the queue's own
    wishes: Wishes = Wishes()
    always: bool = False  # an emergency: also in a closed queue


@record(frozen=True, slots=True)
class Leave:
    """The stay ends without an agent: its live offers and its connecting segment are withdrawn."""

    stay_id: str
    end: StayEnd


@record(frozen=True, slots=True)
class Choose:
    agent_id: str
    chosen: Chosen
    reason: str | None = None


@record(frozen=True, slots=True)
class ChooseNext:
    """Taken when nothing is held any more; no new offers until then. `chosen` None cancels the wish."""

    agent_id: str
    chosen: Chosen | None
    reason: str | None = None


@record(frozen=True, slots=True)
class Reach:
    agent_id: str
    device: Device
    up: bool


@record(frozen=True, slots=True)
class ClearFlag:
    agent_id: str


@record(frozen=True, slots=True)
class Accept:
    """`within_us`: so long may connecting take where somebody has to be rung first; None = the domain's bound."""

    segment_id: str
    agent_id: str
    within_us: int | None = None


@record(frozen=True, slots=True)
class Decline:
    segment_id: str
    agent_id: str


@record(frozen=True, slots=True)
class Connected:
    """The provider reported Established of both legs (or the channel has no provider)."""

    segment_id: str


@record(frozen=True, slots=True)
class ConnectFailed:
    segment_id: str


@record(frozen=True, slots=True)
class Assign:
    """A person gives a waiting stay to an agent, also above capacity; the offer is marked as manual. `always`: an
    emergency, for which nobody asks whether the agent is there.
    """

    stay_id: str
    agent_id: str
    always: bool = False


@record(frozen=True, slots=True)
class Consult:
    """Whoever has this conversation asks a colleague: a second segment on it, offered directly, also above capacity."""

    segment_id: str
    agent_id: str


@record(frozen=True, slots=True)
class TakeBack:
    """A person, or what became of the contact, takes an offer or a connecting segment back from its agent.

    A stay waits on at its old place, and a while passes before this agent is asked again; it is no refusal of theirs.
    """

    segment_id: str
    why: Literal["taken_back", "returned", "left", "moved"] = "taken_back"


@record(frozen=True, slots=True)
class Reprioritise:
    """A person gives a waiting stay another value: its place follows from the queue's head start."""

    stay_id: str
    value: int


@record(frozen=True, slots=True)
class Park:
    segment_id: str


@record(frozen=True, slots=True)
class Unpark:
    segment_id: str


@record(frozen=True, slots=True)
class End:
    """The conversation of a talking, held or parked segment is over; wrap-up begins."""

    segment_id: str


@record(frozen=True, slots=True)
class Finish:
    """The agent finishes the wrap-up."""

    segment_id: str


@record(frozen=True, slots=True)
class TimePassed:
    """Deadlines that have come are taken, in their order."""


@record(frozen=True, slots=True)
class OutageOver:
    """First message after a takeover: every live offer lives longer by the outage."""

    outage_us: int


Message = (
    ConfigChanged | Enqueue | Leave | Choose | ChooseNext | Reach | ClearFlag | Accept | Decline | Connected
    | ConnectFailed | Assign | Consult | TakeBack | Reprioritise | Park | Unpark | End | Finish | TimePassed
    | OutageOver
)  # fmt: skip


# --- decisions out ----------------------------------------------------------------------------------------------------


@record(frozen=True, slots=True)
class Queued:
    stay_id: str
    queue_version: int
    requirement: str
    place_us: int
    promise_us: int
    limit_us: int


@record(frozen=True, slots=True)
class Offered:
    segment_id: str
    stay_id: str
    agent_id: str
    expires_us: int
    exclusive: bool
    manual: bool
    explanation: Mapping[str, Any] | None  # routing/explain.py says its fields; None for a manual offer


@record(frozen=True, slots=True)
class Consulted:
    """A colleague is asked to join a conversation. Nobody waits because of it: there is no stay."""

    segment_id: str
    of_segment_id: str
    agent_id: str
    expires_us: int


@record(frozen=True, slots=True)
class OfferExtended:
    segment_id: str
    expires_us: int


@record(frozen=True, slots=True)
class Accepted:
    segment_id: str
    connect_by_us: int


@record(frozen=True, slots=True)
class OfferOver:
    """An offer or a connecting segment ended without a conversation; unless the stay ended, it waits at its place."""

    segment_id: str
    stay_id: str | None  # None: a colleague was asked for advice
    agent_id: str
    end: Literal["declined", "expired", "withdrawn", "failed"]
    why: str  # declined, timeout, taken, left, unreachable, not_ready, connect_timeout, provider, moved, or TakeBack's


@record(frozen=True, slots=True)
class Talking:
    segment_id: str
    stay_id: str | None  # ended as answered; None: a colleague was asked for advice


@record(frozen=True, slots=True)
class Replaced:
    """The stay has another value and stands at another place."""

    stay_id: str
    value: int
    place_us: int


@record(frozen=True, slots=True)
class HandedBack:
    """A written conversation leaves an agent who was silent too long: the journey ends the segment and queues anew."""

    segment_id: str
    agent_id: str


@record(frozen=True, slots=True)
class Parked:
    segment_id: str
    interrupted_by: str | None = None  # the offered segment for which it makes room; None: by a person


@record(frozen=True, slots=True)
class Unparked:
    segment_id: str
    returned: bool = False  # by itself, when what had interrupted it left room; False: by a person


@record(frozen=True, slots=True)
class WrapUpStarted:
    segment_id: str
    until_us: int | None


@record(frozen=True, slots=True)
class Finished:
    segment_id: str
    agent_id: str
    why: Literal["agent", "time_box", "none"]


@record(frozen=True, slots=True)
class AgentChanged:
    """Any fact of the agent's stored state changed: the journey copies it from `engine.agent_state(agent_id)`."""

    agent_id: str
    why: Literal["chose", "next_chosen", "flagged", "flag_cleared", "reachable", "unreachable", "served", "configured"]


@record(frozen=True, slots=True)
class Overdue:
    stay_id: str


@record(frozen=True, slots=True)
class Widened:
    stay_id: str
    requirement: str


@record(frozen=True, slots=True)
class StayOver:
    """The stay has left the engine: the customer went, or the recipe's last step runs."""

    stay_id: str
    why: Literal["left", "limit", "unwanted"]
    end: StayEnd | None  # of 'left'
    step: LastStep | None  # of 'limit' and 'unwanted'


Decision = (
    Queued | Offered | Consulted | OfferExtended | Accepted | OfferOver | Talking | Replaced | HandedBack | Parked
    | Unparked | WrapUpStarted | Finished | AgentChanged | Overdue | Widened | StayOver
)  # fmt: skip
