"""What can be said of a customer who is new, and how do many of them come in at once, or none of them?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access
from app.api.acts import acting, new_id, some
from app.api.fields import Given, Id, Language, Name, Shown, Zone
from app.api.problems import not_found
from app.problems import FieldError, Problem
from app.store import companies, customers
from contacts.customer import AddressKind, CustomerKind, Level
from contacts.identify import canonical

ADDRESSES_MAX, FACTS_MAX, TERMS_MAX = 50, 50, 16
BULK_MAX = 500

Value = Annotated[int, Field(ge=0, le=100)]
AddressText = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern="^[^\\u0000-\\u001f\\u007f]+$")]
TermName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,31}$")]
Terms = Annotated[
    dict[TermName, Annotated[int, Field(ge=-100, le=100)]],
    Field(max_length=TERMS_MAX, description="Why the value is what it is: points by their name"),
]
FactText = Annotated[str, StringConstraints(max_length=500, pattern="^[^\\u0000-\\u001f\\u007f]*$")]
FactNumber = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]


class AddressGiven(Given):
    """A telephone number in national form is read in the company's region."""

    kind: AddressKind
    address: AddressText
    level: Level = "matched"


class FactGiven(Given):
    """What is known besides; of two facts with one key the last one counts."""

    key: Annotated[str, StringConstraints(pattern="^[a-z0-9_.-]{1,64}$")]
    value: FactText | bool | FactNumber
    confidence: Annotated[int, Field(ge=0, le=100, description="Per cent")] = 100


class CustomerGiven(Given):
    name: Name
    kind: CustomerKind = "person"
    language: Language | None = None
    zone: Zone | None = None
    value: Value = 0
    value_terms: Terms = Field({})
    addresses: list[AddressGiven] = Field([], max_length=ADDRESSES_MAX)
    facts: list[FactGiven] = Field([], max_length=FACTS_MAX)


class NewCustomer(CustomerGiven):
    company_id: Id


class NewCustomers(Given):
    company_id: Id
    items: list[CustomerGiven] = Field(min_length=1, max_length=BULK_MAX)


class CustomersMade(Shown):
    items: list[Id]


@dataclass(frozen=True, slots=True)
class _New:
    """A customer to be, under the id that they will have."""

    id: str
    given: CustomerGiven
    place: str  # of what was given, in the body

    def row(self, company_id: str) -> dict[str, Any]:
        values = self.given.model_dump(exclude={"addresses", "facts", "company_id"})
        return {"id": self.id, "company_id": company_id, **values}

    def addresses(self, region: str | None) -> list[dict[str, Any]]:
        """Each once, in its canonical form, with the level that was said last; None where it is none."""
        levels: dict[tuple[AddressKind, str | None], Level] = {}
        for address in self.given.addresses:
            levels[address.kind, canonical(address.kind, address.address, region)] = address.level
        return [
            {"customer_id": self.id, "kind": kind, "address": address, "level": level}
            for (kind, address), level in levels.items()
        ]

    def facts(self) -> list[dict[str, Any]]:
        values = {fact.key: fact.model_dump() for fact in self.given.facts}
        return [{"customer_id": self.id, **fact} for fact in values.values()]

    def errors(self, region: str | None) -> list[FieldError]:
        return [
            FieldError(f"{self.place}/addresses/{n}/address", f"not an address of kind {given.kind}", "address.invalid")
            for n, given in enumerate(self.given.addresses)
            if canonical(given.kind, given.address, region) is None
        ]


async def bring_in(
    access: Access, company_id: str, wanted: Sequence[CustomerGiven], places: Sequence[str]
) -> list[str]:
    """Their ids, in order. `places`: where each of them stands in the body. Raises Problem 404 and 422."""
    access.require_company(company_id)
    new = [_New(new_id(), given, place) for given, place in zip(wanted, places, strict=True)]
    ids = [each.id for each in new]
    async with acting(access) as act:
        company = await companies.read(act.conn, company_id)
        if company is None:
            raise not_found("company", "/company_id")
        if errors := [error for each in new for error in each.errors(company["region"])]:
            raise Problem(422, "validation.failed", "Some fields are not as expected", errors)
        await _keep(act.conn, new, company_id, company["region"], access.principal.name)
        only = ids[0] if len(ids) == 1 else None
        more = {"count": len(ids), "customers": some(ids)}
        await act.record("customer.created", "customer", only, company_id=company_id, more=more)
    return ids


async def _keep(conn: AsyncConnection, new: Sequence[_New], company_id: str, region: str | None, source: str) -> None:
    whose = {"company_id": company_id, "source": source}
    await customers.add(conn, [each.row(company_id) for each in new])
    await customers.add_addresses(conn, [whose | address for each in new for address in each.addresses(region)])
    await customers.add_facts(conn, [whose | fact for each in new for fact in each.facts()])
