"""A few callers, chats and agents at the public doors of a real server, in the test's own process.

Everything is drawn from a seed; everything sent and seen goes into the ledgers for tests/audit.py.
"""

import asyncio
import contextlib
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from app.launch import operator_key
from floor.agent import Manner
from floor.caller import Caller, CallerEnd, Errand
from floor.company import AgentWish, CompanyWish, QueueWish, Wish
from floor.faults import Faults
from floor.opening import Floor, Ways, open_floor
from tests.serving import Server

ROOT = Path(__file__).parents[2]
NUMBER = "+493055501"
AGENTS = 6
CONFIG = {
    "promise_s": 4, "limit_s": 40, "offer_timeout_s": 3, "reoffer_pause_s": 1, "wrap_up_s": 6, "max_offers": 9,
}  # fmt: skip
TRY_POST_S = 60.0  # a server that starts on a busy machine takes its time
SOMETHING_IS_OPEN = """
SELECT EXISTS (SELECT 1 FROM contact WHERE state = 'open')
    OR EXISTS (SELECT 1 FROM effect WHERE state IN ('due', 'sent'))
    OR EXISTS (SELECT 1 FROM inbox WHERE state IN ('waiting', 'taken'))
"""
DRAIN_S = 25.0
CUT_SHARE = 0.05
PASSWORD, MAILBOX, FAX = "a-password-of-the-floor", "support@small.example", "+493055509"
READY_S = 10.0


