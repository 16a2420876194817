"""Does the desk show what was there with a customer, on every channel, and narrow it?"""

from typing import Any

import pytest
from playwright.async_api import expect

from app.api.acts import new_id
from tests.browser.conftest import LOOKS
from tests.browser.test_mails import mail_arrives

pytestmark = pytest.mark.browser

NARROW = {"width": 390, "height": 844}


async def came(centre: Any, channel: str, **more: Any) -> str:
    body = {"company_id": centre.company_id, "channel": channel, "queue_id": centre.queue_id, **more}
    made = await centre.api.post("/v1/contacts", body, headers={"idempotency-key": new_id()})
    return str(made["contact_id"])


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_the_desk_shows_every_channel_and_the_notes_of_a_customer_and_narrows_them(
    centre: Any, visit: Any, theme: str, language: str
) -> None:
    who = "alice@customer.example"
    addresses = [{"kind": "email", "address": who}]
    body = {"company_id": centre.company_id, "name": "Alice", "addresses": addresses}
    await centre.api.post("/v1/customers", body)
    before = await came(centre, "task", **{"from": who, "collected": {"subject": "Visit them"}})
    await centre.api.post(f"/v1/contacts/{before}/leave", {})
    await centre.api.post(f"/v1/contacts/{before}/notes", {"id": new_id(), "text": "Has a dog"})
    visitor = await visit(theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    contact_id = await mail_arrives(centre)
    await page.click("[data-test=accept]")
    entries = page.locator("[data-test=timeline-entry]")
    await expect(entries).to_have_count(2)
    await expect(entries.first).to_contain_text("Has a dog")
    await expect(entries.last).to_contain_text("Visit them")
    broken = await visitor.broken_rules()
    await visitor.take_picture(f"timeline-{theme}-{language}")
    await page.click("[data-test=timeline-only] [data-choice=task]")
    await expect(entries).to_have_count(1)
    await page.focus("[data-test=timeline-only] [data-choice=note]")
    await page.keyboard.press("Enter")
    await expect(entries).to_contain_text("Has a dog")
    await page.set_viewport_size(NARROW)
    wide = await visitor.is_wider_than_the_screen()
    await visitor.take_picture(f"timeline-narrow-{theme}-{language}")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.goto(f"{centre.server.url}/contacts/{contact_id}")
    await expect(entries).to_have_count(2)
    await visitor.take_picture(f"timeline-contact-{theme}-{language}")

    assert broken == []
    assert not wide
    assert visitor.complaints == []
