"""Is nothing personal left of an erased customer, anywhere, and is yesterday's report the same?"""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from app.store import blobs, erasure, turn
from app.store.files import FileBlobs
from contacts.records import Draft
from tests.store.centre import START_US, Life, event, new_id
from tests.store.erased import SECRET, VISITOR, erase, personal_customer, served, where_is


@pytest.fixture
def files(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path)


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
