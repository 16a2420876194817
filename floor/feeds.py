"""How old are the figures on a hundred live views beside a thousand desks, and what does a reader cost who stops?

Companies with thousands of agents, made through the public API. Calls come all the while. First everybody reads; then
one live view and one desk stop reading, and the others are measured again. This process reports its own CPU time,
because it shares the machine with what it measures. It reads memory of nobody: who started it does, when it says so.
"""

import asyncio
import gc
import random
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from floor.company import AgentWish, CompanyWish, Premises, QueueWish, Wish, establish
from floor.crowd import AT_ONCE, Tickets
from floor.http_line import Place
from floor.ledger import Ledger
from floor.light_desk import LightDesk
from floor.light_view import Covered, LightView
from floor.listener import Answer, Listener
from floor.log_figures import quantile
from floor.offer_times import OfferTimes
from floor.provider import Provider
from floor.reporter import Reporter
from floor.rest import Rest

READY_S = 30.0
SETTLE_S = 3.0  # memory is looked at when what was made in passing is gone
DRAIN_S = 10.0
STUCK_BUFFER_BYTES = 65_536  # of the kernel, for who stops reading: on loopback it would keep megabytes
SKILLS, LEVELS = 5, (3, 5, 8)  # of a company; each agent has two
CONFIG = {"agent_order": "longest_idle", "wrap_up_s": 60, "promise_s": 600}


@dataclass(frozen=True, slots=True)
class Crowding:
    """How many of everything. `views`: a tenth see everything, four tenths a company, the others a team."""

    companies: int = 4
    queues: int = 40
    teams: int = 48
    agents: int = 5000
    desks: int = 1000
    views: int = 100
    rate: float = 75.0  # calls a second
    talk_s: float = 2.0
    warm_up_s: float = 4.0
    seconds: float = 10.0  # everybody reads
    stuck_s: float = 20.0  # two do not
    lanes: int = 4
    seed: int = 1


@dataclass(slots=True)
class Stretch:
    """What was read between two instants, by those who read."""

    began_s: float = 0.0
    ended_s: float = 0.0
    offers_ms: list[float] = field(default_factory=list)
    lifecycles: int = 0
    own_cpu_s: float = 0.0

    def __contains__(self, at_s: object) -> bool:
        return isinstance(at_s, float) and self.began_s <= at_s < self.ended_s

    def as_json(self, views: Sequence[LightView]) -> dict[str, Any]:
        reads = [read for view in views for read in view.reads if read.at_s in self]
        behind = [ms for view in views for at_s, ms in view.behind if at_s in self]
        seconds = self.ended_s - self.began_s
        return {
            "seconds": round(seconds, 2),
            "age_ms": spread([read.age_ms for read in reads]),
            "age_on_screen_ms": spread([read.screen_ms for read in reads if read.screen_ms is not None]),
            "behind_desks_ms": spread(behind),
            "offer_latency_ms": spread(self.offers_ms),
            "lifecycles_per_s": round(self.lifecycles / seconds, 1),
            "figures_per_view_per_s": round(len(reads) / len(views) / seconds, 2),
            "generator_cpu_share": round(self.own_cpu_s / seconds, 3),
        }


def spread(values: Sequence[float]) -> dict[str, float | int | None]:
    """Milliseconds, but for the number of them."""
    found = {"p50": quantile(values, 0.5), "p99": quantile(values, 0.99), "max": max(values, default=None)}
    return {"n": len(values), **{name: None if ms is None else round(ms, 1) for name, ms in found.items()}}


async def run(how: Crowding, server: str, key: str, tell: Callable[[str], None]) -> dict[str, Any]:
    """`tell` hears 'premises' before the first socket, 'opened' when all have their snapshots, 'alone' and 'stuck' at
    the begin of each stretch and 'measured' at their end.

    Raises Refused, OSError, TimeoutError.
    """
    doors: list[Provider] = []
    listener = Listener(lambda headers, body: doors[0].take(headers, body) if doors else _NOT_YET)
    port = await listener.start()
    tickets = Tickets(Place.of(server), key)
    async with Rest(server, key) as rest:
        premises = await establish(rest, wish_of(how, f"http://127.0.0.1:{port}/commands"))
    floor = _Floor(how, premises, server, tickets)
    doors.append(floor.provider)
    try:
        await asyncio.sleep(SETTLE_S)
        tell("premises")
        await asyncio.sleep(0.2)
        await floor.open()
        gc.collect()
        gc.freeze()
        await asyncio.sleep(SETTLE_S)
        tell("opened")
        return await floor.measure(tell)
    finally:
        await floor.close()
        tickets.close()
        await listener.stop()


