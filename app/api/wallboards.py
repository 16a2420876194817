"""How do figures come on a wall? By a link that only shows: its token is made here, shown once, and taken back here.

The link carries the token behind the `#`, which no server sees; the page sends it in a body and gets a ticket.
"""

import time
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from app import sessions
from app.api.access import Caller
from app.api.acts import acting, new_id
from app.api.fields import Given, Id, Name, PageQuery, PathId, Shown, sure_ms
from app.api.pages import Page, page_of
from app.api.problems import not_found
from app.api.session import TicketShown
from app.problems import Problem
from app.sessions import Ticket
from app.store import wallboards

router = APIRouter(prefix="/v1/wallboards", tags=["live"])

WALLBOARD_COMPANIES_MAX = 100

Token = Annotated[str, StringConstraints(min_length=20, max_length=100, pattern="^[A-Za-z0-9_-]+$")]


class NewWallboard(Given):
    company_ids: Annotated[list[Id], Field(min_length=1, max_length=WALLBOARD_COMPANIES_MAX)]
    name: Name = "Wallboard"


class WallboardShown(Shown):
    id: Id
    name: str
    company_ids: list[Id]
    created_ms: int


class WallboardMade(WallboardShown):
    """`token` is shown this once."""

    token: str


class TokenGiven(Given):
    token: Token


def _shown(row: Mapping[str, Any]) -> WallboardShown:
    names = ("id", "name", "company_ids")
    return WallboardShown(created_ms=sure_ms(row["created_at"]), **{name: row[name] for name in names})


@router.get("")
async def list_wallboards(page: PageQuery, access: Caller) -> Page[WallboardShown]:
    """Those all of whose companies the asker may see."""
    async with access.reading() as conn:
        return page_of(await wallboards.page(conn, access.companies, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_wallboard(body: NewWallboard, access: Caller) -> WallboardMade:
    for n, company_id in enumerate(body.company_ids):
        if not access.holds_in(company_id):
            raise not_found("company", f"/company_ids/{n}")
    token = sessions.new_token()
    async with acting(access) as act:
        values = {
            "id": new_id(),
            "name": body.name,
            "company_ids": sorted(set(body.company_ids)),
            "hash": sessions.hash_of(token),
            "created_by": access.principal.id,
        }
        row = await wallboards.add(act.conn, values)
        await act.record("wallboard.created", "wallboard", row["id"], more={"companies": values["company_ids"]})
    return WallboardMade(token=token, **_shown(row).model_dump())


@router.delete("/{wallboard_id}", status_code=204)
async def revoke_wallboard(wallboard_id: PathId, access: Caller) -> None:
    """Whatever shows it is closed within seconds."""
    async with acting(access) as act:
        row = await wallboards.revoke(act.conn, wallboard_id, access.companies)
        if row is None:
            raise not_found("wallboard", "/wallboard_id", "path")
        await act.record("wallboard.revoked", "wallboard", row["id"])


@router.post("/ticket")
async def issue_wallboard_ticket(body: TokenGiven, request: Request, access: Caller) -> TicketShown:
    """For the first frame of the websocket: 30 s, the feed `live`, and nothing can be done with it."""
    address = request.client.host if request.client else "unknown"
    await access.porter.limiting.log_in(f"wallboard:{body.token[:12]}", address)
    async with access.reading() as conn:
        row = await wallboards.by_hash(conn, sessions.hash_of(body.token))
    if row is None:
        raise Problem(401, "wallboard.unknown", "This link shows nothing any more")
    now_s, session = int(time.time()), sessions.WALLBOARD + row["id"]
    ticket = Ticket(session, None, session, None, request.headers.get("origin"))
    text = sessions.issue_ticket(access.porter.signing_key, ticket, now_s)
    return TicketShown(ticket=text, expires_ms=(now_s + sessions.TICKET_LIFE_S) * 1000)
