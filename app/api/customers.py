"""Who are a company's customers? Names and addresses here are personal; a customer can be erased."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import acting, told
from app.api.customers_given import (
    AddressGiven,
    AddressText,
    CustomersMade,
    NewCustomer,
    NewCustomers,
    Terms,
    Value,
    bring_in,
)
from app.api.fields import CompanyPaging, Given, Id, Language, Name, PathId, Shown, Version, Zone, sure_ms, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid, not_found
from app.commands import EraseCustomer
from app.store import companies, customers
from contacts.customer import AddressKind, CustomerKind, Level
from contacts.identify import canonical

router = APIRouter(prefix="/v1/customers", tags=["customers"])


class CustomerChange(Given):
    """A new value without new terms has none: the old ones would explain what is not so any more."""

    version: Version
    name: Name = untouched()
    kind: CustomerKind = untouched()
    language: Language | None = untouched()
    zone: Zone | None = untouched()
    value: Value = untouched()
    value_terms: Terms = untouched()


class AddressWanted(Given):
    kind: AddressKind
    address: AddressText


class CustomerPaging(CompanyPaging):
    address: AddressText | None = None


class AddressShown(Shown):
    kind: AddressKind
    address: str
    level: Level
    source: str
    at_ms: int


class CustomerShown(Shown):
    id: Id
    company_id: Id
    kind: CustomerKind
    name: str
    language: str | None
    zone: str | None
    value: int
    value_terms: dict[str, Any]
    merged_into: Id | None
    created_ms: int
    version: int


class FactShown(Shown):
    key: str
    value: Any
    source: str
    at_ms: int
    confidence: int


class CustomerWithAddresses(CustomerShown):
    addresses: list[AddressShown]
    facts: list[FactShown]


class ErasureShown(Shown):
    """`applied`: the writer has blanked its part; false: it does so as soon as there is a writer."""

    customer_id: Id
    state: Literal["under_way", "done"]
    applied: bool


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "company_id", "kind", "name", "language", "zone", "value", "value_terms", "merged_into", "version")
    return {**{name: row[name] for name in names}, "created_ms": sure_ms(row["created_at"])}


def _shown(row: Mapping[str, Any]) -> CustomerShown:
    return CustomerShown(**_fields(row))


async def _with_addresses(conn: AsyncConnection, row: Mapping[str, Any]) -> CustomerWithAddresses:
    addresses = [_address(each) for each in await customers.addresses(conn, row["id"])]
    facts = [_fact(each) for each in await customers.facts(conn, row["id"])]
    return CustomerWithAddresses(**_fields(row), addresses=addresses, facts=facts)


def _address(row: Mapping[str, Any]) -> AddressShown:
    names = ("kind", "address", "level", "source")
    return AddressShown(**{name: row[name] for name in names}, at_ms=sure_ms(row["at"]))


def _fact(row: Mapping[str, Any]) -> FactShown:
    names = ("key", "value", "source", "confidence")
    return FactShown(**{name: row[name] for name in names}, at_ms=sure_ms(row["at"]))


@router.get("")
async def list_customers(page: Annotated[CustomerPaging, Query()], access: Caller) -> Page[CustomerShown]:
    """`address` is compared in its canonical form (E.164, lower-case e-mail)."""
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        found = await customers.page(conn, company_ids, page.after, page.limit, page.address)
    return page_of(found, page.limit, _shown)


@router.post("", status_code=201)
async def create_customer(body: NewCustomer, access: Caller) -> CustomerWithAddresses:
    (customer_id,) = await bring_in(access, body.company_id, [body], [""])
    async with access.reading() as conn:
        row = await customers.read(conn, customer_id, access.companies)
        assert row is not None
        return await _with_addresses(conn, row)


@router.post("/bulk", status_code=201)
async def create_customers(body: NewCustomers, access: Caller) -> CustomersMade:
    """All or none; the ids come in the order of the items. A refusal names the rows at fault, the first 32 of them."""
    places = [f"/items/{n}" for n in range(len(body.items))]
    return CustomersMade(items=await bring_in(access, body.company_id, body.items, places))


async def _keep(
    conn: AsyncConnection,
    access: Access,
    customer: Mapping[str, Any],
    given: AddressGiven,
    region: str | None,
    pointer: str,
) -> None:
    address = canonical(given.kind, given.address, region)
    if address is None:
        raise invalid(pointer, f"not an address of kind {given.kind}", "address.invalid")
    values = {"kind": given.kind, "address": address, "level": given.level, "source": access.principal.name}
    await customers.keep_address(conn, {"company_id": customer["company_id"], "customer_id": customer["id"], **values})


@router.get("/{customer_id}")
async def read_customer(customer_id: PathId, access: Caller) -> CustomerWithAddresses:
    async with access.reading() as conn:
        row = await customers.read(conn, customer_id, access.companies)
        if row is None:
            raise not_found("customer", "/customer_id", "path")
        return await _with_addresses(conn, row)


@router.patch("/{customer_id}")
async def change_customer(customer_id: PathId, body: CustomerChange, access: Caller) -> CustomerShown:
    async with acting(access) as act:
        before = await _locked(act.conn, customer_id, access)
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        if "value" in fields:
            fields.setdefault("value_terms", {})
        row = await customers.change(act.conn, customer_id, fields)
        more = {"fields": sorted(fields)}
        await act.record("customer.changed", "customer", customer_id, company_id=row["company_id"], more=more)
        act.row_changed("customer", customer_id, row["version"], row["company_id"])
    return _shown(row)


@router.post("/{customer_id}/addresses", status_code=201)
async def add_customer_address(customer_id: PathId, body: AddressGiven, access: Caller) -> CustomerWithAddresses:
    """Two customers may share an address; then neither is guessed."""
    async with acting(access) as act:
        row = await _locked(act.conn, customer_id, access)
        company = await companies.read(act.conn, row["company_id"])
        await _keep(act.conn, access, row, body, company["region"] if company else None, "/address")
        more = {"kind": body.kind, "level": body.level}
        await act.record("customer.address_added", "customer", customer_id, company_id=row["company_id"], more=more)
        row = await customers.change(act.conn, customer_id, {})
        act.row_changed("customer", customer_id, row["version"], row["company_id"])
        return await _with_addresses(act.conn, row)


@router.post("/{customer_id}/addresses/remove")
async def remove_customer_address(customer_id: PathId, body: AddressWanted, access: Caller) -> CustomerWithAddresses:
    """A POST, so that the address stands in no log of addresses that were asked for."""
    async with acting(access) as act:
        row = await _locked(act.conn, customer_id, access)
        company = await companies.read(act.conn, row["company_id"])
        address = canonical(body.kind, body.address, company["region"] if company else None)
        if address is None or not await customers.drop_address(act.conn, customer_id, body.kind, address):
            raise not_found("address", "/address")
        await act.record(
            "customer.address_removed", "customer", customer_id, company_id=row["company_id"], more={"kind": body.kind}
        )
        row = await customers.change(act.conn, customer_id, {})
        act.row_changed("customer", customer_id, row["version"], row["company_id"])
        return await _with_addresses(act.conn, row)


@router.delete("/{customer_id}", status_code=202)
async def erase_customer(customer_id: PathId, response: Response, access: Caller) -> ErasureShown:
    """From this answer on nobody finds the customer; what is personal is blanked. Repeating is safe."""
    async with acting(access) as act:
        row = await customers.lock(act.conn, customer_id, access.companies, erased=True)
        if row is None:
            raise not_found("customer", "/customer_id", "path")
        if row["erased_at"] is None:
            await customers.mark_erased(act.conn, customer_id)
        await act.record("customer.erased", "customer", customer_id, company_id=row["company_id"])
    applied = await told(access, EraseCustomer(customer_id, row["company_id"])) is not None
    async with access.reading() as conn:
        is_done = await customers.is_blank(conn, customer_id)
    return ErasureShown(customer_id=customer_id, state="done" if is_done else "under_way", applied=applied)


async def _locked(conn: AsyncConnection, customer_id: str, access: Access) -> Mapping[str, Any]:
    row = await customers.lock(conn, customer_id, access.companies)
    if row is None:
        raise not_found("customer", "/customer_id", "path")
    return row
