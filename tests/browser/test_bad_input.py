"""Is bad input told beside its field, in the person's language, with nothing lost of what was typed?"""

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Page, Route, WebSocketRoute, expect

from tests.browser.test_live_view import choose, confirm, watch

pytestmark = pytest.mark.browser

SCRIPT = "<script>alert(1)</script>"
# A draft names a result by its id; the company has done away with it while the tab slept.
NOT_THERE_ANY_MORE = """() => {
    const [[segment, draft]] = JSON.parse(sessionStorage.getItem("jackfield.drafts"))
    const old = {...draft, disposition: "00000000-0000-4000-8000-000000000000"}
    sessionStorage.setItem("jackfield.drafts", JSON.stringify([[segment, old]]))
}"""
AGENT, QUEUE = "[data-test=agents] tbody tr", "[data-test=queues] tbody tr"


async def told_at(page: Page, name: str) -> str:
    """What is said of a field that is marked as wrong."""
    field = page.locator(f"#{name}")
    await expect(field).to_have_attribute("aria-invalid", "true")
    noted = await field.get_attribute("aria-describedby")
    return await page.locator(f"#{(noted or '').split()[0]}").inner_text()


# --- log-in -----------------------------------------------------------------------------------------------------------


async def test_a_login_that_is_not_filled_in_is_told_field_by_field(centre: Any, visit: Any) -> None:
    visitor = await visit(language="zh-CN")
    page = visitor.page
    await page.goto(centre.server.url + "/")
    await page.fill("#login", " ")
    await page.keyboard.press("Enter")
    both = [await told_at(page, "login"), await told_at(page, "password")]
    await expect(page.locator("#login")).to_be_focused()
    await page.fill("#login", "x" * 300)
    await page.keyboard.press("Enter")

    assert both == ["请输入账号。", "请输入密码。"]
    await expect(page.locator("#login")).to_have_value("x" * 200)
    await expect(page.locator("#login")).not_to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#password")).to_be_focused()


