"""How does an instant of ours (integer microseconds) become a timestamptz and come back without losing one of them?"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_datetime(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def to_us(instant: datetime) -> int:
    return (instant - EPOCH) // MICROSECOND


def written(bigint: str) -> str:
    """SQL: a bigint of microseconds as timestamptz. Exact: the factor stays below 2^53."""
    return f"'epoch'::timestamptz + {bigint} * interval '1 microsecond'"


def read(column: str) -> str:
    """SQL: a timestamptz as bigint of microseconds. Exact: `extract` is numeric since PostgreSQL 14."""
    return f"(extract(epoch from {column}) * 1000000)::bigint"


class Instant(TypeDecorator[int]):
    """A timestamptz in the database, an integer of microseconds here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else to_datetime(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> int | None:
        return None if value is None else to_us(value)
