"""Does a slash bring a canned answer into what is being written, filled in, and does a supervisor keep them?"""

import itertools
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import LOOKS
from tests.browser.test_bad_input import told_at

pytestmark = pytest.mark.browser

NARROW = {"width": 390, "height": 844}
_keys = itertools.count(1)


async def written(centre: Any, name: str, text: str, **more: Any) -> str:
    body = {"company_id": centre.company_id, "name": name, "text": text} | more
    return str((await centre.api.post("/v1/canned-answers", body))["id"])


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_a_slash_at_the_start_of_a_line_finds_shows_and_inserts_an_answer_by_keys_alone(
    centre: Any, visit: Any, theme: str, language: str
) -> None:
    word = f"walrus{next(_keys)}"
    await written(centre, f"{word} feeding", "Dear {customer}, we feed them at noon.\nYours, {agent}")
    await written(centre, f"{word} house", "Behind the lake.")
    visitor = await visit(theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.talks_in_a_chat(centre)
    draft = page.locator("#chat-draft")
    await draft.focus()
    await page.keyboard.type("Hello")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type(f"/{word}")
    options = page.locator("[data-test=canned] [role=option]")
    await expect(options).to_have_count(2)
    preview = page.locator("[data-test=canned] [data-test=preview]")
    await expect(preview).to_contain_text("Dear customer, we feed them at noon.")
    active = await draft.get_attribute("aria-activedescendant")
    broken = await visitor.broken_rules()
    await visitor.take_picture(f"canned-{theme}-{language}")
    await page.keyboard.press("ArrowDown")
    await expect(preview).to_have_text("Behind the lake.")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(options).to_have_count(0)
    value = await draft.input_value()
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type(f"/{word}")
    await expect(options).to_have_count(2)
    await page.keyboard.press("Escape")
    await page.keyboard.type("/path")
    await expect(options).to_have_count(0)

    assert value.startswith("Hello\nDear customer, we feed them at noon.\nYours, ")
    assert "{agent}" not in value
    assert active, "the field does not say which answer is chosen"
    assert await draft.input_value() == f"{value}\n/{word}/path"
    assert broken == []
    assert visitor.complaints == []


async def test_a_supervisor_keeps_them_and_a_name_that_stands_for_nothing_is_told(centre: Any, visit: Any) -> None:
    editor = await visit()
    page = editor.page
    await editor.log_in(centre, await centre.a_supervisor())
    await page.click("nav a[href='/faq']")
    await page.click("[data-test=to-canned]")
    await page.click("[data-test=canned-new]")
    await page.fill("#canned-text", "Dear {custmer}")
    await page.click("[data-test=canned-keep]")
    missing, unknown = await told_at(page, "canned-name"), await told_at(page, "canned-text")
    await page.fill("#canned-name", "Okapi news")
    await page.fill("#canned-text", "Dear {customer}")
    await page.select_option("#canned-queue", centre.queue_id)
    await page.click("[data-test=canned-keep]")
    await expect(page.locator("[data-test=canned-form]")).to_have_count(0)
    item = page.locator("[data-test=canned-answer]").filter(has_text="Okapi news")
    await item.click()
    await expect(page.locator("#canned-queue")).to_have_value(centre.queue_id)
    await page.click("[data-test=canned-delete]")
    await page.click("[data-test=canned-delete]")
    await expect(item).to_have_count(0)

    assert missing == "This is needed."
    assert unknown == "This stands for nothing: {custmer}"


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_the_page_of_them_breaks_no_accessibility_rule_and_is_never_wider_than_the_screen(
    centre: Any, visit: Any, theme: str, language: str
) -> None:
    await written(centre, "Lemurs", "x" * 900, language="en")
    editor = await visit(theme=theme, language=language, inspected=True)
    page = editor.page
    await editor.log_in(centre, await centre.a_supervisor())
    await page.goto(centre.server.url + "/canned-answers")
    await page.wait_for_selector("[data-test=canned-answer]")
    broken = await editor.broken_rules()
    wide = [await editor.is_wider_than_the_screen()]
    await page.locator("[data-test=canned-answer]").first.click()
    await page.wait_for_selector("#canned-text")
    broken += await editor.broken_rules()
    await editor.take_picture(f"canned-form-{theme}-{language}")
    await page.keyboard.press("Escape")
    await page.set_viewport_size(NARROW)
    wide.append(await editor.is_wider_than_the_screen())
    await editor.take_picture(f"canned-narrow-{theme}-{language}")

    assert broken == []
    assert wide == [False, False]
    assert editor.complaints == []
