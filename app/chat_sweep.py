"""Whose visitor has gone quiet, or is gone? Decided from rows alone, so that it outlives any death of ours.

Silent after the agent's last word, they are asked whether they are still there; silent on, their chat is over. Who
waits for an agent with no page open any more has left. Seconds are those of the wall clock.
"""

import time
from dataclasses import dataclass

from app import commands as c
from app.ports import NoWriter
from app.store import chats
from app.store.database import Database
from app.switchboard import Switchboard

LEFT_ALONE_S = 90.0  # a page that was heard of comes back within that, or not at all
TOLD_AGAIN_S = 600.0  # after a takeover: what was said so lately was perhaps stored, and told to nobody

IDLE_WARNING, IDLE_END = "idle_warning", "idle_end"  # keys of the pages' texts


@dataclass(slots=True)
class ChatSweep:
    database: Database
    switchboard: Switchboard
    _epoch: int = 0  # of which followers were told
    _since: float = 0.0  # monotonic

    async def sweep(self) -> int:
        """Returns how many chats something happened to."""
        try:
            if self._epoch != self.switchboard.session.epoch:
                await self._tell_again()
                self._epoch, self._since = self.switchboard.session.epoch, time.monotonic()
            return await self._warn() + await self._end() + await self._leave() + await self._forget()
        except NoWriter:
            return 0

    async def _tell_again(self) -> None:
        async with self.database.engine.connect() as conn:
            spoken = await chats.lately_spoken(conn, TOLD_AGAIN_S)
        for row in spoken:
            await self._told(row["contact_id"], row["n"], row["company_id"])

    async def _warn(self) -> int:
        async with self.database.engine.connect() as conn:
            silent = await chats.to_warn(conn)
        for contact_id in silent:
            await self._say(contact_id, IDLE_WARNING)
        return len(silent)

    async def _end(self) -> int:
        async with self.database.engine.connect() as conn:
            silent = await chats.to_end(conn)
        for contact_id in silent:
            await self._say(contact_id, IDLE_END, IDLE_END)  # once, however often we die before they have left
            await self._submit(c.CustomerLeft(contact_id))
        return len(silent)

    async def _leave(self) -> int:
        """A page has as long after our own absence as after its own."""
        if time.monotonic() - self._since < LEFT_ALONE_S:
            return 0
        async with self.database.engine.connect() as conn:
            gone = await chats.left_alone(conn, LEFT_ALONE_S)
        for contact_id in gone:
            await self._submit(c.CustomerLeft(contact_id))
        return len(gone)

    async def _forget(self) -> int:
        async with self.database.engine.begin() as conn:
            return await chats.close_over(conn)

    async def _say(self, contact_id: str, key: str, once: str | None = None) -> None:
        at_once = self.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with at_once.connect() as conn:
            said = await chats.say(conn, contact_id, "system", key, once)
        if said is not None:
            await self._told(contact_id, said, None)

    async def _told(self, contact_id: str, n: int, company_id: str | None) -> None:
        await self._submit(c.RowChanged("contact_message", contact_id, n, company_id, contact_id))

    async def _submit(self, command: c.Command) -> None:
        await self.switchboard.submit(c.Envelope("system", "", b"", command, "system"))
