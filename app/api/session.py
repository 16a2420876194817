"""How do people log in and out, and how do they get the ticket for their websocket?"""

import time
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app import sessions
from app.api.access import Access, Caller, grants_of
from app.api.acts import Act, acting, some
from app.api.fields import Given, Id, Shown
from app.api.problems import invalid, not_found
from app.commands import ChooseState
from app.passwords import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from app.problems import FieldError, Problem
from app.rights import Principal, Role
from app.sessions import COOKIE, Ticket
from app.softphones import softphone_of
from app.store import agents, asterisks, login_sessions, users

router = APIRouter(prefix="/v1", tags=["session"])

TICKETS_MAX = 1000  # in one answer

Login = Annotated[str, StringConstraints(min_length=1, max_length=254)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=PASSWORD_LENGTH_MAX)]
NewPassword = Annotated[str, StringConstraints(min_length=PASSWORD_LENGTH_MIN, max_length=PASSWORD_LENGTH_MAX)]


class Credentials(Given):
    login: Login
    password: Password


class PasswordChange(Given):
    old: Password
    new: NewPassword


class GrantShown(Shown):
    role: Role
    company_id: Id | None
    team_id: Id | None


class UserShown(Shown):
    id: Id
    login: str
    name: str
    language: str
    zone: str | None
    agent_id: Id | None
    grants: list[GrantShown]


class KeyShown(Shown):
    id: Id
    grants: list[GrantShown]


class SessionShown(Shown):
    """A user with the token that goes into the header X-CSRF-Token of every unsafe request, or an API key."""

    csrf: str | None = None
    user: UserShown | None = None
    key: KeyShown | None = None


class TicketShown(Shown):
    ticket: str
    expires_ms: int


class SoftphoneShown(Shown):
    """How the page registers as the agent's phone: at `socket`, by SIP over a websocket."""

    socket: str
    uri: str
    user: str
    password: str
    display: str


class TicketsWanted(Given):
    agent_ids: list[Id] = Field(min_length=1, max_length=TICKETS_MAX)


class TicketsShown(Shown):
    tickets: dict[str, str]
    expires_ms: int


@router.post("/session")
async def log_in(body: Credentials, request: Request, response: Response, access: Caller) -> SessionShown:
    """The answer does not tell whether the login or the password was wrong, and takes as long for either."""
    await access.porter.limiting.log_in(body.login, request.client.host if request.client else "unknown")
    async with access.reading() as conn:
        user = await users.by_login(conn, body.login)
    holds = await access.porter.passwords.verify(body.password, user["password_hash"] if user else None)
    if user is None or not holds:
        raise Problem(401, "login.failed", "Login or password is wrong")
    settings, token, csrf = access.doors.settings, sessions.new_token(), sessions.new_token()
    async with access.doors.database.engine.begin() as conn:
        await login_sessions.drop_expired(conn)
        await login_sessions.add(conn, sessions.hash_of(token), user["id"], csrf, settings.session_life_s)
        found = await login_sessions.live(conn, sessions.hash_of(token))
        if found is None:
            raise Problem(401, "login.failed", "Login or password is wrong")  # disabled in this very moment
        principal = Principal("user", user["id"], await grants_of(conn, user["id"]), found["agent_id"])
        shown = await _shown(conn, principal, csrf)
        entered = Access(access.porter, principal, access.right, None, access.request_id)
        await Act(entered, conn).record("session.opened", "user", user["id"])
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings.session_life_s,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.base_url.startswith("https:"),
    )
    return shown


@router.get("/session")
async def read_session(access: Caller) -> SessionShown:
    principal = access.principal
    async with access.reading() as conn:
        row = await login_sessions.live(conn, principal.session_hash) if principal.session_hash else None
        return await _shown(conn, principal, row["csrf"] if row else None)


async def _shown(conn: AsyncConnection, principal: Principal, csrf: str | None) -> SessionShown:
    grants = [GrantShown(role=g.role, company_id=g.company_id, team_id=g.team_id) for g in principal.grants]
    user = await users.read(conn, principal.id) if principal.kind == "user" else None
    if user is None:
        return SessionShown(key=KeyShown(id=principal.id, grants=grants))
    return SessionShown(
        csrf=csrf,
        user=UserShown(
            **{name: user[name] for name in ("id", "login", "name", "language", "zone")},
            agent_id=principal.agent_id,
            grants=grants,
        ),
    )


