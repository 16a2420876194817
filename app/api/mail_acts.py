"""What may be done with a mail besides answering it? Is it spam, part of another thread, or about something else?"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import acting, envelope_of, new_id
from app.api.commanding import IdempotencyKey, command
from app.api.contacts_seen import require_served
from app.api.fields import CompanyPaging, Given, Id, PathId, Shown, sure_ms
from app.api.pages import Page, page_of
from app.api.problems import invalid, not_found
from app.commands import MarkSpam, MergeMails, SplitMail, TakeMail
from app.mail_entry import entry_of
from app.problems import FieldError, Problem
from app.store import contacts, mailboxes, mails, spam
from app.store.rows import Row

router = APIRouter(prefix="/v1", tags=["mail"])


class SpamMarked(Shown):
    """`address` is kept from the queues; null: the mail names no sender."""

    contact_id: Id
    address: str | None


class SpamSenderShown(Shown):
    """`kept`: so many of their mails wait in no queue."""

    id: Id
    company_id: Id
    address: str
    contact_id: Id
    created_ms: int
    kept: int


class SpamReleased(Shown):
    """`contact_ids`: what was kept waits now. `left`: so many are kept still, to be asked for again; 0: the sender is
    marked no more.
    """

    contact_ids: list[Id] = Field(max_length=spam.RELEASED_MAX)
    left: int


class ThreadShown(Shown):
    """`why`: of the same customer, or the mail says that it belongs there and nothing proves it."""

    thread_id: Id
    subject: str
    from_address: str
    at_ms: int
    why: Literal["customer", "possibly"]


class ThreadsShown(Shown):
    items: list[ThreadShown] = Field(max_length=mails.THREADS_MAX)


class Merge(Given):
    thread_id: Id


class Merged(Shown):
    thread_id: Id


class Split(Given):
    mail_id: Id


class SplitOff(Shown):
    contact_id: Id


@router.post("/contacts/{contact_id}/spam")
async def mark_spam(contact_id: PathId, request: Request, access: Caller, key: IdempotencyKey = None) -> SpamMarked:
    """By the agent who has it: it is over at once, and further mails of its sender are kept and wait in no queue."""
    async with access.reading() as conn:
        agent_id, contact = await require_served(conn, access, contact_id)
        last = await mails.latest_in(conn, contact_id, {contact["company_id"]})
        has_it = await mails.has_it(conn, contact_id, agent_id)
    address = last["from_address"] or None if last is not None else None
    if has_it:  # before it is over: then nobody could say it any more
        await _mark(access, contact, address)
    await command(access, MarkSpam(contact_id, agent_id), key, contact_id.encode() + await request.body())
    if not has_it:  # a repeat
        await _mark(access, contact, address)
    return SpamMarked(contact_id=contact_id, address=address)


async def _mark(access: Access, contact: Row, address: str | None) -> None:
    async with acting(access) as act:
        about = {"id": new_id(), "company_id": contact["company_id"], "contact_id": contact["id"]}
        if address is not None:
            await spam.mark(act.conn, {**about, "address": address})
        await act.record("mail.spam_marked", "contact", contact["id"], company_id=contact["company_id"])


@router.get("/spam-senders")
async def list_spam_senders(page: Annotated[CompanyPaging, Query()], access: Caller) -> Page[SpamSenderShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        found = await spam.page(conn, company_ids, page.after, page.limit)
    return page_of(found, page.limit, _sender)


@router.delete("/spam-senders/{spam_sender_id}")
async def unmark_spam_sender(spam_sender_id: PathId, access: Caller) -> SpamReleased:
    """What was kept waits, the oldest 200 at once; when nothing is kept any more, so does what comes."""
    async with access.reading() as conn:
        row = await spam.read(conn, spam_sender_id, access.companies)
        if row is None:
            raise not_found("sender", "/spam_sender_id", "path")
        kept = await spam.kept(conn, row["company_id"], row["address"])
    released = [found for each in kept if (found := await _release(access, each)) is not None]
    return SpamReleased(contact_ids=released, left=await _unmark(access, row))


async def _unmark(access: Access, row: Mapping[str, Any]) -> int:
    """How many of the sender's mails are kept still. Only without any does the row go: by it they are found."""
    async with acting(access) as act:
        await spam.lock(act.conn, row["id"])
        left = await spam.count_kept(act.conn, row["company_id"], row["address"])
        if left == 0:
            await spam.unmark(act.conn, row["id"])
        more = {"left": left}
        await act.record("mail.spam_unmarked", "spam_sender", row["id"], company_id=row["company_id"], more=more)
    return left


@router.get("/contacts/{contact_id}/threads")
async def list_mergeable_threads(contact_id: PathId, access: Caller) -> ThreadsShown:
    """Of which the contact's thread may become part, the newest first."""
    async with access.reading() as conn:
        _, contact = await require_served(conn, access, contact_id)
        found = await mails.mergeable(conn, contact)
    names = ("thread_id", "subject", "from_address", "why")
    told = [ThreadShown(**{name: row[name] for name in names}, at_ms=sure_ms(row["at"])) for row in found]
    return ThreadsShown(items=told)


