"""Is each mail that a mail server brings by LMTP exactly one contact, and does it keep what we could not take?"""

import asyncio
import contextlib
import smtplib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.channels.mail.imap import MAIL_BYTES_MAX
from app.channels.mail.lmtp import LINE_BYTES_MAX, RECIPIENTS_MAX, SESSIONS_MAX
from app.settings import with_database
from tests.mail.centre import INSIDE, Centre, centre
from tests.mail.post_office import ALICE, PostOffice, letter

Database = Callable[[], str]
HELP, INFO = "help@brought.test", "info@brought.test"
BROUGHT = {"incoming": "lmtp", "imap_host": None}
MAILS, KILLS = 150, 3


@contextlib.asynccontextmanager
async def brought(office: PostOffice, database_url: str, folder: Path, **more: Any) -> AsyncIterator[Centre]:
    settings = {**INSIDE, "JACKFIELD_LMTP": f"127.0.0.1:{office.ports['ours']}"}
    async with centre(
        office, database_url, folder, box={"address": HELP, **BROUGHT}, settings=settings, **more
    ) as here:
        yield here


def bring(office: PostOffice, *contents: bytes, to: tuple[str, ...] = (HELP,), sender: str = ALICE) -> list[Any]:
    """What was said to each: {} or a code by recipient, or the code for all."""
    said: list[Any] = []
    with smtplib.LMTP("127.0.0.1", office.ports["ours"], timeout=30) as line:
        for content in contents:
            try:
                said.append({to: code for to, (code, _) in line.sendmail(sender, list(to), content).items()})
            except smtplib.SMTPRecipientsRefused as no:
                said.append({to: code for to, (code, _) in no.recipients.items()})
            except smtplib.SMTPResponseException as no:
                said.append(no.smtp_code)
    return said


def letter_to(address: str, text: str = "Hello?", **headers: str) -> bytes:
    return letter(text=text, To=address, **headers).as_bytes()


