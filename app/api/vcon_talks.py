"""Which agent had the customer when, and how did the customer come to the next one? From segments, stays and the log.

A colleague who is only asked never speaks with the customer. What somebody is to the contact changes with the log's
`segment.role_changed`; whoever has no such event is to the end what they were at the beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.store.rows import Row

_NOBODY = ("engine", "provider", "customer", "system")  # who is no person of the company, as the log names them
_HOLDS = {
    "segment.held": "hold", "segment.retrieved": "unhold", "segment.parked": "hold", "segment.unparked": "unhold",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Talk:
    """One agent on the line with the customer."""

    segment_id: str
    stay_id: str
    agent_id: str
    began_us: int
    ended_us: int
    had_us: int | None  # since when the contact was theirs; None: they only joined
    asked_us: int | None  # since when they were asked for advice before that


def talks_of(segments: Sequence[Row], events: Sequence[Row], closed_us: int) -> list[Talk]:
    """In the order in which they came to the customer."""
    found = [_talk(each, [e for e in events if e["segment_id"] == each["id"]], closed_us) for each in segments]
    return sorted((talk for talk in found if talk is not None), key=lambda talk: (talk.began_us, talk.segment_id))


def _talk(segment: Row, events: Sequence[Row], closed_us: int) -> Talk | None:
    connected_us = segment["connected_at"]
    changes = [(e["at"], e["data"].get("role")) for e in events if e["kind"] == "segment.role_changed"]
    if connected_us is None or (not changes and segment["role"] != "primary"):
        return None
    began_us = changes[0][0] if changes else connected_us
    had_us = next((at_us for at_us, role in changes if role == "primary"), None) if changes else connected_us
    ended_us = segment["ended_at"] if segment["ended_at"] is not None else closed_us
    who = (segment["id"], segment["stay_id"], segment["agent_id"])
    return Talk(*who, began_us, max(began_us, ended_us), had_us, connected_us if changes else None)


def those_who_had(talks: Sequence[Talk]) -> list[tuple[int, Talk]]:
    """(since when, who), one after the other."""
    return sorted(((talk.had_us, talk) for talk in talks if talk.had_us is not None), key=lambda had: had[0])


def during(talks: Sequence[Talk], from_us: int, to_us: int) -> list[Talk]:
    """Those who were on the line at some time of it."""
    return [talk for talk in talks if talk.began_us < to_us and talk.ended_us > from_us]


def is_put_through(stay_id: str, events: Sequence[Row]) -> bool:
    """A person put the customer into this wait; else the engine did, or the line."""
    queued = (e["actor"] for e in events if e["kind"] == "stay.queued" and e["stay_id"] == stay_id)
    return any(actor.partition(":")[0] not in _NOBODY for actor in queued)


def holds_of(segment_id: str, events: Sequence[Row]) -> list[tuple[int, str]]:
    """(when, `hold` or `unhold`) of the customer, while this agent has them."""
    return [(e["at"], _HOLDS[e["kind"]]) for e in events if e["segment_id"] == segment_id and e["kind"] in _HOLDS]
