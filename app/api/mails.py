"""What was written with the customer of a contact, and how does whoever serves it answer?"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import new_id
from app.api.commanding import IdempotencyKey, command
from app.api.fields import NAME_MAX, NO_CONTROLS, Given, Id, PathId, Shown, ms, sure_ms
from app.api.problems import invalid, not_found
from app.commands import SendMail
from app.letters import can_stand_in_a_header, subject_of_answer, with_signature
from app.problems import FieldError, Problem
from app.rights import Forbidden, Grant, Right, companies_of
from app.signatures import message_id
from app.store import blobs, contacts, mailboxes, mails
from contacts.identify import canonical_email
from contacts.thread import JoinsAs, MailKind, MailState

router = APIRouter(tags=["mail"])

AS_AGENT = Right("company", frozenset({"agent"}))
RECIPIENTS_MAX = 20  # of one mail of ours, To and Cc together
TEXT_CHARACTERS_MAX = 20_000  # that an agent writes

_TEXT = "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]+$"  # with line breaks
MailText = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_CHARACTERS_MAX, pattern=_TEXT)]
Recipient = Annotated[str, StringConstraints(min_length=3, max_length=254)]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MAX, pattern=NO_CONTROLS)]
Number = Annotated[int, Path(ge=1, le=1_000)]


class NewMail(Given):
    """Without `to` it goes to whoever wrote last, without `subject` it answers theirs."""

    text: MailText
    to: list[Recipient] | None = Field(None, min_length=1, max_length=RECIPIENTS_MAX)
    cc: list[Recipient] = Field([], max_length=RECIPIENTS_MAX)
    subject: Subject | None = None


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
        await _require_contact(conn, access, contact_id)
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
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename or 'attachment', safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


async def _require_mail(conn: AsyncConnection, access: Access, mail_id: str) -> Mapping[str, Any]:
    """Whoever may see its contact may see it; one of a thread is seen by whoever has any contact of it."""
    row = await mails.read(conn, mail_id, access.companies)
    if row is None:
        raise not_found("mail", "/mail_id", "path")
    if not _supervises(access, row["company_id"]):
        agent_id = access.principal.agent_id
        if agent_id is None or not await mails.has_served_thread(conn, row["thread_id"], agent_id):
            raise not_found("mail", "/mail_id", "path")
    return row


async def _require_contact(conn: AsyncConnection, access: Access, contact_id: str) -> Mapping[str, Any]:
    row = await contacts.read(conn, contact_id, access.companies)
    if row is None:
        raise not_found("contact", "/contact_id", "path")
    if not _supervises(access, row["company_id"]):
        agent_id = access.principal.agent_id
        if agent_id is None or not await mails.has_served(conn, contact_id, agent_id):
            raise not_found("contact", "/contact_id", "path")
    return row


def _supervises(access: Access, company_id: str) -> bool:
    def reaches(grant: Grant) -> bool:
        return grant.role != "agent" and grant.team_id is None and grant.company_id in (None, company_id)

    return any(map(reaches, access.principal.grants))


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
        row = await _written(conn, access, contact_id, agent_id, mail_id, body)
        await mails.add(conn, row)
    wish = SendMail(contact_id, mail_id, row["mailbox_id"], agent_id)
    try:
        reply = await command(access, wish, key, contact_id.encode() + await request.body())
    except Problem:
        await _forget(access, mail_id)
        raise
    if reply.body["mail_id"] != mail_id:  # a repeat: the first one is on its way
        await _forget(access, mail_id)
    return MailMade(mail_id=reply.body["mail_id"])


async def _forget(access: Access, mail_id: str) -> None:
    async with access.doors.database.engine.begin() as conn:
        await mails.forget(conn, mail_id)


async def _written(
    conn: AsyncConnection, access: Access, contact_id: str, agent_id: str, mail_id: str, body: NewMail
) -> dict[str, Any]:
    """The row. Raises Problem 404, 409 and 422."""
    company_ids = companies_of(access.principal, AS_AGENT)
    contact = await contacts.read(conn, contact_id, company_ids)
    if contact is None or not await mails.has_served(conn, contact_id, agent_id):
        raise not_found("contact", "/contact_id", "path")
    last = await mails.latest_in(conn, contact_id, company_ids)
    box = await mailboxes.read(conn, last["mailbox_id"], company_ids) if last is not None else None
    if last is None or box is None:
        error = FieldError("/contact_id", "a contact with a mail of a mailbox that is there", "mail.no_mailbox", "path")
        raise Problem(409, "mail.no_mailbox", "There is no mail to answer, or no mailbox to do it by", [error])
    own = await mailboxes.addresses(conn, box["company_id"])
    to = _recipients("to", [last["from_address"]] if body.to is None else body.to, own)
    cc = [each for each in _recipients("cc", body.cc, own) if each not in to]
    if len(to) + len(cc) > RECIPIENTS_MAX:
        raise invalid("/cc", f"expected at most {RECIPIENTS_MAX} recipients", "mail.too_many_recipients")
    return {
        "id": mail_id,
        "company_id": box["company_id"],
        "mailbox_id": box["id"],
        "thread_id": last["thread_id"],
        "contact_id": contact_id,
        "direction": "out",
        "kind": "message",
        "state": "kept",
        "message_id": message_id(
            access.porter.signing_key, box["company_id"], mail_id, box["address"].rpartition("@")[2]
        ),
        "from_address": box["address"],
        "from_name": box["sender_name"],
        "recipients": {"to": to, "cc": cc},
        "subject": body.subject or subject_of_answer(last["subject"]),
        "reply": body.text,
        "body": with_signature(body.text, box["signature"]),
        "answers_id": last["id"],
        "agent_id": agent_id,
    }


def _recipients(name: str, given: Sequence[str], own: frozenset[str]) -> list[str]:
    """Canonical, each once. Raises Problem 422 for what is no address, and for a mailbox of the company itself."""
    found: list[str] = []
    for n, each in enumerate(given):
        address = canonical_email(each)
        if address is None or not can_stand_in_a_header(address):
            raise invalid(f"/{name}/{n}", "not an e-mail address", "mail.address")
        if address in own:
            raise invalid(f"/{name}/{n}", "this is a mailbox of ours", "mail.to_ourselves")
        found.append(address)
    return list(dict.fromkeys(found))
