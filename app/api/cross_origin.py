"""Which pages of others may ask? The public doors of widgets and links alone; whether a site may show one, they say.

A browser asks before it sends JSON to another origin. No cookie is ever sent or taken here, so that the answer to
anybody's page tells nothing that a program could not read as well.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders

from app.api.widgets import is_origin

OPEN_PATHS = ("/v1/chat/", "/v1/call-me", "/v1/callbacks/by-link")
KEPT_S = 600  # what a browser was answered


@dataclass(frozen=True, slots=True)
class CrossOrigin:
    app: Callable[[Any, Any, Any], Awaitable[None]]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(OPEN_PATHS):
            await self.app(scope, receive, send)
            return
        origin = Headers(scope=scope).get("origin")
        if origin is None or not is_origin(origin):
            await self.app(scope, receive, send)
            return

        async def send_open(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["access-control-allow-origin"] = origin
                headers.append("vary", "origin")
            await send(message)

        if scope["method"] == "OPTIONS":
            await _answer(send_open)
        else:
            await self.app(scope, receive, send_open)


async def _answer(send: Callable[[Any], Awaitable[None]]) -> None:
    headers = [
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-max-age", str(KEPT_S).encode()),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
