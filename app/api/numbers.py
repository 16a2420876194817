"""By which telephone numbers, fax numbers, mailboxes and widgets is a company reached, and where do they lead?"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import acting, new_id
from app.api.fields import CompanyPageQuery, Given, Id, Language, PathId, Shown, Text, Version, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid, not_found
from app.store import companies, flows, numbers, queues
from contacts.identify import canonical_email, canonical_phone

router = APIRouter(prefix="/v1/numbers", tags=["numbers"])

NumberKind = Literal["phone", "fax", "email", "widget"]
Address = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern="^[!-~][ -~]*$")]


class NewNumber(Given):
    """A telephone number is stored in E.164; a national one is read in the company's region.

    Callers who come by an Asterisk walk through the flow. By webhook, and without a flow, they wait in the queue.
    """

    company_id: Id
    address: Address
    kind: NumberKind = "phone"
    queue_id: Id | None = None
    flow_id: Id | None = None
    language: Language | None = None
    greeting: Text | None = None


class NumberChange(Given):
    version: Version
    queue_id: Id | None = untouched()
    flow_id: Id | None = untouched()
    language: Language | None = untouched()
    greeting: Text | None = untouched()


class NumberShown(Shown):
    id: Id
    company_id: Id
    address: str
    kind: NumberKind
    queue_id: Id | None
    flow_id: Id | None
    language: str | None
    greeting: str | None
    version: int


def _shown(row: Mapping[str, Any]) -> NumberShown:
    return NumberShown(**{name: row[name] for name in NumberShown.model_fields})


@router.get("")
async def list_numbers(page: CompanyPageQuery, access: Caller) -> Page[NumberShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        return page_of(await numbers.page(conn, company_ids, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_number(body: NewNumber, access: Caller) -> NumberShown:
    access.require_company(body.company_id)
    async with acting(access) as act:
        company = await companies.read(act.conn, body.company_id)
        if company is None:
            raise not_found("company", "/company_id")
        await _require_queue(act.conn, body.queue_id, body.company_id)
        await _require_flow(act.conn, body.flow_id, body.company_id)
        address = canonical_address(body.kind, body.address, company["region"])
        if address is None:
            raise invalid("/address", f"not an address of kind {body.kind}", "number.address")
        row = await numbers.add(act.conn, {"id": new_id(), **body.model_dump(), "address": address})
        await act.record("number.created", "number", row["id"], company_id=body.company_id, after=body.model_dump())
    return _shown(row)


def canonical_address(kind: NumberKind, address: str, region: str | None) -> str | None:
    """As it is stored and looked up; None if it is none."""
    match kind:
        case "phone" | "fax":
            return canonical_phone(address, region)
        case "email":
            return canonical_email(address)
        case "widget":
            return address


async def _require_queue(conn: AsyncConnection, queue_id: str | None, company_id: str) -> None:
    if queue_id is not None and not await queues.are_of(conn, [queue_id], company_id):
        raise not_found("queue", "/queue_id")


async def _require_flow(conn: AsyncConnection, flow_id: str | None, company_id: str) -> None:
    if flow_id is None:
        return
    flow = await flows.read(conn, flow_id, {company_id})
    if flow is None:
        raise not_found("flow", "/flow_id")
    if flow["current_version"] is None:
        raise invalid("/flow_id", "nothing of this flow is published", "number.flow_unpublished")


@router.get("/{number_id}")
async def read_number(number_id: PathId, access: Caller) -> NumberShown:
    async with access.reading() as conn:
        row = await numbers.read(conn, number_id, access.companies)
    if row is None:
        raise not_found("number", "/number_id", "path")
    return _shown(row)


@router.patch("/{number_id}")
async def change_number(number_id: PathId, body: NumberChange, access: Caller) -> NumberShown:
    async with acting(access) as act:
        before = await _locked(act.conn, number_id, access)
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        await _require_queue(act.conn, fields.get("queue_id"), before["company_id"])
        await _require_flow(act.conn, fields.get("flow_id"), before["company_id"])
        row = await numbers.change(act.conn, number_id, fields)
        await act.record(
            "number.changed", "number", number_id, company_id=row["company_id"], before=before, after=fields
        )
    return _shown(row)


@router.delete("/{number_id}", status_code=204)
async def delete_number(number_id: PathId, access: Caller) -> None:
    async with acting(access) as act:
        before = await _locked(act.conn, number_id, access)
        await numbers.archive(act.conn, number_id)
        await act.record("number.deleted", "number", number_id, company_id=before["company_id"])


async def _locked(conn: AsyncConnection, number_id: str, access: Access) -> Mapping[str, Any]:
    row = await numbers.lock(conn, number_id, access.companies)
    if row is None:
        raise not_found("number", "/number_id", "path")
    return row
