"""What does the floor look like now? The same records and figures that the live view's socket is sent."""

from typing import Any

from fastapi import APIRouter

from app.api.access import Access, Caller
from app.api.fields import Shown
from app.api.seats import scope_of
from app.problems import Problem
from app.rights import Forbidden
from screenpop.scope import Scope

router = APIRouter(prefix="/v1/live", tags=["live"])


class FloorShown(Shown):
    """`records` by key (queue/…, agent/…, contact/…, alert/…) and `figures` (queue/…, all), as the feed `live` has
    them (docs/live-protocol.md). `pos` is the number of the last event that is in them.
    """

    pos: int
    records: dict[str, dict[str, Any]]
    figures: dict[str, dict[str, Any]]


@router.get("")
async def read_live(access: Caller) -> FloorShown:
    """Large: for programs that look now and then. Who wants to follow opens the socket."""
    if access.doors.look is None:
        raise Problem(503, "live.none", "This process does not follow the floor", headers={"Retry-After": "1"})
    return FloorShown(**access.doors.look(floor_of(access)))


def floor_of(access: Access) -> Scope:
    """Raises Forbidden."""
    scope = scope_of(access.principal.grants)
    if scope is None:
        raise Forbidden
    return scope
