"""Is whoever loses a right while a form is open told so in that form, with nothing lost of what was typed?"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser.test_live_view import watch

pytestmark = pytest.mark.browser

NO_RIGHT, LOGGED_OUT = "你没有此项权限。", "你已退出登录。"
AGENT, QUEUE = "[data-test=agents] tbody tr", "[data-test=queues] tbody tr"
DIALOG = "dialog[open]"
CONFIRM = "[data-test=confirm]"


async def user_of(centre: Any, login: str) -> str:
    users = await centre.api.get("/v1/users", params={"limit": 200})
    return next(str(user["id"]) for user in users["items"] if user["login"] == login)


@asynccontextmanager
async def without_right(centre: Any, user_id: str) -> AsyncIterator[None]:
    grants = (await centre.api.get(f"/v1/users/{user_id}/grants"))["items"]
    for grant in grants:
        await centre.api.call("DELETE", f"/v1/users/{user_id}/grants/{grant['id']}")
    yield
    for grant in grants:
        await centre.api.post(f"/v1/users/{user_id}/grants", {key: grant[key] for key in ("role", "company_id")})


# --- the live view ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Form:
    """`opened` leads to it and fills it in; `told` is where the refusal stands; `kept` reads what was typed."""

    opened: Callable[[Page], Awaitable[Any]]
    sent: Callable[[Page], Awaitable[Any]]
    told: str
    kept: Callable[[Page], Awaitable[Any]]


def act(row: str, name: str, filled: Callable[[Page], Awaitable[Any]], kept: Callable[[Page], Awaitable[Any]]) -> Form:
    async def opened(page: Page) -> None:
        await page.locator(row).locator(".dots").click()
        await page.get_by_role("menuitem", name=name).click()
        await filled(page)

    return Form(opened, lambda page: page.click(CONFIRM), "[data-test=act] [role=alert]", kept)


async def search_and_choose(page: Page, typed: str) -> None:
    await page.locator(f"{DIALOG} .pick input").first.fill(typed)
    await page.locator(f"{DIALOG} [type=radio]").check()


async def searched_and_chosen(page: Page) -> Any:
    chosen = await page.locator(f"{DIALOG} label").filter(has=page.locator(":checked")).all_inner_texts()
    return [await page.locator(f"{DIALOG} .pick input").first.input_value(), *chosen]


async def name_a_wallboard(page: Page) -> None:
    await page.click("[data-test=wallboard-button]")
    await page.fill("#wallboard-name", "大厅")
    await page.wait_for_selector("[data-test=wallboards] li")


def forms_of_the_live_view(contact_id: str, skill: str, other: str) -> dict[str, Form]:
    contact = f"[data-contact='{contact_id}']"

    async def change_a_skill(page: Page) -> None:
        await page.select_option("#add-skill", other)

    async def wallboards(page: Page) -> Any:
        named = await page.locator("[data-test=wallboards] .name").all_inner_texts()
        return [await page.input_value("#wallboard-name"), *named]

    skills = act(AGENT, "修改技能", change_a_skill, lambda page: page.input_value(f"#skill-{skill}"))
    made = Form(name_a_wallboard, lambda page: page.click("[data-test=make-wallboard]"), f"{DIALOG} .wrong", wallboards)
    return {
        "state": act(
            AGENT,
            "更改状态",
            lambda page: page.get_by_role("radio", name="培训").check(),
            lambda page: page.get_by_role("radio", name="培训").is_checked(),
        ),
        "move": act(contact, "移至队列", lambda page: search_and_choose(page, "Shop"), searched_and_chosen),
        "assign": act(contact, "指派给坐席", lambda page: search_and_choose(page, "li"), searched_and_chosen),
        "priority": act(
            contact,
            "调整优先级",
            lambda page: page.get_by_role("slider").fill("90"),
            lambda page: page.get_by_role("slider").input_value(),
        ),
        "close": act(
            QUEUE + ":has-text('Shop')",
            "关闭队列",
            lambda page: page.fill("#message", "两点回来"),
            lambda page: page.input_value("#message"),
        ),
        "level": Form(
            skills.opened, lambda page: page.select_option(f"#skill-{skill}", "7"), "#skills-wrong", skills.kept
        ),
        "one more skill": Form(
            skills.opened,
            lambda page: page.get_by_role("button", name="添加").click(),
            "#skills-wrong",
            lambda page: page.input_value("#add-skill"),
        ),
        "wallboard": made,
        "wallboard taken back": Form(
            name_a_wallboard,
            lambda page: page.get_by_role("button", name="收回 Canteen").click(),
            f"{DIALOG} .wrong",
            wallboards,
        ),
        "alert": Form(
            lambda page: page.click("[data-test=alerts-button]"),
            lambda page: page.locator("[data-test=alerts] button").first.click(),
            f"{DIALOG} .wrong",
            lambda page: page.locator("[data-test=alerts] li.seen").count(),
        ),
    }


async def test_who_has_lost_the_right_is_told_in_each_form_of_the_live_view_and_keeps_what_was_typed(
    centre: Any, visit: Any
) -> None:
    """Whether the server refuses the act, or has closed the page's feed before: that is looked at every ten seconds."""
    billing = await centre.one_more_queue("Billing", skill=f"invoices_{centre.queue_id[-6:]}")  # which nobody has
    skill, other = (f"{name}_{centre.queue_id[-6:]}" for name in ("letters", "calls"))
    for name in (skill, other):
        await centre.api.post("/v1/skills", {"name": name})
    agent_id = await agent_of(centre)
    await centre.api.post("/v1/live/set_skill", {"agent_id": agent_id, "skill": skill, "level": 3})
    await centre.api.post("/v1/wallboards", {"company_ids": [centre.company_id], "name": "Canteen"})
    desk = await visit()
    await desk.log_in(centre)
    await desk.become_ready()
    contact_id = await centre.chat_arrives(billing)
    login = await centre.a_supervisor()
    user_id = await user_of(centre, login)
    boss = await watch(centre, visit, login, language="zh-CN")
    page = boss.page
    await page.locator(f"[data-queue='{billing}'] .row-name").click()
    told: dict[str, str] = {}
    kept: dict[str, Any] = {}
    for name, form in forms_of_the_live_view(contact_id, skill, other).items():
        await form.opened(page)
        async with without_right(centre, user_id):
            await form.sent(page)
            await expect(page.locator(form.told)).not_to_be_empty()
            told[name], kept[name] = await page.locator(form.told).inner_text(), await form.kept(page)
        if name in ("level", "move"):
            await boss.take_picture(f"live-wrong-right-{name}-wide-light-zh")
        await page.keyboard.press("Escape")
        await expect(page.locator(DIALOG)).to_have_count(0)
        await expect(page.locator("[data-test=live-closed]")).to_have_count(0)

    assert told == dict.fromkeys(told, NO_RIGHT)
    assert kept == {
        "state": True,
        "move": ["Shop", "Shop 在线客服"],
        "assign": ["li", "Li Wei · 就绪"],
        "priority": "90",
        "close": "两点回来",
        "level": "7",
        "one more skill": other,
        "wallboard": ["大厅", "Canteen"],
        "wallboard taken back": ["大厅", "Canteen"],
        "alert": 0,
    }
    assert (await centre.api.get(f"/v1/agents/{agent_id}"))["skills"] == {skill: 3}
    assert boss.complaints == []


