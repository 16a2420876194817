"""What is refused before any route sees it? Bodies that are too large, or neither JSON nor the sound that is wanted,
and text no database can hold.

A raw ASGI layer: it reads the body itself, up to the route's bound, so that 10 MB cost 64 KiB. A NUL or a lone
surrogate would abort a whole turn of the writer; both are refused here with the field named, in body, path and query.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import response_of
from app.problems import FieldError, Problem, pointer_of

BODY_BYTES_MAX = 65_536
BULK_BODY_BYTES_MAX = 2 * 1_048_576
QUERY_BYTES_MAX = 8_192
BULK_PATHS = frozenset({"/v1/agents/bulk", "/v1/users/bulk", "/v1/customers/bulk", "/v1/faq/bulk", "/v1/tickets"})
BULK_FOLDER = "/v1/flows"  # whose texts are long
FAX_PATHS, FAX_BODY_BYTES_MAX = ("/v1/faxes", "/v1/fax-receptions"), 8 * 1_048_576  # with its document in it
FILE_PATHS = re.compile("/v1/chat/attach|/v1/contacts/[^/]+/files")  # with the file in them, as long as a fax
FILES_END, FILES_BODY_BYTES_MAX = "/draft/files", 21 * 1_048_576  # 15 MB in base64
WAVE_PATH, WAVE_TYPES = "/v1/prompts", ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave")

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_JSON = re.compile(r"application/(json|[a-z0-9.+-]+\+json)\s*(;.*)?", re.IGNORECASE)
# Escapes of NUL and of surrogates, and a surrogate in raw bytes; a hit is only a suspicion (😀 is two escapes).
_SUSPICIOUS = re.compile(rb"\\u0000|\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")


class Bounds:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            _check_address(scope)
            body = await _read(scope, receive)
            _check_body(scope, body)
        except Problem as problem:
            await response_of(problem)(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()  # waits for the asker to go away
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _read(scope: Scope, receive: Receive) -> bytes:
    is_bulk = scope["path"] in (*BULK_PATHS, WAVE_PATH) or scope["path"].startswith(BULK_FOLDER)
    most = BULK_BODY_BYTES_MAX if is_bulk else BODY_BYTES_MAX
    if scope["path"] in FAX_PATHS or FILE_PATHS.fullmatch(scope["path"]):
        most = FAX_BODY_BYTES_MAX
    most = FILES_BODY_BYTES_MAX if scope["path"].endswith(FILES_END) else most
    announced = Headers(scope=scope).get("content-length", "0")
    if not announced.isascii() or not announced.isdigit() or len(announced) > 15 or int(announced) > most:
        raise _too_large(most)
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""  # the asker has gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(most: int) -> Problem:
    return Problem(413, "request.too_large", f"The body is larger than {most} bytes", limit_bytes=most)


# --- text -------------------------------------------------------------------------------------------------------------


def _check_address(scope: Scope) -> None:
    path, query = scope.get("raw_path") or b"", scope.get("query_string", b"")
    if len(query) > QUERY_BYTES_MAX:
        raise Problem(414, "request.query_too_long", f"The query is longer than {QUERY_BYTES_MAX} bytes")
    if b"%" not in path and b"%" not in query and path.isascii() and query.isascii():
        return
    for step in path.partition(b"?")[0].split(b"/"):
        if not _is_text(step):
            raise _not_text([FieldError("/path", "not text: NUL or not UTF-8", "validation.text", "path")])
    for pair in query.split(b"&"):
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        if not (_is_text(name) and _is_text(value)):
            pointer = pointer_of([unquote_to_bytes(name).decode("utf-8", "replace").replace("\0", "\ufffd")])
            raise _not_text([FieldError(pointer, "not text: NUL or not UTF-8", "validation.text", "query")])


def _is_text(quoted: bytes) -> bool:
    raw = unquote_to_bytes(quoted)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in raw


def _check_body(scope: Scope, body: bytes) -> None:
    if not body or scope["method"] not in _WITH_BODY:
        return
    if scope["path"] == WAVE_PATH:
        _require_wave(scope)
        return
    if not _JSON.fullmatch(Headers(scope=scope).get("content-type", "")):
        raise Problem(
            415, "request.not_json", "The body must be application/json", headers={"Accept": "application/json"}
        )
    if b"\0" in body:
        raise Problem(400, "request.malformed", "The body is not JSON in UTF-8")
    if _SUSPICIOUS.search(body) is None:
        return
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return  # the route says so in its own words
    errors = [
        FieldError(pointer, "text must hold no NUL and no lone surrogate", "validation.text")
        for pointer in _bad_strings(parsed)
    ]
    if errors:
        raise _not_text(errors)


def _require_wave(scope: Scope) -> None:
    media_type = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in WAVE_TYPES:
        title = f"The body must be {WAVE_TYPES[0]}"
        raise Problem(415, "request.not_wave", title, headers={"Accept": ", ".join(WAVE_TYPES)})


def _not_text(errors: list[FieldError]) -> Problem:
    return Problem(422, "validation.failed", "Some fields are not as expected", errors)


def _bad_strings(parsed: Any) -> Iterator[str]:
    """Pointers to strings and keys that hold NUL or a lone surrogate; without recursion, the depth is the sender's."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), parsed)]
    while waiting:
        steps, value = waiting.pop()
        match value:
            case str():
                if _is_bad(value):
                    yield pointer_of(steps)
            case Mapping():
                for key, inside in value.items():
                    if _is_bad(key):
                        yield pointer_of([*steps, key.encode("utf-8", "replace").decode().replace("\0", "?")])
                    waiting.append(((*steps, key), inside))
            case list():
                waiting.extend(((*steps, index), inside) for index, inside in enumerate(value))


def _is_bad(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)
