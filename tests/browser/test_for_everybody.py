"""Can everybody use every page: with a screen reader, with the keyboard alone, on a narrow screen and magnified?"""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import LOOKS, PASSWORD, tab_to

pytestmark = pytest.mark.browser

NARROW, MAGNIFIED = {"width": 390, "height": 844}, {"width": 640, "height": 400}  # 200 % of 1280 × 800


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_no_page_of_the_desk_breaks_an_accessibility_rule(
    centre: Any, visit: Any, theme: str, language: str
) -> None:
    visitor = await visit(theme=theme, language=language, inspected=True)
    page = visitor.page
    await page.goto(centre.server.url + "/")
    await page.wait_for_selector("#login")
    broken = await visitor.broken_rules()
    await page.click("form button[type=submit]")
    await page.wait_for_selector("[aria-invalid=true]")
    broken += await visitor.broken_rules()
    await visitor.log_in(centre)
    broken += await visitor.broken_rules()
    await visitor.become_ready()
    await centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")
    broken += await visitor.broken_rules()
    await page.click("[data-test=accept]")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    broken += await visitor.broken_rules()
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("[data-test=transfer-dialog] label")
    broken += await visitor.broken_rules()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+d")
    await page.wait_for_selector("[data-test=dial-dialog] label")
    broken += await visitor.broken_rules()
    await page.click("[data-choice=agent]")
    broken += await visitor.broken_rules()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+e")
    await page.wait_for_selector("[data-test=finish]")
    await page.click("#disposition")
    await page.wait_for_selector("[role=option]")
    broken += await visitor.broken_rules()
    await page.keyboard.press("Escape")
    await page.click("[data-test=state]")
    broken += await visitor.broken_rules()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+/")
    broken += await visitor.broken_rules()

    assert broken == []


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_no_other_page_breaks_an_accessibility_rule(centre: Any, visit: Any, theme: str, language: str) -> None:
    visitor = await visit(theme=theme, language=language, inspected=True)
    page = visitor.page
    await visitor.log_in(centre)
    contact_id = await visitor.talks_in_a_chat(centre)
    await page.goto(f"{centre.server.url}/contacts/{contact_id}")
    await page.wait_for_selector("[data-test=events]")
    await page.click("[data-test=terms]")
    broken = await visitor.broken_rules()
    await page.goto(centre.server.url + "/settings")
    await page.click("[data-test=password] button[type=submit]")
    await page.wait_for_selector("[aria-invalid=true]")
    broken += await visitor.broken_rules()
    await page.goto(centre.server.url + "/figures")
    await page.locator("[data-test=queue]").click()
    broken += await visitor.broken_rules()
    await page.goto(centre.server.url + "/wallboard#nobodys-token")
    await page.wait_for_selector("[data-test=wallboard]")
    broken += await visitor.broken_rules()

    assert broken == []


@pytest.mark.parametrize("size", [NARROW, MAGNIFIED], ids=["390 px", "200 %"])
async def test_no_page_scrolls_sideways_and_what_is_done_there_can_be_pressed(
    centre: Any, visit: Any, size: Any
) -> None:
    visitor = await visit(width=size["width"])
    page, narrow = visitor.page, Narrow(visitor)
    await page.set_viewport_size(size)
    await page.goto(centre.server.url + "/")
    await narrow.look("log-in", "form button[type=submit]")
    await visitor.log_in(centre)
    await narrow.look("desk", "[data-test=state]", "[data-test=next-step]")
    await visitor.become_ready()
    contact_id = await centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")
    await narrow.look("offer", "[data-test=accept]", "[data-test=decline]")
    await page.click("[data-test=accept]")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await narrow.look("contact", "[data-test=transfer]", "[data-test=end]", "#note")
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("[data-test=transfer-dialog]")
    await narrow.look("transfer", "[data-choice=agent]", "[data-test=do-transfer]")
    await page.keyboard.press("Escape")
    await page.click("[data-test=dial]")
    await page.wait_for_selector("[data-test=dial-dialog]")
    await narrow.look("dial", "#dial-number", "[data-choice=agent]", "[data-test=do-dial]")
    await page.keyboard.press("Escape")
    await page.click("[data-test=end]")
    await page.wait_for_selector("[data-test=finish]")
    await narrow.look("wrap-up", "#disposition", "[data-test=finish]")
    for address, pressed in (
        (f"contacts/{contact_id}", "[data-test=terms]"),
        ("settings", "[data-test=password] button[type=submit]"),
        ("figures", "[data-test=queue]"),
        ("wallboard#token", None),
    ):
        await page.goto(f"{centre.server.url}/{address}")
        await page.wait_for_selector("main > *, main p")
        await narrow.look(address, *filter(None, [pressed]))
        await visitor.take_picture(f"{address.split('/')[0].split('#')[0]}-{size['width']}-light-en")
    await page.goto(f"{centre.server.url}/live")
    await page.wait_for_selector("[data-test=agents] tbody tr")
    await narrow.look("live", *LIVE_BUTTONS, "[data-test=queues] .dots", "[data-test=agents] .dots")
    for button, within in zip(LIVE_BUTTONS, LIVE_SHEETS, strict=True):
        await page.click(button)
        await page.wait_for_selector("dialog[open]")
        await narrow.look(button, within)
        await page.keyboard.press("Escape")
    await page.locator("[data-test=queues] .dots").click()
    await page.get_by_role("menuitem", name="Close the queue").click()
    await narrow.look("close a queue", "#message", "[data-test=confirm]")

    assert narrow.broken == []


