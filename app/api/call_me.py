"""How does a visitor of a site ask to be called? On a page of ours, to which the site links, or on one of its own.

The page `/call#<key of the widget>` is opened by anybody; the site's own is one that may show the widget. Which numbers
may be called, how often for one visitor, one address of the internet and one number, and how many in a half hour, the
writer decides (app/callbacks.py).
"""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from app.api.access import Access, Caller
from app.api.callbacks import At, CallbackMade, SlotsShown, made, read_at_us, slots_shown, sources_of
from app.api.calling import Number, entry_of_call
from app.api.chat import Key, require_site
from app.api.fields import NO_CONTROLS, Given, Shown, Zone
from app.api.messages import OwnId
from app.api.problems import not_found, reply_problem
from app.api.widgets import is_origin
from app.commands import Envelope, RequestCallback, hash_of
from app.store import companies, queues, widgets
from app.store.rows import Row
from contacts.record import replace

router = APIRouter(prefix="/v1/call-me", tags=["calling"])

DAYS_SHOWN = 7

Who = Annotated[str, StringConstraints(max_length=200, pattern=NO_CONTROLS, strip_whitespace=True)]
About = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]


class CallMeLook(Given):
    key: Key
    zone: Zone | None = Field(None, description="where they are: times are those of their own day")


class CallMeShown(Shown):
    """`region`: how numbers without a country are read."""

    name: str
    company: str
    region: str | None
    language: str
    times: SlotsShown


class CallMe(Given):
    key: Key
    id: OwnId = Field(description="Of this try, made by the page: the same one is never two callbacks")
    number: Number
    at_ms: At | None = None
    zone: Zone | None = None
    name: Who = ""
    topic: About = ""


@router.post("/look")
async def look_at_call_form(body: CallMeLook, request: Request, access: Caller) -> CallMeShown:
    """In which half hours somebody may be called, and how long it probably takes now."""
    await access.porter.limiting.look(_address(request))
    form = await _form(access, request, body.key)
    async with access.reading() as conn:
        company = await companies.read(conn, form["company_id"])
        queue = await queues.current(conn, form["queue_id"], {form["company_id"]})
        if company is None or queue is None:
            raise not_found("widget", "/key")
        times = await slots_shown(conn, queue, body.zone, access.doors.now_us(), DAYS_SHOWN)
    return CallMeShown(
        name=form["name"], company=company["name"], region=company["region"], language=form["language"], times=times
    )


@router.post("", status_code=201)
async def ask_to_be_called(body: CallMe, request: Request, access: Caller) -> CallbackMade:
    """They wait in the widget's queue like a caller. `token` opens the page on which they think better of it."""
    address = _address(request)
    await access.porter.limiting.come_in(None, address)
    form = await _form(access, request, body.key)
    at_us = read_at_us(access, body.at_ms)
    entry = await entry_of_call(
        access, form["queue_id"], body.number, {form["company_id"]}, body.id, collected=_collected(body),
        language=form["language"],
    )  # fmt: skip
    principal = f"widget:{form['id']}"
    wish = RequestCallback(
        replace(entry, source=principal), body.number, sources_of(access, address=address), at_us, body.zone, "agent"
    )
    envelope = Envelope(principal, body.id, hash_of(await request.body()), wish, "customer")
    reply = await access.doors.submit(envelope)
    if reply.status >= 400:
        raise reply_problem(reply)
    return made(access, reply.body)


async def _form(access: Access, request: Request, key: str) -> Row:
    """Raises Problem 404, too where visitors may not ask, and 403."""
    async with access.reading() as conn:
        of = await widgets.by_key(conn, key)
    if of is None or not of["callbacks"]:
        raise not_found("widget", "/key")
    if not _is_ours(request):
        require_site(of, request.headers.get("origin"))
    return of


def _is_ours(request: Request) -> bool:
    """A page that we served ourselves, or no page. Behind a proxy that names another host the browser says it."""
    origin = request.headers.get("origin")
    if origin is None or request.headers.get("sec-fetch-site") == "same-origin":
        return True
    return is_origin(origin) and urlsplit(origin).netloc == request.headers.get("host")


def _collected(body: CallMe) -> Mapping[str, Any]:
    return {name: said for name, said in (("name", body.name), ("topic", body.topic)) if said}


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
