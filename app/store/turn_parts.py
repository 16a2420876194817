"""Of which parts can a turn consist? One line per column: where it lies, how it travels, what of the record it is.

An UPDATE names only what can change, so that a row whose indexed columns stay the same stays on its page.
"""

from collections.abc import Mapping
from dataclasses import asdict
from operator import attrgetter
from typing import Any

from pydantic_core import to_json

from app.store.faults import DataError
from app.store.turn_statement import FIRST_SEQ, LAST_SEQ, Field, Kind, Part
from contacts.stay import Told, Wishes

KB = 1024
_NO_WISHES = Wishes()


def as_json(value: Mapping[str, Any], bytes_max: int, what: str) -> str:
    """Raises DataError beyond the bound."""
    if not value:
        return "{}"
    try:
        encoded = to_json(value if type(value) is dict else dict(value), inf_nan_mode="constants")
    except (ValueError, TypeError, RecursionError) as not_json:  # its own error is a ValueError
        raise DataError(f"{what}: not JSON") from not_json
    if len(encoded) > bytes_max:
        raise DataError(f"{what}: {len(encoded)} bytes, at most {bytes_max}")
    return encoded.decode()


def wishes_json(wishes: Wishes) -> str:
    return "{}" if wishes == _NO_WISHES else as_json(asdict(wishes), KB, "stay.wishes")


def told_json(told: Told) -> str:
    return as_json(asdict(told), KB, "stay.told")


def _f(column: str, kind: Kind, attribute: str | None = None) -> Field:
    return Field(column, kind, attrgetter(attribute or column))


def _at(column: str, attribute: str) -> Field:
    return _f(column, "instant", attribute)


def _document(column: str, kilobytes: int, what: str) -> Field:
    read = attrgetter(column)
    return Field(column, "jsonb", lambda record: as_json(read(record), kilobytes * KB, what))


_ID = _f("id", "uuid")
_OF_TURN = (("domain_id", "f.domain_id"),)

NEW_EVENT = Part(
    "new_event",
    "event",
    (
        _at("at", "at_us"),
        _f("company_id", "uuid"),
        _f("contact_id", "uuid"),
        _f("stay_id", "uuid"),
        _f("segment_id", "uuid"),
        _f("agent_id", "uuid"),
        _f("actor", "text"),
        _f("kind", "text"),
        _f("v", "smallint"),
        _f("cause", "text"),
        _f("config_version", "integer"),
        _document("data", 4, "event.data"),
    ),
    fixed=(
        *_OF_TURN,
        ("seq", f"{FIRST_SEQ}::bigint + r.n - 1"),
        ("recorded_at", "f.wall"),
        ("epoch", "f.epoch"),
    ),
)

CHANGED_CONTACT = Part(
    "changed_contact",
    "contact",
    (
        _ID,
        _f("state", "text"),
        _f("channel", "text"),  # a call that turns out to be a fax
        _f("customer_id", "uuid"),
        _f("case_id", "uuid"),
        _at("closed_at", "closed_us"),
        _f("outcome", "text"),
        _f("value", "smallint"),
        _document("collected", 16, "contact.collected"),
        _document("ivr", 16, "contact.ivr"),
    ),
    does="update",
)
NEW_CONTACT = Part(
    "new_contact",
    "contact",
    (
        *CHANGED_CONTACT.fields,
        _f("company_id", "uuid"),
        _f("direction", "text"),
        _f("source", "text"),
        _f("source_id", "text"),
        _f("number", "text"),
        _at("arrived_at", "arrived_us"),
    ),
    fixed=_OF_TURN,
)

CHANGED_STAY = Part(
    "changed_stay",
    "stay",
    (
        _ID,
        _f("requirement", "text"),
        _f("place_us", "bigint"),
        _at("ended_at", "ended_us"),
        _f("end", "text"),
        _document("routing", 4, "stay.routing"),
        Field("told", "jsonb", lambda stay: None if stay.told is None else told_json(stay.told)),
    ),
    does="update",
)
NEW_STAY = Part(
    "new_stay",
    "stay",
    (
        *CHANGED_STAY.fields,
        _f("contact_id", "uuid"),
        _f("queue_id", "uuid"),
        _f("queue_version", "integer"),
        Field("wishes", "jsonb", lambda stay: wishes_json(stay.wishes)),
        _at("queued_at", "queued_us"),
        _at("promise_at", "promise_us"),
        _at("limit_at", "limit_us"),
    ),
    # No such version: no company, and a company there must be.
    fixed=(
        *_OF_TURN,
        (
            "company_id",
            "(SELECT v.company_id FROM queue_version v WHERE v.queue_id = r.queue_id AND v.version = r.queue_version)",
        ),
    ),
    after="changed_stay",
)

