"""Is nothing personal left of an erased customer, anywhere, and is yesterday's report the same?"""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from app.store import blobs, erasure, turn
from app.store.columns import metadata
from app.store.database import Database
from app.store.files import FileBlobs
from contacts.records import Draft
from tests.store.centre import START_US, Centre, Life, event, new_id, reply

VISITOR = "5ec2e700-0000-4000-8000-000000000001"  # of the site that they came from
SECRET = "Zaphod"  # stands in every place where a person may stand


@pytest.fixture
def files(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path)


async def personal_customer(owner: asyncpg.Connection, company_id: str) -> str:
    customer_id, other_id = new_id(), new_id()
    for each, name in ((customer_id, SECRET), (other_id, "Ford")):
        await owner.execute(
            "INSERT INTO customer (id, company_id, name, value, value_terms) VALUES ($1, $2, $3, 80, $4)",
            each,
            company_id,
            name,
            json.dumps({"why": name}),
        )
        await owner.execute(
            "INSERT INTO customer_address VALUES ($1, $2, 'email', $3, 'matched', 'api', now())",
            company_id,
            each,
            f"{name}@example.com",
        )
        await owner.execute(
            "INSERT INTO customer_fact (company_id, customer_id, key, value, source) "
            "VALUES ($1, $2, 'nick', $3, 'api')",
            company_id,
            each,
            json.dumps(name),
        )
    await owner.execute("INSERT INTO customer_relation VALUES ($1, $2, $3, 'owner')", company_id, customer_id, other_id)
    return customer_id


async def served(session, centre: Centre, owner: asyncpg.Connection, customer_id: str) -> Life:
    """A whole call of this customer, with their name wherever one can stand."""
    life = Life(centre, centre.agent_ids[0])
    life.contact = replace(
        life.contact, customer_id=customer_id, collected={"name": SECRET}, source_id=f"{SECRET}-1", source="api:1"
    )
    life.legs = [replace(leg, provider_ref=f"{SECRET}-{leg.role}") for leg in life.legs]
    life.effect = replace(life.effect, args={"leg": f"{SECRET}-customer"})
    drafts = life.steps()
    drafts[0].replies = [reply("report_legs", contacts={f"{SECRET}-customer": life.contact.id})]
    drafts[0].events = [replace(each, cause=drafts[0].replies[0].command_id) for each in drafts[0].events]
    seq = await owner.fetchval("SELECT coalesce(max(seq), 0) + 1 FROM event")
    for draft in drafts:
        await turn.commit(session, draft, seq)
        seq += len(draft.events)
    await owner.execute(
        "INSERT INTO segment_result (segment_id, note, answers) VALUES ($1, $2, $3)",
        life.segment.id,
        f"{SECRET} was rude",
        json.dumps({"who": SECRET}),
    )
    await owner.execute(
        "INSERT INTO contact_message (contact_id, n, sender, sender_ref, body) VALUES ($1, 1, 'customer', $2, $2)",
        life.contact.id,
        SECRET,
    )
    await owner.execute(
        "INSERT INTO note (id, company_id, contact_id, client_id, text) VALUES ($1, $2, $3, 'n', $4)",
        new_id(), life.contact.company_id, life.contact.id, f"{SECRET} again",
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO spam_sender (id, company_id, address, contact_id) VALUES ($1, $2, $3, $4)",
        new_id(), life.contact.company_id, f"{SECRET}@example.com", life.contact.id,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO mail_draft (contact_id, agent_id, company_id, text) VALUES ($1, $2, $3, $4)",
        life.contact.id, centre.agent_ids[0], life.contact.company_id, f"Dear {SECRET}",
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO chat (contact_id, company_id, visitor_id, n) VALUES ($1, $2, $3, 1)",
        life.contact.id, life.contact.company_id, VISITOR,
    )  # fmt: skip
    return life


async def erase(db: Database, owner, session, files: FileBlobs, customer_id: str) -> int:
    """What the API, the turn and the worker do together."""
    await owner.execute("UPDATE customer SET erased_at = now() WHERE id = $1", customer_id)

    async def ask_writer(company_id: str, customer_id: str) -> None:
        seq = await owner.fetchval("SELECT coalesce(max(seq), 0) + 1 FROM event")
        told = event("customer.erased", company_id=company_id, data={"customer_id": customer_id})
        await turn.commit(session, Draft([told]), seq)

    return await erasure.carry_out(db.engine, files, ask_writer)


