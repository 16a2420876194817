"""How does a mail of ours look on its way? The same bytes however often it is sent, with headers that hold one line.

A signature, which comes later, says when it was made.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

LINE_CHARACTERS_MAX = 900  # of a header: not every program unfolds an id (RFC 5322 allows 998)
REFERENCES_MAX = 20  # the nearest: long lines of them break at some servers


@dataclass(frozen=True, slots=True)
class File:
    """Attached as it is."""

    filename: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`message_id`, `answers`, `references`: without brackets; `references` the oldest first. `is_automatic`: nobody
    wrote it, and nothing shall answer it.
    """

    message_id: str
    from_address: str
    from_name: str
    to: Sequence[str] = field(repr=False)
    cc: Sequence[str] = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    at_us: int = 0
    answers: str | None = None
    references: Sequence[str] = ()
    is_automatic: bool = False
    bcc: Sequence[str] = field(default=(), repr=False)  # in the envelope alone
    files: Sequence[File] = ()

    @property
    def recipients(self) -> list[str]:
        return list(dict.fromkeys([*self.to, *self.cc, *self.bcc]))

    @property
    def envelope_sender(self) -> str:
        """An automatic answer comes from nobody: what cannot be delivered does not come back to be answered."""
        return "" if self.is_automatic else self.from_address


def composed(mail: Outgoing) -> bytes:
    """Raises ValueError where a header would be more than one line."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(mail.from_address, mail.from_name)
    message["To"] = [_address(each) for each in mail.to]
    if mail.cc:
        message["Cc"] = [_address(each) for each in mail.cc]
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.at_us // 1_000_000, tz=UTC))
    message["Message-ID"] = f"<{mail.message_id}>"
    if mail.answers:
        message["In-Reply-To"] = f"<{mail.answers}>"
    if mail.references:
        message["References"] = " ".join(f"<{each}>" for each in mail.references[-REFERENCES_MAX:])
    if mail.is_automatic:
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text, cte="quoted-printable")
    for each in mail.files:
        kind, _, subtype = each.media_type.partition("/")
        if kind in ("multipart", "message"):  # would have to be taken apart, and may be broken
            kind, subtype = "application", "octet-stream"
        message.add_attachment(each.content, maintype=kind, subtype=subtype, filename=each.filename)
    if mail.files:  # the same one whenever it is sent
        message.set_boundary(f"=_{hashlib.sha256(mail.message_id.encode()).hexdigest()[:40]}")
    return message.as_bytes(policy=SMTP.clone(max_line_length=LINE_CHARACTERS_MAX))


def _address(address: str, name: str = "") -> Address:
    return Address(name, addr_spec=address)
