"""How does a recorded day happen again, through the public doors of a server?

Callers come at their own second, leave when their patience ends, talk as long as they talked; agents are at work when
the log shows them at work. Business time runs `speed` times as fast as real time; what the log's callers waited and
what ours wait is then compared by one definition.
"""

import asyncio
import json
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from floor import bank, log_figures
from floor.agent import Manner
from floor.caller import Caller, CallerEnd, Errand
from floor.clock import Clock
from floor.day import Arrival, Day
from floor.faults import Faults
from floor.opening import Floor, open_floor

LEAD_S = 2.0  # real, between the last desk taken and the window's first second
DRAIN_S = 2 * 3600  # business: nobody waits longer than the limit, hardly anybody talks longer than an hour
SETTLE_S = 3.0  # real: the last effects and wrap-ups are committed

Progress = Callable[[int, int], None]  # calls made, calls in all


@dataclass(slots=True)
class Outcome:
    """What the callers saw: waits in business seconds by their own stopwatch."""

    speed: float = 1.0
    drained: bool = False
    from_ms: int = 0  # business time of the window
    to_ms: int = 0
    answered_s: list[float] = field(default_factory=list)
    abandoned_s: list[float] = field(default_factory=list)
    let_go_s: list[float] = field(default_factory=list)
    webhooks: int = 0
    given_up: int = 0
    refused: int = 0
    reconnects: int = 0
    connect_s: list[float] = field(default_factory=list)  # real: offer on the desk -> call on the phone
    figures: dict[str, Any] = field(default_factory=dict)  # the server's

    @property
    def seen(self) -> log_figures.Figures:
        return log_figures.of_waits(self.answered_s, self.abandoned_s)

    @property
    def latency_s(self) -> float | None:
        """Real seconds from the offer on a desk that accepts at once to the call on the phone, median."""
        return log_figures.quantile(self.connect_s, 0.5)


async def run(
    day: Day,
    server: str,
    key: str,
    *,
    seed: int,
    out: Path | None,
    progress: Progress = lambda made, of: None,
    faults: Faults | None = None,
) -> Outcome:
    """Raises Refused, httpx2.HTTPError, OSError, TimeoutError when the floor cannot open."""
    after_call = list(day.after_call_s) or [0]
    clock: list[Clock] = []  # known as soon as a desk was welcomed, long before anybody wraps up

    def manner(login: str) -> Manner:
        chance = random.Random(f"{seed}/{day.date}/{login}")

        def after_call_s() -> float:
            work_s = chance.choice(after_call)
            return clock[0].real_s(work_s) if work_s <= bank.WRAP_UP_S else math.inf

        return Manner(after_call_s=after_call_s, chance=chance)

    async with open_floor(server, key, bank.wish(day), out=out, manner=manner, faults=faults) as floor:
        clock.append(floor.clock)
        outcome = Outcome(speed=floor.clock.speed)
        await _Replay(day, floor, outcome).play(progress)
        floor.callers.write("end", drained=outcome.drained)
        outcome.figures = await _figures(floor, outcome)
        if out is not None:  # while everybody still sits there
            (out / "live.json").write_text(json.dumps(await floor.rest.get("/v1/live")))
            (out / "figures.json").write_text(json.dumps(outcome.figures))
        return outcome


