"""What becomes of a mail that was fetched or brought? It is kept, placed in its thread, told to the writer, and noted.

1. its row, the rows of its files, and our automatic answer, in one transaction; then the files;
2. the command, whose id is the mail's: after any death it gets the answer that it got before;
3. the contact that it belongs to, and up to where the mailbox was read, in one transaction.
Whatever dies in between: the mailbox is read from where it was noted, and the mail is found again by its bytes.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
import uuid_utils
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app import commands as c
from app.channels.mail.domain_records import DomainRecords
from app.channels.mail.imap import Fetched
from app.channels.mail.proof import proof_of
from app.channels.mail.reading import Attachment, Read, key_of, read
from app.letters import subject_of_answer, with_signature
from app.mail_entry import entry_of
from app.ports import BlobStore, Deliver
from app.signatures import mail_of, message_id
from app.store import blobs, contacts, mailboxes, mails, spam
from app.store.blobs import NewBlob
from app.store.rows import Row
from contacts.thread import Placement, Reference, place
from contacts.words import DAY_US

PRINCIPAL = "system:mail"
ACKNOWLEDGEMENTS = {
    "en": "Thank you for your message. We have received it and will answer it as soon as we can.",
    "zh": "感谢您的来信。我们已经收到，并会尽快回复。",
}

log = structlog.get_logger()


class NotTaken(Exception):
    """The writer refused it, and would again. It is kept, and said."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a mail belongs, as looked up before its command."""

    entry: c.Entry
    thread_id: str
    placement: Placement
    joins: str | None = None
    only_joins: bool = False
    bounced_id: str | None = None
    acknowledge: bool = False
    is_spam: bool = False  # its sender was marked when it was placed


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted of a mail with the contact that it belongs to."""

    mail_id: str
    blob_ids: tuple[str, ...]
    acknowledgement_id: str | None
    sender: str


@dataclass(slots=True)
class MailIn:
    engine: AsyncEngine
    files: BlobStore
    signing_key: bytes
    deliver: Deliver  # raises NoWriter
    now_us: Callable[[], int]
    records: DomainRecords
    _turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))  # by company

    async def take(self, box: Mapping[str, Any], fetched: Fetched) -> bool:
        """False: the writer refused it. Raises NoWriter, and what a database or a disk may raise: nothing is lost."""
        key = await asyncio.to_thread(key_of, fetched.raw)
        async with self.engine.connect() as conn:
            there = await mails.known(conn, box["company_id"], key)
        if there is not None and there["state"] == "delivered":
            await self._note_place(box, fetched)
            return True
        found = await asyncio.to_thread(read, fetched.raw, key, fetched.is_whole)
        if fetched.is_whole:
            proof = await proof_of(fetched.raw, found.sender, box["authserv_id"], self.records)
            found = replace(found, proof=proof)
        # One after the other, so that the second of a thread sees what became of the first.
        async with self._turns[box["company_id"]]:
            if await self._is_ours(box, found):
                await self._note_place(box, fetched)
                return True
            try:
                await self._take(box, fetched, found)
            except NotTaken as no:
                log.error("mail refused", mailbox=box["id"], key=key[:16], why=str(no))
                async with self.engine.begin() as conn:
                    await mails.refused(conn, box["company_id"], key)
                    await _move(conn, box, fetched)
                return False
        return True

    async def _take(self, box: Mapping[str, Any], fetched: Fetched, found: Read) -> None:
        async with self.engine.begin() as conn:
            there = await mails.known(conn, box["company_id"], found.key)
            mail_id = there["id"] if there is not None else _new_id()
            placed = await self._place(conn, box, found, mail_id)
            kept = await self._keep(conn, box, found, mail_id, placed) if there is None else None
        if there is not None:
            kept = await self._kept(there)
        assert kept is not None
        raw_id, attached, acknowledgement_id = kept
        await self._put(box, raw_id, attached, fetched.raw, found.attachments)
        command = c.TakeMail(
            placed.entry, mail_id, box["id"], placed.joins, placed.only_joins, acknowledgement_id
        )  # fmt: skip
        contact_id = None if there is None else await self._contact_of(box, command)
        if contact_id is None:
            contact_id = await self._told(command, found.key)
        if contact_id is None and not command.only_joins:  # it was spam when it was told first
            contact_id = await self._released(command, found.key)
        noted = Noted(mail_id, (raw_id, *attached), acknowledgement_id, found.sender)
        if not await self._note(box, fetched, placed, noted, contact_id):
            contact_id = await self._released(c.TakeMail(placed.entry, mail_id, box["id"]), found.key)
            await self._note(box, fetched, placed, noted, contact_id)

    async def _note(
        self, box: Mapping[str, Any], fetched: Fetched, placed: Placed, noted: Noted, contact_id: str | None
    ) -> bool:
        """False, and nothing is noted: somebody has unmarked its sender since it was placed, and did not find it among
        what is kept.
        """
        is_spam = placed.is_spam and contact_id is None
        async with self.engine.begin() as conn:
            if is_spam and not await spam.still_is(conn, box["company_id"], noted.sender):
                return False
            await mails.delivered(conn, noted.mail_id, contact_id, noted.blob_ids, noted.acknowledgement_id)
            if placed.bounced_id is not None:
                await mails.bounced(conn, placed.bounced_id)
            await _move(conn, box, fetched)
        return True

    async def _released(self, command: c.TakeMail, key: str) -> str | None:
        return await self._told(command, key, f"release-{command.mail_id}")

    async def _contact_of(self, box: Mapping[str, Any], again: c.TakeMail) -> str | None:
        """Of a mail that was kept before: it may have been taken days ago, and nobody remembers the answer."""
        async with self.engine.connect() as conn:
            return await contacts.same_try_that_is_over(conn, box["company_id"], again.entry.source, again.mail_id)

    async def _told(self, command: c.TakeMail, key: str, command_id: str | None = None) -> str | None:
        body_hash = c.hash_of(key.encode())
        envelope = c.Envelope(PRINCIPAL, command_id or command.mail_id, body_hash, command, "customer")
        reply = await self.deliver(envelope)
        if reply.status >= 400:
            raise NotTaken(str(reply.body.get("text_key")))
        contact_id: str | None = reply.body["contact_id"]
        return contact_id

    async def _note_place(self, box: Mapping[str, Any], fetched: Fetched) -> None:
        async with self.engine.begin() as conn:
            await _move(conn, box, fetched)

    async def _is_ours(self, box: Mapping[str, Any], found: Read) -> bool:
        """A copy of what we sent ourselves, such as to a list that brings it back."""
        if mail_of(self.signing_key, box["company_id"], found.message_id) is None:
            return False
        async with self.engine.connect() as conn:
            return found.sender in await mailboxes.addresses(conn, box["company_id"])

    # --- where it belongs ---------------------------------------------------------------------------------------------

    async def _place(self, conn: AsyncConnection, box: Mapping[str, Any], found: Read, mail_id: str) -> Placed:
        company_id = box["company_id"]
        if found.kind == "bounce":
            came_back = await self._ours(conn, company_id, found.bounced_ids)
            row = next((each for each in came_back if each["direction"] == "out"), None)
            if row is not None:
                entry = await self._entry(conn, box, found, mail_id)
                placement = Placement(row["thread_id"])
                return Placed(entry, row["thread_id"], placement, row["contact_id"], True, row["id"])
        placement = await self._placement(conn, company_id, found)
        if found.kind == "message" and await spam.is_sender(conn, company_id, found.sender):
            kept = await self._entry(conn, box, found, mail_id)
            return Placed(kept, placement.thread_id or mail_id, placement, only_joins=True, is_spam=True)
        last = None
        if placement.thread_id is not None:
            last = await mails.last_contact(conn, company_id, placement.thread_id)
        entry = await self._entry(conn, box, found, mail_id, last)
        return Placed(
            entry,
            placement.thread_id or mail_id,
            placement,
            joins=None if last is None else last["id"],
            only_joins=last is not None and found.kind == "automatic",
            acknowledge=last is None and await self._is_to_be_acknowledged(conn, box, found),
        )

    async def _ours(self, conn: AsyncConnection, company_id: str, told: Sequence[str]) -> list[Row]:
        """Known mails with these ids, in the order in which they were told."""
        rows = await mails.named(conn, company_id, told) if told else []
        return sorted(rows, key=lambda row: told.index(row["message_id"]))

    async def _placement(self, conn: AsyncConnection, company_id: str, found: Read) -> Placement:
        rows = await self._ours(conn, company_id, found.references)
        references = [
            Reference(
                row["thread_id"],
                ours=row["direction"] == "out",
                signed=mail_of(self.signing_key, company_id, row["message_id"]) == row["id"],
            )
            for row in rows
        ]
        threads = list({each.thread_id for each in references})
        people = await mails.participants(conn, company_id, threads) if threads else {}
        return place(found.sender, references, people)

    async def _entry(
        self, conn: AsyncConnection, box: Mapping[str, Any], found: Read, mail_id: str, last: Row | None = None
    ) -> c.Entry:
        preferred = self._preferred(box, last)
        return await entry_of(conn, box, mail_id, found.sender, found.subject, preferred, proved=found.proof)

    def _preferred(self, box: Mapping[str, Any], last: Row | None) -> str | None:
        """Whoever served the thread serves the answer, within the mailbox's `reopen_days`."""
        if last is None or last["agent_id"] is None:
            return None
        now_us = self.now_us()
        over_us = now_us if last["closed_at"] is None else int(last["closed_at"])  # it may still be wrapped up
        is_soon = now_us - over_us <= int(box["reopen_days"]) * DAY_US
        return str(last["agent_id"]) if is_soon else None

    async def _is_to_be_acknowledged(self, conn: AsyncConnection, box: Mapping[str, Any], found: Read) -> bool:
        """Never a machine, never ourselves, and nobody twice a day."""
        if not box["acknowledge"] or not found.may_be_acknowledged:
            return False
        if found.sender in await mailboxes.addresses(conn, box["company_id"]):
            return False
        return not await mails.is_acknowledged(conn, box["company_id"], found.sender)

    # --- what is kept -------------------------------------------------------------------------------------------------

    async def _keep(
        self, conn: AsyncConnection, box: Mapping[str, Any], found: Read, mail_id: str, placed: Placed
    ) -> tuple[str, list[str], str | None]:
        """(original, attachments, our answer): the rows; the files come later."""
        original = _file(box, "mail", "message/rfc822", None)
        attached = [_file(box, "attachment", each.media_type, each.filename) for each in found.attachments]
        for new in (original, *attached):
            await blobs.expect(conn, new)
        await mails.add(conn, _row(box, found, mail_id, placed, original.id))
        await mails.attach(conn, box["company_id"], mail_id, [new.id for new in attached])
        answer = self._acknowledgement(box, found, mail_id, placed) if placed.acknowledge else None
        if answer is not None:
            await mails.add(conn, answer)
        return original.id, [new.id for new in attached], None if answer is None else answer["id"]

    async def _kept(self, there: Row) -> tuple[str, list[str], str | None]:
        """What a process that died had kept."""
        async with self.engine.connect() as conn:
            attached = (await mails.attachments(conn, [there["id"]]))[there["id"]]
            answer = await mails.acknowledgement_of(conn, there["id"])
        return there["raw_blob_id"], [row["id"] for row in attached], answer

    async def _put(
        self, box: Mapping[str, Any], raw_id: str, attached: Sequence[str], raw: bytes, contents: Sequence[Attachment]
    ) -> None:
        for blob_id, content in zip([raw_id, *attached], [raw, *(each.content for each in contents)], strict=True):
            async with self.engine.connect() as conn:
                row = await blobs.read(conn, blob_id, {box["company_id"]})
            if row is not None and row["state"] == "expected":
                await self.files.put(row["location"], content)
                async with self.engine.begin() as conn:
                    await blobs.arrived(conn, blob_id, content)

    def _acknowledgement(self, box: Mapping[str, Any], found: Read, mail_id: str, placed: Placed) -> dict[str, Any]:
        answer_id = _new_id()
        words = box["acknowledgement"] or ACKNOWLEDGEMENTS.get((box["language"] or "en")[:2], ACKNOWLEDGEMENTS["en"])
        text = with_signature(words, box["signature"])
        return {
            "id": answer_id,
            "company_id": box["company_id"],
            "mailbox_id": box["id"],
            "thread_id": placed.thread_id,
            "direction": "out",
            "kind": "acknowledgement",
            "state": "kept",
            "message_id": message_id(self.signing_key, box["company_id"], answer_id, box["address"].rpartition("@")[2]),
            "from_address": box["address"],
            "from_name": box["sender_name"],
            "recipients": {"to": [found.sender]},
            "subject": subject_of_answer(found.subject, is_automatic=True),
            "reply": text,
            "body": text,
            "answers_id": mail_id,
        }


