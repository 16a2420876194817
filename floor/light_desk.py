"""How does a thousand agents' worth of frames cost next to nothing? A desk that looks for a few words in each frame.

One call at a time, every offer accepted at once, every wrap-up finished at once. It speaks the protocol as agent.py
does, but it keeps no records: what it needs of a frame stands at known words. Only for measuring.
"""

import asyncio
import json
import time
from collections.abc import Callable

from floor.http_line import Place
from floor.websocket import Websocket

_SEGMENT = b'"segment/'
_OFFERED, _WRAP_UP, _DROP, _CONTACT = (
    b'"state":"offered"',
    b'"state":"wrap_up"',
    b'"drop":[',
    b'"contact_id":"',
)
_UUID = 36
SEATED_S = 60.0


class LightDesk:
    """`on_offer(contact id, monotonic s)` and `on_done()`: an offer came, a wrap-up was finished and left the desk."""

    def __init__(
        self, number: int, run: str, on_offer: Callable[[str, float], None], on_done: Callable[[], None]
    ) -> None:
        self._ids, self._next = f"{run}-0000-4000-8000-{number:05x}", 0
        self._on_offer, self._on_done = on_offer, on_done
        self._socket = Websocket(self._hear, self._lost)
        self._last: tuple[bytes, bytes] = (b"", b"")  # what was done last, and to which segment
        self.frames = self.sent = self.refused = 0
        self.first_problem = b""
        self._seated = asyncio.Event()
        self.is_ready = False

    async def sit_down(self, place: Place, ticket: str, buffer_bytes: int | None = None) -> None:
        """Until the first snapshot is there; `buffer_bytes` as for the websocket. Raises Refused, OSError,
        TimeoutError.
        """
        await self._socket.connect(place, "/ws", buffer_bytes=buffer_bytes)
        feeds = [{"feed": "desk", "pos": None}]
        self._socket.send(json.dumps({"t": "hello", "v": 1, "ticket": ticket, "tab": "load", "feeds": feeds}).encode())
        async with asyncio.timeout(SEATED_S):
            await self._seated.wait()

    def get_ready(self) -> None:
        self._do(b'"what":"choose","chosen":"ready"')

    def leave(self) -> None:
        self._socket.close()

    def _hear(self, text: bytes) -> None:
        self.frames += 1
        kind = text[6:10]
        if kind == b"turn":
            self._take(text)
        elif kind == b"ping":
            self._socket.send(b'{"t":"pong","n":%d}' % json.loads(text)["n"])
        elif kind == b"snap":
            self._seated.set()
            self._take(text)
        elif kind == b"refu":
            self.refused += 1
            self.first_problem = self.first_problem or text

    def _take(self, text: bytes) -> None:
        if not self.is_ready and b'"chosen":"ready"' in text:
            self.is_ready = True
        at = text.find(_SEGMENT)
        if at < 0:
            return
        dropped = text.find(_DROP)  # after `put`, with the card beside the segment
        if dropped >= 0 and text.find(_SEGMENT, dropped) >= 0:
            self._on_done()
        if _OFFERED in text:
            self._offered(text)
        elif _WRAP_UP in text:
            self._act(b"finish", self._segment(text, _WRAP_UP))

    def _offered(self, text: bytes) -> None:
        now_s = time.monotonic()
        if self._act(b"accept", self._segment(text, _OFFERED)):
            found = text.find(_CONTACT) + len(_CONTACT)
            self._on_offer(text[found : found + _UUID].decode(), now_s)

    def _segment(self, text: bytes, state: bytes) -> bytes:
        """The key that stands before this state."""
        at = text.rfind(_SEGMENT, 0, text.find(state)) + len(_SEGMENT)
        return text[at : at + _UUID]

    def _act(self, what: bytes, segment: bytes) -> bool:
        """A record is shown again when something else of it changes; what was asked is not asked twice."""
        if self._last == (what, segment):
            return False
        self._last = (what, segment)
        self._do(b'"what":"%s","segment":"%s"' % (what, segment))
        return True

    def _do(self, rest: bytes) -> None:
        self._next += 1
        self.sent += 1
        command_id = f"{self._ids}{self._next:07x}".encode()
        self._socket.send(b'{"t":"do","id":"%s",%s}' % (command_id, rest))

    def _lost(self, code: int) -> None:
        self.first_problem = self.first_problem or b"the socket was closed with %d" % code
        self.refused += 1
