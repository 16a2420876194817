"""An agent talks by the page itself: a real browser registers with a real Asterisk, and both sides hear each other."""

import contextlib
import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from app import asterisk_config
from tests.browser.conftest import CHROMIUM, PASSWORD, REPOSITORY, SCREENS, Visitor, open_session
from tests.pbx.centre import PLAIN, Centre, centre
from tests.pbx.pbx import Pbx
from tests.pbx.sound import tone
from tests.serving import SECRET

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",  # a machine without a network has no other interface
]
LOGIN = "li.wei"
PHONE = "[data-test=softphone]"
# Every connection of the page is kept, so that it can be asked what came and went.
KEEP_PEERS = """
window.peers = []
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.peers.push(this) }
}
"""
FIGURES = """async () => {
  const found = { energy: 0, received: 0, sent: 0 }
  for (const each of (await window.peers.at(-1).getStats()).values()) {
    if (each.type === "inbound-rtp") found.energy = each.totalAudioEnergy
    if (each.type === "inbound-rtp") found.received = each.packetsReceived
    if (each.type === "outbound-rtp") found.sent = each.packetsSent
  }
  return found
}"""


@pytest.fixture(scope="module")
def phone_pbx() -> Iterator[Pbx]:
    """It has read a configuration in which there is no softphone yet."""
    with tempfile.TemporaryDirectory(prefix="jackfield-pbx-") as folder:
        made = Pbx.configured(Path(folder))
        etc = Path(folder) / "etc"
        (etc / asterisk_config.SOFTPHONES_FILE).write_text(asterisk_config.softphones([]))
        with (etc / "pjsip.conf").open("a") as file:
            file.write(f"\n#include {asterisk_config.SOFTPHONES_FILE}\n")
        (etc / "logger.conf").write_text("[general]\n[logfiles]\nfull => notice,warning,error,verbose,dtmf\n")
        made.start()
        yield made
        made.stop()


@dataclass(frozen=True, slots=True)
class Desk:
    """The agent's browser, and the centre in which they work."""

    here: Centre
    visitor: Visitor

    @property
    def page(self) -> Page:
        return self.visitor.page

    async def phone_is(self, sign: str, page: Page | None = None) -> None:
        await expect((page or self.page).locator(PHONE)).to_have_attribute("data-sign", sign)

    async def contact_is(self, state: str) -> None:
        await expect(self.page.locator("[data-test=contact] header [data-state]")).to_have_attribute(
            "data-state", state
        )

    async def takes_a_call(self, *caller: str) -> Any:
        party = self.here.sip.call(PLAIN, *caller)
        await self.page.click("[data-test=accept]")
        await expect(self.page.locator(PHONE)).to_have_attribute("data-call", "talking")
        await self.contact_is("talking")
        return party

    async def figures(self) -> dict[str, float]:
        found: dict[str, float] = await self.page.evaluate(FIGURES)
        return found

    async def what_comes_in(self, seconds: float = 1.0) -> dict[str, float]:
        """How much more there is of everything after this time."""
        before = await self.figures()
        await self.here.rest_a_while(seconds)
        after = await self.figures()
        return {name: after[name] - before[name] for name in after}


