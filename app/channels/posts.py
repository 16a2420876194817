"""How does a delivery leave the house? One POST, and the status that came back.

aiohttp and not the client of everything else: a fifth of its processor time a POST, and every call needs some
(docs/decisions/0011-deliveries-by-aiohttp.md).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import structlog

TIMEOUT_S = 5.0  # for all of it
ANSWER_BYTES_MAX = 4_096

log = structlog.get_logger()


class Posts:
    """Connections are kept open between deliveries; the first opens them, for they belong to the running loop.

    `may_send` is asked when the first byte is about to be written: a process that was stopped while it waited for a
    connection, or for its turn of the loop, is no longer the writer.
    """

    def __init__(self, may_send: Callable[[], bool] = lambda: True) -> None:
        self._may_send = may_send
        self._session: aiohttp.ClientSession | None = None
        self._away: dict[str, str] = {}  # provider that did not answer -> where; said once, however often it is tried

    async def post(self, provider_id: str, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        """The status, or None when nobody answered in time. Redirects are not followed: they were not signed for."""
        session = self._session = self._session or _opened()
        try:
            async with session.post(
                url, data=_Fenced(body, self._may_send), headers=headers, allow_redirects=False, proxy=proxy_to(url)
            ) as answer:
                await _take(answer)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            if not self._may_send():
                return None
            if self._away.get(provider_id) != url:
                log.warning("provider does not answer", provider=provider_id, error=type(error).__name__)
                self._away[provider_id] = url
            return None
        if self._away and self._away.pop(provider_id, None) is not None:
            log.info("provider answers again", provider=provider_id)
        return answer.status

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


async def _take(answer: aiohttp.ClientResponse) -> None:
    """A body that is read to its end leaves the connection open for the next; a long one is not worth it."""
    taken = 0
    async for piece in answer.content.iter_chunked(ANSWER_BYTES_MAX):
        taken += len(piece)
        if taken > ANSWER_BYTES_MAX:
            return


class _NotOurs(Exception):
    """It is somebody else's to send."""


class _Fenced(aiohttp.BytesPayload):
    """The client gets a connection first and writes to it in a later round of the loop: only then is it asked."""

    def __init__(self, body: bytes, may_send: Callable[[], bool]) -> None:
        super().__init__(body)
        self._may_send = may_send

    async def write_with_length(self, writer: aiohttp.abc.AbstractStreamWriter, content_length: int | None) -> None:
        if not self._may_send():
            raise _NotOurs
        await super().write_with_length(writer, content_length)


def _opened() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    return aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())


@lru_cache(maxsize=1_000)
def proxy_to(url: str) -> str | None:
    """As the environment says. Asked once: the client's own `trust_env` reads files in a thread at every POST."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