async def test_what_is_acknowledged_is_a_contact_already_and_brought_again_it_is_the_same(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with brought(office, new_database(), tmp_path) as here:
        await here.add_box(INFO, **BROUGHT)
        one = letter_to(HELP, Message_ID="<one@customer.test>")
        first = await asyncio.to_thread(bring, office, one)
        at_once = await here.contacts()
        again = await asyncio.to_thread(bring, office, one, one)
        both = await asyncio.to_thread(_to_several, office, letter_to(INFO, "both"), HELP, "INFO@brought.test")
        contacts = await here.contacts()
        box = await here.rest.get(f"/v1/mailboxes/{here.boxes[HELP]['id']}")
        (mail,) = await here.mails("reply = 'both'")

    assert (first, again, both) == ([{}], [{}, {}], [250, 250])
    assert (len(at_once), len(contacts)) == (1, 2)
    assert str(contacts[1]["id"]) == str(mail["contact_id"])
    assert (box["trouble"], box["incoming"], box["imap_host"]) == (None, "lmtp", None)


async def test_what_cannot_be_taken_is_said_so_that_a_mail_server_does_the_right_thing(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """5xx where the same would be refused again, for each recipient alone; 4xx where there are too many."""
    large = b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 998 + b"\r\n") * (MAIL_BYTES_MAX // 1000 + 1)
    endless = b"Subject: endless\r\n\r\n" + b"x" * (LINE_BYTES_MAX + 1) + b"\r\n"
    async with brought(office, new_database(), tmp_path) as here:
        await here.add_box(INFO, **BROUGHT)
        unknown = await asyncio.to_thread(bring, office, letter_to(HELP), to=("nobody@brought.test", HELP))
        told = await asyncio.to_thread(bring, office, large)
        untold = await asyncio.to_thread(_to_several, office, large, HELP, INFO)
        lines = await asyncio.to_thread(_to_several, office, endless, HELP, INFO)
        many = await asyncio.to_thread(_recipients, office, RECIPIENTS_MAX + 1)
        bounce = await asyncio.to_thread(
            bring, office, letter_to(HELP, "late", From="postmaster@customer.test"), sender="<>"
        )
        contacts = await here.contacts()
        mails = await here.mails()

    assert unknown == [{"nobody@brought.test": 550}]
    assert told == [552]
    assert untold == [552, 552]
    assert lines == [500, 500]
    assert many == [250] * RECIPIENTS_MAX + [452]
    assert (bounce, len(contacts), len(mails)) == ([{}], 2, 2)
    assert [mail["kind"] for mail in mails] == ["message", "bounce"], "who sent it stands in the envelope alone"


def _to_several(office: PostOffice, content: bytes, *to: str) -> list[int]:
    """An answer for each, without the size being told before: smtplib.LMTP reads the first answer alone."""
    with smtplib.LMTP("127.0.0.1", office.ports["ours"], timeout=30) as line:
        line.ehlo()
        line.mail(ALICE)
        for address in to:
            assert line.rcpt(address)[0] == 250
        line.putcmd("data")
        assert line.getreply()[0] == 354
        line.send(content.replace(b"\r\n.", b"\r\n..").rstrip(b"\r\n") + b"\r\n.\r\n")
        return [line.getreply()[0] for _ in to]


def _recipients(office: PostOffice, count: int) -> list[int]:
    with smtplib.LMTP("127.0.0.1", office.ports["ours"]) as line:
        line.ehlo()
        line.mail(ALICE)
        return [line.rcpt(HELP)[0] for _ in range(count)]


async def test_while_nobody_can_keep_a_mail_it_stays_with_the_mail_server_and_sessions_are_few(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with brought(office, new_database(), tmp_path) as here:
        url = here.server.database_url
        name = urlsplit(url).path.strip("/")
        admin = await asyncpg.connect(with_database(url, "postgres"))
        try:
            await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            away = await asyncio.to_thread(bring, office, letter_to(HELP))
        finally:
            await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            await admin.close()

        async def taken() -> bool:
            return await asyncio.to_thread(bring, office, letter_to(HELP)) == [{}]

        await here.until(taken, why="the database is back")
        with contextlib.ExitStack() as open_lines:
            for _ in range(SESSIONS_MAX):
                open_lines.enter_context(contextlib.closing(smtplib.LMTP("127.0.0.1", office.ports["ours"])))
            with pytest.raises(smtplib.SMTPConnectError) as one_more:
                smtplib.LMTP("127.0.0.1", office.ports["ours"])
        await here.until(taken, why="they have gone")
        contacts = await here.contacts()

    assert away == [{HELP: 451}]
    assert one_more.value.smtp_code == 421
    assert len(contacts) == 1


async def test_each_mail_that_postfix_brings_is_one_contact_through_kills(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with brought(office, new_database(), tmp_path) as here:
        sent = [letter_to(HELP, f"n-{n}", Message_ID=f"<n-{n}@customer.test>") for n in range(MAILS)]
        sending = asyncio.create_task(asyncio.to_thread(lambda: office.send(*sent, to=HELP)))
        for kill in range(KILLS):
            await here.until_delivered((kill + 1) * MAILS // (KILLS + 2), seconds=60)
            here.server.kill()
            here.server.start()
        await sending
        mails = await here.until_delivered(MAILS, seconds=90)
        contacts = await here.contacts()
        blobs = await here.fetch("SELECT state FROM blob WHERE kind = 'mail'")

    assert Counter(mail["reply"] for mail in mails) == Counter(f"n-{n}" for n in range(MAILS))
    assert sorted(str(mail["contact_id"]) for mail in mails) == sorted(str(contact["id"]) for contact in contacts)
    assert {blob["state"] for blob in blobs} == {"stored"}


async def test_a_mailbox_whose_mails_are_brought_says_that_nobody_listens(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, box={"address": HELP, **BROUGHT}) as here:

        async def trouble() -> bool:
            return bool((await here.rest.get(f"/v1/mailboxes/{here.boxes[HELP]['id']}"))["trouble"] == "unheard")

        await here.until(trouble)
