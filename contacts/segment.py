"""What is a segment: one agent on one contact. A segment not yet accepted is an offer."""

from typing import Literal

from contacts.record import record, replace
from contacts.words import Actor, IllegalStep

SegmentState = Literal[
    "offered", "preview", "connecting", "talking", "held", "parked", "wrap_up",
    "done", "declined", "expired", "withdrawn", "failed",
]  # fmt: skip
OVER: frozenset[SegmentState] = frozenset({"done", "declined", "expired", "withdrawn", "failed"})
UNDERWAY: frozenset[SegmentState] = frozenset({"connecting", "talking", "held"})
Role = Literal["primary", "consult", "conference", "monitor"]

_ENGINE: frozenset[Actor] = frozenset({"engine", "system"})
_WIRE: frozenset[Actor] = frozenset({"provider", "system"})
_PERSON: frozenset[Actor] = frozenset({"agent", "supervisor"})

# (state, event) -> (next state, who may send it). "system" establishes only on channels without a provider.
TABLE: dict[tuple[SegmentState, str], tuple[SegmentState, frozenset[Actor]]] = {
    ("offered", "accept"): ("connecting", _PERSON | {"provider", "system"}),
    ("offered", "look"): ("preview", _PERSON),
    ("preview", "accept"): ("connecting", _PERSON),
    ("offered", "decline"): ("declined", _PERSON),
    ("preview", "decline"): ("declined", _PERSON),
    ("offered", "expire"): ("expired", _ENGINE),
    ("preview", "expire"): ("expired", _ENGINE),
    ("offered", "withdraw"): ("withdrawn", _ENGINE | _PERSON | {"customer", "provider"}),
    ("preview", "withdraw"): ("withdrawn", _ENGINE | _PERSON | {"customer", "provider"}),
    ("connecting", "withdraw"): ("withdrawn", _ENGINE | _PERSON | {"customer", "provider"}),
    ("connecting", "fail"): ("failed", _ENGINE | {"provider"}),
    ("connecting", "establish"): ("talking", _WIRE),
    ("talking", "hold"): ("held", _WIRE),
    ("held", "retrieve"): ("talking", _WIRE),
    ("talking", "park"): ("parked", _PERSON | _ENGINE),
    ("parked", "unpark"): ("talking", _PERSON | _ENGINE),
    ("talking", "end"): ("wrap_up", _WIRE | _PERSON | _ENGINE | {"customer"}),
    ("held", "end"): ("wrap_up", _WIRE | _PERSON | _ENGINE | {"customer"}),
    ("parked", "end"): ("wrap_up", _WIRE | _PERSON | _ENGINE | {"customer"}),
    ("wrap_up", "finish"): ("done", _PERSON | _ENGINE),
}


def next_state(state: SegmentState, event: str, actor: Actor) -> SegmentState:
    """The state after the event. Raises IllegalStep."""
    step = TABLE.get((state, event))
    if step is None or actor not in step[1]:
        raise IllegalStep("segment", state, event, actor)
    return step[0]


@record(frozen=True, slots=True)
class Segment:
    id: str
    contact_id: str
    stay_id: str
    queue_id: str
    domain_id: int
    agent_id: str
    role: Role
    state: SegmentState
    offered_us: int
    expires_us: int | None = None  # when the state ends by itself: the offer's limit, then the connect limit
    exclusive: bool = True
    manual: bool = False  # given by a person, also above capacity
    connected_us: int | None = None
    ended_us: int | None = None  # the end of the conversation, or of the offer
    wrap_up_until_us: int | None = None  # None while in wrap-up = no time box; of a done one: when it was over
    end: str | None = None  # why it ended: a reason of the declining agent, a cause of the wire
    interrupted: bool = False  # parked by us: it returns when there is room for it again
    parked_us: int = 0  # how long it was parked; while it is, less the instant it was parked at


def parked(segment: Segment, now_us: int, interrupted: bool = False) -> Segment:
    return replace(segment, state="parked", parked_us=segment.parked_us - now_us, interrupted=interrupted)


def unparked(segment: Segment, now_us: int) -> Segment:
    return replace(segment, state="talking", parked_us=segment.parked_us + now_us, interrupted=False)
