"""Does what an agent writes survive, and do its files, its quote and its secret recipients go out as they should?"""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from tests.mail.centre import Centre, centre, failing, run
from tests.mail.post_office import ALICE, PostOffice, letter

Database = Callable[[], str]
BOB, CAROL = "bob@customer.test", "carol@customer.test"
PDF = b"%PDF-1.4 " + bytes(range(256))


def path_of(contact_id: str, more: str = "") -> str:
    return f"/v1/contacts/{contact_id}/draft{more}"


async def attach(browser: httpx2.AsyncClient, contact_id: str, name: str, content: bytes, **more: Any) -> Any:
    body = {"filename": name, "content": base64.b64encode(content).decode()} | more
    return await browser.post(path_of(contact_id, "/files"), json=body)


def files_in(message: Any) -> list[tuple[str, str, bytes]]:
    return [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in message.walk()
        if part.get_content_disposition() == "attachment"
    ]


def text_of(message: Any) -> str:
    part = next(each for each in message.walk() if each.get_content_type() == "text/plain")
    return str(part.get_payload(decode=True).decode()).replace("\r\n", "\n")


async def begun(here: Centre, office: PostOffice, message: Any = None) -> str:
    here.desks["anna"].choose("ready")
    office.send(message or letter("Where is it?", "My order 4711.\n> An old line", Message_ID="<first@customer.test>"))
    return await here.served()


async def test_a_draft_with_its_files_is_there_for_its_agent_alone_until_it_is_sent(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=2) as here:
        contact_id = await begun(here, office)
        anna, ben = here.browsers["anna"], here.browsers["ben"]
        wish = {"text": "Half a sen", "to": [ALICE], "cc": ["not yet an addr"], "subject": "Hm", "quotes": False}
        kept = await anna.put(path_of(contact_id), json=wish)
        await attach(anna, contact_id, "offer 报价.pdf", PDF, media_type="application/pdf")
        await attach(anna, contact_id, "gone.txt", b"x")
        fewer = await anna.delete(path_of(contact_id, "/files/2"))
        elsewhere = (await anna.get(path_of(contact_id))).json()
        others = await ben.get(path_of(contact_id))
        await here.answer(contact_id, text="Whole.", with_files=True, cc=[BOB], bcc=[CAROL])
        (alices,) = office.until_there(1, ALICE)
        (bobs,), (carols,) = office.until_there(1, BOB), office.until_there(1, CAROL)
        after = (await anna.get(path_of(contact_id))).json()
        (shown,) = [mail for mail in await here.shown(contact_id) if mail["direction"] == "out"]

    assert (kept.status_code, fewer.status_code, others.status_code) == (200, 200, 404)
    assert {name: elsewhere[name] for name in wish} == wish
    assert [file["filename"] for file in elsewhere["files"]] == ["offer 报价.pdf"]
    assert files_in(alices) == [("offer 报价.pdf", "application/pdf", PDF)]
    assert alices["Message-ID"] == bobs["Message-ID"] == carols["Message-ID"]
    assert "Bcc" not in alices
    assert CAROL not in alices.as_string() + bobs.as_string()
    assert (after["is_kept"], after["files"]) == (False, [])
    assert (shown["bcc"], [file["filename"] for file in shown["attachments"]]) == ([CAROL], ["offer 报价.pdf"])


