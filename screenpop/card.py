"""Who is this, and what happened before? The card beside an offer, from what was looked up and what the contact says.

Two people behind one address are two candidates, never a guess; the level says how sure we are of the one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from contacts.contact import Contact
from contacts.customer import Address
from contacts.identify import identify

CANDIDATES_MAX = 5
LAST_CONTACTS_MAX = 10
OPEN_WORK_MAX = 10
ADDRESSES_MAX = 20
LINKS_MAX = 8

PLACEHOLDERS = ("customer_id", "contact_id", "number")

IdentityLevel = Literal["none", "claimed", "matched", "verified"]


@dataclass(frozen=True, slots=True)
class Known:
    """One customer as the tables have them."""

    customer_id: str
    name: str
    value: int = 0
    value_terms: Mapping[str, Any] = field(default_factory=dict)
    life_stage: str | None = None
    language: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class PastContact:
    contact_id: str
    channel: str
    direction: str
    at_us: int
    outcome: str | None  # None: it is still open
    queue: str | None
    disposition: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """To a page of the company's own systems; `{customer_id}`, `{contact_id}` and `{number}` are filled in."""

    name: str
    url_template: str


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What was read for one contact."""

    people: Mapping[str, Known] = field(default_factory=dict)  # the customer, or whoever has the contact's address
    addresses: Sequence[Address] = ()  # of those, and all of the customer's
    past: Sequence[PastContact] = ()  # of the customer, the latest first, open ones among them
    links: Sequence[Link] = ()
    hosts: frozenset[str] = frozenset()  # to which links may lead


def card(contact: Contact, looked_up: LookedUp) -> dict[str, Any]:
    customer = looked_up.people.get(contact.customer_id or "")
    others = [each for each in looked_up.past if each.contact_id != contact.id]
    return {
        "contact_id": contact.id,
        "customer_id": customer.customer_id if customer else None,
        "name": customer.name if customer else None,
        "level": _level(contact, customer, looked_up.addresses),
        "candidates": [] if customer else _candidates(contact, looked_up),
        "value": customer.value if customer else contact.value,
        "value_terms": dict(customer.value_terms) if customer else {},
        "life_stage": customer.life_stage if customer else None,
        "language": customer.language if customer else None,
        "local_time_zone": customer.zone if customer else None,
        "addresses": _addresses(customer, looked_up.addresses),
        "last_contacts": [_past(each) for each in others if each.outcome is not None][:LAST_CONTACTS_MAX],
        "open_work": [_past(each) for each in others if each.outcome is None][:OPEN_WORK_MAX],
        "collected": dict(contact.collected),
        "links": _links(contact, customer, looked_up),
    }


def is_of_another(before: Contact, after: Contact) -> bool:
    """Whether the card of the contact would say something else now."""
    return (before.customer_id, before.value, before.collected) != (after.customer_id, after.value, after.collected)


def _from(contact: Contact) -> str | None:
    """The address the contact came from."""
    found = contact.collected.get("from")
    return found if isinstance(found, str) else None


def _is_proved(contact: Contact) -> bool:
    """Whether a mail comes from where it says. Of other channels nobody but whoever collects says so."""
    return contact.channel == "email" and "proved" in contact.collected


def _level(contact: Contact, customer: Known | None, addresses: Sequence[Address]) -> IdentityLevel:
    if customer is None:
        return "none"
    known = identify(_from(contact), addresses, _is_proved(contact))
    mine = next((each for each in known.candidates if each.customer_id == customer.customer_id), None)
    return mine.level if mine else "matched"  # whoever made the contact said who it is


def _candidates(contact: Contact, looked_up: LookedUp) -> list[dict[str, Any]]:
    found = identify(_from(contact), looked_up.addresses, _is_proved(contact)).candidates
    return [
        {"customer_id": each.customer_id, "name": looked_up.people[each.customer_id].name, "reason": each.reason}
        for each in found
        if each.customer_id in looked_up.people
    ][:CANDIDATES_MAX]


def _addresses(customer: Known | None, addresses: Sequence[Address]) -> list[dict[str, Any]]:
    if customer is None:
        return []
    mine = [each for each in addresses if each.customer_id == customer.customer_id]
    mine.sort(key=lambda each: (each.kind, each.address))
    return [{"kind": each.kind, "address": each.address, "level": each.level} for each in mine[:ADDRESSES_MAX]]


def _past(each: PastContact) -> dict[str, Any]:
    return {
        "contact_id": each.contact_id,
        "channel": each.channel,
        "direction": each.direction,
        "at_ms": each.at_us // 1000,
        "outcome": each.outcome,
        "queue": each.queue,
        "disposition": each.disposition,
    }


# --- links ------------------------------------------------------------------------------------------------------------


def _links(contact: Contact, customer: Known | None, looked_up: LookedUp) -> list[dict[str, str]]:
    """Those whose placeholders can all be filled in. A host that is allowed no more is left out, too."""
    values = {
        "customer_id": customer.customer_id if customer else None,
        "contact_id": contact.id,
        "number": _from(contact) if contact.channel == "phone" else None,
    }
    made = []
    for link in looked_up.links[:LINKS_MAX]:
        url = filled_in(link.url_template, values)
        if url is not None and is_allowed(link.url_template, looked_up.hosts):
            made.append({"name": link.name, "url": url})
    return made


def filled_in(template: str, values: Mapping[str, str | None]) -> str | None:
    """Percent-encoded, so that no value can change where the link leads. None: a value is missing."""
    for name in PLACEHOLDERS:
        mark = "{" + name + "}"
        if mark not in template:
            continue
        value = values[name]
        if value is None:
            return None
        template = template.replace(mark, quote(value, safe=""))
    return template


def is_allowed(template: str, hosts: frozenset[str]) -> bool:
    """An https address (http on this machine alone) on an allowed host, placeholders behind the host only."""
    try:
        parts = urlsplit(template)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    named = host if port is None else f"{host}:{port}"
    local = host in ("localhost", "127.0.0.1")
    plain = "{" not in parts.netloc and parts.username is None and "\\" not in template
    return plain and named in hosts and (parts.scheme == "https" or (parts.scheme == "http" and local))
