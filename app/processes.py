"""Which loops run in which role, and how do they begin and end?"""

import asyncio
import contextlib
import gc
import signal
import socket
from asyncio.transports import BaseTransport
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import structlog
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.settings import Settings
from app.store.embedded import Embedded, start_embedded
from app.store.health import beat_age_s
from app.store.migrate import upgrade
from app.wiring import DOMAIN_ID, Process, wire

START_S = 30.0
SECOND_LOOK_S = 1.2  # more than two beats
SOCKET_BYTES_MAX = 65_536
UNSENT_BYTES_MAX = 65_536  # that the kernel keeps of a socket
GOOD_BYE_S = 3.0
COLLECT_AT = (20_000, 10, 50)  # looking for rings after every 700 births costs a tenth of a core

log = structlog.get_logger()

Prepare = Callable[[Process], Awaitable[None]]
Farewell = Callable[[], Awaitable[None]]


class SocketProtocol(WebSocketsSansIOProtocol):
    """Of a thousand sockets that are open all day each keeps as little as it can."""

    def connection_made(self, transport: BaseTransport) -> None:
        """What a page does not take waits with us, where the latest replaces the older, and not with the kernel."""
        super().connection_made(transport)
        wire = transport.get_extra_info("socket")
        with contextlib.suppress(AttributeError, OSError):  # not everywhere
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES_MAX)

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.accept":
            self.request = self.response = None  # type: ignore[assignment]  # 3 KiB that nobody reads again

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """Whoever takes nothing would never take the good-bye either."""
        super().on_task_complete(task)
        self.loop.call_later(GOOD_BYE_S, self.transport.abort)


class Server(uvicorn.Server):
    """Signals are ours: the turn hands over before the doors close."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings, prepare: Prepare | None = None, farewell: Farewell | None = None) -> None:
    """Everything in one process until SIGINT or SIGTERM. `prepare` runs after wiring and before the first turn,
    `farewell` once we were told to stop and while everything still works.
    """
    embedded = await start_embedded(settings.home) if settings.embedded else None
    try:
        url = embedded.url if embedded else str(settings.database_url)
        if embedded is not None or settings.role == "all":
            await upgrade(settings.database_owner_url or url, url)
        process = wire(settings, url)
        if prepare is not None:
            await prepare(process)
        await run(process, embedded, farewell)
    finally:
        if embedded is not None:
            await embedded.stop()


async def run(process: Process, embedded: Embedded | None = None, farewell: Farewell | None = None) -> None:
    """The loops of this role. When one of them ends, the process ends: nothing dies silently."""
    settings = process.settings
    server = Server(
        uvicorn.Config(
            process.asgi,
            host=settings.host,
            port=settings.port,
            ws=SocketProtocol,
            ws_per_message_deflate=False,
            ws_max_size=SOCKET_BYTES_MAX,
            ws_ping_interval=None,
            access_log=False,
            log_config=None,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=int(settings.shutdown_grace_s),
        )
    )
    await _when_database_answers(process)
    if settings.redis_url is None:
        await _must_be_alone(process)
    loops: list[tuple[str, Coroutine[Any, Any, None]]] = [("bus", process.bus.run())]
    if settings.role in ("all", "writer"):
        loops += [
            ("switchboard", process.switchboard.run()),
            ("sweeps", process.sweeps.run()),
            ("asterisks", process.exchanges.lines.run()),
            ("mailboxes", process.mailrooms.rooms.run()),
        ]
        if settings.lmtp_place is not None:
            loops.append(("lmtp", process.mail_door.listen(*settings.lmtp_place)))
    if settings.role in ("all", "api"):
        loops += [("sockets", process.sockets.beat()), ("visitors", process.visitors.beat())]
    loops += [("follower", process.follower.run()), ("server", _listen(server))]
    if embedded is not None:
        loops.append(("database", embedded.watch()))
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AT)
    await _until_told_to_stop(process, server, loops, farewell)


async def _until_told_to_stop(
    process: Process, server: Server, loops: list[tuple[str, Coroutine[Any, Any, None]]], farewell: Farewell | None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    tasks = {name: asyncio.create_task(work) for name, work in loops}
    told = asyncio.create_task(_told(stop))
    done, _ = await asyncio.wait({told, *tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
    for name, task in tasks.items():
        if task in done and not stop.is_set():
            log.error("a loop ended", loop=name, error=repr(task.exception()) if not task.cancelled() else "cancelled")
    told.cancel()
    if farewell is not None and told in done:
        await farewell()
    await _stop(process, server, tasks)
    for task in done:
        if task is not told and not stop.is_set():
            task.result()  # raises what ended it


async def _told(stop: asyncio.Event) -> None:
    await stop.wait()


async def _stop(process: Process, server: Server, tasks: dict[str, asyncio.Task[None]]) -> None:
    """Hand over first, so that another writer goes on; then let the doors finish what they have begun."""
    process.switchboard.stop()
    if "switchboard" in tasks:
        await asyncio.wait({tasks["switchboard"]}, timeout=process.settings.shutdown_grace_s)
    process.sockets.close_all()
    process.visitors.close_all()
    server.should_exit = True
    await asyncio.wait({tasks["server"]}, timeout=process.settings.shutdown_grace_s)
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    await process.effects.stop()
    await process.look_ups.stop()
    await process.bus.close()
    await process.posts.close()
    await process.endpoints.close()
    await process.database.dispose()


class AlreadyServed(RuntimeError):
    """Without a bus a second process could bring no command to the writer."""


async def _must_be_alone(process: Process) -> None:
    """A beat that goes on is somebody's; one that does not is of a process that was killed a moment ago."""
    async with process.database.engine.connect() as connection:
        first_s = await beat_age_s(connection, DOMAIN_ID)
    if first_s is None or first_s > SECOND_LOOK_S:
        return
    await asyncio.sleep(SECOND_LOOK_S)
    async with process.database.engine.connect() as connection:
        second_s = await beat_age_s(connection, DOMAIN_ID)
    if second_s is not None and second_s < SECOND_LOOK_S:
        raise AlreadyServed("another process serves this database; stop it, or set REDIS_URL for both")


async def _listen(server: uvicorn.Server) -> None:
    try:
        await server.serve()
    except asyncio.CancelledError:
        server.should_exit = True
        raise
    except SystemExit as ended:  # the port is taken: uvicorn has said so
        raise RuntimeError("the server could not listen") from ended


async def _when_database_answers(process: Process) -> None:
    deadline = asyncio.get_running_loop().time() + START_S
    while True:
        try:
            await process.clock.start()
            await process.follower.start()
            return
        except Exception as error:
            if asyncio.get_running_loop().time() > deadline:
                raise
            log.warning("waiting for the database", error=type(error).__name__)
            await asyncio.sleep(0.5)
