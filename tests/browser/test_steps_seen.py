"""Does the supervisor see each step of each flow, and how long after the agent's click or the provider's report?

Every step is waited for on the supervisor's page before the next one is taken. Its time runs from the click in the
agent's page, or from when the provider's report leaves, until the change is painted in the supervisor's. All samples go
to build/steps_seen.json, their quantiles to the terminal; the tests hold only that each step is seen, and in order.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from tests.browser.conftest import REPOSITORY, Visitor
from tests.browser.phone_desks import CallCentre, Seat, open_call_centre
from tests.browser.telephone import Call
from tests.serving import Api, Server

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

RESULTS = REPOSITORY / "build" / "steps_seen.json"
HANG_S = 15.0
CLOCKS_APART_MS = 50.0  # more, and the times of two processes could not be compared

NOTE_CLICKS = """() => document.addEventListener(
  "click", () => (window.clickedMs = performance.timeOrigin + performance.now()), true)"""
# What is read from the page is the words that a person reads: of each agent, by initial, what they do and hold.
RECORD = """() => {
  const clockMs = () => performance.timeOrigin + performance.now()
  const text = (element) => element?.textContent.trim() ?? ""
  const held = (item) => [...item.querySelectorAll(":scope > span")].map(text).join(" ")
  const look = () => {
    const seen = { waiting: text(document.querySelector("[data-test=queues] [data-figure=waiting]")) }
    for (const row of document.querySelectorAll("[data-test=agents] tbody tr")) {
      const parts = [text(row.querySelector(".doing > span")), ...[...row.querySelectorAll(".holds > li")].map(held)]
      seen[text(row.querySelector(".row-name"))[0]] = parts.join(": ")
    }
    return seen
  }
  let last = JSON.stringify(look())
  window.pictures = [{ atMs: clockMs(), seen: look() }]
  const note = () => {
    const seen = look()
    if (JSON.stringify(seen) === last) return
    last = JSON.stringify(seen)
    requestAnimationFrame(() => setTimeout(() => window.pictures.push({ atMs: clockMs(), seen }))) // once it is painted
  }
  const everything = { subtree: true, childList: true, characterData: true, attributes: true }
  new MutationObserver(note).observe(document.body, everything)
}"""
PICTURES = "(from) => window.pictures.slice(from)"
CLOCK = "() => performance.timeOrigin + performance.now()"


@dataclass(frozen=True, slots=True)
class Sample:
    flow: str
    step: str
    begins_with: str  # 'click' or 'report'
    seen_after_ms: float


@dataclass(slots=True)
class Watch:
    """A supervisor at the live view, beside the desks of a call centre."""

    centre: CallCentre
    boss: Visitor
    samples: list[Sample]
    flow: str = ""
    calls: list[Call] = field(default_factory=list)
    looked_at: int = 0
    """So many pictures of the page are accounted for by steps."""

    @property
    def seats(self) -> tuple[Seat, Seat, Seat]:
        first, second, third = self.centre.seats
        return first, second, third

    @property
    def call(self) -> Call:
        return self.calls[-1]

    async def click(self, step: str, seat: Seat, deed: Awaitable[Any], **wanted: str) -> None:
        """`wanted`: by initial, what the supervisor reads of an agent after it and did not read before."""
        await deed
        await self._sees(step, "click", await seat.page.evaluate("window.clickedMs"), wanted)

    async def report(self, step: str, deed: Awaitable[float], **wanted: str) -> None:
        await self._sees(step, "report", await deed, wanted)

    async def _sees(self, step: str, begins_with: str, since_ms: float, wanted: dict[str, str]) -> None:
        until = time.monotonic() + HANG_S
        pictures: list[Any] = []
        while time.monotonic() < until:
            pictures = await self.boss.page.evaluate(PICTURES, self.looked_at)
            for n, picture in enumerate(pictures):
                if wanted.items() <= picture["seen"].items():
                    assert picture["atMs"] >= since_ms, f"{self.flow}: {step}: seen before it was done"
                    self.looked_at += n + 1
                    self.samples.append(Sample(self.flow, step, begins_with, round(picture["atMs"] - since_ms, 1)))
                    return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{self.flow}: {step}: not seen within {HANG_S} s: {wanted}; last {pictures[-1:]}")


@pytest.fixture(scope="module")
def samples(request: pytest.FixtureRequest) -> Iterator[list[Sample]]:
    found: list[Sample] = []
    yield found
    if not found:
        return
    times_ms = sorted(sample.seen_after_ms for sample in found)
    told = {
        "n": len(times_ms),
        "p50_ms": times_ms[len(times_ms) // 2],
        "p99_ms": times_ms[min(len(times_ms) - 1, len(times_ms) * 99 // 100)],
        "max_ms": times_ms[-1],
        "bound_ms": 1000,
        "load_average": os.getloadavg()[0],
    }
    RESULTS.write_text(json.dumps({**told, "samples": [asdict(sample) for sample in found]}, indent=1) + "\n")
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print(f"\nsteps seen by the supervisor: {json.dumps(told)}")


@pytest_asyncio.fixture(loop_scope="module")
async def watch(
    shared_server: Server, shared_api: Api, visit_shared: Any, samples: list[Sample]
) -> AsyncIterator[Watch]:
    async with open_call_centre(shared_server, shared_api, visit_shared) as centre:
        boss, _ = await centre.opens_live_view()
        await boss.page.evaluate(RECORD)
        for seat in centre.seats:
            await seat.page.evaluate(NOTE_CLICKS)
            await clocks_agree(seat.page)
        await clocks_agree(boss.page)
        yield Watch(centre, boss, samples)
        assert centre.complaints() == boss.complaints == []


async def clocks_agree(page: Any) -> None:
    before_ms = time.time() * 1000
    there_ms = await page.evaluate(CLOCK)
    assert before_ms - CLOCKS_APART_MS <= there_ms <= time.time() * 1000 + CLOCKS_APART_MS


# --- the flows --------------------------------------------------------------------------------------------------------


async def a_talks(w: Watch) -> None:
    """And the others are ready, B before C."""
    a, b, c = w.seats
    await w.click("A becomes ready", a, a.becomes_ready(), A="Ready")
    await w.report("a call arrives", arrival(w), A="Busy: Phone Offered")
    await picks_up(w, a)
    await w.click("B becomes ready", b, b.becomes_ready(), B="Ready")
    await w.click("C becomes ready", c, c.becomes_ready(), C="Ready")


async def arrival(w: Watch) -> float:
    w.calls.append(await w.centre.is_called())
    return w.call.sent_ms


async def picks_up(w: Watch, seat: Seat) -> None:
    who = seat.name[0]
    await w.click(f"{who} accepts", seat, seat.accepts(), **{who: "Busy: Phone Connecting"})
    await w.report("both wires are established", w.centre.telephone.does("connect"), **{who: "Busy: Phone Talking"})


async def is_asked(w: Watch, colleague: Seat, by: Seat) -> None:
    who, asks = colleague.name[0], by.name[0]
    await w.click(f"{asks} consults {who}", by, by.consults(colleague), **{who: "Busy: Phone Consult Offered"})
    await w.report("the caller is held", w.centre.telephone.does("hold"), **{asks: "Busy: Phone On hold"})
    await w.click(f"{who} accepts", colleague, colleague.accepts(), **{who: "Busy: Phone Consult Connecting"})
    await w.report(f"{who} picks up", w.centre.telephone.does("ring"), **{who: "Busy: Phone Consult Talking"})


async def retrieved(w: Watch, seat: Seat) -> None:
    who = seat.name[0]
    await w.report("the caller is retrieved", w.centre.telephone.does("retrieve"), **{who: "Busy: Phone Talking"})


async def ends(w: Watch, seat: Seat, *others: str) -> None:
    """Whoever talks ends the call: over when the provider says so. Then they and these others wrap up."""
    who = seat.name[0]
    await seat.clicks("end")
    let_go = w.centre.telephone.does("hang_up", w.call.customer)
    await w.report(f"{who} has ended, the caller is let go", let_go, **{who: "Wrap-up: Phone Wrap-up"})
    await wrap_up(w, who, *others)


async def wrap_up(w: Watch, *initials: str) -> None:
    for seat in w.seats:
        if (who := seat.name[0]) in initials:
            await w.click(f"{who} finishes", seat, seat.page.click("[data-test=finish]"), **{who: "Ready"})


async def blind_to_queue(w: Watch) -> None:
    a, b, _ = w.seats
    gone = "Wrap-up: Phone Wrap-up"
    await w.click("A transfers", a, a.transfers_to_queue("Second line"), A=gone, B="Busy: Phone Offered")
    await picks_up(w, b)
    await ends(w, b, "A")


async def blind_to_agent(w: Watch) -> None:
    a, _, c = w.seats
    await w.click("A transfers", a, a.transfers_to(c), A="Wrap-up: Phone Wrap-up", C="Busy: Phone Offered")
    await picks_up(w, c)
    await ends(w, c, "A")


async def consult_and_complete(w: Watch) -> None:
    a, b, _ = w.seats
    await is_asked(w, b, by=a)
    await w.click("A completes", a, a.clicks("complete"), A="Wrap-up: Phone Wrap-up", B="Busy: Phone On hold")
    await retrieved(w, b)
    await ends(w, b, "A")


async def consult_and_return(w: Watch) -> None:
    a, b, _ = w.seats
    await is_asked(w, b, by=a)
    await w.click("A returns", a, a.clicks("return"), A="Busy: Phone On hold", B="Wrap-up: Phone Consult Wrap-up")
    await retrieved(w, a)
    await ends(w, a, "B")


async def conference(w: Watch) -> None:
    a, b, _ = w.seats
    await is_asked(w, b, by=a)
    await w.click("A begins a conference", a, a.clicks("conference"), B="Busy: Phone Conference On hold")
    talking = {"A": "Busy: Phone Talking", "B": "Busy: Phone Conference Talking"}
    await w.report("the caller is retrieved", w.centre.telephone.does("retrieve"), **talking)
    await w.click("A leaves", a, a.clicks("leave"), A="Wrap-up: Phone Wrap-up", B="Busy: Phone Talking")
    await ends(w, b, "A")


async def chain_of_two(w: Watch) -> None:
    a, b, c = w.seats
    await w.click("A transfers", a, a.transfers_to(b), A="Wrap-up: Phone Wrap-up", B="Busy: Phone Offered")
    await picks_up(w, b)
    await is_asked(w, c, by=b)
    await w.click("B completes", b, b.clicks("complete"), B="Wrap-up: Phone Wrap-up", C="Busy: Phone On hold")
    await retrieved(w, c)
    await ends(w, c, "A", "B")


FLOWS = [blind_to_queue, blind_to_agent, consult_and_complete, consult_and_return, conference, chain_of_two]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__.replace("_", " "))
async def test_the_supervisor_sees_each_step(watch: Watch, flow: Callable[[Watch], Awaitable[None]]) -> None:
    watch.flow = flow.__name__
    await a_talks(watch)
    await flow(watch)


async def test_the_supervisor_sees_a_caller_wait_be_declined_and_leave(watch: Watch) -> None:
    watch.flow = "offers"
    a, b, _ = watch.seats
    await watch.report("a call waits", arrival(watch), waiting="1")
    await watch.click("A becomes ready", a, a.becomes_ready(), A="Busy: Phone Offered")
    await watch.click("B becomes ready", b, b.becomes_ready(), B="Ready")
    await watch.click("A declines", a, a.page.click("[data-test=decline]"), A="Ready", B="Busy: Phone Offered")
    await watch.report("the caller leaves", watch.call.hangs_up(), B="Ready", waiting="0")
