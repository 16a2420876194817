"""How long will a visitor of a site probably wait, and how many are before them? As callers are told (announcing.py).

A queue is looked at every few seconds at most, however many wait in it. What is told never goes beyond the instant at
which the queue's recipe surely does something for them.
"""

import asyncio
import time
from bisect import bisect_left, insort
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.expected_wait import Minutes, Waits, expected, in_minutes
from app.store import waits
from app.store.waits import Waiting

LOOKED_EVERY_S = 5.0
QUEUES_REMEMBERED = 1_024


@dataclass(frozen=True, slots=True)
class WaitTold:
    """`position` counts from 1; None: it is not told."""

    minutes: Minutes | None
    position: int | None


@dataclass(frozen=True, slots=True)
class QueueLooked:
    until: float  # monotonic
    waits: Waits
    agents: int
    order: list[Waiting]
    waiting: dict[str, Waiting]  # by contact

    def add(self, mine: Waiting) -> None:
        """Who came since."""
        insort(self.order, mine)
        self.waiting[mine.contact_id] = mine

    def told(self, contact_id: str, now_us: int, *, position: bool) -> WaitTold | None:
        mine = self.waiting.get(contact_id)
        if mine is None:
            return None
        ahead = bisect_left(self.order, mine)
        found = expected(self.waits, max(0, now_us - mine.queued_us), ahead, self.agents)
        minutes = None if found is None else in_minutes(found, mine.limit_us - now_us)
        return WaitTold(minutes, ahead + 1 if position else None) if minutes or position else None


@dataclass(slots=True)
class VisitorWaits:
    _queues: dict[str, QueueLooked] = field(default_factory=dict)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)  # thousands may want to know at the same moment

    async def of(
        self, conn: AsyncConnection, contact_id: str, queue_id: str, now_us: int, *, position: bool
    ) -> WaitTold | None:
        """None: they do not wait there, or nothing can be said."""
        looked = await self.look(conn, queue_id)
        if contact_id not in looked.waiting and (mine := await waits.one(conn, queue_id, contact_id)) is not None:
            looked.add(mine)
        return looked.told(contact_id, now_us, position=position)

    def seen(self, queue_id: str) -> QueueLooked | None:
        """What was seen lately."""
        looked = self._queues.get(queue_id)
        return looked if looked is not None and looked.until > time.monotonic() else None

    async def look(self, conn: AsyncConnection, queue_id: str) -> QueueLooked:
        if (seen := self.seen(queue_id)) is not None:
            return seen
        async with self._looking:
            return self.seen(queue_id) or await self._look(conn, queue_id)

    async def _look(self, conn: AsyncConnection, queue_id: str) -> QueueLooked:
        ended = Waits()
        for wait_us, served in await waits.last(conn, queue_id):
            ended.add(wait_us, served)
        order = await waits.standing(conn, queue_id)
        agents = await waits.ready_agents(conn, queue_id)
        until = time.monotonic() + LOOKED_EVERY_S
        looked = QueueLooked(until, ended, agents, order, {each.contact_id: each for each in order})
        if len(self._queues) >= QUEUES_REMEMBERED:
            self._queues.clear()
        self._queues[queue_id] = looked
        return looked
