"""Does an agent put away what is spam, make one thread of two and two of one, and does a supervisor undo it?"""

from typing import Any

import asyncpg
import pytest
from playwright.async_api import expect

from app.api.acts import new_id
from tests.browser.conftest import LOOKS
from tests.browser.test_mails import mail_arrives

pytestmark = pytest.mark.browser

NARROW = {"width": 390, "height": 844}


async def one_more_mail(centre: Any, contact_id: str) -> str:
    """Of the contact's thread."""
    mail_id = new_id()
    conn = await asyncpg.connect(centre.server.database_url)
    try:
        await conn.execute(
            "INSERT INTO mail (id, company_id, mailbox_id, thread_id, contact_id, direction, kind, state, message_id, "
            "from_address, subject, reply, body) SELECT $1, company_id, mailbox_id, thread_id, contact_id, 'in', "
            "'message', 'delivered', 'c@d', from_address, 'My invoice', 'It is wrong.', 'It is wrong.' FROM mail "
            "WHERE contact_id = $2 LIMIT 1",
            mail_id, contact_id,
        )  # fmt: skip
    finally:
        await conn.close()
    return mail_id


async def test_a_mail_that_is_about_something_else_becomes_a_contact_of_its_own(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    contact_id = await mail_arrives(centre)
    await one_more_mail(centre, contact_id)
    await page.click("[data-test=accept]")
    await expect(page.locator("[data-test=mail]")).to_have_count(2)
    await expect(page.locator("[data-test=split]")).to_have_count(1)
    await page.focus("[data-test=split]")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-test=mail]")).to_have_count(1)
    await page.click("[data-test=accept]")
    await expect(page.locator("[data-test=mail]")).to_contain_text("My invoice")

    assert visitor.complaints == []


async def test_a_thread_becomes_part_of_another_of_the_same_customer(centre: Any, visit: Any) -> None:
    addresses = [{"kind": "email", "address": "alice@customer.example"}]
    body = {"company_id": centre.company_id, "name": "Alice", "addresses": addresses}
    await centre.api.post("/v1/customers", body)
    visitor = await visit(inspected=True)
    page = visitor.page
    await visitor.log_in(centre)
    await mail_arrives(centre, subject="An older one")
    await visitor.become_ready()
    await page.click("[data-test=accept]")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await page.keyboard.press("Alt+h")  # parked: there is room for the next
    await mail_arrives(centre, subject="A newer one")
    await page.click("[data-test=accept]")
    await expect(page.locator("[data-test=mail]")).to_contain_text("A newer one")
    await page.click("[data-test=merge]")
    await expect(page.locator("[data-test=thread]")).to_contain_text("An older one")
    broken = await visitor.broken_rules()
    await visitor.take_picture("mail-merge")
    await page.locator("[data-test=thread]").press("Enter")
    await expect(page.locator("[data-test=mail]")).to_have_count(2)

    assert broken == []
    assert visitor.complaints == []


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_spam_leaves_the_desk_once_it_is_said_twice_and_a_supervisor_undoes_it(
    centre: Any, visit: Any, theme: str, language: str
) -> None:
    visitor = await visit(theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    await mail_arrives(centre)
    await page.click("[data-test=accept]")
    await page.focus("[data-test=spam]")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-test=mail]")).to_have_count(1)
    broken = await visitor.broken_rules()
    await visitor.take_picture(f"mail-spam-{theme}-{language}")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-test=contact]")).to_have_count(0)
    supervisor = await visit(theme=theme, language=language, inspected=True)
    await supervisor.log_in(centre, await centre.a_supervisor())
    await supervisor.page.goto(f"{centre.server.url}/spam")
    sender = supervisor.page.locator("[data-test=spam-sender]")
    await expect(sender).to_contain_text("alice@customer.example")
    broken += await supervisor.broken_rules()
    await supervisor.page.set_viewport_size(NARROW)
    wide = await supervisor.is_wider_than_the_screen()
    await supervisor.take_picture(f"spam-narrow-{theme}-{language}")
    await supervisor.page.click("[data-test=spam-undo]")
    await expect(sender).to_have_count(0)

    assert broken == []
    assert not wide
    assert (visitor.complaints, supervisor.complaints) == ([], [])