async def test_a_wrong_password_is_told_and_what_was_typed_stays(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await page.goto(centre.server.url + "/")
    await page.fill("#login", SCRIPT)
    await page.fill("#password", "not the password")
    await page.keyboard.press("Enter")

    await expect(page.locator("#wrong")).to_have_text("Login or password is wrong.")
    await expect(page.locator("#login")).to_have_value(SCRIPT)
    await expect(page.locator("#password")).to_have_value("not the password")
    assert visitor.complaints == []


# --- wrap-up ----------------------------------------------------------------------------------------------------------


async def test_a_result_that_is_gone_is_told_at_its_field_and_the_note_stays(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    contact_id = await visitor.talks_in_a_chat(centre)
    await page.fill("#note", SCRIPT)
    await page.click("#disposition")
    await page.get_by_text("Solved").click()
    await page.evaluate(NOT_THERE_ANY_MORE)
    await page.reload()
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await page.keyboard.press("Alt+e")
    await page.click("[data-test=finish]")
    told = await told_at(page, "disposition")
    kept = await page.input_value("#note")
    await page.click("#disposition")
    await page.get_by_text("Callback promised").click()
    await page.click("[data-test=finish]")
    await expect(page.locator("[data-test=contact]")).to_have_count(0)
    story = await centre.api.get(f"/v1/contacts/{contact_id}")
    boss = await visit()
    await boss.log_in(centre, await centre.a_supervisor())
    await boss.page.goto(f"{centre.server.url}/contacts/{contact_id}")
    await expect(boss.page.locator("[data-test=result]")).to_have_text("Callback promised")

    assert (told, kept) == ("This result does not exist any more.", SCRIPT)
    assert [segment["note"] for segment in story["segments"]] == [SCRIPT]
    assert visitor.complaints == []


async def test_a_note_cannot_grow_beyond_what_is_stored(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    contact_id = await visitor.talks_in_a_chat(centre)
    await page.fill("#note", "长" * 10_100)
    await page.keyboard.press("Alt+e")
    await page.wait_for_selector("[data-test=finish]")
    await expect(page.get_by_text("10000 / 10000")).to_be_visible()
    await page.keyboard.press("Alt+w")
    await expect(page.locator("[data-test=contact]")).to_have_count(0)
    story = await centre.api.get(f"/v1/contacts/{contact_id}")

    assert [len(segment["note"]) for segment in story["segments"]] == [10_000]


# --- the live view ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "row"), [("Change state", AGENT), ("Move to a queue", "contact"), ("Give to an agent", "contact")]
)
async def test_an_act_without_its_choice_is_told(centre: Any, visit: Any, act: str, row: str) -> None:
    desk = await visit()
    await desk.log_in(centre)
    contact_id = await centre.chat_arrives()
    boss = await watch(centre, visit)
    if row == "contact":
        await boss.page.locator("[data-test=queues] .row-name").click()
        row = f"[data-contact='{contact_id}']"
    await choose(boss.page, row, act)
    await boss.page.click("[data-test=confirm]")

    await expect(boss.page.locator("[data-test=act] [role=alert]")).to_have_text("Choose one first.")


async def test_a_closing_message_is_bounded_and_said_as_it_was_typed(centre: Any, visit: Any) -> None:
    boss = await watch(centre, visit)
    page = boss.page
    await choose(page, QUEUE, "Close the queue")
    await page.fill("#message", SCRIPT + "x" * 300)
    await confirm(page)
    await expect(page.locator(QUEUE)).to_contain_text("Closed")

    message = (await centre.api.get(f"/v1/queues/{centre.queue_id}"))["closing_message"]
    assert (len(message), message[: len(SCRIPT)]) == (200, SCRIPT)
    assert boss.complaints == []


async def test_a_closing_message_with_signs_that_cannot_be_said_is_told_at_its_field(centre: Any, visit: Any) -> None:
    boss = await watch(centre, visit, language="zh-CN")
    page = boss.page
    await page.locator(QUEUE).locator(".dots").click()
    await page.get_by_role("menuitem", name="关闭队列").click()
    await page.fill("#message", "Back at\u0007two")
    await page.click("[data-test=confirm]")

    assert await told_at(page, "message") == "含有此处不允许的字符。"
    await expect(page.locator("#message")).to_have_value("Back at\u0007two")


async def test_who_closes_a_queue_that_was_closed_meanwhile_sees_both_messages(centre: Any, visit: Any) -> None:
    boss = await watch(centre, visit)
    page = boss.page
    async with page.expect_response(lambda answer: f"/v1/queues/{centre.queue_id}" in answer.url):
        await choose(page, QUEUE, "Close the queue")
    await page.fill("#message", "Back at two")
    body = {"queue_id": centre.queue_id, "message": "Strike"}
    await centre.api.post("/v1/live/close_queue", body)
    await page.click("[data-test=confirm]")
    await page.wait_for_selector("[data-test=stale]")
    both = await page.locator("[data-test=stale] dd").all_inner_texts()
    kept = await page.input_value("#message")
    await boss.take_picture("live-stale-queue-wide-light-en")
    await page.get_by_role("button", name="Keep mine").click()
    await expect(page.locator("dialog[open]")).to_have_count(0)

    assert both == ["Closed: “Back at two”", "Closed: “Strike”"]
    assert kept == "Back at two"
    assert (await centre.api.get(f"/v1/queues/{centre.queue_id}"))["closing_message"] == "Back at two"


async def test_who_changes_a_skill_that_was_changed_meanwhile_sees_both_levels(centre: Any, visit: Any) -> None:
    skill = f"billing_{centre.queue_id[-6:]}"
    await centre.api.post("/v1/skills", {"name": skill})
    (agent,) = [
        each
        for each in (await centre.api.get("/v1/agents", params={"limit": 200}))["items"]
        if each["user_id"] == await user_of(centre)
    ]
    wish = {"agent_id": agent["id"], "skill": skill}
    await centre.api.post("/v1/live/set_skill", {**wish, "level": 3})
    boss = await visit()
    page, held = boss.page, HeldBack()
    await page.route_web_socket("**/ws", held.pass_on)
    await boss.log_in(centre, await centre.a_supervisor())
    await expect(page.locator(AGENT)).to_contain_text(f"{skill} 3")
    async with page.expect_response(lambda answer: f"/v1/agents/{agent['id']}" in answer.url):
        await choose(page, AGENT, "Change skills")
    held.turns = True  # the page does not hear in time of what somebody else does
    await centre.api.post("/v1/live/set_skill", {**wish, "level": 7})
    await page.select_option(f"#skill-{skill}", "5")
    await page.wait_for_selector("[data-test=stale]")
    both = await page.locator("[data-test=stale] dd").all_inner_texts()
    await boss.take_picture("live-stale-skill-wide-light-en")
    held.turns = False
    await page.get_by_role("button", name="Keep mine").click()
    await expect(page.locator(AGENT)).to_contain_text(f"{skill} 5")

    assert both == [f"{skill}: 5", f"{skill}: 7"]
    assert (await centre.api.get(f"/v1/agents/{agent['id']}"))["skills"][skill] == 5


async def user_of(centre: Any) -> str:
    users = await centre.api.get("/v1/users", params={"limit": 200})
    return next(str(user["id"]) for user in users["items"] if user["login"] == centre.login)


class HeldBack:
    """A line that can lose the turns of the live feed, while answers to what was asked still come."""

    def __init__(self) -> None:
        self.turns = False

    def pass_on(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        page.on_message(server.send)
        server.on_message(lambda frame: None if self.turns and json.loads(frame)["t"] == "turn" else page.send(frame))


async def test_a_limit_that_makes_no_sense_is_told_in_its_row_and_not_kept(centre: Any, visit: Any) -> None:
    boss = await watch(centre, visit)
    page = boss.page
    await page.click("[data-test=arrange-button]")
    await page.click("[data-choice=thresholds]")
    await page.fill("#limit-abandon_rate-warn", "7")
    await page.fill("#limit-abandon_rate-alarm", "250")
    await page.get_by_role("button", name="Save").click()
    told = await told_at(page, "limit-abandon_rate-alarm")
    await expect(page.locator("#limit-abandon_rate-alarm")).to_have_value("250")
    await expect(page.locator("dialog[open]")).to_have_count(1)
    await page.fill("#limit-abandon_rate-alarm", "25")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("dialog[open]")).to_have_count(0)
    await page.reload()
    await page.click("[data-test=arrange-button]")
    await page.click("[data-choice=thresholds]")

    assert told == "From 0 to 100."
    await expect(page.locator("#limit-abandon_rate-warn")).to_have_value("7")
    await expect(page.locator("#limit-abandon_rate-alarm")).to_have_value("25")


async def test_a_wallboard_has_a_name_and_its_link_is_taken_back(centre: Any, visit: Any) -> None:
    boss, wall = await watch(centre, visit), await visit()
    page = boss.page
    await page.click("[data-test=wallboard-button]")
    await page.fill("#wallboard-name", "Hall\u0007")
    await page.click("[data-test=make-wallboard]")
    told = await told_at(page, "wallboard-name")
    await page.fill("#wallboard-name", SCRIPT)
    await page.click("[data-test=make-wallboard]")
    address = await page.input_value("[data-test=wallboard-address]")
    await wall.page.goto(address)
    await wall.page.wait_for_selector("tbody tr")
    await boss.take_picture("live-wallboards-wide-light-en")
    await page.get_by_role("button", name=f"Take back {SCRIPT}").click()
    await expect(page.locator("[data-test=wallboards]")).to_have_count(0)

    assert told == "This holds signs that have no place here."
    await expect(wall.page.get_by_text("This link is not valid any more")).to_be_visible()
    assert boss.complaints == []


async def test_skills_that_could_not_be_read_are_told_of_and_read_again(centre: Any, visit: Any) -> None:
    skill = f"letters_{centre.queue_id[-6:]}"
    await centre.api.post("/v1/skills", {"name": skill})
    boss = await watch(centre, visit)
    page = boss.page
    await page.route("**/v1/skills?*", lambda route: route.abort())  # the network fails
    await choose(page, AGENT, "Change skills")
    told = page.locator("#skills-wrong")
    await expect(told).to_have_text("The server does not answer. Nothing was lost; try again.")
    await boss.take_picture("live-skills-unread-wide-light-en")
    await page.unroute("**/v1/skills?*")
    await page.get_by_role("button", name="Try again").click()
    await page.select_option("#add-skill", skill)

    await expect(told).to_be_empty()
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert boss.complaints == []


async def test_a_wallboard_that_is_taken_back_with_two_presses_is_taken_back_once(centre: Any, visit: Any) -> None:
    await centre.api.post("/v1/wallboards", {"company_ids": [centre.company_id], "name": "Canteen"})
    boss = await watch(centre, visit)
    page, sent, held = boss.page, list[str](), asyncio.Event()

    async def hold_back(route: Route) -> None:
        if route.request.method == "DELETE":
            sent.append(route.request.url)
            await held.wait()
        await route.continue_()

    await page.route("**/v1/wallboards/*", hold_back)
    await page.click("[data-test=wallboard-button]")
    button = page.get_by_role("button", name="Take back Canteen")
    await button.evaluate("button => { button.click(); button.click() }")  # before the page has drawn anything
    await button.click()
    held.set()
    await expect(page.locator("[data-test=wallboards]")).to_have_count(0)

    assert len(sent) == 1
    await expect(page.locator("dialog[open] .wrong")).to_be_empty()
    assert boss.complaints == []
