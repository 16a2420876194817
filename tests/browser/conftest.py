"""Which browser do the tests look through, and who works in the centre they look at?"""

import contextlib
import functools
import itertools
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.serving import Api, Server, api_of

REPOSITORY = Path(__file__).resolve().parents[2]
SCREENS = REPOSITORY / "build" / "screens"
AXE = REPOSITORY / "web/node_modules/axe-core/axe.min.js"
CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
# The same engine without a window system takes a third less of the processor; a page with a telephone needs the whole.
PAGES_ONLY = shutil.which("chromium-headless-shell") or CHROMIUM
PASSWORD = "correct horse battery staple"
WAIT_MS = 15_000
TABS_MAX = 80
# Colours depend on the theme and words on the language: each of both in every run, the other pairs in the long one.
LOOKS = [
    ("light", "en-US"),
    ("dark", "zh-CN"),
    pytest.param("light", "zh-CN", marks=pytest.mark.soak),
    pytest.param("dark", "en-US", marks=pytest.mark.soak),
]
expect.set_options(timeout=WAIT_MS)

_tries = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Centre:
    """One company with one queue, and a supervisor who also serves."""

    server: Server
    api: Api
    company_id: str
    queue_id: str
    login: str

    async def one_more_queue(self, name: str, skill: str | None = None) -> str:
        """With a skill, one that no agent has."""
        config = {}
        if skill is not None:
            await self.api.post("/v1/skills", {"name": skill})
            config = {"requirement": f"{skill} >= 9"}
        made = await self.api.post("/v1/queues", {"company_id": self.company_id, "name": name, "config": config})
        return str(made["id"])

    async def one_more_agent(self, name: str) -> str:
        """Their login; an agent of this company and nothing else."""
        login = f"{name.lower().replace(' ', '.')}.{next(_tries)}"
        await _hire(self.api, login, name, [{"role": "agent", "company_id": self.company_id}])
        return login

    async def a_supervisor(self) -> str:
        """Their login; somebody who only watches, so that no desk of theirs is taken over by it."""
        login = f"sara.lind.{next(_tries)}"
        grants = [{"role": "supervisor", "company_id": self.company_id}]
        body = {"login": login, "name": "Sara Lind", "password": PASSWORD, "grants": grants}
        await self.api.post("/v1/users", body)
        return login

    async def chat_arrives(self, queue_id: str | None = None) -> str:
        body = {"company_id": self.company_id, "channel": "chat", "queue_id": queue_id or self.queue_id}
        made = await self.api.post("/v1/contacts", body, headers={"idempotency-key": f"browser-{next(_tries)}"})
        return str(made["contact_id"])


