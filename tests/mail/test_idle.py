"""Is it said, rather than asked every second, that a mail has come; and is nothing lost where it is not said?"""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from app.channels.mail import imap
from app.channels.mail.access import MailAccess, MailTrouble, Server
from app.channels.mail.imap import Inbox, Place
from app.channels.mail.watching import SILENT_MAX, Watching
from tests.mail.centre import centre
from tests.mail.post_office import PASSWORD, SUPPORT, PostOffice, letter
from tests.mail.wire import wire_to

Database = Callable[[], str]
MAILS = 60
QUIET_S = 5.0  # three looks by the second would fall into it


async def test_a_server_that_says_when_a_mail_comes_is_not_asked_by_the_second(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with (
        wire_to(office.ports["imap"]) as wire,
        centre(office, new_database(), tmp_path, box={"imap_port": wire.port}) as here,
    ):
        await here.until(lambda: wire.count(b" IDLE"), why="it is waited for")
        before = wire.count(b"SEARCH")
        await asyncio.sleep(QUIET_S)
        asked = wire.count(b"SEARCH") - before
        await asyncio.to_thread(office.send, letter())
        (mail,) = await here.until_delivered(1)

    assert asked == 0
    assert mail["subject"] == "A question"
    assert wire.count(b"DONE") >= 1


async def test_over_cut_lines_restarts_of_the_mail_server_and_deaths_of_ours_each_mail_is_one(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with (
        wire_to(office.ports["imap"]) as wire,
        centre(office, new_database(), tmp_path, box={"imap_port": wire.port}) as here,
    ):
        for n in range(MAILS):
            await asyncio.to_thread(office.put, letter(f"Mail {n}", f"n-{n}").as_bytes())
            if n % 20 == 5:
                wire.cut()
            if n % 20 == 10:
                await asyncio.to_thread(office.stop_dovecot)
                await asyncio.to_thread(office.start_dovecot)
            if n % 20 == 15:
                here.server.kill()
                here.server.start()
        mails = await here.until_delivered(MAILS, seconds=60)
        contacts = await here.contacts()
        await here.until(lambda: wire.said and b" IDLE" in wire.said[-1], why="it is waited for again")
        flags = await asyncio.to_thread(_flags, office)

    assert Counter(mail["reply"] for mail in mails) == Counter(f"n-{n}" for n in range(MAILS))
    assert len(contacts) == MAILS
    assert flags == b""


async def test_a_server_without_idle_is_asked_by_the_second(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with (
        wire_to(office.ports["imap"], hidden=b" IDLE") as wire,
        centre(office, new_database(), tmp_path, box={"imap_port": wire.port}) as here,
    ):
        await here.until(lambda: wire.count(b"SEARCH") >= 3, why="it is asked")
        await asyncio.to_thread(office.send, letter())
        await here.until_delivered(1)

    assert wire.count(b" IDLE") == 0


async def test_a_line_that_keeps_silent_is_renewed_and_after_that_asked_by_the_second(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server says that it will tell, and never does: what came is found at each renewal, and then by asking."""
    monkeypatch.setattr(imap, "ANSWER_S", 0.5)
    async with wire_to(office.ports["imap"]) as wire:
        wire.muffled = True
        watching, found = Watching(idle_s=0.2), []
        for n in range(SILENT_MAX):
            inbox = await _opened(wire.port)
            found += await asyncio.to_thread(list, inbox.newer(Place()))
            watching.found(0)
            await asyncio.to_thread(office.send, letter(f"Mail {n}"))
            with pytest.raises(MailTrouble, match="absent"):
                await watching.until_something(inbox)
            await asyncio.to_thread(inbox.close)
        idles = wire.count(b" IDLE")
        with await _opened(wire.port) as inbox:
            found = await asyncio.to_thread(list, inbox.newer(Place()))
            await watching.until_something(inbox)

    assert len(found) == SILENT_MAX
    assert watching.looks
    assert wire.count(b" IDLE") == idles == SILENT_MAX


async def test_an_idle_is_renewed_before_it_ends_and_goes_on_being_heard(office: PostOffice) -> None:
    async with wire_to(office.ports["imap"]) as wire:
        watching = Watching(idle_s=0.2)
        with await _opened(wire.port) as inbox:
            for _ in range(3):
                watching.found(len(await asyncio.to_thread(list, inbox.newer(Place()))))
                await watching.until_something(inbox)
            renewed = wire.count(b"DONE")
            watching.idle_s = 20.0
            waiting = asyncio.create_task(watching.until_something(inbox))
            await asyncio.to_thread(office.send, letter())
            await waiting
            found = await asyncio.to_thread(list, inbox.newer(Place()))

    assert (renewed, watching.is_told, watching.looks, len(found)) == (3, True, False, 1)


async def _opened(port: int) -> Inbox:
    server = Server("127.0.0.1", port, "none")
    inbox = Inbox(MailAccess(SUPPORT, SUPPORT, PASSWORD, server, server, inside=True))
    await asyncio.to_thread(inbox.open, PASSWORD)
    return inbox


def _flags(office: PostOffice) -> bytes:
    """Of all mails, but for those that the server itself gives."""
    with office.box(SUPPORT) as box:
        box.select("INBOX", readonly=True)
        told = box.fetch("1:*", "(FLAGS)")[1]
    return b"".join(
        each.partition(b"FLAGS (")[2].partition(b")")[0].replace(b"\\Recent", b"") for each in told if _is(each)
    )


def _is(each: object) -> bool:
    return isinstance(each, bytes)