async def test_what_is_answered_stands_below_behind_signs_and_counts_as_nobodys_new_text(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        contact_id = await begun(here, office)
        await here.answer(contact_id, text="On its way.", quotes=True)
        (got,) = office.until_there(1, ALICE)
        ours = (await here.shown(contact_id))[1]

    text = text_of(got)
    assert text.startswith("On its way.\n\n-- \nAcme Support\n\nOn 20")
    assert text.endswith(f"{ALICE} wrote:\n> My order 4711.\n>> An old line\n")
    assert ours["reply"] == "On its way."


async def test_a_mail_is_passed_on_with_what_is_attached_to_it(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    message = letter("Where is it?", "See the picture.")
    message.add_attachment(PDF, maintype="image", subtype="png", filename="broken.png")
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        contact_id = await begun(here, office, message)
        (theirs,) = await here.shown(contact_id)
        await attach(here.browsers["anna"], contact_id, "mine.eml", b"Subject: x", media_type="message/rfc822")
        unaddressed = await here.answer(contact_id, expect=422, forwards=theirs["id"])
        await here.answer(contact_id, text="Please look.", to=[BOB], forwards=theirs["id"], with_files=True)
        (got,) = office.until_there(1, BOB)

    assert unaddressed["errors"][0]["text_key"] == "mail.forward_to"
    assert got["Subject"] == "Fwd: Where is it?"
    assert f"From: {ALICE}\n" in text_of(got)
    assert text_of(got).endswith("See the picture.\n")
    assert files_in(got) == [
        ("broken.png", "image/png", PDF), ("mine.eml", "application/octet-stream", b"Subject: x"),
    ]  # fmt: skip


async def test_too_many_or_too_large_files_are_refused_by_their_bound_and_a_strange_mail_is_not_passed_on(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        contact_id = await begun(here, office)
        anna = here.browsers["anna"]
        large = await attach(anna, contact_id, "large", bytes(15 * 1_048_576 - 10))
        over = await attach(anna, contact_id, "over", bytes(11))
        fits = [await attach(anna, contact_id, f"{n}", b"1") for n in range(9)]
        eleventh = await attach(anna, contact_id, "eleventh", b"1")
        not_base64 = await anna.post(path_of(contact_id, "/files"), json={"filename": "a", "content": "?"})
        bad_name = await attach(anna, contact_id, "../a", b"1")
        nothing = await attach(anna, contact_id, "a", b"")
        strange = await here.answer(contact_id, expect=404, to=[BOB], forwards=contact_id)
        twenty = [f"a{n}@customer.test" for n in range(20)]
        people = await here.answer(contact_id, expect=422, bcc=twenty)

    assert [large.status_code, *(each.status_code for each in fits)] == [201] * 10
    keys = [each.json()["errors"][0]["text_key"] for each in (over, eleventh, not_base64, nothing)]
    assert keys == ["mail.files_too_large", "mail.too_many_files", "mail.file_unreadable", "mail.file_unreadable"]
    assert bad_name.status_code == 422
    assert strange["errors"][0]["pointer"] == "/forwards"
    assert people["errors"][0]["text_key"] == "mail.too_many_recipients"


async def test_the_files_of_a_mail_that_was_sent_stay_whatever_becomes_of_its_draft(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """We die when it is on its way and its draft is still there; it is sent again, and then thrown away elsewhere."""
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        contact_id = await begun(here, office)
        anna = here.browsers["anna"]
        await attach(anna, contact_id, "sent.pdf", PDF)
        await run(here, failing("DELETE", "mail_draft_file"))
        wish = {"key": "once", "text": "Whole.", "with_files": True}
        await here.answer(contact_id, expect=500, **wish)
        office.until_there(1, ALICE)
        (between,) = await files_of_drafts(here)
        await run(here, "DROP TRIGGER in_the_way ON mail_draft_file")
        removed = await anna.delete(path_of(contact_id, "/files/1"))
        (elsewhere,) = await files_of_drafts(here)
        await attach(anna, contact_id, "late.pdf", PDF)
        again = await here.answer(contact_id, **wish)
        after = (await anna.get(path_of(contact_id))).json()
        sent, late = await files_of_drafts(here)
        rows = await here.mails("direction = 'out'")

    assert removed.status_code == 200
    assert [row["delete_after"] for row in (between, elsewhere, sent)] == [None] * 3
    assert late["delete_after"] is not None, "it was never sent"
    assert [str(row["id"]) for row in rows] == [again["mail_id"]]
    assert (after["is_kept"], after["files"]) == (False, [])


async def test_the_files_of_a_mail_that_was_refused_go_one_day_like_those_of_a_draft(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        contact_id = await begun(here, office)
        await attach(here.browsers["anna"], contact_id, "kept.pdf", PDF)
        await here.end()
        refused = await here.answer(contact_id, expect=404, with_files=True)
        (kept,) = await files_of_drafts(here)

    assert refused["text_key"] == "contact.not_open"
    assert kept["delete_after"] is not None


async def files_of_drafts(here: Centre) -> list[Any]:
    return await here.fetch("SELECT delete_after FROM blob WHERE filename LIKE '%.pdf' ORDER BY id")