@dataclass(slots=True)
class Visitor:
    """Somebody at a browser of their own; what their console complains of is kept."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    async def log_in(self, centre: Centre, login: str | None = None, password: str = PASSWORD) -> None:
        await self.page.goto(centre.server.url + "/")
        await self.page.fill("#login", login or centre.login)
        await self.page.fill("#password", password)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_selector("[data-test=state], [data-test=age]")

    async def comes_to(self, server: Server, login: str, page: str = "desk") -> None:
        """Logged in without the page for it, for stories that begin later."""
        body = {"login": login, "password": PASSWORD}
        answer = await self.context.request.post(server.url + "/v1/session", data=body)
        assert answer.ok, await answer.text()
        await self.page.goto(f"{server.url}/{page}")
        await self.page.wait_for_selector("[data-test=state], [data-test=age]")

    async def become_ready(self) -> None:
        """By the key, whatever the language."""
        await self.page.keyboard.press("Alt+r")
        await self.page.wait_for_selector("[data-test=state][data-state=ready]")

    async def talks_in_a_chat(self, centre: Centre) -> str:
        await self.become_ready()
        contact_id = await centre.chat_arrives()
        await self.page.click("[data-test=accept]")
        await self.page.wait_for_selector("[data-test=contact] [data-state=talking]")
        return contact_id

    async def take_picture(self, name: str) -> None:
        await self.page.wait_for_timeout(300)  # what moves shall have arrived; nothing is asserted about it
        await self.page.screenshot(path=SCREENS / f"{name}.png")

    async def broken_rules(self) -> list[str]:
        """What axe finds against WCAG 2.2 AA on the page as it stands. Only of a visitor that is `inspected`."""
        await self.page.add_script_tag(path=AXE)
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = await self.page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
        return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]

    async def is_wider_than_the_screen(self) -> bool:
        script = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(await self.page.evaluate(script))


async def tab_to(page: Page, selector: str) -> None:
    """By the Tab key alone, from wherever the focus is; a keyboard that does not get there fails."""
    for _ in range(TABS_MAX):
        if await page.locator(f":focus:is({selector})").count():
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


@pytest.fixture(autouse=True)
def pages_are_built() -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    assert (REPOSITORY / "web/dist/index.html").is_file(), "the pages are not built: make web"


@contextlib.asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    if PAGES_ONLY is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PAGES_ONLY, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with open_chromium() as browser:
        yield browser


@pytest.fixture
async def visit(chromium: Browser) -> Any:
    """Opens one more browser session: `await visit(width=390, theme="dark", language="zh-CN")`."""
    return functools.partial(open_session, chromium)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_chromium() -> AsyncIterator[Browser]:
    """One browser for all tests of a file; they run in the file's own loop, each in sessions of its own."""
    async with open_chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def visit_shared(shared_chromium: Browser) -> AsyncIterator[Any]:
    """As `visit`."""
    yield functools.partial(open_session, shared_chromium)
    for context in shared_chromium.contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def shared_api(shared_server: Server) -> AsyncIterator[Api]:
    async with api_of(shared_server) as api:
        yield api


async def open_session(
    chromium: Browser, width: int = 1280, theme: Any = "light", language: str = "en-US", inspected: bool = False
) -> Visitor:
    context = await chromium.new_context(
        viewport={"width": width, "height": 800 if width > 600 else 844},
        color_scheme=theme,
        locale=language,
        bypass_csp=inspected,  # our own policy keeps the inspector's script out
        reduced_motion="reduce" if inspected else None,
    )
    context.set_default_timeout(WAIT_MS)
    visitor = Visitor(context, await context.new_page())
    visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    visitor.page.on("console", lambda said: _complain(visitor, said))
    return visitor


def _complain(visitor: Visitor, said: Any) -> None:
    # A refused request is the page's daily bread, and the machine may have no sound; all else is a fault of the page.
    if said.type in ("error", "warning") and not said.text.startswith(("Failed to load resource", "The AudioContext")):
        visitor.complaints.append(said.text)


@pytest.fixture
async def centre(shared_server: Server) -> AsyncIterator[Centre]:
    async with api_of(shared_server) as api:
        yield await _open_centre(shared_server, api, {"wrap_up_s": 120, "offer_timeout_s": 60})


@pytest.fixture
async def impatient_centre(shared_server: Server) -> AsyncIterator[Centre]:
    """Its offers live for two seconds."""
    async with api_of(shared_server) as api:
        yield await _open_centre(shared_server, api, {"offer_timeout_s": 2})


async def _open_centre(server: Server, api: Api, config: dict[str, Any]) -> Centre:
    slug, login = f"nordlicht-{next(_tries)}", f"li.wei.{next(_tries)}"
    company = await api.post("/v1/companies", {"slug": slug, "name": "Nordlicht Energie", "zone": "Europe/Berlin"})
    company_id = company["id"]
    queue = await api.post("/v1/queues", {"company_id": company_id, "name": "Shop 在线客服", "config": config})
    for code, name in (("solved", "Solved"), ("callback", "Callback promised")):
        await api.post("/v1/dispositions", {"company_id": company_id, "code": code, "name": name})
    grants = [{"role": role, "company_id": company_id} for role in ("agent", "supervisor")]
    await _hire(api, login, "Li Wei", grants)
    return Centre(server, api, company_id, queue["id"], login)


async def _hire(api: Api, login: str, name: str, grants: list[dict[str, str]]) -> None:
    user = await api.post("/v1/users", {"login": login, "name": name, "password": PASSWORD, "grants": grants})
    await api.post("/v1/agents", {"user_id": user["id"]})
