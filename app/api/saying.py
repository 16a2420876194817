"""What does a page say, is it readable, and where does it want to sit?"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from app.api.tab import BAD_FRAME, RIGHTS_CHANGED, Closing, Seat
from app.frames import Do, Hello, Pong, Resume, read_frame

HELLO_S = 5.0
COMMAND_BYTES_MAX = 65_536


def placed(seat: Seat, hello: Hello) -> Seat:
    """Who only watches takes nobody's seat. Raises Closing: no agent, or nothing to be seen."""
    if not hello.takes_a_seat:
        seat = replace(seat, agent_id=None)
    elif seat.agent_id is None:
        raise Closing(RIGHTS_CHANGED, "no_agent")
    if seat.scope is None and any(wish.feed == "live" for wish in hello.feeds):
        raise Closing(RIGHTS_CHANGED, "no live")
    return seat


async def hello_of(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> Hello:
    try:
        message = await asyncio.wait_for(receive(), HELLO_S)
    except TimeoutError as late:
        raise Closing(BAD_FRAME, "no hello") from late
    if message["type"] == "websocket.disconnect":
        raise Closing(1001, "gone")
    frame = read(message)
    if not isinstance(frame, Hello):
        raise Closing(BAD_FRAME, "hello first")
    return frame


def read(message: MutableMapping[str, Any]) -> Hello | Resume | Pong | Do:
    text = message.get("text")
    if text is None or len(text) > COMMAND_BYTES_MAX:
        raise Closing(BAD_FRAME, "text frames of at most 64 KiB")
    try:
        return read_frame.validate_json(text)
    except ValidationError as bad:
        error = bad.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in error["loc"])
        raise Closing(BAD_FRAME, f"{where}: {error['type']}"[:120]) from bad


def origin_of(scope: MutableMapping[str, Any]) -> str | None:
    for name, value in scope["headers"]:
        if name == b"origin":
            return str(value, "latin-1")
    return None
