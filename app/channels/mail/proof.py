"""Does a mail come from where its From says? A signature of that domain proves it (DKIM); nothing else of a mail does.

| the From's domain | a good signature of | it is proved |
|---|---|---|
| example.com | example.com | yes |
| mail.example.com | example.com | yes, unless its DMARC record says `adkim=s` |
| example.com | anything else, also mail.example.com | no: whose a name below is, only a list of suffixes says |

A signature that leaves a part of the body out (`l=`), is made by sha1, or whose key is a test (`t=y`), proves nothing.
What the headers say that others have found (Authentication-Results) is believed of one alone: the mailbox's own server,
by the name that its `authserv_id` gives, in the header that was added last. RFC 6376, 7489, 8301, 8601.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any, Literal

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from app.channels.mail.domain_records import DomainRecords
from contacts.identify import canonical_email

Proof = Literal["DKIM", "DMARC"]  # by our own look, or by the word of the mailbox's own server

MAIL_BYTES_MAX = 10 * 1_048_576  # of a larger one nothing is proved; the same of the others
HEAD_BYTES_MAX = 65_536
HEADERS_MAX = 500
SIGNATURE_BYTES_MAX = 4_096
SIGNATURES_MAX = 3  # of the From's own domain; the others are not looked at
COMMENTS_NESTED_MAX = 5
SPACES_MAX = 64  # in a row, in a signature
WORK_MAX = 20_000_000  # steps of the library over runs of white space, whose number is the square of their length

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*\n(?:[ \t][^\n]*\n)*)")
_RUN = re.compile(rb"[\t ]{16,}")
_SPACES = re.compile(rb"\s{%d}" % SPACES_MAX)
_COMMENT = re.compile(r"\([^()]*\)")
_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+")


@dataclass(frozen=True, slots=True)
class _Signature:
    nth: int  # of all in the mail
    domain: str
    selector: str

    @property
    def key_at(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}."


async def proof_of(raw: bytes, sender: str, authserv_id: str | None, records: DomainRecords) -> Proof | None:
    """`sender`: as read from its From. Never raises; takes at most three look-ups for each of SIGNATURES_MAX."""
    if not sender or len(raw) > MAIL_BYTES_MAX:
        return None
    fields = _fields(raw)
    domain = sender.rpartition("@")[2]
    if not _is_from(fields, sender):
        return None
    if authserv_id is not None and _passed(fields, authserv_id, domain):
        return "DMARC"
    for signature in _aligned(fields, domain):
        if await _is_good(raw, signature, domain, records):
            return "DKIM"
    return None


def _fields(raw: bytes) -> list[tuple[str, bytes]]:
    """Of the head, (name, what it says), the first first; nothing of a head that is too large."""
    head = raw[: HEAD_BYTES_MAX + 1].replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n"
    fields = [(name.decode("ascii").lower(), said) for name, said in _FIELD.findall(head)]
    return fields if len(head) <= HEAD_BYTES_MAX and len(fields) <= HEADERS_MAX else []


def _said(fields: Sequence[tuple[str, bytes]], name: str) -> list[bytes]:
    return [said for each, said in fields if each == name]


def _is_from(fields: Sequence[tuple[str, bytes]], sender: str) -> bool:
    """One From with one address, and it is this one."""
    said = _said(fields, "from")
    if len(said) != 1:
        return False
    try:
        found = getaddresses([" ".join(said[0].decode("utf-8", "replace").split())])
    except (ValueError, LookupError, RecursionError, AttributeError, TypeError):
        return False
    return [canonical_email(address) for _, address in found] == [sender]


def _passed(fields: Sequence[tuple[str, bytes]], authserv_id: str, domain: str) -> bool:
    """Whether the mailbox's own server found that DMARC passed."""
    said = _said(fields, "authentication-results")
    if not said or b'"' in said[0]:
        return False
    text = " ".join(said[0].decode("utf-8", "replace").lower().split())
    for _ in range(COMMENTS_NESTED_MAX):
        text = _COMMENT.sub(" ", text)
    if "(" in text or ")" in text:
        return False
    who, *found = text.split(";")
    words = [each.split() for each in found]
    return who.split()[:1] == [authserv_id.lower()] and any(
        each[:1] == ["dmarc=pass"] and f"header.from={domain}" in each for each in words
    )


def _aligned(fields: Sequence[tuple[str, bytes]], domain: str) -> list[_Signature]:
    found: list[_Signature] = []
    for nth, said in enumerate(_said(fields, "dkim-signature")):
        tags = _tags(said)
        name, selector = _word(tags, b"d"), _word(tags, b"s")
        is_whole = b"l" not in tags and tags.get(b"a") == b"rsa-sha256"
        is_named = bool(_DOMAIN.fullmatch(name) and re.fullmatch(r"[a-z0-9_.-]{1,200}", selector))
        if is_whole and is_named and f".{domain}".endswith(f".{name}"):
            found.append(_Signature(nth, name, selector))
    return found[:SIGNATURES_MAX]


def _tags(said: bytes) -> Mapping[bytes, bytes]:
    if len(said) > SIGNATURE_BYTES_MAX or _SPACES.search(said):
        return {}
    try:
        tags: Mapping[bytes, bytes] = parse_tag_value(said)
    except (InvalidTagValueList, ValueError):
        return {}
    return tags


def _word(tags: Mapping[bytes, bytes], name: bytes) -> str:
    return tags.get(name, b"").decode("ascii", "replace").lower()


async def _is_good(raw: bytes, signature: _Signature, domain: str, records: DomainRecords) -> bool:
    key = await records.text(signature.key_at)
    if key is None or b"y" in _tags(key).get(b"t", b"").split(b":"):
        return False
    if signature.domain != domain:
        policy = _tags(await records.text(f"_dmarc.{domain}.") or b"")
        if policy.get(b"adkim", b"r").lower() == b"s":
            return False
    return await asyncio.to_thread(_is_signed, raw, signature, key)


def _is_signed(raw: bytes, signature: _Signature, key: bytes) -> bool:
    work = 0
    for run in _RUN.finditer(raw):
        work += (run.end() - run.start()) ** 2
        if work > WORK_MAX:
            return False

    def published(name: bytes, timeout: Any = None) -> bytes | None:
        return key if name.decode("ascii", "replace").lower() == signature.key_at else None

    try:
        return bool(dkim.DKIM(raw).verify(signature.nth, dnsfunc=published))
    except Exception:  # whatever a library says to a mail that anybody may have written: it is not proved
        return False