@contextlib.asynccontextmanager
async def desk(
    pbx: Pbx,
    database_url: str,
    folder: Path,
    theme: str = "light",
    language: str = "en-US",
    recording: str = "off",
    **session: Any,
) -> AsyncIterator[Desk]:
    """An agent with a softphone, hired while everything runs; their phone is registered, and they are ready."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    async with centre(pbx, database_url, folder, agents=0, recording=recording) as here, chromium() as browser:
        await hire(here)
        configure(here)
        visitor = await open_session(browser, theme=theme, language=language, **session)
        await visitor.page.context.add_init_script(KEEP_PEERS)
        made = Desk(here, visitor)
        await visitor.comes_to(here.server, LOGIN)
        await made.phone_is("ready")
        await here.until(functools.partial(is_reachable, here), why="the server knows that the phone is there")
        await visitor.become_ready()
        yield made
        assert visitor.complaints == []


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


async def hire(here: Centre) -> str:
    grants = [{"role": "agent", "company_id": here.premises.companies["acme"]}]
    user = await here.rest.post("/v1/users", {"login": LOGIN, "name": "Li Wei", "password": PASSWORD, "grants": grants})
    agent = await here.rest.post("/v1/agents", {"user_id": user["id"], "softphone": True})
    (asterisk,) = (await here.rest.get("/v1/asterisks"))["items"]
    socket = f"ws://127.0.0.1:{here.pbx.http_port}/ws"
    body = {"version": asterisk["version"], "sip_socket": socket}
    await here.rest.ask("PATCH", f"/v1/asterisks/{asterisk['id']}", body)
    return str(agent["id"])


def configure(here: Centre) -> None:
    """As an operator does it: the command, and a word to Asterisk."""
    environment = {**os.environ, "DATABASE_URL": here.database_url, "JACKFIELD_SECRET_KEY": SECRET}
    command = [sys.executable, "-m", "app.cli", "asterisk-config", str(here.pbx.folder / "etc")]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=REPOSITORY, timeout=60)
    here.pbx.say("module reload res_pjsip.so")


async def is_reachable(here: Centre) -> bool:
    rows = await here.fetch("SELECT phone_reachable FROM agent_state")
    return bool(rows) and all(row["phone_reachable"] for row in rows)


@pytest.mark.parametrize(("theme", "language"), [("light", "en-US"), ("dark", "zh-CN")])
async def test_an_agent_asks_somebody_outside_and_puts_the_caller_through(
    phone_pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, theme: str, language: str
) -> None:
    """By the dialog and the bar; a number that may not be called is said at its field."""
    async with desk(phone_pbx, new_database(), tmp_path, theme, language) as agent:
        page, outside = agent.page, agent.page.locator("[data-test=outside]")
        caller, theirs = await agent.takes_a_call("until"), agent.here.sip.outside("pause 20000", "bye")
        await page.keyboard.press("Alt+t")
        await page.click("[data-choice=number]")
        await page.fill("#transfer-number", "0900 1234567")
        await page.click("[data-test=consult]")
        await expect(page.locator("#transfer-number")).to_have_attribute("aria-invalid", "true")
        await agent.visitor.take_picture(f"outside-refused-{theme}-{language}")
        await page.fill("#transfer-number", "030 777001")
        await page.click("[data-test=consult]")
        await agent.contact_is("held")
        await expect(page.locator("[data-test=complete]")).to_be_visible()
        await expect(outside).to_contain_text("+4930777001")
        await page.click("[data-test=phone-swap]")
        await agent.contact_is("talking")
        await agent.visitor.take_picture(f"outside-waits-{theme}-{language}")
        await page.keyboard.press("Alt+o")
        await agent.contact_is("held")
        await page.click("[data-test=complete]")
        await agent.contact_is("wrap_up")
        await expect(page.locator(PHONE)).not_to_have_attribute("data-call", "talking")
        await theirs.over()
        await caller.over()
        await agent.here.nothing_is_left()


@pytest.mark.parametrize(("theme", "language"), [("light", "en-US"), ("dark", "zh-CN")])
async def test_an_agent_and_a_caller_hear_each_other_by_the_page_alone(
    phone_pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, theme: str, language: str
) -> None:
    """Through hold, retrieve, mute and keys, until the agent ends it."""
    sound = tone(tmp_path / "caller.ulaw", 440)
    async with desk(phone_pbx, new_database(), tmp_path, theme, language) as agent:
        page = agent.page
        await agent.visitor.take_picture(f"softphone-ready-{theme}-{language}")
        caller = await agent.takes_a_call(f"play {sound}", "until")
        talked = await agent.what_comes_in()

        await page.click("[data-test=phone-hold]")
        await agent.contact_is("held")
        await agent.here.rest_a_while(0.5)
        held = await agent.what_comes_in()
        await page.click("[data-test=phone-retrieve]")
        await agent.contact_is("talking")
        again = await agent.what_comes_in()

        await page.click("[data-test=mute]")
        await expect(page.locator("[data-test=mute]")).to_have_attribute("aria-pressed", "true")
        await page.keyboard.press("Alt+m")
        await expect(page.locator("[data-test=mute]")).to_have_attribute("aria-pressed", "false")

        await page.click("[data-test=keypad]")
        await page.click("[data-test=pad] [data-key='5']")
        await page.keyboard.press("7")
        await expect(page.locator("[data-test=pad] output")).to_have_text("57")
        await agent.visitor.take_picture(f"softphone-keypad-{theme}-{language}")
        log = phone_pbx.folder / "log" / "full"
        await agent.here.until(lambda: pressed(log)[-2:] == ["5", "7"], why=f"Asterisk hears the keys: {pressed(log)}")
        await page.keyboard.press("Escape")
        await expect(page.locator("[data-test=pad]")).to_have_count(0)
        await page.click("[data-test=phone-end]")
        await caller.over()
        await agent.here.nothing_is_left()
        await agent.phone_is("ready")
        (contact,) = await agent.here.contacts()

        assert talked["energy"] > 0.01
        assert talked["sent"] > 20
        assert held["energy"] < talked["energy"] / 10
        assert again["energy"] > 0.01
        assert contact["outcome"] == "handled"
        await expect(page.locator(PHONE)).not_to_have_attribute("data-call", "talking")


def pressed(log: Path) -> list[str]:
    """Keys that Asterisk heard from softphones, by its own log."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return [
        line.split("DTMF begin '")[1][0] for line in lines if "DTMF begin '" in line and "received on PJSIP/jf-" in line
    ]


