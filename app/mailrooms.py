"""Which mailboxes are read, and by which do mails go out? All that there are, by the process that holds the domain."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app.channels.mail.access import MailAccess, MailTrouble, Server
from app.channels.mail.imap import Fetched, Inbox, Place
from app.mail_in import MailIn
from app.mail_out import MailOut
from app.seals import BrokenSeal, unseal
from app.store import mailboxes
from app.switchboard import Switchboard
from contacts.effect import MAIL
from contacts.records import Draft

LOOK_EVERY_S = 2.0  # for what was configured
POLL_EVERY_S = 1.5
AGAIN_S = (1.0, 5.0, 30.0)  # after a mailbox was not to be reached

log = structlog.get_logger()


@dataclass(slots=True)
class Room:
    """One mailbox while it is connected."""

    box: Mapping[str, Any]
    access: MailAccess
    taking: MailIn
    out: MailOut
    engine: AsyncEngine
    trouble: str | None = "connecting"
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def begin(self) -> None:
        self.tasks = [asyncio.create_task(self.out.run())]
        if self.access.imap is not None:
            self.tasks.append(asyncio.create_task(self._read()))

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _read(self) -> None:
        """One connection as long as it holds. When this ends nobody waits for its thread: the line is cut under it."""
        tries = 0
        inbox = Inbox(self.access)
        try:
            while True:
                try:
                    await self._take_newer(inbox)
                except MailTrouble as trouble:
                    await asyncio.to_thread(inbox.close)
                    if self.trouble != trouble.word:
                        log.warning("mailbox", mailbox=self.box["id"], trouble=trouble.word)
                    self.trouble = trouble.word
                    await asyncio.sleep(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
                    tries += 1
                except Exception as error:  # no writer, no database, no room on the disk: it is read again
                    await asyncio.to_thread(inbox.close)
                    log.warning("mail in", mailbox=self.box["id"], error=repr(error)[:200])
                    await asyncio.sleep(AGAIN_S[0])
                else:
                    self.trouble, tries = None, 0
                    await asyncio.sleep(POLL_EVERY_S)
        finally:
            inbox.cut()

    async def _take_newer(self, inbox: Inbox) -> None:
        """Until there is nothing newer. Raises MailTrouble, and whatever keeping a mail may raise."""
        async with self.engine.connect() as conn:
            place = Place(*await mailboxes.cursor(conn, self.box["id"]))
        while True:
            newer = await asyncio.to_thread(inbox.newer, place)
            taken = 0
            while (fetched := await asyncio.to_thread(_next, newer)) is not None:
                self.trouble = None
                await self.taking.take(self.box, fetched)
                place = fetched.place or place
                taken += 1
            if taken == 0:
                return


def _next(newer: Any) -> Fetched | None:
    return next(newer, None)


@dataclass(slots=True)
class Mailrooms:
    engine: AsyncEngine
    signing_key: bytes
    switchboard: Switchboard
    taking: MailIn
    inside: bool
    is_brought: bool  # we listen where mail servers bring their mails
    _rooms: dict[str, tuple[Room, int]] = field(default_factory=dict)  # by mailbox, with its version
    _sealed: set[str] = field(default_factory=set)  # mailboxes whose password nobody can read
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._look()
                except Exception as error:  # the database is away: connections go on
                    log.warning("mailboxes", error=repr(error)[:200])
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._wake.wait()
        finally:
            await self.stop()

    async def holding(self, holds: bool) -> None:
        if holds:
            self._wake.set()
        else:
            await self.stop()

    def committed(self, draft: Draft, _prev: int, _pos: int) -> None:
        for effect in draft.effects.values():
            room = self._rooms.get(effect.provider.removeprefix(MAIL)) if effect.provider.startswith(MAIL) else None
            if room is not None:
                room[0].out.take([effect])

    async def _look(self) -> None:
        """What is configured is connected; what has changed is connected anew."""
        if not self.switchboard.holding:
            return
        async with self.engine.connect() as connection:
            rows = {row["id"]: row for row in await mailboxes.every(connection)}
        for mailbox_id, (_, version) in list(self._rooms.items()):
            if mailbox_id not in rows or rows[mailbox_id]["version"] != version:
                await self._end(mailbox_id)
        self._sealed &= rows.keys()
        for mailbox_id, row in rows.items():
            if mailbox_id not in self._rooms and self.switchboard.holding:
                self._begin(row)

    def _begin(self, row: Mapping[str, Any]) -> None:
        try:
            access = access_of(row, self.signing_key, self.inside)
        except BrokenSeal:
            if row["id"] not in self._sealed:
                log.error("mailbox", mailbox=row["id"], trouble="sealed")
            self._sealed.add(row["id"])
            return
        self._sealed.discard(row["id"])
        board = self.switchboard
        out = MailOut(
            self.engine,
            f"{MAIL}{row['id']}",
            access,
            board.submit,
            board.session.may_send,
            lambda: board.clock.now_us(),
            self.taking.files,
        )
        room = Room(row, access, self.taking, out, self.engine)
        if access.imap is None:
            room.trouble = None if self.is_brought else "unheard"
        self._rooms[row["id"]] = (room, row["version"])
        if board.house is not None:  # what was to be sent before this connection, or before this process
            out.take(list(board.house.records.effects.values()))
        room.begin()

    def states(self) -> dict[str, dict[str, Any]]:
        """By mailbox, as this process knows it."""
        known = {
            mailbox_id: {"trouble": room.trouble, "out_trouble": room.out.trouble}
            for mailbox_id, (room, _) in self._rooms.items()
        }
        return known | {mailbox_id: {"trouble": "sealed", "out_trouble": "sealed"} for mailbox_id in self._sealed}

    async def stop(self) -> None:
        for mailbox_id in list(self._rooms):
            await self._end(mailbox_id)

    async def _end(self, mailbox_id: str) -> None:
        room, _ = self._rooms.pop(mailbox_id)
        await room.end()


def access_of(row: Mapping[str, Any], signing_key: bytes, inside: bool) -> MailAccess:
    """Raises BrokenSeal."""
    return MailAccess(
        row["address"],
        row["username"],
        unseal(signing_key, row["sealed"]),
        Server(row["imap_host"], row["imap_port"], row["imap_tls"]) if row["incoming"] == "imap" else None,
        Server(row["smtp_host"], row["smtp_port"], row["smtp_tls"]),
        inside,
    )
