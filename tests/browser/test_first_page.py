"""Can a person work at the first pages, against the real server, in a real browser?"""

from typing import Any

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser


async def become_ready(page: Page) -> None:
    await page.click("[data-test=state]")
    await page.get_by_role("menuitemradio", name="Ready").click()
    await expect(page.locator("[data-test=state]")).to_have_attribute("data-state", "ready")


async def serve_one_chat(page: Page, centre: Any) -> None:
    await become_ready(page)
    await centre.chat_arrives()
    await page.click("[data-test=accept]")
    await page.click("[data-test=contact] [data-test=end]")
    await page.click("[data-test=finish]")
    await expect(page.locator("[data-test=contact]")).to_have_count(0)


async def test_an_agent_serves_a_chat_from_log_in_to_the_end_of_wrap_up(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await page.goto(centre.server.url + "/")
    await visitor.take_picture("login-wide-light-en")
    await visitor.log_in(centre)
    await visitor.take_picture("desk-offline-wide-light-en")
    await become_ready(page)
    contact_id = await centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")
    await visitor.take_picture("desk-offer-wide-light-en")
    await page.click("[data-test=accept]")
    await expect(page.locator("[data-test=contact] [data-state]")).to_have_attribute("data-state", "talking")
    await visitor.take_picture("desk-talking-wide-light-en")
    await page.click("[data-test=contact] [data-test=end]")
    await page.fill("#note", "Wants the invoice by post.")
    await page.click("#disposition")
    await page.get_by_text("Callback promised").click()
    await visitor.take_picture("desk-wrap-up-wide-light-en")
    await page.click("[data-test=finish]")
    await expect(page.locator("[data-test=contact]")).to_have_count(0)

    contact = await centre.api.get(f"/v1/contacts/{contact_id}")
    assert contact["contact"]["state"] == "closed"
    assert [segment["state"] for segment in contact["segments"]] == ["done"]
    assert visitor.complaints == []


async def test_a_chat_is_served_with_the_keyboard_alone_on_a_narrow_screen_in_chinese(centre: Any, visit: Any) -> None:
    visitor = await visit(width=390, theme="dark", language="zh-CN")
    page = visitor.page
    await visitor.log_in(centre)
    wide = [await visitor.is_wider_than_the_screen()]
    await page.keyboard.press("Alt+r")
    await expect(page.locator("[data-test=state]")).to_have_attribute("data-state", "ready")
    await centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")
    await visitor.take_picture("desk-offer-narrow-dark-zh")
    wide.append(await visitor.is_wider_than_the_screen())
    await page.keyboard.press("Alt+a")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await page.keyboard.press("Alt+e")
    await page.wait_for_selector("[data-test=finish]")
    await visitor.take_picture("desk-wrap-up-narrow-dark-zh")
    wide.append(await visitor.is_wider_than_the_screen())
    await page.keyboard.press("Alt+w")

    await expect(page.locator("[data-test=contact]")).to_have_count(0)
    assert wide == [False, False, False]
    assert visitor.complaints == []


async def test_a_missed_offer_raises_a_flag_and_one_click_brings_the_agent_back(
    impatient_centre: Any, visit: Any
) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(impatient_centre)
    await become_ready(page)
    await impatient_centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")
    await page.wait_for_selector("[data-test=flag]")
    await expect(page.locator("[data-test=offer]")).to_have_count(0)
    await visitor.take_picture("desk-not-responding-wide-light-en")
    await page.click("[data-test=back]")

    await expect(page.locator("[data-test=flag]")).to_have_count(0)
    await expect(page.locator("[data-test=state]")).to_have_attribute("data-state", "ready")
    assert visitor.complaints == []


async def test_after_the_server_was_killed_the_desk_comes_back_with_what_it_held(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await become_ready(page)
    await centre.chat_arrives()
    await page.click("[data-test=accept]")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    centre.server.kill()
    await page.wait_for_selector("[data-test=banner]")
    await expect(page.locator("[data-test=contact] [data-test=end]")).to_be_disabled()
    await visitor.take_picture("desk-reconnecting-wide-light-en")
    centre.server.start()
    await centre.server.until_ready()
    await expect(page.locator("[data-test=banner]")).to_have_count(0)
    held = await page.locator("[data-test=contact] [data-state]").get_attribute("data-state")
    await page.click("[data-test=contact] [data-test=end]")

    assert held == "talking"
    await page.wait_for_selector("[data-test=finish]")


async def test_a_second_machine_takes_the_desk_over_and_the_first_says_so(centre: Any, visit: Any) -> None:
    first, second = await visit(), await visit()
    await first.log_in(centre)
    await second.log_in(centre)
    await first.page.wait_for_selector("[data-test=banner]")
    await first.take_picture("desk-taken-over-wide-light-en")
    await first.page.get_by_role("button", name="Work here").click()

    await second.page.wait_for_selector("[data-test=banner]")
    await expect(first.page.locator("[data-test=banner]")).to_have_count(0)


async def test_language_and_theme_change_without_a_reload(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await page.evaluate("window.sameDocument = true")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = await page.evaluate(ground)
    await page.get_by_role("button", name="Language").click()
    await page.get_by_role("menuitemradio", name="中文").click()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await page.get_by_role("button", name="主题").click()
    await page.get_by_role("menuitemradio", name="深色").click()
    dark = await page.evaluate(ground)
    await visitor.take_picture("desk-offline-wide-dark-zh")
    same_document = await page.evaluate("window.sameDocument === true")
    await page.reload()
    await page.wait_for_selector("[data-test=state]")

    assert same_document
    assert light != dark
    assert await page.evaluate(ground) == dark
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


async def test_each_figure_of_a_queue_stands_beside_its_definition(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await serve_one_chat(page, centre)
    await page.get_by_role("link", name="Figures").click()
    await expect(page.locator("[data-figure=answered] .value")).to_have_text("1")
    await page.locator("[data-test=queue]").click()
    definitions = await page.locator("[data-test=figure]").evaluate_all(
        "all => all.map(each => each.querySelector('[data-test=definition]').textContent.trim())"
    )
    await visitor.take_picture("figures-wide-light-en")
    await page.set_viewport_size({"width": 390, "height": 844})
    await visitor.take_picture("figures-narrow-light-en")

    assert len(definitions) >= 10
    assert all(definitions)
    assert not await visitor.is_wider_than_the_screen()
    assert visitor.complaints == []
