"""What was recorded is played on the contact's page, in a real browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.browser.conftest import CHROMIUM, PASSWORD, SCREENS, open_session
from tests.pbx.centre import PLAIN, centre
from tests.pbx.pbx import Pbx
from tests.pbx.sound import tone

pytestmark = pytest.mark.browser


async def test_a_supervisor_hears_the_recording_on_the_contacts_page(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    SCREENS.mkdir(parents=True, exist_ok=True)
    async with centre(pbx, new_database(), tmp_path, agents=1, recording="always") as here:
        grants = [{"role": "supervisor", "company_id": here.premises.companies["acme"]}]
        boss = {"login": "boss", "name": "Boss", "password": PASSWORD, "grants": grants}
        await here.rest.post("/v1/users", boss)
        here.desks["anna"].choose("ready")
        here.sip.phone(f"play {tone(tmp_path / 'anna.ul', 660.0)}", "until")
        here.sip.call(PLAIN, f"play {tone(tmp_path / 'caller.ul', 440.0)}", "until")
        segment = await here.until_state("talking")
        await here.rest_a_while(1.5)
        here.desks["anna"].do("end", segment)
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
            )
            visitor = await open_session(browser)
            await visitor.comes_to(here.server, "boss", "live")
            await visitor.page.goto(f"{here.server.url}/contacts/{contact['id']}")
            recording = visitor.page.locator("[data-test=recording]")
            await expect(recording).to_have_count(1)
            await expect(recording).to_contain_text("anna", ignore_case=True)
            head, player = visitor.page.locator("[data-test=playhead]"), visitor.page.locator("[data-test=player]")
            whole_s = float(await head.get_attribute("aria-valuemax") or 0)
            await visitor.page.click("[data-test=play]")
            await expect(player).to_have_attribute("data-playing", "true")
            await expect(player).to_have_attribute("data-playing", "false")
            played_s = float(await head.get_attribute("aria-valuenow") or 0)
            await visitor.page.screenshot(path=SCREENS / "recordings-light-en-US.png", full_page=True)
            other = await open_session(browser, width=390, theme="dark", language="zh-CN")
            await other.comes_to(here.server, "boss", "live")
            await other.page.goto(f"{here.server.url}/contacts/{contact['id']}")
            await expect(other.page.locator("[data-test=recording]")).to_contain_text("第1段")
            await other.page.screenshot(path=SCREENS / "recordings-narrow-dark-zh-CN.png", full_page=True)
            await browser.close()
        heard = await here.fetch("SELECT 1 FROM audit WHERE action = 'recording.heard'")
    assert 1.0 <= whole_s <= 3.0, "of whole seconds"
    assert played_s == whole_s, "to its end"
    assert heard, "who listens is noted"
