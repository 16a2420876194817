"""How is the network of one browser cut? By a cable to the server that is pulled: what goes in is lost, untold."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

AT_ONCE = 65_536


@dataclass(slots=True)
class Cable:
    """Pulled, connections stay open and say nothing; plugged in again, what was open before is dead."""

    server_port: int
    port: int = 0
    goes_out: bool = True
    comes_back: bool = True
    lost: int = 0  # pieces
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def plug_in(self) -> None:
        for each in list(self._open):
            each.transport.abort()
        self.goes_out = self.comes_back = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):  # the server may be down
            theirs, ours = await asyncio.open_connection("127.0.0.1", self.server_port)
            self._open.add(ours)
            await asyncio.gather(self._pump(reader, ours, "goes_out"), self._pump(theirs, writer, "comes_back"))
            self._open.discard(ours)
        writer.close()
        self._open.discard(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(AT_ONCE):
                if getattr(self, way):
                    writer.write(data)
                    await writer.drain()
                else:
                    self.lost += 1
        if getattr(self, way):  # of an end nobody hears either
            writer.close()

    async def end(self) -> None:
        self.plug_in()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def cable_to(server_port: int) -> AsyncIterator[Cable]:
    cable = Cable(server_port)
    listening = await asyncio.start_server(cable.serve, "127.0.0.1", 0)
    cable.port = listening.sockets[0].getsockname()[1]
    try:
        yield cable
    finally:
        listening.close()
        await cable.end()
