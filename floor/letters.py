"""Who writes mails to a company, and gets what it answers? Customers behind a mail server that the floor itself is.

What they write is brought by LMTP until it is taken or refused for good; a line that broke says nothing, so it is
brought again. What the company sends comes to an SMTP port on loopback; some of it is answered.
"""

import asyncio
import contextlib
import random
import smtplib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from floor.doors import Doors
from floor.faults import Faults
from floor.ledger import Ledger

TIMEOUT_S = 10.0
AGAIN_S = 0.4
TRIES = 120
MAILS_KEPT_MAX = 100_000

Spawn = Callable[[Awaitable[None]], None]


@dataclass(slots=True)
class Letters:
    """`answer_share`: of the company's mails that a customer answers, each thread at most once."""

    ledger: Ledger
    chance: random.Random
    faults: Faults
    spawn: Spawn
    answer_share: float = 0.5
    doors: Doors | None = None  # once they are open
    _server: asyncio.Server | None = None
    _answered: set[str] = field(default_factory=set)  # customers who have answered
    _count: int = 0

    async def listen(self) -> int:
        """Returns the port of the floor's mail server."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, loop=loop, hostname="floor"), "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    # --- customers write ----------------------------------------------------------------------------------------------

    def write(self, sender: str | None = None, subject: str | None = None) -> None:
        self._count += 1
        sender = sender or f"customer{self._count}.{self.chance.getrandbits(24):x}@letters.example"
        self.spawn(self._bring(self._letter(sender, subject or f"Question {self._count}", None)))

    def _letter(self, customer: str, subject: str, answers: str | None) -> EmailMessage:
        assert self.doors is not None
        made = EmailMessage(policy=SMTP_POLICY)
        made["From"], made["To"], made["Subject"] = customer, self.doors.mailbox, subject
        made["Message-ID"] = f"<{self.chance.getrandbits(96):x}@letters.example>"
        if answers is not None:
            made["In-Reply-To"] = answers
        made.set_content(f"{subject}, and a number: {self.chance.getrandbits(64):x}")
        return made

    async def _bring(self, letter: EmailMessage) -> None:
        content, message_id = letter.as_bytes(), str(letter["Message-ID"]).strip("<>")
        answers = str(letter["In-Reply-To"] or "").strip("<>") or None
        self.ledger.write("mail_sent", message_id=message_id, answers=answers, sender=str(letter["From"]))
        cut = self.faults.strikes(self.faults.cut_share)
        again = self.faults.strikes(self.faults.repeat_share)
        for _ in range(TRIES):
            code = await asyncio.to_thread(self._say, str(letter["From"]), content, cut)
            cut = False
            if code == 250:
                self.ledger.write("mail_taken", message_id=message_id)
                if not again:
                    return
                again = False
            elif code >= 500:
                self.ledger.write("mail_refused", message_id=message_id, code=code)
                return
            await asyncio.sleep(AGAIN_S * (0.5 + self.chance.random()))
        self.ledger.write("mail_given_up", message_id=message_id)

    def _say(self, sender: str, content: bytes, cut: bool) -> int:
        """The answer to the recipient; 0: nobody knows. `cut`: the line breaks when all was said, and nothing heard."""
        assert self.doors is not None
        try:
            with contextlib.closing(smtplib.LMTP(*self.doors.lmtp, timeout=TIMEOUT_S)) as line:
                if not cut:
                    line.sendmail(sender, [self.doors.mailbox], content)
                    return 250
                line.ehlo()
                line.mail(sender)
                line.rcpt(self.doors.mailbox)
                line.putcmd("data")
                if line.getreply()[0] == 354:
                    line.send(content + b".\r\n")
                return 0
        except smtplib.SMTPRecipientsRefused as no:
            return next(iter(no.recipients.values()))[0]
        except smtplib.SMTPResponseException as no:
            return no.smtp_code
        except (OSError, smtplib.SMTPException):
            return 0

    # --- the company writes -------------------------------------------------------------------------------------------

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.original_content, bytes)
        mail: Any = message_from_bytes(envelope.original_content)
        told = {name: str(mail[header] or "").strip("<>") for name, header in _HEADERS.items()}
        self.ledger.write("mail_arrived", to=list(envelope.rcpt_tos), **told)
        if self.faults.strikes(self.faults.cut_share) and server.transport is not None:
            server.transport.close()  # it is here, and the company cannot know
        for customer in envelope.rcpt_tos:
            if customer not in self._answered and self.chance.random() < self.answer_share:
                self._answered.add(customer)
                answer = self._letter(customer, f"Re: {mail['Subject']}", f"<{told['message_id']}>")
                self.spawn(self._bring(answer))
        return "250 2.0.0 taken"


_HEADERS = {"message_id": "Message-ID", "answers": "In-Reply-To"}
