"""Who is it? From an address and the rows found by it, the candidates: never a guess."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers

from contacts.customer import LEVELS, Address, AddressKind, Level

MAX_PHONE_LENGTH = 64
MAX_EMAIL_LENGTH = 254
MAX_LOCAL_PART_LENGTH = 64
MAX_CANDIDATES = 16

Reason = Literal[
    "address_claimed",  # we know the address only because somebody said so
    "address_known",  # the address is known to be this customer's
    "address_proved",  # and this time the sender proved to hold it (signed in, called back, DKIM and DMARC passed)
]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BAD_IN_EMAIL = re.compile(r"[\x00-\x20\x7f<>,;:\"()\[\]\\\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Candidate:
    customer_id: str
    level: Level
    reason: Reason


@dataclass(frozen=True, slots=True)
class Identification:
    """Strongest first. More candidates than MAX_CANDIDATES are cut, which leaves them ambiguous all the same."""

    candidates: tuple[Candidate, ...]

    @property
    def unique(self) -> Candidate | None:
        return self.candidates[0] if len(self.candidates) == 1 else None


NOBODY = Identification(())


def canonical(kind: AddressKind, text: str, region: str | None = None) -> str | None:
    """The one spelling of an address; None if it is none ('anonymous', 'unknown', a withheld number)."""
    match kind:
        case "phone":
            return canonical_phone(text, region)
        case "email":
            return canonical_email(text)
        case "visitor":
            visitor = text.strip().lower()
            return visitor if _UUID.fullmatch(visitor) else None


@lru_cache(maxsize=4096)
def canonical_phone(text: str, region: str | None = None) -> str | None:
    """E.164, without an extension. A number in national form is one of `region` (ISO 3166)."""
    if len(text) > MAX_PHONE_LENGTH:
        return None
    if text.lower().startswith(("sip:", "sips:")):
        text = text.partition(":")[2].partition("@")[0]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def canonical_email(text: str) -> str | None:
    """Lower case, the domain in its ASCII form. Dots and +tags stay: they may be two people."""
    local, at, domain = text.strip().lower().rpartition("@")
    if not (at and local and domain) or "@" in local or len(local) > MAX_LOCAL_PART_LENGTH:
        return None
    if len(text) > MAX_EMAIL_LENGTH or _BAD_IN_EMAIL.search(local + domain):
        return None
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    address = f"{local}@{domain}"
    return address if len(address) <= MAX_EMAIL_LENGTH and not domain.startswith((".", "-")) else None


def identify(address: str | None, rows: Iterable[Address], proved: bool = False) -> Identification:
    """`rows` are those of one company, found by the canonical `address`; others are ignored.

    `proved`: the sender proved to hold the address. It makes a customer verified where the address is known to be
    theirs, and not where that is only claimed: holding an address is no proof that a claim about its owner was true.
    """
    if address is None:
        return NOBODY
    best: dict[str, Candidate] = {}
    for row in rows:
        if row.address != address:
            continue
        candidate = _candidate(row, proved)
        known = best.get(row.customer_id)
        if known is None or LEVELS.index(candidate.level) > LEVELS.index(known.level):
            best[row.customer_id] = candidate
    ordered = sorted(best.values(), key=lambda each: (-LEVELS.index(each.level), each.customer_id))
    return Identification(tuple(ordered[:MAX_CANDIDATES]))


def _candidate(row: Address, proved: bool) -> Candidate:
    if row.level == "claimed":
        return Candidate(row.customer_id, "claimed", "address_claimed")
    if proved:
        return Candidate(row.customer_id, "verified", "address_proved")
    return Candidate(row.customer_id, "matched", "address_known")
