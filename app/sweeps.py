"""What is looked after from time to time, in case a bell was not heard?

Each sweep has a period and a counter; its owner is the writer's process, while it holds the domain.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from app import commands as c
from app.channels.telephony import Telephony
from app.chat_sweep import ChatSweep
from app.exchanges import Exchanges
from app.house import House
from app.ports import BlobStore, NoWriter
from app.providers import Providers
from app.store import alerts, blobs, erasure, faq_search, faxes, inbox, partitions
from app.store.answers import forget_old
from app.store.database import Database
from app.store.log import last_change
from app.switchboard import Switchboard, new_id
from contacts.effect import ARI
from contacts.leg import Leg

LEG_SILENT_US = 60_000_000
LEGS_ASKED_MAX = 1_024  # of one sweep; the others' turn comes with the next
LEGS_IN_A_COMMAND = 64
INBOX_TAKEN_MAX = 64

log = structlog.get_logger()


@dataclass(slots=True)
class Sweeps:
    database: Database
    switchboard: Switchboard
    telephony: Telephony
    providers: Providers
    files: BlobStore
    exchanges: Exchanges
    chats: ChatSweep
    domain_id: int
    counts: dict[str, int] = field(default_factory=dict)  # found by each sweep since this process began
    runs: dict[str, int] = field(default_factory=dict)
    _asked_at: dict[str, float] = field(default_factory=dict)  # silent leg -> when its provider was last asked
    _epoch: int = 0  # of which the legs were asked about
    _unasked: list[Leg] = field(default_factory=list)  # that lived when it began

    async def run(self) -> None:
        await asyncio.gather(
            self._every(5.0, "inbox", self.inbox),
            self._every(5.0, "config", self.config),
            self._every(1.0, "after_takeover", self.after_takeover),
            self._every(30.0, "legs", self.legs),
            self._every(1.0, "chats", self.chats.sweep),
            self._every(5.0, "erasure", self.erasure),
            self._every(600.0, "files", self.find_files),
            self._every(600.0, "answers", self.answers),
            self._every(3600.0, "unanswered", self.unanswered),
            self._every(3600.0, "partitions", self.partitions),
        )

    async def _every(self, period_s: float, name: str, sweep: Callable[[], Awaitable[int]]) -> None:
        while True:
            await asyncio.sleep(0.2 if name == "partitions" and name not in self.runs else period_s)
            if not self.switchboard.holding:
                continue
            try:
                found = await sweep()
            except Exception as error:  # the next run tries again
                log.warning("sweep failed", sweep=name, error=type(error).__name__)  # its words may be a customer's
                continue
            self.runs[name] = self.runs.get(name, 0) + 1
            self.counts[name] = self.counts.get(name, 0) + found

    async def inbox(self) -> int:
        """Deliveries that came while there was no writer are handed over with their own ids."""
        async with self.database.engine.begin() as connection:
            waiting = await inbox.take(connection, INBOX_TAKEN_MAX)
        for delivery in waiting:
            provider = await self.providers.find(delivery.source.removeprefix("telephony:"))
            if provider is not None:
                answer = await self.telephony.take(provider, delivery.delivery_id, delivery.body)
                if answer.status_code == 202:
                    continue  # no writer again: it stays, and is taken again later
                if answer.status_code >= 400:  # whoever sent it was told 202, and hears nothing of this
                    log.warning("delivery refused", delivery=delivery.id, status=answer.status_code)
            async with self.database.engine.begin() as connection:
                await inbox.done(connection, delivery.id)
        return len(waiting)

    async def config(self) -> int:
        """Configuration whose bell was lost."""
        house = self.switchboard.house
        async with self.database.engine.connect() as connection:
            seq = await last_change(connection, self.domain_id)
        if house is None or seq <= house.records.config_seq:
            return 0
        try:
            await self.switchboard.submit(c.Envelope("system", "", b"", c.ApplyConfig(seq), "system"))
        except NoWriter:
            return 0
        return 1

    async def legs(self) -> int:
        """A live leg of which nothing was heard for 60 s: ask the provider how it stands."""
        house = self.switchboard.house
        if house is None:
            return 0
        bound = self.switchboard.clock.now_us() - LEG_SILENT_US * self.switchboard.clock.speed
        silent = [leg for leg in house.records.legs.values() if leg.checked_us < bound]
        asked = longest_unasked(silent, self._asked_at)
        now = time.monotonic()
        self._asked_at = {leg.id: self._asked_at.get(leg.id, 0.0) for leg in silent} | {leg.id: now for leg in asked}
        await self._ask(asked)
        return len(silent)

    async def after_takeover(self) -> int:
        """What came while nobody held the domain is taken first. What happened on a wire was perhaps told to nobody:
        each leg is asked about.

        A provider that cannot be reached is tried again until it can; one that began anew knows none of them.
        """
        house, session = self.switchboard.house, self.switchboard.session
        if house is None:
            return 0
        if self._epoch != session.epoch:
            self._epoch, self._unasked = session.epoch, list(house.records.legs.values())
            async with self.database.engine.begin() as connection:
                await inbox.take_back(connection)
            while await self.inbox() == INBOX_TAKEN_MAX:
                pass
        asking, later = self._unasked[:LEGS_ASKED_MAX], self._unasked[LEGS_ASKED_MAX:]
        asking = [leg for leg in asking if leg.id in house.records.legs]
        asked = await self._ask([leg for leg in asking if not is_on_its_way(house, leg)])
        self._unasked = later + [leg for leg in asking if leg.id not in asked]
        return len(asked)

    async def _ask(self, legs: Sequence[Leg]) -> set[str]:
        """Returns the ids of those whose provider took the question; the rest of one that did not is not sent."""
        asked: set[str] = set()
        for provider_id in {leg.provider for leg in legs}:
            if provider_id.startswith(ARI):
                theirs = [leg for leg in legs if leg.provider == provider_id]
                if await self.exchanges.ask(provider_id, theirs):
                    asked.update(leg.id for leg in theirs)
                continue
            provider = await self.providers.find(provider_id)
            of_provider = [leg for leg in legs if leg.provider == provider_id]
            for some in batched(of_provider, LEGS_IN_A_COMMAND):
                if provider is None or not self.switchboard.session.may_send():
                    break
                question = {"id": new_id(), "do": "report", "legs": [leg.provider_ref for leg in some]}
                if await self.telephony.send(provider, [question]) != "yes":
                    break
                asked.update(leg.id for leg in some)
        return asked

    async def erasure(self) -> int:
        """What is left of erased customers; of contacts then open, when they have closed."""

        async def ask_writer(company_id: str, customer_id: str) -> None:
            command = c.EraseCustomer(customer_id, company_id)
            await self.switchboard.submit(c.Envelope("system", "", b"", command, "system"))

        return await erasure.carry_out(self.database.engine, self.files, ask_writer)

    async def find_files(self) -> int:
        """Files that never came, and files whose time has come."""
        missing = await blobs.find_missing(self.database.engine, self.files)
        gone = await blobs.delete_due(self.database.engine, self.files)
        return missing + gone + await faxes.delete_outlived(self.database.engine, self.files)

    async def answers(self) -> int:
        async with self.database.engine.begin() as connection:
            return await forget_old(connection) + await alerts.forget_old(connection)

    async def unanswered(self) -> int:
        async with self.database.engine.begin() as connection:
            return await faq_search.forget_unanswered(connection)

    async def partitions(self) -> int:
        async with self.database.engine.begin() as connection:
            made = await partitions.make_ahead(connection)
        async with self.database.engine.begin() as connection:
            return made + await partitions.drop_old(connection)


def is_on_its_way(house: House, leg: Leg) -> bool:
    """The provider has not heard of it yet: asked now it would say that there is none, and make it a moment later."""
    if leg.state != "initiated":
        return False
    names = (effect.args.get(name) for effect in house.effects(leg.contact_id) for name in ("leg", "with"))
    return leg.provider_ref in names


def longest_unasked(silent: Sequence[Leg], asked_at: Mapping[str, float]) -> list[Leg]:
    """Legs to ask about now, at most LEGS_ASKED_MAX. A leg stays silent while nothing happens on it, so those that
    were asked about stand behind those that were not.
    """
    return sorted(silent, key=lambda leg: asked_at.get(leg.id, 0.0))[:LEGS_ASKED_MAX]


def batched(legs: Sequence[Leg], size: int) -> Iterator[Sequence[Leg]]:
    for first in range(0, len(legs), size):
        yield legs[first : first + size]