_NOT_YET: Answer = (503, b"{}")


# --- the companies ----------------------------------------------------------------------------------------------------


def slug_of(company: int) -> str:
    return f"company{company}"


def number_of(queue: int) -> str:
    return f"+493055501{queue:04}"


def wish_of(how: Crowding, command_url: str) -> Wish:
    """Agents of one company each, in teams; some of them lead: their rights are a supervisor's."""
    chance = random.Random(how.seed)
    companies = [
        CompanyWish(
            slug=slug_of(c), name=f"Company {c}", region="DE",
            queues=[
                QueueWish(f"queue {q}", CONFIG | {"requirement": f"s{q // how.companies % SKILLS} >= 3"},
                          {number_of(q): "phone"})
                for q in range(c, how.queues, how.companies)
            ],
        )
        for c in range(how.companies)
    ]  # fmt: skip
    leaders = [leader(how, n) for n in range(how.views)]
    agents = [_agent(how, n, chance) for n in range(how.agents - how.views)]
    return Wish(companies=companies, agents=[*agents, *leaders], provider="feeds", command_url=command_url)


def _agent(how: Crowding, n: int, chance: random.Random) -> AgentWish:
    skills = {f"s{k}": chance.choice(LEVELS) for k in chance.sample(range(SKILLS), 2)}
    company = n % how.companies
    team = f"team {company} {n // how.companies % (how.teams // how.companies)}"
    return AgentWish(
        f"agent{n:05}", f"Agent {n}", skills, phone=f"SIP/{n}", companies=(slug_of(company),), team=team
    )  # fmt: skip


def leader(how: Crowding, n: int) -> AgentWish:
    company = n % how.companies
    companies = () if n < how.views // 10 else (slug_of(company),)
    team = f"team {company} {n // how.companies % (how.teams // how.companies)}"
    of_team = team if n >= how.views // 2 else None
    return AgentWish(f"leader{n:03}", f"Leader {n}", companies=companies, role="supervisor", of_team=of_team)


# --- everybody who takes part -----------------------------------------------------------------------------------------


class _Desk(LightDesk):
    """Tells of each position that it was sent."""

    covered: Covered

    def _take(self, text: bytes) -> None:
        start = text.find(b'"pos":') + 6
        self.covered.told(int(text[start : text.find(b",", start)]))
        super()._take(text)

    def stop_reading(self) -> None:
        self._socket.stop_reading()

    def read_on(self) -> None:
        self._socket.read_on()