@router.post("/contacts/{contact_id}/merge")
async def merge_mails(
    contact_id: PathId, body: Merge, request: Request, access: Caller, key: IdempotencyKey = None
) -> Merged:
    """The contact's thread becomes part of another, which `GET …/threads` lists: one thread from then on."""
    async with access.reading() as conn:
        agent_id, contact = await require_served(conn, access, contact_id)
        is_part = await mails.is_in_thread(conn, contact_id, body.thread_id)
        if not is_part and body.thread_id not in [row["thread_id"] for row in await mails.mergeable(conn, contact)]:
            raise not_found("thread", "/thread_id")
        has_it = await mails.has_it(conn, contact_id, agent_id)
        last = await mails.last_contact(conn, contact["company_id"], body.thread_id)
    before = last["id"] if last is not None and last["id"] != contact_id else None
    if is_part and key is None:
        return Merged(thread_id=body.thread_id)
    if has_it and not is_part:  # before it is told: a repeat finds it, and tells it
        await _merge(access, contact, body.thread_id)
    wish = MergeMails(contact_id, agent_id, body.thread_id, before)
    try:
        await command(access, wish, key, contact_id.encode() + await request.body())
    except Problem:
        if not is_part:
            raise
    if not has_it and not is_part:
        await _merge(access, contact, body.thread_id)
    return Merged(thread_id=body.thread_id)


async def _merge(access: Access, contact: Row, thread_id: str) -> None:
    async with acting(access) as act:
        await mails.merge(act.conn, contact, thread_id)
        more = {"thread_id": thread_id}
        await act.record("mail.merged", "contact", contact["id"], company_id=contact["company_id"], more=more)


@router.post("/contacts/{contact_id}/split", status_code=201)
async def split_mail(
    contact_id: PathId, body: Split, request: Request, access: Caller, key: IdempotencyKey = None
) -> SplitOff:
    """A mail of the contact's thread becomes a contact and a thread of its own. A repeat finds the same contact."""
    async with access.reading() as conn:
        agent_id, contact = await require_served(conn, access, contact_id)
        row = await mails.read(conn, body.mail_id, {contact["company_id"]})
        if row is None:
            raise not_found("mail", "/mail_id")
        if (before := await mails.split_off(conn, contact_id, row["id"])) is not None:
            return SplitOff(contact_id=before)
        box = await _splittable(conn, contact_id, row)
        entry = await entry_of(
            conn,
            box,
            row["id"],
            row["from_address"],
            row["subject"],
            source_id=mails.split_source(row["id"]),
            proved=row["proof"],
        )
    wish = SplitMail(entry, contact_id, agent_id, row["id"])
    reply = await command(access, wish, key or f"split-{row['id']}", contact_id.encode() + await request.body())
    made: str = reply.body["contact_id"]
    async with acting(access) as act:
        await mails.split(act.conn, row["id"], made)
        more = {"mail_id": row["id"], "to_contact_id": made}
        await act.record("mail.split", "contact", contact_id, company_id=contact["company_id"], more=more)
    return SplitOff(contact_id=made)


async def _splittable(conn: AsyncConnection, contact_id: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its mailbox. Raises Problem 404, 409 and 422."""
    if not await mails.is_of_contact(conn, contact_id, row["id"]):
        raise not_found("mail", "/mail_id")
    if row["direction"] != "in" or row["kind"] != "message":
        raise invalid("/mail_id", "expected a mail that a person wrote to us", "mail.not_to_be_split")
    if row["thread_id"] == row["id"]:
        raise invalid("/mail_id", "the first mail of a thread stays in it", "mail.first_of_thread")
    box = await mailboxes.read(conn, row["mailbox_id"], None)
    if box is None:
        error = FieldError("/mail_id", "a mail of a mailbox that is there", "mail.no_mailbox")
        raise Problem(409, "mail.no_mailbox", "There is no mail to answer, or no mailbox to do it by", [error])
    return box


async def _release(access: Access, row: Mapping[str, Any]) -> str | None:
    """The contact of a mail that was kept; None: nobody took it, and it stays kept. Safe to repeat."""
    async with access.reading() as conn:
        box = await mailboxes.read_also_archived(conn, row["mailbox_id"])
        last = await mails.last_contact(conn, row["company_id"], row["thread_id"])
        entry = await entry_of(conn, box, row["id"], row["from_address"], row["subject"], proved=row["proof"])
        # By whoever died before it was noted.
        over = await contacts.same_try_that_is_over(conn, row["company_id"], entry.source, row["id"])
    contact_id = over or await _taken(access, TakeMail(entry, row["id"], box["id"], last["id"] if last else None))
    if contact_id is not None:
        async with access.doors.database.engine.begin() as conn:
            files = [each["id"] for each in (await mails.attachments(conn, [row["id"]]))[row["id"]]]
            raw = [row["raw_blob_id"]] if row["raw_blob_id"] else []
            await mails.delivered(conn, row["id"], contact_id, [*raw, *files], None)
    return contact_id


async def _taken(access: Access, wish: TakeMail) -> str | None:
    reply = await access.doors.submit(envelope_of(access, f"release-{wish.mail_id}", wish.mail_id.encode(), wish))
    contact_id: str | None = reply.body.get("contact_id") if reply.status < 400 else None
    return contact_id


def _sender(row: Mapping[str, Any]) -> SpamSenderShown:
    names = ("id", "company_id", "address", "contact_id", "kept")
    return SpamSenderShown(**{name: row[name] for name in names}, created_ms=sure_ms(row["created_at"]))
