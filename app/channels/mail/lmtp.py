"""How does a mail server bring a mail? By LMTP (RFC 2033), where each recipient is answered alone.

250 means that the mail is kept and has its contact; what may pass by itself is a 4xx: the mail stays where it was.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.channels.mail.imap import MAIL_BYTES_MAX, Fetched

SESSIONS_MAX = 20  # as many as Postfix opens to one destination
RECIPIENTS_MAX = 50  # of one mail; the mail server brings it again for the others
LINE_BYTES_MAX = 1_048_576  # many programs break the rule of 998
SESSION_SILENT_S = 300.0
TAKE_S = 120.0  # Postfix waits 600 s for the answer

Box = Mapping[str, Any]
Find = Callable[[str], Awaitable[Box | None]]  # the mailbox of an address
Take = Callable[[Box, Fetched], Awaitable[bool]]
Came = Literal["taken", "refused", "later"]

UNKNOWN = "550 5.1.1 no mailbox of this address is brought mails"
LATER = "451 4.3.0 not now, try again"
TOO_MANY_RECIPIENTS = "452 4.5.3 too many recipients"
TOO_MANY_SESSIONS = b"421 4.3.2 too many sessions\r\n"
ANSWERS: dict[Came, str] = {
    "taken": "250 2.0.0 taken",
    "refused": "554 5.3.0 it could not be taken, and could not the next time",
    "later": LATER,
}

log = structlog.get_logger()
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the library's lines name recipients


@dataclass(slots=True)
class Door:
    """What is said to a mail server. `is_open`: we may take a mail now."""

    find: Find
    take: Take
    is_open: Callable[[], bool]
    _sessions: set["Wire"] = field(default_factory=set)

    async def listen(self, host: str, port: int) -> None:
        """Until cancelled. Raises OSError if nobody may listen there."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Wire(self, loop), host, port)
        try:
            await loop.create_future()
        finally:
            server.close()
            for wire in list(self._sessions):
                wire.cut()

    def enters(self, wire: "Wire") -> bool:
        if len(self._sessions) >= SESSIONS_MAX:
            return False
        self._sessions.add(wire)
        return True

    def leaves(self, wire: "Wire") -> None:
        self._sessions.discard(wire)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not self.is_open():
            return LATER
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return TOO_MANY_RECIPIENTS
        if await self.find(address) is None:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """A line for each recipient, in their order."""
        assert isinstance(envelope.original_content, bytes)
        sender = (envelope.mail_from or "").strip("<>").encode("utf-8", "replace")
        raw = b"Return-Path: <%s>\r\n%s" % (sender, envelope.original_content)
        answers = [ANSWERS[await self._came(address, Fetched(None, raw))] for address in envelope.rcpt_tos]
        return "\r\n".join(answers)

    async def _came(self, address: str, fetched: Fetched) -> Came:
        """Whatever goes wrong here, the mail server has it still."""
        if not self.is_open():
            return "later"
        try:
            async with asyncio.timeout(TAKE_S):
                box = await self.find(address)
                if box is None:
                    return "refused"
                return "taken" if await self.take(box, fetched) else "refused"
        except Exception as error:  # no writer, no database, no room on the disk
            log.warning("mail brought", error=type(error).__name__)
            return "later"

    async def handle_exception(self, error: Exception) -> str:
        log.warning("mail brought", error=type(error).__name__)
        return LATER


class Wire(LMTP):
    """One session."""

    line_length_limit = LINE_BYTES_MAX

    def __init__(self, door: Door, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            door, data_size_limit=MAIL_BYTES_MAX, enable_SMTPUTF8=True, hostname="jackfield", ident="LMTP",
            timeout=SESSION_SILENT_S, loop=loop,
        )  # fmt: skip
        self._door = door
        self._answers_due = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self._door.enters(self):
            cast(asyncio.WriteTransport, transport).write(TOO_MANY_SESSIONS)  # uvloop's are no subclass
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._door.leaves(self)
        super().connection_lost(error)

    def cut(self) -> None:
        if self.transport is not None:
            cast(asyncio.WriteTransport, self.transport).abort()

    async def push(self, status: Any) -> None:
        """Behind the content of a mail there is an answer for each of its recipients, also where all are the same."""
        if isinstance(status, str) and status.startswith("354"):
            self._answers_due = len(self.envelope.rcpt_tos) if self.envelope is not None else 0
        elif self._answers_due:
            due, self._answers_due = self._answers_due, 0
            if "\r\n" not in status:
                status = "\r\n".join([status] * due)
        await super().push(status)
