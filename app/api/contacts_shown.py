"""How are a contact and its parts shown?"""

from collections.abc import Mapping
from typing import Any

from app.api.fields import Id, Shown, ms, sure_ms


class ContactShown(Shown):
    id: Id
    company_id: Id
    channel: str
    direction: str
    state: str
    outcome: str | None
    customer_id: Id | None
    source: str
    source_id: str
    number: str | None
    arrived_ms: int
    closed_ms: int | None
    collected: dict[str, Any]


class StayShown(Shown):
    id: Id
    queue_id: Id
    queue: str
    queue_version: int
    requirement: str
    queued_ms: int
    promise_ms: int
    limit_ms: int
    ended_ms: int | None
    end: str | None


class SegmentShown(Shown):
    id: Id
    stay_id: Id
    agent_id: Id
    role: str
    state: str
    manual: bool
    offered_ms: int
    expires_ms: int | None
    connected_ms: int | None
    ended_ms: int | None
    wrap_up_until_ms: int | None
    end: str | None
    disposition_id: Id | None
    note: str | None


class LegShown(Shown):
    id: Id
    provider: str
    provider_ref: str
    role: str
    state: str
    agent_id: Id | None
    ended_ms: int | None


class EventShown(Shown):
    seq: int
    at_ms: int
    kind: str
    actor: str
    stay_id: Id | None
    segment_id: Id | None
    agent_id: Id | None
    data: dict[str, Any]


class DecisionShown(Shown):
    """One offer, and the data from which its choice can be recomputed (docs/explanations.md says the fields).

    `manual`: a person gave the contact to the agent. Without `explanation`: manual, or older than 90 days.
    """

    seq: int
    at_ms: int
    stay_id: Id
    segment_id: Id
    agent_id: Id
    manual: bool
    explanation: dict[str, Any] | None


class DecisionsShown(Shown):
    items: list[DecisionShown]


class EventsShown(Shown):
    items: list[EventShown]


class ContactStory(Shown):
    contact: ContactShown
    stays: list[StayShown]
    segments: list[SegmentShown]
    legs: list[LegShown]
    events: list[EventShown]


def contact_shown(row: Mapping[str, Any]) -> ContactShown:
    names = ("id", "company_id", "channel", "direction", "state", "outcome", "customer_id", "source", "source_id")
    return ContactShown(
        **{name: row[name] for name in names},
        number=row["number"],
        arrived_ms=sure_ms(row["arrived_at"]),
        closed_ms=ms(row["closed_at"]),
        collected=row["collected"],
    )


def stay_shown(row: Mapping[str, Any]) -> StayShown:
    return StayShown(
        **{name: row[name] for name in ("id", "queue_id", "queue", "queue_version", "requirement", "end")},
        queued_ms=sure_ms(row["queued_at"]),
        promise_ms=sure_ms(row["promise_at"]),
        limit_ms=sure_ms(row["limit_at"]),
        ended_ms=ms(row["ended_at"]),
    )


def segment_shown(row: Mapping[str, Any]) -> SegmentShown:
    names = ("id", "stay_id", "agent_id", "role", "state", "manual", "end", "disposition_id", "note")
    return SegmentShown(
        **{name: row[name] for name in names},
        offered_ms=sure_ms(row["offered_at"]),
        expires_ms=ms(row["expires_at"]),
        connected_ms=ms(row["connected_at"]),
        ended_ms=ms(row["ended_at"]),
        wrap_up_until_ms=ms(row["wrap_up_until"]),
    )


def leg_shown(row: Mapping[str, Any]) -> LegShown:
    names = ("id", "provider", "provider_ref", "role", "state", "agent_id")
    return LegShown(**{name: row[name] for name in names}, ended_ms=ms(row["ended_at"]))


def event_shown(row: Mapping[str, Any]) -> EventShown:
    names = ("seq", "kind", "actor", "stay_id", "segment_id", "agent_id", "data")
    return EventShown(**{name: row[name] for name in names}, at_ms=sure_ms(row["at"]))


def decision_shown(row: Mapping[str, Any]) -> DecisionShown:
    names = ("seq", "stay_id", "segment_id", "agent_id", "explanation")
    manual = bool(row["data"].get("manual"))
    return DecisionShown(**{name: row[name] for name in names}, at_ms=sure_ms(row["at"]), manual=manual)
