"""How does a websocket come in and go? The same for desks and visitors: mounted as raw ASGI, one sender a socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from app.api.sending import Send, say_bye, send_frames
from app.api.tab import Closing, Socket

SOCKETS_MAX = 20_000  # of one kind
CLOSE_S = 2.0  # for the sender to say good-bye; a reader that takes nothing at all is left then

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(slots=True)
class Door:
    """Sockets of one kind; `serve` may raise Closing before there is anything to be sent."""

    serve: Callable[[Scope, Receive, Send], Awaitable[None]]
    count: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or (await receive())["type"] != "websocket.connect":
            return
        if self.count >= SOCKETS_MAX:
            await send({"type": "websocket.close", "code": 1013, "reason": "full"})
            return
        await send({"type": "websocket.accept"})
        self.count += 1
        try:
            await self.serve(scope, receive, send)
        except Closing as closing:
            await say_bye(send, closing)
        finally:
            self.count -= 1


@contextlib.asynccontextmanager
async def sending(socket: Socket, send: Send, leave: Callable[[], None]) -> AsyncIterator[None]:
    """Whatever is in its line is sent until it is closed, by itself, by us, or by whoever cancels us."""
    sender = asyncio.create_task(send_frames(socket, send))
    try:
        yield
    except Closing as closing:
        socket.close(closing.code, closing.why)
        await asyncio.wait({sender}, timeout=CLOSE_S)
    except asyncio.CancelledError:
        if socket.closing is None:
            raise
    finally:
        leave()
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)  # the wire may have broken under it
