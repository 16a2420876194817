"""What goes out when an agent answers a mail, or passes one on? Its row, and the files that go with it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access
from app.api.fields import NAME_MAX, NO_CONTROLS, Given, Id
from app.api.problems import invalid, not_found
from app.letters import (
    can_stand_in_a_header,
    forwarded,
    quoted,
    subject_of_answer,
    subject_of_forward,
    with_signature,
)
from app.problems import FieldError, Problem
from app.rights import Right, companies_of
from app.signatures import message_id
from app.store import companies, contacts, mail_drafts, mailboxes, mails
from contacts.identify import canonical_email

AS_AGENT = Right("company", frozenset({"agent"}))
RECIPIENTS_MAX = 20  # of one mail of ours, To, Cc and Bcc together
TEXT_CHARACTERS_MAX = 20_000  # that an agent writes
ATTACHED_MAX = 10  # files of one mail
ATTACHED_BYTES_MAX = 15 * 1_048_576  # of all of them together

_TEXT = "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]+$"  # with line breaks
MailText = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_CHARACTERS_MAX, pattern=_TEXT)]
Recipient = Annotated[str, StringConstraints(min_length=3, max_length=254)]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MAX, pattern=NO_CONTROLS)]


class NewMail(Given):
    """Without `to` it goes to whoever wrote last, without `subject` it answers theirs. `quotes`: what is answered
    stands below. `forwards`: this mail is passed on, with what is attached to it. `with_files`: those of the draft.
    """

    text: MailText
    to: list[Recipient] | None = Field(None, min_length=1, max_length=RECIPIENTS_MAX)
    cc: list[Recipient] = Field([], max_length=RECIPIENTS_MAX)
    bcc: list[Recipient] = Field([], max_length=RECIPIENTS_MAX)
    subject: Subject | None = None
    quotes: bool = False
    forwards: Id | None = None
    with_files: bool = False


async def written(
    conn: AsyncConnection, access: Access, contact_id: str, agent_id: str, mail_id: str, body: NewMail
) -> tuple[dict[str, Any], list[str]]:
    """(the mail's row, ids of its files). Raises Problem 404, 409 and 422."""
    company_ids = companies_of(access.principal, AS_AGENT)
    contact = await contacts.read(conn, contact_id, company_ids)
    if contact is None or not await mails.has_served(conn, contact_id, agent_id):
        raise not_found("contact", "/contact_id", "path")
    last = await mails.latest_in(conn, contact_id, company_ids)
    box = await mailboxes.read(conn, last["mailbox_id"], company_ids) if last is not None else None
    if last is None or box is None:
        error = FieldError("/contact_id", "a contact with a mail of a mailbox that is there", "mail.no_mailbox", "path")
        raise Problem(409, "mail.no_mailbox", "There is no mail to answer, or no mailbox to do it by", [error])
    passed_on = await _passed_on(conn, contact_id, body)
    company = await companies.read(conn, box["company_id"])
    assert company is not None
    files = await _files(conn, contact_id, agent_id, body)
    row = {
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
        "recipients": await _people(conn, box, last, body),
        "subject": body.subject or (subject_of_forward if body.forwards else subject_of_answer)(passed_on["subject"]),
        "reply": body.text,
        "body": _text(body, box, passed_on if body.forwards else last, company["zone"]),
        "answers_id": last["id"],
        "agent_id": agent_id,
    }
    return row, files


def _text(body: NewMail, box: Mapping[str, Any], about: Mapping[str, Any], zone: str) -> str:
    text = with_signature(body.text, box["signature"])
    if body.forwards is not None:
        return text + forwarded(about, zone, box["language"])
    return text + quoted(about, zone, box["language"]) if body.quotes else text


async def _passed_on(conn: AsyncConnection, contact_id: str, body: NewMail) -> Mapping[str, Any]:
    """Of the contact's threads; where none is passed on, whatever is answered."""
    if body.forwards is None:
        last = await mails.latest_in(conn, contact_id, None)
        assert last is not None
        return last
    row = await mails.read(conn, body.forwards, None)
    if row is None or not await mails.is_of_contact(conn, contact_id, body.forwards):
        raise not_found("mail", "/forwards")
    if body.to is None:
        raise invalid("/to", "to whom is it passed on?", "mail.forward_to")
    return row


async def _files(conn: AsyncConnection, contact_id: str, agent_id: str, body: NewMail) -> list[str]:
    attached = (await mails.attachments(conn, [body.forwards]))[body.forwards] if body.forwards else []
    theirs = [row for row in attached if row["state"] == "stored"]
    mine = await mail_drafts.files(conn, contact_id, agent_id) if body.with_files else []
    if any(row["state"] != "stored" for row in mine):
        raise Problem(409, "mail.file_gone", "A file of this draft is not there any more")
    require_files([*theirs, *mine], "/with_files")
    return [row["id"] for row in (*theirs, *mine)]


def require_files(files: Sequence[Mapping[str, Any]], pointer: str) -> None:
    """Raises Problem 422."""
    if len(files) > ATTACHED_MAX:
        raise invalid(pointer, f"expected at most {ATTACHED_MAX} files", "mail.too_many_files")
    if sum(row["size_bytes"] or 0 for row in files) > ATTACHED_BYTES_MAX:
        raise invalid(pointer, f"expected at most {ATTACHED_BYTES_MAX} bytes together", "mail.files_too_large")


async def _people(
    conn: AsyncConnection, box: Mapping[str, Any], last: Mapping[str, Any], body: NewMail
) -> dict[str, list[str]]:
    """Each once. Raises Problem 422."""
    own = await mailboxes.addresses(conn, box["company_id"])
    to = _recipients("to", [last["from_address"]] if body.to is None else body.to, own)
    cc = [each for each in _recipients("cc", body.cc, own) if each not in to]
    bcc = [each for each in _recipients("bcc", body.bcc, own) if each not in (*to, *cc)]
    if len(to) + len(cc) + len(bcc) > RECIPIENTS_MAX:
        raise invalid("/bcc" if bcc else "/cc", f"expected at most {RECIPIENTS_MAX} recipients", _TOO_MANY)
    return {"to": to, "cc": cc} | ({"bcc": bcc} if bcc else {})


_TOO_MANY = "mail.too_many_recipients"


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
