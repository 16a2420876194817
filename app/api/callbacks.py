"""How does a customer ask to be called, at a time of theirs, and think better of it?

A site's server asks with its key; whoever asked has a link with which they put it off or give it up. Where may be
called, how often and how many at once, the writer decides (app/callbacks.py).
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.expected_wait import SERVED_MIN, Waits, expected
from app import call_hours, callback_links
from app.api.access import Access, Caller
from app.api.acts import envelope_of, new_id
from app.api.arriving import Collected
from app.api.calling import Number, entry_of_call
from app.api.commanding import RequiredIdempotencyKey, command
from app.api.fields import Given, Id, Ms, Shown, Zone
from app.api.problems import invalid, not_found, reply_problem
from app.commands import ChangeCallback, RequestCallback
from app.problems import Problem
from app.store import callbacks, companies, queues
from contacts.destination import read_rules
from contacts.hours import read_hours
from contacts.record import replace
from contacts.words import DAY_US, SECOND_US

router = APIRouter(prefix="/v1/callbacks", tags=["calling"])

AHEAD_MAX_US = 14 * DAY_US
SLOTS_MAX = 200
DIGITS_SHOWN = 3  # of the number, to whoever has the link

Source = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern="^[!-~]+$")]
At = Annotated[Ms, Field(description="Business time, within fourteen days; absent: as soon as somebody is there")]
State = Literal["planned", "waiting", "under_way", "over"]


class NewCallback(Given):
    """`visitor` and `address` say who asks, as the site knows them: each may ask for a few calls an hour. They are kept
    as keyed digests only.
    """

    company_id: Id
    queue_id: Id
    number: Number
    at_ms: At | None = None
    zone: Zone | None = Field(None, description="where they are: they are rung between 8 and 21 h of their own day")
    first: Literal["agent", "customer"] = Field(
        "agent", description="`customer`: they are rung at once, or at their time, and wait on the line for an agent"
    )
    visitor: Source | None = None
    address: Source | None = Field(None, description="the internet address from which it was asked for")
    collected: Collected = Field({})


class CallbackMade(Shown):
    """`already`: one to this number was pending in this queue, and stays where it is. `at_ms` null: it waits already.
    `token` opens it: the page `/callback#<token>`, or the routes by-link.
    """

    contact_id: Id
    already: bool
    at_ms: int | None
    token: str


class SlotsQuery(Given):
    model_config = ConfigDict(extra="forbid", strict=False)

    queue_id: Id
    zone: Zone | None = None
    days: int = Field(7, ge=1, le=14)


class SlotShown(Shown):
    at_ms: int
    free: int


class SlotsShown(Shown):
    """Half hours in which somebody may be called. The wait is that of the queue's last callers: half of them were
    served within `low_s`, nine of ten within `high_s`; null: too few are known, or it is closed.
    """

    is_open: bool
    low_s: int | None
    high_s: int | None
    items: list[SlotShown]


class LinkGiven(Given):
    token: Annotated[str, StringConstraints(min_length=20, max_length=callback_links.TOKEN_MAX, pattern="^[!-~]+$")]


class Move(LinkGiven):
    at_ms: At


class CallbackShown(Shown):
    """What whoever has the link may know. `number_ends` are the last digits of the number."""

    state: State
    company: str
    queue: str | None
    number_ends: str
    at_ms: int | None
    zone: str | None
    slots: list[SlotShown]


@router.post("", status_code=201)
async def request_callback(
    body: NewCallback, request: Request, response: Response, access: Caller, key: RequiredIdempotencyKey
) -> CallbackMade:
    """The customer waits in the queue like a caller and is rung when an agent is there, in the queue's hours."""
    access.require_company(body.company_id)
    at_us = read_at_us(access, body.at_ms)
    entry = await entry_of_call(
        access, body.queue_id, body.number, {body.company_id}, key, collected=body.collected
    )  # fmt: skip
    sources = sources_of(access, visitor=body.visitor, address=body.address)
    wish = RequestCallback(entry, body.number, sources, at_us, body.zone, body.first)
    reply = await command(access, wish, key, await request.body())
    response.status_code = reply.status
    return made(access, reply.body)


@router.get("/slots")
async def read_callback_slots(query: Annotated[SlotsQuery, Query()], access: Caller) -> SlotsShown:
    """In the queue's hours and between 8 and 21 h of their day, with how many may still be called in each."""
    async with access.reading() as conn:
        queue = await queues.current(conn, query.queue_id, access.companies)
        if queue is None:
            raise not_found("queue", "/queue_id", "query")
        return await slots_shown(conn, queue, query.zone, access.doors.now_us(), query.days)


@router.post("/by-link")
async def read_callback_by_link(body: LinkGiven, request: Request, access: Caller) -> CallbackShown:
    """What the page of the link shows. Whoever has the link needs nothing else."""
    return await _shown(access, await _linked(access, body, request))


@router.post("/by-link/move")
async def move_callback_by_link(body: Move, request: Request, access: Caller) -> CallbackShown:
    """Another time, while nobody is calling them this moment."""
    contact_id = await _linked(access, body, request)
    await _change(access, ChangeCallback(contact_id, read_at_us(access, body.at_ms)))
    return await _shown(access, contact_id)


