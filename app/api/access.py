"""Who asks, may they, and in which companies? Runs before every route; the answer is the route's `Access`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app import rights
from app.api.limiting import Limiting
from app.api.problems import not_found
from app.passwords import Passwords
from app.ports import Doors
from app.problems import FieldError, Place, Problem
from app.rights import Grant, Principal, Right
from app.sessions import COOKIE, CSRF_HEADER, KEY_PREFIX, csrf_holds, hash_of
from app.store import api_keys, login_sessions, users

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NOBODY = Principal("user", "nobody")


@dataclass(frozen=True, slots=True)
class Porter:
    """What all requests of one process share; `request.app.state.porter`."""

    doors: Doors
    passwords: Passwords
    limiting: Limiting
    signing_key: bytes
    reader: AsyncEngine
    """The same connections without BEGIN and ROLLBACK around every query: two round trips less a request."""


@dataclass(frozen=True, slots=True)
class Access:
    """Granted. `companies`: where the asker holds this route's right; None = everywhere."""

    porter: Porter
    principal: Principal
    right: Right
    companies: frozenset[str] | None
    request_id: str

    @property
    def doors(self) -> Doors:
        return self.porter.doors

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with self.porter.reader.connect() as conn:
            yield conn

    def holds_in(self, company_id: str) -> bool:
        return self.companies is None or company_id in self.companies

    def require_company(self, company_id: str, place: Place = "body") -> None:
        """A company where the asker does not hold the right does not exist for them."""
        if not self.holds_in(company_id):
            raise not_found("company", "/company_id", place)

    def narrowed(self, company_id: str | None) -> frozenset[str] | None:
        """The companies to list: the one that was asked for, or all that may be seen."""
        if company_id is None:
            return self.companies
        self.require_company(company_id, "query")
        return frozenset({company_id})


async def admit(request: Request) -> Access:
    """Raises Problem 401, 403, 422 or 429, and Forbidden."""
    porter: Porter = request.app.state.porter
    right = rights.right_of(request.scope["route"].name)
    _refuse_unknown_query(request)
    request_id: str = request.scope["state"]["request_id"]
    if right.owner == "public":
        return Access(porter, _NOBODY, right, frozenset(), request_id)
    principal = await _authenticate(request, porter)
    request.scope["state"]["principal"] = principal.name
    await porter.limiting.ask(principal.name)
    if right.owner == "self":
        return Access(porter, principal, right, frozenset(), request_id)
    return Access(porter, principal, right, rights.companies_of(principal, right), request_id)


Caller = Annotated[Access, Depends(admit)]


def _refuse_unknown_query(request: Request) -> None:
    if not request.url.query:
        return
    known = _query_names(request)
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        errors = [
            FieldError(f"/{name}", "no such parameter", "validation.extra_forbidden", "query") for name in unknown
        ]
        raise Problem(422, "validation.failed", "Some fields are not as expected", errors)


def _query_names(request: Request) -> frozenset[str]:
    route = request.scope["route"]
    names: frozenset[str] | None = getattr(route, "query_names", None)
    if names is None:
        names = frozenset(_declared_query_names(route))
        route.query_names = names
    return names


def _declared_query_names(route: object) -> set[str]:
    names: set[str] = set()
    for parameter in route.dependant.query_params:  # type: ignore[attr-defined]
        model = getattr(parameter.field_info, "annotation", None)
        fields = getattr(model, "model_fields", None)
        names |= {field.alias or name for name, field in fields.items()} if fields else {parameter.alias}
    return names


async def _authenticate(request: Request, porter: Porter) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get(COOKIE)
    if scheme.lower() == "bearer" and token.strip().startswith(KEY_PREFIX):
        found = await _of_key(porter, hash_of(token.strip()))
    elif scheme or cookie is None:
        found = None
    else:
        found = await _of_session(request, porter, hash_of(cookie))
    if found is None:
        raise Problem(401, "login.needed", "Log in, or send an API key", headers={"WWW-Authenticate": "Bearer"})
    return found


async def _of_key(porter: Porter, key_hash: bytes) -> Principal | None:
    async with porter.reader.connect() as conn:
        row = await api_keys.live(conn, key_hash)
        if row is None:
            return None
        if row["is_old"]:
            await api_keys.used(conn, row["id"])
    company_ids = row["company_ids"]
    grants = [Grant(row["role"])] if company_ids is None else [Grant(row["role"], each) for each in company_ids]
    return Principal("key", row["id"], tuple(grants))


async def _of_session(request: Request, porter: Porter, session_hash: bytes) -> Principal | None:
    async with porter.reader.connect() as conn:
        row = await login_sessions.live(conn, session_hash)
        if row is None:
            return None
        if row["is_old"]:
            await login_sessions.seen(conn, session_hash)
        grants = await grants_of(conn, row["user_id"])
    if request.method not in _SAFE and not csrf_holds(row["csrf"], request.headers.get(CSRF_HEADER)):
        raise Problem(
            403,
            "login.csrf",
            "The CSRF token of this session is missing or wrong",
            [FieldError(f"/{CSRF_HEADER}", "the token that the login answered", "login.csrf", "header")],
        )
    return Principal("user", row["user_id"], grants, row["agent_id"], session_hash)


async def grants_of(conn: AsyncConnection, user_id: str) -> tuple[Grant, ...]:
    granted = await users.grants(conn, user_id)
    return tuple(Grant(each["role"], each["company_id"], each["team_id"]) for each in granted)