class _Replay:
    def __init__(self, day: Day, floor: Floor, outcome: Outcome) -> None:
        self._day, self._floor, self._outcome = day, floor, outcome
        self._waiting: dict[str, float] = {}  # leg -> when the call began, monotonic
        self._phones = bank.phones(day)
        self._made = 0
        self._fault: Exception | None = None

    async def play(self, progress: Progress) -> None:
        floor, window = self._floor, self._day.window
        first_s = min([arrival.at_s for arrival in self._day.arrivals], default=window.from_s)
        first_s = max(first_s - 60, window.from_s)  # an empty night need not be sat through
        last_s = max([arrival.at_s for arrival in self._day.arrivals], default=first_s)
        zero_ms = floor.clock.business_ms() + round(LEAD_S * 1000 * floor.clock.speed) - first_s * 1000
        self._outcome.from_ms = zero_ms + window.from_s * 1000
        self._outcome.to_ms = zero_ms + (last_s + DRAIN_S) * 1000  # nobody comes after the last one
        self._plan_staff(zero_ms, first_s)
        for arrival in self._day.arrivals:
            self._at(zero_ms + arrival.at_s * 1000, self._call, arrival)
        until_s = time.monotonic() + floor.clock.real_s_until(zero_ms + (last_s + DRAIN_S) * 1000)
        while not (self._made == len(self._day.arrivals) and floor.is_quiet) and time.monotonic() < until_s:
            if self._fault is not None:
                raise self._fault
            progress(self._made, len(self._day.arrivals))
            await asyncio.sleep(0.1)
        progress(self._made, len(self._day.arrivals))
        await self._settle()

    async def _settle(self) -> None:
        """Nobody comes any more: whoever is left hangs up, and what is on its way arrives."""
        floor, outcome = self._floor, self._outcome
        for leg in list(self._waiting):
            floor.provider.hang_up(leg)
        await floor.reporter.drain()
        for _ in range(100):
            if floor.is_quiet:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(SETTLE_S)
        outcome.drained = floor.is_quiet and self._made == len(self._day.arrivals)
        outcome.webhooks, outcome.given_up = floor.reporter.webhooks, floor.reporter.given_up
        outcome.refused = floor.reporter.refused
        for desk in floor.crowd.desks.values():
            outcome.reconnects += desk.reconnects
            outcome.connect_s += desk.connected_after_s

    def _plan_staff(self, zero_ms: int, first_s: int) -> None:
        """Ready at the start of a stretch; away between two, offline after the last, as soon as nothing is held."""
        last = {shift.server: shift for shift in self._day.shifts}
        for shift in self._day.shifts:
            desk = self._floor.desk(bank.login_of(shift.server))
            self._at(zero_ms + max(shift.start_s, first_s - 60) * 1000, desk.choose, "ready")
            if shift is last[shift.server]:
                self._at(zero_ms + shift.end_s * 1000, desk.choose, "offline")
            else:
                self._at(zero_ms + shift.end_s * 1000, desk.choose, "away", "break")

    def _at(self, business_ms: int, work: Callable[..., Any], *arguments: Any) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(max(0.0, self._floor.clock.real_s_until(business_ms)), self._guarded, work, *arguments)

    def _guarded(self, work: Callable[..., Any], *arguments: Any) -> None:
        """A fault of the floor ends the run: a caller who never called would look like one who was lost."""
        try:
            work(*arguments)
        except Exception as fault:
            self._fault = self._fault or fault

    def _call(self, arrival: Arrival) -> None:
        clock = self._floor.clock
        errand = Errand(
            from_=self._phones.get(arrival.customer or ""),
            to=bank.number_of(arrival.type),
            patience_s=clock.real_s(arrival.leaves_after_s),
            talk_s=clock.real_s(arrival.service_s),
        )
        caller = Caller(errand, self._floor.provider, self._ended, self._connected)
        caller.call()
        self._waiting[caller.leg] = time.monotonic()
        self._made += 1

    def _connected(self, caller: Caller) -> None:
        """The stopwatch stops when the agent is there."""
        began_s = self._waiting.pop(caller.leg, None)
        if began_s is not None:
            self._outcome.answered_s.append((time.monotonic() - began_s) * self._floor.clock.speed)

    def _ended(self, caller: Caller, end: CallerEnd) -> None:
        began_s = self._waiting.pop(caller.leg, None)
        if began_s is not None:
            waits = self._outcome.abandoned_s if end == "lost_patience" else self._outcome.let_go_s
            waits.append((time.monotonic() - began_s) * self._floor.clock.speed)


async def _figures(floor: Floor, outcome: Outcome) -> dict[str, Any]:
    """The server's own, of the same window."""
    company_id = floor.premises.companies[bank.SLUG]
    answer: dict[str, Any] = await floor.rest.get(
        "/v1/figures", company_id=company_id, **{"from": str(outcome.from_ms), "to": str(outcome.to_ms)}
    )
    return answer
