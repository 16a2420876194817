"""Is what was said sent to a visitor who asks for it? A public door of the chat widget, when a chat is over, and once.

Only what somebody of the company has answered is sent: else it would be a way to have us write to anybody.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Caller
from app.api.acts import DOMAIN_ID, new_id
from app.api.chat import Email, Look, Visit, visit_of
from app.api.fields import Shown
from app.api.problems import invalid, not_found, reply_problem
from app.commands import Envelope, SendTranscript, hash_of
from app.letters import can_stand_in_a_header, with_signature
from app.problems import Problem
from app.signatures import message_id
from app.store import chats, companies, mailboxes, mails
from app.transcripts import transcript
from contacts.identify import canonical

router = APIRouter(prefix="/v1/chat", tags=["chat"])


class TranscriptAsked(Look):
    email: Email


class TranscriptSent(Shown):
    """`already`: it was sent there before, and is not sent again."""

    already: bool


@router.post("/transcript")
async def send_transcript(body: TranscriptAsked, request: Request, access: Caller) -> TranscriptSent:
    """It is on its way once it is answered."""
    visit = await visit_of(access, request, body)
    address = request.client.host if request.client else "unknown"
    await access.porter.limiting.come_in(visit.visitor.visitor_id if body.token else None, address)
    to = await _address(visit, body.email)
    contact_id = await _chat_over(visit)
    async with access.doors.database.engine.begin() as conn:
        mail = await _kept(conn, visit, contact_id, to)
    if mail is None:
        return TranscriptSent(already=True)
    mail_id = mail["id"]
    wish = SendTranscript(contact_id, mail_id, mail["mailbox_id"], mail["company_id"], DOMAIN_ID)
    # Without a writer it stays kept: whoever asks again asks for this one.
    reply = await access.doors.submit(Envelope(visit.principal, mail_id, hash_of(b""), wish, "customer"))
    if reply.status >= 400:
        async with access.doors.database.engine.begin() as conn:
            await mails.forget(conn, mail_id)
            await chats.not_sent(conn, contact_id, mail_id)
        raise reply_problem(reply)
    return TranscriptSent(already=False)


async def _kept(conn: AsyncConnection, visit: Visit, contact_id: str, to: str) -> Mapping[str, Any] | None:
    """The mail that is to be asked for, which may be one of before; None: it is on its way. Raises Problem 409."""
    mail_id = new_id()
    if await chats.send_once(conn, contact_id, mail_id, to) is not None:
        mail = await _written(conn, visit, contact_id, mail_id, to)
        await mails.add(conn, mail)
        return mail
    before = await chats.sent_to(conn, contact_id)
    if before["transcript_to"] != to:
        raise Problem(409, "chat.transcript_sent", "This conversation was sent already")
    return await mails.never_asked_for(conn, before["transcript_mail_id"])


async def _address(visit: Visit, given: str) -> str:
    """Raises Problem 422."""
    to = canonical("email", given)
    if to is None or not can_stand_in_a_header(to):
        raise invalid("/email", "an e-mail address", "chat.email")
    async with visit.access.reading() as conn:
        if to in await mailboxes.addresses(conn, visit.widget["company_id"]):
            raise invalid("/email", "this is a mailbox of ours", "mail.to_ourselves")
    return to


async def _chat_over(visit: Visit) -> str:
    """The contact. Raises Problem 404 and 409."""
    contact_id = visit.visitor.contact_id
    if contact_id is None:
        raise not_found("chat", "/token")
    async with visit.access.reading() as conn:
        mine = await chats.of_visitor(conn, contact_id, visit.widget["id"], visit.visitor.visitor_id)
        standing = await chats.standing(conn, contact_id)
    if mine is None or standing is None:
        raise not_found("chat", "/token")
    if standing["is_open"] and (standing["waits"] or standing["agent"] is not None):
        raise Problem(409, "chat.not_over", "The chat is not over yet")
    return contact_id


async def _written(conn: AsyncConnection, visit: Visit, contact_id: str, mail_id: str, to: str) -> dict[str, Any]:
    """The row. Raises Problem 409."""
    of = visit.widget
    box = await mailboxes.read(conn, of["mailbox_id"], {of["company_id"]}) if of["mailbox_id"] else None
    if box is None:
        raise Problem(409, "chat.no_transcripts", "This company sends no conversations")
    said = await chats.transcript(conn, contact_id)
    if not any(each["sender"] == "agent" for each in said):
        raise Problem(409, "chat.nothing_said", "Nobody of the company has said anything yet")
    company = await companies.read(conn, of["company_id"])
    zone = str(company["zone"]) if company is not None else "UTC"
    made = await asyncio.to_thread(transcript, said, of["name"], of["language"], zone)
    domain = box["address"].rpartition("@")[2]
    return {
        "id": mail_id,
        "company_id": of["company_id"],
        "mailbox_id": box["id"],
        "thread_id": mail_id,
        "contact_id": contact_id,
        "direction": "out",
        "kind": "message",
        "state": "kept",
        "message_id": message_id(visit.access.porter.signing_key, of["company_id"], mail_id, domain),
        "from_address": box["address"],
        "from_name": box["sender_name"],
        "recipients": {"to": [to], "cc": []},
        "subject": made.subject,
        "reply": made.text,
        "body": with_signature(made.text, box["signature"]),
    }