CHANGED_SEGMENT = Part(
    "changed_segment",
    "segment",
    (
        _ID,
        _f("role", "text"),
        _f("state", "text"),
        _at("expires_at", "expires_us"),
        _at("connected_at", "connected_us"),
        _at("ended_at", "ended_us"),
        _at("wrap_up_until", "wrap_up_until_us"),
        _f("end", "text"),
        _f("interrupted", "boolean"),
        _f("parked_us", "bigint"),
    ),
    does="update",
)
NEW_SEGMENT = Part(
    "new_segment",
    "segment",
    (
        *CHANGED_SEGMENT.fields,
        _f("contact_id", "uuid"),
        _f("stay_id", "uuid"),
        _f("agent_id", "uuid"),
        _at("offered_at", "offered_us"),
        _f("exclusive", "boolean"),
        _f("manual", "boolean"),
    ),
    fixed=_OF_TURN,
    after="changed_segment",
)

CHANGED_LEG = Part(
    "changed_leg",
    "leg",
    (
        _ID,
        _f("role", "text"),
        _f("agent_id", "uuid"),
        _f("state", "text"),
        _f("last_rank", "bigint"),
        _at("checked_at", "checked_us"),
        _at("ended_at", "ended_us"),
    ),
    does="update",
)
NEW_LEG = Part(
    "new_leg",
    "leg",
    (*CHANGED_LEG.fields, _f("contact_id", "uuid"), _f("provider", "text"), _f("provider_ref", "text")),
    fixed=_OF_TURN,
)

CHANGED_EFFECT = Part(
    "changed_effect",
    "effect",
    (_ID, _f("state", "text"), _at("not_after", "not_after_us"), _f("tries", "smallint")),
    does="update",
)
NEW_EFFECT = Part(
    "new_effect",
    "effect",
    (
        *CHANGED_EFFECT.fields,
        _f("contact_id", "uuid"),
        _f("leg_id", "uuid"),
        _f("kind", "text"),
        _f("once", "boolean"),
        _f("provider", "text"),
        _document("args", 32, "effect.args"),
    ),
    fixed=(*_OF_TURN, ("seq", f"{LAST_SEQ}::bigint")),
)

AGENT = Part(
    "agent_now",
    "agent_state",
    (
        _f("agent_id", "uuid"),
        _f("chosen", "text"),
        _f("reason", "text"),
        _f("next_chosen", "text"),
        _f("not_responding", "boolean"),
        _f("set_by", "text"),
        _at("since", "since_us"),
        _at("last_ended_at", "last_ended_us"),
        _f("desk_reachable", "boolean"),
        _at("desk_silent_since", "desk_silent_us"),
        _f("phone_reachable", "boolean"),
    ),
    fixed=_OF_TURN,
    key=("agent_id",),
    does="upsert",
    only_if="t.domain_id = excluded.domain_id",
)

NEW_LINK = Part("new_link", "contact_link", (_f("from_id", "uuid"), _f("to_id", "uuid"), _f("kind", "text")))

NEW_REPLY = Part(
    "new_reply",
    "command",
    (
        _f("principal", "text"),
        _f("id", "text", "command_id"),
        _f("kind", "text"),
        _f("body_hash", "bytea"),
        Field("reply", "jsonb", lambda r: as_json({"status": r.status, "body": dict(r.body)}, 8 * KB, "command.reply")),
    ),
    fixed=(*_OF_TURN, ("seq", f"{LAST_SEQ}::bigint"), ("at", "f.wall")),
)

NEW_DECISION = Part(
    "new_decision",
    "decision",
    (
        _f("seq", "event", "event"),
        _f("stay_id", "uuid"),
        Field("data", "jsonb", lambda d: as_json(d.explanation, 16 * KB, "decision.data")),
    ),
    fixed=(*_OF_TURN, ("recorded_at", "f.wall")),
)

CONFIG = Part(
    "config_now",
    "config_applied",
    (
        _f("kind", "text"),
        _f("subject_id", "text"),
        _f("seq", "bigint"),
        Field("values", "jsonb", lambda c: None if c.values is None else as_json(c.values, 64 * KB, "config.values")),
    ),
    fixed=_OF_TURN,
    key=("domain_id", "kind", "subject_id"),
    does="upsert",
    only_if="t.seq <= excluded.seq",
)

COUNTERS = Part(
    "counters_now",
    "engine_state",
    (Field("data", "jsonb", lambda data: as_json(data, 64 * KB, "engine_state.data")),),
    fixed=_OF_TURN,
    key=("domain_id",),
    does="upsert",
)
