"""By which token is a mailbox entered that has no password? Asked of the company's provider, and anew before it ends.

    POST the token endpoint     grant_type=refresh_token&refresh_token=…&client_id=…&client_secret=…&scope=…
    200 {"access_token": "…", "expires_in": 3600, "refresh_token": "…"}        the last only where it is a new one

RFC 6749, section 6. A provider that gives a new refresh token with each answer takes the old one back: the new one is
kept before anything is done with the rest of the answer.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from pydantic_core import from_json

from app.channels.mail.access import MailTrouble
from app.channels.posts import proxy_to
from app.channels.public_names import PublicNames
from app.reach import may_be_asked
from app.seals import SECRET_CHARACTERS_MAX

TIMEOUT_S = 15.0
ANSWER_BYTES_MAX = 65_536
TOKEN_CHARACTERS_MAX = 8_192
LIFE_S = 3_600  # where the answer says nothing
LIFE_MAX_S = 86_400
RENEWED_AFTER = 0.8  # of a token's life
ASK_AGAIN_S = 3.0  # after a token was not to be had, or was of no use: until then everybody is told the same

# The provider was reached and says that it will not: somebody has to consent anew, or the client is another.
_OVER = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "access_denied"})


@dataclass(frozen=True, slots=True)
class Grant:
    token_url: str
    client_id: str
    scope: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(slots=True)
class Tokens:
    """Of one mailbox. `grant` reads what is kept, `keep` keeps a new refresh token."""

    grant: Callable[[], Awaitable[Grant]]
    keep: Callable[[str], Awaitable[None]]
    inside: bool = False
    _token: str = field(default="", repr=False)
    _until_s: float = 0.0
    _unkept: str = field(default="", repr=False)  # no database when it came: it is the only one that is good
    _trouble: MailTrouble | None = None
    _asked_s: float = float("-inf")
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self) -> str:
        """Raises MailTrouble, and what the database may raise."""
        async with self._one:
            if self._unkept:
                await self.keep(self._unkept)
                self._unkept = ""
            if self._token and time.monotonic() < self._until_s:
                return self._token
            if self._trouble is not None and time.monotonic() < self._asked_s + ASK_AGAIN_S:
                raise MailTrouble(self._trouble.word, self._trouble.said)
            grant = await self.grant()
            self._asked_s = time.monotonic()
            try:
                told = await _asked(grant, self.inside)
            except MailTrouble as trouble:
                self._trouble = trouble
                raise
            await self._take(told, grant)
            return self._token

    def refused(self, trouble: MailTrouble) -> None:
        """The mail server does not accept what it was given, whatever its life: the next one is another."""
        self._token, self._trouble = "", trouble

    async def _take(self, told: Mapping[str, Any], before: Grant) -> None:
        token, life_s = told["access_token"], told.get("expires_in", LIFE_S)
        is_number = isinstance(life_s, int | float) and not isinstance(life_s, bool) and life_s > 0
        self._token, self._trouble = token, None
        self._until_s = self._asked_s + RENEWED_AFTER * (min(life_s, LIFE_MAX_S) if is_number else LIFE_S)
        anew = told.get("refresh_token")
        if isinstance(anew, str) and _is_token(anew, SECRET_CHARACTERS_MAX) and anew != before.refresh_token:
            self._unkept = anew
            await self.keep(anew)
            self._unkept = ""


async def _asked(grant: Grant, inside: bool) -> dict[str, Any]:
    """The answer, with an access token in it."""
    if not may_be_asked(grant.token_url, inside=inside):
        raise MailTrouble("inside")
    form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token, "client_id": grant.client_id}
    form |= {"client_secret": grant.client_secret} if grant.client_secret else {}
    form |= {"scope": grant.scope} if grant.scope else {}
    proxy = proxy_to(grant.token_url)
    connector = aiohttp.TCPConnector(resolver=None if proxy or inside else PublicNames())
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session,
            session.post(grant.token_url, data=form, headers=headers, allow_redirects=False, proxy=proxy) as answer,
        ):
            return _read(answer.status, await _body(answer))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as away:
        raise MailTrouble("token", type(away).__name__) from away


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for piece in answer.content.iter_chunked(ANSWER_BYTES_MAX):
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            raise MailTrouble("token", "too large")
    return body


def _read(status: int, body: bytes) -> dict[str, Any]:
    """Nothing of an answer is said on but a word that the standard knows."""
    try:
        told = from_json(body)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    if status in (400, 401, 403) and told.get("error") in _OVER:
        raise MailTrouble("grant", told["error"])
    if status != 200 or not _is_token(told.get("access_token"), TOKEN_CHARACTERS_MAX):
        raise MailTrouble("token", f"status {status}")
    return told


def _is_token(told: Any, most: int) -> bool:
    return isinstance(told, str) and 0 < len(told) <= most and told.isascii() and told.isprintable()
