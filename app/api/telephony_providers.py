"""Which telephone providers are connected? Their webhook secrets are shown once, and rotated without a gap."""

from collections.abc import Mapping
from typing import Any, Literal

from fastapi import APIRouter

from app.api.access import Caller
from app.api.acts import DOMAIN_ID, acting, new_id
from app.api.fields import Given, Id, Name, PageQuery, PathId, Shown, Url, Version, sure_ms, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import not_found
from app.seals import seal
from app.signatures import LIVE_SECRETS_MAX, new_secret
from app.store import providers

router = APIRouter(prefix="/v1/telephony-providers", tags=["telephony"])


class NewProvider(Given):
    """`company_id` null: the operator's, for all companies. We POST commands to `command_url`."""

    name: Name
    command_url: Url
    company_id: Id | None = None


class ProviderChange(Given):
    version: Version
    name: Name = untouched()
    command_url: Url = untouched()


class SecretsWanted(Given):
    """`keep_old` false: the secret in use stops at once; true: it lives on until the next rotation."""

    direction: Literal["in", "out"]
    keep_old: bool = True


class ProviderShown(Shown):
    id: Id
    name: str
    command_url: str
    company_id: Id | None
    created_ms: int
    version: int


class ProviderMade(ProviderShown):
    """`secret_in` signs what the provider sends us, `secret_out` what we send it. Shown here and never again."""

    secret_in: str
    secret_out: str


class SecretMade(Shown):
    direction: Literal["in", "out"]
    secret: str
    live: int


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "name", "command_url", "company_id", "version")
    return {**{name: row[name] for name in names}, "created_ms": sure_ms(row["created_at"])}


def _shown(row: Mapping[str, Any]) -> ProviderShown:
    return ProviderShown(**_fields(row))


@router.get("")
async def list_telephony_providers(page: PageQuery, access: Caller) -> Page[ProviderShown]:
    async with access.reading() as conn:
        return page_of(await providers.page(conn, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_telephony_provider(body: NewProvider, access: Caller) -> ProviderMade:
    secret_in, secret_out, key = new_secret(), new_secret(), access.porter.signing_key
    async with acting(access) as act:
        row = await providers.add(act.conn, {"id": new_id(), "domain_id": DOMAIN_ID, **body.model_dump()})
        await providers.keep_secrets(act.conn, row["id"], "in", [seal(key, secret_in)])
        await providers.keep_secrets(act.conn, row["id"], "out", [seal(key, secret_out)])
        await act.record(
            "telephony_provider.created", "telephony_provider", row["id"],
            company_id=body.company_id, after=body.model_dump(),
        )  # fmt: skip
    return ProviderMade(secret_in=secret_in, secret_out=secret_out, **_fields(row))


@router.get("/{provider_id}")
async def read_telephony_provider(provider_id: PathId, access: Caller) -> ProviderShown:
    async with access.reading() as conn:
        row = await providers.read(conn, provider_id)
    if row is None:
        raise not_found("telephony provider", "/provider_id", "path")
    return _shown(row)


@router.patch("/{provider_id}")
async def change_telephony_provider(provider_id: PathId, body: ProviderChange, access: Caller) -> ProviderShown:
    async with acting(access) as act:
        before = await providers.lock(act.conn, provider_id)
        if before is None:
            raise not_found("telephony provider", "/provider_id", "path")
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        row = await providers.change(act.conn, provider_id, fields)
        await act.record(
            "telephony_provider.changed", "telephony_provider", provider_id,
            company_id=row["company_id"], before=before, after=fields,
        )  # fmt: skip
    return _shown(row)


@router.post("/{provider_id}/secrets", status_code=201)
async def rotate_telephony_secrets(provider_id: PathId, body: SecretsWanted, access: Caller) -> SecretMade:
    """A new secret for one direction; at most two are live."""
    secret = new_secret()
    async with acting(access) as act:
        row = await providers.lock(act.conn, provider_id)
        if row is None:
            raise not_found("telephony provider", "/provider_id", "path")
        old = (await providers.secrets(act.conn, provider_id))[body.direction] if body.keep_old else []
        live = [seal(access.porter.signing_key, secret), *old][:LIVE_SECRETS_MAX]
        await providers.keep_secrets(act.conn, provider_id, body.direction, live)
        await act.record(
            "telephony_provider.secret_rotated", "telephony_provider", provider_id,
            company_id=row["company_id"], after=body.model_dump(),
        )  # fmt: skip
    return SecretMade(direction=body.direction, secret=secret, live=len(live))


@router.delete("/{provider_id}", status_code=204)
async def delete_telephony_provider(provider_id: PathId, access: Caller) -> None:
    """Its secrets are gone at once; the records of its calls keep its id."""
    async with acting(access) as act:
        row = await providers.lock(act.conn, provider_id)
        if row is None:
            raise not_found("telephony provider", "/provider_id", "path")
        await providers.archive(act.conn, provider_id)
        await act.record("telephony_provider.deleted", "telephony_provider", provider_id, company_id=row["company_id"])
