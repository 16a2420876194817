"""Does a supervisor hear a call as it was: each part in its place, who had it, and nothing of what lies between?

One call, which two agents have one after the other, goes through a real server; its sounds are put where the server
puts what a telephone system brings home. (That an Asterisk brings them is told in tests/pbx.)
"""

import asyncio
import functools
import io
import json
import re
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from app.sealed_files import SealedFiles
from app.store import recordings
from app.store.database import Database
from app.store.files import FileBlobs
from app.switchboard import new_id
from tests.api.test_vcon import READER
from tests.browser.conftest import LOOKS, PASSWORD, SCREENS, Visitor, open_session, tab_to
from tests.browser.phone_desks import open_call_centre
from tests.conftest import outside_any_loop
from tests.pbx.sound import RATE, sine
from tests.serving import SECRET, Server, api_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NAMES = ("Ada Lund", "Ben Okoye")
TALK_S, HOLD_S = 1.6, 0.8
PLAYHEAD = "[data-test=playhead]"
DRAWN = """strips => strips.map(strip => {
  const { left, right } = strip.getBoundingClientRect()
  return [strip.classList[1], Math.round(left), Math.round(right)]
})"""
# What a screen reader would say of the play head, and what is said beside it, each change once.
NOTE_WHAT_IS_SAID = """() => {
  window.said = { titles: [], skipped: [], seconds: [] }
  const add = (list, one) => one && list.at(-1) !== one && list.push(one)
  const look = () => {
    const head = document.querySelector("[data-test=playhead]")
    add(window.said.titles, head.getAttribute("aria-valuetext").replace(/^.*?, /, ""))
    add(window.said.seconds, Number(head.getAttribute("aria-valuenow")))
    const status = document.querySelector("[data-test=player] [role=status]").textContent
    if (status.startsWith("Skipped")) add(window.said.skipped, status)
  }
  look()
  const everything = { subtree: true, attributes: true, childList: true, characterData: true }
  new MutationObserver(look).observe(document.body, everything)
}"""


