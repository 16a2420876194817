"""Can everybody use every page: with a screen reader, with the keyboard alone, on a narrow screen and magnified?"""

from typing import Any

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser

LOOKS = [(theme, language) for theme in ("light", "dark") for language in ("en-US", "zh-CN")]
NARROW, MAGNIFIED = {"width": 390, "height": 844}, {"width": 640, "height": 400}  # 200 % of 1280 × 800


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_no_page_of_the_desk_breaks_an_accessibility_rule(
    centre: Any, visit: Any, theme: str, language: str
) -> None:
    visitor = await visit(theme=theme, language=language, inspected=True)
    page = visitor.page
    await page.goto(centre.server.url + "/")
    await page.wait_for_selector("#login")
    broken = await visitor.broken_rules()
    await visitor.log_in(centre)
    await visitor.become_ready()
    await centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")
    broken += await visitor.broken_rules()
    await page.click("[data-test=accept]")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("[data-test=transfer-dialog] label")
    broken += await visitor.broken_rules()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+e")
    await page.wait_for_selector("[data-test=finish]")
    await page.click("[data-test=state]")
    broken += await visitor.broken_rules()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+/")
    broken += await visitor.broken_rules()

    assert broken == []


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_no_other_page_breaks_an_accessibility_rule(centre: Any, visit: Any, theme: str, language: str) -> None:
    visitor = await visit(theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.log_in(centre)
    contact_id = await visitor.talks_in_a_chat(centre)
    await page.goto(f"{centre.server.url}/contacts/{contact_id}")
    await page.wait_for_selector("[data-test=events]")
    broken = await visitor.broken_rules()
    await page.goto(centre.server.url + "/settings")
    await page.click("[data-test=password] button[type=submit]")
    await page.wait_for_selector("[aria-invalid=true]")
    broken += await visitor.broken_rules()
    await page.goto(centre.server.url + "/figures")
    await page.locator("[data-test=queue]").click()
    broken += await visitor.broken_rules()
    await page.goto(centre.server.url + "/live")
    await page.wait_for_selector("h1, .unknown")
    broken += await visitor.broken_rules()
    await page.goto(centre.server.url + "/wallboard#nobodys-token")
    await page.wait_for_selector("[data-test=wallboard]")
    broken += await visitor.broken_rules()

    assert broken == []


@pytest.mark.parametrize("size", [NARROW, MAGNIFIED], ids=["390 px", "200 %"])
async def test_no_page_scrolls_sideways(centre: Any, visit: Any, size: Any) -> None:
    visitor = await visit(width=size["width"])
    page = visitor.page
    await page.set_viewport_size(size)
    await visitor.log_in(centre)
    await visitor.become_ready()
    contact_id = await centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")
    wide = [("offer", await visitor.is_wider_than_the_screen())]
    await page.click("[data-test=accept]")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("[data-test=transfer-dialog]")
    wide.append(("transfer", await visitor.is_wider_than_the_screen()))
    await page.keyboard.press("Escape")
    for address in (f"contacts/{contact_id}", "settings", "figures", "live", "wallboard#token"):
        await page.goto(f"{centre.server.url}/{address}")
        await page.wait_for_selector("main > *, main p")
        wide.append((address, await visitor.is_wider_than_the_screen()))
        await visitor.take_picture(f"{address.split('/')[0].split('#')[0]}-{size['width']}-light-en")

    assert [name for name, is_wide in wide if is_wide] == []


async def test_a_question_mark_shows_the_keys_and_focus_returns(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await page.focus("[data-test=state]")
    await page.keyboard.press("?")
    await page.wait_for_selector("dialog[open] kbd")
    shown = await page.locator("dialog[open] kbd").count()
    await page.keyboard.press("Escape")

    await expect(page.locator("dialog[open]")).to_have_count(0)
    await expect(page.locator("[data-test=state]")).to_be_focused()
    assert shown >= 12


async def test_an_offer_is_announced_and_stands_in_the_title(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    await centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")

    await expect(page.locator("[aria-live=assertive]")).to_have_text("Offer: Chat, Shop 在线客服")
    assert (await page.title()).startswith("(1) ")
