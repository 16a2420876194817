"""How many full lifecycles a second does a server carry, and how soon is an offer on the desk?

A lifecycle: a call arrives by signed webhook, is offered, accepted, connected by the provider's report, ended by the
customer, wrapped up. `closed`: so many calls at once, a new one for each that is over: what the server can carry.
`poisson`: calls come at a rate whatever happens: what an offer takes. This process reports its own CPU time, because it
shares the machine with what it measures.
"""

import asyncio
import gc
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from floor.company import AgentWish, CompanyWish, Premises, QueueWish, Wish, establish
from floor.crowd import AT_ONCE, Tickets
from floor.http_line import Place
from floor.ledger import Ledger
from floor.light_desk import LightDesk
from floor.listener import Answer, Listener
from floor.log_figures import quantile
from floor.offer_times import OfferTimes
from floor.provider import Provider
from floor.reporter import Reporter
from floor.rest import Rest

TO = "+4930555010100"
READY_S = 60.0
DRAIN_S = 15.0

Mode = Literal["closed", "poisson"]


@dataclass(frozen=True, slots=True)
class Load:
    mode: Mode = "closed"
    agents: int = 1000
    in_flight: int = 400  # closed: calls at once
    rate: float = 200.0  # poisson: calls a second
    talk_s: float = 0.0
    warm_up_s: float = 5.0
    seconds: float = 20.0
    lanes: int = 2
    seed: int = 1


@dataclass(slots=True)
class Measured:
    """Counts and CPU of the measured stretch alone; latencies of every call that arrived in it, milliseconds."""

    lifecycles: int = 0
    calls: int = 0
    seconds: float = 0.0
    own_cpu_s: float = 0.0
    frames: int = 0
    commands_sent: int = 0
    refused: int = 0
    webhooks: int = 0
    reports: int = 0
    provider_posts: int = 0
    provider_commands: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    problem: str = ""

    def as_json(self, load: Load) -> dict[str, Any]:
        per = 1 / self.lifecycles if self.lifecycles else 0.0
        messages = self.frames + self.commands_sent + self.reports + self.provider_commands
        return {
            "load": asdict(load),
            "lifecycles": self.lifecycles,
            "lifecycles_per_s": round(self.lifecycles / self.seconds, 1),
            "calls": self.calls,
            "seconds": round(self.seconds, 2),
            "messages_per_s": round(messages / self.seconds),
            "per_lifecycle": {
                "messages": round(messages * per, 2),
                "frames": round(self.frames * per, 2),
                "agent_commands": round(self.commands_sent * per, 2),
                "reports": round(self.reports * per, 2),
                "webhooks": round(self.webhooks * per, 3),
                "provider_commands": round(self.provider_commands * per, 2),
                "provider_posts": round(self.provider_posts * per, 3),
            },
            "generator_cpu_share": round(self.own_cpu_s / self.seconds, 3),
            "generator_cpu_us_per_lifecycle": round(self.own_cpu_s * 1e6 * per),
            "refused": self.refused,
            "problem": self.problem,
            "offer_latency_ms": {
                name: None if value is None else round(value, 2)
                for name, value in (
                    ("p50", quantile(self.latencies_ms, 0.5)),
                    ("p90", quantile(self.latencies_ms, 0.9)),
                    ("p99", quantile(self.latencies_ms, 0.99)),
                    ("max", max(self.latencies_ms, default=None)),
                )
            },
            "offers_measured": len(self.latencies_ms),
        }


async def run(load: Load, server: str, key: str, tell: Callable[[str], None] = lambda word: None) -> dict[str, Any]:
    """`tell` hears 'measuring' and 'measured' at the ends of the measured stretch, for whoever watches other processes.

    Raises Refused, OSError, TimeoutError; what desks were refused is told in `problem`.
    """
    doors: list[Provider] = []
    listener = Listener(lambda headers, body: doors[0].take(headers, body) if doors else _NOT_YET)
    port = await listener.start()
    place, tickets = Place.of(server), Tickets(Place.of(server), key)
    async with Rest(server, key) as rest:
        premises = await establish(rest, _wish(load.agents, f"http://127.0.0.1:{port}/commands"))
    generator = _Generator(load, premises, server)
    doors.append(generator.provider)
    try:
        await generator.open(place, tickets)
        gc.collect()
        gc.freeze()
        return (await generator.measure(tell)).as_json(load)
    finally:
        await generator.close()
        tickets.close()
        await listener.stop()


_NOT_YET: Answer = (503, b"{}")


def _wish(agents: int, command_url: str) -> Wish:
    queue = QueueWish(
        name="load", numbers={TO: "phone"}, config={"agent_order": "longest_idle", "wrap_up_s": 60, "promise_s": 600}
    )
    company = CompanyWish(slug="load", name="Load", region="DE", queues=[queue])
    seats = [AgentWish(login=f"load{n:05}", name=f"Agent {n}", phone=f"SIP/{n}") for n in range(agents)]
    return Wish(companies=[company], agents=seats, provider="load", command_url=command_url)


