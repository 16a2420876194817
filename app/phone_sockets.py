"""To which other machines may a page speak? Only to the Asterisks whose WebRTC is configured, by their origins."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

KEPT_S = 5.0
READ_S = 1.0  # a page is served without them rather than late

log = structlog.get_logger()


def origins_of(sockets: Iterable[str]) -> list[str]:
    """As a Content-Security-Policy names them, each once; of an address that is none, nothing."""
    parts = [urlsplit(each) for each in sockets]
    return sorted({f"{each.scheme}://{each.netloc.rpartition('@')[2]}" for each in parts if each.netloc})


@dataclass(slots=True)
class PhoneSockets:
    """Read again when they are a little old; while the database is away the last ones hold."""

    read: Callable[[], Awaitable[list[str]]]
    _origins: list[str] = field(default_factory=list)
    _read_at_s: float | None = None

    async def origins(self) -> list[str]:
        now_s = time.monotonic()
        if self._read_at_s is None or now_s - self._read_at_s > KEPT_S:
            self._read_at_s = now_s
            try:
                async with asyncio.timeout(READ_S):
                    self._origins = origins_of(await self.read())
            except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as away:
                log.warning("phone sockets", error=type(away).__name__)
        return self._origins
