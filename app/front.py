"""Which part answers at which path? The websocket, the API, and the built pages."""

import mimetypes
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.api.deliveries import is_delivery

# Rendered by the browser from one document; a contact's page has the contact's id behind it.
PAGES = (
    "/", "/login", "/desk", "/live", "/figures", "/faq", "/canned-answers", "/spam", "/admin", "/settings",
    "/wallboard", "/callback", "/call",
)  # fmt: skip
OF_A_CONTACT = re.compile(r"/contacts/[0-9a-f-]{36}")


def policy(phone_origins: Sequence[str] = ()) -> str:
    """`phone_origins`: of the Asterisks at which softphones register; a page speaks to nobody else but us."""
    return "; ".join(
        (
            "default-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # the component library writes its theme into style elements
            "img-src 'self' data:",
            "font-src 'self' data:",
            "media-src 'self' blob:",  # a recording is fetched once and played from the page's memory
            " ".join(("connect-src 'self'", *phone_origins)),
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )


async def _no_phones() -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Front:
    web_dir: Path
    api: Any
    sockets: Any
    deliveries: Any
    visitors: Any
    phone_origins: Callable[[], Awaitable[Sequence[str]]] = _no_phones

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            if scope["path"] == "/ws":
                await self.sockets(scope, receive, send)
            elif scope["path"] == "/ws/visitor":
                await self.visitors(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 4404})
            return
        if scope["type"] == "http" and is_delivery(scope):
            await self.deliveries(scope, receive, send)
            return
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            file = self._file(scope["path"])
            if file is not None:
                await _answer(file, policy(await self.phone_origins()), scope, send)
                return
        await self.api(scope, receive, send)

    def _file(self, path: str) -> Path | None:
        """A built file of the pages, and nothing outside their folder."""
        if path in PAGES or OF_A_CONTACT.fullmatch(path):
            index = self.web_dir / "index.html"
            return index if index.is_file() else None
        if not path.startswith("/assets/") and path.count("/") != 1:
            return None
        try:
            file = (self.web_dir / path.lstrip("/")).resolve()
            return file if file.is_relative_to(self.web_dir.resolve()) and file.is_file() else None
        except (OSError, ValueError):  # a name that no file can have: too long, or with a NUL
            return None


async def _answer(file: Path, allowed: str, scope: Any, send: Any) -> None:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    kept = b"public, max-age=31536000, immutable" if file.parent.name == "assets" else b"no-cache"
    body = file.read_bytes()
    headers = [
        (b"content-security-policy", allowed.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"content-type", (f"{kind}; charset=utf-8" if kind.startswith("text/") else kind).encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", kept),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})
