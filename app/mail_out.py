"""How does a mail of ours go out? Its row says what it is; the effect says that it shall; SMTP is asked once.

`sends` is counted before the first word to a server and taken back where it surely took nothing. So after a death in
between the same mail, with the same Message-ID, is sent once more and never a third time.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.errors import MessageError

import structlog
from dkim import DKIMException
from sqlalchemy.ext.asyncio import AsyncEngine

from app import commands as c
from app.channels.mail.access import MailAccess, MailTrouble
from app.channels.mail.signing import Signer
from app.channels.mail.smtp import Outcome, send
from app.channels.mail.writing import File, Outgoing, composed
from app.ports import BlobStore, Deliver, NoWriter
from app.store import blobs, mails
from app.store.rows import Row
from contacts.effect import Effect

RETRY_S = (1.0, 5.0, 30.0, 120.0)
TELL_AGAIN_S = 0.25

log = structlog.get_logger()


@dataclass(slots=True)
class MailOut:
    """Of one mailbox, and by one connection after the other."""

    engine: AsyncEngine
    name: str  # as effects know it
    access: MailAccess
    deliver: Deliver
    may_send: Callable[[], bool]
    now_us: Callable[[], int]
    files: BlobStore
    signer: Signer | None = None
    trouble: str | None = None
    _due: dict[str, Effect] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _tries: dict[str, int] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)

    def take(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if effect.state in ("due", "sent") and effect.provider == self.name:
                self._due.setdefault(effect.id, effect)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            now = time.monotonic()
            ready = [effect for effect in self._due.values() if self._not_before.get(effect.id, 0.0) <= now]
            for effect in ready:
                try:
                    await self._carry(effect)
                except Exception as error:  # the database is away
                    log.warning("mail out", mailbox=self.name, error=type(error).__name__)
                    self._later(effect)
            waits = [self._not_before.get(each, 0.0) - time.monotonic() for each in self._due]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.05, min(waits)) if waits else None):
                    await self._wake.wait()

    async def _carry(self, effect: Effect) -> None:
        mail_id = str(effect.args["mail"])
        if effect.not_after_us is not None and effect.not_after_us < self.now_us():
            return await self._over(effect, mail_id, "failed", "")
        if not self.may_send():
            return self._later(effect)
        async with self.engine.begin() as conn:
            row = await mails.begin_sending(conn, mail_id)
        if row is None:
            return await self._begun_too_often(effect, mail_id)
        try:
            outcome = await self._sent(row)
        except MailTrouble as trouble:
            self.trouble = trouble.word
            outcome = Outcome("later", trouble.said)
        else:
            self.trouble = None
        match outcome.came:
            case "sent":
                await self._over(effect, mail_id, "sent", outcome.said)
            case "refused":
                await self._over(effect, mail_id, "failed", outcome.said)
            case "later":
                async with self.engine.begin() as conn:
                    await mails.surely_not_sent(conn, mail_id, outcome.said)
                self._later(effect)
            case "unknown":
                self._later(effect)

    async def _begun_too_often(self, effect: Effect, mail_id: str) -> None:
        async with self.engine.connect() as conn:
            row = await mails.read(conn, mail_id, None)
        if row is None:  # taken back before it was asked for
            await self._tell(effect, "failed")
        elif row["state"] == "sending":
            await self._over(effect, mail_id, "unknown", str(row["said"] or ""))
        else:  # we died after it was over, and before it was told
            await self._tell(effect, "failed" if row["state"] == "failed" else "done")

    async def _sent(self, row: Row) -> Outcome:
        async with self.engine.connect() as conn:
            before = await mails.thread_ids_before(conn, row["thread_id"], row["id"])
            attached = (await mails.attachments(conn, [row["id"]]))[row["id"]]
        answered = next((each["message_id"] for each in before if each["id"] == row["answers_id"]), None)
        references = [each["message_id"] for each in before if each["message_id"] != answered]
        try:
            files = [await self._file(each) for each in attached]
        except blobs.NotWhole as lost:
            return Outcome("refused", str(lost))
        mail = Outgoing(
            message_id=row["message_id"],
            from_address=row["from_address"],
            from_name=row["from_name"],
            to=row["recipients"].get("to", ()),
            cc=row["recipients"].get("cc", ()),
            subject=row["subject"],
            text=row["body"],
            at_us=row["at"],
            answers=answered,
            references=[*references, *([answered] if answered else [])],
            is_automatic=row["kind"] == "acknowledgement",
            bcc=row["recipients"].get("bcc", ()),
            files=files,
        )
        try:
            content = await asyncio.to_thread(composed, mail)
            if self.signer is not None:
                content = await asyncio.to_thread(self.signer.signed, content)
        except (ValueError, MessageError, IndexError, DKIMException) as wrong:
            return Outcome("refused", str(wrong))
        if not self.may_send():
            return Outcome("later")
        return await send(self.access, mail.envelope_sender, mail.recipients, content)

    async def _file(self, row: Row) -> File:
        """Raises NotWhole."""
        return File(row["filename"] or "attachment", row["media_type"], await blobs.content(self.files, row))

    def _later(self, effect: Effect) -> None:
        tries = self._tries.get(effect.id, 0)
        self._tries[effect.id] = tries + 1
        self._not_before[effect.id] = time.monotonic() + RETRY_S[min(tries, len(RETRY_S) - 1)]

    async def _over(self, effect: Effect, mail_id: str, state: str, said: str) -> None:
        async with self.engine.begin() as conn:
            await mails.over(conn, mail_id, state, said)
        await self._tell(effect, {"sent": "done"}.get(state, state))

    async def _tell(self, effect: Effect, came: str) -> None:
        """The outcome is a command like any other; until it is committed a new writer would look at the mail again."""
        mine = (effect.id,)
        command = c.ReportEffects(
            done=mine if came == "done" else (),
            failed=mine if came == "failed" else (),
            unknown=mine if came == "unknown" else (),
            provider=self.name,
        )
        while True:
            try:
                await self.deliver(c.Envelope(self.name, "", b"", command, "provider"))
                break
            except NoWriter:
                await asyncio.sleep(TELL_AGAIN_S)
        for kept in (self._due, self._tries, self._not_before):
            kept.pop(effect.id, None)
