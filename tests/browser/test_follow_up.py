"""An agent plans a follow-up beside a contact, and has it back at its time with what they wrote."""

import time
from typing import Any

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser

DIALOG = "[data-test=follow-up-dialog]"
TODO, NOTE = "合同 · send the new contract", "Ask for Mr Li\nnot before ten"


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("light", "en-US", 1280), ("dark", "zh-CN", 1280), ("light", "zh-CN", 390)]
)
async def test_a_follow_up_comes_back_at_its_time(
    centre: Any, visit: Any, theme: str, language: str, width: int
) -> None:
    agent = await visit(width=width, theme=theme, language=language, inspected=True)
    await agent.comes_to(centre.server, centre.login)
    contact_id = await agent.talks_in_a_chat(centre)
    page, look = agent.page, f"{theme}-{language}-{width}"
    await page.click("[data-test=follow-up]")
    await page.fill("#follow-up-when", "2020-01-01T09:00")
    await page.click("[data-test=do-follow-up]")
    await expect(page.locator("#follow-up-subject")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#follow-up-when")).to_have_attribute("aria-invalid", "true")
    await agent.take_picture(f"follow-up-wrong-{look}")
    broken = await agent.broken_rules()
    is_wider = await agent.is_wider_than_the_screen()

    await page.keyboard.press("Escape")
    await page.click("[data-test=follow-up]")
    await page.fill("#follow-up-subject", TODO)
    await page.fill("#follow-up-note", NOTE)
    morning = await page.input_value("#follow-up-when")
    await agent.take_picture(f"follow-up-{look}")
    await page.click("[data-test=do-follow-up]")
    await expect(page.locator(DIALOG)).to_have_count(0)
    (planned,) = (await centre.api.get("/v1/tasks", params={"company_id": centre.company_id}))["items"]

    await page.click("[data-test=end]")
    await page.click("[data-test=finish]")
    await expect(page.locator("[data-test=contact]")).to_have_count(0)
    await centre.api.post(f"/v1/tasks/{planned['id']}/move", {"due_ms": round(time.time() * 1000)})
    await page.click("[data-test=accept]")
    await expect(page.locator("[data-test=contact]")).to_contain_text(TODO)
    await expect(page.locator("[data-test=contact]")).to_contain_text("Ask for Mr Li")
    await expect(page.locator("[data-test=contact]")).to_contain_text("跟进" if language == "zh-CN" else "Follow-up")
    await agent.take_picture(f"follow-up-back-{look}")

    assert broken == []
    assert not is_wider
    assert morning.endswith("T09:00")
    assert (planned["subject"], planned["note"], planned["kind"]) == (TODO, NOTE, "follow_up")
    assert planned["due_ms"] > time.time() * 1000
    assert contact_id != planned["id"]
    assert agent.complaints == []
