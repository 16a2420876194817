"""Which client companies does this installation serve?"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from app.api.access import Caller
from app.api.acts import acting, new_id
from app.api.fields import Given, Id, Language, Name, PageQuery, PathId, Shown, Version, Zone, sure_ms, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import not_found
from app.rights import Forbidden
from app.store import agents, companies

router = APIRouter(prefix="/v1/companies", tags=["companies"])

Slug = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
Region = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$"), Field(description="ISO 3166, for national numbers")]
Languages = Annotated[list[Language], Field(max_length=32)]


class NewCompany(Given):
    slug: Slug
    name: Name
    zone: Zone = "UTC"
    region: Region | None = None
    languages: Languages = Field([])


class CompanyChange(Given):
    version: Version
    name: Name = untouched()
    zone: Zone = untouched()
    region: Region | None = untouched()
    languages: Languages = untouched()


class CompanyShown(Shown):
    id: Id
    slug: str
    name: str
    zone: str
    region: str | None
    languages: list[str]
    created_ms: int
    version: int


def _shown(row: Mapping[str, Any]) -> CompanyShown:
    names = ("id", "slug", "name", "zone", "region", "languages", "version")
    return CompanyShown(created_ms=sure_ms(row["created_at"]), **{name: row[name] for name in names})


@router.get("")
async def list_companies(page: PageQuery, access: Caller) -> Page[CompanyShown]:
    """Those in which the asker holds any role."""
    async with access.reading() as conn:
        return page_of(await companies.page(conn, access.companies, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_company(body: NewCompany, access: Caller) -> CompanyShown:
    async with acting(access) as act:
        row = await companies.add(act.conn, {"id": new_id(), **body.model_dump()})
        await act.record("company.created", "company", row["id"], company_id=row["id"], after=body.model_dump())
        await act.configured("agent", *await agents.ids_of_all_companies(act.conn))
    return _shown(row)


@router.get("/{company_id}")
async def read_company(company_id: PathId, access: Caller) -> CompanyShown:
    if not access.holds_in(company_id):
        raise Forbidden
    async with access.reading() as conn:
        row = await companies.read(conn, company_id)
    if row is None:
        raise not_found("company", "/company_id", "path")
    return _shown(row)


@router.patch("/{company_id}")
async def change_company(company_id: PathId, body: CompanyChange, access: Caller) -> CompanyShown:
    async with acting(access) as act:
        before = await companies.lock(act.conn, company_id)
        if before is None:
            raise not_found("company", "/company_id", "path")
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        row = await companies.change(act.conn, company_id, fields)
        await act.record("company.changed", "company", company_id, company_id=company_id, before=before, after=fields)
    return _shown(row)
