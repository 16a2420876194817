"""A line between the writer and PostgreSQL that is cut at COMMIT: the answer to the turn's statement never comes."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlsplit

WRITER = b"jackfield writer"  # application_name, in the first packet of a connection
LATE_S = 0.25

# What becomes of the statement that holds the mark.
Cut = Literal[
    "before it left",  # never reaches the database
    "after it was done",  # done, and the answer is lost
    "at once",  # both ends at the same moment: done or not, nobody knows
    "and it arrives late",  # we are told the line is dead; the database gets it a moment later
]
CUTS: tuple[Cut, ...] = ("before it left", "after it was done", "at once", "and it arrives late")


@dataclass(slots=True)
class Line:
    """TCP on our side, PostgreSQL's own address on the other. Other connections than the writer's are left alone."""

    database_url: str
    marks: tuple[bytes, ...] = ()  # all in the bytes of a statement's arguments
    cut: Cut | None = None
    cuts: int = 0
    port: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Of the same database, through this line."""
        return f"postgresql://postgres@127.0.0.1:{self.port}{urlsplit(self.database_url).path}"

    def arm(self, cut: Cut, *marks: bytes) -> None:
        """The next statement of the writer with these marks is cut; once."""
        self.cut, self.marks = cut, marks

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            db_reader, db_writer = await self._to_database()
            back = asyncio.create_task(_pump(db_reader, writer))
            try:
                await self._forward(reader, writer, db_writer, back)
            finally:
                back.cancel()
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await back
                db_writer.close()
                writer.close()

    async def _to_database(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        place = urlsplit(self.database_url)
        folder = parse_qs(place.query).get("host", [""])[0]
        if folder:
            port = parse_qs(place.query).get("port", ["5432"])[0]
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        return await asyncio.open_connection(place.hostname, place.port or 5432)

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        db_writer: asyncio.StreamWriter,
        back: asyncio.Task[None],
    ) -> None:
        is_writer = False
        while data := await reader.read(65_536):
            is_writer = is_writer or WRITER in data
            if is_writer and self.cut is not None and all(mark in data for mark in self.marks):
                cut, self.cut, self.cuts = self.cut, None, self.cuts + 1
                await self._cut(cut, data, writer, db_writer, back)
                return
            db_writer.write(data)
            await db_writer.drain()

    async def _cut(
        self,
        cut: Cut,
        data: bytes,
        writer: asyncio.StreamWriter,
        db_writer: asyncio.StreamWriter,
        back: asyncio.Task[None],
    ) -> None:
        back.cancel()  # nothing of the answer comes through any more
        with contextlib.suppress(asyncio.CancelledError):
            await back
        match cut:
            case "before it left":
                pass
            case "after it was done":
                db_writer.write(data)
                await db_writer.drain()
                await asyncio.sleep(LATE_S)
            case "at once":
                db_writer.write(data)
            case "and it arrives late":
                writer.transport.abort()
                await asyncio.sleep(LATE_S)
                db_writer.write(data)
                await db_writer.drain()
                await asyncio.sleep(LATE_S)
        writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()