@router.delete("/session", status_code=204)
async def log_out(response: Response, access: Caller) -> None:
    """An agent who leaves is offline: nothing is offered to a chair left on purpose. A call on a phone goes on.

    A tab that is closed, or a machine that dies, is no log-out: there what was chosen stands.
    """
    session_hash = _session_of(access)
    async with acting(access) as act:
        await login_sessions.end(act.conn, session_hash)
        await act.record("session.closed", "user", access.principal.id)
        if access.principal.agent_id is not None:
            act.commands.append(ChooseState(access.principal.agent_id, "offline"))
    response.delete_cookie(COOKIE, path="/")


@router.post("/session/password", status_code=204)
async def change_password(body: PasswordChange, request: Request, access: Caller) -> None:
    """Every other session of the user ends."""
    session_hash, user_id = _session_of(access), access.principal.id
    await access.porter.limiting.log_in(user_id, request.client.host if request.client else "unknown")
    async with access.reading() as conn:
        user = await users.read(conn, user_id)
    if not await access.porter.passwords.verify(body.old, user["password_hash"] if user else None):
        raise invalid("/old", "not the password in use", "login.old_password")
    password_hash = await access.porter.passwords.hash(body.new)
    async with acting(access) as act:
        await users.change(act.conn, user_id, {"password_hash": password_hash})
        await login_sessions.end_all(act.conn, user_id, but=session_hash)
        await act.record("user.password_changed", "user", user_id, after={"password_hash": "changed"})


@router.post("/session/ticket")
async def issue_ticket(request: Request, access: Caller) -> TicketShown:
    """For the first frame of the websocket: 30 s, for this session and the Origin it was asked from."""
    session_hash = _session_of(access)
    principal, origin = access.principal, request.headers.get("origin")
    ticket = Ticket(principal.id, principal.agent_id, session_hash.hex(), None, origin)
    now_s = int(time.time())
    text = sessions.issue_ticket(access.porter.signing_key, ticket, now_s)
    return TicketShown(ticket=text, expires_ms=(now_s + sessions.TICKET_LIFE_S) * 1000)


@router.get("/session/softphone")
async def read_softphone(response: Response, access: Caller) -> SoftphoneShown:
    """404: whoever asks has no softphone, or no Asterisk says where browsers reach it."""
    response.headers["cache-control"] = "no-store"
    agent_id = access.principal.agent_id
    if agent_id is None:
        raise not_found("softphone")
    async with access.reading() as conn:
        agent = await agents.read(conn, agent_id)
        sockets = await asterisks.sip_sockets(conn)
        names = await agents.names(conn, [agent_id])
    if agent is None or agent["archived_at"] is not None or not agent["softphone"] or not sockets:
        raise not_found("softphone")
    phone = softphone_of(access.porter.signing_key, agent_id, names[agent_id])
    return SoftphoneShown(
        socket=sockets[0], uri=phone.uri, user=phone.user, password=phone.password, display=phone.display
    )


def _session_of(access: Access) -> bytes:
    if access.principal.session_hash is None:
        raise Problem(403, "login.session_needed", "This is for people who have logged in, not for API keys")
    return access.principal.session_hash


@router.post("/tickets", tags=["agents"])
async def issue_tickets(body: TicketsWanted, access: Caller) -> TicketsShown:
    """Websocket tickets of many agents at once, for an operator's API key: bound to that key, 30 s each."""
    if access.principal.kind != "key":
        raise Problem(403, "login.key_needed", "This is for API keys")
    now_s = int(time.time())
    async with acting(access) as act:
        user_ids = await users.agents_of(act.conn, body.agent_ids)
        missing = [n for n, agent_id in enumerate(body.agent_ids) if agent_id not in user_ids]
        if missing:
            errors = [FieldError(f"/agent_ids/{n}", "there is no such agent", "not_found") for n in missing]
            raise Problem(404, "not_found", "There is no such agent", errors)
        await act.record("tickets.issued", "agent", None, more={"count": len(user_ids), "agents": some(user_ids)})
    tickets = {
        agent_id: sessions.issue_ticket(
            access.porter.signing_key, Ticket(user_id, agent_id, None, access.principal.id, None), now_s
        )
        for agent_id, user_id in user_ids.items()
    }
    return TicketsShown(tickets=tickets, expires_ms=(now_s + sessions.TICKET_LIFE_S) * 1000)