@pytest.mark.parametrize(("theme", "language"), [("light", "en-US"), ("dark", "zh-CN")])
async def test_a_phone_stays_on_the_line_and_each_call_comes_to_it(
    phone_pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, theme: str, language: str
) -> None:
    """By a click; whoever ends a call, the phone stands until the agent leaves the line."""
    sound = tone(tmp_path / "caller.ulaw", 440)
    async with desk(phone_pbx, new_database(), tmp_path, theme, language, inspected=True) as agent:
        page, phone = agent.page, agent.page.locator(PHONE)
        await page.click("[data-test=phone-sign]")
        await page.click("[data-test=stand]")
        await expect(phone).to_have_attribute("data-call", "talking")
        broken = await agent.visitor.broken_rules()
        await agent.visitor.take_picture(f"softphone-stands-{theme}-{language}")
        await page.keyboard.press("Escape")
        silence = await agent.what_comes_in()
        caller = await agent.takes_a_call(f"play {sound}", "until")
        talked = await agent.what_comes_in()
        await page.click("[data-test=phone-end]")
        await caller.over()
        await agent.contact_is("wrap_up")
        await expect(phone).to_have_attribute("data-call", "talking")
        await expect(page.locator("[data-test=contact]")).to_have_count(0)
        again = await agent.takes_a_call("pause 1500", "bye")
        await again.over()
        await agent.contact_is("wrap_up")
        await agent.visitor.take_picture(f"softphone-stands-wrap-up-{theme}-{language}")
        await expect(page.locator("[data-test=contact]")).to_have_count(0)
        await page.click("[data-test=phone-end]")
        await expect(page.locator("[data-test=mute]")).to_have_count(0)
        await agent.phone_is("ready")
        await agent.here.nothing_is_left()

        assert broken == []
        assert silence["energy"] < 0.001
        assert talked["energy"] > 0.01
        assert talked["sent"] > 20


