"""Can an agent pass a contact on, and is nothing lost of what they write, whatever happens to page and server?"""

from typing import Any

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def test_a_contact_is_transferred_to_a_queue_with_the_keyboard_alone(centre: Any, visit: Any) -> None:
    await centre.one_more_queue("Billing")
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    contact_id = await visitor.talks_in_a_chat(centre)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("[data-test=transfer-dialog] label")
    await page.keyboard.type("bill")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await visitor.take_picture("desk-transfer-wide-light-en")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-test=finish]")

    story = await centre.api.get(f"/v1/contacts/{contact_id}")
    assert [stay["queue"] for stay in story["stays"]] == ["Shop 在线客服", "Billing"]
    await expect(page.locator("dialog[open]")).to_have_count(0)
    assert visitor.complaints == []


async def test_a_transfer_without_a_choice_cannot_be_asked_for(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.talks_in_a_chat(centre)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("[data-test=transfer-dialog] label")

    await expect(page.locator("[data-test=do-transfer]")).to_be_disabled()
    await expect(page.locator("[data-test=transfer-dialog] input[type=radio]")).to_be_disabled()  # it is here already


async def test_a_note_written_while_talking_survives_a_reload_and_is_kept_with_the_result(
    centre: Any, visit: Any
) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    contact_id = await visitor.talks_in_a_chat(centre)
    await page.keyboard.press("Alt+n")
    await page.keyboard.type("Wants <b>two</b> keys & a lamp")
    await page.reload()
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await expect(page.locator("#note")).to_have_value("Wants <b>two</b> keys & a lamp")
    await page.keyboard.press("Alt+e")
    await page.wait_for_selector("[data-test=finish]")
    await expect(page.locator("#note")).to_have_value("Wants <b>two</b> keys & a lamp")
    await page.keyboard.press("Alt+w")
    await expect(page.locator("[data-test=contact]")).to_have_count(0)
    left_behind = await page.evaluate("sessionStorage.getItem('jackfield.drafts')")

    story = await centre.api.get(f"/v1/contacts/{contact_id}")
    assert [segment["note"] for segment in story["segments"]] == ["Wants <b>two</b> keys & a lamp"]
    assert left_behind is None, "what was written about a person does not stay in the browser"


async def test_the_time_left_for_wrap_up_is_the_same_share_after_a_reload(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.talks_in_a_chat(centre)
    await page.keyboard.press("Alt+e")
    await page.wait_for_selector("[data-test=finish]")
    await page.wait_for_timeout(4_000)  # some of its 120 s are gone
    await page.reload()
    bar = page.locator("[data-test=wrap-up] .bar")
    await bar.wait_for()

    shown = await bar.evaluate("bar => new DOMMatrix(getComputedStyle(bar).transform).a")
    assert 0 < shown <= 0.97


async def test_the_result_that_was_used_last_is_offered_first(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    for wanted in ("Solved", "Callback promised"):
        await visitor.talks_in_a_chat(centre)
        await page.keyboard.press("Alt+e")
        await page.wait_for_selector("[data-test=finish]")
        await page.click("#disposition")
        await page.keyboard.type(wanted[:5])
        await page.keyboard.press("Enter")
        await page.keyboard.press("Alt+w")
        await expect(page.locator("[data-test=contact]")).to_have_count(0)
    await visitor.talks_in_a_chat(centre)
    await page.click("#disposition")

    await expect(page.get_by_role("option")).to_have_text(["Callback promised", "Solved"])


async def test_the_desk_says_that_the_connection_is_restored(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    centre.server.kill()
    await page.wait_for_selector("[data-test=banner]")
    centre.server.start()
    await centre.server.until_ready()

    await expect(page.locator("[data-test=restored]")).to_be_visible()
    await expect(page.locator("[data-test=restored]")).to_have_count(0)


async def test_a_contact_is_told_from_its_wait_to_its_log(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    contact_id = await visitor.talks_in_a_chat(centre)
    await page.get_by_role("link", name=contact_id).click()
    strands = page.locator("[data-test=strands] ol > li")
    await expect(strands).to_have_count(2)
    await expect(strands.first).to_contain_text("Shop 在线客服")
    await expect(page.locator("[data-test=events] tbody tr").first).to_contain_text("Contact arrived")
    await visitor.take_picture("contact-wide-light-en")
    await page.goto(f"{centre.server.url}/contacts/00000000-0000-4000-8000-000000000000")

    await expect(page.get_by_role("alert").filter(has_text="There is no such thing")).to_be_visible()
    assert visitor.complaints == []