class _Floor:
    """Calls, provider, desks and views in one process. As the customer of every call it hangs up after talk_s."""

    def __init__(self, how: Crowding, premises: Premises, server: str, tickets: Tickets) -> None:
        self._how, self._premises, self._tickets, self._place = how, premises, tickets, Place.of(server)
        self._chance = random.Random(how.seed)
        self._offers = OfferTimes(self._note)
        self._reporter = Reporter(
            server, premises.provider_id, premises.secret_in,
            ledger=Ledger(), lanes=how.lanes, on_answer=self._offers.answered,
        )  # fmt: skip
        self.provider = Provider(self._reporter, premises.secret_out, ledger=Ledger())
        self._covered = Covered()
        self._desks: list[_Desk] = []
        self._views: list[LightView] = []
        self._stretch: Stretch | None = None
        self._arrivals: asyncio.Task[None] | None = None

    # --- before and after ---------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Every desk and view has its snapshot; no call has come yet. One desk and one view have narrow wires."""
        how, agents = self._how, self._premises.agents
        logins = [login for login in agents if login.startswith("agent")]
        seated = [agents[login] for login in self._chance.sample(logins, how.desks)]
        self._reporter.start()
        self._reporter.tell_phones(seated)
        named, run = await self._tickets.for_all(seated), secrets.token_hex(4)
        self._desks = [_Desk(n, run, self._offers.offered, self._finished) for n in range(how.desks)]
        for desk in self._desks:
            desk.covered = self._covered
        await self._sit_down([(desk, named[agent_id]) for desk, agent_id in zip(self._desks, seated, strict=True)])
        leaders = [agents[leader(how, n).login] for n in range(how.views)]
        named = await self._tickets.for_all(leaders)
        self._views = [LightView(self._covered if n < how.views // 10 else None) for n in range(how.views)]
        await self._sit_down([(view, named[agent_id]) for view, agent_id in zip(self._views, leaders, strict=True)])

    async def _sit_down(self, who: Sequence[tuple[_Desk | LightView, str]]) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number: int, somebody: _Desk | LightView, ticket: str) -> None:
            async with gate:
                await somebody.sit_down(self._place, ticket, None if number else STUCK_BUFFER_BYTES)

        await asyncio.gather(*(one(number, *each) for number, each in enumerate(who)))

    async def close(self) -> None:
        if self._arrivals is not None:
            self._arrivals.cancel()
        until_s = time.monotonic() + DRAIN_S
        while self.provider.live_legs and time.monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        for desk in self._desks:
            desk.leave()
        for view in self._views:
            view.leave()
        await self._reporter.stop()

    # --- measuring ----------------------------------------------------------------------------------------------------

    async def measure(self, tell: Callable[[str], None]) -> dict[str, Any]:
        how = self._how
        await self._get_ready()
        self._arrivals = asyncio.create_task(self._arrive())
        await asyncio.sleep(how.warm_up_s)
        alone = await self._read("alone", how.seconds, tell)
        hung_desk, hung_view = self._desks[0], self._views[0]
        hung_desk.stop_reading()
        hung_view.stop_reading()
        stuck = await self._read("stuck", how.stuck_s, tell)
        tell("measured")
        hung_desk.read_on()
        hung_view.read_on()
        await asyncio.sleep(1.0)
        others = self._views[1:]
        return {
            "floor": asdict(how),
            "sockets": len(self._desks) + len(self._views),
            "without_stuck": alone.as_json(others),
            "with_stuck": stuck.as_json(others),
            "stuck": {"live_closed_with": hung_view.lost_code, "desk_problem": hung_desk.first_problem.decode()[:200]},
            "views": {
                "snapshot_kib": [round(view.snapshot_bytes / 1024) for view in self._views],
                "gaps": sum(view.gaps for view in others),
                "lost": [view.lost_code for view in others if view.lost_code is not None],
            },
            "refused": sum(desk.refused for desk in self._desks[1:]) + self._reporter.refused,
            "problem": next((d.first_problem.decode()[:300] for d in self._desks[1:] if d.first_problem), ""),
        }

    async def _get_ready(self) -> None:
        for desk in self._desks:
            desk.get_ready()
        until_s = time.monotonic() + READY_S
        while not all(desk.is_ready for desk in self._desks):
            if time.monotonic() > until_s:
                problems = [desk.first_problem for desk in self._desks if desk.first_problem][:1]
                raise TimeoutError(f"not all agents are ready after {READY_S:.0f} s {problems}")
            await asyncio.sleep(0.05)

    async def _read(self, name: str, seconds: float, tell: Callable[[str], None]) -> Stretch:
        tell(name)
        cpu_s = time.process_time()
        stretch = self._stretch = Stretch(began_s=time.monotonic(), ended_s=float("inf"))
        await asyncio.sleep(seconds)
        stretch.ended_s, stretch.own_cpu_s = time.monotonic(), time.process_time() - cpu_s
        self._stretch = None
        return stretch

    # --- calls --------------------------------------------------------------------------------------------------------

    async def _arrive(self) -> None:
        """Exponential gaps, kept on the clock: a late timer does not thin the arrivals."""
        at_s = time.monotonic()
        while True:
            at_s += self._chance.expovariate(self._how.rate)
            if (wait_s := at_s - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            self.provider.call(None, number_of(self._chance.randrange(self._how.queues)), self)

    def connected(self, leg: str) -> None:
        asyncio.get_running_loop().call_later(self._how.talk_s, self.provider.hang_up, leg)

    def cleared(self, leg: str) -> None:
        pass

    def _finished(self) -> None:
        if self._stretch is not None:
            self._stretch.lifecycles += 1

    def _note(self, sent_s: float, offered_s: float) -> None:
        if self._stretch is not None and sent_s >= self._stretch.began_s:
            self._stretch.offers_ms.append((offered_s - sent_s) * 1000)
