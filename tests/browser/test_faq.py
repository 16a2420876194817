"""Does an agent find the answer beside the contact, and an editor learn what has none, by mouse and by keys?"""

import itertools
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import LOOKS, tab_to
from tests.browser.test_bad_input import told_at

pytestmark = pytest.mark.browser

NARROW = {"width": 390, "height": 844}
SCRIPT = "<img src=x onerror=alert(1)>"
_keys = itertools.count(1)


async def written(centre: Any, question: str, answer: str, **more: Any) -> str:
    given = {"company_id": centre.company_id, "language": "en", "state": "published", "tags": ["letting"]}
    body = given | {"question": question, "answer": answer, "key": f"browser-{next(_keys)}"} | more
    return str((await centre.api.post("/v1/faq", body))["id"])


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_an_agent_finds_copies_and_judges_an_answer_by_keys_alone(
    centre: Any, visit: Any, theme: str, language: str
) -> None:
    made = await written(centre, "Where is the giraffe house?", f"**Behind** the lake. {SCRIPT}")
    await written(centre, "Giraffe postcards", "At the kiosk.")
    visitor = await visit(theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visitor.log_in(centre)
    await visitor.talks_in_a_chat(centre)
    await page.keyboard.press("Alt+f")
    await expect(page.locator("#faq-asked")).to_be_focused()
    await page.keyboard.type("giraffes house")
    await page.keyboard.press("Enter")
    answer = page.locator("[data-test=faq-answer]")
    await expect(answer).to_contain_text(f"Behind the lake. {SCRIPT}")
    broken = await visitor.broken_rules()
    await visitor.take_picture(f"desk-faq-{theme}-{language}")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("[data-test=faq-question]").first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(answer).to_have_count(1)
    await expect(answer).to_contain_text("At the kiosk.")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(answer).to_contain_text("Behind the lake.")
    await tab_to(page, "[data-test=faq-copy]")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-test=faq-copy] .icon path")).to_have_attribute("d", "M5 12.5l4.5 4.5L19 7.5")
    copied = await page.evaluate("navigator.clipboard.readText()")
    await tab_to(page, ".judge button")
    await page.keyboard.press("Enter")
    await expect(page.locator(".judge button").first).to_have_attribute("aria-pressed", "true")
    kept = await centre.api.get(f"/v1/faq/{made}")

    assert copied == f"Behind the lake. {SCRIPT}"
    assert (kept["helpful"], kept["unhelpful"]) == (1, 0)
    assert broken == []
    assert visitor.complaints == []


async def test_what_has_no_answer_is_written_by_an_editor_and_found_then(centre: Any, visit: Any) -> None:
    agent, editor = await visit(), await visit()
    await agent.log_in(centre)
    await agent.talks_in_a_chat(centre)
    await agent.page.fill("#faq-asked", "Do you breed okapis, call 0170 1234567?")
    await agent.page.keyboard.press("Enter")
    await expect(agent.page.locator("#faq-told")).to_contain_text("There is no answer to that yet.")
    login = await centre.a_supervisor()
    await editor.log_in(centre, login)
    page = editor.page
    await page.click("nav a[href='/faq']")
    asked = page.locator("[data-test=faq-unanswered] li").filter(has_text="okapis")
    await expect(asked).to_contain_text("do you breed okapis, call #")
    await asked.locator("button").first.click()
    await expect(page.locator("#faq-question")).to_have_value("do you breed okapis, call #")
    await page.fill("#faq-question", "Do you breed okapis?")
    await page.click("[data-test=faq-keep]")
    missing = await told_at(page, "faq-answer")
    await expect(page.locator("#faq-answer")).to_be_focused()
    await page.fill("#faq-answer", "Since 1954.")
    await page.fill("#faq-key", "Not A Key")
    await page.fill("#faq-valid_from", "2026-02-02")
    await page.fill("#faq-valid_until", "2026-01-01")
    await page.click("[data-test=faq-keep]")
    wrong = await told_at(page, "faq-key")
    await page.fill("#faq-key", "")
    await page.click("[data-test=faq-keep]")
    order = await told_at(page, "faq-valid_until")
    await page.fill("#faq-valid_until", "2999-01-01")
    await page.fill("#faq-valid_from", "")
    await page.click("[data-test=faq-keep]")
    await expect(page.locator("[data-test=faq-form]")).to_have_count(0)
    await expect(page.locator("[data-test=faq-entry]").filter(has_text="okapis")).to_be_visible()
    await agent.page.fill("#faq-asked", "Do you breed okapis?")
    await agent.page.keyboard.press("Enter")

    await expect(agent.page.locator("[data-test=faq-answer]")).to_contain_text("Since 1954.")
    assert missing == "This is needed."
    assert wrong == "This holds signs that have no place here."
    assert order == "It ends before it begins."


async def test_two_editors_of_one_entry_learn_of_each_other(centre: Any, visit: Any) -> None:
    made = await written(centre, "When are the penguins fed?", "At noon.")
    editor = await visit()
    page = editor.page
    await editor.log_in(centre, await centre.a_supervisor())
    await page.click("nav a[href='/faq']")
    await page.locator("[data-test=faq-entry]").filter(has_text="penguins").click()
    await page.fill("#faq-answer", "At three.")
    await centre.api.call("PATCH", f"/v1/faq/{made}", {"version": 1, "answer": "At one."})
    await page.click("[data-test=faq-keep]")
    newer = page.locator("[data-test=faq-newer]")
    await expect(newer).to_contain_text("At one.")
    await expect(page.locator("#faq-answer")).to_have_value("At three.")
    await newer.locator("button").last.click()
    await expect(page.locator("[data-test=faq-form]")).to_have_count(0)

    assert (await centre.api.get(f"/v1/faq/{made}"))["answer"] == "At three."


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_the_editors_page_breaks_no_accessibility_rule_and_is_never_wider_than_the_screen(
    centre: Any, visit: Any, theme: str, language: str
) -> None:
    await written(centre, "Is the very long questionnaire about lemurs obligatory?", "x" * 900)
    editor = await visit(theme=theme, language=language, inspected=True)
    page = editor.page
    await editor.log_in(centre, await centre.a_supervisor())
    await page.goto(centre.server.url + "/faq")
    await page.click("[data-choice=en]")
    await page.wait_for_selector("[data-test=faq-entry]")
    broken = await editor.broken_rules()
    wide = [await editor.is_wider_than_the_screen()]
    await page.locator("[data-test=faq-entry]").first.click()
    await page.fill("#faq-question", "")
    await page.click("[data-test=faq-keep]")
    await page.wait_for_selector("#faq-question[aria-invalid=true]")
    broken += await editor.broken_rules()
    await editor.take_picture(f"faq-form-{theme}-{language}")
    await page.keyboard.press("Escape")
    await editor.take_picture(f"faq-{theme}-{language}")
    await page.set_viewport_size(NARROW)
    wide.append(await editor.is_wider_than_the_screen())
    await editor.take_picture(f"faq-narrow-{theme}-{language}")

    assert broken == []
    assert wide == [False, False]
    assert editor.complaints == []


async def test_an_agent_has_no_editors_page_in_the_navigation(centre: Any, visit: Any) -> None:
    visitor = await visit()
    await visitor.log_in(centre, await centre.one_more_agent("Nora Nav"))

    await expect(visitor.page.locator("nav a[href='/faq']")).to_have_count(0)
