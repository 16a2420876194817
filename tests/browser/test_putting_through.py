"""Can agents put contacts through to each other?"""

from typing import Any

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser


async def test_a_chat_is_put_through_to_a_colleague_who_is_found_by_name(centre: Any, visit: Any) -> None:
    login = await centre.one_more_agent("Ada Lund")
    first, second = await visit(), await visit()
    await first.log_in(centre)
    contact_id = await first.talks_in_a_chat(centre)
    await second.log_in(centre, login)
    await second.become_ready()
    await first.page.keyboard.press("Alt+t")
    await first.page.click("[data-choice=agent]")
    await first.page.wait_for_selector("[data-test=transfer-dialog] label")
    await first.page.keyboard.type("ada")
    await first.page.get_by_role("radio").check()
    await first.take_picture("desk-colleagues-wide-light-en")
    await first.page.click("[data-test=do-transfer]")
    await second.page.click("[data-test=accept]")
    await second.page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await first.page.wait_for_selector("[data-test=finish]")

    story = await centre.api.get(f"/v1/contacts/{contact_id}")
    assert [segment["state"] for segment in story["segments"]] == ["wrap_up", "talking"]
    await expect(first.page.locator("dialog[open]")).to_have_count(0)
    assert first.complaints == second.complaints == []


async def test_a_colleague_who_has_gone_is_no_choice(centre: Any, visit: Any) -> None:
    await centre.one_more_agent("Ada Lund")
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.talks_in_a_chat(centre)
    await page.keyboard.press("Alt+t")
    await page.click("[data-choice=agent]")

    await expect(page.locator("[data-test=transfer-dialog] label").filter(has_text="Ada Lund")).to_contain_text(
        "Offline"
    )
    await expect(page.locator("[data-test=transfer-dialog] input[type=radio]")).to_be_disabled()
