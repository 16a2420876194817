"""Who may sit at a desk? Reads a websocket ticket and looks up whether its session or key still lives."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.tab import Seat
from app.rights import Grant, right_of
from app.sessions import WALLBOARD, BadTicket, Ticket, read_ticket
from app.store import api_keys, login_sessions, users, wallboards
from screenpop.scope import Scope

WALLBOARD_KINDS = frozenset({"queue"})  # nobody's name hangs on a wall
ASKING_MAX = 4  # a thousand desks that come back at once wait here, not for all the database's connections


@dataclass(slots=True)
class Seats:
    engine: AsyncEngine
    signing_key: bytes
    _asking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ASKING_MAX))

    async def open(self, text: str, origin: str | None) -> Seat:
        """Raises PermissionError with a word for the closing frame."""
        try:
            ticket = read_ticket(self.signing_key, text, origin, int(time.time()))
        except BadTicket as bad:
            raise PermissionError("ticket") from bad
        session = _session_of(ticket)
        if session.startswith(WALLBOARD):
            return await self._open_wallboard(session)
        if await self.lost({session}):
            raise PermissionError("logged_out")
        scopes = await self.scopes({ticket.user_id})
        return Seat(ticket.agent_id, ticket.user_id, session, scopes[ticket.user_id])

    async def _open_wallboard(self, session: str) -> Seat:
        wallboard_id = session.removeprefix(WALLBOARD)
        async with self._asking, self.engine.connect() as connection:
            live = await wallboards.live_among(connection, {wallboard_id})
        if wallboard_id not in live:
            raise PermissionError("logged_out")
        scope = Scope.of([(company_id, None) for company_id in live[wallboard_id]], WALLBOARD_KINDS)
        return Seat(None, None, session, scope)

    async def scopes(self, user_ids: set[str]) -> dict[str, Scope | None]:
        """What of the floor each of these users may see; None = nothing."""
        async with self._asking, self.engine.connect() as connection:
            granted = await users.grants_of_many(connection, user_ids)
        return {
            user_id: scope_of(Grant(g["role"], g["company_id"], g["team_id"]) for g in granted.get(user_id, ()))
            for user_id in user_ids
        }

    async def lost(self, sessions: set[str]) -> set[str]:
        """Which of these seats' sessions, keys and wallboards live no more: logged out, expired, revoked, their user
        disabled.
        """
        keys = {session.removeprefix("key:") for session in sessions if session.startswith("key:")}
        boards = {session.removeprefix(WALLBOARD) for session in sessions if session.startswith(WALLBOARD)}
        hashes = [bytes.fromhex(session) for session in sessions if ":" not in session]
        async with self._asking, self.engine.connect() as connection:
            live = {found.hex() for found in await login_sessions.live_among(connection, hashes)}
            live |= {f"key:{found}" for found in await api_keys.live_among(connection, keys)}
            live |= {WALLBOARD + found for found in await wallboards.live_among(connection, boards)}
        return sessions - live


def scope_of(grants: Iterable[Grant]) -> Scope | None:
    """None: no grant shows anything of the floor."""
    roles = right_of("read_live").roles
    pairs = [(grant.company_id, grant.team_id) for grant in grants if grant.role in roles]
    return Scope.of(pairs) if pairs else None


def _session_of(ticket: Ticket) -> str:
    return ticket.session or f"key:{ticket.key_id}"
