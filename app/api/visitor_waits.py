"""How long will a visitor of a site probably wait, and how many are before them? As callers are told (announcing.py).

A queue is looked at every few seconds at most, however many wait in it. What is told never goes beyond the instant at
which the queue's recipe surely does something for them.
"""

import time
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
    places: dict[str, tuple[int, Waiting]]  # by contact: how many are before them


@dataclass(slots=True)
class VisitorWaits:
    _queues: dict[str, QueueLooked] = field(default_factory=dict)

    async def of(
        self, conn: AsyncConnection, contact_id: str, queue_id: str, now_us: int, *, position: bool
    ) -> WaitTold | None:
        """None: they do not wait there, or nothing can be said."""
        looked = self._queues.get(queue_id)
        if looked is None or looked.until <= time.monotonic() or contact_id not in looked.places:
            looked = await self._look(conn, queue_id)
        place = looked.places.get(contact_id)
        if place is None:
            return None
        ahead, mine = place
        found = expected(looked.waits, max(0, now_us - mine.queued_us), ahead, looked.agents)
        minutes = None if found is None else in_minutes(found, mine.limit_us - now_us)
        return WaitTold(minutes, ahead + 1 if position else None) if minutes or position else None

    async def _look(self, conn: AsyncConnection, queue_id: str) -> QueueLooked:
        ended = Waits()
        for wait_us, served in await waits.last(conn, queue_id):
            ended.add(wait_us, served)
        standing = await waits.standing(conn, queue_id)
        places = {each.contact_id: (n, each) for n, each in enumerate(standing)}
        looked = QueueLooked(time.monotonic() + LOOKED_EVERY_S, ended, await waits.ready_agents(conn, queue_id), places)
        if len(self._queues) >= QUEUES_REMEMBERED:
            self._queues.clear()
        self._queues[queue_id] = looked
        return looked
