"""Which client companies does this installation serve?"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Caller
from app.api.acts import acting, new_id
from app.api.fields import Given, Id, Language, Name, PageQuery, PathId, Shown, Version, Zone, sure_ms, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid, not_found
from app.rights import Forbidden
from app.store import agents, asterisks, companies, numbers
from contacts import destination
from contacts.notice import NoticeRule
from screenpop import card

router = APIRouter(prefix="/v1/companies", tags=["companies"])

Slug = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]


def _region(code: str) -> str:
    if code not in SUPPORTED_REGIONS:
        raise ValueError("expected a region that has telephone numbers, such as DE")
    return code


Region = Annotated[
    str,
    StringConstraints(pattern="^[A-Z]{2}$"),
    AfterValidator(_region),
    Field(description="ISO 3166, for national numbers", examples=["DE"]),
]
Languages = Annotated[list[Language], Field(max_length=32)]


Host = Annotated[
    str,
    StringConstraints(max_length=253, pattern="^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$"),
    Field(examples=["crm.example.com"]),
]


class CrmLink(Given):
    """A link on the card of a contact. `{customer_id}`, `{contact_id}` and `{number}` are filled in, percent-encoded;
    they stand behind the host, which is one of `crm_hosts`.
    """

    name: Name
    url_template: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern="^https?://[^\\s]+$")]


CrmLinks = Annotated[list[CrmLink], Field(max_length=card.LINKS_MAX)]
CrmHosts = Annotated[list[Host], Field(max_length=16)]


Place = Annotated[str, StringConstraints(pattern="^([A-Z]{2}|\\+[0-9]{1,14})$")]
RatedPlace = Annotated[str, StringConstraints(pattern="^([A-Z]{2}|\\+[0-9]{1,14}|default)$")]


class Dialling(Given):
    """Where this company calls: nowhere, unless `by` names the Asterisk and `caller_id` the number that is seen.

    `allowed` and `costs` are by region (ISO 3166) or by prefix (`+4930`); without `allowed` it is the company's own
    region. `allowed_for` has lists by who calls, in place of `allowed`; an empty one allows nothing, and supervisors
    without one have that of agents. Costs are of a minute, in hundredths; a call is held for three of them against
    `cost_cap_day`.
    """

    by: Id | None = None
    caller_id: Annotated[str, StringConstraints(pattern="^\\+[0-9]{4,15}$")] | None = None
    allowed: list[Place] = Field([], max_length=destination.PLACES_MAX)
    allowed_for: dict[destination.Who, Annotated[list[Place], Field(max_length=destination.PLACES_MAX)]] = Field({})
    per_number_day: int = Field(5, ge=0, le=1000)
    per_agent_hour: int = Field(60, ge=0, le=10_000)
    per_source_hour: int = Field(3, ge=0, le=1000)
    cost_cap_day: int = Field(10_000, ge=0, le=1_000_000_000)
    costs: dict[RatedPlace, Annotated[int, Field(ge=0, le=1_000_000)]] = Field(
        {destination.DEFAULT: 10}, max_length=destination.RATED_MAX
    )
    retry_delay_s: int = Field(300, ge=1, le=86_400)
    max_attempts: int = Field(3, ge=1, le=20)
    per_slot: int = Field(10, ge=0, le=10_000, description="Callbacks that may be wished for in a half hour of a queue")


FaxDays = Annotated[
    int, Field(ge=1, le=3650, description="So long a fax is kept after it came or went, unless a hold says otherwise")
]
RecordingDays = Annotated[
    int, Field(ge=1, le=3650, description="So long a recording is kept, unless a legal hold says otherwise")
]


class RecordingNotice(Given):
    """What a customer has to know before anything of a call by an Asterisk is recorded, by the call's direction.

    `announce`: they are told; `consent`: they are asked, and press 1. Where nobody has yet, the recording is paused.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    in_: NoticeRule = Field("none", alias="in")
    out: NoticeRule = "none"


