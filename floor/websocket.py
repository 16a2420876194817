"""How does one process hold a thousand desks' websockets? RFC 6455, client side, text frames, no extensions.

A library's client costs about as much a frame as the server's side does; the generator must stay light. This one is
held against the `websockets` library in its tests.
"""

import asyncio
import os
import socket
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1
from typing import cast

from floor.http_line import CONNECT_TIMEOUT_S, Place, read_answer

MESSAGE_BYTES_MAX = 4 * 1024 * 1024
_ACCEPT_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(ConnectionError):
    """The server did not take the websocket."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the websocket was refused with status {status}")
        self.status = status


class Websocket(asyncio.Protocol):
    """`on_text` is called with each message, `on_close` once with the close code (1006: the connection was lost)."""

    def __init__(self, on_text: Callable[[bytes], None], on_close: Callable[[int], None]) -> None:
        self._on_text, self._on_close = on_text, on_close
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._parts = bytearray()
        self._open: asyncio.Future[None] | None = None
        self._key = b64encode(os.urandom(16))
        self._code = 1006
        self._told = False

    async def connect(
        self, place: Place, path: str, origin: str | None = None, buffer_bytes: int | None = None
    ) -> None:
        """`buffer_bytes`: what the kernel keeps for us while we do not read; None: what it likes.

        Raises Refused, OSError, TimeoutError.
        """
        loop = asyncio.get_running_loop()
        self._open = loop.create_future()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                if buffer_bytes is None:
                    await loop.create_connection(lambda: self, place.host, place.port)
                else:
                    narrow = await _narrow(place, buffer_bytes)
                    await loop.create_connection(lambda: self, sock=narrow)
                assert self._transport is not None
                host = f"{place.host}:{place.port}"
                self._transport.write(
                    f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    f"Origin: {origin or 'http://' + host}\r\nSec-WebSocket-Version: 13\r\n"
                    f"Sec-WebSocket-Key: {self._key.decode()}\r\n\r\n".encode()
                )
                await self._open
        except BaseException:
            self._told = True
            self.abort()
            raise

    @property
    def is_open(self) -> bool:
        return self._transport is not None and self._open is not None and self._open.done()

    def send(self, text: bytes) -> None:
        """Silently nothing when the connection is gone: who keeps commands sends them again after a reconnect."""
        self._frame(TEXT, text)

    def close(self, code: int = 1000) -> None:
        self._frame(CLOSE, code.to_bytes(2, "big"))
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """As a laptop that falls asleep: no farewell."""
        if self._transport is not None:
            self._transport.abort()

    def stop_reading(self) -> None:
        """As a page that hangs: what comes stays with the kernel, until that has no room left."""
        if self._transport is not None:
            self._transport.pause_reading()

    def read_on(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def _frame(self, opcode: int, payload: bytes) -> None:
        if self._transport is None:
            return
        # A masking key of zeros is a masking key: the payload stays as it is and costs nothing.
        length = len(payload)
        if length < 126:
            head = bytes((0x80 | opcode, 0x80 | length, 0, 0, 0, 0))
        elif length < 65536:
            head = bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2, "big") + b"\0\0\0\0"
        else:
            head = bytes((0x80 | opcode, 0x80 | 127)) + length.to_bytes(8, "big") + b"\0\0\0\0"
        self._transport.write(head + payload)

    # --- what the connection says -------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if self._open is not None and not self._open.done():
            buffer = self._shake_hands(buffer)
        self._buffer = self._read_frames(buffer) if self._open is None or self._open.done() else buffer

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._open is not None and not self._open.done():
            self._open.set_exception(ConnectionError("lost during the opening handshake"))
        elif not self._told:
            self._told = True
            self._on_close(self._code)

    def _shake_hands(self, buffer: bytes) -> bytes:
        assert self._open is not None
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return buffer
        if not buffer.startswith(b"HTTP/1.1 101"):
            answer, _ = read_answer(buffer[: end + 4].replace(b"ontent-", b"-"))
            self._open.set_exception(Refused(answer.status if answer else 0))
            return b""
        proof = b64encode(sha1(self._key + _ACCEPT_KEY).digest())
        if proof not in buffer[:end]:
            self._open.set_exception(ConnectionError("the server did not prove that it speaks websocket"))
            return b""
        self._open.set_result(None)
        return buffer[end + 4 :]

    def _read_frames(self, buffer: bytes) -> bytes:
        """Takes every complete frame; returns the rest."""
        at, size = 0, len(buffer)
        while size - at >= 2:
            first, length = buffer[at], buffer[at + 1]
            start = at + 2
            if length == 126:
                start += 2
                if size < start:
                    break
                length = int.from_bytes(buffer[start - 2 : start], "big")
            elif length == 127:
                start += 8
                if size < start:
                    break
                length = int.from_bytes(buffer[start - 8 : start], "big")
            if length > MESSAGE_BYTES_MAX:
                self.abort()
                return b""
            if size < start + length:
                break
            at = start + length
            if first == 0x81 and not self._parts:
                self._on_text(buffer[start:at])
            else:
                self._odd_frame(first, buffer[start:at])
        return buffer[at:]

    def _odd_frame(self, first: int, payload: bytes) -> None:
        opcode, final = first & 0x0F, first & 0x80
        if opcode == PING:
            self._frame(PONG, payload)
        elif opcode == CLOSE:
            self._code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            self._frame(CLOSE, payload[:2])
            if self._transport is not None:
                self._transport.close()
        elif opcode in (0, TEXT):
            self._parts += payload
            if final:
                text, self._parts = bytes(self._parts), bytearray()
                self._on_text(text)


async def _narrow(place: Place, buffer_bytes: int) -> socket.socket:
    """A connection whose receive buffer is bounded before the first byte, so that the window never grows."""
    narrow = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        narrow.setblocking(False)
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        await asyncio.get_running_loop().sock_connect(narrow, (place.host, place.port))
    except BaseException:
        narrow.close()
        raise
    return narrow
