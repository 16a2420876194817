"""Is the company open, when does that change, and how much open time lies between two instants?

Hours are wall-clock spans of a zone's local days: weekly, replaced on exceptional days, none on holidays.
- A span is half-open and ends by 24:00 at the latest; a night is two spans that meet at midnight: nothing closes there.
- A wall clock that jumps over the opening opens at the jump; one that shows a time twice opens at the first and closes
  at the second showing. So a clock change never shuts a door that the sign calls open.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60
MAX_SPANS = 8  # of one day
MAX_EXCEPTIONS = 400
MAX_LOOK_DAYS = 400  # what does not change within a year and a month is said to stay as it is

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SPAN = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")


class HoursError(ValueError):
    """`field_name` says where, `expected` what should stand there."""

    def __init__(self, field_name: str, expected: str) -> None:
        super().__init__(f"{field_name}: expected {expected}")
        self.field_name, self.expected = field_name, expected


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of the wall clock since midnight: 0 <= opens < closes <= 1440."""

    opens_min: int
    closes_min: int


Day = tuple[Span, ...]
ALL_DAY: Day = (Span(0, DAY_MIN),)


@dataclass(frozen=True, slots=True)
class Hours:
    zone: str
    weekly: tuple[Day, ...]  # seven, from Monday
    exceptions: Mapping[date, Day] = field(default_factory=dict)  # stronger than a holiday
    holiday_country: str | None = None  # ISO 3166, 'DE'
    holiday_region: str | None = None  # of the country, 'BY'

    def is_open(self, at_us: int) -> bool:
        return any(opens <= at_us < closes for opens, closes in self._open_times(at_us, days=1))

    def next_change(self, at_us: int) -> int | None:
        """The first instant after `at_us` at which open becomes closed or closed open; None if there is none soon."""
        look_end = self._day_start(self._local_day(at_us) + timedelta(days=MAX_LOOK_DAYS))
        for opens, closes in self._open_times(at_us, MAX_LOOK_DAYS):
            for change in (opens, closes):
                if at_us < change < look_end:
                    return change
        return None

    def open_us_between(self, from_us: int, to_us: int) -> int:
        """Open microseconds in [from, to)."""
        days = (self._local_day(to_us) - self._local_day(from_us)).days + 1
        times = self._open_times(from_us, days)
        return sum(max(0, min(closes, to_us) - max(opens, from_us)) for opens, closes in times)

    def _open_times(self, at_us: int, days: int) -> Iterator[tuple[int, int]]:
        """Open times as instants, merged where they touch, from the day before `at_us` to `days` days later."""
        day = self._local_day(at_us) - timedelta(days=1)
        open_from = open_to = -1
        for _ in range(days + 2):
            for span in self._spans(day):
                opens, closes = self._first_at(day, span.opens_min), self._last_at(day, span.closes_min)
                if opens == closes:  # all of it was jumped over
                    continue
                if open_from >= 0 and opens <= open_to:
                    open_to = max(open_to, closes)
                    continue
                if open_from >= 0:
                    yield open_from, open_to
                open_from, open_to = opens, closes
            day += timedelta(days=1)
        if open_from >= 0:
            yield open_from, open_to

    def _spans(self, day: date) -> Day:
        if day in self.exceptions:
            return self.exceptions[day]
        if self.holiday_country and day in _holidays(self.holiday_country, self.holiday_region, day.year):
            return ()
        return self.weekly[day.weekday()]

    def _local_day(self, at_us: int) -> date:
        return (_EPOCH + at_us * _MICROSECOND).astimezone(ZoneInfo(self.zone)).date()

    def _day_start(self, day: date) -> int:
        return self._first_at(day, 0)

    def _first_at(self, day: date, minute: int) -> int:
        return _instant(ZoneInfo(self.zone), _wall(day, minute), fold=0)

    def _last_at(self, day: date, minute: int) -> int:
        # The end of a day is the beginning of the next, even where the hour after midnight is shown twice.
        return _instant(ZoneInfo(self.zone), _wall(day, minute), fold=0 if minute == DAY_MIN else 1)


