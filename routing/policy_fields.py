"""What may stand in each field of a configuration? A value of another type would raise in the middle of a decision.

The doors ask for more (app/api/queue_config.py); here is asked what the engine cannot do without.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

from contacts.records import ConfigKind
from contacts.requirement import RequirementError, parse
from contacts.words import CHANNELS
from routing.messages import AgentOrder, LastStepKind

WHOLE_MAX = 10**12  # in microseconds it is still a number of the database


class Expected(NamedTuple):
    said: str
    holds: Callable[[Any], bool]


def check(kind: ConfigKind, values: Any) -> None:
    """Raises ValueError, which names the field. What else stands there is for others, and a field may be absent."""
    if not isinstance(values, Mapping):
        raise ValueError(f"{kind}: expected an object")
    for name, expected in FIELDS[kind].items():
        if name in values and not expected.holds(values[name]):
            raise ValueError(f"{kind}.{name}: expected {expected.said}")


def _is_whole(value: Any, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= WHOLE_MAX


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_requirement(value: Any) -> bool:
    try:
        return _is_text(value) and parse(value) is not None
    except RequirementError:
        return False


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_whole, value))


def _is_step(value: Any) -> bool:
    if not isinstance(value, Mapping) or value.get("kind") not in get_args(LastStepKind):
        return False
    return value.get("queue_id") is None or _is_text(value["queue_id"])


def _is_widening(value: Any) -> bool:
    return isinstance(value, Mapping) and _is_whole(value.get("after_s")) and _is_requirement(value.get("requirement"))


def _is_capacity(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return value is None
    counts = (value.get("costs", {}), value.get("maxima", {}))
    return _is_whole(value.get("units", 0)) and all(map(_are_counts, counts))


def _are_counts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_text, value)) and all(map(_is_whole, value.values()))


def _is_channel(value: Any) -> bool:
    return value in CHANNELS


def _list_of(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list | tuple) and all(map(holds, value))


TEXT = Expected("a text", _is_text)
WHOLE = Expected("a whole number", _is_whole)
AT_LEAST_ONE = Expected("a whole number, 1 or more", lambda value: _is_whole(value, 1))
STEP = Expected("one of the last steps", _is_step)

FIELDS: Mapping[ConfigKind, Mapping[str, Expected]] = {
    "domain": {
        "overdue_share_pct": WHOLE,
        "overdue_window": WHOLE,
        "look_ahead": WHOLE,
        "connect_timeout_us": WHOLE,
        "written_silence_us": WHOLE,
        "min_offer_us": WHOLE,
    },
    "queue": {
        "queue_id": TEXT,
        "company_id": TEXT,
        "version": WHOLE,
        "requirement": Expected("a requirement", _is_requirement),
        "rate": AT_LEAST_ONE,
        "head_start": Expected("pairs of whole numbers", _list_of(_is_pair)),
        "promise_s": WHOLE,
        "limit_s": WHOLE,
        "last_step": STEP,
        "unwanted_step": STEP,
        "widen": Expected("steps of after_s and requirement", _list_of(_is_widening)),
        "offer_timeout_s": WHOLE,
        "reoffer_pause_s": WHOLE,
        "max_offers": WHOLE,
        "wrap_up_s": Expected("a whole number or null", lambda value: value is None or _is_whole(value)),
        "offers_at_once": AT_LEAST_ONE,
        "agent_order": Expected("one of the orders", lambda value: value in get_args(AgentOrder)),
        "interrupted_by": Expected("a list of channels", _list_of(_is_channel)),
        "closed": Expected("true or false", lambda value: isinstance(value, bool)),
    },
    "agent": {
        "agent_id": TEXT,
        "skills": Expected("levels by skill", _are_counts),
        "company_ids": Expected("a list of texts", _list_of(_is_text)),
        "capacity": Expected("units, costs and maxima", _is_capacity),
    },
}
