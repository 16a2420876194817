"""What comes out of a phone: SIPp speaks SIP, its sound goes to and comes from here, packet by packet (RFC 3550)."""

import asyncio
import struct
from types import TracebackType

import numpy as np

from tests.pbx.sound import RATE, mu_law, mu_law_samples, sine

PACKET = 160  # samples, 20 ms
KEPT_S = 2.0


class Ear(asyncio.DatagramProtocol):
    """Plays one tone and keeps the last seconds of what it hears; in its `async with` block it is there."""

    def __init__(self, hertz: float, kept_s: float = KEPT_S) -> None:
        self.hertz = hertz
        self.kept_s = kept_s
        self.port = 0
        self._heard: list[tuple[float, bytes]] = []  # when it came, µ-law
        self._transport: asyncio.DatagramTransport | None = None
        self._playing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Ear":
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = int(self._transport.get_extra_info("sockname")[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        kind = data[1] & 0x7F
        if self._playing is None:
            self._playing = loop.create_task(self._play(addr))
        if kind == 0:
            self._heard.append((loop.time(), data[12:]))
            while self._heard[0][0] < loop.time() - self.kept_s:
                self._heard.pop(0)

    async def _play(self, to: tuple[str, int]) -> None:
        """To where the first packet came from, as a phone behind a router does it."""
        assert self._transport is not None
        sound = mu_law(sine(self.hertz, 2.0))
        loop = asyncio.get_running_loop()
        began = loop.time()
        number = 0
        while True:
            head = struct.pack(">BBHII", 0x80, 0, number & 0xFFFF, number * PACKET, int(self.hertz))
            first = number * PACKET % len(sound)
            self._transport.sendto(head + sound[first : first + PACKET], to)
            number += 1
            await asyncio.sleep(max(0.0, began + number * PACKET / RATE - loop.time()))

    def heard(self, seconds: float = 1.0) -> bytes:
        """The last of it; 16 bits, 8,000 a second. Nothing where nothing came."""
        since = asyncio.get_running_loop().time() - seconds
        sound = b"".join(sound for at, sound in self._heard if at >= since)
        return (mu_law_samples(sound) * 32767).astype(np.dtype("<i2")).tobytes()
