"""What is an effect: something to be done in the world, written before it is done."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from contacts.record import record

# The closed vocabulary of commands to a telephony provider.
TelephonyVerb = Literal[
    "ring", "answer", "connect", "hold", "retrieve", "join", "leave", "play", "collect", "record", "hang_up",
]  # fmt: skip
EffectState = Literal["due", "sent", "done", "failed", "unknown"]


@record(frozen=True, slots=True)
class Effect:
    id: str  # also the provider's id of the command: a repeat is the same command
    domain_id: int
    contact_id: str
    leg_id: str | None
    kind: str  # 'telephony.<verb>' or, later, 'mail.send', 'fax.send'
    once: bool
    provider: str
    args: Mapping[str, Any] = field(default_factory=dict)
    state: EffectState = "due"
    not_after_us: int | None = None
    tries: int = 0
