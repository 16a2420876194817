"""Does a supervisor see each step and act on it?"""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import LOOKS, WAIT_MS, tab_to

pytestmark = pytest.mark.browser


async def watch(centre: Any, visit: Any, login: str | None = None, **looks: Any) -> Any:
    """A supervisor at the live view."""
    visitor = await visit(**looks)
    await visitor.log_in(centre, login or await centre.a_supervisor())
    await visitor.page.wait_for_selector("[data-test=queues] tbody tr")
    return visitor


async def choose(page: Page, row: str, act: str) -> None:
    await page.locator(row).get_by_role("button", name="What can be done").click()
    await page.get_by_role("menuitem", name=act).click()


async def confirm(page: Page) -> None:
    await page.click("[data-test=confirm]")
    await expect(page.locator("dialog[open]")).to_have_count(0)


async def audited(centre: Any) -> set[str]:
    noted = await centre.api.get("/v1/audit", params={"company_id": centre.company_id, "limit": 50})
    return {each["action"] for each in noted["items"]}


async def test_each_step_of_a_contact_is_seen_as_it_happens(centre: Any, visit: Any) -> None:
    desk = await visit()
    await desk.log_in(centre)
    boss = await watch(centre, visit)
    queue, agent = boss.page.locator("[data-test=queues] tbody tr"), boss.page.locator("[data-test=agents] tbody tr")
    await expect(agent).to_contain_text("Offline")
    await desk.become_ready()
    await expect(agent).to_contain_text("Ready")
    await centre.chat_arrives()
    await expect(queue.locator("[data-figure=waiting]")).to_have_text("1")
    await expect(agent).to_contain_text("Busy")
    await boss.page.locator("[data-test=queues] .row-name").click()
    contact = boss.page.locator("[data-test=drill] tbody tr")
    await expect(contact).to_contain_text("Offered")
    await desk.page.click("[data-test=accept]")
    await boss.page.click("[data-test=drill] [data-choice=served]")
    await expect(contact).to_contain_text("Talking")
    await boss.take_picture("live-wide-light-en")
    await desk.page.keyboard.press("Alt+e")
    await expect(agent).to_contain_text("Wrap-up")
    await desk.page.keyboard.press("Alt+w")
    await expect(agent).to_contain_text("Ready")
    await expect(queue.locator("[data-figure=answered]")).to_have_text("1")
    await expect(boss.page.locator("[data-test=age]")).to_have_text("Live")
    assert boss.complaints == []


async def test_an_agents_state_and_skills_are_changed_and_they_are_logged_out(centre: Any, visit: Any) -> None:
    await centre.api.post("/v1/skills", {"name": f"billing_{centre.login[-2:].strip('.')}"})
    desk = await visit()
    await desk.log_in(centre)
    await desk.become_ready()
    boss = await watch(centre, visit)
    agent = "[data-test=agents] tbody tr"
    await choose(boss.page, agent, "Change state")
    await boss.page.get_by_role("radio", name="Training").check()
    await confirm(boss.page)
    await expect(boss.page.locator(agent)).to_contain_text("Training")
    await expect(desk.page.locator("[data-test=state]")).to_contain_text("Training")
    await choose(boss.page, agent, "Change skills")
    await boss.page.select_option("#add-skill", index=1)
    await boss.page.get_by_role("button", name="Add").click()
    await expect(boss.page.locator("dialog[open] li select")).to_have_value("1")
    await boss.page.keyboard.press("Escape")
    await choose(boss.page, agent, "Log out")
    await boss.take_picture("live-log-out-wide-light-en")
    await confirm(boss.page)

    await expect(boss.page.locator(agent)).to_contain_text("Offline")
    assert boss.complaints == []


