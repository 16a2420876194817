"""How do we speak with an Asterisk? One websocket: events come in their order, and requests go over it.

Asterisk 20.14, 21.9 and 22.4 take requests over the websocket of their events; an older one gets them by HTTP.
Source of the frames: docs.asterisk.org, "ARI REST over WebSocket".
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlencode

import aiohttp
import structlog

REQUEST_S = 5.0
BEAT_LATE_S = 0.05
OFFERED_S = 1.0  # so long may an answer over the websocket take before we believe that there is none
CONNECT_S = 5.0
FETCH_S = 60.0  # of a recording
EVENT_BYTES_MAX = 4_194_304  # the list of all channels is one frame
HEARTBEAT_S = 5.0

log = structlog.get_logger()

Method = Literal["GET", "POST", "PUT", "DELETE"]


class AriLost(Exception):
    """The connection went, or it is not ours to use: whether the request was done is unknown."""


class AriRefused(Exception):
    """Asterisk took the request and said no."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status


@dataclass(frozen=True, slots=True)
class AriAccess:
    url: str  # 'http://pbx:8088/ari'
    username: str
    password: str = field(repr=False)
    application: str  # the name that the dialplan's Stasis() names
    dial_out: str | None = None  # 'PJSIP/{number}@trunk': how a number outside is reached


@dataclass(slots=True)
class Ari:
    """One connection. `may_send`: a process that was stopped may no longer be the writer."""

    access: AriAccess
    may_send: Callable[[], bool]
    on_event: Callable[[Mapping[str, Any]], None]  # never waits: it is called from the one who reads
    _session: aiohttp.ClientSession | None = None
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _answers: dict[str, asyncio.Future[tuple[int, str]]] = field(default_factory=dict)
    _asked: int = 0
    _over_socket: bool = True

    async def open(self) -> None:
        """Raises AriLost, AriRefused (401: wrong name or password)."""
        authorization = aiohttp.encode_basic_auth(self.access.username, self.access.password)
        self._session = aiohttp.ClientSession(
            headers={"Authorization": authorization},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=REQUEST_S),
        )
        try:
            async with asyncio.timeout(CONNECT_S):
                self._socket = await self._session.ws_connect(
                    f"{self.access.url}/events?{urlencode({'app': self.access.application})}",
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=EVENT_BYTES_MAX,
                )
        except aiohttp.WSServerHandshakeError as refused:
            await self.close()
            raise AriRefused(refused.status, refused.message) from refused
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as lost:
            await self.close()
            raise AriLost(type(lost).__name__) from lost

    async def read(self) -> None:
        """Hands on events until the connection is gone."""
        assert self._socket is not None, "open first"
        async for frame in self._socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            try:
                self._take(json.loads(frame.data))
            except (ValueError, KeyError, TypeError, AttributeError):  # of another version: the others are heard
                log.exception("asterisk: unreadable")

    def _take(self, told: Mapping[str, Any]) -> None:
        if told.get("type") != "RESTResponse":
            self.on_event(told)
            return
        answer = self._answers.pop(told.get("request_id", ""), None)
        if answer is not None and not answer.done():
            answer.set_result((int(told["status_code"]), told.get("message_body") or ""))

    async def close(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(AriLost("closed"))
        self._answers.clear()
        socket, self._socket = self._socket, None
        session, self._session = self._session, None
        if socket is not None:
            await socket.close()
        if session is not None:
            await session.close()

    async def find_out_the_way(self) -> str:
        """Asterisk's version; also settles whether it takes requests over the websocket. Raises AriLost, AriRefused."""
        try:
            async with asyncio.timeout(OFFERED_S):
                said = await self.ask("GET", "asterisk/info", only="system")
        except TimeoutError:
            self._over_socket = False
            said = await self.ask("GET", "asterisk/info", only="system")
        return str(said["system"]["version"])

    async def ask(self, method: Method, *path: str, body: Mapping[str, Any] | None = None, **query: object) -> Any:
        """The answer's JSON, or None when it has none. Raises AriLost, AriRefused."""
        uri = "/".join(quote(part, safe="/") for part in path)
        if query:
            uri += f"?{urlencode({name: str(value) for name, value in query.items() if value is not None})}"
        await self._until_ours()
        try:
            if self._over_socket:
                status, text = await self._ask_over_socket(method, uri, body)
            else:
                status, text = await self._ask_by_http(method, uri, body)
        except (aiohttp.ClientError, OSError, ConnectionError) as lost:
            raise AriLost(type(lost).__name__) from lost
        if status >= 400:
            raise AriRefused(status, text[:200])
        return json.loads(text) if text else None

    async def _until_ours(self) -> None:
        """A beat that is a little late does not cost a request: it waits. Raises AriLost once somebody else has taken
        over, which closes the connection, or after REQUEST_S.
        """
        until_s = time.monotonic() + REQUEST_S
        while self._socket is not None and not self.may_send() and time.monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(BEAT_LATE_S)
        if self._socket is None or not self.may_send():
            raise AriLost("no connection")

    async def _ask_over_socket(self, method: Method, uri: str, body: Mapping[str, Any] | None) -> tuple[int, str]:
        assert self._socket is not None
        self._asked += 1
        number = str(self._asked)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        frame: dict[str, Any] = {"type": "RESTRequest", "request_id": number, "method": method, "uri": uri}
        if body is not None:
            frame |= {"content_type": "application/json", "message_body": json.dumps(body)}
        try:
            await self._socket.send_json(frame)
            async with asyncio.timeout(REQUEST_S):
                found: tuple[int, str] = await answer
                return found
        except TimeoutError as silent:
            raise AriLost("no answer") from silent
        finally:
            self._answers.pop(number, None)

    async def _ask_by_http(self, method: Method, uri: str, body: Mapping[str, Any] | None) -> tuple[int, str]:
        assert self._session is not None
        try:
            async with self._session.request(method, f"{self.access.url}/{uri}", json=body) as answer:
                return answer.status, await answer.text()
        except TimeoutError as silent:
            raise AriLost("no answer") from silent

    async def fetch(self, *path: str) -> bytes:
        """What is not JSON, always by HTTP: a stored recording. Raises AriLost, AriRefused."""
        if self._session is None:
            raise AriLost("no connection")
        uri = "/".join(quote(part, safe="/") for part in path)
        try:
            whole = aiohttp.ClientTimeout(total=FETCH_S)
            async with self._session.get(f"{self.access.url}/{uri}", timeout=whole) as answer:
                if answer.status >= 400:
                    raise AriRefused(answer.status, "")
                return await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as lost:
            raise AriLost(type(lost).__name__) from lost
