"""How does the floor ask over HTTP without costing more than what it asks?

One keep-alive connection, one request at a time. A full client costs more than the server's answer, and generator,
server and database share the same cores. Set-up, where speed does not matter, uses httpx2 (company.py).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

ANSWER_BYTES_MAX = 16 * 1024 * 1024
CONNECT_TIMEOUT_S = 5.0


class LineLost(ConnectionError):
    """The connection went away before the answer was complete; whether the request was carried out is unknown."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]  # lower-case names


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Place":
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"{url!r}: expected http://host:port")
        return cls(parts.hostname, parts.port or 80)


class Line(asyncio.Protocol):
    """Opens its connection when it is asked to send and has none."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._buffer = bytearray()
        self._host = f"Host: {place.host}:{place.port}\r\n".encode()

    async def post(self, path: str, headers: Mapping[str, str], body: bytes, timeout_s: float = 5.0) -> Answer:
        return await self.ask("POST", path, headers, body, timeout_s)

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", timeout_s: float = 5.0
    ) -> Answer:
        """Raises LineLost, TimeoutError, OSError; after each the next call opens a new connection."""
        if self._answer is not None:
            raise AssertionError("one request at a time")
        if self._transport is None:
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.create_connection(lambda: self, self._place.host, self._place.port)
        assert self._transport is not None
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        head = f"{method} {path} HTTP/1.1\r\n".encode() + self._host + lines
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            self._answer = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        self._buffer.clear()

    # --- what the connection says -------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass
        self._buffer.clear()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            answer, used = read_answer(self._buffer)
        except ValueError as why:
            self._fail(LineLost(str(why)))
            return
        if answer is None:
            return
        del self._buffer[:used]
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)
        if answer.headers.get("connection", "").lower() == "close":
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(LineLost(str(exc or "closed by the server")))

    def _fail(self, why: LineLost) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(why)


def read_answer(buffer: bytes | bytearray) -> tuple[Answer | None, int]:
    """The first complete answer and its length, or None while it is incomplete. Raises ValueError."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None, 0
    status_line, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(status_line.split(" ", 2)[1])
    start = end + 4
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body, used = _chunks(buffer, start)
        return (None, 0) if body is None else (Answer(status, body, headers), used)
    length = 0 if status in (204, 304) else int(headers.get("content-length", "0"))
    if length > ANSWER_BYTES_MAX:
        raise ValueError(f"an answer of {length} bytes")
    if len(buffer) < start + length:
        return None, 0
    return Answer(status, bytes(buffer[start : start + length]), headers), start + length


def _chunks(buffer: bytes | bytearray, at: int) -> tuple[bytes | None, int]:
    body = bytearray()
    while True:
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return None, 0
        size = int(bytes(buffer[at:line]).split(b";")[0], 16)
        if size > ANSWER_BYTES_MAX:
            raise ValueError(f"a chunk of {size} bytes")
        if len(buffer) < line + 2 + size + 2:
            return None, 0
        body += buffer[line + 2 : line + 2 + size]
        at = line + 2 + size + 2
        if size == 0:
            return bytes(body), at
