"""Where do mail servers bring their mails? At a listener of ours, of the process that holds the domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app.channels.mail.lmtp import Door
from app.mail_in import MailIn
from app.store import mailboxes
from app.switchboard import Switchboard
from contacts.identify import canonical_email


@dataclass(frozen=True, slots=True)
class MailDoor:
    engine: AsyncEngine
    switchboard: Switchboard
    taking: MailIn

    async def listen(self, host: str, port: int) -> None:
        """Until cancelled. Raises OSError."""
        await Door(self._find, self.taking.take, lambda: self.switchboard.holding).listen(host, port)

    async def _find(self, address: str) -> Mapping[str, Any] | None:
        wanted = canonical_email(address)
        if wanted is None:
            return None
        async with self.engine.connect() as conn:
            return await mailboxes.brought_to(conn, wanted)
