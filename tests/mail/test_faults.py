"""Is each mail exactly one, in and out, whatever dies in between?"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from tests.mail.centre import centre
from tests.mail.post_office import ALICE, PASSWORD, PostOffice, letter

Database = Callable[[], str]
MAILS = 1_000
KILLS = 3
SEED = 20


async def test_a_thousand_mails_are_each_one_contact_in_its_thread_through_kills_and_lost_connections(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """Every tenth answers one that an agent wrote; the server is killed, and the mail server restarted, meanwhile."""
    chance = random.Random(SEED)
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter("The thread", "n-thread"))
        first = await here.served()
        await here.answer(first)
        (ours,) = office.until_there(1)
        await here.end()
        here.desks["anna"].choose("away")

        def nth(n: int) -> bytes:
            more = {"In_Reply_To": ours["Message-ID"]} if n % 10 == 0 else {}
            return letter(f"Mail {n}", f"n-{n}", Message_ID=f"<n-{n}@customer.test>", **more).as_bytes()

        sending = asyncio.create_task(asyncio.to_thread(office.send, *[nth(n) for n in range(MAILS)]))
        for kill in range(KILLS):
            delivered = 1 + (kill + 1) * MAILS // (KILLS + 2)
            await here.until_delivered(delivered, seconds=60)
            await asyncio.sleep(chance.random() / 5)
            here.server.kill()
            if kill == 1:
                await asyncio.to_thread(office.stop_dovecot)
                await asyncio.to_thread(office.start_dovecot)
            here.server.start()
        await sending
        mails = await here.until_delivered(1 + MAILS, seconds=60)
        contacts = {row["id"]: row for row in await here.contacts()}
        links = await here.fetch("SELECT from_id FROM contact_link WHERE kind = 'reply_to'")
        blobs = await here.fetch("SELECT state, contact_id FROM blob WHERE kind = 'mail'")
        orphans = await here.fetch("SELECT id FROM contact WHERE id NOT IN (SELECT contact_id FROM mail)")

    assert Counter(mail["reply"] for mail in mails) == Counter(["n-thread", *(f"n-{n}" for n in range(MAILS))])
    thread = mails[0]["thread_id"]
    answers = {mail["reply"] for mail in mails if mail["thread_id"] == thread}
    assert answers == {"n-thread", *(f"n-{n}" for n in range(0, MAILS, 10))}
    assert len({mail["thread_id"] for mail in mails}) == 1 + MAILS - MAILS // 10
    # The first answer is a contact anew, which stays open: the others are part of it.
    assert len(contacts) == 2 + MAILS - MAILS // 10
    assert (len(links), orphans) == (1, [])
    assert {(blob["state"], blob["contact_id"] in contacts) for blob in blobs} == {("stored", True)}


async def test_a_mail_of_ours_is_sent_once_more_after_a_death_and_never_a_third_time(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """The server is killed when the mail is with the other side, and the other side has said nothing yet."""
    async with _deaf(office) as deaf, centre(office, new_database(), tmp_path, agents=1) as here:
        box = here.boxes["support@example.test"]
        path = f"/v1/mailboxes/{box['id']}"
        await here.rest.ask("PATCH", path, {"version": box["version"], "smtp_port": deaf.port})
        here.desks["anna"].choose("ready")
        office.send(letter())
        contact_id = await here.served()
        made = await here.answer(contact_id)
        for times in (1, 2):
            await here.until(lambda times=times: len(deaf.heard) == times, why=f"it is sent for the {times}. time")
            here.server.kill()
            here.server.start()

        async def state() -> str | None:
            (mail,) = await here.mails("direction = 'out'")
            return mail["state"] if mail["state"] != "sending" else None

        came = await here.until(state)
        (effect,) = await here.fetch("SELECT state FROM effect WHERE kind = 'mail.send'")
        (mail,) = await here.mails("direction = 'out'")

    ids = {line for content in deaf.heard for line in content.splitlines() if line.startswith("Message-ID:")}
    assert (came, effect["state"], mail["sends"], len(deaf.heard)) == ("unknown", "unknown", 2, 2)
    assert str(mail["id"]) == made["mail_id"]
    assert ids == {f"Message-ID: <{mail['message_id']}>"}
    assert deaf.heard[0] == deaf.heard[1]


async def test_a_mail_server_that_is_away_for_a_while_gets_the_mail_once(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter())
        contact_id = await here.served()
        await asyncio.to_thread(office.stop_postfix)
        try:
            await here.answer(contact_id)

            async def trouble() -> bool:
                page = await here.rest.get("/v1/mailboxes")
                return bool(page["items"][0]["out_trouble"] == "absent")

            await here.until(trouble, why="it is said that nobody is there")
            (waiting,) = await here.mails("direction = 'out'")
            here.server.kill()
            here.server.start()
        finally:
            await asyncio.to_thread(office.start_postfix)
        office.until_there(1)

        async def sent() -> bool:
            return (await here.mails("direction = 'out'"))[0]["state"] == "sent"

        await here.until(sent)

    assert (waiting["state"], waiting["sends"]) in (("sending", 0), ("sending", 1))
    assert office.count(ALICE) == 1


class _Deaf:
    """A mail server that takes a mail and says nothing more."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(b"220 deaf.test\r\n")
            while line := await reader.readline():
                if line.upper().startswith(b"DATA"):
                    writer.write(b"354 go on\r\n")
                    await writer.drain()
                    content = await reader.readuntil(b"\r\n.\r\n")
                    self.heard.append(content.decode())
                    await reader.read()  # until they are gone
                    break
                writer.write(b"250 ok\r\n")
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def _deaf(_office: PostOffice) -> AsyncIterator[Any]:
    deaf = _Deaf()
    server = await asyncio.start_server(deaf.answer, "127.0.0.1", 0)
    deaf.port = server.sockets[0].getsockname()[1]
    async with server:
        yield deaf
        server.close()


async def test_a_mailbox_says_what_is_in_the_way_and_is_read_when_it_is_put_right(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, box={"password": "wrong"}) as here:
        box = here.boxes["support@example.test"]
        path = f"/v1/mailboxes/{box['id']}"

        async def change(**wish: Any) -> None:
            now = await here.rest.get(path)
            await here.rest.ask("PATCH", path, {"version": now["version"], **wish})

        async def until_trouble(word: str | None) -> None:
            async def is_so() -> bool:
                return bool((await here.rest.get(path))["trouble"] == word)

            await here.until(is_so, why=f"trouble {word}")

        await until_trouble("access")
        office.send(letter())
        await change(password=PASSWORD, imap_port=1)
        await until_trouble("absent")
        await change(imap_port=office.ports["imaps"], imap_tls="tls")
        await until_trouble("certificate")
        await change(imap_port=office.ports["imap"], imap_tls="none")
        await until_trouble(None)
        (mail,) = await here.until_delivered(1)

    assert mail["subject"] == "A question"
