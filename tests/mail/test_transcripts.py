"""Does a visitor who asks for it get what was said in their chat by mail: once, and only where somebody answered?"""

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from tests.desk.visitor import SITE, Site, VisitorPage
from tests.mail.centre import Centre, centre
from tests.mail.post_office import ALICE, SUPPORT, PostOffice, letter

Database = Callable[[], str]


async def site_of(here: Centre, stack: contextlib.AsyncExitStack, **about: Any) -> Site:
    of = {"company_id": here.company_id, "queue_id": here.queue_id, "name": "Acme chat", "origins": [SITE]}
    of |= {"mailbox_id": here.boxes[SUPPORT]["id"]}
    widget = await here.rest.post("/v1/widgets", of | about)
    return Site(here.server.url, widget["key"], stack=stack)


async def talked(here: Centre, site: Site, *answers: str) -> tuple[str, VisitorPage]:
    """A chat in which the visitor said hello, the agent answered so, and which the visitor has left."""
    here.desks["anna"].choose("ready")
    contact_id = (await site.start())["contact_id"]
    page = await site.open()
    assert await here.served() == contact_id
    await page.until("state", state="talking")
    await page.write("Where is my <b>order</b>?")
    for answer in answers:
        body = {"id": str(uuid.uuid4()), "body": answer}
        said = await here.browsers["anna"].post(f"/v1/contacts/{contact_id}/messages", json=body)
        assert said.status_code == 201, said.text
    early = await site.post("transcript", email=ALICE)
    assert (early.status_code, early.json()["text_key"]) == (409, "chat.not_over")
    await page.say({"t": "leave"})
    await page.until("state", state="closed")
    return contact_id, page


async def test_what_was_said_comes_by_mail_once_and_an_answer_to_it_is_a_contact(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here, contextlib.AsyncExitStack() as stack:
        site = await site_of(here, stack)
        contact_id, _ = await talked(here, site, "On its way.")
        answers = [await site.post("transcript", email=email) for email in (ALICE, ALICE, "bob@customer.test")]
        (got,) = office.until_there(1, ALICE)
        reply = letter("Re: it", "Thanks")
        reply["In-Reply-To"] = got["Message-ID"]
        office.send(reply)
        await here.until_delivered(1)
        rows = await here.mails("direction = 'out'")
        contacts = await here.contacts()
        events = await here.fetch("SELECT data FROM event WHERE data::text ILIKE '%customer.test%'")

    assert [each.status_code for each in answers] == [200, 200, 409]
    assert [each.json().get("already") for each in answers[:2]] == [False, True]
    text = got.get_payload(decode=True).decode()
    assert "You: Where is my <b>order</b>?" in text
    assert "Anna: On its way." in text
    assert got.get_content_type() == "text/plain"
    assert (got["From"], got["Subject"]) == (f"Acme <{SUPPORT}>", "Your conversation with Acme chat")
    assert [(str(row["contact_id"]), row["state"]) for row in rows] == [(contact_id, "sent")]
    assert [contact["channel"] for contact in contacts] == ["chat", "email"]
    assert office.inbox("bob@customer.test") == []
    assert events == [], "no event says to whom"


async def test_nothing_is_sent_where_nobody_answered_or_the_company_sends_none(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """Else it would be a way to have us write to anybody."""
    async with centre(office, new_database(), tmp_path, agents=1) as here, contextlib.AsyncExitStack() as stack:
        unanswered = await site_of(here, stack)
        await talked(here, unanswered)
        segment = await here.until_state("wrap_up")
        here.desks["anna"].do("finish", segment["id"])
        without = await site_of(here, stack, mailbox_id=None)
        await talked(here, without, "On its way.")
        answers = [await site.post("transcript", email=ALICE) for site in (unanswered, without)]
        ours = await without.post("transcript", email=SUPPORT)
        stranger = Site(here.server.url, without.key, stack=stack)
        nobody = await stranger.post("transcript", email=ALICE)
        mails = await here.mails()

    assert [each.json()["text_key"] for each in answers] == ["chat.nothing_said", "chat.no_transcripts"]
    assert ours.json()["errors"][0]["text_key"] == "mail.to_ourselves"
    assert nobody.status_code == 404
    assert mails == []


async def test_a_transcript_over_which_we_died_is_sent_once_when_it_is_asked_for_again(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """It is kept, and nobody has been asked to send it."""
    async with centre(office, new_database(), tmp_path, agents=1) as here, contextlib.AsyncExitStack() as stack:
        site = await site_of(here, stack)
        await talked(here, site, "On its way.")
        turns = await asyncpg.connect(here.server.database_url)
        async with turns.transaction():
            await turns.execute("LOCK TABLE command IN ACCESS EXCLUSIVE MODE")
            asking = asyncio.create_task(site.post("transcript", email=ALICE))
            await here.until(lambda: here.mails("direction = 'out'"), why="it is kept")
            here.server.kill()
            await turns.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        await turns.close()
        await asyncio.gather(asking, return_exceptions=True)
        asked = await here.fetch("SELECT id FROM effect WHERE kind = 'mail.send'")
        here.server.start()
        await here.server.until_ready()
        answers = [await site.post("transcript", email=email) for email in (ALICE, "bob@customer.test", ALICE)]
        office.until_there(1, ALICE)
        rows = await here.mails("direction = 'out'")

    assert asked == []
    assert [each.status_code for each in answers] == [200, 409, 200]
    assert [answers[n].json()["already"] for n in (0, 2)] == [False, True]
    assert len(rows) == 1
