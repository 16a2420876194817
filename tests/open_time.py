"""How long was a queue open between two instants? A stranger's answer, minute by minute of the wall clock."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE_US = 60_000_000


def open_us(hours: Mapping[str, Any] | str | None, from_us: int, to_us: int) -> int:
    """None: always open. Hours with `holidays` are not recomputed: they are a library's."""
    if hours is None:
        return to_us - from_us
    told = json.loads(hours) if isinstance(hours, str) else hours
    assert not told.get("holidays"), "holidays are not recomputed"
    zone, found = ZoneInfo(told["zone"]), 0
    minute_us = from_us - from_us % MINUTE_US
    while minute_us < to_us:
        if is_open(told, datetime.fromtimestamp(minute_us // 1_000_000, UTC).astimezone(zone)):
            found += min(minute_us + MINUTE_US, to_us) - max(minute_us, from_us)
        minute_us += MINUTE_US
    return found


def is_open(told: Mapping[str, Any], here: datetime) -> bool:
    day = (told.get("exceptions") or {}).get(here.date().isoformat())
    spans = (told.get("weekly") or {}).get(WEEKDAYS[here.weekday()], []) if day is None else day
    return any(
        _at(opens) <= here.replace(tzinfo=None) - _midnight(here) < _at(closes) for opens, closes in map(_pair, spans)
    )


def _midnight(here: datetime) -> datetime:
    return datetime(here.year, here.month, here.day)


def _pair(span: str) -> list[str]:
    return span.split("-")


def _at(clock: str) -> timedelta:
    hour, minute = map(int, clock.split(":"))
    return timedelta(hours=hour, minutes=minute)
