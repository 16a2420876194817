"""A wire between us and a mail server that a test can listen to, cut and muffle."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Wire:
    """`muffled`: from the next IDLE on nothing of the server's comes through, until the line is a new one; `hidden`:
    what the server offers and we shall not see.
    """

    to_port: int
    hidden: bytes = b""
    muffled: bool = False
    port: int = 0
    said: list[bytes] = field(default_factory=list)  # by us
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _lines: set[asyncio.Task[None]] = field(default_factory=set)

    def count(self, word: bytes) -> int:
        return sum(word in line for line in self.said)

    def cut(self) -> None:
        for each in list(self._open):
            each.transport.abort()

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._carry(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def end(self) -> None:
        self.cut()
        await asyncio.gather(*self._lines)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            writer.close()
            return
        self._open |= {writer, ours}
        idling = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._from_us(reader, ours, idling))
                group.create_task(self._to_us(theirs, writer, idling))
        except* (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            for each in (writer, ours):
                self._open.discard(each)
                each.close()

    async def _from_us(self, reader: asyncio.StreamReader, ours: asyncio.StreamWriter, idling: asyncio.Event) -> None:
        while line := await reader.readline():
            self.said.append(line)
            if b" IDLE\r\n" in line:
                idling.set()
            ours.write(line)
            await ours.drain()
        ours.close()

    async def _to_us(self, theirs: asyncio.StreamReader, writer: asyncio.StreamWriter, idling: asyncio.Event) -> None:
        while line := await theirs.readline():
            if self.hidden:
                line = line.replace(self.hidden, b"")
            if self.muffled and idling.is_set() and not line.startswith(b"+"):
                continue
            writer.write(line)
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def wire_to(port: int, hidden: bytes = b"") -> AsyncIterator[Wire]:
    wire = Wire(port, hidden)
    server = await asyncio.start_server(wire.take, "127.0.0.1", 0, limit=1_048_576)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        await wire.end()