async def agent_of(centre: Any) -> str:
    user_id = await user_of(centre, centre.login)
    agents = (await centre.api.get("/v1/agents", params={"limit": 200}))["items"]
    return next(str(agent["id"]) for agent in agents if agent["user_id"] == user_id)


async def test_a_form_says_that_the_right_is_gone_before_it_is_sent_and_goes_on_when_it_is_given_back(
    centre: Any, visit: Any
) -> None:
    login = await centre.a_supervisor()
    user_id = await user_of(centre, login)
    boss = await watch(centre, visit, login, language="zh-CN")
    page = boss.page
    await page.locator(QUEUE).locator(".dots").click()
    await page.get_by_role("menuitem", name="关闭队列").click()
    await page.fill("#message", "两点回来")
    told = page.locator("[data-test=act] [role=alert]")
    async with without_right(centre, user_id):
        await page.wait_for_selector("[data-test=live-closed]")  # which the server notices within ten seconds
        at_once = await told.inner_text()
        await page.click(CONFIRM)
        await expect(told).to_have_text(NO_RIGHT)
        kept = await page.input_value("#message")
        await boss.take_picture("live-closed-wide-light-zh")
    await expect(page.locator("[data-test=live-closed]")).to_have_count(0)
    await page.click(CONFIRM)
    await expect(page.locator(DIALOG)).to_have_count(0)

    assert (at_once, kept) == (NO_RIGHT, "两点回来")
    assert (await centre.api.get(f"/v1/queues/{centre.queue_id}"))["closing_message"] == "两点回来"


