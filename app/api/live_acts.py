"""A supervisor acts, over REST: what is done stands in supervising.py, which the socket uses as well."""

from fastapi import APIRouter, Request

from app.api.access import Access, Caller
from app.api.commanding import IdempotencyKey
from app.api.fields import Given
from app.api.supervising import (
    Acknowledge,
    Asked,
    Assign,
    CloseQueue,
    LiveDone,
    Monitor,
    Move,
    OnAgent,
    OpenQueue,
    Reprioritise,
    SetSkill,
    SetState,
    What,
    Withdraw,
    perform,
)

router = APIRouter(prefix="/v1/live", tags=["live"])


async def _do(what: What, wish: Given, request: Request, access: Access, key: str | None) -> LiveDone:
    return await perform(Asked(access, what, key, await request.body()), wish)


@router.post("/set_state")
async def live_set_state(body: SetState, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    return await _do("set_state", body, request, access, key)


@router.post("/log_out")
async def live_log_out(body: OnAgent, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    """Offline; the person's sessions end, and their desks close within seconds. A call on a phone goes on."""
    return await _do("log_out", body, request, access, key)


@router.post("/clear_flag")
async def live_clear_flag(body: OnAgent, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    return await _do("clear_flag", body, request, access, key)


@router.post("/set_skill")
async def live_set_skill(body: SetSkill, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    return await _do("set_skill", body, request, access, key)


@router.post("/move")
async def live_move(body: Move, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    """A waiting contact goes to another queue of its company; how long it has waited goes with it."""
    return await _do("move", body, request, access, key)


@router.post("/reprioritise")
async def live_reprioritise(
    body: Reprioritise, request: Request, access: Caller, key: IdempotencyKey = None
) -> LiveDone:
    """A waiting contact gets another value; its place follows from the head start of its queue."""
    return await _do("reprioritise", body, request, access, key)


@router.post("/assign")
async def live_assign(body: Assign, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    """A waiting contact is offered to this agent, also above capacity."""
    return await _do("assign", body, request, access, key)


@router.post("/withdraw")
async def live_withdraw(body: Withdraw, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    """An offer is taken back; the contact keeps its place, and for a while somebody else is asked."""
    return await _do("withdraw", body, request, access, key)


@router.post("/monitor")
async def live_monitor(body: Monitor, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    """Listen to a conversation, whisper to its agent, or join it, by your own phone; in the audit."""
    return await _do("monitor", body, request, access, key)


@router.post("/close_queue")
async def live_close_queue(body: CloseQueue, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    """It takes no new contacts; those that wait are served."""
    return await _do("close_queue", body, request, access, key)


@router.post("/open_queue")
async def live_open_queue(body: OpenQueue, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    return await _do("open_queue", body, request, access, key)


@router.post("/acknowledge")
async def live_acknowledge(body: Acknowledge, request: Request, access: Caller, key: IdempotencyKey = None) -> LiveDone:
    """Somebody has seen this alert."""
    return await _do("acknowledge", body, request, access, key)
