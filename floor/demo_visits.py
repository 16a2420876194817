"""Who comes to the demo's companies, how, and why? Some are known, and some of those come again and again."""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2

from floor.caller import Caller, Errand
from floor.company import CustomerWish
from floor.demo_company import FIRM, MANAGEMENT, OTHER, PAST
from floor.demo_day import gap_s, hour_at
from floor.demo_words import matter
from floor.opening import Floor
from floor.rest import Refused

KNOWN_SHARE = 0.75
SHORT_SHARE = 0.04  # of callers: they hang up at once
LETTERS_WAITING_MAX = 60  # in one company; nobody writes more while so many wait
COUNT_EVERY_S = 15.0
COUNTED_MAX = 200
PAST_MANY = 500  # written contacts that stand in the histories when the first visitor looks
PAST_AT_ONCE = 12
PAST_LEFT = 10  # so many may still be open when the day begins
PAST_S = 90.0  # longer it is not waited for
STAND_BACK_S = 0.3
WRITTEN = ("chat", "email", "fax")


@dataclass(frozen=True, slots=True)
class Door:
    """One way into a company, to an address or a queue. `share`: of all who come; `language`: of those who take it."""

    company: str
    channel: str
    address: str
    share: int
    language: str | None = None
    queue: str | None = None


DOORS = (
    Door(FIRM, "phone", "+862155500110", 17, "zh-CN"),
    Door(FIRM, "phone", "+862155500111", 9, "en"),
    Door(FIRM, "phone", "+862155500120", 13),
    Door(FIRM, "phone", "+862155500130", 4),
    Door(FIRM, "phone", "+862155500140", 12),
    Door(FIRM, "phone", "+862155500180", 4, "zh-CN"),
    Door(FIRM, "chat", "harbour-chat", 12),
    Door(FIRM, "email", "letting@harbour.example", 6),
    Door(FIRM, "email", "service@harbour.example", 6),
    Door(FIRM, "fax", "+862155500190", 3),
    Door(FIRM, "task", "", 3, queue=MANAGEMENT),
    Door(OTHER, "phone", "+442079460210", 6),
    Door(OTHER, "chat", "oakline-chat", 3),
    Door(OTHER, "email", "service@oakline.example", 2),
)
# Of which kind is the address that a channel shows of its customer (app: identification)?
SHOWS = {"phone": "phone", "fax": "phone", "email": "email", "task": "email", "chat": "visitor"}
QUESTIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "zh-CN": {
        "chat": ("静安三房还有吗？", "宠物可以入住吗？", "物业费怎么交？"),
        "email": ("租约续签", "漏水报修", "购房贷款咨询", "装修报价"),
        "fax": ("已签租约", "身份证明"),
        "task": ("投诉后上门回访", "交房验收", "钥匙交接"),
    },
    "en": {
        "chat": ("Is the flat in Jing'an still free?", "Are pets allowed?", "How do I pay the fees?"),
        "email": ("Renewal of my lease", "Leak in the bathroom", "Viewing on Saturday", "A quote for decoration"),
        "fax": ("Signed lease", "Proof of identity"),
        "task": ("Visit after a complaint", "Handing over the flat", "Keys to be collected"),
    },
}