LIVE_BUTTONS = [f"[data-test={each}-button]" for each in ("alerts", "definitions", "arrange", "wallboard")]
LIVE_SHEETS = [
    "dialog header button",
    "dialog header button",
    "dialog button[type=submit]",
    "[data-test=make-wallboard]",
]
# Where a finger would press: in sight after scrolling to it, and under nothing else.
CAN_BE_PRESSED = """element => {
    element.scrollIntoView({block: "center", inline: "nearest"})
    const {left, right, top, bottom} = element.getBoundingClientRect()
    const [x, y] = [(left + right) / 2, (top + bottom) / 2]
    const hit = document.elementFromPoint(x, y)
    const isInSight = left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight
    return isInSight && !!hit && (element.contains(hit) || hit.contains(element))
}"""


class Narrow:
    """What is wider than the screen, or cannot be reached."""

    def __init__(self, visitor: Any) -> None:
        self.visitor = visitor
        self.broken: list[str] = []

    async def look(self, name: str, *pressed: str) -> None:
        if await self.visitor.is_wider_than_the_screen():
            self.broken.append(f"{name}: scrolls sideways")
        for selector in pressed:
            if not await self.visitor.page.locator(selector).first.evaluate(CAN_BE_PRESSED):
                self.broken.append(f"{name}: {selector} cannot be pressed")


async def test_a_contact_is_served_from_log_in_to_log_out_by_the_keyboard_alone(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page, keys = visitor.page, visitor.page.keyboard
    await page.goto(centre.server.url + "/")
    await page.wait_for_selector("#login:focus")
    await keys.type(centre.login)
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await page.wait_for_selector("[data-test=state][data-state=offline]")
    await keys.press("Alt+s")
    await page.wait_for_selector("[role=menuitemradio]:focus")
    await keys.press("Home")
    await keys.press("Enter")
    await page.wait_for_selector("[data-test=state][data-state=ready]")
    contact_id = await centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")
    await keys.press("Alt+a")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await page.wait_for_selector("#disposition")
    await keys.press("Alt+n")
    await keys.type("Wants the invoice by post.")
    await keys.press("Shift+Tab")
    await page.wait_for_selector("#disposition:focus")
    await keys.press("Enter")
    await page.wait_for_selector("[role=option]")
    await keys.type("Call")
    await keys.press("Enter")
    await expect(page.locator("#disposition")).to_have_value("Callback promised")
    await keys.press("Alt+e")
    await page.wait_for_selector("[data-test=finish]")
    await keys.press("Alt+w")
    await expect(page.locator("[data-test=contact]")).to_have_count(0)
    await tab_to(page, "[aria-label='Log out']")
    await keys.press("Enter")
    await page.wait_for_selector("#login")

    (segment,) = (await centre.api.get(f"/v1/contacts/{contact_id}"))["segments"]
    assert (segment["state"], segment["note"]) == ("done", "Wants the invoice by post.")
    assert segment["disposition_id"] is not None
    assert visitor.complaints == []


async def test_a_missed_offer_is_seen_by_the_supervisor_and_cleared_at_the_desk_by_the_keyboard_alone(
    impatient_centre: Any, visit: Any
) -> None:
    """What is pressed goes from the page each time, and the focus goes on to what is next."""
    centre = impatient_centre
    billing = await centre.one_more_queue("Billing", skill=f"invoices_{centre.queue_id[-6:]}")  # which nobody has
    desk, boss = await visit(), await visit()
    await desk.log_in(centre)
    await desk.become_ready()
    await centre.chat_arrives()
    await centre.chat_arrives(billing)
    await desk.page.wait_for_selector("[data-test=flag]")
    await boss.log_in(centre, await centre.a_supervisor())
    page, keys = boss.page, boss.page.keyboard
    await expect(page.locator("[data-test=alerts-button] .count")).to_have_text(
        "3"
    )  # who missed it, and two queues without anybody
    await tab_to(page, "[data-test=alerts-button]")
    await keys.press("Enter")
    await tab_to(page, "[data-test=alerts] button")
    for left in (2, 1, 0):
        await keys.press("Enter")
        await expect(page.locator("[data-test=alerts] button")).to_have_count(left)
        await page.wait_for_selector("[data-test=alerts] button:focus" if left else "dialog[open] header button:focus")
    await boss.take_picture("live-alerts-seen-wide-light-en")
    await keys.press("Escape")
    await page.wait_for_selector("[data-test=alerts-button]:focus")
    await tab_to(desk.page, "[data-test=back]")
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("[data-test=flag]")).to_have_count(0)
    await desk.page.wait_for_selector("[data-test=state]:focus")

    assert desk.complaints == boss.complaints == []


