"""How do many agents sit in one process? Tickets in bulk, connections a few at a time, one watch over all of them."""

import asyncio
import json
from collections.abc import Iterable, Sequence

from floor.agent import Desk
from floor.http_line import Line, Place

TICKETS_MAX = 1000  # in one request
AT_ONCE = 16  # connections being opened: as many snapshots as the server cuts at a time
WATCH_EVERY_S = 1.0


class Tickets:
    """Websocket tickets by an operator's API key; each is good for one hello within 30 s."""

    def __init__(self, place: Place, key: str) -> None:
        self._line, self._lock = Line(place), asyncio.Lock()
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    async def for_all(self, agent_ids: Sequence[str]) -> dict[str, str]:
        """Raises OSError, TimeoutError."""
        tickets: dict[str, str] = {}
        for start in range(0, len(agent_ids), TICKETS_MAX):
            body = json.dumps({"agent_ids": agent_ids[start : start + TICKETS_MAX]}).encode()
            async with self._lock:
                answer = await self._line.post("/v1/tickets", self._headers, body, timeout_s=30)
            if answer.status >= 300:
                raise ConnectionError(f"tickets were refused with status {answer.status}: {answer.body[:300]!r}")
            tickets |= json.loads(answer.body)["tickets"]
        return tickets

    async def for_one(self, agent_id: str) -> str:
        return (await self.for_all([agent_id]))[agent_id]

    def close(self) -> None:
        self._line.close()


class Crowd:
    def __init__(self, desks: Iterable[Desk], tickets: Tickets) -> None:
        self.desks = {desk.agent_id: desk for desk in desks}
        self._tickets = tickets
        self._watch: asyncio.Task[None] | None = None

    async def sit_down(self) -> None:
        """All of them, with the first snapshot on every page."""
        tickets = await self._tickets.for_all(list(self.desks))
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(desk: Desk) -> None:
            async with gate:
                await desk.sit_down(tickets[desk.agent_id])

        await asyncio.gather(*(one(desk) for desk in self.desks.values()))
        self._watch = asyncio.get_running_loop().create_task(self._look())

    async def leave(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        for desk in self.desks.values():
            await desk.leave()
        await asyncio.sleep(0)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            for desk in self.desks.values():
                desk.check()

    @property
    def idle(self) -> int:
        return sum(desk.is_idle for desk in self.desks.values())