async def where_is(owner: asyncpg.Connection, secret: str) -> list[str]:
    """Tables of which a row says it: the whole database, as a dump would show it."""
    return [
        name
        for name in metadata.tables
        if await owner.fetchval(f'SELECT EXISTS (SELECT 1 FROM "{name}" t WHERE t::text ILIKE $1)', f"%{secret}%")
    ]


async def figures(owner: asyncpg.Connection) -> list[asyncpg.Record]:
    return await owner.fetch(
        'SELECT s.queue_id, s.queued_at, s.ended_at, s."end", g.connected_at, g.ended_at, g.state, c.outcome '
        "FROM stay s JOIN segment g ON g.stay_id = s.id JOIN contact c ON c.id = s.contact_id ORDER BY s.id"
    )


async def test_after_an_erasure_no_table_and_no_file_holds_a_personal_word(db, session, centre, owner, files, tmp_path):
    customer_id = await personal_customer(owner, centre.company_ids[0])
    life = await served(session, centre, owner, customer_id)
    recording = blobs.NewBlob(
        new_id(), life.contact.company_id, "recording", "audio/wav", "calls", life.contact.id, f"{SECRET}.wav"
    )
    await blobs.store(db.engine, files, recording, f"{SECRET} speaks".encode())
    await owner.execute(
        "INSERT INTO fax (blob_id, contact_id, direction, pages, complete, station) VALUES ($1, $2, 'in', 1, true, $3)",
        recording.id,
        life.contact.id,
        SECRET,
    )
    before = await figures(owner)
    assert set(await where_is(owner, SECRET)) == {
        "customer", "customer_address", "customer_fact", "contact", "leg", "effect", "command", "segment_result",
        "contact_message", "blob", "fax", "note", "mail_draft", "spam_sender",
    }  # fmt: skip

    assert await where_is(owner, VISITOR) == ["chat"]

    assert await erase(db, owner, session, files, customer_id) == 1

    assert await where_is(owner, SECRET) == await where_is(owner, VISITOR) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert await figures(owner) == before
    assert await where_is(owner, "Ford") == ["customer", "customer_address", "customer_fact"]


@pytest.mark.parametrize("identified", [True, False])
async def test_mails_with_an_erased_customer_go_with_their_files_and_nobody_elses(
    db, session, centre, owner, files, tmp_path, identified: bool
):
    """Those of their contacts, and those from an address of theirs that nobody was identified by."""
    company_id = centre.company_ids[0]
    customer_id = await personal_customer(owner, company_id)
    mailbox_id = new_id()
    await owner.execute(
        "INSERT INTO mailbox (id, company_id, address, imap_host, imap_port, imap_tls, smtp_host, smtp_port, smtp_tls, "
        "username, sealed, queue_id, reopen_days) "
        "VALUES ($1, $2, 's@e.test', 'h', 1, 'tls', 'h', 1, 'tls', 'u', '', $3, 14)",
        mailbox_id, company_id, centre.queue_ids[0],
    )  # fmt: skip

    async def keep(thread_id: str, contact_id: str | None, sender: str, word: str, direction: str = "in") -> None:
        mail_id = thread_id if direction == "in" else new_id()
        raw, attached = (blobs.NewBlob(new_id(), company_id, "mail", "a/b", "mail", None, word) for _ in range(2))
        for new in (raw, attached):
            await blobs.store(db.engine, files, new, word.encode())
        await owner.execute(
            "INSERT INTO mail (id, company_id, mailbox_id, thread_id, contact_id, direction, kind, state, message_id, "
            "from_address, from_name, recipients, subject, reply, body, html, said, raw_blob_id) "
            "VALUES ($1, $2, $3, $4, $5, $6, 'message', 'delivered', $8, $7, $8, $9, $8, $8, $8, $8, $8, $10)",
            mail_id, company_id, mailbox_id, thread_id, contact_id, direction, sender, word,
            json.dumps({"to": [f"{word}@x.test"]}), raw.id,
        )  # fmt: skip
        await owner.execute("INSERT INTO mail_attachment VALUES ($1, $2, 1, $3)", mail_id, company_id, attached.id)

    contact_id = None
    if identified:
        contact_id = (await served(session, centre, owner, customer_id)).contact.id
        await owner.execute("UPDATE customer_address SET address = 'other@x.test' WHERE customer_id = $1", customer_id)
    thread = new_id()
    await keep(thread, contact_id, f"{SECRET}@example.com", SECRET)
    await keep(thread, contact_id, "s@e.test", SECRET, "out")
    await keep(new_id(), None, "Ford@example.com", "Ford")

    assert await erase(db, owner, session, files, customer_id) == 1

    assert await where_is(owner, SECRET) == []
    assert "mail" in await where_is(owner, "Ford")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2