def _wall(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minute)


def _instant(zone: ZoneInfo, wall: datetime, fold: int) -> int:
    """When the zone's clock shows `wall`; for a time that is jumped over, the jump."""
    earlier, later = sorted(_to_us(wall.replace(tzinfo=zone, fold=each)) for each in (0, 1))
    if earlier == later:
        return earlier
    if _shows(zone, earlier) == wall:  # shown twice
        return later if fold else earlier
    while later - earlier > 1:  # jumped over: the clock shows less before the jump and more after it
        middle = (earlier + later) // 2
        earlier, later = (earlier, middle) if _shows(zone, middle) >= wall else (middle, later)
    return later


def _to_us(when: datetime) -> int:
    return (when - _EPOCH) // _MICROSECOND


def _shows(zone: ZoneInfo, at_us: int) -> datetime:
    return (_EPOCH + at_us * _MICROSECOND).astimezone(zone).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=1024)
def _holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=region, years=year))


# --- reading ----------------------------------------------------------------------------------------------------------


def read_hours(values: Mapping[str, Any]) -> Hours:
    """From `{"zone": "Europe/Berlin", "weekly": {"mon": ["08:00-12:00", "13:00-24:00"]}, "exceptions":
    {"2026-12-24": []}, "holidays": "DE-BY"}`. Raises HoursError.
    """
    zone = values.get("zone")
    if not _is_zone(zone):
        raise HoursError("zone", "an IANA zone such as Europe/Berlin")
    weekly, exceptions = values.get("weekly", {}), values.get("exceptions", {})
    if not isinstance(weekly, Mapping) or not set(weekly) <= set(WEEKDAYS):
        raise HoursError("weekly", f"days out of {', '.join(WEEKDAYS)}")
    if not isinstance(exceptions, Mapping) or len(exceptions) > MAX_EXCEPTIONS:
        raise HoursError("exceptions", f"at most {MAX_EXCEPTIONS} days")
    country, region = _read_holidays(values.get("holidays"))
    return Hours(
        zone=str(zone),
        weekly=tuple(_read_day(f"weekly.{name}", weekly.get(name, ())) for name in WEEKDAYS),
        exceptions={_read_date(text): _read_day(f"exceptions.{text}", day) for text, day in exceptions.items()},
        holiday_country=country,
        holiday_region=region,
    )


def _is_zone(zone: object) -> bool:
    try:
        return isinstance(zone, str) and bool(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _read_date(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise HoursError("exceptions", "a date such as 2026-12-24") from None


def _read_day(where: str, spans: object) -> Day:
    if not isinstance(spans, (list, tuple)) or len(spans) > MAX_SPANS:
        raise HoursError(where, f"a list of at most {MAX_SPANS} spans")
    day = tuple(_read_span(where, span) for span in spans)
    if any(before.closes_min > after.opens_min for before, after in pairwise(day)):
        raise HoursError(where, "spans in order that do not overlap")
    return day


def _read_span(where: str, text: object) -> Span:
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise HoursError(where, "a span such as 08:00-12:30")
    opens_h, opens_min, closes_h, closes_min = map(int, found.groups())
    span = Span(opens_h * 60 + opens_min, closes_h * 60 + closes_min)
    if not span.opens_min < span.closes_min <= DAY_MIN:
        raise HoursError(where, "an opening before the closing, and 24:00 as the latest; a night is two spans")
    return span


def _read_holidays(code: object) -> tuple[str | None, str | None]:
    if code is None:
        return None, None
    country, _, region = code.partition("-") if isinstance(code, str) else ("", "", "")
    regions = holidays.list_supported_countries().get(country)
    if regions is None or (region and region not in regions):
        raise HoursError("holidays", "a country such as DE or a region such as DE-BY")
    return country, region or None