def wav(hertz: float, seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes((sine(hertz, seconds) * 32767).astype(np.dtype("<i2")).tobytes())
    return file.getvalue()


@dataclass(slots=True)
class Recorded:
    """A call that is over. `parts`: ids of its recordings, in their order."""

    server: Server
    chromium: Browser
    company_id: str
    contact_id: str
    boss: str  # a supervisor's login
    parts: list[str] = field(default_factory=list)

    async def opens(self, **looks: Any) -> tuple[Visitor, Page]:
        """The supervisor, at the page of the contact."""
        visitor = await open_session(self.chromium, **looks)
        await visitor.comes_to(self.server, self.boss, "live")
        await visitor.page.goto(f"{self.server.url}/contacts/{self.contact_id}")
        await visitor.page.wait_for_selector(PLAYHEAD)
        return visitor, visitor.page


@pytest.fixture(scope="module")
def server(new_database_of_module: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    environment = {"JACKFIELD_BLOB_DIR": str(folder / "blobs"), "JACKFIELD_LOGIN_ATTEMPTS_PER_MINUTE": "1000"}
    started = Server(new_database_of_module(), folder / "server.log", environment=environment)
    started.start()
    try:
        outside_any_loop(started.until_ready)
        yield started
    finally:
        started.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recorded(server: Server, shared_chromium: Browser) -> AsyncIterator[Recorded]:
    visit = functools.partial(open_session, shared_chromium)
    async with api_of(server) as api, open_call_centre(server, api, visit, NAMES) as centre:
        ada, ben = centre.seats
        phone = centre.telephone
        await ada.becomes_ready()
        call = await centre.is_called()
        await ada.accepts()
        await phone.does("connect")
        await asyncio.sleep(TALK_S)
        await ada.clicks("hold")
        await phone.does("hold")
        await asyncio.sleep(HOLD_S)
        await ada.clicks("retrieve")
        await phone.does("retrieve")
        await asyncio.sleep(TALK_S)
        await ben.becomes_ready()
        await ada.transfers_to(ben)
        await ben.accepts()
        await phone.does("connect")
        await asyncio.sleep(TALK_S)
        await call.hangs_up()
        phone.lets_go()
        for seat in (ada, ben):
            await seat.wraps_up("Solved")
        story = await centre.story(call.contact_id)
        body = {"login": "sara.boss", "name": "Sara Lind", "password": PASSWORD}
        await api.post("/v1/users", body | {"grants": [{"role": "supervisor", "company_id": centre.company_id}]})
        made = Recorded(server, shared_chromium, centre.company_id, call.contact_id, body["login"])
        made.parts = await keep_sounds(server, story)
        yield made


async def keep_sounds(server: Server, story: Any) -> list[str]:
    """As the server keeps what is brought home: from when they talked, or retrieved, until they held or ended."""
    files = SealedFiles(FileBlobs(Path(server.environment["JACKFIELD_BLOB_DIR"])), SECRET.encode())
    database, ids = Database.connect(server.database_url, connections=1), []
    begins, ends = ("segment.connected", "segment.retrieved"), ("segment.held", "segment.ended")
    told = [each for each in story["events"] if each["kind"] in (*begins, *ends)]
    for n, (begin, end) in enumerate(zip(told[::2], told[1::2], strict=True), 1):
        assert begin["kind"] in begins
        assert end["kind"] in ends
        length_ms = end["at_ms"] - begin["at_ms"]
        values = {
            "blob_id": new_id(), "contact_id": story["contact"]["id"], "segment_id": begin["segment_id"],
            "kind": "call", "part": n, "began_at": begin["at_ms"] * 1000, "length_ms": length_ms,
        }  # fmt: skip
        await recordings.keep(database.engine, files, values, wav(220.0 * n, length_ms / 1000))
        ids.append(values["blob_id"])
    await database.dispose()
    return ids


async def test_the_lanes_show_who_had_the_call_and_what_lay_between(recorded: Recorded) -> None:
    visitor, page = await recorded.opens()

    await expect(page.locator("[data-test=lane]")).to_have_text(["Customer", *NAMES])
    parts = page.locator("[data-test=recording]")
    await expect(parts).to_have_count(3)
    for n, (agent, between) in enumerate([("Ada Lund", "On hold 0:0"), ("Ada Lund", "Waiting 0:0"), ("Ben Okoye", "")]):
        await expect(parts.nth(n)).to_contain_text(f"Part {n + 1}, with {agent}")
        await expect(parts.nth(n)).to_contain_text(between)
    await expect(page.locator("[data-test=gap]")).to_have_count(2)
    drawn = [await page.locator(f"{PLAYHEAD} .track").nth(n).locator(".strip").evaluate_all(DRAWN) for n in range(3)]
    customer, ada, ben = drawn
    assert [kind for kind, *_ in customer] == ["talking", "held", "talking", "talking"]
    assert [kind for kind, *_ in ada] == ["talking", "held", "talking"]
    assert [kind for kind, *_ in ben] == ["talking"]
    assert (customer[:3], customer[3:]) == (ada, ben), "each has the customer when it is drawn so"
    assert ada[2][2] < ben[0][1], "between them the customer waits"
    assert visitor.complaints == []


async def test_playing_goes_from_part_to_part_and_skips_what_lies_between(recorded: Recorded) -> None:
    visitor, page = await recorded.opens()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if "/v1/recordings/" in request.url else None)
    playhead, player = page.locator(PLAYHEAD), page.locator("[data-test=player]")
    await page.get_by_role("button", name="1.5×").click()
    await page.evaluate(NOTE_WHAT_IS_SAID)
    before = list(fetched)
    await page.click("[data-test=play]")
    await expect(player).to_have_attribute("data-playing", "true")
    await expect(player).to_have_attribute("data-playing", "false")

    whole = await playhead.get_attribute("aria-valuemax")
    await expect(playhead).to_have_attribute("aria-valuenow", str(whole))
    said = await page.evaluate("window.said")
    assert said["titles"] == ["Part 1, with Ada Lund", "Part 2, with Ada Lund", "Part 3, with Ben Okoye"]
    assert [each.rpartition(" ")[0] for each in said["skipped"]] == ["Skipped: On hold", "Skipped: Waiting"]
    assert len(said["seconds"]) > 3, "it moves"
    assert said["seconds"] == sorted(said["seconds"])
    assert before == [], "who has not pressed has not heard"
    assert [url.rpartition("/")[2] for url in fetched] == recorded.parts
    assert visitor.complaints == []


async def test_the_play_head_goes_where_one_clicks_and_where_the_keys_say(recorded: Recorded) -> None:
    visitor, page = await recorded.opens()
    playhead = page.locator(PLAYHEAD)
    whole = str(await playhead.get_attribute("aria-valuemax"))
    await tab_to(page, PLAYHEAD)
    one, two, three = "Part 1, with Ada Lund", "Part 2, with Ada Lund", "Part 3, with Ben Okoye"
    for key, now, title in (
        ("PageUp", None, two), ("PageUp", None, three), ("End", whole, three), ("PageDown", None, three),
        ("PageDown", None, two), ("Home", "0", one), ("ArrowRight", None, three), ("ArrowLeft", "0", one),
    ):  # fmt: skip
        await page.keyboard.press(key)
        await expect(playhead).to_have_attribute("aria-valuetext", ending(title))
        if now is not None:
            await expect(playhead).to_have_attribute("aria-valuenow", now)
    bens = page.locator(f"{PLAYHEAD} .track").nth(2).locator(".talking")
    await bens.click(force=True, position={"x": 3, "y": 5})
    await expect(playhead).to_have_attribute("aria-valuetext", ending(three))
    await page.locator("[data-test=gap]").first.click(force=True)
    await expect(playhead).to_have_attribute("aria-valuetext", ending(two))
    await page.locator("[data-test=recording] button").first.click()
    await expect(page.locator("[data-test=player]")).to_have_attribute("data-playing", "true")
    await page.keyboard.press("Tab")
    await page.click("[data-test=play]")
    await expect(page.locator("[data-test=player]")).to_have_attribute("data-playing", "false")
    assert visitor.complaints == []


@pytest.mark.parametrize(("theme", "language"), LOOKS)
async def test_everybody_can_use_it_on_a_narrow_screen_too(recorded: Recorded, theme: str, language: str) -> None:
    broken = []
    for width in (1280, 390):
        visitor, page = await recorded.opens(width=width, theme=theme, language=language, inspected=True)
        broken += await visitor.broken_rules()
        assert not await visitor.is_wider_than_the_screen()
        await page.locator("section:has([data-test=player])").screenshot(
            path=SCREENS / f"recording-{width}-{theme}-{language}.png"
        )

    assert broken == []


async def test_the_contact_is_taken_out_by_a_button(recorded: Recorded) -> None:
    """By whoever sees the page, with all sounds; the standard's reader understands what came of a real call."""
    visitor, page = await recorded.opens()
    async with page.expect_download() as download:
        await page.click("[data-test=export]")
    file = await download.value
    found = json.loads((await file.path()).read_text())

    assert file.suggested_filename == f"{recorded.contact_id}.vcon"
    assert [error.message for error in READER.iter_errors(found)] == []
    kinds = [each["type"] for each in found["dialog"]]
    assert kinds == ["recording", "recording", "recording", "transfer"]
    assert [each["name"] for each in found["parties"] if each["role"] == "agent"] == list(NAMES)
    assert found["parties"][0]["tel"] == "+4930900100"
    assert sum("body" in each for each in found["dialog"]) == 3
    assert visitor.complaints == []


def ending(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text) + "$")