async def test_the_caller_goes_first_and_the_phone_is_ready_again(
    phone_pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with desk(phone_pbx, new_database(), tmp_path) as agent:
        caller = await agent.takes_a_call("pause 1500", "bye")
        await caller.over()
        await agent.here.nothing_is_left()
        await expect(agent.page.locator("[data-test=mute]")).to_have_count(0)
        await agent.phone_is("ready")


async def test_the_desk_says_that_a_call_is_recorded_and_an_agent_pauses_that(
    phone_pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """By a key, and on again by a click; and it says nothing any more when the call is over."""
    async with desk(phone_pbx, new_database(), tmp_path, recording="always", inspected=True) as agent:
        page, sign = agent.page, agent.page.locator("[data-test=recording]")
        await agent.takes_a_call("until")
        await expect(sign).to_have_text("Recording")
        await page.keyboard.press("Alt+p")
        await expect(sign).to_have_text("Recording paused")
        broken = await agent.visitor.broken_rules()
        await agent.visitor.take_picture("recording-paused-light-en-US")
        await page.click("[data-test=resume_recording]")
        await expect(sign).to_have_text("Recording")
        await agent.visitor.take_picture("recording-light-en-US")
        await page.click("[data-test=phone-end]")
        await agent.contact_is("wrap_up")
        await expect(sign).to_have_text("")
        await agent.here.nothing_is_left()
    assert broken == []


async def test_of_two_tabs_one_has_the_phone_and_the_other_takes_over(
    phone_pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with desk(phone_pbx, new_database(), tmp_path) as agent:
        second = await agent.visitor.context.new_page()
        await second.goto(f"{agent.here.server.url}/desk")
        await agent.phone_is("other_tab", second)
        await agent.phone_is("ready")
        await agent.page.close()
        await agent.phone_is("ready", second)


async def test_a_call_that_follows_on_no_offer_rings_and_is_let_go_or_answered(
    phone_pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with desk(phone_pbx, new_database(), tmp_path, width=390, inspected=True) as agent:
        (row,) = await agent.here.fetch("SELECT phone_address FROM agent")
        phone_pbx.say(f"channel originate {row['phone_address']} application Wait 30")
        await agent.page.click("[data-test=refuse]")
        await expect(agent.page.locator("[data-test=incoming]")).to_have_count(0)
        phone_pbx.say(f"channel originate {row['phone_address']} application Wait 30")
        await expect(agent.page.locator("[data-test=incoming]")).to_be_visible()
        broken = await agent.visitor.broken_rules()
        await agent.visitor.take_picture("softphone-rings-narrow-light-en-US")
        await agent.page.click("[data-test=answer]")
        await expect(agent.page.locator(PHONE)).to_have_attribute("data-call", "talking")
        await agent.page.click("[data-test=keypad]")
        await agent.page.locator("[data-test=pad]").wait_for()
        broken += await agent.visitor.broken_rules()
        is_wider = await agent.visitor.is_wider_than_the_screen()
        await agent.page.keyboard.press("Escape")
        await agent.page.click("[data-test=phone-end]")
        await expect(agent.page.locator("[data-test=mute]")).to_have_count(0)
        await agent.here.nothing_is_left()

        assert broken == []
        assert not is_wider


async def test_the_microphone_is_tested_in_a_dialog(
    phone_pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """The browser's own beeps are heard; what is chosen is remembered."""
    async with desk(phone_pbx, new_database(), tmp_path, inspected=True) as agent:
        page = agent.page
        await page.click("[data-test=phone-sign]")
        await page.click("[data-test=test-microphone]")
        await page.wait_for_function("Number(document.querySelector('[data-test=level]')?.ariaValueNow) > 20")
        await agent.visitor.take_picture("softphone-devices-light-en-US")
        broken = await agent.visitor.broken_rules()
        options = page.locator("#phone-microphone option")
        await expect(options.nth(1)).to_contain_text("Fake")
        await page.select_option("#phone-microphone", index=1)
        chosen = await page.input_value("#phone-microphone")
        await page.keyboard.press("Escape")
        await page.reload()
        await agent.phone_is("ready")

        assert broken == []
        assert chosen != ""
        assert await page.evaluate("localStorage.getItem('jackfield.microphone')") == chosen


async def test_a_phone_that_asterisk_does_not_know_is_told_in_the_bar(
    phone_pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(phone_pbx, new_database(), tmp_path, agents=0) as here, chromium() as browser:
        await hire(here)
        visitor = await open_session(browser)
        await visitor.comes_to(here.server, LOGIN)

        await expect(visitor.page.locator("[data-test=phone-sign]")).to_contain_text("refuses this phone")
        await expect(visitor.page.locator(PHONE)).to_have_attribute("data-sign", "off")