async def test_a_waiting_contact_is_raised_moved_and_given_to_an_agent(centre: Any, visit: Any) -> None:
    await centre.one_more_queue("Billing", skill="invoices")
    desk = await visit()
    await desk.log_in(centre)
    contact_id = await centre.chat_arrives()
    boss = await watch(centre, visit)
    page = boss.page
    await page.get_by_role("button", name="Shop 在线客服", exact=True).click()
    row = f"[data-contact='{contact_id}']"
    await choose(page, row, "Change priority")
    await page.get_by_role("slider").fill("90")
    await confirm(page)
    await expect(page.locator(row)).to_contain_text("90")
    await choose(page, row, "Move to a queue")
    await page.keyboard.type("bill")
    await page.get_by_role("radio").check()
    await confirm(page)
    await expect(page.locator(row)).to_have_count(0)
    await page.get_by_role("button", name="Billing", exact=True).click()
    await desk.become_ready()
    await choose(page, row, "Give to an agent")
    await page.get_by_role("radio").check()
    await confirm(page)

    await desk.page.wait_for_selector("[data-test=offer]")
    await expect(page.locator(row)).to_contain_text("Offered")
    assert {"contact.reprioritised", "contact.moved"} <= await audited(centre)


async def test_a_queue_is_closed_with_a_message_after_a_question_and_opened_again(centre: Any, visit: Any) -> None:
    boss = await watch(centre, visit)
    page, queue = boss.page, "[data-test=queues] tbody tr"
    await choose(page, queue, "Close the queue")
    await page.keyboard.press("Escape")
    await expect(page.locator(queue)).not_to_contain_text("Closed")
    await choose(page, queue, "Close the queue")
    await page.fill("#message", "We are back at two <o'clock>.")
    await confirm(page)
    await expect(page.locator(queue)).to_contain_text("Closed")
    message = (await centre.api.get(f"/v1/queues/{centre.queue_id}"))["closing_message"]
    await choose(page, queue, "Open the queue")
    await confirm(page)

    await expect(page.locator(queue)).not_to_contain_text("Closed")
    assert message == "We are back at two <o'clock>."
    assert {"queue.closed", "queue.opened"} <= await audited(centre)


async def test_a_missed_offer_is_an_alert_that_is_seen_and_the_flag_is_cleared(
    impatient_centre: Any, visit: Any
) -> None:
    desk = await visit()
    await desk.log_in(impatient_centre)
    await desk.become_ready()
    boss = await watch(impatient_centre, visit)
    page, agent = boss.page, "[data-test=agents] tbody tr"
    await impatient_centre.chat_arrives()
    await expect(page.locator(agent)).to_contain_text("Not responding", timeout=WAIT_MS)
    await page.click("[data-test=alerts-button]")
    alert = page.locator("[data-test=alerts] li").filter(has_text="Agent not responding")
    await expect(alert).to_contain_text("Li Wei", timeout=WAIT_MS)
    await boss.take_picture("live-alerts-wide-light-en")
    await alert.get_by_role("button", name="Seen").click()
    await expect(alert.get_by_role("button")).to_have_count(0)
    await page.keyboard.press("Escape")
    await choose(page, agent, "Clear “not responding”")

    await expect(desk.page.locator("[data-test=flag]")).to_have_count(0)
    assert boss.complaints == []


async def test_a_table_stays_sorted_as_it_was_left(centre: Any, visit: Any) -> None:
    await centre.one_more_queue("Aftercare")
    boss = await watch(centre, visit)
    page, names = boss.page, boss.page.locator("[data-test=queues] .row-name")
    await expect(names).to_have_count(2)
    for _ in range(2):  # from the last to the first, and turned round
        await page.locator("[data-test=queues] th button", has_text="Queue").first.click()
    before = await names.all_inner_texts()
    await page.locator("[data-test=queues] th button", has_text="Queue").first.click()
    turned = await names.all_inner_texts()
    await page.reload()
    await expect(names).to_have_count(2)

    assert before == turned[::-1]
    assert await names.all_inner_texts() == turned


async def test_each_figure_shows_its_definition(centre: Any, visit: Any) -> None:
    boss = await watch(centre, visit)
    page = boss.page
    await page.locator("[data-card=service_level] .name").focus()
    await expect(page.get_by_text("Answered within the target / (answered + abandoned").last).to_be_visible()
    await page.get_by_role("button", name="Definitions").click()
    definitions = await page.locator("dialog[open] [data-test=definition]").all_inner_texts()

    assert len(definitions) >= 20
    assert all(definitions)


