"""What can go wrong between us and the database, as the writer has to tell it apart?"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg


class FenceLost(Exception):
    """Another process holds the domain: nothing was written. Discard the engine, stop being the writer."""


class DataError(Exception):
    """The database refused what was to be written, and nothing of it was: the turn is at fault."""


class ConnectionLost(Exception):
    """No answer: whether it was written is unknown."""


# What no retry can cure: values, keys and CHECKs, sizes beyond a limit of the database.
_REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,  # text that is none: NUL, a lone surrogate
    OverflowError,
)
# Faults of the program itself: neither data nor the wire, so they are not for the writer to handle.
_OURS = (asyncpg.SyntaxOrAccessError,)
# InternalClientError: the driver is asked while it still digests the end of its connection.
_LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError, EOFError)


@contextmanager
def told_apart() -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except _OURS:
        raise
    except _REFUSED as refused:
        raise DataError(_said(refused)) from refused
    except _LOST as lost:
        raise ConnectionLost(_said(lost)) from lost


def _said(error: Exception) -> str:
    """Without the row it speaks of: values must not reach a log."""
    constraint = getattr(error, "constraint_name", None)
    if isinstance(error, asyncpg.PostgresError) and getattr(error, "sqlstate", None):
        return f"{type(error).__name__} {error.sqlstate}" + (f" {constraint}" if constraint else "")
    return type(error).__name__
