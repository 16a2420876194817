"""What does a company's own system say? One signed POST of a flow's question; the answer is a flat JSON object.

    POST https://crm.example/balance     {"account": "4711"}        signed as Standard Webhooks 1.0.0 says
    200 {"balance": "12.50", "days": 3}                             found
    404                                                             there is no such thing

Anything else is no answer: another status, a redirect (it was not signed for), what is too large, nested or unreadable.
"""

import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from pydantic_core import from_json, to_json

from app.channels.posts import proxy_to
from app.channels.public_names import PublicNames
from app.reach import may_be_asked
from app.signatures import sign

ANSWER_BYTES_MAX = 16_384
VALUES_MAX = 30
VALUE_CHARACTERS_MAX = 200
NUMBER_MAX = 2**63  # of a whole one
TIMEOUT_S = 15.0  # whoever asks has a limit of their own, and a shorter one

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")  # as flows call a part of what was found


@dataclass(frozen=True, slots=True)
class Endpoint:
    url: str
    secrets: Sequence[str] = field(repr=False)  # live ones, the newest first


class NoAnswer(Exception):
    """Nothing that a flow could go on with; says why, and nothing of what was asked or told."""


class Endpoints:
    """`inside`: the operator lets companies ask within the installation's own network."""

    def __init__(self, *, inside: bool = False) -> None:
        self._inside = inside
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # by whether a proxy goes for us

    async def ask(self, endpoint: Endpoint, question_id: str, by: Mapping[str, str]) -> dict[str, str] | None:
        """What was found; None: there is no such thing. Raises NoAnswer. How long to wait is the asker's affair."""
        if not may_be_asked(endpoint.url, inside=self._inside):
            raise NoAnswer("this address is not allowed")
        body = to_json(dict(by))
        headers = sign(endpoint.secrets, question_id, time.time(), body) | {
            "content-type": "application/json", "accept": "application/json", "accept-encoding": "identity",
        }  # fmt: skip
        proxy = proxy_to(endpoint.url)
        try:
            async with self._session(proxy is not None).post(
                endpoint.url, data=body, headers=headers, allow_redirects=False, proxy=proxy
            ) as answer:
                if answer.status == 404:
                    return None
                if answer.status != 200:
                    raise NoAnswer(f"status {answer.status}")
                return read_answer(await _body(answer))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise NoAnswer(type(error).__name__) from error

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def _session(self, by_proxy: bool) -> aiohttp.ClientSession:
        """Opened when first needed, for it belongs to the running loop. A proxy resolves names by its own rules."""
        if by_proxy not in self._sessions:
            resolver = None if by_proxy or self._inside else PublicNames()
            self._sessions[by_proxy] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a small answer may be a large one packed
            )
        return self._sessions[by_proxy]


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for piece in answer.content.iter_chunked(ANSWER_BYTES_MAX):
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            raise NoAnswer("it is too large")
    return body


def read_answer(body: bytes) -> dict[str, str]:
    """Names to texts. Raises NoAnswer."""
    try:
        told = from_json(body, allow_inf_nan=False)
    except ValueError as unreadable:
        raise NoAnswer("it is not JSON") from unreadable
    if not isinstance(told, dict) or len(told) > VALUES_MAX:
        raise NoAnswer(f"it is no object of at most {VALUES_MAX} values")
    kept = texts_of(told)
    if len(kept) < len(told):
        raise NoAnswer("a name or a value is not as expected")
    return kept


def texts_of(told: Mapping[str, Any]) -> dict[str, str]:
    """What of it a flow can name and say."""
    texts = {name: _text(value) for name, value in told.items() if NAME.fullmatch(name)}
    return {name: text for name, text in texts.items() if text is not None}


def _text(value: Any) -> str | None:
    """None: neither a short text that can be shown nor a number."""
    match value:
        case bool():
            return None
        case str() if len(value) <= VALUE_CHARACTERS_MAX and value.isprintable():
            return value
        case int() if abs(value) < NUMBER_MAX:
            return str(value)
        case float() if math.isfinite(value):
            return str(value)
        case _:
            return None
