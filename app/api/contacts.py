"""How does a contact of any channel come in over REST, and what became of it?"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.arriving import NewContact, entry_of
from app.api.commanding import IdempotencyKey, RequiredIdempotencyKey, command
from app.api.contacts_shown import (
    ContactShown,
    ContactStory,
    DecisionsShown,
    EventsShown,
    contact_shown,
    decision_shown,
    event_shown,
    leg_shown,
    segment_shown,
    stay_shown,
)
from app.api.fields import PAGE_DEFAULT, PAGE_MAX, Given, Id, PathId, Shown
from app.api.pages import Page, page_of
from app.api.problems import not_found, reply_problem
from app.commands import Arrive, CustomerLeft, Reply, hash_of
from app.problems import Problem
from app.store import contacts
from contacts.contact import ContactState

router = APIRouter(prefix="/v1/contacts", tags=["contacts"])


class ContactsQuery(Given):
    """The newest first; `before` is the last id of the page before."""

    model_config = ConfigDict(extra="forbid", strict=False)

    company_id: Id | None = None
    customer_id: Id | None = None
    state: ContactState | None = None
    limit: int = Field(PAGE_DEFAULT, ge=1, le=PAGE_MAX)
    before: Id | None = None


class ContactMade(Shown):
    contact_id: Id
    state: str


@router.post("", status_code=201)
async def create_contact(
    body: NewContact, request: Request, access: Caller, key: RequiredIdempotencyKey
) -> ContactMade:
    """Answered once it is stored. Outside the queue's hours it is closed at once, and said so by `state`."""
    raw = await request.body()
    try:
        entry = await entry_of(access, body, key)
    except Problem:
        # What was named may be gone by now: a repeat still gets the answer that the first one got.
        answer = await _stored_answer(access, key, raw)
        if answer is None:
            raise
        return ContactMade(**answer)
    async with access.reading() as conn:
        over = await contacts.same_try_that_is_over(conn, entry.company_id, entry.source, entry.source_id)
        answered = over is not None and await contacts.stored_answer(conn, access.principal.name, key) is not None
    if over is not None and not answered:
        return ContactMade(contact_id=over, state="closed")
    reply = await command(access, Arrive(entry), key, raw)
    return ContactMade(**reply.body)


async def _stored_answer(access: Access, key: str, raw: bytes) -> Mapping[str, Any] | None:
    async with access.reading() as conn:
        row = await contacts.stored_answer(conn, access.principal.name, key)
    if row is None or row["body_hash"] != hash_of(raw):
        return None
    reply = Reply(row["reply"]["status"], row["reply"]["body"])
    if reply.status >= 400:
        raise reply_problem(reply)
    return reply.body


@router.get("")
async def list_contacts(query: Annotated[ContactsQuery, Query()], access: Caller) -> Page[ContactShown]:
    company_ids = access.narrowed(query.company_id)
    async with access.reading() as conn:
        if query.customer_id is not None and not await contacts.is_customer(conn, query.customer_id, company_ids):
            raise not_found("customer", "/customer_id", "query")
        found = await contacts.page(conn, company_ids, query.before, query.limit, query.state, query.customer_id)
    return page_of(found, query.limit, contact_shown)


@router.get("/{contact_id}")
async def read_contact(contact_id: PathId, access: Caller) -> ContactStory:
    """The contact with everything that hangs on it, and what the log says of it."""
    async with access.reading() as conn:
        row = await _seen(conn, contact_id, access)
        return ContactStory(
            contact=contact_shown(row),
            stays=[stay_shown(each) for each in await contacts.stays(conn, contact_id)],
            segments=[segment_shown(each) for each in await contacts.segments(conn, contact_id)],
            legs=[leg_shown(each) for each in await contacts.legs(conn, contact_id)],
            events=[event_shown(each) for each in await contacts.events(conn, contact_id, row["domain_id"])],
        )


@router.get("/{contact_id}/events")
async def list_contact_events(contact_id: PathId, access: Caller) -> EventsShown:
    """What the log says of it, oldest first; at most 1000."""
    async with access.reading() as conn:
        row = await _seen(conn, contact_id, access)
        found = await contacts.events(conn, contact_id, row["domain_id"])
    return EventsShown(items=[event_shown(each) for each in found])


@router.get("/{contact_id}/decisions")
async def list_contact_decisions(contact_id: PathId, access: Caller) -> DecisionsShown:
    """Each offer, and why this stay and this agent: from the explanation a stranger can recompute the choice."""
    async with access.reading() as conn:
        row = await _seen(conn, contact_id, access)
        found = await contacts.decisions(conn, contact_id, row["domain_id"])
    return DecisionsShown(items=[decision_shown(each) for each in found])


async def _seen(conn: AsyncConnection, contact_id: str, access: Access) -> Mapping[str, Any]:
    row = await contacts.read(conn, contact_id, access.companies)
    if row is None:
        raise not_found("contact", "/contact_id", "path")
    return row


@router.post("/{contact_id}/leave")
async def leave_contact(
    contact_id: PathId, request: Request, response: Response, access: Caller, key: IdempotencyKey = None
) -> ContactMade:
    """The customer has gone: what waits is abandoned, what is talked about ends."""
    async with access.reading() as conn:
        await _seen(conn, contact_id, access)
    companies = None if access.companies is None else tuple(sorted(access.companies))
    # The address is part of what was asked: a key used for another contact is another command.
    asked = contact_id.encode() + await request.body()
    reply = await command(access, CustomerLeft(contact_id, companies), key, asked)
    return ContactMade(**reply.body)
