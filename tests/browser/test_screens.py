"""How does every page look on a busy day? Pictures of the demo's companies, of which docs/screens.md shows some.

Played customers and agents come through the public doors; whoever looks is a person at a browser. Each page is seen
wide and narrow, in English and light, in Chinese and dark. All of it is in build/screens/tour; `make screens` puts
what the documents name into docs/screens.
"""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from app.launch import operator_key
from floor import demo_company, demo_customers
from floor.demo import elsewhere
from floor.demo_company import FIRM, OTHER
from floor.demo_staff import Pace, Staff, manner
from floor.demo_visits import Visits
from floor.opening import Floor, open_floor
from tests.browser.conftest import REPOSITORY, SCREENS

pytestmark = pytest.mark.browser

TOUR = SCREENS / "tour"
SHOWN = REPOSITORY / "docs" / "screens.md"
SIZES = {"wide": (1280, 800), "narrow": (390, 844)}
LANGUAGES: tuple[tuple[str, Any], ...] = (("en", "light"), ("zh-CN", "dark"))
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
CUSTOMERS = 30  # few, so that most have been here before
PAST = 60  # letters that were answered before anybody looks
QUALITY = 0.82
WAIT_MS = 60_000


@dataclass(slots=True)
class Album:
    """What one person sees, page after page."""

    page: Page
    language: str
    wide: list[str] = field(default_factory=list)  # pages that scroll sideways, and should not

    async def take(self, name: str) -> None:
        for size, (width, height) in SIZES.items():
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.wait_for_timeout(250)  # what moves shall have arrived; nothing is asserted about it
            if await self.page.evaluate(SIDEWAYS):
                self.wide.append(f"{name}, {size}")
            picture, file = await self.page.screenshot(), TOUR / f"{name}-{size}-{self.language}.png"
            file.write_bytes(picture)
            if f"screens/{file.stem}.webp" in SHOWN.read_text():
                file.with_suffix(".webp").write_bytes(await reduced(self.page, picture))
        await self.page.set_viewport_size({"width": 1280, "height": 800})


async def reduced(page: Page, picture: bytes) -> bytes:
    """As WebP, by the browser's own encoder; on a page beside it, which has no policy against it."""
    beside = await page.context.new_page()
    script = """async ([data, quality]) => {
        const image = new Image()
        image.src = data
        await image.decode()
        const canvas = Object.assign(document.createElement("canvas"), {width: image.width, height: image.height})
        canvas.getContext("2d").drawImage(image, 0, 0)
        return canvas.toDataURL("image/webp", quality).split(",")[1]
    }"""
    data = "data:image/png;base64," + base64.b64encode(picture).decode()
    encoded = await beside.evaluate(script, [data, QUALITY])
    await beside.close()
    return base64.b64decode(encoded)


@contextlib.asynccontextmanager
async def a_busy_day(server: Any) -> AsyncIterator[Floor]:
    wish, played, pace = demo_company.wish(), demo_company.played(), Pace(hurry=True)
    fewer = [replace(company, customers=company.customers[:CUSTOMERS]) for company in wish.companies]
    async with open_floor(
        server.url,
        await operator_key(server.database_url, "screens"),
        replace(wish, companies=fewer),
        manner=lambda login: manner(pace),
        seated=lambda login: login in played,
    ) as floor:
        customers = {FIRM: demo_customers.of_firm()[:CUSTOMERS], OTHER: demo_customers.of_other()[:CUSTOMERS]}
        visits = Visits(floor, customers, known_share=1.0)
        shifts = {login: shift for login, (_, shift) in played.items()}
        staff = Staff({login: floor.desk(login) for login in played}, shifts, elsewhere(floor), pace)
        at_work = asyncio.create_task(staff.work())
        coming = None
        try:
            with contextlib.suppress(TimeoutError):  # a slow machine has a shorter past
                await visits.catch_up(PAST)
            pace.hurry = False
            coming = asyncio.create_task(visits.come())
            yield floor
        finally:
            for task in filter(None, (at_work, coming)):
                task.cancel()


async def logged_in(chromium: Browser, server: Any, login: str, language: str, theme: Any) -> Page:
    context = await chromium.new_context(locale=language, color_scheme=theme)
    context.set_default_timeout(WAIT_MS)
    page = await context.new_page()
    await page.goto(server.url + "/")
    await page.fill("#login", login)
    await page.fill("#password", demo_company.PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-test=state], [data-test=age]")
    return page


