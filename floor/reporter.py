"""How do a provider's reports reach the server? Signed webhooks, each sent again with its id until it is answered.

Natural batching: a lane sends what has gathered while its last webhook was under way, one report if that is all there
is. All reports of a call take the same lane, so that they arrive in their order unless a fault wants it otherwise.
"""

import asyncio
import json
import random
import secrets
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from floor.faults import Faults
from floor.http_line import Answer, Line, Place
from floor.ledger import Ledger

EVENTS_MAX = 64  # in one webhook
TRY_FOR_S = 60.0
TRY_TIMEOUT_S = 5.0
PAUSE_FIRST_S, PAUSE_MAX_S = 0.05, 2.0
SECRET_HEARD_S = 5.0
HELD_BACK_S = 0.05  # an event that is to be overtaken

Contacts = Mapping[str, str]  # provider's leg -> contact id


class Reporter:
    """`on_answer` hears of every answered webhook: its contacts and the instant (monotonic, s) its request was sent."""

    def __init__(
        self,
        server: str,
        provider_id: str,
        secret: str,
        *,
        ledger: Ledger,
        faults: Faults | None = None,
        lanes: int = 2,
        on_answer: Callable[[Contacts, float], None] | None = None,
    ) -> None:
        self._place, self._path = Place.of(server), f"/telephony/{provider_id}/events"
        self._webhook, self._ledger = Webhook(secret), ledger
        self._faults = faults or Faults()
        self._name, self._next = f"wh-{secrets.token_hex(5)}", 0
        self._on_answer = on_answer
        self._lanes = [_Lane() for _ in range(lanes)]
        self._tasks: set[asyncio.Task[None]] = set()
        self._underway, self._started_s = 0, 0.0
        self.webhooks = self.events = self.given_up = self.refused = 0

    def start(self) -> None:
        self._started_s = time.monotonic()
        for lane in self._lanes:
            self._spawn(self._run(lane))

    async def drain(self, timeout_s: float = TRY_FOR_S) -> bool:
        """True when everything told so far has been answered."""
        until = time.monotonic() + timeout_s
        while self.is_busy and time.monotonic() < until:  # noqa: ASYNC110  (many ends, one question)
            await asyncio.sleep(0.02)
        return not self.is_busy

    @property
    def is_busy(self) -> bool:
        return self._underway > 0 or any(lane.waiting for lane in self._lanes)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell(self, event: str, call: int, first: bool = False) -> None:
        """One event as JSON text; `call` chooses the lane; `first` = nothing may come before it."""
        lane = self._lanes[call % len(self._lanes)]
        if not first and self._faults.strikes(self._faults.reorder_share):
            self._underway += 1
            asyncio.get_running_loop().call_later(HELD_BACK_S, self._put_late, lane, event)
            return
        lane.put(event)
        if self._faults.strikes(self._faults.repeat_share):
            lane.put(event)

    def tell_phones(self, agent_ids: list[str], up: bool = True) -> None:
        """Which agents' phones are registered; in as many webhooks as it takes."""
        for start in range(0, len(agent_ids), EVENTS_MAX):
            phones = [{"agent": agent_id, "up": up} for agent_id in agent_ids[start : start + EVENTS_MAX]]
            self._spawn(self._deliver(f'{{"events":[],"phones":{json.dumps(phones)}}}', Line(self._place)))

    def _put_late(self, lane: "_Lane", event: str) -> None:
        self._underway -= 1
        lane.put(event)

    async def _run(self, lane: "_Lane") -> None:
        line = Line(self._place)
        try:
            while True:
                events = await lane.take()
                body = '{"events":[' + ",".join(events) + "]}"
                if self._faults.strikes(self._faults.lose_share):
                    self._spawn(self._deliver(body, Line(self._place), lost=True))
                    continue
                self.events += len(events)
                await self._deliver(body, line)
        finally:
            line.close()

    async def _deliver(self, body: str, line: Line, lost: bool = False) -> None:
        self._underway += 1
        try:
            self._next += 1
            webhook_id = f"{self._name}-{self._next}"
            if self._ledger.keeps:
                self._ledger.write("sent", id=webhook_id, webhook=json.loads(body), lost=lost)
            if lost:
                await asyncio.sleep(self._faults.lose_s)
            if delay_s := self._faults.delay_s():
                await asyncio.sleep(delay_s)
            answer = await self._until_answered(webhook_id, body, line)
            if answer is not None and self._faults.strikes(self._faults.repeat_share):
                again = await self._until_answered(webhook_id, body, line)
                if again is not None:
                    self._note(webhook_id, again, time.monotonic(), repeat=True)
        finally:
            self._underway -= 1
            if lost:
                line.close()

    async def _until_answered(self, webhook_id: str, body: str, line: Line) -> Answer | None:
        until, pause_s, tries = time.monotonic() + TRY_FOR_S, PAUSE_FIRST_S, 0
        raw = body.encode()
        while True:
            tries += 1
            sent_s = time.monotonic()
            try:
                answer = await line.post(self._path, self._headers(webhook_id, body), raw, TRY_TIMEOUT_S)
            except (OSError, TimeoutError):
                pass
            else:
                if self._is_final(answer.status):
                    self._note(webhook_id, answer, sent_s)
                    return answer
            if time.monotonic() + pause_s > until:
                self.given_up += 1
                self._ledger.write("given_up", id=webhook_id, tries=tries)
                return None
            await asyncio.sleep(pause_s * (0.5 + random.random()))
            pause_s = min(pause_s * 2, PAUSE_MAX_S)

    def _is_final(self, status: int) -> bool:
        """A server that has not yet heard of a secret made a moment ago is asked again for a while."""
        if status == 401:
            return time.monotonic() - self._started_s > SECRET_HEARD_S
        return status < 500 and status != 429

    def _note(self, webhook_id: str, answer: Answer, sent_s: float, repeat: bool = False) -> None:
        self.webhooks += 1
        self.refused += answer.status >= 400
        contacts: Contacts = {}
        if self._ledger.keeps or self._on_answer is not None:
            told = json.loads(answer.body) if answer.body else {}
            contacts = told.get("contacts", {})
            self._ledger.write("answered", id=webhook_id, status=answer.status, answer=told, repeat=repeat)
        if self._on_answer is not None and not repeat:
            self._on_answer(contacts, sent_s)

    def _headers(self, webhook_id: str, body: str) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "Content-Type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(webhook_id, now, body),
        }

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Lane:
    def __init__(self) -> None:
        self.waiting: deque[str] = deque()
        self._bell = asyncio.Event()

    def put(self, event: str) -> None:
        self.waiting.append(event)
        self._bell.set()

    async def take(self) -> list[str]:
        """At least one, at most EVENTS_MAX."""
        while not self.waiting:
            self._bell.clear()
            await self._bell.wait()
        return [self.waiting.popleft() for _ in range(min(EVENTS_MAX, len(self.waiting)))]
