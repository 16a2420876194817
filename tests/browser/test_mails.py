"""Does an agent read what a customer wrote, without anything of it running, and answer it with the keyboard alone?"""

import itertools
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.async_api import expect

from app.api.acts import new_id
from tests.browser.conftest import LOOKS

pytestmark = pytest.mark.browser

_boxes = itertools.count(1)
PAGE = '<p>Where is <b>my order</b>?</p><img alt="A picture"><script>parent.document.title = "taken"</script>'
BODY = "Where is my order?\n\nOn Monday Acme wrote:\n> It is on its way."


async def mail_arrives(centre: Any, **more: Any) -> str:
    """As a mailbox would have brought it; the server of the mailbox is nowhere."""
    address = f"support{next(_boxes)}@nordlicht.example"
    box = await centre.api.post(
        "/v1/mailboxes",
        {
            "company_id": centre.company_id, "queue_id": centre.queue_id, "address": address, "username": "u",
            "password": "p", "imap_host": "imap.invalid", "smtp_host": "smtp.invalid",
        },
    )  # fmt: skip
    contact = await centre.api.post(
        "/v1/contacts",
        {
            "company_id": centre.company_id, "queue_id": centre.queue_id, "channel": "email",
            "from": "alice@customer.example", "collected": {"subject": "My order"},
        },
        headers={"idempotency-key": new_id()},
    )  # fmt: skip
    mail_id = new_id()
    values = {
        "from_name": "Alice", "subject": "My order", "reply": "Where is my order?", "body": BODY, "html": PAGE,
        "flaws": ["undecodable"], "joins_as": "participant", "possibly_thread_id": new_id(),
    } | more  # fmt: skip
    conn = await asyncpg.connect(centre.server.database_url)
    try:
        await conn.execute(
            "INSERT INTO mail (id, company_id, mailbox_id, thread_id, contact_id, direction, kind, state, message_id, "
            "from_address, recipients, from_name, subject, reply, body, html, flaws, joins_as, possibly_thread_id) "
            "VALUES ($1, $2, $3, $1, $4, 'in', 'message', 'delivered', 'a@b', 'alice@customer.example', $5, "
            "$6, $7, $8, $9, $10, $11, $12, $13)",
            mail_id, centre.company_id, box["id"], contact["contact_id"], json.dumps({"to": [address]}),
            *values.values(),
        )  # fmt: skip
    finally:
        await conn.close()
    return str(contact["contact_id"])


