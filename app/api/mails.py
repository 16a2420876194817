"""What was written with the customer of a contact, and how does whoever serves it answer?"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import new_id
from app.api.commanding import IdempotencyKey, command
from app.api.contacts_seen import require_contact, supervises
from app.api.fields import Id, PathId, Shown, ms, sure_ms
from app.api.handing_out import handed_out
from app.api.mail_written import NewMail, written
from app.api.problems import not_found
from app.commands import SendMail
from app.problems import Problem
from app.rights import Forbidden
from app.store import blobs, mail_drafts, mails
from contacts.thread import JoinsAs, MailKind, MailState

router = APIRouter(tags=["mail"])

Number = Annotated[int, Path(ge=1, le=1_000)]


class MailMade(Shown):
    mail_id: Id


class AttachmentShown(Shown):
    """`state`: `stored`, or `expected`, `missing` and `erased` where there is nothing to fetch."""

    n: int
    filename: str | None
    media_type: str
    size_bytes: int | None
    sha256: str | None
    state: str


class MailShown(Shown):
    """`reply`: what its writer added; `text`: everything; `html`: sanitised, without anything from elsewhere. `state`
    of ours: `kept` and `sending` until a server has taken it, then `sent`; `failed`, `bounced`, or `unknown`: nobody
    knows whether it was taken. `joins_as` `unverified`: whoever sent it had a mail of ours, and did not take part.
    """

    id: Id
    thread_id: Id
    contact_id: Id | None
    direction: Literal["in", "out", "internal"]
    kind: MailKind
    state: MailState
    from_address: str
    from_name: str
    to: list[str]
    cc: list[str]
    bcc: list[str]
    subject: str
    reply: str
    text: str
    html: str | None
    flaws: list[str]
    joins_as: JoinsAs | None
    possibly_thread_id: Id | None
    answers_id: Id | None
    agent_id: Id | None
    said: str | None
    claimed_ms: int | None
    at_ms: int
    attachments: list[AttachmentShown]


class MailsShown(Shown):
    items: list[MailShown]


def _shown(row: Mapping[str, Any], attached: Sequence[Mapping[str, Any]]) -> MailShown:
    names = (
        "id", "thread_id", "contact_id", "direction", "kind", "state", "from_address", "from_name", "subject", "reply",
        "html", "flaws", "joins_as", "possibly_thread_id", "answers_id", "agent_id", "said",
    )  # fmt: skip
    return MailShown(
        **{name: row[name] for name in names},
        to=row["recipients"].get("to", []),
        cc=row["recipients"].get("cc", []),
        bcc=row["recipients"].get("bcc", []),
        text=row["body"],
        claimed_ms=ms(row["claimed_at"]),
        at_ms=sure_ms(row["at"]),
        attachments=[_attachment(each) for each in attached],
    )


def _attachment(row: Mapping[str, Any]) -> AttachmentShown:
    return AttachmentShown(**{name: row[name] for name in AttachmentShown.model_fields})


@router.get("/v1/contacts/{contact_id}/mails")
async def list_mails(contact_id: PathId, access: Caller) -> MailsShown:
    """All of its threads, the oldest first; at most 200: for supervisors, and agents who have or had the contact."""
    async with access.reading() as conn:
        contact = await require_contact(conn, access, contact_id)
        left_behind = await mails.left_behind(conn, contact)
    if left_behind is not None:
        async with access.doors.database.engine.begin() as conn:
            await mails.split(conn, left_behind, contact_id)
    async with access.reading() as conn:
        found = await mails.of_contact(conn, contact_id, access.companies)
        attached = await mails.attachments(conn, [row["id"] for row in found])
    return MailsShown(items=[_shown(row, attached[row["id"]]) for row in found])


_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/mails/{mail_id}/attachments/{n}", response_class=Response, responses=_BYTES)
async def read_mail_attachment(mail_id: PathId, n: Number, access: Caller) -> Response:
    """As it was attached; to be kept, never to be opened in a page."""
    async with access.reading() as conn:
        await _require_mail(conn, access, mail_id)
        attached = (await mails.attachments(conn, [mail_id]))[mail_id]
    row = next((each for each in attached if each["n"] == n), None)
    return await _file(access, row, row["filename"] if row else None)


@router.get("/v1/mails/{mail_id}/original", response_class=Response, responses=_BYTES)
async def read_mail_original(mail_id: PathId, access: Caller) -> Response:
    """The mail as it came, whatever could be read of it. Of our own there is none."""
    async with access.reading() as conn:
        mail = await _require_mail(conn, access, mail_id)
        row = await blobs.read(conn, mail["raw_blob_id"], access.companies) if mail["raw_blob_id"] else None
    return await _file(access, row, f"{mail_id}.eml")


async def _file(access: Access, row: Mapping[str, Any] | None, filename: str | None) -> Response:
    if row is None or access.doors.files is None:
        raise not_found("file", "/mail_id", "path")
    try:
        content = await blobs.content(access.doors.files, dict(row))
    except blobs.NotWhole:
        raise not_found("file", "/mail_id", "path") from None
    return await handed_out(
        access.doors.settings.scanner, content, filename or "attachment", "application/octet-stream"
    )


async def _require_mail(conn: AsyncConnection, access: Access, mail_id: str) -> Mapping[str, Any]:
    """Whoever may see its contact may see it; one of a thread is seen by whoever has any contact of it."""
    row = await mails.read(conn, mail_id, access.companies)
    if row is None:
        raise not_found("mail", "/mail_id", "path")
    if not supervises(access, row["company_id"]):
        agent_id = access.principal.agent_id
        if agent_id is None or not await mails.has_served_thread(conn, row["thread_id"], agent_id):
            raise not_found("mail", "/mail_id", "path")
    return row


@router.post("/v1/contacts/{contact_id}/mails", status_code=201)
async def send_mail(
    contact_id: PathId, body: NewMail, request: Request, access: Caller, key: IdempotencyKey = None
) -> MailMade:
    """By the agent who has the contact, also while they wrap up. It is on its way once it is answered."""
    agent_id = access.principal.agent_id
    if agent_id is None:
        raise Forbidden
    mail_id = new_id()
    async with access.doors.database.engine.begin() as conn:
        row, blob_ids = await written(conn, access, contact_id, agent_id, mail_id, body)
        await mails.add(conn, row)
        await mails.attach(conn, row["company_id"], mail_id, blob_ids)
    wish = SendMail(contact_id, mail_id, row["mailbox_id"], agent_id)
    try:
        reply = await command(access, wish, key, contact_id.encode() + await request.body())
    except Problem:
        await _forget(access, mail_id)
        raise
    async with access.doors.database.engine.begin() as conn:
        if reply.body["mail_id"] != mail_id:  # a repeat: the first one is on its way, and its draft may be there still
            await mails.forget(conn, mail_id)
        await mail_drafts.forget(conn, contact_id, agent_id)
    return MailMade(mail_id=reply.body["mail_id"])


async def _forget(access: Access, mail_id: str) -> None:
    async with access.doors.database.engine.begin() as conn:
        await mails.forget(conn, mail_id)