@dataclass(slots=True)
class SmallFloor:
    floor: Floor
    seed: int
    chance: random.Random
    company_id: str
    queue_id: str
    database_url: str
    ends: dict[str, CallerEnd] = field(default_factory=dict)  # by leg
    posts: dict[str, tuple[int, Any]] = field(default_factory=dict)  # id -> answer
    outages: list[tuple[int, int]] = field(default_factory=list)  # (from, to) in ms of wall time
    _bodies: dict[str, dict[str, str]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    calls: int = 0

    async def ready(self, *logins: str) -> None:
        desks = [self.floor.desk(login) for login in logins]
        for desk in desks:
            desk.choose("ready")
        async with asyncio.timeout(READY_S):
            while any(desk.desk.me.get("chosen") != "ready" for desk in desks):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def play(self, seconds: float, a_second: float = 12.0) -> None:
        """Callers and chats, as a Poisson stream."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            await asyncio.sleep(self.chance.expovariate(a_second))
            if self.floor.customers.doors is not None:
                self.come()
            elif self.chance.random() < 0.7:
                self.call()
            else:
                self.chat()

    def come(self) -> None:
        """By any channel, through its own door. Now and then an agent's line is cut."""
        customers = self.floor.customers
        if self.chance.random() < CUT_SHARE:
            self.chance.choice(list(self.floor.crowd.desks.values())).drop_line()
        ways = (self.call, customers.chat, customers.mail, customers.fax, self.task)
        self.chance.choices(ways, [6, 4, 4, 2, 1])[0]()

    def call(self, patience_s: float | None = None, talk_s: float | None = None, to: str = NUMBER) -> Caller:
        chance = self.chance
        errand = Errand(
            from_=f"+49170{chance.randrange(10**7):07d}" if chance.random() < 0.8 else None,
            to=to,
            patience_s=chance.uniform(0.5, 5.0) if patience_s is None else patience_s,
            talk_s=chance.uniform(0.1, 1.0) if talk_s is None else talk_s,
        )
        caller = Caller(errand, self.floor.provider, lambda caller, end: self.ends.__setitem__(caller.leg, end))
        caller.call()
        self.calls += 1
        return caller

    def chat(self) -> None:
        self._spawn(self._post("chat"))

    def task(self) -> None:
        self._spawn(self._post("task"))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, channel: str) -> None:
        """With an Idempotency-Key, sent again until it is answered."""
        key, body, ledger = f"post-{self.chance.getrandbits(64):x}", self._contact(channel), self.floor.callers
        ledger.write("sent", id=key, post=body)
        until_s = time.monotonic() + TRY_POST_S
        async with self._client() as client:
            while time.monotonic() < until_s:
                with contextlib.suppress(httpx2.HTTPError):
                    answer = await client.post("/v1/contacts", json=body, headers={"idempotency-key": key})
                    if answer.status_code < 500 and answer.status_code != 429:
                        ledger.write("answered", id=key, status=answer.status_code, answer=answer.json(), repeat=False)
                        self.posts[key] = (answer.status_code, answer.json())
                        self._bodies[key] = body
                        return
                await asyncio.sleep(0.2 * (0.5 + self.chance.random()))
        ledger.write("given_up", id=key)

    def _contact(self, channel: str) -> dict[str, str]:
        return {"company_id": self.company_id, "channel": channel, "queue_id": self.queue_id}

    def _client(self) -> httpx2.AsyncClient:
        headers = {"authorization": f"Bearer {self.floor.rest.key}"}
        return httpx2.AsyncClient(base_url=self.floor.rest.server, headers=headers, timeout=3)

    async def other_answers(self) -> dict[str, Any]:
        """Every post is asked for once more with its id: the answers that are not what they were."""
        others = {}
        async with self._client() as client:
            for key, first in self.posts.items():
                again = await client.post("/v1/contacts", json=self._bodies[key], headers={"idempotency-key": key})
                if (again.status_code, again.json()) != first:
                    others[key] = (first, again.status_code, again.text)
        return others

    @contextlib.asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Nobody can be expected to do anything in time meanwhile, nor a moment later."""
        from_ms = int(time.time() * 1000)
        try:
            yield
        finally:
            self.outages.append((from_ms, int(time.time() * 1000)))
            self.floor.callers.write("outage", from_ms=from_ms, to_ms=self.outages[-1][1])

    async def must_be_zero(self) -> dict[str, float]:
        """What the server itself counts of that which must not happen, as /metrics shows it."""
        async with self._client() as client:
            answer = await client.get("/metrics")
        counts = dict(re.findall(r'^acd_process_counts\{what="(\w+)"\} ([\d.]+)$', answer.text, re.MULTILINE))
        return {what: float(counts[what]) for what in ("idle_with_work", "bad_deadlines", "rejected")}

    async def drain(self, within_s: float = DRAIN_S) -> None:
        """Nobody comes any more; what is there comes to its end, then the ledger says so."""
        await asyncio.gather(*self._tasks)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._until_quiet()
        self.floor.callers.write("end", drained=self.floor.is_quiet)

    async def _until_quiet(self) -> None:
        """Nobody on the wire, nothing on a desk, no open contact, no effect under way, nothing in the inbox."""
        connection = await asyncpg.connect(self.database_url)
        try:
            while not self.floor.is_quiet or await connection.fetchval(SOMETHING_IS_OPEN):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        finally:
            await connection.close()


def lively(seed: int) -> Callable[[str], Manner]:
    """Agents who think, decline, overlook, put on hold."""

    def manner(login: str) -> Manner:
        chance = random.Random(f"{seed}/{login}")
        return Manner(
            think_s=lambda: chance.uniform(0.0, 0.3), handle_s=lambda channel: chance.uniform(0.1, 0.8),
            after_call_s=lambda: chance.uniform(0.0, 0.4), decline_share=0.05, ignore_share=0.03, hold_share=0.2,
            chance=chance,
        )  # fmt: skip

    return manner


@contextlib.asynccontextmanager
async def small_floor(
    server: Server,
    out: Path,
    seed: int,
    *,
    faults: Faults | None = None,
    queues: Sequence[QueueWish] = (QueueWish("sales", CONFIG, {NUMBER: "phone"}),),
    agents: int = AGENTS,
    manner: Callable[[str], Manner] | None = None,
    ready: bool = True,
    lmtp: str | None = None,
) -> AsyncIterator[SmallFloor]:
    """Agents are called agent0, agent1, … Contacts by REST go into the first queue. With `lmtp`, where the server takes
    mails, customers come by all channels.
    """
    password = PASSWORD if lmtp is not None else None
    wish = Wish(
        companies=[CompanyWish("small", "Small", region="DE", queues=queues)],
        agents=[AgentWish(f"agent{n}", f"Agent {n}", phone=f"SIP/{n}", password=password) for n in range(agents)],
    )
    out.mkdir(parents=True, exist_ok=True)
    (out / "database_url").write_text(server.database_url)
    key = await operator_key(server.database_url, "floor")
    ways = Ways("small", queues[-1].name, queues[-1].name, MAILBOX, FAX, lmtp) if lmtp is not None else None
    manner, chance = manner or lively(seed), random.Random(f"written/{seed}")
    async with open_floor(
        server.url, key, wish, out=out, faults=faults, manner=manner, ways=ways, chance=chance
    ) as floor:
        company_id, queue_id = floor.premises.companies["small"], floor.premises.queues["small", queues[0].name]
        small = SmallFloor(floor, seed, random.Random(seed), company_id, queue_id, server.database_url)
        if ready:
            await small.ready(*floor.premises.agents)
        yield small


async def audit(out: Path) -> dict[str, Any]:
    """What tests/audit.py finds; 'code' is its exit code."""
    command = [sys.executable, str(ROOT / "tests" / "audit.py"), str(out)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told, wrong = await process.communicate()
    assert told, wrong.decode()
    found: dict[str, Any] = json.loads(told)
    return {"code": process.returncode, **found}


def faulty(found: dict[str, Any]) -> dict[str, Any]:
    """The counts that are not 0, with their findings."""
    return {
        kind: found["findings"].get(kind) for kind, n in found.items() if isinstance(n, int) and n and kind != "code"
    }