class _Generator:
    """Calls, provider and desks in one process. As the customer of every call it hangs up after talk_s."""

    def __init__(self, load: Load, premises: Premises, server: str) -> None:
        self._load, self._premises = load, premises
        self._chance = random.Random(load.seed)
        self._offers = OfferTimes(self._note)
        self._reporter = Reporter(
            server, premises.provider_id, premises.secret_in,
            ledger=Ledger(), lanes=load.lanes, on_answer=self._offers.answered,
        )  # fmt: skip
        self.provider = Provider(self._reporter, premises.secret_out, ledger=Ledger())
        self._desks: list[LightDesk] = []
        self._done = self._calls = 0
        self._since_s = float("inf")
        self._latencies_ms: list[float] = []
        self._stopping = False

    # --- before and after ---------------------------------------------------------------------------------------------

    async def open(self, place: Place, tickets: Tickets) -> None:
        """Every agent at a desk, phone registered, ready."""
        self._reporter.start()
        agent_ids = list(self._premises.agents.values())
        self._reporter.tell_phones(agent_ids)
        named = await tickets.for_all(agent_ids)
        run, gate = secrets.token_hex(4), asyncio.Semaphore(AT_ONCE)
        self._desks = [LightDesk(n, run, self._offers.offered, self._finished) for n in range(len(agent_ids))]

        async def one(desk: LightDesk, agent_id: str) -> None:
            async with gate:
                await desk.sit_down(place, named[agent_id])

        await asyncio.gather(*(one(desk, agent_id) for desk, agent_id in zip(self._desks, agent_ids, strict=True)))
        for desk in self._desks:
            desk.get_ready()
        until_s = time.monotonic() + READY_S
        while not all(desk.is_ready for desk in self._desks):
            if time.monotonic() > until_s:
                problems = [desk.first_problem for desk in self._desks if desk.first_problem][:1]
                raise TimeoutError(f"not all agents are ready after {READY_S:.0f} s {problems}")
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        self._stopping = True
        until_s = time.monotonic() + DRAIN_S
        while self.provider.live_legs and time.monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        for desk in self._desks:
            desk.leave()
        await self._reporter.stop()

    # --- measuring ----------------------------------------------------------------------------------------------------

    async def measure(self, tell: Callable[[str], None]) -> Measured:
        if self._load.mode == "closed":
            for _ in range(self._load.in_flight):
                self._call()
            arrivals = None
        else:
            arrivals = asyncio.create_task(self._arrive())
        await asyncio.sleep(self._load.warm_up_s)
        tell("measuring")
        began_s, cpu_s, before = time.monotonic(), time.process_time(), self._counts()
        self._since_s = began_s
        await asyncio.sleep(self._load.seconds)
        after, seconds = self._counts(), time.monotonic() - began_s
        tell("measured")
        measured = Measured(
            seconds=seconds,
            own_cpu_s=time.process_time() - cpu_s,
            latencies_ms=list(self._latencies_ms),
            problem=next((desk.first_problem.decode()[:500] for desk in self._desks if desk.first_problem), ""),
            **{name: after[name] - before[name] for name in after},
        )
        self._stopping = True
        if arrivals is not None:
            arrivals.cancel()
        return measured

    def _counts(self) -> dict[str, int]:
        return {
            "lifecycles": self._done,
            "calls": self._calls,
            "frames": sum(desk.frames for desk in self._desks),
            "commands_sent": sum(desk.sent for desk in self._desks),
            "refused": sum(desk.refused for desk in self._desks) + self._reporter.refused,
            "webhooks": self._reporter.webhooks,
            "reports": self._reporter.events,
            "provider_posts": self.provider.posts,
            "provider_commands": self.provider.commands,
        }

    async def _arrive(self) -> None:
        """Exponential gaps, kept on the clock: a late timer does not thin the arrivals."""
        at_s = time.monotonic()
        while True:
            at_s += self._chance.expovariate(self._load.rate)
            if (wait_s := at_s - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            self._call()

    def _call(self) -> None:
        self._calls += 1
        self.provider.call(None, TO, self)

    # --- the customer of every call -----------------------------------------------------------------------------------

    def connected(self, leg: str) -> None:
        asyncio.get_running_loop().call_later(self._load.talk_s, self.provider.hang_up, leg)

    def cleared(self, leg: str) -> None:
        pass

    # --- what desks and webhooks say ----------------------------------------------------------------------------------

    def _finished(self) -> None:
        self._done += 1
        if self._load.mode == "closed" and not self._stopping:
            self._call()

    def _note(self, sent_s: float, offered_s: float) -> None:
        if sent_s >= self._since_s:
            self._latencies_ms.append((offered_s - sent_s) * 1000)
