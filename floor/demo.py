"""How does a contact centre live on, calmly, until somebody stops it?

Agents come and go by their shifts and take breaks; customers call, write and fax as often as those at work can bear.
Two seats are free for whoever looks.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from rich.console import Console
from rich.table import Table

from floor import demo_company
from floor.agent import Desk, Manner
from floor.caller import Caller, Errand
from floor.demo_company import DOORS, PREFIXES, Door
from floor.opening import Floor, open_floor
from floor.rest import Refused

BUSY = 0.55  # share of the agents at work who have something to do
HANDLE_S = 75.0  # mean, wrap-up included
LOOK_EVERY_S = 20.0  # at the shifts
BREAKS_A_LOOK = 0.01  # chance that somebody takes one now
BREAK_S = (60.0, 240.0)
KNOWN_SHARE = 0.6  # of those who come
ZONE = ZoneInfo("Europe/Berlin")


async def run(server: str, key: str, console: Console) -> None:
    """For ever. Raises Refused, httpx2.HTTPError, OSError, TimeoutError when the floor cannot open."""
    simulated = demo_company.simulated()
    async with open_floor(
        server, key, demo_company.wish(), manner=_manner, seated=lambda login: login in simulated
    ) as floor:
        _tell(server, floor, console)
        demo = _Demo(floor)
        await asyncio.gather(demo.staff(), demo.customers())


def _manner(login: str) -> Manner:
    chance = random.Random()
    return Manner(
        think_s=lambda: chance.uniform(1.5, 5.0),
        handle_s=lambda channel: chance.lognormvariate(4.2, 0.5),
        after_call_s=lambda: chance.uniform(3.0, 20.0),
        decline_share=0.02,
        ignore_share=0.01,
        hold_share=0.05,
        chance=chance,
    )


def _tell(server: str, floor: Floor, console: Console) -> None:
    """Where it is and how one gets in."""
    table = Table(title=f"The demo company is open: {server}", show_header=True)
    for heading in ("login", "password", "what for"):
        table.add_column(heading)
    for visitor in demo_company.visitors():
        what = visitor.role if not visitor.serves else f"agent of {' and '.join(visitor.companies)}"
        table.add_row(visitor.login, demo_company.PASSWORD, what)
    console.print(table)
    made = floor.premises.made
    console.print(f"{len(floor.crowd.desks)} agents are played; " + ("it was there already" if not made else "all new"))


@dataclass(slots=True)
class _Demo:
    floor: Floor
    chance: random.Random = field(default_factory=random.Random)
    on_break: dict[str, float] = field(default_factory=dict)  # login -> until, loop time
    chosen: dict[str, str] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    # --- agents -------------------------------------------------------------------------------------------------------

    async def staff(self) -> None:
        while True:
            hour = datetime.now(ZONE).hour
            now_s = asyncio.get_running_loop().time()
            for login, (_, shift) in demo_company.simulated().items():
                self._choose(login, self._wants(login, shift.covers(hour), now_s))
            await asyncio.sleep(LOOK_EVERY_S)

    def _wants(self, login: str, on_shift: bool, now_s: float) -> str:
        if not on_shift:
            return "offline"
        if self.on_break.get(login, 0.0) > now_s:
            return "away"
        if self.chance.random() < BREAKS_A_LOOK:
            self.on_break[login] = now_s + self.chance.uniform(*BREAK_S)
            return "away"
        return "ready"

    def _choose(self, login: str, wanted: str) -> None:
        if self.chosen.get(login) == wanted:
            return
        self.chosen[login] = wanted
        desk: Desk = self.floor.desk(login)
        match wanted:
            case "ready":
                desk.choose("ready")
            case "away":
                desk.choose("away", "break")
            case _:
                desk.choose("offline")

    @property
    def at_work(self) -> int:
        return sum(wanted == "ready" for wanted in self.chosen.values())

    # --- customers ----------------------------------------------------------------------------------------------------

    async def customers(self) -> None:
        await asyncio.sleep(1.0)
        while True:
            (door,) = self.chance.choices(DOORS, [door.share for door in DOORS])
            self._come(door)
            mean_s = HANDLE_S / max(1.0, self.at_work * BUSY)
            await asyncio.sleep(min(30.0, self.chance.expovariate(1 / mean_s)))

    def _come(self, door: Door) -> None:
        known = self.chance.random() < KNOWN_SHARE
        n = self.chance.randrange(demo_company.CUSTOMERS[door.company])
        if door.channel == "phone":
            phone = demo_company.phone_of(PREFIXES[door.company], n) if known else None
            talk_s = self.chance.lognormvariate(4.0, 0.5)
            errand = Errand(phone, door.address, patience_s=self.chance.uniform(45, 300), talk_s=talk_s)
            Caller(errand, self.floor.provider, lambda caller, end: None).call()
            return
        body = {
            "company_id": self.floor.premises.companies[door.company],
            "channel": door.channel,
            "to": door.address,
            "collected": {"page": "/flats/" + str(n)} if door.channel == "chat" else {},
        }
        if known and door.channel == "email":
            body["from"] = demo_company.customers(door.company, n + 1, PREFIXES[door.company])[n].addresses[1][1]
        self._spawn(self._write(body, door.channel))

    async def _write(self, body: dict[str, Any], channel: str) -> None:
        """A chat whose patience ends before anybody answers is closed; letters wait."""
        made = await self.floor.rest.post("/v1/contacts", body, key=f"demo-{secrets.token_hex(12)}")
        if channel != "chat":
            return
        await asyncio.sleep(self.chance.uniform(60, 300))
        story = await self.floor.rest.get(f"/v1/contacts/{made['contact_id']}")
        if story["contact"]["state"] == "open" and not any(each["connected_ms"] for each in story["segments"]):
            await self.floor.rest.post(f"/v1/contacts/{made['contact_id']}/leave", None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_calmly(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


async def _calmly(work: Coroutine[Any, Any, None]) -> None:
    """A customer whom the server turns away, or who finds it gone, is no end of the demo."""
    with contextlib.suppress(Refused, httpx2.HTTPError, OSError):
        await work
