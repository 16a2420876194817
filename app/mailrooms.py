"""Which mailboxes are read, and by which do mails go out? All that there are, by the process that holds the domain."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app.channels.mail.access import MailAccess, MailTrouble
from app.channels.mail.imap import Fetched, Inbox, Place
from app.channels.mail.tokens import Grant, Tokens
from app.channels.mail.watching import Watching
from app.configured import Configured
from app.mail_entrance import access_of, grant_of, signer_of
from app.mail_in import MailIn
from app.mail_out import MailOut
from app.seals import BrokenSeal, seal
from app.store import mailboxes
from app.switchboard import Switchboard
from contacts.effect import MAIL
from contacts.records import Draft

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
        inbox, watching = Inbox(self.access), Watching()
        try:
            while True:
                try:
                    watching.found(await self._take_newer(inbox))
                    self.trouble, tries = None, 0
                    await watching.until_something(inbox)
                except MailTrouble as trouble:
                    await asyncio.to_thread(inbox.close)
                    if self.trouble != trouble.word:
                        log.warning("mailbox", mailbox=self.box["id"], trouble=trouble.word)
                    self.trouble = trouble.word
                    await asyncio.sleep(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
                    tries += 1
                except Exception as error:  # no writer, no database, no room on the disk: it is read again
                    await asyncio.to_thread(inbox.close)
                    log.warning("mail in", mailbox=self.box["id"], error=type(error).__name__)
                    await asyncio.sleep(AGAIN_S[0])
        finally:
            inbox.cut()

    async def _take_newer(self, inbox: Inbox) -> int:
        """How many, until there is nothing newer. Raises MailTrouble, and whatever keeping a mail may raise."""
        count = 0
        if not inbox.is_open:
            secret = await self.access.secret()
            await asyncio.to_thread(inbox.open, secret)
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
                return count
            count += taken


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
    rooms: Configured[Room] = field(init=False)  # by mailbox
    _sealed: set[str] = field(default_factory=set)  # mailboxes whose password nobody can read

    def __post_init__(self) -> None:
        self.rooms = Configured("mailboxes", lambda: self.switchboard.holding, self._configured, self._begun)

    def committed(self, draft: Draft, _prev: int, _pos: int) -> None:
        for effect in draft.effects.values():
            room = self.rooms.get(effect.provider.removeprefix(MAIL)) if effect.provider.startswith(MAIL) else None
            if room is not None:
                room.out.take([effect])

    async def _configured(self) -> dict[str, Mapping[str, Any]]:
        async with self.engine.connect() as connection:
            rows: dict[str, Mapping[str, Any]] = {row["id"]: row for row in await mailboxes.every(connection)}
        self._sealed &= rows.keys()
        return rows

    def _begun(self, mailbox_id: str, row: Mapping[str, Any]) -> Room | None:
        try:
            access, signer = self._access(row), signer_of(row, self.signing_key)
        except BrokenSeal:
            if mailbox_id not in self._sealed:
                log.error("mailbox", mailbox=mailbox_id, trouble="sealed")
            self._sealed.add(mailbox_id)
            return None
        self._sealed.discard(mailbox_id)
        board = self.switchboard
        out = MailOut(
            self.engine,
            f"{MAIL}{mailbox_id}",
            access,
            board.submit,
            board.session.may_send,
            lambda: board.clock.now_us(),
            self.taking.files,
            signer,
        )
        room = Room(row, access, self.taking, out, self.engine)
        if access.imap is None:
            room.trouble = None if self.is_brought else "unheard"
        if board.house is not None:  # what was to be sent before this connection, or before this process
            out.take(list(board.house.records.effects.values()))
        room.begin()
        return room

    def _access(self, row: Mapping[str, Any]) -> MailAccess:
        """Raises BrokenSeal."""

        async def grant() -> Grant:
            async with self.engine.connect() as conn:
                now = await mailboxes.read(conn, row["id"], None)
            if now is None or now["oauth_token_url"] is None:
                raise MailTrouble("grant")
            return grant_of(now, self.signing_key)

        async def keep(refresh_token: str) -> None:
            async with self.engine.begin() as conn:
                await mailboxes.renew_grant(conn, row["id"], seal(self.signing_key, refresh_token))

        if row["oauth_token_url"] is None:
            return access_of(row, self.signing_key, self.inside, None)
        grant_of(row, self.signing_key)
        return access_of(row, self.signing_key, self.inside, Tokens(grant, keep, self.inside))

    def states(self) -> dict[str, dict[str, Any]]:
        """By mailbox, as this process knows it."""
        known = {
            mailbox_id: {"trouble": room.trouble, "out_trouble": room.out.trouble}
            for mailbox_id, room in self.rooms.items()
        }
        return known | {mailbox_id: {"trouble": "sealed", "out_trouble": "sealed"} for mailbox_id in self._sealed}
