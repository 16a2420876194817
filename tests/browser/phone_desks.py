"""Who answers the phone in a small call centre, and what do they click?

Three agents, each at a browser of their own; the customers and every phone are the provider's, in a test's hands.
"""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import PASSWORD, Visitor
from tests.browser.telephone import Call, Telephone, open_telephone
from tests.serving import Api, Server

NAMES = ("Ada Lund", "Ben Okoye", "Cleo Ruiz")
CALLER = "+4930900100"
OPEN_CONTACT = "[data-test=contact]"

Visit = Callable[..., Awaitable[Visitor]]
_tries = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent and the browser they sit at."""

    name: str
    login: str
    agent_id: str
    phone: str
    visitor: Visitor

    @property
    def page(self) -> Page:
        return self.visitor.page

    @property
    def offer(self) -> Locator:
        return self.page.locator("[data-test=offer]")

    async def becomes_ready(self) -> None:
        await self.page.click("[data-test=state]")
        await self.page.get_by_role("menuitemradio", name="Ready").click()
        await expect(self.page.locator("[data-test=state]")).to_have_attribute("data-state", "ready")

    async def clicks(self, act: str) -> None:
        """One of the acts on the contact that is open."""
        await self.page.click(f"{OPEN_CONTACT} [data-test={act}]")

    async def accepts(self) -> None:
        await self.page.click("[data-test=accept]")
        await expect(self.offer).to_have_count(0)

    async def is_(self, state: str) -> None:
        """The page says so of the contact that is open."""
        await expect(self.page.locator(f"{OPEN_CONTACT} header [data-state]")).to_have_attribute("data-state", state)

    async def chooses_colleague(self, colleague: "Seat") -> None:
        await self._opens_transfer()
        await self.page.click("[data-choice=agent]")
        await self._dialog.locator("label").filter(has_text=colleague.name).click()

    async def transfers_to(self, colleague: "Seat") -> None:
        await self.chooses_colleague(colleague)
        await self.page.click("[data-test=do-transfer]")
        await self.is_("wrap_up")

    async def transfers_to_queue(self, name: str) -> None:
        await self._opens_transfer()
        await self._dialog.locator("label").filter(has_text=name).click()
        await self.page.click("[data-test=do-transfer]")
        await self.is_("wrap_up")

    async def consults(self, colleague: "Seat") -> None:
        await self.chooses_colleague(colleague)
        await self.page.click("[data-test=consult]")
        await expect(self._dialog).to_have_count(0)

    async def _opens_transfer(self) -> None:
        await self.clicks("transfer")
        await self._dialog.locator("label").first.wait_for()

    @property
    def _dialog(self) -> Locator:
        return self.page.locator("[data-test=transfer-dialog]")

    async def wraps_up(self, disposition: str) -> None:
        """With a note that names them."""
        await self.page.fill("#note", f"{self.name} was here.")
        await self.page.click("#disposition")
        await self.page.get_by_role("option", name=disposition).click()
        await self.page.click("[data-test=finish]")
        await expect(self.page.locator(OPEN_CONTACT)).to_have_count(0)


@dataclass(frozen=True, slots=True)
class CallCentre:
    server: Server
    api: Api
    company_id: str
    queue_id: str
    number: str
    seats: tuple[Seat, ...]
    telephone: Telephone
    visit: Visit

    async def is_called(self, from_: str = CALLER) -> Call:
        return await self.telephone.is_called(self.number, from_)

    async def story(self, contact_id: str) -> Any:
        return await self.api.get(f"/v1/contacts/{contact_id}")

    def seat_of(self, agent_id: str) -> Seat:
        return next(seat for seat in self.seats if seat.agent_id == agent_id)

    async def opens_live_view(self) -> tuple[Visitor, str]:
        """A supervisor of the company, at a browser of their own; and the id of their user."""
        grants = [{"role": "supervisor", "company_id": self.company_id}]
        body = {"login": f"sara.{self.company_id[-12:]}", "name": "Sara Lind", "password": PASSWORD, "grants": grants}
        user = await self.api.post("/v1/users", body)
        boss = await self.visit()
        await boss.comes_to(self.server, body["login"], "live")
        await boss.page.wait_for_selector("[data-test=agents] tbody tr")
        return boss, user["id"]

    def complaints(self) -> list[str]:
        """What the consoles of the desks complain of."""
        return [f"{seat.name}: {each}" for seat in self.seats for each in seat.visitor.complaints]


@contextlib.asynccontextmanager
async def open_call_centre(
    server: Server, api: Api, visit: Visit, names: tuple[str, ...] = NAMES, **config: Any
) -> AsyncIterator[CallCentre]:
    """Two queues, `Service` with a number and `Second line`; everybody has logged in, nobody is ready."""
    run = next(_tries)
    company = {"slug": f"rheingold-{run}", "name": "Rheingold Immobilien", "zone": "Europe/Berlin"}
    company_id = (await api.post("/v1/companies", company))["id"]
    config = {"wrap_up_s": 300, "offer_timeout_s": 60} | config
    queues = [
        (await api.post("/v1/queues", {"company_id": company_id, "name": name, "config": config}))["id"]
        for name in ("Service", "Second line")
    ]
    number = f"+4930555{run:04}"
    await api.post("/v1/numbers", {"company_id": company_id, "address": number, "queue_id": queues[0]})
    for code, name in (("solved", "Solved"), ("callback", "Callback promised")):
        await api.post("/v1/dispositions", {"company_id": company_id, "code": code, "name": name})
    async with open_telephone(api) as telephone:
        seats = await asyncio.gather(*(_seat(server, api, visit, company_id, name, run) for name in names))
        await telephone.phones(*(seat.agent_id for seat in seats))
        yield CallCentre(server, api, company_id, queues[0], number, tuple(seats), telephone, visit)


async def _seat(server: Server, api: Api, visit: Visit, company_id: str, name: str, run: int) -> Seat:
    first = name.split()[0].lower()
    login, phone = f"{first}.{run}", f"sip:{first}-{run}@exchange"
    grants = [{"role": "agent", "company_id": company_id}]
    user = await api.post("/v1/users", {"login": login, "name": name, "password": PASSWORD, "grants": grants})
    agent = await api.post("/v1/agents", {"user_id": user["id"], "phone_address": phone})
    visitor = await visit()
    await visitor.comes_to(server, login)
    return Seat(name, login, agent["id"], phone, visitor)
