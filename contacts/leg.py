"""What is a leg: one wire of a contact (a channel of the PBX, a chat session, a fax job)."""

from typing import Literal

from contacts.record import record
from contacts.words import Actor, IllegalStep

LegState = Literal["initiated", "delivered", "established", "held", "cleared"]
LegRole = Literal["customer", "agent", "consult", "monitor", "outside"]  # outside: nobody of ours

# CSTA III (ECMA-269) words as a provider reports them.
CstaEvent = Literal[
    "ServiceInitiated", "Originated", "Delivered", "Established", "Held", "Retrieved", "ConnectionCleared", "Failed",
]  # fmt: skip

_WIRE: frozenset[Actor] = frozenset({"provider", "system"})

# (state, event) -> (next state, who may send it). Reports overtake each other: a later one implies the earlier,
# so every live state takes every later word; cleared is terminal and absorbing.
TABLE: dict[tuple[LegState, str], tuple[LegState, frozenset[Actor]]] = {
    ("initiated", "Originated"): ("initiated", _WIRE),
    ("initiated", "ServiceInitiated"): ("initiated", _WIRE),
    ("initiated", "Delivered"): ("delivered", _WIRE),
    ("initiated", "Established"): ("established", _WIRE),
    ("initiated", "Held"): ("held", _WIRE),
    ("delivered", "Delivered"): ("delivered", _WIRE),
    ("delivered", "Established"): ("established", _WIRE),
    ("delivered", "Held"): ("held", _WIRE),
    ("established", "Established"): ("established", _WIRE),
    ("established", "Held"): ("held", _WIRE),
    ("established", "Retrieved"): ("established", _WIRE),
    ("held", "Established"): ("established", _WIRE),
    ("held", "Retrieved"): ("established", _WIRE),
    ("held", "Held"): ("held", _WIRE),
    ("initiated", "ConnectionCleared"): ("cleared", _WIRE),
    ("delivered", "ConnectionCleared"): ("cleared", _WIRE),
    ("established", "ConnectionCleared"): ("cleared", _WIRE),
    ("held", "ConnectionCleared"): ("cleared", _WIRE),
    ("initiated", "Failed"): ("cleared", _WIRE),
    ("delivered", "Failed"): ("cleared", _WIRE),
    ("established", "Failed"): ("cleared", _WIRE),
    ("held", "Failed"): ("cleared", _WIRE),
}


def next_state(state: LegState, event: str, actor: Actor = "provider") -> LegState:
    """The state after the event. Raises IllegalStep."""
    step = TABLE.get((state, event))
    if step is None or actor not in step[1]:
        raise IllegalStep("leg", state, event, actor)
    return step[0]


@record(frozen=True, slots=True)
class Leg:
    id: str
    domain_id: int
    contact_id: str
    provider: str  # id of the telephony provider
    provider_ref: str  # the provider's name for it; for legs that we ask for it is our own id
    role: LegRole
    state: LegState
    agent_id: str | None = None
    last_rank: int = 0  # highest `seq` merged; a report at or below it is late or repeated
    checked_us: int = 0
    ended_us: int | None = None
