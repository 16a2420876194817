"""Which files do visitor and agent send each other? Images, PDF and text, by what their bytes say that they are.

A file is kept before its message is, so that whoever sees the message gets the file. It is given out to be kept, never
to be opened in a page.
"""

import base64
import binascii
import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from app.api.access import Access, Caller
from app.api.acts import envelope_of, new_id
from app.api.chat import Look, Visit, visit_of
from app.api.fields import NO_CONTROLS, Given, PathId
from app.api.handing_out import handed_out
from app.api.messages import MessageStored, OwnId, mine, seen
from app.api.problems import invalid, not_found
from app.commands import Envelope, RowChanged
from app.file_kinds import kind_of
from app.problems import Problem
from app.store import blobs, chat_files, chats
from app.store.blobs import NewBlob
from app.store.tables_chat import MESSAGES_MAX

router = APIRouter(tags=["chat"])

FILE_BYTES_MAX = 5 * 1_048_576
CHARACTERS_MAX = 7_100_000  # of a little more than that in base64
_ENDINGS = {
    "application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp",
    "image/tiff": ".tif", "text/plain": ".txt",
}  # fmt: skip
_ALSO = {"image/jpeg": (".jpeg",), "image/tiff": (".tiff",), "text/plain": (".md", ".csv", ".log")}

Content = Annotated[
    str,
    StringConstraints(min_length=4, max_length=CHARACTERS_MAX, pattern="^[A-Za-z0-9+/]+={0,2}$"),
    Field(description="In base64: an image, a PDF or a text of at most 5 MiB"),
]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_CONTROLS)]


class NewFile(Given):
    id: OwnId = Field(description="Made by the page: a repeat is stored once, and answered the same")
    name: FileName
    content: Content


class VisitorFile(Look, NewFile):
    pass


class FileWanted(Look):
    n: int = Field(ge=1, le=MESSAGES_MAX, description="Of its message")


_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("/v1/contacts/{contact_id}/files", status_code=201)
async def send_file(contact_id: PathId, body: NewFile, access: Caller) -> MessageStored:
    """Only the agent whose chat it is."""
    row = await mine(access, contact_id)
    n = await _store(access, contact_id, row["company_id"], "agent", body, access.principal.agent_id)
    happened = RowChanged("contact_message", contact_id, n, row["company_id"], contact_id)
    await access.doors.submit(envelope_of(access, new_id(), b"", happened))
    return MessageStored(n=n)


@router.get("/v1/contacts/{contact_id}/files/{n}", response_class=Response, responses=_BYTES)
async def read_file(contact_id: PathId, n: Annotated[int, Field(ge=1)], access: Caller) -> Response:
    """For whoever is on the contact, and for supervisors."""
    await seen(access, contact_id)
    return await _given(access, contact_id, n)


@router.post("/v1/chat/attach", status_code=201)
async def attach_file(body: VisitorFile, request: Request, access: Caller) -> MessageStored:
    """By the visitor whose chat it is, as long as somebody reads it."""
    visit = await visit_of(access, request, body)
    contact_id = await _chat_of(visit)
    await access.porter.limiting.come_in(visit.visitor.visitor_id, "")
    company_id = visit.widget["company_id"]
    n = await _store(access, contact_id, company_id, "customer", body, None)
    happened = RowChanged("contact_message", contact_id, n, company_id, contact_id)
    await access.doors.submit(Envelope("system", "", b"", happened, "customer"))
    return MessageStored(n=n)


@router.post("/v1/chat/file", response_class=Response, responses=_BYTES)
async def read_file_as_visitor(body: FileWanted, request: Request, access: Caller) -> Response:
    """By POST: who may have it is told by the token, which stands in no address."""
    visit = await visit_of(access, request, body)
    return await _given(access, await _chat_of(visit), body.n)


async def _chat_of(visit: Visit) -> str:
    """Raises Problem 404."""
    contact_id = visit.visitor.contact_id
    if contact_id is not None:
        async with visit.access.reading() as conn:
            found = await chats.of_visitor(conn, contact_id, visit.widget["id"], visit.visitor.visitor_id)
        if found is not None:
            return contact_id
    raise not_found("chat", "/token")


async def _store(
    access: Access,
    contact_id: str,
    company_id: str,
    sender: Literal["customer", "agent"],
    body: NewFile,
    agent_id: str | None,
) -> int:
    """The message's number. Raises Problem 409 and 422; nothing is kept then."""
    content, media_type = _read(body)
    if access.doors.files is None:
        raise not_found("place for files", "/content")
    engine = access.doors.database.engine
    async with engine.connect() as conn:
        said = await chat_files.said_before(conn, contact_id, sender, body.id)
    if said is not None:
        return said
    new = NewBlob(
        new_id(), company_id, chat_files.KIND, media_type, chat_files.KIND, contact_id, _named(body.name, media_type)
    )
    await blobs.store(engine, access.doors.files, new, content)
    try:
        async with engine.begin() as conn:
            if await chat_files.count(conn, contact_id) >= chat_files.FILES_MAX:
                raise invalid("/content", f"at most {chat_files.FILES_MAX} files in a chat", "chat.too_many_files")
            n = await chat_files.said_before(conn, contact_id, sender, body.id)
            stored = n is None
            if n is None:
                n = await chats.say(conn, contact_id, sender, "", body.id, agent_id, new.id)
        if n is None:
            raise Problem(409, "chat.over", "Nobody reads here any more")
    except Exception:
        await blobs.erase(engine, access.doors.files, [new.id])
        raise
    if not stored:  # the same one came twice at the same moment
        await blobs.erase(engine, access.doors.files, [new.id])
    return n


def _read(body: NewFile) -> tuple[bytes, str]:
    """(content, media type). Raises Problem 422."""
    try:
        content = base64.b64decode(body.content, validate=True)
    except (binascii.Error, ValueError) as broken:
        raise invalid("/content", "base64", "chat.file_unreadable") from broken
    if len(content) > FILE_BYTES_MAX:
        raise invalid("/content", f"at most {FILE_BYTES_MAX} bytes", "chat.file_too_large")
    media_type = kind_of(content)
    if media_type is None:
        raise invalid("/content", "an image, a PDF or a text", "chat.file_kind")
    return content, media_type


def _named(name: str, media_type: str) -> str:
    """Without folders, and with an ending that says what it is: a program that is called a picture stays none."""
    bare = re.split(r"[/\\]", name)[-1].strip(" .") or "file"
    ending = _ENDINGS[media_type]
    known = (ending, *_ALSO.get(media_type, ()))
    return bare if bare.lower().endswith(known) else f"{bare}{ending}"


async def _given(access: Access, contact_id: str, n: int) -> Response:
    async with access.reading() as conn:
        row = await chat_files.read(conn, contact_id, n)
    if row is None or access.doors.files is None:
        raise not_found("file", "/n")
    try:
        content = await blobs.content(access.doors.files, row)
    except blobs.NotWhole:
        raise not_found("file", "/n") from None
    scanner = access.doors.settings.scanner
    return await handed_out(scanner, content, row["filename"] or "file", row["media_type"])
