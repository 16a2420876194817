"""Which programs may come in? A key is shown once, when it is made."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from app.api.access import Caller
from app.api.acts import acting, new_id
from app.api.fields import Given, Id, Name, PageQuery, PathId, Shown, ms, sure_ms
from app.api.pages import Page, page_of
from app.api.problems import not_found
from app.sessions import hash_of, new_api_key
from app.store import api_keys, companies

router = APIRouter(prefix="/v1/api-keys", tags=["api keys"])

PREFIX_LENGTH = 10  # enough for a person to know the key by, far too little to use it

KeyRole = Literal["supervisor", "admin", "operator"]
ExpiryMs = Annotated[int, Field(ge=0, le=4_102_444_800_000, description="At the latest in 2100")]


class NewApiKey(Given):
    """`company_ids` null: all companies, and those to come."""

    name: Name
    role: KeyRole
    company_ids: list[Id] | None = Field(None, min_length=1, max_length=1000)
    expires_ms: ExpiryMs | None = None


class ApiKeyShown(Shown):
    id: Id
    name: str
    prefix: str
    role: str
    company_ids: list[Id] | None
    created_ms: int
    expires_ms: int | None
    used_ms: int | None


class ApiKeyMade(ApiKeyShown):
    """`secret` is shown here and never again."""

    secret: str


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "name", "prefix", "role", "company_ids")},
        "created_ms": sure_ms(row["created_at"]),
        "expires_ms": ms(row["expires_at"]),
        "used_ms": ms(row["used_at"]),
    }


@router.get("")
async def list_api_keys(page: PageQuery, access: Caller) -> Page[ApiKeyShown]:
    async with access.reading() as conn:
        found = await api_keys.page(conn, page.after, page.limit)
    return page_of(found, page.limit, lambda row: ApiKeyShown(**_fields(row)))


@router.post("", status_code=201)
async def create_api_key(body: NewApiKey, access: Caller) -> ApiKeyMade:
    secret = new_api_key()
    values = {
        "id": new_id(),
        "name": body.name,
        "role": body.role,
        "company_ids": body.company_ids,
        "prefix": secret[:PREFIX_LENGTH],
        "hash": hash_of(secret),
        "created_by": access.principal.id,
        "expires_at": None if body.expires_ms is None else body.expires_ms * 1000,
    }
    async with acting(access) as act:
        if body.company_ids is not None and not await companies.exist(act.conn, body.company_ids):
            raise not_found("company", "/company_ids")
        row = await api_keys.add(act.conn, values)
        more = {"role": body.role, "companies": (body.company_ids or [])[:100]}
        await act.record("api_key.created", "api_key", row["id"], more=more)
    return ApiKeyMade(secret=secret, **_fields(row))


@router.delete("/{key_id}", status_code=204)
async def revoke_api_key(key_id: PathId, access: Caller) -> None:
    async with acting(access) as act:
        if await api_keys.revoke(act.conn, key_id) is None:
            raise not_found("API key", "/key_id", "path")
        await act.record("api_key.revoked", "api_key", key_id)