async def test_a_mail_is_read_and_answered_with_the_keyboard_alone(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    contact_id = await mail_arrives(centre)
    await page.wait_for_selector("[data-test=accept]")
    await page.keyboard.press("Alt+a")
    await page.wait_for_selector("[data-test=mail]")

    await expect(page.locator("[data-test=mail] .text")).to_have_text("Where is my order?")
    await expect(page.locator("[data-test=mail]")).to_contain_text("Alice <alice@customer.example>")
    await expect(page.locator("[data-test=mail]")).to_contain_text("could not be decoded")
    await expect(page.locator("#mail-to input, input#mail-to")).to_have_value("alice@customer.example")
    await page.focus("#mail-text")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("[data-test=mail-composer]")).to_contain_text("Write something first.")
    await page.keyboard.type("It comes tomorrow.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("[data-test=mail-state]")).to_have_text("On its way")
    await expect(page.locator("#mail-text")).to_have_value("")
    (_, ours) = (await centre.api.get(f"/v1/contacts/{contact_id}/mails"))["items"]
    assert (ours["reply"], ours["to"], ours["subject"]) == (
        "It comes tomorrow.", ["alice@customer.example"], "Re: My order",
    )  # fmt: skip
    await page.keyboard.press("Alt+e")
    await page.wait_for_selector("[data-test=finish]")
    assert visitor.complaints == []


async def test_a_formatted_mail_is_shown_apart_and_runs_nothing(centre: Any, visit: Any) -> None:
    """What the server has taken out already the frame would keep from running, too."""
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    await mail_arrives(centre)
    await page.click("[data-test=accept]")
    await page.click("[data-test=as-html]")
    frame = page.frame_locator("[data-test=mail] iframe")

    await expect(frame.locator("p b")).to_have_text("my order")
    await expect(page).not_to_have_title("taken")
    assert await page.locator("[data-test=mail] iframe").get_attribute("sandbox") is not None


async def test_what_is_wrong_with_a_recipient_stands_at_its_field_and_the_text_stays(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    await mail_arrives(centre)
    await page.click("[data-test=accept]")
    await page.fill("#mail-cc", "nobody")
    await page.fill("#mail-text", "Kept.")
    await page.click("[data-test=send-mail]")

    await expect(page.locator("#mail-cc-note")).to_have_text("This is no e-mail address.")
    await expect(page.locator("#mail-text")).to_have_value("Kept.")


@pytest.mark.parametrize(("theme", "language"), LOOKS)
@pytest.mark.parametrize("width", [1280, 390])
async def test_mails_are_readable_for_everybody(centre: Any, visit: Any, theme: str, language: str, width: int) -> None:
    visitor = await visit(width=width, theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    await mail_arrives(centre, joins_as="unverified")
    await page.click("[data-test=accept]")
    await page.wait_for_selector("[data-test=mail]")

    assert await visitor.broken_rules() == []
    assert not await visitor.is_wider_than_the_screen()
    await visitor.take_picture(f"desk-mail-{width}-{theme}-{language}")


async def test_a_draft_outlives_a_reload_and_goes_out_with_its_file_and_its_quote(
    centre: Any, visit: Any, tmp_path: Path
) -> None:
    (tmp_path / "offer.txt").write_text("An offer")
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    contact_id = await mail_arrives(centre)
    await page.click("[data-test=accept]")
    await page.fill("#mail-text", "It comes")
    await page.fill("#mail-bcc", "boss@customer.example")
    await page.set_input_files("[data-test=mail-file]", tmp_path / "offer.txt")
    await expect(page.locator("[data-test=mail-files]")).to_contain_text("offer.txt")
    await expect(page.locator("[data-test=draft-kept]")).to_have_text("Draft kept.")
    await page.reload()
    await expect(page.locator("#mail-text")).to_have_value("It comes")
    await expect(page.locator("#mail-bcc")).to_have_value("boss@customer.example")
    await expect(page.locator("[data-test=mail-files]")).to_contain_text("offer.txt")
    await page.focus("#mail-text")
    await page.keyboard.press("End")
    await page.keyboard.type(" tomorrow.")
    await page.click("summary")
    await expect(page.locator("blockquote")).to_contain_text("Where is my order?")
    await visitor.take_picture("desk-mail-draft")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("[data-test=mail-state]")).to_have_text("On its way")
    await expect(page.locator("[data-test=mail-files] li")).to_have_count(0)
    (_, ours) = (await centre.api.get(f"/v1/contacts/{contact_id}/mails"))["items"]

    assert ours["reply"] == "It comes tomorrow."
    assert "> Where is my order?" in ours["text"]
    assert ours["bcc"] == ["boss@customer.example"]
    assert [each["filename"] for each in ours["attachments"]] == ["offer.txt"]
    assert visitor.complaints == []


async def test_a_mail_is_passed_on_to_whom_the_agent_says(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    contact_id = await mail_arrives(centre)
    await page.click("[data-test=accept]")
    await page.click("[data-test=forward]")
    await expect(page.locator("#mail-to")).to_be_focused()
    await expect(page.locator("[data-test=passed-on]")).to_contain_text("My order")
    await page.fill("#mail-text", "Please look.")
    await page.click("[data-test=send-mail]")
    await expect(page.locator("#mail-to-note")).to_have_text("To whom is it forwarded?")
    await page.fill("#mail-to", "depot@partner.example")
    await page.click("[data-test=send-mail]")
    await expect(page.locator("[data-test=mail-state]")).to_have_text("On its way")
    await expect(page.locator("[data-test=passed-on]")).to_have_count(0)
    (_, ours) = (await centre.api.get(f"/v1/contacts/{contact_id}/mails"))["items"]

    assert (ours["subject"], ours["to"]) == ("Fwd: My order", ["depot@partner.example"])
    assert "From: Alice <alice@customer.example>" in ours["text"]


async def test_answers_are_proposed_for_what_a_customer_wrote_and_nothing_is_put_down_for_it(
    centre: Any, visit: Any
) -> None:
    entry = {"company_id": centre.company_id, "language": "en", "state": "published", "key": new_id()[:30]}
    await centre.api.post(
        "/v1/faq", entry | {"question": "Where is my order?", "answer": "In the list of your orders."}
    )
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    await mail_arrives(centre)
    await page.click("[data-test=accept]")
    proposed = page.locator("[data-test=faq-search]")
    await expect(proposed).to_contain_text("An answer to what they wrote?")
    await page.click("[data-test=faq-question]")
    await expect(page.locator("[data-test=faq-answer]")).to_contain_text("In the list of your orders.")

    await mail_arrives(centre, subject="Zebra", reply="Do zebras sing?", body="Do zebras sing?", html=None)
    await page.click("[data-test=accept]")
    await expect(page.locator(".item")).to_have_count(2)
    await page.locator(".item").last.click()
    await expect(page.locator("[data-test=mail] .text")).to_have_text("Do zebras sing?")
    await expect(proposed).not_to_contain_text("what they wrote")
    unanswered = await centre.api.get("/v1/faq/unanswered", params={"company_id": centre.company_id})
    assert unanswered["items"] == []
    assert visitor.complaints == []