async def _move(conn: AsyncConnection, box: Mapping[str, Any], fetched: Fetched) -> None:
    if fetched.place is not None:
        await mailboxes.move_cursor(conn, box["id"], fetched.place.uid_validity, fetched.place.uid_last)


def _row(box: Mapping[str, Any], found: Read, mail_id: str, placed: Placed, raw_id: str) -> dict[str, Any]:
    return {
        "id": mail_id,
        "company_id": box["company_id"],
        "mailbox_id": box["id"],
        "thread_id": placed.thread_id,
        "direction": "in",
        "kind": found.kind,
        "state": "kept",
        "key": found.key,
        "message_id": found.message_id,
        "from_address": found.sender,
        "from_name": found.sender_name,
        "recipients": {"to": list(found.to), "cc": list(found.cc)},
        "subject": found.subject,
        "reply": found.reply,
        "body": found.body,
        "html": found.html,
        "flaws": list(found.flaws),
        "joins_as": placed.placement.joins_as,
        "possibly_thread_id": placed.placement.possibly_thread_id,
        "answers_id": placed.bounced_id,
        "raw_blob_id": raw_id,
        "claimed_at": found.claimed_us,
        "proof": found.proof,
    }


def _file(box: Mapping[str, Any], kind: str, media_type: str, filename: str | None) -> NewBlob:
    return NewBlob(_new_id(), box["company_id"], kind, media_type, "mail", filename=filename)


def _new_id() -> str:
    return str(uuid_utils.uuid7())
