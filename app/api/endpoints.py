"""Which of a company's own systems may its flows ask? Each has a name, an address, and a secret that is shown once."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import StringConstraints

from app.api.access import Access, Caller
from app.api.acts import acting, new_id
from app.api.fields import CompanyPageQuery, Given, Id, PathId, Shown, Url, Version, sure_ms, untouched
from app.api.named import found, require_company
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid
from app.reach import may_be_asked
from app.seals import seal
from app.signatures import new_secret
from app.store import endpoints

router = APIRouter(prefix="/v1/endpoints", tags=["flows"])

EndpointName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class NewEndpoint(Given):
    """`name`: as flows call it, `look_up: http` `endpoint: balance`. We POST questions to `url`, by https."""

    company_id: Id
    name: EndpointName
    url: Url


class EndpointChange(Given):
    version: Version
    url: Url = untouched()


class EndpointSecretWanted(Given):
    """`keep_old` false: the secret in use stops at once; true: both sign until the next one is made."""

    keep_old: bool = True


class EndpointShown(Shown):
    id: Id
    company_id: Id
    name: str
    url: str
    created_ms: int
    version: int


class EndpointMade(EndpointShown):
    """`secret` signs what we ask (Standard Webhooks). Shown here and never again."""

    secret: str


class EndpointSecretMade(Shown):
    secret: str
    live: int


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "company_id", "name", "url", "version")
    return {**{name: row[name] for name in names}, "created_ms": sure_ms(row["created_at"])}


def _shown(row: Mapping[str, Any]) -> EndpointShown:
    return EndpointShown(**_fields(row))


@router.get("")
async def list_endpoints(page: CompanyPageQuery, access: Caller) -> Page[EndpointShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        return page_of(await endpoints.page(conn, company_ids, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_endpoint(body: NewEndpoint, access: Caller) -> EndpointMade:
    access.require_company(body.company_id)
    _require_reachable(access, body.url)
    secret = new_secret()
    async with acting(access) as act:
        await require_company(act.conn, body.company_id)
        sealed = seal(access.porter.signing_key, secret)
        row = await endpoints.add(act.conn, {"id": new_id(), **body.model_dump(), "sealed": sealed})
        await act.record("endpoint.created", "endpoint", row["id"], company_id=body.company_id, after=body.model_dump())
    return EndpointMade(secret=secret, **_fields(row))


@router.get("/{endpoint_id}")
async def read_endpoint(endpoint_id: PathId, access: Caller) -> EndpointShown:
    async with access.reading() as conn:
        row = found(await endpoints.read(conn, endpoint_id, access.companies), "endpoint")
    return _shown(row)


@router.patch("/{endpoint_id}")
async def change_endpoint(endpoint_id: PathId, body: EndpointChange, access: Caller) -> EndpointShown:
    async with acting(access) as act:
        before = found(await endpoints.lock(act.conn, endpoint_id, access.companies), "endpoint")
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        if "url" in fields:
            _require_reachable(access, fields["url"])
        row = await endpoints.change(act.conn, endpoint_id, fields)
        of = row["company_id"]
        await act.record("endpoint.changed", "endpoint", endpoint_id, company_id=of, before=before, after=fields)
    return _shown(row)


@router.post("/{endpoint_id}/secret", status_code=201)
async def rotate_endpoint_secret(endpoint_id: PathId, body: EndpointSecretWanted, access: Caller) -> EndpointSecretMade:
    """A new secret; at most two are live."""
    secret = new_secret()
    async with acting(access) as act:
        row = found(await endpoints.lock(act.conn, endpoint_id, access.companies), "endpoint")
        before = row["sealed"] if body.keep_old else None
        sealed = seal(access.porter.signing_key, secret)
        await endpoints.change(act.conn, endpoint_id, {"sealed": sealed, "sealed_before": before})
        of, after = row["company_id"], body.model_dump()
        await act.record("endpoint.secret_rotated", "endpoint", endpoint_id, company_id=of, after=after)
    return EndpointSecretMade(secret=secret, live=1 if before is None else 2)


@router.delete("/{endpoint_id}", status_code=204)
async def delete_endpoint(endpoint_id: PathId, access: Caller) -> None:
    """Its secrets are gone at once; flows that ask it go on by `failure`."""
    async with acting(access) as act:
        row = found(await endpoints.lock(act.conn, endpoint_id, access.companies), "endpoint")
        await endpoints.archive(act.conn, endpoint_id)
        await act.record("endpoint.deleted", "endpoint", endpoint_id, company_id=row["company_id"])


def _require_reachable(access: Access, url: str) -> None:
    inside = access.doors.settings.endpoints_inside
    if not may_be_asked(url, inside=inside):
        wanted = "http or https" if inside else "https to a public address"
        raise invalid("/url", f"expected {wanted}, without a password", "endpoint.url")
