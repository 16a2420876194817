"""What was there with the customer of a contact before, on whatever channel? One list, the newest first."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from app.api.access import Caller
from app.api.contacts_seen import require_contact
from app.api.fields import Given, Id, PathId, Shown
from app.api.pages import Page, page_of
from app.store import timeline
from contacts.contact import ContactState, Outcome
from contacts.words import Channel, Direction

router = APIRouter(prefix="/v1/contacts", tags=["contacts"])

PAGE_DEFAULT, PAGE_MAX = 20, 50


class TimelineQuery(Given):
    """`only`: what happened on one channel, or the notes alone. `before`: the last id of the page before."""

    model_config = ConfigDict(extra="forbid", strict=False)

    only: Channel | Literal["note"] | None = None
    before: Id | None = None
    limit: int = Field(PAGE_DEFAULT, ge=1, le=PAGE_MAX)


class TimelineEntry(Shown):
    """`kind` `note`: a private note on that contact. `agent`: who served it, or wrote the note. `excerpt`: the
    beginning of what the customer wrote, of the agent's result, or of the note; at most 160 characters.
    """

    id: Id
    kind: Literal["contact", "note"]
    contact_id: Id
    channel: Channel
    direction: Direction
    state: ContactState
    outcome: Outcome | None
    at_ms: int
    closed_ms: int | None
    queue: str | None
    disposition: str | None
    agent: str | None
    excerpt: str


@router.get("/{contact_id}/timeline")
async def read_contact_timeline(
    contact_id: PathId, query: Annotated[TimelineQuery, Query()], access: Caller
) -> Page[TimelineEntry]:
    """All contacts of its customer in the company, and the notes on them, for whoever may see this one. Where nobody
    knows who it is, this contact alone.
    """
    kinds = ("contact", "note") if query.only is None else ("note",) if query.only == "note" else ("contact",)
    channels = None if query.only in (None, "note") else (query.only,)
    async with access.reading() as conn:
        contact = dict(await require_contact(conn, access, contact_id))
        found = await timeline.page(conn, contact, kinds, channels, query.before, query.limit)
    return page_of(found, query.limit, lambda row: TimelineEntry(**row))