@dataclass(slots=True)
class Visits:
    floor: Floor
    customers: Mapping[str, Sequence[CustomerWish]]  # by company
    chance: random.Random = field(default_factory=random.Random)
    known_share: float = KNOWN_SHARE
    _waiting: dict[str, int] = field(default_factory=dict)  # open contacts by company, as last counted
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def come(self) -> None:
        """Until cancelled, by the curve of the day."""
        loop = asyncio.get_running_loop()
        opened_s = loop.time()
        self._spawn(self._count())
        try:
            while True:
                (door,) = self.chance.choices(DOORS, [door.share for door in DOORS])
                self._enter(door)
                await asyncio.sleep(self.chance.expovariate(1 / gap_s(hour_at(loop.time() - opened_s))))
        finally:
            for task in self._tasks:
                task.cancel()

    def _enter(self, door: Door) -> None:
        customer = self._who(door)
        if door.channel == "phone":
            self._call(door, customer)
        elif self.floor.customers.doors is not None and door.company == FIRM and door.channel in WRITTEN:
            self._come_by_its_own_door(door, customer)
        elif door.channel == "chat" or self._waiting.get(door.company, 0) < LETTERS_WAITING_MAX:
            self._spawn(_calmly(self._write(door, customer)))

    def _who(self, door: Door) -> CustomerWish | None:
        """The first of the list come most often; None: somebody unknown."""
        if self.chance.random() >= self.known_share:
            return None
        everybody = self.customers[door.company]
        while True:
            customer = everybody[int(len(everybody) * self.chance.random() ** 2)]
            if door.language is None or door.language == customer.language:
                return customer

    def _call(self, door: Door, customer: CustomerWish | None) -> None:
        chance = self.chance
        is_short = chance.random() < SHORT_SHARE
        patience_s = chance.uniform(1, 4) if is_short else chance.uniform(40, 240)
        errand = Errand(self._shown(door, customer), door.address, patience_s, chance.lognormvariate(3.4, 0.5))
        Caller(errand, self.floor.provider, lambda caller, end: None).call()

    def _shown(self, door: Door, customer: CustomerWish | None) -> str | None:
        own = [address for kind, address in (customer.addresses if customer else ()) if kind == SHOWS[door.channel]]
        return self.chance.choice(own) if own else None

    def _come_by_its_own_door(self, door: Door, customer: CustomerWish | None) -> None:
        """The widget, the mailbox, the fax server."""
        customers, about = self.floor.customers, self._about(door, customer)
        if door.channel == "chat":
            customers.chat(matter(about, self.chance))
        elif self._waiting.get(door.company, 0) >= LETTERS_WAITING_MAX:
            return
        elif door.channel == "email":
            customers.mail(self._shown(door, customer), about)
        else:
            customers.fax(self._shown(door, customer))

    async def _write(self, door: Door, customer: CustomerWish | None) -> None:
        """A chat whose patience ends before anybody answers is closed; letters wait."""
        made = await self._send(door, customer)
        if door.channel != "chat":
            return
        await asyncio.sleep(self.chance.uniform(60, 300))
        story = await self.floor.rest.get(f"/v1/contacts/{made['contact_id']}")
        if story["contact"]["state"] == "open" and not any(each["connected_ms"] for each in story["segments"]):
            await self.floor.rest.post(f"/v1/contacts/{made['contact_id']}/leave", None)

    def _language(self, door: Door, customer: CustomerWish | None) -> str:
        return door.language or (customer.language if customer else None) or self.chance.choice(("zh-CN", "en"))

    def _about(self, door: Door, customer: CustomerWish | None) -> str:
        language = "en" if door.company == OTHER else self._language(door, customer)
        return self.chance.choice(QUESTIONS[language][door.channel])

    async def _send(self, door: Door, customer: CustomerWish | None) -> Any:
        language, about = self._language(door, customer), self._about(door, customer)
        premises = self.floor.premises
        where = {"queue_id": premises.queues[door.company, door.queue]} if door.queue else {"to": door.address}
        body = {
            "company_id": premises.companies[door.company],
            "channel": door.channel,
            "language": language,
            "collected": {"subject": about} | ({"pages": self.chance.randrange(1, 6)} if door.channel == "fax" else {}),
            **where,
        }
        if shown := self._shown(door, customer):
            body["from"] = shown
        return await self.floor.rest.post("/v1/contacts", body, key=f"demo-{secrets.token_hex(12)}")

    # --- what was before ----------------------------------------------------------------------------------------------

    async def past_so_far(self) -> int:
        """Closed contacts of the firm, as far as they matter here."""
        many, before = 0, None
        while many < PAST_MANY:
            page = await self._contacts(FIRM, "closed", **({"before": before} if before else {}))
            many, before = many + len(page["items"]), page["next"]
            if before is None:
                break
        return many

    async def catch_up(self, many: int) -> None:
        """So many letters, faxes and tasks come in and are answered; raises TimeoutError when that takes too long."""
        doors = [door for door in DOORS if door.channel not in ("phone", "chat")]
        gate = asyncio.Semaphore(PAST_AT_ONCE)

        async def one() -> None:
            async with gate:
                (door,) = self.chance.choices(doors, [door.share for door in doors])
                await self._send(replace(door, queue=PAST), self._who(door))

        async with asyncio.timeout(PAST_S):
            await asyncio.gather(*(one() for _ in range(many)))
            while len((await self._contacts(FIRM, "open"))["items"]) > PAST_LEFT:  # noqa: ASYNC110
                await asyncio.sleep(STAND_BACK_S)

    # --- how many wait ------------------------------------------------------------------------------------------------

    async def _count(self) -> None:
        while True:
            for company in self.customers:
                with contextlib.suppress(Refused, httpx2.HTTPError, OSError):
                    self._waiting[company] = len((await self._contacts(company, "open"))["items"])
            await asyncio.sleep(COUNT_EVERY_S)

    async def _contacts(self, company: str, state: str, **more: str) -> Any:
        company_id = self.floor.premises.companies[company]
        return await self.floor.rest.get(
            "/v1/contacts", company_id=company_id, state=state, limit=str(COUNTED_MAX), **more
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _calmly(work: Coroutine[Any, Any, None]) -> None:
    """A customer whom the server turns away, or who finds it gone, is no end of the demo."""
    with contextlib.suppress(Refused, httpx2.HTTPError, OSError):
        await work