async def test_a_result_is_chosen_by_keys_and_a_screen_reader_hears_which(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page, keys = visitor.page, visitor.page.keyboard
    await visitor.log_in(centre)
    await visitor.talks_in_a_chat(centre)
    field, options = page.get_by_role("combobox", name="Result"), page.get_by_role("option")
    await expect(field).to_have_attribute("aria-expanded", "false")
    await field.focus()
    await keys.press("ArrowDown")
    await expect(field).to_have_attribute("aria-expanded", "true")
    await expect(page.get_by_role("listbox", name="Result")).to_have_id(str(await field.get_attribute("aria-controls")))
    heard = [await heard_at(page)]
    await keys.press("ArrowDown")
    heard.append(await heard_at(page))
    await visitor.take_picture("desk-result-wide-light-en")
    await keys.press("Enter")
    await expect(field).to_have_value("Callback promised")
    await expect(field).to_have_attribute("aria-expanded", "false")
    await keys.press("ArrowUp")
    heard.append(await heard_at(page))  # opened at what was chosen
    chosen = await page.get_by_role("option", selected=True).all_inner_texts()
    await keys.type("nothing like it")
    await expect(options).to_have_count(0)
    await expect(page.locator("[data-test=wrap-up] [role=status]")).to_have_text("Nothing found for “nothing like it”.")
    await keys.press("Escape")
    await expect(field).to_have_value("Callback promised")
    await keys.press("Enter")
    await keys.press("Delete")
    await keys.press("Tab")  # whoever has emptied the field wants none
    await expect(field).to_have_value("")

    assert heard == ["Solved", "Callback promised", "Callback promised"]
    assert chosen == ["Callback promised"]
    await expect(page.locator("#note")).to_be_focused()
    assert visitor.complaints == []


async def heard_at(page: Any) -> str:
    """The option that a screen reader names while the focus stays in the field."""
    active = await page.locator("#disposition:focus").get_attribute("aria-activedescendant")
    return str(await page.locator(f"#{active}[role=option]").inner_text())


async def test_a_question_mark_shows_the_keys_and_focus_returns(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await page.focus("[data-test=state]")
    await page.keyboard.press("?")
    await page.wait_for_selector("dialog[open] kbd")
    shown = await page.locator("dialog[open] kbd").count()
    await page.keyboard.press("Escape")

    await expect(page.locator("dialog[open]")).to_have_count(0)
    await expect(page.locator("[data-test=state]")).to_be_focused()
    assert shown >= 12


async def test_an_offer_is_announced_and_stands_in_the_title(centre: Any, visit: Any) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.log_in(centre)
    await visitor.become_ready()
    await centre.chat_arrives()
    await page.wait_for_selector("[data-test=offer]")

    await expect(page.locator("[aria-live=assertive]")).to_have_text("Offer: Chat, Shop 在线客服")
    assert (await page.title()).startswith("(1) ")
