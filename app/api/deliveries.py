"""How do the busiest deliveries come in? Past the framework's router, which knows them for the document alone.

A webhook of telephony needs neither dependencies nor a model of its body from the framework, and those cost as much
again as all that we do with it. What every door has stays: the bounds, the trace, and the last net.
"""

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.bounds import Bounds
from app.api.trace import Trace

PATH = re.compile(r"/telephony/([^/]+)/events")


class Deliveries:
    """`receive` answers the delivery of one provider, given the request and the provider's id in the path."""

    name = "receive_telephony_events"  # the operation, as the trace calls it

    def __init__(self, receive: Callable[[Request, str], Awaitable[Response]]) -> None:
        self._receive = receive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self
        found = PATH.fullmatch(scope["path"])
        assert found is not None, "only what is_delivery goes this way"
        response = await self._receive(Request(scope, receive), found.group(1))
        await response(scope, receive, send)


def door(receive: Callable[[Request, str], Awaitable[Response]]) -> ASGIApp:
    return Trace(Bounds(Deliveries(receive)))


def is_delivery(scope: Scope) -> bool:
    return scope["method"] == "POST" and PATH.fullmatch(scope["path"]) is not None
