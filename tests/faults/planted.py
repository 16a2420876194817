"""A server with one fault planted: python -m tests.faults.planted FAULT serve …

Each fault wraps one function before the command line runs; the product itself knows nothing of it. The auditor has to
find every one of them, and nothing when FAULT is `nothing`.
"""

import itertools
import secrets
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from zlib import crc32

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from app import journey, mail_in, switchboard
from app.api import fax_receptions, visitors
from app.channels.mail import lmtp
from app.channels.mail.imap import Fetched
from app.fax_pages import Pages
from app.house import House
from app.store import chats, mails, turn, turn_statement
from app.store.tables import contact_message
from app.store.writer import WriterSession
from contacts.records import Draft
from routing import messages as m
from routing.engine import Engine

Commit = Callable[[WriterSession, Draft, int], Awaitable[None]]


def nothing() -> None:
    """The same program, sound."""


def dropped_commit() -> None:
    """Every now and then a turn is answered and never written."""
    commit, turns = turn.commit, itertools.count(1)

    async def dropping(session: WriterSession, draft: Draft, first_seq: int) -> None:
        if draft.contacts and draft.replies and next(turns) % 8 == 0:
            return
        await commit(session, draft, first_seq)

    switchboard.store_turn.commit = dropping


def doubled_offer() -> None:
    """What is offered to one agent is offered to another as well (the test takes the database's own guard away)."""
    offered, offers = journey.offered, itertools.count(1)

    def doubling(house: House, told: m.Offered) -> None:
        offered(house, told)
        others = [agent_id for agent_id in house.records.agents if agent_id != told.agent_id]
        if others and next(offers) % 8 == 0:
            offered(house, replace(told, segment_id=house.new_id(), agent_id=others[0]))

    journey.offered = doubling


def stale_epoch() -> None:
    """An old epoch passes the fence: every fifth turn is written by a writer who lost the domain long ago."""
    fence = turn_statement.FENCE.replace("SELECT domain_id, epoch,", "SELECT domain_id, $2::bigint AS epoch,")
    turn_statement.FENCE = fence.replace("epoch = $2 FOR SHARE", "epoch >= $2 FOR SHARE")
    assert "epoch >= $2" in turn_statement.FENCE
    commit, turns = turn.commit, itertools.count(1)

    async def stale(session: WriterSession, draft: Draft, first_seq: int) -> None:
        old = next(turns) % 5 == 0
        session.epoch -= old
        try:
            await commit(session, draft, first_seq)
        finally:
            session.epoch += old

    switchboard.store_turn.commit = stale


def forgotten_deadline() -> None:
    """Nobody wakes the engine when something is due."""
    Engine.next_deadline = lambda self: None  # type: ignore[method-assign]


# --- what is written --------------------------------------------------------------------------------------------------


def dropped_message() -> None:
    """Every now and then a message of a chat is gone when it was acknowledged."""
    say, said = chats.say, itertools.count(1)

    async def dropping(conn: AsyncConnection, contact_id: str, *what: Any) -> int | None:
        n = await say(conn, contact_id, *what)
        if n is not None and next(said) % 5 == 0:
            m = contact_message.c
            await conn.execute(delete(contact_message).where(m.contact_id == contact_id, m.n == n))
        return n

    chats.say = dropping


def unheard_message() -> None:
    """Every other frame with messages never reaches its visitor, and nobody knows."""
    encode, told = visitors.encode, itertools.count(1)

    def forgetting(frame: dict[str, Any]) -> bytes:
        is_lost = frame["t"] == "messages" and next(told) % 2 == 0
        return encode({"t": "typing"} if is_lost else frame)

    visitors.encode = forgetting


def mail_taken_twice() -> None:
    """Whoever brings a mail again brings another."""
    key_of = mail_in.key_of
    mail_in.key_of = lambda raw: key_of(raw + secrets.token_bytes(8))


def mail_said_to_be_taken() -> None:
    """To every other mail 250 is said, however often it is brought, and nothing is kept."""
    came = lmtp.Door._came

    async def promising(door: lmtp.Door, address: str, fetched: Fetched) -> lmtp.Came:
        return "taken" if crc32(fetched.raw) % 2 else await came(door, address, fetched)

    lmtp.Door._came = promising  # type: ignore[method-assign]


def mail_sent_again() -> None:
    """What was sent is sent once more, under another id."""
    begin = mails.begin_sending

    async def renaming(conn: AsyncConnection, mail_id: str) -> Any:
        row = await begin(conn, mail_id)
        return None if row is None else {**row, "message_id": f"{secrets.token_hex(8)}.{row['message_id']}"}

    mails.begin_sending = renaming


def exchanged_fax() -> None:
    """Every now and then the pages that are kept are not those that came."""
    read, came = fax_receptions._read, itertools.count(1)

    async def exchanging(document: str) -> tuple[bytes, Pages]:
        pages, found = await read(document)
        return (pages[:-4] + b"\0\0\0\1", found) if next(came) % 2 else (pages, found)

    fax_receptions._read = exchanging


OF_WRITTEN: dict[str, Callable[[], Any]] = {
    fault.__name__: fault
    for fault in (
        dropped_message, unheard_message, mail_taken_twice, mail_said_to_be_taken, mail_sent_again, exchanged_fax,
    )
}  # fmt: skip
FAULTS: dict[str, Callable[[], Any]] = {
    fault.__name__: fault for fault in (nothing, dropped_commit, doubled_offer, stale_epoch, forgotten_deadline)
}

if __name__ == "__main__":
    every = FAULTS | OF_WRITTEN
    if len(sys.argv) < 3 or sys.argv[1] not in every:
        sys.exit(f"usage: python -m tests.faults.planted {'|'.join(every)} serve …")
    every[sys.argv.pop(1)]()
    from app.cli import app

    app()
