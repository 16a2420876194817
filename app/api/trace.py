"""What was asked, by whom, and how long did it take? A line and a measure each; never a body, never an address.

Also the last net: whatever a route let through becomes a problem here, so that no log ever quotes what was sent.
"""

import re
import time

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from app.api.problems import of_any, response_of
from app.problems import Problem

REQUEST_ID = "x-request-id"

log = structlog.get_logger(__name__)

_QUIET = frozenset({"healthz", "readyz", "metrics", "receive_telephony_events"})  # many and alike: counted, not told
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_requests = Counter("http_requests_total", "Requests answered", ["operation", "status"])
_seconds = Histogram(
    "http_request_seconds",
    "From the request's head to the answer's end",
    ["operation"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


class Trace:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = time.monotonic(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers.setdefault("cache-control", "no-store")
                headers.setdefault("x-content-type-options", "nosniff")
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except Exception as found:
            problem = of_any(found) or _fault(found, request_id)
            if status:
                raise problem from None  # half of an answer is out: only the end of the connection can say so
            await response_of(problem)(scope, receive, sent)
        finally:
            _tell(scope, status, time.monotonic() - began)


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _ACCEPTED_ID.fullmatch(given) else str(uuid7())


def _fault(found: Exception, request_id: str) -> Problem:
    # The text of an exception may quote what was sent; its kind and place are enough to find the fault.
    log.error("a fault of ours", exception=type(found).__name__, at=_frames(found), request_id=request_id)
    return Problem(500, "internal", "A fault of ours; it has been noted", request_id=request_id)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    operation = getattr(scope.get("route"), "name", None) or "none"
    _requests.labels(operation, str(status)).inc()
    _seconds.labels(operation).observe(seconds)
    state = scope["state"]
    if operation in _QUIET and status < 400:
        return
    log.info(
        "request",
        operation=operation,
        method=scope["method"],
        status=status,
        ms=round(seconds * 1000, 1),
        request_id=state["request_id"],
        principal=state.get("principal"),
    )


def _frames(found: BaseException) -> list[str]:
    """The last frames, innermost first."""
    frames, at = [], found.__traceback__
    while at is not None:
        frames.append(f"{at.tb_frame.f_code.co_filename.rpartition('/')[2]}:{at.tb_lineno}")
        at = at.tb_next
    return frames[::-1][:8]
