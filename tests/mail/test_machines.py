"""Do machines that answer each other fall silent, and is a mail that came back shown at the mail that it was?"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from tests.mail.centre import Centre, centre
from tests.mail.post_office import ALICE, SALES, SUPPORT, PostOffice, letter

Database = Callable[[], str]
ACKNOWLEDGING = {"acknowledge": True, "acknowledgement": "We have it."}


async def test_each_new_thread_of_a_person_is_acknowledged_and_nobody_twice_a_day(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, box=ACKNOWLEDGING) as here:
        office.send(letter("One", Message_ID="<one@customer.test>"))
        (got,) = office.until_there(1)
        office.send(letter("Two", "Another."))
        office.send(letter("List", "c", "l@customer.test", List_Id="<a.list>"), sender="bob@customer.test")
        office.send(letter("Bulk", "d", "m@customer.test", Precedence="bulk"), sender="bob@customer.test")
        office.send(letter("Auto", "e", "n@customer.test", Auto_Submitted="auto-generated"), sender="bob@customer.test")
        office.send(letter("Nobody", "f", "o@customer.test"), sender="")
        office.send(letter("Ourselves", "g", SUPPORT), sender=SUPPORT)
        await here.until_delivered(7)
        await _nothing_to_send(here)
        sent = await here.mails("direction = 'out'")
        contacts = await here.contacts()

    assert (got["Auto-Submitted"], got["Subject"], got["Return-Path"]) == ("auto-replied", "Auto: Re: One", "<>")
    assert got["In-Reply-To"] == "<one@customer.test>"
    assert [mail["kind"] for mail in sent] == ["acknowledgement"]
    assert office.count(ALICE) == 1
    assert len(contacts) == 7


async def test_two_machines_that_answer_everything_exchange_at_most_two_mails(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """The other one keeps to no rule: it answers our acknowledgement as a person would, and that again and again."""
    async with centre(office, new_database(), tmp_path, box=ACKNOWLEDGING) as here:
        office.send(letter("Out of office"))
        answered = 0
        for _ in range(3):
            with contextlib.suppress(AssertionError):
                got = office.until_there(answered + 1, seconds=3)
                answer = letter(f"Re: {got[-1]['Subject']}", "I am away.", In_Reply_To=got[-1]["Message-ID"])
                office.send(answer)
                answered += 1
        await here.until_delivered(1 + answered)
        await _nothing_to_send(here)
        contacts = await here.contacts()

    assert answered == 1
    assert office.count(ALICE) == 1
    assert len(contacts) == 1


async def test_a_machines_answer_to_a_contact_that_is_closed_is_shown_there_and_is_none_of_its_own(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter())
        contact_id = await here.served()
        await here.answer(contact_id)
        (got,) = office.until_there(1)
        await here.end()
        away = {"In_Reply_To": got["Message-ID"], "Auto_Submitted": "auto-replied"}
        office.send(letter("Away", "I am away.", **away))
        mails = await here.until_delivered(2)
        contacts = await here.contacts()
        shown = await here.shown(contact_id)

    assert [str(mail["contact_id"]) for mail in mails] == [contact_id, contact_id]
    assert len(contacts) == 1
    assert [mail["kind"] for mail in shown] == ["message", "message", "automatic"]


async def test_what_comes_back_is_shown_at_the_mail_that_it_was_and_is_no_contact(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """A real Postfix says so, in its own words."""
    ended = asyncio.Event()
    async with _full(office, ended), centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter())
        contact_id = await here.served()
        made = await here.answer(contact_id, to=["gone@full.test"])
        await here.end()
        ended.set()
        await here.until_delivered(2)
        shown = await here.shown(contact_id)
        contacts = await here.contacts()

    assert len(contacts) == 1
    ours, back = shown[1], shown[2]
    assert (ours["id"], ours["state"]) == (made["mail_id"], "bounced")
    assert (back["kind"], back["answers_id"], back["contact_id"]) == ("bounce", made["mail_id"], contact_id)
    assert "no such user" in back["text"]


async def test_a_mail_to_two_of_our_mailboxes_is_one_contact_and_one_message_id_of_two_mails_is_two(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, box=ACKNOWLEDGING) as here:
        await here.add_box(SALES)
        ids = {"Message_ID": "<both@customer.test>", "Date": "Mon, 3 Feb 2025 10:00:00 +0000"}
        one = letter("Both", "To both.", **ids)
        office.send(one, to=[SUPPORT, SALES])
        await here.until_delivered(1)
        office.send(letter("Both", "Reused.", **ids))
        for text in ("a", "b", "b"):  # the last one is the same once more
            office.put(letter("No id", text).as_bytes())
        await here.until_delivered(4)
        await _read_to_the_end(here, {SUPPORT: 5, SALES: 1})
        mails = await here.mails("direction = 'in'")
        contacts = await here.contacts()

    assert sorted(mail["reply"] for mail in mails) == ["Reused.", "To both.", "a", "b"]
    assert len(contacts) == 4


async def _nothing_to_send(here: Centre) -> None:
    async def over() -> bool:
        return not await here.fetch("SELECT id FROM effect WHERE kind = 'mail.send' AND state IN ('due', 'sent')")

    await here.until(over, why="everything is sent")


async def _read_to_the_end(here: Centre, counts: dict[str, int]) -> None:
    """Each mailbox is read up to its last mail."""

    async def read() -> bool:
        rows = await here.fetch(
            "SELECT b.address, c.uid_last FROM mailbox b JOIN mailbox_cursor c ON c.mailbox_id = b.id"
        )
        last = {address: here.office.uid_last(address) for address in counts}
        return {row["address"]: row["uid_last"] for row in rows} == last

    await here.until(read, why="all is read")


@contextlib.asynccontextmanager
async def _full(office: PostOffice, ended: asyncio.Event) -> AsyncIterator[None]:
    """Stands where mails for full.test go, and takes none, once the contact has ended."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 full.test\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"RCPT"):
                await ended.wait()
                writer.write(b"550 5.1.1 no such user\r\n")
            elif line.upper().startswith(b"QUIT"):
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", office.ports["full"])
    async with server:
        yield
