"""Who is a customer, and by which addresses do we know them?"""

from dataclasses import dataclass
from typing import Literal

CustomerKind = Literal["person", "organisation"]
AddressKind = Literal["phone", "email", "visitor"]
Level = Literal["claimed", "matched", "verified"]
LEVELS: tuple[Level, ...] = ("claimed", "matched", "verified")  # from weak to strong


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    company_id: str
    kind: CustomerKind
    name: str
    language: str | None = None
    zone: str | None = None  # IANA
    value: int = 0  # 0..100 as analytics sees it
    merged_into: str | None = None
    erased_us: int | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Address:
    """Two people may share one address, and one person may have many."""

    company_id: str
    customer_id: str
    kind: AddressKind
    address: str  # canonical, see identify.py
    level: Level  # how sure we are that it is theirs
    source: str
    at_us: int
