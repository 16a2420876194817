"""Who may sit at a desk? Reads a websocket ticket and looks up whether its session or key still lives."""

import asyncio
import time
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.tab import Seat
from app.sessions import BadTicket, Ticket, read_ticket
from app.store import api_keys, login_sessions

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
        if ticket.agent_id is None or not await self._lives(ticket):
            raise PermissionError("no_agent" if ticket.agent_id is None else "logged_out")
        return Seat(ticket.agent_id, ticket.user_id, ticket.session or f"key:{ticket.key_id}")

    async def _lives(self, ticket: Ticket) -> bool:
        async with self._asking, self.engine.connect() as connection:
            if ticket.session is not None:
                return await login_sessions.live(connection, bytes.fromhex(ticket.session)) is not None
            return ticket.key_id is not None and await api_keys.is_live(connection, ticket.key_id)
