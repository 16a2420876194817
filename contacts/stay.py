"""What is a stay: one wait of a contact in one queue."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from contacts.record import record
from contacts.words import Actor, IllegalStep

# `dialled`: the wait of a call of ours; an agent took it and the customer was dialled, whether they answered or not.
# `internal`: of a call between colleagues, for whom nobody waited.
StayEnd = Literal["answered", "abandoned", "overflowed", "called_back", "voicemail", "cleared", "dialled", "internal"]
StayState = Literal[
    "waiting", "answered", "abandoned", "overflowed", "called_back", "voicemail", "cleared", "dialled", "internal",
]  # fmt: skip

# (state, event) -> (next state, who may send it). Every end is terminal.
TABLE: dict[tuple[StayState, str], tuple[StayState, frozenset[Actor]]] = {
    ("waiting", "answer"): ("answered", frozenset({"provider", "system"})),
    ("waiting", "abandon"): ("abandoned", frozenset({"customer", "provider", "system"})),
    ("waiting", "overflow"): ("overflowed", frozenset({"engine", "supervisor", "agent"})),
    ("waiting", "call_back"): ("called_back", frozenset({"engine", "customer", "system"})),
    ("waiting", "leave_voicemail"): ("voicemail", frozenset({"engine", "customer"})),
    ("waiting", "call_colleague"): ("internal", frozenset({"provider", "system", "engine"})),
    ("waiting", "dial"): ("dialled", frozenset({"provider", "system", "engine"})),
    ("waiting", "clear"): ("cleared", frozenset({"engine", "supervisor", "agent", "system"})),
}


def next_state(state: StayState, event: str, actor: Actor) -> StayState:
    """The state after the event. Raises IllegalStep."""
    step = TABLE.get((state, event))
    if step is None or actor not in step[1]:
        raise IllegalStep("stay", state, event, actor)
    return step[0]


@record(frozen=True, slots=True)
class Wishes:
    """What stands beside the line for this one stay."""

    preferred_agent_id: str | None = None
    excluded_agent_ids: tuple[str, ...] = ()
    only_agent_id: str | None = None  # a direct offer: nobody else is asked


@record(frozen=True, slots=True)
class Told:
    """How long it would take, as it was said to whoever waits, and when."""

    at_us: int
    low_us: int
    high_us: int


@record(frozen=True, slots=True)
class Stay:
    id: str
    contact_id: str
    domain_id: int
    queue_id: str
    queue_version: int
    requirement: str  # the expression now in force ('' = anybody); relaxing changes it, never the place
    place_us: int
    queued_us: int
    promise_us: int
    limit_us: int
    wishes: Wishes = Wishes()
    ended_us: int | None = None
    end: StayEnd | None = None
    routing: Mapping[str, Any] = field(default_factory=dict)  # what the engine must find again after a restart
    told: Told | None = None  # what they were told first
