"""What is an effect: something to be done in the world, written before it is done."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from contacts.record import record

# The closed vocabulary of commands to a telephony provider. A flow's questions and music are for those that speak ARI.
TelephonyVerb = Literal[
    "ring", "answer", "connect", "hold", "retrieve", "join", "leave", "play", "collect", "record", "hang_up",
    "wait", "record_message", "stop_recording", "keep_recording", "monitor", "change_monitor", "dial",
    "receive_fax", "send_fax", "hear_fax",
]  # fmt: skip
ARI = "asterisk:"  # how the name of a provider begins that we control over ARI
# Over ARI these are done once: written as `sent` by the turn that decides them, and after a death looked for.
ONCE_OVER_ARI: frozenset[TelephonyVerb] = frozenset(
    {"ring", "connect", "dial", "play", "collect", "record", "record_message", "monitor", "receive_fax", "send_fax"}
)
WHISPER_MAX_S = 6.0  # so long at most an agent hears what call it is, before they have it
MAIL = "mail:"  # how the name of a mailbox begins, as of whoever carries its mails
LOOK_UP = "lookup"  # who carries out what a flow looks up: we ourselves
EffectState = Literal["due", "sent", "done", "failed", "unknown"]


@record(frozen=True, slots=True)
class Effect:
    id: str  # also the provider's id of the command: a repeat is the same command
    domain_id: int
    contact_id: str
    leg_id: str | None
    kind: str  # 'telephony.<verb>', 'lookup.<kind>' or 'mail.send'
    once: bool
    provider: str
    args: Mapping[str, Any] = field(default_factory=dict)
    state: EffectState = "due"
    not_after_us: int | None = None
    tries: int = 0


def goes_by_webhook(effect: Effect) -> bool:
    """It is for a telephone system of its own."""
    return effect.provider != LOOK_UP and not effect.provider.startswith((ARI, MAIL))
