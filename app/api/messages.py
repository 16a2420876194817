"""What do agent and visitor write to each other, as the desk reads and writes it?

The feed says how many messages a chat has (`chat/<contact_id>`); the texts are read here.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import envelope_of, new_id
from app.api.fields import Given, PathId, Shown, sure_ms
from app.api.problems import not_found
from app.commands import RowChanged
from app.problems import Problem
from app.rights import Forbidden, Right, companies_of
from app.store import chats, notes
from app.store.rows import Row
from contacts.segment import OVER, SegmentState

router = APIRouter(prefix="/v1/contacts", tags=["chat"])

BODY_MAX = 4_000  # characters

_CONTROLS = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f"  # all but tabs and the ends of lines

# A name that a page made up itself: no thing of ours.
OwnId = Annotated[str, StringConstraints(pattern="^[0-9A-Za-z-]{16,64}$")]

AS_SUPERVISOR = Right("company", frozenset({"supervisor", "admin", "operator"}))
LIVE = tuple(state for state in get_args(SegmentState) if state not in OVER)

Body = Annotated[
    str,
    StringConstraints(min_length=1, max_length=BODY_MAX, pattern=f"^[^{_CONTROLS}]*[^{_CONTROLS}\\s][^{_CONTROLS}]*$"),
    Field(description="Plain text with line breaks; whoever shows it takes nothing in it for markup"),
]


class NewMessage(Given):
    id: OwnId = Field(description="Made by the page: a repeat is stored once, and answered the same")
    body: Body


class MessageStored(Shown):
    n: int


class FileShown(Shown):
    """`name` null: it is erased."""

    name: str | None
    media_type: str
    size_bytes: int | None


class MessageShown(Shown):
    """`n` is its number in the chat, without gaps. A text of `system` is the key of one of the page's own. With a file
    there is no text.
    """

    n: int
    sender: Literal["customer", "agent", "system"]
    at_ms: int
    body: str
    id: str | None
    file: FileShown | None


class MessagesQuery(Given):
    model_config = ConfigDict(extra="forbid", strict=False)

    after: int = Field(0, ge=0, le=2**31 - 1)
    limit: int = Field(100, ge=1, le=chats.READ_MAX)


class MessagesShown(Shown):
    """Behind `after`, in their order. `n`: how many the chat has."""

    n: int
    items: list[MessageShown]


@router.get("/{contact_id}/messages")
async def list_messages(contact_id: PathId, query: Annotated[MessagesQuery, Query()], access: Caller) -> MessagesShown:
    """For whoever is on the contact or mentioned in a note of it, and for supervisors."""
    row = await seen(access, contact_id)
    async with access.reading() as conn:
        found = await chats.after(conn, contact_id, query.after, query.limit)
    return MessagesShown(n=row["n"] or 0, items=[message_shown(each) for each in found])


@router.post("/{contact_id}/messages", status_code=201)
async def send_message(contact_id: PathId, body: NewMessage, access: Caller) -> MessageStored:
    """Only the agent whose chat it is. Answered once it is stored and everybody is told."""
    row = await mine(access, contact_id)
    async with access.reading() as conn:
        own = await chats.first_of(conn, contact_id, access.principal.agent_id, body.id)
        n = await chats.say(conn, contact_id, "agent", body.body, body.id, access.principal.agent_id)
    if n is None:
        raise Problem(409, "chat.over", "Nobody reads here any more")
    happened = RowChanged("contact_message", contact_id, n, row["company_id"], contact_id, own)
    await access.doors.submit(envelope_of(access, new_id(), b"", happened))  # raises NoWriter: it is sent again
    return MessageStored(n=n)


@router.post("/{contact_id}/typing", status_code=204)
async def tell_typing(contact_id: PathId, access: Caller) -> None:
    """The visitor sees for a few seconds that the agent writes. Nothing is kept, and nothing promised."""
    await mine(access, contact_id)
    access.doors.agent_types(contact_id)


def message_shown(row: Mapping[str, Any]) -> MessageShown:
    told = {name: row[name] for name in ("n", "sender", "body")}
    file = None if (about := file_of(row)) is None else FileShown(**about)
    return MessageShown(**told, at_ms=sure_ms(row["at"]), id=row["client_id"], file=file)


def file_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["blob_id"] is None:
        return None
    return {"name": row["filename"], "media_type": row["media_type"], "size_bytes": row["size_bytes"]}


async def seen(access: Access, contact_id: str) -> Row:
    """Raises Problem 404, and Forbidden for an agent who is not on the contact."""
    async with access.reading() as conn:
        row = await chats.read(conn, contact_id, access.companies)
        if row is None:
            raise not_found("chat", "/contact_id", "path")
        if not _supervises(access, row["company_id"]):
            agent_id = access.principal.agent_id
            if agent_id is None or not await _is_theirs(conn, contact_id, agent_id):
                raise Forbidden
    return row


async def _is_theirs(conn: AsyncConnection, contact_id: str, agent_id: str) -> bool:
    """They are on it, or somebody asked them about it."""
    on = await chats.segment_of(conn, contact_id, agent_id, LIVE)
    return on is not None or await notes.is_mentioned(conn, contact_id, agent_id)


async def mine(access: Access, contact_id: str) -> Row:
    """Raises Problem 404, also where the chat is another's, 409, and Forbidden for whoever is no agent."""
    agent_id = access.principal.agent_id
    if agent_id is None:
        raise Forbidden
    async with access.reading() as conn:
        row = await chats.read(conn, contact_id, None)
        if (
            row is None
            or await chats.segment_of(conn, contact_id, agent_id, (*chats.HAS_IT, "wrap_up", "done")) is None
        ):
            raise not_found("chat", "/contact_id", "path")
        if await chats.segment_of(conn, contact_id, agent_id, chats.HAS_IT) is None:
            raise Problem(409, "chat.over", "Nobody reads here any more")
    return row


def _supervises(access: Access, company_id: str) -> bool:
    try:
        theirs = companies_of(access.principal, AS_SUPERVISOR)
    except Forbidden:
        return False
    return theirs is None or company_id in theirs