async def test_the_live_view_says_that_it_is_cut_off_and_comes_back(centre: Any, visit: Any) -> None:
    boss = await watch(centre, visit)
    centre.server.kill()
    await boss.page.wait_for_selector("[data-test=live-lost]")
    await expect(boss.page.locator("[data-test=age]")).to_contain_text("old")
    centre.server.start()
    await centre.server.until_ready()

    await expect(boss.page.locator("[data-test=live-lost]")).to_have_count(0)
    await expect(boss.page.locator("[data-test=age]")).to_have_text("Live")


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_the_live_view_breaks_no_accessibility_rule(centre: Any, visit: Any, theme: str, language: str) -> None:
    """Nor does any of its panels, sheets and dialogs, nor the wallboard."""
    await centre.chat_arrives()
    desk = await visit()
    await desk.log_in(centre)
    boss = await watch(centre, visit, theme=theme, language=language, inspected=True)
    page = boss.page
    broken = await boss.broken_rules()
    for button in ("alerts", "definitions", "arrange", "wallboard"):
        await page.click(f"[data-test={button}-button]")
        await page.wait_for_selector("dialog[open]")
        for tab in range(await page.locator("dialog[open] [data-choice]").count()):
            await page.locator("dialog[open] [data-choice]").nth(tab).click()
            broken += await boss.broken_rules()
        if button == "wallboard":
            await page.click("[data-test=make-wallboard]")
            address = await page.input_value("[data-test=wallboard-address]")
        broken += await boss.broken_rules()
        await page.keyboard.press("Escape")
    broken += await of_dialogs(boss, "[data-test=queues] tbody tr", from_nth=1)
    broken += await of_dialogs(boss, "[data-test=agents] tbody tr")
    await page.locator("[data-test=agents] .row-name").click()
    await page.wait_for_selector("[data-test=drill]")
    broken += await boss.broken_rules()
    await page.locator("[data-test=queues] .row-name").click()
    await page.wait_for_selector("[data-test=drill] tbody tr")
    broken += await boss.broken_rules()
    broken += await of_dialogs(boss, "[data-test=drill] tbody tr", but_last=1)
    await page.goto("about:blank")
    await page.goto(address)
    await page.wait_for_selector("tbody tr")
    broken += await boss.broken_rules()

    assert broken == []


async def of_dialogs(boss: Any, row: str, from_nth: int = 0, but_last: int = 0) -> list[str]:
    """What axe finds in the menu of a row, and in each dialog that is opened from it."""
    page, broken = boss.page, []
    await page.locator(row).locator(".dots").click()
    many = await page.locator("[role=menuitem]").count()
    broken += await boss.broken_rules()
    await page.keyboard.press("Escape")
    for nth in range(from_nth, many - but_last):
        await page.locator(row).locator(".dots").click()
        await page.locator("[role=menuitem]").nth(nth).click()
        await page.wait_for_selector("dialog[open]")
        broken += await boss.broken_rules()
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog[open]")).to_have_count(0)
    return broken


