"""Is nothing left of what an erased customer wrote, mails, chats and faxes, and all of what others wrote?"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from app.store import blobs, turn
from app.store.database import Database
from app.store.files import FileBlobs
from tests.store.centre import Centre, Life, new_id
from tests.store.erased import SECRET, erase, erase_unidentified, personal_customer, served, where_is


@pytest.fixture
def files(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path)


Keep = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def keep(db: Database, centre: Centre, owner: asyncpg.Connection, files: FileBlobs) -> Keep:
    """Keeps a mail in which the word stands everywhere, with its original and an attachment: its id."""
    company_id, mailbox_id = centre.company_ids[0], new_id()
    await owner.execute(
        "INSERT INTO mailbox (id, company_id, address, imap_host, imap_port, imap_tls, smtp_host, smtp_port, smtp_tls, "
        "username, sealed, queue_id, reopen_days) "
        "VALUES ($1, $2, 's@e.test', 'h', 1, 'tls', 'h', 1, 'tls', 'u', '', $3, 14)",
        mailbox_id, company_id, centre.queue_ids[0],
    )  # fmt: skip

    async def keep(
        contact_id: str | None, sender: str, word: str, thread_id: str | None = None, direction: str = "in",
        **recipients: list[str],
    ) -> str:  # fmt: skip
        mail_id = new_id()
        raw, attached = (blobs.NewBlob(new_id(), company_id, "mail", "a/b", "mail", None, word) for _ in range(2))
        for new in (raw, attached):
            await blobs.store(db.engine, files, new, word.encode())
        await owner.execute(
            "INSERT INTO mail (id, company_id, mailbox_id, thread_id, contact_id, direction, kind, state, message_id, "
            "from_address, from_name, recipients, subject, reply, body, html, said, raw_blob_id) "
            "VALUES ($1, $2, $3, $4, $5, $6, 'message', 'delivered', $8, $7, $8, $9, $8, $8, $8, $8, $8, $10)",
            mail_id, company_id, mailbox_id, thread_id or mail_id, contact_id, direction, sender, word,
            json.dumps(recipients or {"to": [f"{word}@x.test"]}), raw.id,
        )  # fmt: skip
        await owner.execute("INSERT INTO mail_attachment VALUES ($1, $2, 1, $3)", mail_id, company_id, attached.id)
        return mail_id

    return keep


@pytest.mark.parametrize("identified", [True, False])
async def test_mails_with_an_erased_customer_go_with_their_files_and_nobody_elses(
    db, session, centre, owner, files, tmp_path, keep: Keep, identified: bool
):
    """Those of their contacts, and those from an address of theirs that nobody was identified by."""
    customer_id = await personal_customer(owner, centre.company_ids[0])
    other = Life(centre, centre.agent_ids[0])
    other_id = await owner.fetchval("SELECT id::text FROM customer WHERE id <> $1", customer_id)
    other.contact = replace(other.contact, customer_id=other_id)
    await turn.commit(session, other.arrives(), 1)
    contact_id = None
    if identified:
        contact_id = (await served(session, centre, owner, customer_id)).contact.id
        await owner.execute("UPDATE customer_address SET address = 'other@x.test' WHERE customer_id = $1", customer_id)
    thread = await keep(contact_id, f"{SECRET}@example.com", SECRET)
    await keep(contact_id, "s@e.test", SECRET, thread, "out")
    await keep(None, "Ford@example.com", "Ford")

    assert await erase(db, owner, session, files, customer_id) == 1

    assert await where_is(owner, SECRET) == []
    assert "mail" in await where_is(owner, "Ford")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2


async def test_what_others_wrote_stays_in_a_thread_in_which_an_erased_customer_wrote(
    db, session, centre, owner, files, tmp_path, keep: Keep
):
    """Of the erased one only their own mails go from it, and their address from whom the others were sent to."""
    customer_id = await personal_customer(owner, centre.company_ids[0])
    other_id = await owner.fetchval("SELECT id::text FROM customer WHERE id <> $1", customer_id)
    contact_id = (await served(session, centre, owner, other_id)).contact.id
    await owner.execute("UPDATE contact SET collected = '{}', source_id = id::text")
    address, ford = f"{SECRET}@example.com", "Ford@example.com"
    thread = await keep(contact_id, ford, "Ford", to=["s@e.test"], cc=[address])
    await keep(contact_id, "s@e.test", "Trillian", thread, "out", to=[ford, address], bcc=[address])
    theirs = await keep(contact_id, address, "Marvin", thread)
    await owner.execute("UPDATE mail_draft SET text = 'Arthur', recipients = $1", json.dumps({"to": [address, ford]}))
    await owner.execute("UPDATE note SET text = 'Arthur'")

    assert await erase(db, owner, session, files, customer_id) == 1

    assert not {"mail", "mail_draft", "blob", "customer_address"} & set(await where_is(owner, SECRET))
    assert await where_is(owner, "Marvin") == []
    assert await where_is(owner, "Arthur") == ["note", "mail_draft"]
    assert {"mail", "blob"} <= set(await where_is(owner, "Trillian"))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 4, "those of the two that are not theirs"
    recipients = await owner.fetch("SELECT recipients FROM mail WHERE id <> $1 ORDER BY id", theirs)
    assert [json.loads(row["recipients"]) for row in recipients] == [
        {"to": ["s@e.test"], "cc": []}, {"to": [ford], "bcc": []},
    ]  # fmt: skip


async def test_mails_from_an_address_that_somebody_else_has_as_well_stay(db, session, centre, owner, files, keep: Keep):
    """Nobody knows which of the two wrote them."""
    customer_id = await personal_customer(owner, centre.company_ids[0])
    await owner.execute("UPDATE customer_address SET address = 'family@example.com'")
    await keep(None, "family@example.com", "Arthur", to=["family@example.com"])

    assert await erase(db, owner, session, files, customer_id) == 1

    assert await where_is(owner, "Arthur") == ["blob", "mail"]
    assert "mail" in await where_is(owner, "family@example.com")


async def test_a_fax_from_a_number_of_theirs_goes_with_its_pages_though_nobody_was_identified(
    db, session, centre, owner, files, tmp_path
):
    """And whatever else there is of such a contact; what is held stays, and a stranger's fax."""
    customer_id = await personal_customer(owner, centre.company_ids[0])
    life = await served(session, centre, owner, None)
    await owner.execute("UPDATE leg SET provider_ref = provider_ref || id")
    await owner.execute("UPDATE contact SET source_id = source_id || id")
    await owner.execute("DELETE FROM spam_sender")
    stranger = await served(session, centre, owner, None)
    await owner.execute("DELETE FROM mail_draft")
    address = f"{SECRET}@example.com"
    for each, sender in ((life, address), (stranger, "Marvin")):
        await owner.execute(
            "UPDATE contact SET collected = $2 WHERE id = $1", each.contact.id, f'{{"from": "{sender}"}}'
        )
        pages, recorded, held = (
            blobs.NewBlob(new_id(), each.contact.company_id, kind, "a/b", "fax", each.contact.id, f"{SECRET}.tiff")
            for kind in ("fax", "recording", "recording")
        )
        for new in (pages, recorded, held):
            await blobs.store(db.engine, files, new, sender.encode())
        await owner.execute(
            "INSERT INTO fax (blob_id, contact_id, direction, pages, complete, station) "
            "VALUES ($1, $2, 'in', 1, true, $3)",
            pages.id, each.contact.id, SECRET,
        )  # fmt: skip
        await owner.execute("UPDATE blob SET legal_hold = true, filename = NULL WHERE id = $1", held.id)

    assert await erase(db, owner, session, files, customer_id) == 1

    assert await of_contact(owner, life, SECRET) == []
    assert await of_contact(owner, stranger, SECRET) == [
        "blob", "command", "contact", "contact_message", "effect", "fax", "leg", "note", "segment_result",
    ]  # fmt: skip
    kept = [await asyncio.to_thread(path.read_bytes) for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(kept) == [b"Marvin"] * 3 + [address.encode()]


async def of_contact(owner: asyncpg.Connection, life: Life, word: str) -> list[str]:
    """Tables with a row of this contact in which the word stands."""
    told = {
        "contact": "id", "leg": "contact_id", "effect": "contact_id", "fax": "contact_id", "blob": "contact_id",
        "note": "contact_id", "contact_message": "contact_id",
    }  # fmt: skip
    rows = {name: f"SELECT * FROM {name} WHERE {of} = $1" for name, of in told.items()}
    rows["segment_result"] = (
        "SELECT r.* FROM segment_result r JOIN segment s ON s.id = segment_id WHERE contact_id = $1"
    )
    rows["command"] = "SELECT * FROM command WHERE id IN (SELECT cause FROM event WHERE contact_id = $1)"
    wanted = {name: f"SELECT EXISTS (SELECT 1 FROM ({row}) t WHERE t::text ILIKE $2)" for name, row in rows.items()}
    return sorted([name for name, row in wanted.items() if await owner.fetchval(row, life.contact.id, f"%{word}%")])


async def test_a_chat_whose_text_was_sent_to_them_goes_with_its_mail_and_files_though_nobody_was_identified(
    db, session, centre, owner, files
):
    """Only by the address of the mail is it known that the visitor was they."""
    company_id = centre.company_ids[0]
    customer_id = await personal_customer(owner, company_id)
    life = await served(session, centre, owner, None)
    mail_id, box_id, widget_id = new_id(), new_id(), new_id()
    await owner.execute(
        """
        INSERT INTO mailbox (id, company_id, address, imap_host, imap_port, imap_tls, smtp_host, smtp_port, smtp_tls,
                             username, sealed, queue_id, reopen_days)
        VALUES ($1, $2, 'us@example.com', 'h', 1, 'tls', 'h', 1, 'tls', 'u', 's', $3, 1)
        """,
        box_id, company_id, life.stay.queue_id,
    )  # fmt: skip
    await owner.execute(
        """
        INSERT INTO widget (id, company_id, key, name, queue_id, language, origins, questions, idle_warn_s,
                            idle_close_s)
        VALUES ($1, $2, 'k', 'W', $3, 'en', '{}', '{}', 10, 20)
        """,
        widget_id, company_id, life.stay.queue_id,
    )  # fmt: skip
    await owner.execute(
        """
        INSERT INTO mail (id, company_id, mailbox_id, thread_id, contact_id, direction, kind, state, message_id,
                          from_address, recipients, body)
        VALUES ($1, $2, $3, $1, $4, 'out', 'message', 'sent', 'm', 'us@example.com', $5, $6)
        """,
        mail_id, company_id, box_id, life.contact.id, json.dumps({"to": [f"{SECRET}@example.com"]}), f"{SECRET} said",
    )  # fmt: skip
    await owner.execute(
        "UPDATE chat SET widget_id = $2, transcript_mail_id = $3, transcript_to = $4 WHERE contact_id = $1",
        life.contact.id, widget_id, mail_id, f"{SECRET}@example.com",
    )  # fmt: skip
    picture = blobs.NewBlob(new_id(), company_id, "chat", "image/png", "chat", life.contact.id, f"{SECRET}.png")
    await blobs.store(db.engine, files, picture, SECRET.encode())
    assert {"mail", "chat", "contact_message", "blob"} <= set(await where_is(owner, SECRET))

    for _ in range(3):
        await erase_unidentified(db, owner, session, files, company_id, customer_id)

    left = set(await where_is(owner, SECRET))
    assert not left & {"mail", "chat", "contact_message", "blob", "customer_address"}
    assert await owner.fetchval("SELECT state FROM blob WHERE id = $1", picture.id) == "erased"
