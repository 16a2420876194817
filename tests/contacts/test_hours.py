"""Is a company open exactly when its sign says so, also on days of 23 and 25 hours?"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contacts.hours import ALL_DAY, WEEKDAYS, Hours, HoursError, Span, read_hours

HOUR_US = 3_600 * 1_000_000
MINUTE_US = 60 * 1_000_000


def at(zone: str, text: str, fold: int = 0) -> int:
    when = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(when.timestamp()) * 1_000_000


def every_day(zone: str, *spans: str) -> Hours:
    return read_hours({"zone": zone, "weekly": dict.fromkeys(WEEKDAYS, spans)})


def open_minutes(hours: Hours, from_us: int, to_us: int) -> int:
    """The slow way: look at every minute."""
    return sum(hours.is_open(minute) for minute in range(from_us, to_us, MINUTE_US))


def test_a_working_day_opens_on_the_minute_and_closes_on_the_minute() -> None:
    hours = every_day("Europe/Berlin", "08:00-12:00", "13:00-17:30")
    noon = at("Europe/Berlin", "2026-11-23T12:00")

    assert not hours.is_open(at("Europe/Berlin", "2026-11-23T08:00") - 1)
    assert hours.is_open(at("Europe/Berlin", "2026-11-23T08:00"))
    assert hours.is_open(noon - 1)
    assert not hours.is_open(noon)
    assert hours.next_change(noon - 1) == noon
    assert hours.next_change(noon) == at("Europe/Berlin", "2026-11-23T13:00")
    assert hours.next_change(at("Europe/Berlin", "2026-11-23T17:30")) == at("Europe/Berlin", "2026-11-24T08:00")


def test_a_company_open_round_the_clock_is_not_closed_for_a_minute_at_midnight() -> None:
    hours = every_day("Europe/Berlin", "00:00-24:00")
    midnight = at("Europe/Berlin", "2026-11-24T00:00")

    assert all(hours.is_open(midnight + offset) for offset in (-MINUTE_US, -1, 0, 1, MINUTE_US))
    assert hours.next_change(midnight - HOUR_US) is None


def test_a_night_shift_does_not_close_at_midnight() -> None:
    hours = every_day("Asia/Shanghai", "00:00-06:00", "22:00-24:00")

    assert hours.next_change(at("Asia/Shanghai", "2026-11-23T22:00")) == at("Asia/Shanghai", "2026-11-24T06:00")
    assert hours.next_change(at("Asia/Shanghai", "2026-11-24T06:00")) == at("Asia/Shanghai", "2026-11-24T22:00")


@pytest.mark.parametrize(
    ("zone", "day", "length_h"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Asia/Shanghai", "2026-03-29", 24),
        ("Asia/Shanghai", "1986-05-04", 23),  # Shanghai had summer time from 1986 to 1991
        ("Asia/Shanghai", "1986-09-14", 25),
        ("America/Havana", "2026-11-01", 25),  # the hour after midnight is shown twice
        ("America/Santiago", "2026-09-06", 23),  # the day begins at 01:00
    ],
)
def test_an_open_day_is_as_long_as_the_local_day(zone: str, day: str, length_h: int) -> None:
    start = at(zone, day)
    next_day = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    hours = Hours(zone, (ALL_DAY,) * 7, exceptions={(datetime.fromisoformat(next_day)).date(): ()})

    assert hours.open_us_between(start - HOUR_US, start + 40 * HOUR_US) == (length_h + 1) * HOUR_US
    assert hours.next_change(start) == start + length_h * HOUR_US


def test_a_clock_change_closes_no_door_that_the_sign_calls_open() -> None:
    hours = every_day("Europe/Berlin", "01:30-02:30")
    jump = at("Europe/Berlin", "2026-03-29T03:00")  # 02:00 becomes 03:00
    back = at("Europe/Berlin", "2026-10-25T02:00", fold=1)  # 03:00 becomes 02:00

    # 02:30 does not exist: the hour that the clock jumps over ends the span at the jump.
    assert hours.next_change(jump - 30 * MINUTE_US) == jump
    # 02:30 comes twice: open until the second one, an hour longer than usual.
    assert hours.open_us_between(back - 2 * HOUR_US, back + HOUR_US) == 2 * HOUR_US
    assert hours.next_change(back - 90 * MINUTE_US) == back + 30 * MINUTE_US


def test_an_opening_that_the_clock_jumps_over_happens_at_the_jump() -> None:
    hours = every_day("America/New_York", "02:30-05:00")
    jump = at("America/New_York", "2026-03-08T03:00")

    assert not hours.is_open(jump - 1)
    assert hours.is_open(jump)
    assert hours.open_us_between(jump - HOUR_US, jump + 3 * HOUR_US) == 2 * HOUR_US


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Shanghai"])
@pytest.mark.parametrize("day", ["2026-03-07", "2026-03-28", "2026-10-24", "2026-10-31", "2026-11-24"])
def test_open_time_between_two_instants_is_what_looking_at_every_minute_gives(zone: str, day: str) -> None:
    hours = every_day(zone, "00:00-01:15", "02:15-02:45", "09:00-24:00")
    start = at(zone, f"{day}T05:00")
    end = start + 47 * HOUR_US

    assert hours.open_us_between(start, end) == open_minutes(hours, start, end) * MINUTE_US


@pytest.mark.parametrize(("day", "changes"), [("2026-10-24", 8), ("2026-11-24", 8), ("2026-03-28", 6)])
def test_changes_are_exactly_where_looking_at_every_minute_finds_them(day: str, changes: int) -> None:
    """In spring the span from 02:15 to 02:45 does not happen at all."""
    hours = every_day("Europe/Berlin", "00:00-01:15", "02:15-02:45", "22:00-24:00")
    start = at("Europe/Berlin", f"{day}T12:00")
    end = start + 40 * HOUR_US
    minutes = range(start + MINUTE_US, end, MINUTE_US)
    seen = [minute for minute in minutes if hours.is_open(minute) != hours.is_open(minute - 1)]

    told, now = [], start
    while (change := hours.next_change(now)) is not None and change < end:
        told.append(change)
        now = change

    assert told == seen
    assert len(told) == changes


def test_a_holiday_closes_and_an_exception_is_stronger_than_a_holiday() -> None:
    week = dict.fromkeys(WEEKDAYS, ("09:00-17:00",))
    hours = read_hours(
        {"zone": "Europe/Berlin", "weekly": week, "holidays": "DE-BY", "exceptions": {"2026-12-26": ["10:00-11:00"]}}
    )

    assert not hours.is_open(at("Europe/Berlin", "2026-12-25T10:00"))
    assert hours.is_open(at("Europe/Berlin", "2026-12-26T10:30"))
    assert not hours.is_open(at("Europe/Berlin", "2026-12-26T12:00"))
    assert not hours.is_open(at("Europe/Berlin", "2026-01-06T10:00"))  # Epiphany: in Bavaria only
    elsewhere = read_hours({"zone": "Europe/Berlin", "weekly": week, "holidays": "DE"})
    assert elsewhere.is_open(at("Europe/Berlin", "2026-01-06T10:00"))


def test_a_company_that_never_opens_has_no_next_change_and_no_open_time() -> None:
    hours = read_hours({"zone": "Asia/Shanghai"})
    now = at("Asia/Shanghai", "2026-11-23T10:00")

    assert not hours.is_open(now)
    assert hours.next_change(now) is None
    assert hours.open_us_between(now, now + 1000 * HOUR_US) == 0
    assert hours.open_us_between(now, now - HOUR_US) == 0


@pytest.mark.parametrize(
    ("values", "field_name"),
    [
        ({}, "zone"),
        ({"zone": "Europe/Bonn"}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"zone": "UTC", "weekly": {"monday": []}}, "weekly"),
        ({"zone": "UTC", "weekly": {"mon": ["8-12"]}}, "weekly.mon"),
        ({"zone": "UTC", "weekly": {"mon": ["08:00-24:01"]}}, "weekly.mon"),
        ({"zone": "UTC", "weekly": {"tue": ["22:00-06:00"]}}, "weekly.tue"),
        ({"zone": "UTC", "weekly": {"tue": ["08:00-12:00", "11:00-13:00"]}}, "weekly.tue"),
        ({"zone": "UTC", "weekly": {"tue": "08:00-12:00"}}, "weekly.tue"),
        ({"zone": "UTC", "weekly": {"tue": ["08:00-08:10"] * 9}}, "weekly.tue"),
        ({"zone": "UTC", "exceptions": {"24.12.2026": []}}, "exceptions"),
        ({"zone": "UTC", "exceptions": {"2026-12-24": [5]}}, "exceptions.2026-12-24"),
        ({"zone": "UTC", "exceptions": []}, "exceptions"),
        ({"zone": "UTC", "holidays": "XX"}, "holidays"),
        ({"zone": "UTC", "holidays": "DE-XX"}, "holidays"),
        ({"zone": "UTC", "holidays": 5}, "holidays"),
    ],
)
def test_wrong_hours_are_refused_with_the_field(values: dict[str, object], field_name: str) -> None:
    with pytest.raises(HoursError) as caught:
        read_hours(values)

    assert caught.value.field_name == field_name


def test_reading_keeps_every_span() -> None:
    hours = read_hours({"zone": "UTC", "weekly": {"mon": ["08:00-12:30", "12:30-24:00"], "sun": []}})

    assert hours.weekly[0] == (Span(480, 750), Span(750, 1440))
    assert hours.weekly[1:] == ((),) * 6
