"""Can a person settle how they work, and is bad input told at its field without losing what was typed?"""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD

pytestmark = pytest.mark.browser

NEW = "a staple is not a horse"


async def change(page: Page, old: str, new: str, again: str) -> None:
    for name, text in (("old", old), ("new", new), ("again", again)):
        await page.fill(f"#password-{name}", text)
    await page.click("[data-test=password] button[type=submit]")


async def told(page: Page, name: str) -> str:
    field = page.locator(f"#password-{name}")
    await expect(field).to_have_attribute("aria-invalid", "true")
    note = await field.get_attribute("aria-describedby")
    return await page.locator(f"#{note}").inner_text()


@pytest.mark.parametrize(
    ("old", "new", "again", "field", "said"),
    [
        ("", NEW, NEW, "old", "Type the password that you use now."),
        (PASSWORD, "short", "short", "new", "At least 10 characters."),
        (PASSWORD, NEW, NEW + "x", "again", "This is not the same as above."),
        ("<script>alert(1)</script>", NEW, NEW, "old", "This is not the password in use."),
    ],
    ids=["empty", "too short", "not the same", "wrong"],
)
async def test_what_is_wrong_with_a_new_password_is_told_at_its_field(
    centre: Any, visit: Any, old: str, new: str, again: str, field: str, said: str
) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await page.goto(centre.server.url + "/settings")
    await change(page, old, new, again)

    assert await told(page, field) == said
    await expect(page.locator("#password-new")).to_have_value(new)
    await expect(page.locator("#password-again")).to_have_value(again)


async def test_a_changed_password_is_the_one_to_log_in_with(centre: Any, visit: Any) -> None:
    visitor, later = await visit(), await visit(language="zh-CN")
    page = visitor.page
    await visitor.log_in(centre)
    await page.get_by_role("link", name="My settings").click()
    await change(page, PASSWORD, NEW, NEW)
    await expect(page.get_by_role("status").filter(has_text="Changed.")).to_be_visible()
    await expect(page.locator("#password-new")).to_have_value("")
    await visitor.take_picture("settings-wide-light-en")
    await later.log_in(centre, password=NEW)
    await later.page.get_by_role("link", name="我的设置").click()
    await change(later.page, "wrong", NEW, NEW)

    assert await told(later.page, "old") == "当前密码不正确。"
    assert visitor.complaints == []


async def test_sound_and_looks_are_kept_in_this_browser(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await page.goto(centre.server.url + "/settings")
    await page.get_by_role("switch", name="Ring for an offer").click()
    await page.locator("[data-choice=dark]").click()
    await page.locator("[data-choice=zh-CN]").click()
    await page.reload()
    ring = page.get_by_role("switch").first

    await expect(ring).to_have_attribute("aria-checked", "false")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.locator("[data-choice=dark]")).to_have_attribute("aria-pressed", "true")
