"""Do colleagues find what is written for them, with a number at their bell, and answer it, by keys alone?"""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import LOOKS

pytestmark = pytest.mark.browser

NARROW = {"width": 390, "height": 844}


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_a_note_for_a_colleague_rings_their_bell_and_they_see_the_contact_and_answer(
    centre: Any, visit: Any, theme: str, language: str
) -> None:
    name = f"Nora {theme.title()}"
    asker = await visit(theme=theme, language=language, inspected=True)
    asked = await visit(theme=theme, language=language, inspected=True)
    await asked.log_in(centre, await centre.one_more_agent(name))
    await expect(asked.page.locator("[data-test=mentions]")).to_be_visible()
    await asker.log_in(centre)
    contact_id = await asker.talks_in_a_chat(centre)
    page = asker.page
    draft = page.locator("[data-test=note-draft]")
    await draft.focus()
    await page.keyboard.type("Please look @Nora")
    await expect(page.locator("[data-test=people] [role=option]")).to_have_count(1)
    await asker.take_picture(f"notes-people-{theme}-{language}")
    await page.keyboard.press("Enter")
    await page.keyboard.type("<b>today</b>")
    written = await draft.input_value()
    broken = await asker.broken_rules()
    await page.keyboard.press("Control+Enter")
    note = page.locator("[data-test=note]")
    await expect(note).to_contain_text("Please look")
    marked = await note.locator(".name").inner_text()
    await expect(asked.page.locator("[data-test=mentions-unseen]")).to_have_text("1")
    await asked.page.focus("[data-test=mentions]")
    await asked.page.keyboard.press("Enter")
    await expect(asked.page.locator("[data-test=mention]")).to_contain_text("<b>today</b>")
    broken += await asked.broken_rules()
    await asked.take_picture(f"mentions-{theme}-{language}")
    await asked.page.locator("[data-test=mention]").press("Enter")
    glance = asked.page.locator("[data-test=glance]")
    await expect(glance).to_contain_text("Please look")
    await expect(asked.page.locator("[data-test=mentions-unseen]")).to_have_count(0)
    await glance.locator("[data-test=note-draft]").fill("I have looked")
    await glance.locator("[data-test=note-send]").click()
    await expect(glance.locator("[data-test=note]")).to_have_count(2)
    await asked.take_picture(f"glance-{theme}-{language}")
    await expect(note).to_have_count(2)  # at the desk of whoever asked, by the feed alone
    await asked.page.set_viewport_size(NARROW)
    wide = await asked.is_wider_than_the_screen()
    await asked.take_picture(f"glance-narrow-{theme}-{language}")

    assert written == f"Please look @{name} <b>today</b>"
    assert marked == f"@{name}"
    kept = await centre.api.get(f"/v1/contacts/{contact_id}/notes")
    assert [each["author"] for each in kept["items"]] == ["Li Wei", name]
    assert broken == []
    assert not wide
    assert (asker.complaints, asked.complaints) == ([], [])


async def test_a_supervisor_reads_and_writes_notes_on_the_contacts_page(centre: Any, visit: Any) -> None:
    contact_id = await centre.chat_arrives()
    visitor = await visit()
    await visitor.log_in(centre, await centre.a_supervisor())
    page = visitor.page
    await page.goto(f"{centre.server.url}/contacts/{contact_id}")
    await page.fill("[data-test=note-draft]", "A regular customer")
    await page.click("[data-test=note-send]")
    await expect(page.locator("[data-test=note]")).to_contain_text("A regular customer")
    await visitor.take_picture("contact-notes")

    assert visitor.complaints == []