async def test_every_act_of_the_live_view_is_done_by_the_keyboard_alone(centre: Any, visit: Any) -> None:
    billing = await centre.one_more_queue("Billing", skill=f"invoices_{centre.queue_id[-6:]}")  # which nobody has
    skill = f"letters_{centre.queue_id[-6:]}"
    await centre.api.post("/v1/skills", {"name": skill})
    desk = await visit()
    await desk.log_in(centre)
    contact_id = await centre.chat_arrives()
    boss = await watch(centre, visit)
    page, keys = boss.page, boss.page.keyboard

    async def act(row: str, name: str) -> None:
        await tab_to(page, f"{row} .dots")
        await keys.press("Enter")
        await page.wait_for_selector("[role=menuitem]:focus")
        for _ in range(await page.locator("[role=menuitem]").count()):
            if (await page.locator("[role=menuitem]:focus").inner_text()).strip() == name:
                break
            await keys.press("ArrowDown")
        await keys.press("Enter")
        await page.wait_for_selector("dialog[open] :focus")

    async def done() -> None:
        await keys.press("Enter")
        await expect(page.locator("dialog[open]")).to_have_count(0)

    agent = "[data-test=agents] tbody tr"
    await act(agent, "Change state")
    await keys.press("ArrowDown")
    await done()
    await expect(page.locator(agent)).to_contain_text("Break")
    await act(agent, "Change skills")
    await tab_to(page, "#add-skill")
    await keys.type(skill)
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(page.locator(f"#skill-{skill}")).to_have_value("1")
    await keys.press("Escape")
    await act(f"[data-queue='{centre.queue_id}']", "Close the queue")
    await keys.type("Back at two")
    await done()
    await expect(page.locator(f"[data-queue='{centre.queue_id}']")).to_contain_text("Closed")
    await act(f"[data-queue='{centre.queue_id}']", "Open the queue")
    await tab_to(page, "[data-test=confirm]")  # what cannot be filled in begins at "Cancel"
    await done()
    await tab_to(page, f"[data-queue='{centre.queue_id}'] .row-name")
    await keys.press("Enter")
    row = f"[data-contact='{contact_id}']"
    await page.wait_for_selector(row)
    await act(row, "Change priority")
    await keys.press("End")
    await done()
    await expect(page.locator(row)).to_contain_text("100")
    await act(row, "Move to a queue")
    await keys.type("bill")
    await done()  # to the first that is found
    await act(agent, "Change state")
    await keys.press("Space")  # the first: ready
    await done()
    await tab_to(page, f"[data-queue='{billing}'] .row-name")
    await keys.press("Enter")
    await page.wait_for_selector(row)
    await act(row, "Give to an agent")
    await done()  # to the first that is found
    await desk.page.wait_for_selector("[data-test=offer]")
    await tab_to(page, f"{agent} .row-name")
    await keys.press("Enter")
    await page.wait_for_selector("[data-test=drill] .hold")
    await tab_to(page, "[data-test=drill] .hold button:not(.row-name)")
    await keys.press("Enter")
    await expect(desk.page.locator("[data-test=offer]")).to_have_count(0)
    await act(agent, "Log out")
    await tab_to(page, "[data-test=confirm]")
    await done()
    await expect(page.locator(agent)).to_contain_text("Offline")

    assert (await centre.api.get(f"/v1/queues/{centre.queue_id}"))["closed"] is False
    assert {"contact.reprioritised", "contact.assigned", "offer.withdrawn", "queue.closed"} <= await audited(centre)


async def test_cards_are_chosen_and_kept_on_the_server_and_a_change_elsewhere_is_shown_beside_mine(
    centre: Any, visit: Any
) -> None:
    login = await centre.a_supervisor()
    first, second = await watch(centre, visit, login), await watch(centre, visit, login)
    await arrange(first.page, "Remove Waiting")
    await first.page.get_by_role("button", name="Save").click()
    await expect(first.page.locator("[data-card=waiting]")).to_have_count(0)
    await arrange(second.page, "Move Occupancy up")
    await second.page.get_by_role("button", name="Save").click()
    await expect(second.page.locator("[data-test=stale]")).to_contain_text("Longest now")
    await second.take_picture("live-stale-wide-light-en")
    await second.page.get_by_role("button", name="Keep mine").click()
    await expect(second.page.locator("dialog[open]")).to_have_count(0)
    await first.page.reload()

    await expect(first.page.locator("[data-card]").nth(4)).to_have_attribute("data-card", "occupancy")


async def arrange(page: Page, act: str) -> None:
    await page.click("[data-test=arrange-button]")
    await page.get_by_role("button", name=act).click()


async def test_a_wallboard_shows_the_queues_by_its_link_alone(centre: Any, visit: Any) -> None:
    boss, wall = await watch(centre, visit), await visit()
    await boss.page.get_by_role("button", name="Wallboard").click()
    await boss.page.click("[data-test=make-wallboard]")
    address = await boss.page.input_value("[data-test=wallboard-address]")
    asked: list[str] = []
    wall.page.on("request", lambda request: asked.append(request.url))
    await wall.page.goto(address)

    await expect(wall.page.locator("tbody tr")).to_contain_text("Shop 在线客服")
    await expect(wall.page.locator("[data-test=age]")).to_have_text("Live")
    assert not any(address.split("#")[1] in url for url in asked if "#" not in url), "the token reaches no log"
    await wall.take_picture("wallboard-wide-light-en")
