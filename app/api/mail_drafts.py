"""What is an agent writing to a customer? Kept on the server, so that a reload or another machine loses nothing."""

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Caller
from app.api.acts import acting, new_id
from app.api.contacts_seen import require_served
from app.api.fields import NAME_MAX, NO_CONTROLS, Given, Id, PathId, Shown
from app.api.mail_written import (
    ATTACHED_BYTES_MAX,
    ATTACHED_MAX,
    RECIPIENTS_MAX,
    TEXT_CHARACTERS_MAX,
    Recipient,
    require_files,
)
from app.api.problems import invalid, not_found
from app.store import blobs, mail_drafts, mails
from app.store.blobs import NewBlob
from contacts.words import DAY_US

router = APIRouter(prefix="/v1/contacts/{contact_id}/draft", tags=["mail"])

_BASE64_MAX = (ATTACHED_BYTES_MAX + 2) // 3 * 4
_TEXT = "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$"  # with line breaks

Number = Annotated[int, Path(ge=1, le=ATTACHED_MAX)]
Filename = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MAX, pattern=r"^[^\u0000-\u001f\u007f/\\]+$")]
MediaType = Annotated[str, StringConstraints(max_length=100, pattern="^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$")]
Addresses = Annotated[list[Recipient], Field(max_length=RECIPIENTS_MAX)]


class DraftGiven(Given):
    """As it stands in the page; it is looked at when it is sent. `forwards`: the mail that is passed on."""

    text: Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS_MAX, pattern=_TEXT)] = ""
    to: Addresses = Field([])
    cc: Addresses = Field([])
    bcc: Addresses = Field([])
    subject: Annotated[str, StringConstraints(max_length=NAME_MAX, pattern=NO_CONTROLS)] = ""
    quotes: bool = True
    forwards: Id | None = None


class DraftFileShown(Shown):
    """`n`: its place, counted from 1."""

    n: int
    filename: str | None
    size_bytes: int | None
    state: str


class DraftShown(Shown):
    """`is_kept` false: nothing was written yet."""

    is_kept: bool
    text: str
    to: list[str]
    cc: list[str]
    bcc: list[str]
    subject: str
    quotes: bool
    forwards: Id | None
    files: list[DraftFileShown] = Field(max_length=ATTACHED_MAX)


class NewDraftFile(Given):
    filename: Filename
    content: Annotated[
        str, StringConstraints(max_length=_BASE64_MAX), Field(description="In base64; at most 15 MB with all others")
    ]
    media_type: MediaType = "application/octet-stream"


@router.get("")
async def read_mail_draft(contact_id: PathId, access: Caller) -> DraftShown:
    """The agent's own; nobody else sees it."""
    async with access.reading() as conn:
        agent_id, _ = await require_served(conn, access, contact_id)
        return await _shown(conn, contact_id, agent_id)


@router.put("")
async def keep_mail_draft(contact_id: PathId, body: DraftGiven, access: Caller) -> DraftShown:
    async with access.doors.database.engine.begin() as conn:
        agent_id, contact = await require_served(conn, access, contact_id)
        if body.forwards is not None and not await mails.is_of_contact(conn, contact_id, body.forwards):
            raise not_found("mail", "/forwards")
        people = {"to": body.to, "cc": body.cc, "bcc": body.bcc}
        about = {"contact_id": contact_id, "agent_id": agent_id, "company_id": contact["company_id"]}
        texts = {"subject": body.subject, "text": body.text, "quotes": body.quotes, "forwards_id": body.forwards}
        await mail_drafts.keep(conn, {**about, **texts, "recipients": people})
        return await _shown(conn, contact_id, agent_id)


@router.delete("", status_code=204)
async def delete_mail_draft(contact_id: PathId, access: Caller) -> None:
    """With its files."""
    async with access.doors.database.engine.begin() as conn:
        agent_id, _ = await require_served(conn, access, contact_id)
        await mail_drafts.forget(conn, contact_id, agent_id)


@router.post("/files", status_code=201)
async def add_mail_draft_file(contact_id: PathId, body: NewDraftFile, access: Caller) -> DraftShown:
    """At most 10 files and 15 MB together."""
    content = _content(body.content)
    async with access.reading() as conn:
        agent_id, contact = await require_served(conn, access, contact_id)
        require_files([*await mail_drafts.files(conn, contact_id, agent_id), {"size_bytes": len(content)}], "/content")
    until_us = time.time_ns() // 1000 + mails.DRAFT_FILE_KEPT_DAYS * DAY_US
    kept = NewBlob(
        new_id(), contact["company_id"], "attachment", body.media_type, "mail", contact_id, body.filename, until_us
    )
    assert access.doors.files is not None, "every process has a place for files"
    await blobs.store(access.doors.database.engine, access.doors.files, kept, content)
    async with acting(access) as act:
        await mail_drafts.add_file(act.conn, kept.company_id, contact_id, agent_id, kept.id)
        # Two that came at the same time were both looked at before either was there.
        require_files(await mail_drafts.files(act.conn, contact_id, agent_id), "/content")
        await act.record("mail.file_added", "blob", kept.id, company_id=kept.company_id)
        return await _shown(act.conn, contact_id, agent_id)


@router.delete("/files/{n}")
async def delete_mail_draft_file(contact_id: PathId, n: Number, access: Caller) -> DraftShown:
    async with access.doors.database.engine.begin() as conn:
        agent_id, _ = await require_served(conn, access, contact_id)
        there = await mail_drafts.files(conn, contact_id, agent_id)
        if n > len(there):
            raise not_found("file", "/n", "path")
        await mail_drafts.remove_file(conn, contact_id, agent_id, there[n - 1]["id"])
        return await _shown(conn, contact_id, agent_id)


async def _shown(conn: AsyncConnection, contact_id: str, agent_id: str) -> DraftShown:
    row = await mail_drafts.read(conn, contact_id, agent_id)
    files = _files(await mail_drafts.files(conn, contact_id, agent_id))
    if row is None:
        nobody: list[str] = []
        nothing = {"text": "", "subject": "", "quotes": True, "forwards": None}
        return DraftShown(is_kept=False, to=nobody, cc=nobody, bcc=nobody, files=files, **nothing)
    people = {name: row["recipients"].get(name, []) for name in ("to", "cc", "bcc")}
    texts = {name: row[name] for name in ("text", "subject", "quotes")}
    return DraftShown(is_kept=True, forwards=row["forwards_id"], files=files, **people, **texts)


def _files(found: Sequence[Mapping[str, Any]]) -> list[DraftFileShown]:
    names = ("filename", "size_bytes", "state")
    return [DraftFileShown(n=n, **{name: row[name] for name in names}) for n, row in enumerate(found, 1)]


def _content(given: str) -> bytes:
    try:
        content = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("/content", "not in base64", "mail.file_unreadable") from None
    if not content:
        raise invalid("/content", "the file is empty", "mail.file_unreadable")
    return content
