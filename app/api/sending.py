"""How do frames leave a socket? One task each; nobody else ever waits for its reader."""

import contextlib
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from app.api.tab import Closing, Socket

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def send_frames(socket: Socket, send: Send) -> None:
    """Until it is closed."""
    while True:
        while socket.frames and socket.closing is None:
            frame = socket.frames.pop(0)
            socket.queued_bytes -= len(frame)
            socket.sending_since = time.monotonic()
            await send({"type": "websocket.send", "text": frame.decode()})
            socket.sending_since = None
            socket.tell_room()
        if socket.closing is not None:
            await say_bye(send, socket.closing)
            return
        await socket.has_something()


async def say_bye(send: Send, closing: Closing) -> None:
    with contextlib.suppress(Exception):  # the other side may be gone already
        bye = {"t": "bye", "code": closing.code, "why": closing.why, "after_ms": 800}
        await send({"type": "websocket.send", "text": json.dumps(bye)})
        await send({"type": "websocket.close", "code": closing.code, "reason": closing.why[:120]})
