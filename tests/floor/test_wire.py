"""Do the floor's own light clients speak what real servers speak?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
import websockets

from floor.http_line import Line, LineLost, Place
from floor.listener import Listener
from floor.websocket import Refused, Websocket


@asynccontextmanager
async def served(app: Callable[..., Awaitable[None]]) -> AsyncIterator[Place]:
    """An ASGI app under uvicorn on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    yield Place("127.0.0.1", server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await task


async def echo(scope: dict, receive: Callable, send: Callable) -> None:  # type: ignore[type-arg]
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message.get("more_body", False)
    if scope["path"] == "/lost":
        raise RuntimeError("no answer")
    await send({"type": "http.response.start", "status": 201, "headers": [(b"x-path", scope["path"].encode())]})
    for start in range(0, len(body), 1000):
        await send({"type": "http.response.body", "body": body[start : start + 1000], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def test_a_line_is_used_again_and_reads_chunked_answers():
    async with served(echo) as place:
        line = Line(place)
        answers = [await line.post(f"/{n}", {"X-Test": "1"}, b"a" * n) for n in (0, 10, 5000)]
        line.close()

    assert [(answer.status, len(answer.body)) for answer in answers] == [(201, 0), (201, 10), (201, 5000)]
    assert answers[2].headers["x-path"] == "/5000"


async def test_a_line_whose_server_goes_away_says_so_and_opens_another():
    hung_up, finished = asyncio.Event(), asyncio.Semaphore(0)

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if hung_up.is_set():
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
            await reader.read()
        hung_up.set()
        writer.close()
        finished.release()

    async with await asyncio.start_server(once, "127.0.0.1", 0) as server:
        line = Line(Place("127.0.0.1", server.sockets[0].getsockname()[1]))
        with pytest.raises(LineLost):
            await line.post("/", {}, b"")
        second = await line.post("/", {}, b"")
        line.close()
        await finished.acquire()
        await finished.acquire()

    assert second.status == 204


async def test_the_listener_answers_each_post_of_a_connection():
    seen = []

    def take(headers, body):  # type: ignore[no-untyped-def]
        seen.append((headers["webhook-id"], body))
        return 200, body[::-1]

    listener = Listener(take)
    line = Line(Place("127.0.0.1", await listener.start()))
    answers = [await line.post("/", {"webhook-id": str(n)}, body) for n, body in enumerate((b"ab", b"x" * 100_000))]
    line.close()
    await listener.stop()

    assert seen == [("0", b"ab"), ("1", b"x" * 100_000)]
    assert [answer.body for answer in answers] == [b"ba", b"x" * 100_000]


async def test_the_websocket_speaks_with_the_library_in_every_frame_size():
    """Lengths around 125, 126, 65535 and 65536 take other headers; a fragmented message arrives as one."""
    sizes = (0, 1, 125, 126, 65_535, 65_536, 200_000)
    got: list[bytes] = []
    closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def mirror(connection: websockets.ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)
            if message == "parts":
                await connection.send(["in ", "three ", "parts"])
                await (await connection.ping())
                await connection.close(4008)
                return

    async with websockets.serve(mirror, "127.0.0.1", 0, compression=None, max_size=None) as server:
        socket = Websocket(got.append, closed.set_result)
        await socket.connect(Place("127.0.0.1", server.sockets[0].getsockname()[1]), "/ws")
        for size in sizes:
            socket.send(b"a" * size)
        socket.send(b"parts")
        code = await asyncio.wait_for(closed, 5)

    assert [len(message) for message in got[: len(sizes)]] == list(sizes)
    assert got[len(sizes) :] == [b"parts", b"in three parts"]
    assert code == 4008
    assert not socket.is_open


async def test_a_refused_websocket_names_the_status():
    async with served(echo) as place:
        socket = Websocket(lambda text: None, lambda code: None)
        with pytest.raises(Refused) as refusal:
            await socket.connect(place, "/ws")

    assert refusal.value.status in (201, 400, 403, 426, 500)
