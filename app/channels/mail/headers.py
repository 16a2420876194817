"""What do the headers of a mail say? Decoded, on one line, and within their bounds, however they are written."""

import re
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from contacts.identify import canonical_email

HEADER_CHARACTERS_MAX = 16_384  # of one; the rest is cut off
RECIPIENTS_MAX = 50  # shown; the others are left in the original
REFERENCES_MAX = 50  # the nearest
NAME_CHARACTERS_MAX = 200
MESSAGE_ID_BYTES_MAX = 250

# What the standard library raises at what it cannot read; a comment in a thousand comments is among it.
UNREADABLE = (
    MessageError, RecursionError, ValueError, LookupError, AttributeError, TypeError, AssertionError, OverflowError,
    OSError,
)  # fmt: skip

_MESSAGE_ID = re.compile(r"<([^<>\s]{1,249})>")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def header(message: Message, name: str) -> str:
    """The first of that name on one line, decoded; empty if there is none."""
    value = message.get(name)
    return "" if value is None else line(decoded(str(value)))


def decoded(value: str) -> str:
    try:
        parts = decode_header(value[:HEADER_CHARACTERS_MAX])
    except UNREADABLE:
        return value[:HEADER_CHARACTERS_MAX]
    return "".join(_word(text, charset) for text, charset in parts)


def _word(text: bytes | str, charset: str | None) -> str:
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogateescape")
    for guess in (charset or "utf-8", "utf-8"):
        try:
            return text.decode(guess)
        except (LookupError, ValueError):
            continue
    return text.decode("cp1252", "replace")


def line(text: str) -> str:
    return " ".join(UNPRINTABLE.sub("", text).split())


def message_ids(value: str) -> list[str]:
    """In their order; what is too long to be one is none."""
    found = _MESSAGE_ID.findall(value)
    return [each for each in found if len(each.encode()) <= MESSAGE_ID_BYTES_MAX]


def references(message: Message) -> tuple[str, ...]:
    nearest = message_ids(header(message, "In-Reply-To"))
    nearest += reversed(message_ids(header(message, "References")))
    return tuple(dict.fromkeys(nearest))[:REFERENCES_MAX]


def _pairs(message: Message, name: str) -> list[tuple[str, str]]:
    values = [str(value)[:HEADER_CHARACTERS_MAX] for value in message.get_all(name, [])[:3]]
    try:
        return getaddresses(values)
    except UNREADABLE:
        return []


def sender_of(message: Message) -> tuple[str, str]:
    """(name, canonical address): of the first in From that has one."""
    for name, address in _pairs(message, "From") + _pairs(message, "Sender"):
        canonical = canonical_email(line(address))
        if canonical is not None:
            return line(decoded(name))[:NAME_CHARACTERS_MAX], canonical
    return "", ""


def addresses(message: Message, name: str) -> tuple[str, ...]:
    found = (canonical_email(line(address)) for _, address in _pairs(message, name))
    return tuple(dict.fromkeys(address for address in found if address))[:RECIPIENTS_MAX]


def date_us(message: Message) -> int | None:
    try:
        at_s = parsedate_to_datetime(header(message, "Date")).timestamp()
    except UNREADABLE:
        return None
    return int(at_s * 1_000_000) if 0 < at_s < 4_102_444_800 else None  # within this century
