"""Does a visitor of a site get an answer before an agent is needed, and an agent when none helps?"""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.test_chat import begins_chat, site_of
from tests.browser.test_faq import SCRIPT, written

pytestmark = pytest.mark.browser

LOOKS = [("light", "en-US", 1280), ("dark", "zh-CN", 390)]


async def opens(page: Page, url: str) -> None:
    await page.goto(url)
    await page.click(".launch")
    await expect(page.locator(".panel [name=message]")).to_be_visible()


async def asks(page: Page, question: str) -> None:
    await page.fill(".panel [name=message]", question)
    await page.click(".panel form.ask button")


async def solved(centre: Any) -> tuple[int, int, int]:
    """(who asked, who found nothing, who needed no agent)."""
    figures = {
        each["key"]: each
        for each in (await centre.api.get("/v1/faq/solved", params={"company_id": centre.company_id}))["figures"]
    }
    return figures["asked"]["value"], figures["asked_in_vain"]["value"], figures["solved_without_agent"]["part"]


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_an_answer_that_helps_needs_no_agent_and_the_editors_see_the_share(
    centre: Any, visit: Any, theme: str, language: str, width: int
) -> None:
    await written(centre, "When is the walrus fed?", f"At noon. {SCRIPT}")
    visitor, editor = (
        await visit(width=width, language=language, inspected=True),
        await visit(theme=theme, language=language),
    )
    before = await solved(centre)
    async with site_of(centre, language) as url:
        await opens(visitor.page, url)
        await visitor.take_picture(f"widget-question-{language}-{width}")
        broken = await visitor.broken_rules()
        await asks(visitor.page, "When is the walrus fed, please?")
        answers = visitor.page.locator(".panel .answers")
        await expect(answers.locator("p").first).to_have_text(f"At noon. {SCRIPT}")
        await expect(answers.locator("summary").first).to_be_focused()
        await visitor.take_picture(f"widget-answers-{language}-{width}")
        broken += await visitor.broken_rules()
        await answers.locator("button").first.click()
        await expect(answers).to_have_count(0)
        await visitor.take_picture(f"widget-helped-{language}-{width}")
        broken += await visitor.broken_rules()
        wide = await visitor.is_wider_than_the_screen()
    await editor.log_in(centre, await centre.a_supervisor())
    await editor.page.click("nav a[href='/faq']")
    await expect(editor.page.locator("[data-figure=solved_without_agent] dd")).to_contain_text("%")
    await editor.take_picture(f"faq-solved-{theme}-{language}")
    after = await solved(centre)

    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 0, 1]
    assert broken == []
    assert wide is False
    assert visitor.complaints == editor.complaints == []


async def test_who_wants_somebody_is_given_an_agent_who_reads_what_was_asked(centre: Any, visit: Any) -> None:
    await written(centre, "When is the narwhal fed?", "At noon.")
    agent, visitor = await visit(), await visit()
    before = await solved(centre)
    await agent.comes_to(centre.server, centre.login)
    await agent.become_ready()
    async with site_of(centre, questions=["name"]) as url:
        await opens(visitor.page, url)
        await asks(visitor.page, "When is the narwhal fed, please?")
        await visitor.page.locator(".panel .answers button").first.wait_for()
        await visitor.page.locator(".panel .foot button").first.click()
        await visitor.page.fill(".panel [name=name]", "Ada")
        await visitor.page.click(".panel form.ask button")
        await agent.page.click("[data-test=accept]")
        await expect(agent.page.locator("[data-test=chat]")).to_contain_text("When is the narwhal fed, please?")
    after = await solved(centre)

    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 0, 0]


async def test_what_has_no_answer_goes_on_to_an_agent_at_once(centre: Any, visit: Any) -> None:
    await written(centre, "When is the manatee fed?", "At noon.")
    visitor = await visit()
    async with site_of(centre, questions=["name"]) as url:
        await opens(visitor.page, url)
        await asks(visitor.page, "Do you repair accordions?")
        await expect(visitor.page.locator(".panel [name=name]")).to_be_focused()
        message = await visitor.page.input_value(".panel [name=message]")
        note = await visitor.page.inner_text(".panel .note")

    assert message == "Do you repair accordions?"
    assert "no answer" in note


@pytest.mark.parametrize(("language", "width"), [("en-US", 1280), ("zh-CN", 390)])
async def test_who_waits_reads_how_long_it_will_take(centre: Any, visit: Any, language: str, width: int) -> None:
    agent, visitor = await visit(), await visit(width=width, language=language, inspected=True)
    await agent.comes_to(centre.server, centre.login)
    await agent.become_ready()
    async with site_of(centre, language, tells_position=True) as url:
        await begins_chat(visitor.page, url)
        note = visitor.page.locator(".panel .note")
        await expect(note).to_contain_text("You are next." if language == "en-US" else "下一位就是您。")
        await expect(note).to_contain_text("You will probably wait" if language == "en-US" else "预计等待")
        await visitor.take_picture(f"widget-waits-{language}-{width}")
        broken = await visitor.broken_rules()
        await agent.page.click("[data-test=accept]")
        await expect(note).not_to_contain_text("You are next." if language == "en-US" else "下一位就是您。")

    assert broken == []
