"""With which results can an agent finish a contact?"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import acting, new_id
from app.api.fields import CompanyPageQuery, Given, Id, Name, PathId, Shown, Version, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import not_found
from app.store import companies, dispositions, queues

router = APIRouter(prefix="/v1/dispositions", tags=["dispositions"])

Code = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_.-]{0,62}$")]
Position = Annotated[int, Field(ge=0, le=10_000)]


class NewDisposition(Given):
    """`queue_id` null: for all queues of the company."""

    company_id: Id
    code: Code
    name: Name
    queue_id: Id | None = None
    success: bool = False
    position: Position = 0


class DispositionChange(Given):
    version: Version
    name: Name = untouched()
    success: bool = untouched()
    position: Position = untouched()


class DispositionShown(Shown):
    id: Id
    company_id: Id
    queue_id: Id | None
    code: str
    name: str
    success: bool
    position: int
    archived: bool
    version: int


def _shown(row: Mapping[str, Any]) -> DispositionShown:
    names = ("id", "company_id", "queue_id", "code", "name", "success", "position", "version")
    return DispositionShown(**{name: row[name] for name in names}, archived=row["archived_at"] is not None)


@router.get("")
async def list_dispositions(page: CompanyPageQuery, access: Caller) -> Page[DispositionShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        return page_of(await dispositions.page(conn, company_ids, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_disposition(body: NewDisposition, access: Caller) -> DispositionShown:
    access.require_company(body.company_id)
    async with acting(access) as act:
        if await companies.read(act.conn, body.company_id) is None:
            raise not_found("company", "/company_id")
        if body.queue_id is not None and not await queues.are_of(act.conn, [body.queue_id], body.company_id):
            raise not_found("queue", "/queue_id")
        row = await dispositions.add(act.conn, {"id": new_id(), **body.model_dump()})
        await act.record(
            "disposition.created", "disposition", row["id"], company_id=body.company_id, after=body.model_dump()
        )
    return _shown(row)


@router.get("/{disposition_id}")
async def read_disposition(disposition_id: PathId, access: Caller) -> DispositionShown:
    async with access.reading() as conn:
        row = await dispositions.read(conn, disposition_id, access.companies)
    if row is None:
        raise not_found("disposition", "/disposition_id", "path")
    return _shown(row)


@router.patch("/{disposition_id}")
async def change_disposition(disposition_id: PathId, body: DispositionChange, access: Caller) -> DispositionShown:
    async with acting(access) as act:
        before = await _locked(act.conn, disposition_id, access)
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        row = await dispositions.change(act.conn, disposition_id, fields)
        await act.record(
            "disposition.changed", "disposition", disposition_id,
            company_id=row["company_id"], before=before, after=fields,
        )  # fmt: skip
    return _shown(row)


@router.delete("/{disposition_id}", status_code=204)
async def archive_disposition(disposition_id: PathId, access: Caller) -> None:
    """No longer offered to agents; what was finished with it keeps it."""
    async with acting(access) as act:
        before = await _locked(act.conn, disposition_id, access)
        await dispositions.archive(act.conn, disposition_id)
        await act.record("disposition.archived", "disposition", disposition_id, company_id=before["company_id"])


async def _locked(conn: AsyncConnection, disposition_id: str, access: Access) -> Mapping[str, Any]:
    row = await dispositions.lock(conn, disposition_id, access.companies)
    if row is None:
        raise not_found("disposition", "/disposition_id", "path")
    return row