@router.post("/by-link/cancel")
async def cancel_callback_by_link(body: LinkGiven, request: Request, access: Caller) -> CallbackShown:
    """They are not called. One that is over stays over: that is no error."""
    contact_id = await _linked(access, body, request)
    before = await _shown(access, contact_id)
    if before.state == "over":
        return before
    await _change(access, ChangeCallback(contact_id, None))
    return await _shown(access, contact_id)


async def _change(access: Access, wish: ChangeCallback) -> None:
    """It is the customer who asks. Raises Problem 404 and 409, and NoWriter."""
    reply = await access.doors.submit(replace(envelope_of(access, new_id(), b"", wish), actor="customer"))
    if reply.status >= 400:
        raise reply_problem(reply)


def read_at_us(access: Access, at_ms: int | None) -> int | None:
    """Raises Problem 422."""
    if at_ms is None:
        return None
    if at_ms * 1000 > access.doors.now_us() + AHEAD_MAX_US:
        raise invalid("/at_ms", "a time within fourteen days", "callback.too_far")
    return at_ms * 1000


def made(access: Access, told: Mapping[str, Any]) -> CallbackMade:
    token = callback_links.issue(access.porter.signing_key, told["contact_id"])
    at_ms = None if told.get("at_us") is None else told["at_us"] // 1000
    return CallbackMade(contact_id=told["contact_id"], already=told["already"], at_ms=at_ms, token=token)


def sources_of(access: Access, **known: str | None) -> tuple[str, ...]:
    """Whoever asks, as digests by which only their repeats are known."""
    said = [f"{kind}:{value}" for kind, value in known.items() if value]
    key = access.porter.signing_key
    return tuple(hmac.new(key, f"callback:{each}".encode(), hashlib.sha256).hexdigest()[:32] for each in said)


async def _linked(access: Access, body: LinkGiven, request: Request) -> str:
    """The contact of the link. Raises Problem 401 and 429."""
    address = request.client.host if request.client else "unknown"
    await access.porter.limiting.log_in(f"callback:{body.token[-12:]}", address)
    contact_id = callback_links.read(access.porter.signing_key, body.token)
    if contact_id is None:
        raise Problem(401, "callback.link", "This link opens nothing")
    return contact_id


async def _shown(access: Access, contact_id: str) -> CallbackShown:
    """Raises Problem 404: it was erased."""
    now_us = access.doors.now_us()
    async with access.reading() as conn:
        row = await callbacks.read(conn, contact_id)
        if row is None:
            raise not_found("callback", "/token")
        reach = row["ivr"]["reach"]
        queue = None
        if row["state"] == "open":
            queue = await queues.current(conn, reach["queue_id"], {row["company_id"]})
        zone = reach.get("zone") or row["zone"]
        items = await _slots(conn, queue, zone, now_us, now_us + AHEAD_MAX_US) if queue is not None else []
    return CallbackShown(
        state=_state(row),
        company=row["company"],
        queue=row["queue"],
        number_ends=str(row["collected"].get("from", ""))[-DIGITS_SHOWN:],
        at_ms=reach["again_us"] // 1000 if "again_us" in reach and row["state"] == "open" else None,
        zone=zone,
        slots=items,
    )


def _state(row: Mapping[str, Any]) -> State:
    if row["state"] == "closed":
        return "over"
    if row["under_way"]:
        return "under_way"
    return "planned" if "again_us" in row["ivr"]["reach"] else "waiting"


async def slots_shown(
    conn: AsyncConnection, queue: Mapping[str, Any], zone: str | None, now_us: int, days: int
) -> SlotsShown:
    items = await _slots(conn, queue, zone, now_us, now_us + days * DAY_US)
    waits = await callbacks.last_waits(conn, queue["id"])
    hours = (queue["config"] or {}).get("hours")
    is_open = hours is None or read_hours(hours).is_open(now_us)
    low_s, high_s = _wait_s(waits) if is_open else (None, None)
    return SlotsShown(is_open=is_open, low_s=low_s, high_s=high_s, items=items)


async def _slots(
    conn: AsyncConnection, queue: Mapping[str, Any], zone: str | None, now_us: int, until_us: int
) -> list[SlotShown]:
    company = await companies.read(conn, queue["company_id"])
    per_slot = read_rules((company or {}).get("dialling") or {}).per_slot
    wished = await callbacks.wished_for(conn, queue["id"], queue["company_id"])
    taken = Counter(call_hours.slot_of(each) for each in wished)
    hours = (queue["config"] or {}).get("hours")
    found = call_hours.slots(read_hours(hours) if hours else None, zone, now_us, until_us, taken, per_slot)
    return [SlotShown(at_ms=slot.at_us // 1000, free=slot.free) for slot in islice(found, SLOTS_MAX)]


def _wait_s(ended: list[tuple[int, bool]]) -> tuple[int | None, int | None]:
    waits = Waits()
    for wait_us, is_served in ended:
        waits.add(wait_us, is_served)
    found = expected(waits, 0, 0, 0) if waits.served >= SERVED_MIN else None
    if found is None:
        return None, None
    return found.low_us // SECOND_US, None if found.high_us is None else found.high_us // SECOND_US
