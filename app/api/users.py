"""Who works here, and in which roles for which companies?"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from app.api.access import Access, Caller
from app.api.acts import Act, acting, new_id, some
from app.api.fields import Given, Id, Language, Name, PageQuery, PathId, Shown, Version, Zone, ms, sure_ms, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid, not_found
from app.api.session import GrantShown, NewPassword
from app.rights import Role
from app.store import agents, login_sessions, users

router = APIRouter(prefix="/v1/users", tags=["users"])

BULK_MAX = 500
BULK_PASSWORDS_MAX = 100  # each costs a tenth of a second of a core

Login = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern="^[^\\s\\u0000-\\u001f\\u007f]+$")]


class NewGrant(Given):
    """`company_id` and `team_id` null: all of them. An operator is one of the whole installation."""

    role: Role
    company_id: Id | None = None
    team_id: Id | None = None


class NewUser(Given):
    """Without a password there is no login by password."""

    login: Login
    name: Name
    password: NewPassword | None = None
    language: Language = "en"
    zone: Zone | None = None
    grants: list[NewGrant] = Field([], max_length=100)


class NewUsers(Given):
    items: list[NewUser] = Field(min_length=1, max_length=BULK_MAX)


class UserChange(Given):
    version: Version
    name: Name = untouched()
    password: NewPassword | None = untouched()
    language: Language = untouched()
    zone: Zone | None = untouched()
    disabled: bool = untouched()


class UserShown(Shown):
    id: Id
    login: str
    name: str
    language: str
    zone: str | None
    has_password: bool
    created_ms: int
    disabled_ms: int | None
    version: int


class MadeShown(Shown):
    """`applied`: the writer decides by it already; false: as soon as there is a writer."""

    items: list[Id]
    applied: bool | None = None


class GrantRow(GrantShown):
    id: Id
    user_id: Id
    applied: bool | None = None


def _shown(row: Mapping[str, Any]) -> UserShown:
    return UserShown(
        **{name: row[name] for name in ("id", "login", "name", "language", "zone", "version")},
        has_password=row["password_hash"] is not None,
        created_ms=sure_ms(row["created_at"]),
        disabled_ms=ms(row["disabled_at"]),
    )


def _grant(row: Mapping[str, Any], applied: bool | None = None) -> GrantRow:
    names = ("id", "user_id", "role", "company_id", "team_id")
    return GrantRow(**{name: row[name] for name in names}, applied=applied)


@router.get("")
async def list_users(page: PageQuery, access: Caller) -> Page[UserShown]:
    async with access.reading() as conn:
        return page_of(await users.page(conn, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_user(body: NewUser, access: Caller) -> UserShown:
    (user_id,) = await _create(access, [body])
    async with access.reading() as conn:
        row = await users.read(conn, user_id)
    assert row is not None
    return _shown(row)


@router.post("/bulk", status_code=201)
async def create_users(body: NewUsers, access: Caller) -> MadeShown:
    """All or none; the ids come in the order of the items."""
    if sum(item.password is not None for item in body.items) > BULK_PASSWORDS_MAX:
        raise invalid("/items", f"at most {BULK_PASSWORDS_MAX} of them with a password", "user.too_many_passwords")
    return MadeShown(items=await _create(access, body.items))


async def _create(access: Access, wanted: Sequence[NewUser]) -> list[str]:
    for n, user in enumerate(wanted):
        for grant in user.grants:
            _check_grant(grant, f"/items/{n}" if len(wanted) > 1 else "")
    made = [{"id": new_id(), **user.model_dump(exclude={"password", "grants"})} for user in wanted]
    for values, user in zip(made, wanted, strict=True):
        values["password_hash"] = await access.porter.passwords.hash(user.password) if user.password else None
    granted = [
        {"id": new_id(), "user_id": values["id"], **grant.model_dump()}
        for values, user in zip(made, wanted, strict=True)
        for grant in user.grants
    ]
    ids = [str(values["id"]) for values in made]
    async with acting(access) as act:
        await users.add(act.conn, made)
        if granted:
            await users.add_grants(act.conn, granted)
        await act.record(
            "user.created",
            "user",
            ids[0] if len(ids) == 1 else None,
            more={"count": len(ids), "users": some(ids), "grants": [_plain(grant) for grant in granted[:20]]},
        )
    return ids


def _plain(grant: Mapping[str, Any]) -> dict[str, Any]:
    return {name: grant[name] for name in ("user_id", "role", "company_id", "team_id")}


def _check_grant(grant: NewGrant, where: str = "") -> None:
    if grant.role == "operator" and (grant.company_id is not None or grant.team_id is not None):
        raise invalid(f"{where}/company_id", "an operator is one of the whole installation", "grant.operator_of_all")


@router.get("/{user_id}")
async def read_user(user_id: PathId, access: Caller) -> UserShown:
    async with access.reading() as conn:
        row = await users.read(conn, user_id)
    if row is None:
        raise not_found("user", "/user_id", "path")
    return _shown(row)


@router.patch("/{user_id}")
async def change_user(user_id: PathId, body: UserChange, access: Caller) -> UserShown:
    """A new password, or `disabled`, ends every session of the user."""
    fields = changed_fields(body)
    disabled = fields.pop("disabled", None)
    if "password" in fields:
        password = fields.pop("password")
        fields["password_hash"] = await access.porter.passwords.hash(password) if password else None
    async with acting(access) as act:
        before = await users.lock(act.conn, user_id)
        if before is None:
            raise not_found("user", "/user_id", "path")
        require_current(before, body.version, _shown(before))
        row = await users.change(act.conn, user_id, fields, disabled)
        if "password_hash" in fields or disabled:
            await login_sessions.end_all(act.conn, user_id)
        if disabled is not None:
            fields["disabled"] = disabled
        if disabled is not None or "language" in fields:
            await _reconfigure(act, user_id)
        await act.record("user.changed", "user", user_id, before=before, after=fields)
    return _shown(row)


async def _reconfigure(act: Act, user_id: str) -> None:
    await act.configured("agent", *await agents.ids_of_user(act.conn, user_id))


# --- grants -----------------------------------------------------------------------------------------------------------


@router.get("/{user_id}/grants")
async def list_grants(user_id: PathId, access: Caller) -> Page[GrantRow]:
    async with access.reading() as conn:
        if await users.read(conn, user_id) is None:
            raise not_found("user", "/user_id", "path")
        found = await users.grants(conn, user_id)
    return Page(items=[_grant(row) for row in found], next=None)


@router.post("/{user_id}/grants", status_code=201)
async def create_grant(user_id: PathId, body: NewGrant, access: Caller) -> GrantRow:
    _check_grant(body)
    row = {"id": new_id(), "user_id": user_id, **body.model_dump()}
    async with acting(access) as act:
        if await users.lock(act.conn, user_id) is None:
            raise not_found("user", "/user_id", "path")
        await users.add_grants(act.conn, [row])
        await act.record("grant.created", "user", user_id, company_id=body.company_id, after=body.model_dump())
        await _reconfigure(act, user_id)
    return _grant(row, act.applied)


@router.delete("/{user_id}/grants/{grant_id}", status_code=204)
async def delete_grant(user_id: PathId, grant_id: PathId, access: Caller) -> None:
    async with acting(access) as act:
        gone = await users.drop_grant(act.conn, user_id, grant_id)
        if gone is None:
            raise not_found("grant", "/grant_id", "path")
        await act.record("grant.deleted", "user", user_id, company_id=gone["company_id"], more={"grant": _plain(gone)})
        await _reconfigure(act, user_id)
