"""Does an administrator set mailboxes, chat widgets and words that mean the same, and see what is in the way?"""

import itertools
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PASSWORD, Centre

pytestmark = pytest.mark.browser

LOOKS = [("light", "en-US", 1280), ("dark", "zh-CN", 1280), ("light", "zh-CN", 390), ("dark", "en-US", 390)]
_logins = itertools.count(1)


async def an_admin(centre: Centre, role: str = "admin") -> str:
    login = f"{role}-{next(_logins)}-{centre.company_id[-6:]}"
    grants = [{"role": role, "company_id": centre.company_id}]
    await centre.api.post("/v1/users", {"login": login, "name": role, "password": PASSWORD, "grants": grants})
    return login


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_a_mailbox_is_made_its_trouble_has_a_cure_and_its_password_is_never_shown(
    centre: Centre, visit: Any, theme: str, language: str, width: int
) -> None:
    """Its server is not there."""
    look = f"{theme}-{language}-{width}"
    visitor = await visit(width=width, theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.log_in(centre, await an_admin(centre))
    await page.goto(f"{centre.server.url}/admin")
    await page.click("[data-test=mailbox-new]")
    await page.click("[data-test=mailbox-keep]")
    await expect(page.locator("#mailbox-address")).to_be_focused()
    address = f"help-{next(_logins)}@{centre.company_id[-6:]}.example"
    for name, text in {
        "address": address,
        "username": "u",
        "password": "geheim-4711",
        "imap-host": "mail.invalid",
    }.items():
        await page.fill(f"#mailbox-{name}", text)
    await page.fill("#mailbox-smtp-host", "mail.invalid")
    broken = await visitor.broken_rules()
    await visitor.take_picture(f"admin-mailbox-{look}")
    await page.click("[data-test=mailbox-keep]")
    row = page.locator("[data-test=mailbox]")
    await expect(row.locator("[data-test=mailbox-trouble]")).to_be_visible(timeout=30_000)
    trouble = await row.locator("[data-test=mailbox-trouble]").inner_text()
    broken += await visitor.broken_rules()
    await visitor.take_picture(f"admin-mailboxes-{look}")
    await row.locator("[data-test=mailbox-edit]").click()
    await expect(page.locator("#mailbox-password")).to_have_value("")
    await page.fill("#mailbox-sender", "Help")
    await page.click("[data-test=mailbox-keep]")
    await expect(page.locator("[data-test=mailbox-form]")).to_have_count(0)
    whole = await page.content()
    (kept,) = (await centre.api.get("/v1/mailboxes", params={"company_id": centre.company_id}))["items"]

    assert (kept["address"], kept["sender_name"]) == (address, "Help")
    assert ("Correct host and port" if language == "en-US" else "请更正主机和端口") in trouble
    assert "geheim-4711" not in whole
    assert broken == []
    assert not await visitor.is_wider_than_the_screen()


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_a_widget_is_seen_while_it_is_made_and_its_line_works(
    centre: Centre, visit: Any, theme: str, language: str, width: int
) -> None:
    look = f"{theme}-{language}-{width}"
    visitor = await visit(width=width, theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visitor.log_in(centre, await an_admin(centre))
    await page.goto(f"{centre.server.url}/admin")
    await page.click("[data-choice=widgets]")
    await page.click("[data-test=widget-new]")
    await page.fill("#widget-name", "Giraffe chat")
    preview = page.locator("[data-test=widget-preview] .panel")
    await expect(preview.locator("h2")).to_have_text("Giraffe chat")
    await expect(preview.locator("[name=message]")).to_be_visible()
    await page.fill("#widget-origins", "nonsense")
    await page.click("[data-test=widget-keep]")
    await expect(page.locator("#widget-origins")).to_be_focused()
    await page.fill("#widget-origins", f"{centre.server.url}/shop")
    await visitor.take_picture(f"admin-widget-{look}")
    broken = await visitor.broken_rules()
    await page.click("[data-test=widget-keep]")
    row = page.locator("[data-test=widget]")
    await expect(row.locator("[data-test=snippet]")).to_contain_text("/widget.js")
    await row.locator("[data-test=snippet-copy]").click()
    copied = await page.evaluate("navigator.clipboard.readText()")
    broken += await visitor.broken_rules()
    await visitor.take_picture(f"admin-widgets-{look}")
    (kept,) = (await centre.api.get("/v1/widgets", params={"company_id": centre.company_id}))["items"]
    await page.evaluate(
        "line => { const made = document.createElement('div'); made.innerHTML = line; const old = made.firstChild;"
        "const script = document.createElement('script'); script.src = old.src; script.dataset.key = old.dataset.key;"
        "document.body.innerHTML = ''; document.body.append(script) }",
        copied,
    )

    assert kept["origins"] == [centre.server.url]
    assert kept["key"] in copied
    assert broken == []
    assert not await visitor.is_wider_than_the_screen()


async def test_words_that_mean_the_same_are_kept_and_two_who_edit_them_learn_of_each_other(
    centre: Centre, visit: Any
) -> None:
    visitor = await visit(inspected=True)
    page = visitor.page
    await visitor.log_in(centre, await an_admin(centre))
    await page.goto(f"{centre.server.url}/admin")
    await page.click("[data-choice=synonyms]")
    await page.fill("#synonyms", "flat, apartment\nalone")
    await page.click("[data-test=synonyms-keep]")
    await expect(page.locator("#synonyms-note")).to_contain_text("alone")
    await page.fill("#synonyms", "flat, apartment")
    await page.click("[data-test=synonyms-keep]")
    await expect(page.locator(".notices, [data-test=notice]").first).to_be_visible()
    theirs = {"company_id": centre.company_id, "language": "en", "version": 1, "groups": [["lift", "elevator"]]}
    await centre.api.post("/v1/faq/synonyms", theirs)
    await page.fill("#synonyms", "flat, apartment, home")
    await page.click("[data-test=synonyms-keep]")
    await expect(page.locator("[data-test=synonyms-newer]")).to_contain_text("lift, elevator")
    broken = await visitor.broken_rules()
    await visitor.take_picture("admin-synonyms")
    async with page.expect_response("**/v1/faq/synonyms") as keeping:
        await page.locator("[data-test=synonyms-newer] button").last.click()
    answer = await keeping.value
    (kept,) = (await centre.api.get("/v1/faq/synonyms", params={"company_id": centre.company_id}))["items"]

    assert answer.status == 200
    assert kept["groups"] == [["flat", "apartment", "home"]]
    assert broken == []


async def test_a_supervisor_finds_no_way_there(centre: Centre, visit: Any) -> None:
    visitor = await visit()
    await visitor.log_in(centre, await an_admin(centre, "supervisor"))

    await expect(visitor.page.locator("nav a[href='/faq']")).to_be_visible()
    await expect(visitor.page.locator("nav a[href='/admin']")).to_have_count(0)
