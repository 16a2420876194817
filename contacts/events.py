"""What may be written into the log? Ids, enums and numbers only: never a name, an address or a text."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from contacts.record import record

EventKind = Literal[
    "contact.arrived", "contact.identified", "contact.closed", "contact.not_there", "contact.planned",
    "callback.refused",
    "contact.outside_answered", "contact.outside_gone",
    "transfer.refused", "ivr.walked", "ivr.left",
    "fax.heard", "fax.received", "fax.not_received", "fax.sent", "fax.not_sent",
    "stay.queued", "stay.overdue", "stay.widened", "stay.reprioritised", "stay.ended",
    "segment.offered", "segment.declined", "segment.expired", "segment.withdrawn", "segment.failed",
    "segment.accepted", "segment.connected", "segment.held", "segment.retrieved", "segment.parked",
    "segment.unparked", "segment.role_changed", "segment.ended", "segment.finished",
    "segment.recording_paused", "segment.recording_resumed", "segment.called_outside",
    "recording.announced", "recording.consented", "recording.declined",
    "mail.received", "mail.written", "mail.spam", "mail.merged", "mail.split", "contact.replied",
    "leg.changed",
    "agent.chose", "agent.flagged", "agent.flag_cleared", "agent.reachable", "agent.unreachable",
    "effect.asked", "effect.reported",
    "config.applied", "row.changed", "clock.extended", "customer.erased", "command.rejected",
]  # fmt: skip


@record(frozen=True, slots=True)
class Event:
    """`seq` and `recorded_at` are given when the turn is written; `at_us` is business time."""

    kind: EventKind
    at_us: int
    actor: str  # 'engine', 'provider', 'customer' or 'user:<id>'
    company_id: str | None = None
    contact_id: str | None = None
    stay_id: str | None = None
    segment_id: str | None = None
    agent_id: str | None = None
    cause: str | None = None  # id of the command
    config_version: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    v: int = 1
