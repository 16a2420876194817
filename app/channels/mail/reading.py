"""What does a mail say? From its bytes, whatever they are: nothing here raises, and nothing takes long.

What cannot be read is told by a flaw and kept: whoever serves it sees that, and has the original. The older policy of
the standard library is used: the newer takes a second for a thousand recipients, and raises at some that are broken.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import Message
from itertools import islice
from typing import Literal

from app.channels.mail.headers import (
    HEADER_CHARACTERS_MAX,
    REFERENCES_MAX,
    UNPRINTABLE,
    UNREADABLE,
    addresses,
    date_us,
    decoded,
    header,
    line,
    message_ids,
    references,
    sender_of,
)
from app.channels.mail.markup import as_text, sanitised
from app.channels.mail.proof import Proof
from app.channels.mail.quotes import reply_of
from app.letters import SUBJECT_CHARACTERS_MAX
from contacts.thread import MailKind

HEADER_BYTES_MAX = 131_072  # of all headers; what comes behind is taken for text
BOUNDARIES_MAX = 5_000  # lines that begin with two hyphens: beyond it the parts are not taken apart
PARTS_MAX = 200  # the others are left in the original
DEPTH_MAX = 20
ATTACHMENTS_MAX = 50  # the others are left in the original
TEXT_CHARACTERS_MAX = 100_000  # the rest is left in the original
HTML_BYTES_MAX = 1_000_000  # beyond it only the text is shown
FILENAME_CHARACTERS_MAX = 200

Flaw = Literal["malformed", "undecodable", "too_large", "truncated", "parts", "attachments"]

# What its sender wrote. Servers on the way add other headers: by those alone one mail in two mailboxes differs.
_OF_THE_SENDER = re.compile(
    rb"^(?:message-id|from|to|cc|date|subject|in-reply-to|content-type):[^\n]*(?:\n[ \t][^\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)
_LONG_PART_HEADER = re.compile(rb"^content-[a-z-]{1,60}:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb"^--", re.MULTILINE)
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")


@dataclass(frozen=True, slots=True)
class Attachment:
    filename: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Read:
    """`reply`: what its writer added; `body`: everything as text; `html`: sanitised, without remote images."""

    key: str
    kind: MailKind
    may_be_acknowledged: bool
    message_id: str  # without brackets; empty: it has none
    references: tuple[str, ...]  # the nearest first
    bounced_ids: tuple[str, ...]  # message ids of what came back
    sender: str  # canonical, or empty
    sender_name: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    claimed_us: int | None
    reply: str
    body: str
    html: str | None
    attachments: tuple[Attachment, ...]
    flaws: tuple[Flaw, ...]
    proof: Proof | None = None  # that it comes from its sender; looked up by whoever can


def key_of(raw: bytes) -> str:
    """The same for the same mail by whichever mailbox it came; another content under its Message-ID is another."""
    head, body = _halves(raw)
    return hashlib.sha256(b"\n".join([*_OF_THE_SENDER.findall(head), b"", body])).hexdigest()


def read(raw: bytes, key: str, is_whole: bool = True) -> Read:
    """`key`: of the bytes (`key_of`); not `is_whole`: the mail is larger than what was fetched of it."""
    try:
        return _read(raw, key, is_whole)
    except UNREADABLE:  # in a way that nobody has thought of: all of it is a text
        head, body = _halves(raw)
        text = clean((head + b"\n" + body)[: 2 * TEXT_CHARACTERS_MAX].decode("utf-8", "replace"))[:TEXT_CHARACTERS_MAX]
        nothing: tuple[str, ...] = ()
        return Read(
            key, "message", False, "", nothing, nothing, "", "", nothing, nothing, "", None, text, text, None, (),
            ("malformed",),
        )  # fmt: skip


def _read(raw: bytes, key: str, is_whole: bool) -> Read:
    flaws: dict[Flaw, None] = {} if is_whole else {"too_large": None}
    message = _parsed(raw, flaws)
    texts, pages, attachments = _taken_apart(message, flaws)
    if not any(text.strip() for text in (*texts, *pages)):
        texts = _attached_texts(message, flaws)
    body = clean("\n".join(texts) if texts else as_text("\n".join(pages)))
    if not texts and not pages and not attachments and not message.is_multipart():
        body = clean(_payload_text(message, flaws))
    if len(body) > TEXT_CHARACTERS_MAX:
        flaws["truncated"] = None
    body = body[:TEXT_CHARACTERS_MAX]
    name, sender = sender_of(message)
    kind = _kind(message, sender)
    return Read(
        key=key,
        kind=kind,
        may_be_acknowledged=kind == "message" and _is_of_a_person(message, sender),
        message_id=next(iter(message_ids(header(message, "Message-ID"))), ""),
        references=references(message),
        bounced_ids=_bounced(message) if kind == "bounce" else (),
        sender=sender,
        sender_name=name,
        to=addresses(message, "To"),
        cc=addresses(message, "Cc"),
        subject=header(message, "Subject")[:SUBJECT_CHARACTERS_MAX],
        claimed_us=date_us(message),
        reply=reply_of(body),
        body=body,
        html=_html(pages, flaws),
        attachments=tuple(attachments),
        flaws=tuple(flaws),
    )


def clean(text: str) -> str:
    """What a database and a page can hold."""
    return UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")


# --- its structure ----------------------------------------------------------------------------------------------------


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    """Headers and body, with the line ends of Unix."""
    text = raw.replace(b"\r\n", b"\n")
    if text.startswith(b"\n"):
        return b"", text[1:]
    head, _, body = text.partition(b"\n\n")
    return head + b"\n", body


def _parsed(raw: bytes, flaws: dict[Flaw, None]) -> Message:
    """The message, or what a broken one is as a text. Long headers are cut before anything reads them."""
    head, body = _halves(raw)
    head, body = _shortened(head), _LONG_PART_HEADER.sub(_cut, body)
    if len(head) > HEADER_BYTES_MAX:
        flaws["malformed"] = None
        head = head[:HEADER_BYTES_MAX].rpartition(b"\n")[0] + b"\n"
    if len(_BOUNDARY.findall(body)) > BOUNDARIES_MAX:
        flaws["parts"] = None
        return _as_plain(head, body)
    try:
        found = message_from_bytes(head + b"\n" + body, policy=policy.compat32)
        if not found.keys():
            flaws["malformed"] = None
        return found
    except UNREADABLE:
        flaws["malformed"] = None
        return _as_plain(head, body)


def _as_plain(head: bytes, body: bytes) -> Message:
    """Its headers but for those that say how it is made, and its body as a text."""
    kept = re.sub(rb"^(content-[a-z-]+|mime-version):.*\n(?:[ \t].*\n)*", b"", head, flags=re.IGNORECASE | re.MULTILINE)
    return message_from_bytes(kept + b"\n" + body[: 4 * TEXT_CHARACTERS_MAX], policy=policy.compat32)


def _shortened(head: bytes) -> bytes:
    headers = re.findall(rb"[^\n]*\n(?:[ \t][^\n]*\n)*", head)
    return b"".join(each if len(each) <= HEADER_CHARACTERS_MAX else _first_of(each) for each in headers)


def _cut(found: re.Match[bytes]) -> bytes:
    return found[0] if len(found[0]) <= HEADER_CHARACTERS_MAX else _first_of(found[0])


def _first_of(long: bytes) -> bytes:
    return long[:HEADER_CHARACTERS_MAX].rstrip() + b"\n"


def _parts(message: Message) -> Iterator[tuple[Message, int]]:
    """Those that hold something, in their order, with their depth; a message in a message is one."""
    waiting: list[tuple[Message, int]] = [(message, 0)]
    while waiting:
        part, depth = waiting.pop()
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            if depth < DEPTH_MAX:
                waiting += [(each, depth + 1) for each in reversed(payload) if isinstance(each, Message)]
            else:
                yield part, depth
        else:
            yield part, depth


def _taken_apart(message: Message, flaws: dict[Flaw, None]) -> tuple[list[str], list[str], list[Attachment]]:
    """(texts, pages of HTML, attachments)."""
    texts: list[str] = []
    pages: list[str] = []
    attachments: list[Attachment] = []
    for n, (part, depth) in enumerate(_parts(message)):
        if n >= PARTS_MAX or depth >= DEPTH_MAX:
            flaws["parts"] = None
            break
        kind, name = _type(part), _filename(part)
        if kind.startswith("multipart/") and not part.is_multipart():  # nobody can tell where its parts begin
            flaws["malformed"] = None
            texts += [text for text in (_payload_text(part, flaws),) if text.strip()]
            continue
        is_attached = _disposition(part) == "attachment" or bool(name)
        if kind == "text/plain" and not is_attached:
            texts.append(_payload_text(part, flaws))
        elif kind == "text/html" and not is_attached:
            pages.append(_payload_text(part, flaws))
        elif len(attachments) < ATTACHMENTS_MAX:
            attachments.append(Attachment(name or _named(kind, n), kind, _content(part)))
        else:
            flaws["attachments"] = None
    return texts, pages, attachments


def _attached_texts(message: Message, flaws: dict[Flaw, None]) -> list[str]:
    """Of a mail that says nothing beside them: texts with a name, and those of messages that were passed on."""
    parts = (part for part in islice(message.walk(), PARTS_MAX) if _type(part) == "text/plain")
    return [_payload_text(part, flaws) for part in parts]


def _type(part: Message) -> str:
    try:
        found = part.get_content_type()
    except UNREADABLE:
        return "application/octet-stream"
    return found if _TYPE.fullmatch(found) else "application/octet-stream"


def _disposition(part: Message) -> str | None:
    try:
        return part.get_content_disposition()
    except UNREADABLE:
        return None


def _filename(part: Message) -> str:
    try:
        found = part.get_filename()
    except UNREADABLE:
        found = None
    if found is None:
        return ""
    name = re.split(r"[/\\]", decoded(str(found)))[-1]
    return line(name)[-FILENAME_CHARACTERS_MAX:]


def _named(kind: str, n: int) -> str:
    return "message.eml" if kind == "message/rfc822" else f"part-{n + 1}"


def _content(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        try:
            return b"\n".join(each.as_bytes() for each in payload if isinstance(each, Message))
        except UNREADABLE:
            return b""
    return _bytes(part)


def _bytes(part: Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except UNREADABLE:
        found = None
    if isinstance(found, bytes):
        return found
    payload = part.get_payload()
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _payload_text(part: Message, flaws: dict[Flaw, None]) -> str:
    """As its charset says; else as what it probably is, and said so."""
    content = _bytes(part)[: 4 * HTML_BYTES_MAX]
    try:
        charset = str(part.get_content_charset() or "utf-8")
    except UNREADABLE:
        charset = "utf-8"
    for guess in (charset, "utf-8"):
        try:
            return content.decode(guess)
        except (LookupError, ValueError):
            continue
    flaws["undecodable"] = None
    return content.decode("cp1252", "replace")


def _html(pages: list[str], flaws: dict[Flaw, None]) -> str | None:
    page = "\n".join(pages)
    if not page.strip():
        return None
    if len(page) > HTML_BYTES_MAX:
        flaws["truncated"] = None
        return None
    return sanitised(clean(page))


# --- who wrote it, a person or a machine (RFC 3834, RFC 3464) ---------------------------------------------------------

_MACHINES = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|owner-.*|.*-request)([+-].*)?@.*")


def _kind(message: Message, sender: str) -> MailKind:
    is_report = _type(message) == "multipart/report" and any(
        _type(part) == "message/delivery-status" for part, _ in _parts(message)
    )
    is_from_nobody = header(message, "Return-Path") == "<>"
    if is_report or (is_from_nobody and sender.startswith(("mailer-daemon@", "postmaster@"))):
        return "bounce"
    said = header(message, "Auto-Submitted").lower().partition(";")[0].strip()
    suppressed = header(message, "X-Autoreply") or header(message, "X-Autorespond")
    return "automatic" if said.startswith("auto-replied") or suppressed else "message"


def _is_of_a_person(message: Message, sender: str) -> bool:
    """Whether nothing says that an automatic answer would go to a machine or to a list."""
    said = header(message, "Auto-Submitted").lower().partition(";")[0].strip()
    if said not in ("", "no") or not sender or _MACHINES.fullmatch(sender):
        return False
    if header(message, "Precedence").lower() in ("bulk", "list", "junk", "auto_reply"):
        return False
    if header(message, "Return-Path") == "<>":
        return False
    lists = ("List-Id", "List-Post", "List-Unsubscribe", "X-Auto-Response-Suppress", "Feedback-ID")
    return not any(header(message, name) for name in lists)


def _bounced(message: Message) -> tuple[str, ...]:
    """Message ids of the mail that came back, as far as the report has it."""
    found: list[str] = []
    for part, _ in _parts(message):
        payload = part.get_payload()
        if _type(part) == "message/rfc822" and isinstance(payload, list):
            inside = (each for each in payload[:1] if isinstance(each, Message))
            found += [told for each in inside for told in message_ids(header(each, "Message-ID"))]
        elif _type(part) in ("text/rfc822-headers", "message/rfc822-headers"):
            content = _bytes(part)[:HEADER_BYTES_MAX] + b"\n\n"
            found += message_ids(header(message_from_bytes(content, policy=policy.compat32), "Message-ID"))
    return tuple(dict.fromkeys([*found, *references(message)]))[:REFERENCES_MAX]