async def test_a_chat_in_which_they_only_gave_their_address_is_blanked_with_them(db, session, centre, owner, files):
    """Nobody was identified by it, for anybody may give it."""
    customer_id = await personal_customer(owner, centre.company_ids[0])
    life = await served(session, centre, owner, customer_id)
    said = json.dumps({"from": VISITOR, "email": f"{SECRET}@example.com", "name": SECRET})
    await owner.execute("UPDATE contact SET customer_id = NULL, collected = $2 WHERE id = $1", life.contact.id, said)

    await erase(db, owner, session, files, customer_id)

    assert await where_is(owner, VISITOR) == []
    bodies = await owner.fetch("SELECT body, sender_ref FROM contact_message")
    assert [tuple(row) for row in bodies] == [("", None)]


async def test_a_contact_still_open_is_blanked_when_it_has_closed(db, session, centre, owner, files):
    """Erasure does not cut a call off, and does not forget it either."""
    customer_id = await personal_customer(owner, centre.company_ids[0])
    life = Life(centre, centre.agent_ids[0])
    life.contact = replace(life.contact, customer_id=customer_id, source_id=f"{SECRET}-1")
    await turn.commit(session, life.arrives(), 1)

    assert await erase(db, owner, session, files, customer_id) == 0
    assert "contact" in await where_is(owner, SECRET)

    closed = replace(life.contact, state="closed", closed_us=START_US, outcome="abandoned")
    gone = replace(life.legs[0], state="cleared", ended_us=START_US)
    draft = Draft([event("contact.closed")], contacts={closed.id: closed}, legs={gone.id: gone})
    await turn.commit(session, draft, await owner.fetchval("SELECT max(seq) + 1 FROM event"))

    assert await erase(db, owner, session, files, customer_id) == 1
    assert await where_is(owner, SECRET) == []


async def test_what_a_flow_found_of_a_customer_goes_with_them_from_other_peoples_contacts(
    db, session, centre, owner, files
):
    """Who called is not who was looked up; a message that was left in the call holds it as well."""
    customer_id = await personal_customer(owner, centre.company_ids[0])
    found, left, other = (Life(centre, centre.agent_ids[0]) for _ in range(3))
    for life, told in ((found, SECRET), (left, SECRET), (other, "Trillian")):
        closed = {"state": "closed", "closed_us": START_US, "outcome": "abandoned", "collected": {"who.name": told}}
        life.contact = replace(life.contact, **closed, ivr={"values": {"who.name": told}})
        said = replace(life.effect, args={"prompts": told}, state="done", leg_id=None)
        seq = await owner.fetchval("SELECT coalesce(max(seq), 0) + 1 FROM event")
        draft = Draft(
            [event("contact.arrived")], contacts={life.contact.id: life.contact}, effects={said.id: said},
            new_ids={life.contact.id, said.id},
        )  # fmt: skip
        await turn.commit(session, draft, seq)
    await owner.execute("INSERT INTO contact_link VALUES ($1, $2, 'follow_up_of')", left.contact.id, found.contact.id)
    await owner.execute(
        "INSERT INTO customer_found VALUES ($1, $2, $3)", centre.company_ids[0], customer_id, found.contact.id
    )

    assert await erase(db, owner, session, files, customer_id) == 1

    assert await where_is(owner, SECRET) == []
    assert await where_is(owner, "Trillian") == ["contact", "effect"]
    sources = await owner.fetch("SELECT source_id FROM contact")
    assert not any(row["source_id"].startswith("erased:") for row in sources), "who called is still known by their call"


