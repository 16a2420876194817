"""Where may we call? One table for agents, for callbacks that a visitor asks for, and for lists.

Fails closed: what no numbering plan knows is called by nobody, and without a list of allowed places only the company's
own region is. The plans are those of libphonenumber, by region; a prefix such as '+4930' allows a part of one.
"""

from collections.abc import Mapping
from dataclasses import field, fields
from functools import lru_cache
from typing import Any, Literal

import phonenumbers
from phonenumbers import PhoneNumberType

from contacts.record import record

Who = Literal["agent", "supervisor", "visitor", "list"]  # a supervisor who calls from their own desk
Forbidden = Literal[
    "destination.unreadable",  # no number at all
    "destination.unknown",  # no numbering plan has it
    "destination.premium",  # whoever is called earns on it
    "destination.foreign",  # outside the places that the company allows
    "destination.emergency",  # a visitor or a list can make nobody call them
]

_OURS = ("agent", "supervisor")

NUMBER_LENGTH_MAX = 64
PLACES_MAX = 300
RATED_MAX = 300
DEFAULT = "default"

# Of these whoever is called earns a part of the price, or the caller pays more than for a call to the place.
_PREMIUM = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER, PhoneNumberType.UAN,
    }
)  # fmt: skip


@record(frozen=True, slots=True)
class DialRules:
    """What one company allows. Costs are in hundredths of its currency; a call is held for RESERVED_MINUTES of them."""

    by: str | None = None  # id of the Asterisk that calls; none: nobody is called
    caller_id: str | None = None  # the number of the company's that the called one sees
    region: str | None = None  # ISO 3166: of national numbers and of emergency numbers
    allowed: tuple[str, ...] = ()  # regions ('AT') and prefixes ('+4930'); none: the own region
    allowed_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by Who, in place of `allowed`
    per_number_day: int = 5  # calls that may be asked for to one number in 24 h
    per_agent_hour: int = 60
    per_source_hour: int = 3  # callbacks that one visitor, or one internet address, may ask for
    cost_cap_day: int = 10_000  # of all calls of the company in 24 h
    costs: Mapping[str, int] = field(default_factory=lambda: {DEFAULT: 10})  # of a minute, by region or prefix
    retry_delay_s: int = 300  # of a callback whose customer was not there
    max_attempts: int = 3  # of one callback
    per_slot: int = 10  # callbacks that may be wished for in one half hour of one queue


RESERVED_MINUTES = 3


@record(frozen=True, slots=True)
class Destination:
    number: str  # E.164; of an emergency number the digits alone
    is_emergency: bool = False
    cost: int = 0  # that is reserved for the call


def read_rules(values: Mapping[str, Any]) -> DialRules:
    """From a company's configuration; what is not said is as usual, and what we do not know is left out."""
    known = {each.name for each in fields(DialRules)}
    given = {name: value for name, value in values.items() if name in known and value is not None}
    if "allowed" in given:
        given["allowed"] = tuple(given["allowed"])
    if "allowed_for" in given:
        given["allowed_for"] = {who: tuple(places) for who, places in given["allowed_for"].items()}
    return DialRules(**given)


@lru_cache(maxsize=4096)
def _read(text: str, region: str | None) -> tuple[str, str, int] | Forbidden:
    """(E.164, region, kind of number)."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return "destination.unreadable"
    if number.extension:
        return "destination.unreadable"
    if not phonenumbers.is_valid_number(number):
        return "destination.unknown"
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written, phonenumbers.region_code_for_number(number) or "", phonenumbers.number_type(number)


def destination(text: str, rules: DialRules, who: Who) -> Destination | Forbidden:
    """Where this number leads, or why it may not be called."""
    text = text.strip()
    if not text or len(text) > NUMBER_LENGTH_MAX:
        return "destination.unreadable"
    if rules.region is not None and phonenumbers.is_emergency_number(text, rules.region):
        digits = "".join(c for c in text if c.isdigit())
        return Destination(digits, is_emergency=True) if who in _OURS else "destination.emergency"
    found = _read(text, rules.region)
    if isinstance(found, str):
        return found
    number, region, kind = found
    if kind in _PREMIUM:
        return "destination.premium"
    if kind == PhoneNumberType.UNKNOWN:
        return "destination.unknown"
    if not _is_in(number, region, _places(rules, who)):
        return "destination.foreign"
    return Destination(number, cost=_of_minute(number, region, rules.costs) * RESERVED_MINUTES)


def _places(rules: DialRules, who: Who) -> tuple[str, ...]:
    """A role's own list counts, an empty one too; a supervisor without one is an agent."""
    for role in (who, "agent") if who in _OURS else (who,):
        if role in rules.allowed_for:
            return rules.allowed_for[role]
    return rules.allowed or ((rules.region,) if rules.region else ())


def _is_in(number: str, region: str, places: tuple[str, ...]) -> bool:
    return any(number.startswith(place) if place.startswith("+") else region == place for place in places)


def _of_minute(number: str, region: str, costs: Mapping[str, int]) -> int:
    """The longest prefix counts, then the region, then what is said of all others."""
    prefixes = [place for place in costs if place.startswith("+") and number.startswith(place)]
    if prefixes:
        return costs[max(prefixes, key=len)]
    return costs.get(region, costs.get(DEFAULT, 0))
