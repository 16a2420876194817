"""What is a contact: one customer's one try to reach us, or ours to reach them, on one channel."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from contacts.record import record
from contacts.words import Actor, Channel, Direction, IllegalStep

ContactState = Literal["open", "closed"]
Outcome = Literal[
    "handled",  # an agent served it
    "abandoned",  # the customer left while waiting, offered or connecting
    "cleared",  # the customer left before any queue, or the contact was taken away by a person
    "closed_hours",
    "voicemail",
    "called_back",
    "message",  # the recipe's last step told the customer something and let go
    "failed",
]
Recording = Literal["on", "paused"]  # a part is going on; or the agent wants none before they resume
# Somebody outside whom an agent called beside the customer; the last four: why they are not there.
OutsideState = Literal["dialling", "talking", "held", "busy", "no_answer", "failed", "gone"]
LinkKind = Literal["reply_to", "callback_of", "transfer_of", "follow_up_of", "attempt_of"]

# (state, event) -> (next state, who may send it)
TABLE: dict[tuple[ContactState, str], tuple[ContactState, frozenset[Actor]]] = {
    ("open", "close"): ("closed", frozenset({"customer", "agent", "supervisor", "provider", "engine", "system"})),
}


def next_state(state: ContactState, event: str, actor: Actor) -> ContactState:
    """The state after the event. Raises IllegalStep; closed is terminal."""
    step = TABLE.get((state, event))
    if step is None or actor not in step[1]:
        raise IllegalStep("contact", state, event, actor)
    return step[0]


@record(frozen=True, slots=True)
class Contact:
    id: str
    company_id: str
    domain_id: int
    channel: Channel
    direction: Direction
    state: ContactState
    source: str
    source_id: str
    arrived_us: int
    customer_id: str | None = None  # empty until identification is unique or a person decides
    number: str | None = None  # the address of ours that was reached
    value: int = 0  # of the customer as it was looked up, 0..100; a supervisor may give it another
    case_id: str | None = None
    closed_us: int | None = None
    outcome: Outcome | None = None
    collected: Mapping[str, Any] = field(default_factory=dict)  # may hold personal data; blanked at erasure
    ivr: Mapping[str, Any] = field(default_factory=dict)  # where the call is in its flow; blanked as well


def recording_of(contact: Contact) -> Recording | None:
    """None: nothing is recorded, and nobody has said that it shall not be."""
    return contact.ivr.get("recording")


def outside_of(contact: Contact) -> OutsideState | None:
    """How somebody outside stands whom an agent called; None: nobody was called."""
    outside: OutsideState | None = contact.ivr.get("outside", {}).get("state")
    return outside