async def test_an_erased_customer_is_looked_at_no_more(db, session, centre, owner, files):
    customer_id = await personal_customer(owner, centre.company_ids[0])
    await erase(db, owner, session, files, customer_id)

    async with db.engine.connect() as conn:
        assert await erasure.unfinished(conn) == []


async def test_the_turns_part_is_behind_the_fence(session, centre, owner):
    customer_id = await personal_customer(owner, centre.company_ids[0])
    await served(session, centre, owner, customer_id)
    await owner.execute("UPDATE writer SET epoch = epoch + 1")
    told = event("customer.erased", company_id=centre.company_ids[0], data={"customer_id": customer_id})

    with pytest.raises(turn.FenceLost):
        await turn.commit(session, Draft([told]), 100)

    assert "contact" in await where_is(owner, SECRET)


async def test_the_same_customer_id_in_another_company_is_out_of_reach(session, centre, owner):
    customer_id = await personal_customer(owner, centre.company_ids[0])
    await served(session, centre, owner, customer_id)
    told = event("customer.erased", company_id=centre.company_ids[1], data={"customer_id": customer_id})

    await turn.commit(session, Draft([told]), 100)

    assert "contact" in await where_is(owner, SECRET)


async def test_a_file_under_legal_hold_outlives_erasure(db, session, centre, owner, files, tmp_path):
    customer_id = await personal_customer(owner, centre.company_ids[0])
    life = await served(session, centre, owner, customer_id)
    kept = blobs.NewBlob(new_id(), life.contact.company_id, "recording", "audio/wav", "calls", life.contact.id)
    await blobs.store(db.engine, files, kept, b"evidence")
    async with db.engine.begin() as conn:
        assert await blobs.hold(conn, kept.id, [life.contact.company_id], True)

    await erase(db, owner, session, files, customer_id)

    assert await asyncio.to_thread((tmp_path / kept.location).read_bytes) == b"evidence"


async def test_what_names_an_erased_customer_leaves_the_list_of_questions_without_an_answer(
    db, session, centre, owner, files
):
    """Of other companies', and of other people, it stays."""
    customer_id = await personal_customer(owner, centre.company_ids[0])
    name = await owner.fetchval("SELECT name FROM customer WHERE id = $1", customer_id)
    first = max(name.lower().split(), key=len)
    asked = [(0, f"i am {name.lower()}, where is my key"), (0, f"call {first} back"), (0, "how do i knit"), (1, first)]
    for company, text in asked:
        await owner.execute(
            "INSERT INTO faq_unanswered (id, company_id, language, text) VALUES ($1, $2, 'en', $3)",
            new_id(), centre.company_ids[company], text,
        )  # fmt: skip

    await erase(db, owner, session, files, customer_id)

    left = await owner.fetch("SELECT text FROM faq_unanswered ORDER BY text")
    assert [row["text"] for row in left] == sorted(["how do i knit", first])


async def test_a_short_name_goes_from_that_list_where_it_stands_whole(db, session, centre, owner, files):
    customer_id = await personal_customer(owner, centre.company_ids[0])
    await owner.execute("UPDATE customer SET name = 'Li Na' WHERE id = $1", customer_id)
    for text in ("li na has a question", "na, and li"):
        await owner.execute(
            "INSERT INTO faq_unanswered (id, company_id, language, text) VALUES ($1, $2, 'en', $3)",
            new_id(), centre.company_ids[0], text,
        )  # fmt: skip

    await erase(db, owner, session, files, customer_id)

    assert await owner.fetchval("SELECT array_agg(text) FROM faq_unanswered") == ["na, and li"]


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


async def erase_unidentified(db, owner, session, files, company_id: str, customer_id: str) -> None:
    """One sweep after another, as long as something is left."""
    await owner.execute("UPDATE customer SET erased_at = now() WHERE id = $1", customer_id)

    async def ask_writer(company_id: str, customer_id: str) -> None:
        await erasure.blank_written(owner, company_id, customer_id)

    await erasure.carry_out(db.engine, files, ask_writer)