async def agents_day(album: Album) -> str:
    """The contact that she served."""
    page = album.page
    await album.take("desk-offline")
    await page.keyboard.press("Alt+r")
    await page.wait_for_selector("[data-test=offer]")
    await page.wait_for_selector("[data-test=card]")
    await album.take("desk-offer")
    await page.keyboard.press("Alt+a")
    await page.wait_for_selector("[data-test=contact] [data-state=talking]")
    await album.take("desk-contact")
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("[data-test=transfer-dialog] label")
    await album.take("desk-transfer-queue")
    await page.click("[data-choice=agent]")
    await page.wait_for_selector("[data-test=transfer-dialog] label")
    await album.take("desk-transfer-agent")
    await page.keyboard.press("Escape")
    await page.click("[data-test=state]")
    await album.take("desk-states")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+e")
    await page.wait_for_selector("[data-test=finish]")
    await album.take("desk-wrap-up")
    await page.keyboard.press("Alt+/")
    await page.wait_for_selector("dialog[open] kbd")
    await album.take("desk-keys")
    await page.keyboard.press("Escape")
    contact_id = await page.locator("[data-test=contact] .id").inner_text()
    await page.fill("#note", "Viewing on Saturday at ten; brings the papers.")
    await page.keyboard.press("Alt+w")
    await page.goto(page.url.replace("/desk", "/settings"))
    await page.wait_for_selector("[data-test=password]")
    await album.take("settings")
    return contact_id


async def supervisors_day(album: Album, base: str, contact_id: str) -> None:
    page = album.page
    await page.wait_for_selector("[data-test=agents] tbody tr")
    await album.take("live")
    for name, button, shown in (
        ("alerts", "alerts-button", "dialog[open]"),
        ("definitions", "definitions-button", "dialog[open] dl"),
        ("wallboard-link", "wallboard-button", "[data-test=make-wallboard]"),
    ):
        await page.click(f"[data-test={button}]")
        await page.wait_for_selector(shown)
        await album.take(f"live-{name}")
        await page.keyboard.press("Escape")
    await page.click("[data-test=arrange-button]")
    for tab in ("cards", "columns", "thresholds"):
        await page.click(f"[data-test=arrange] [data-choice={tab}]")
        await album.take(f"live-arrange-{tab}")
    await page.keyboard.press("Escape")
    agent = page.locator("[data-test=agents] tbody tr:has(.is-busy)").first  # one who is there, and not flagged
    for n, act in ((0, "set_state"), (1, "skills"), (2, "log_out")):
        await agent.locator(".dots").click()
        await page.get_by_role("menuitem").nth(n).click()
        await page.wait_for_selector("dialog[open]")
        await album.take(f"live-{act}")
        await page.keyboard.press("Escape")
    await page.locator("[data-test=queues] tbody tr .dots").first.click()
    await page.get_by_role("menuitem").nth(1).click()
    await album.take("live-close_queue")
    await page.keyboard.press("Escape")
    await agent.locator(".row-name").click()
    await page.wait_for_selector("[data-test=drill]")
    await album.take("live-agent")
    await page.locator("[data-test=queues] .row-name").first.click()
    await album.take("live-queue")
    await page.goto(f"{base}/contacts/{contact_id}")
    await page.wait_for_selector("[data-test=events]")
    await album.take("contact")
    await page.click("[data-test=terms]")
    await page.locator("[data-test=decisions]").scroll_into_view_if_needed()
    await album.take("contact-decisions")
    await page.goto(f"{base}/figures")
    await page.locator("[data-test=queue]").first.click()
    await album.take("figures")
    await page.goto(f"{base}/live")
    await page.click("[data-test=wallboard-button]")
    await page.click("[data-test=make-wallboard]")
    address = await page.input_value("[data-test=wallboard-address]")
    await page.goto("about:blank")
    await page.goto(address)
    await page.wait_for_selector("tbody tr")
    await album.take("wallboard")


@pytest.mark.screens
@pytest.mark.parametrize(("language", "theme"), LANGUAGES)
async def test_every_page_is_seen_on_a_busy_day(chromium: Browser, server: Any, language: str, theme: Any) -> None:
    TOUR.mkdir(parents=True, exist_ok=True)
    async with a_busy_day(server):
        context = await chromium.new_context(locale=language, color_scheme=theme)
        before = Album(await context.new_page(), language)
        await before.page.goto(server.url + "/")
        await before.page.wait_for_selector("#login")
        await before.take("login")
        agent = Album(await logged_in(chromium, server, "anna", language, theme), language)
        contact_id = await agents_day(agent)
        boss = Album(await logged_in(chromium, server, "sara", language, theme), language)
        await supervisors_day(boss, server.url, contact_id)

    assert before.wide + agent.wide + boss.wide == []