async def no_good_bye(page: WebSocketRoute) -> None:
    """A line on which the server cannot end the page's socket."""
    server = page.connect_to_server()
    page.on_message(server.send)
    server.on_message(lambda frame: None if json.loads(frame)["t"] == "bye" else page.send(frame))
    server.on_close(lambda code, reason: None)


async def test_who_is_logged_out_while_they_arrange_their_view_is_told_there_and_keeps_what_was_typed(
    centre: Any, visit: Any
) -> None:
    """A view is one's own: it needs no grant, but it needs the person."""
    login = await centre.a_supervisor()
    user_id = await user_of(centre, login)
    boss = await visit(language="zh-CN")
    page = boss.page
    await page.route_web_socket("**/ws", no_good_bye)
    await boss.log_in(centre, login)
    await page.wait_for_selector(QUEUE)
    await page.click("[data-test=arrange-button]")
    await page.locator("[data-test=arrange] [aria-label^=移除]").first.click()
    left = await page.locator("[data-test=arrange] .chosen .name").all_inner_texts()
    await page.click("[data-choice=thresholds]")
    await page.fill("#limit-abandon_rate-warn", "7")
    await page.fill("#limit-abandon_rate-alarm", "12")
    save = page.locator(f"{DIALOG} footer [type=submit]")
    async with without_right(centre, user_id):
        await save.click()
        await expect(page.locator(DIALOG)).to_have_count(0)
    await page.click("[data-test=arrange-button]")
    await page.click("[data-choice=thresholds]")
    await page.fill("#limit-abandon_rate-alarm", "15")
    version = (await centre.api.get(f"/v1/users/{user_id}"))["version"]
    await centre.api.call("PATCH", f"/v1/users/{user_id}", {"version": version, "disabled": True})
    await save.click()

    await expect(page.locator(f"{DIALOG} [role=alert]")).to_have_text(LOGGED_OUT)
    await expect(page.locator("#limit-abandon_rate-warn")).to_have_value("7")
    await expect(page.locator("#limit-abandon_rate-alarm")).to_have_value("15")
    await boss.take_picture("live-logged-out-wide-light-zh")
    await page.click("[data-choice=cards]")
    assert await page.locator("[data-test=arrange] .chosen .name").all_inner_texts() == left


# --- the desk ---------------------------------------------------------------------------------------------------------


async def test_a_right_that_is_lost_while_a_contact_is_passed_on_is_told_in_the_dialog(centre: Any, visit: Any) -> None:
    """The colleague's, and one's own. Whoever serves finishes what they hold: nothing of result and note is lost."""
    ada = await centre.one_more_agent("Ada Lund")
    colleague, visitor = await visit(), await visit(language="zh-CN")
    await visitor.log_in(centre)
    page, told = visitor.page, visitor.page.locator("[data-test=transfer-dialog] [role=alert]")
    contact_id = await visitor.talks_in_a_chat(centre)
    await colleague.log_in(centre, ada)
    await colleague.become_ready()
    own, theirs = await user_of(centre, centre.login), await user_of(centre, ada)
    await page.fill("#note", "要发票")
    await page.click("#disposition")
    await page.get_by_role("option", name="Solved").click()
    await page.keyboard.press("Alt+t")
    await page.click("[data-choice=agent]")
    await search_and_choose(page, "ada")
    async with without_right(centre, theirs):
        await page.click("[data-test=do-transfer]")
        await expect(told).not_to_be_empty()
        of_colleague, kept = await told.inner_text(), await searched_and_chosen(page)
        await visitor.take_picture("desk-wrong-right-wide-light-zh")
    await page.keyboard.press("Escape")
    async with without_right(centre, own):
        await page.keyboard.press("Alt+t")
        await expect(told).to_have_text(NO_RIGHT)
        await page.click("[data-choice=queue]")
        no_queue = await page.locator("[data-test=transfer-dialog] .empty").inner_text()
        await visitor.take_picture("desk-no-right-wide-light-zh")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Alt+e")
        await page.click("[data-test=finish]")
        await expect(page.locator("[data-test=contact]")).to_have_count(0)
    (segment,) = (await centre.api.get(f"/v1/contacts/{contact_id}"))["segments"]

    assert (of_colleague, kept[0]) == ("对方没有该公司的授权。", "ada")
    assert kept[1].startswith("Ada Lund")
    assert no_queue == "", "it would be untrue that there is no other queue"
    assert (segment["state"], segment["note"], segment["disposition_id"] is not None) == ("done", "要发票", True)
    assert visitor.complaints == []