class NewCompany(Given):
    slug: Slug
    name: Name
    zone: Zone = "UTC"
    region: Region | None = None
    languages: Languages = Field([])
    crm_hosts: CrmHosts = Field([])
    crm_links: CrmLinks = Field([])
    dialling: Dialling = Dialling()
    recording_days: RecordingDays | None = None
    fax_days: FaxDays | None = None
    recording_notice: RecordingNotice = RecordingNotice()


class CompanyChange(Given):
    version: Version
    name: Name = untouched()
    zone: Zone = untouched()
    region: Region | None = untouched()
    languages: Languages = untouched()
    crm_hosts: CrmHosts = untouched()
    crm_links: CrmLinks = untouched()
    dialling: Dialling = untouched()
    recording_days: RecordingDays | None = untouched()
    fax_days: FaxDays | None = untouched()
    recording_notice: RecordingNotice = untouched()


class CompanyShown(Shown):
    id: Id
    slug: str
    name: str
    zone: str
    region: str | None
    languages: list[str]
    crm_hosts: list[str]
    crm_links: list[CrmLink]
    dialling: Dialling
    recording_days: int | None
    fax_days: int | None
    recording_notice: RecordingNotice
    created_ms: int
    version: int


def _shown(row: Mapping[str, Any]) -> CompanyShown:
    names = (
        "id", "slug", "name", "zone", "region", "languages", "crm_hosts", "crm_links", "dialling", "recording_days",
        "fax_days",         "recording_notice", "version",
    )  # fmt: skip
    return CompanyShown(created_ms=sure_ms(row["created_at"]), **{name: row[name] for name in names})


@router.get("")
async def list_companies(page: PageQuery, access: Caller) -> Page[CompanyShown]:
    """Those in which the asker holds any role."""
    async with access.reading() as conn:
        return page_of(await companies.page(conn, access.companies, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_company(body: NewCompany, access: Caller) -> CompanyShown:
    _require_allowed(body.crm_links, body.crm_hosts)
    async with acting(access) as act:
        await _require_way(act.conn, body.dialling)
        row = await companies.add(act.conn, {"id": new_id(), **body.model_dump()})
        await act.record("company.created", "company", row["id"], company_id=row["id"], after=body.model_dump())
        await act.configured("agent", *await agents.ids_of_all_companies(act.conn))
        await act.configured("company", row["id"], company_id=row["id"])
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
        after = {**before, **fields}
        _require_allowed([CrmLink(**each) for each in after["crm_links"]], after["crm_hosts"])
        if "dialling" in fields:
            await _require_way(act.conn, Dialling(**fields["dialling"]), company_id)
        row = await companies.change(act.conn, company_id, fields)
        await act.configured("company", company_id, company_id=company_id)
        await act.record("company.changed", "company", company_id, company_id=company_id, before=before, after=fields)
    return _shown(row)


async def _require_way(conn: AsyncConnection, dialling: Dialling, company_id: str | None = None) -> None:
    """The Asterisk can call, and the number that is seen is the company's own. Raises Problem 422."""
    if dialling.by is not None:
        pbx = await asterisks.read(conn, dialling.by)
        if pbx is None or pbx["dial_out"] is None:
            raise invalid("/dialling/by", "an Asterisk that has dial_out", "dialling.by")
        if dialling.caller_id is None:
            raise invalid("/dialling/caller_id", "a number of the company's", "dialling.caller_id")
    if dialling.caller_id is not None:
        own = company_id and await numbers.reached(conn, ("phone",), dialling.caller_id, {company_id})
        if not own:
            raise invalid("/dialling/caller_id", "a number of the company's", "dialling.caller_id")


def _require_allowed(links: Sequence[CrmLink], hosts: Sequence[str]) -> None:
    for n, link in enumerate(links):
        if not card.is_allowed(link.url_template, frozenset(hosts)):
            raise invalid(f"/crm_links/{n}/url_template", "an https address on one of crm_hosts", "crm.host")
        unknown = set(re.findall(r"{([^}]*)}", link.url_template)) - set(card.PLACEHOLDERS)
        if unknown:
            expected = ", ".join("{" + name + "}" for name in card.PLACEHOLDERS)
            raise invalid(f"/crm_links/{n}/url_template", f"of placeholders only {expected}", "crm.placeholder")
