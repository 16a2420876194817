"""How fast does the routing engine decide, alone, in memory, on one core, explanations included?

    python -m bench.routing            the promises, 3 runs, median; JSON into bench/results, a table on the screen
    python -m bench.routing --quick    a tenth of it, once

A lifecycle is Enqueue -> Offered -> Accept -> Connected -> End -> Finish. The floor: agents of many profiles, on the
phone or writing; lines of random requirements in queues of three rates; some stays with wishes, some offers declined.
For each who is served one arrives, so that the number of those who wait stays as it is. Business time runs as fast as
promised. Measured is the CPU time of the engine's thread in each message, the clock's own cost subtracted: others on
the machine take caches away but not time. Garbage is frozen after the set-up, as in the product.
"""

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
from collections import deque
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from time import perf_counter, thread_time_ns
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.machine import RESULTS, commit, machine
from contacts.requirement import parse
from contacts.stay import Wishes
from contacts.words import SECOND_US, Channel
from routing import messages as m
from routing.engine import Engine

CHANNELS: tuple[Channel, ...] = ("phone", "phone", "phone", "chat", "email")  # of every fifth queue one
RATES = (1, 2, 4)
ON_THE_PHONE = m.Capacity(maxima={"phone": 1})
WRITING = m.Capacity(maxima={"chat": 5, "email": 5})
Profile = tuple[dict[str, int], frozenset[str], m.Capacity]
COMPANIES = 4
MESSAGES = ("Enqueue", "Accept", "Decline", "Connected", "End", "Finish", "TimePassed")


@dataclass(frozen=True, slots=True)
class Size:
    waiting: int
    talking: int = 0  # not 0: so many are served, whoever waits
    agents: int = 10_000
    profiles: int = 5_000
    skills: int = 200
    lines: int = 5_000
    queues: int = 250
    wishes_pct: int = 5
    declines_pct: int = 10
    promise_s: int = 3_600
    lifecycles: int = 50_000
    warm_up: int = 25_000
    step_us: int = 100  # business time from one lifecycle to the next: 10,000 a second


class Crowd:
    """Customers and agents, from a seed, who tell the engine what they do and take the time of its answers."""

    def __init__(self, size: Size, seed: int) -> None:
        self.size, self.chance = size, Random(seed)
        self.engine = Engine(self._next_segment_id)
        self.now_us = 1_795_000_000 * SECOND_US
        self.segments = self.stays = 0
        self.agent_ids = [f"01900000-0000-7000-8000-{number:012}" for number in range(size.agents)]
        self.lines: list[tuple[str, str, Channel]] = []  # queue, requirement, channel
        self.talking: deque[str] = deque()
        self.taken_ns: dict[str, list[int]] = {name: [] for name in MESSAGES}
        empty = [(thread_time_ns(), thread_time_ns()) for _ in range(1_000)]
        self.clock_ns = sorted(end - start for start, end in empty)[500]  # what the clock itself takes

    def _next_segment_id(self) -> str:
        self.segments += 1
        return f"01900001-0000-7000-8000-{self.segments:012}"

    def tell(self, message: m.Message) -> list[m.Decision]:
        start = thread_time_ns()
        decisions = self.engine.handle(message, self.now_us)
        self.taken_ns[type(message).__name__].append(thread_time_ns() - start - self.clock_ns)
        return decisions

    # --- set-up -------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        size = self.size
        skills = [f"skill_{number}" for number in range(size.skills)]
        profiles = [self._profile(skills) for _ in range(size.profiles)]
        self.profiles = [profiles[number % size.profiles] for number in range(size.agents)]
        agents = tuple(
            m.AgentProfile(agent_id, *profile) for agent_id, profile in zip(self.agent_ids, self.profiles, strict=True)
        )
        queues = tuple(self._queue(number) for number in range(size.queues))
        self.engine.handle(m.ConfigChanged(1, m.DomainPolicy(), queues, agents), self.now_us)
        self._make_up_lines(skills, [profile[0] for profile in profiles])

    def _profile(self, skills: list[str]) -> Profile:
        """On the phone, or writing: five contacts at once."""
        known = self.chance.sample(skills, self.chance.randint(8, 20))
        companies = self.chance.sample(range(COMPANIES), 2)
        return (
            {skill: self.chance.randint(1, 10) for skill in known},
            frozenset(f"company-{each}" for each in companies),
            self.chance.choices((ON_THE_PHONE, WRITING), (6, 4))[0],
        )

    def _queue(self, number: int) -> m.QueuePolicy:
        return m.QueuePolicy(
            f"01900002-0000-7000-8000-{number:012}", f"company-{number % COMPANIES}", 1, rate=RATES[number % 3],
            head_start=((50, 10), (80, 60)), promise_s=self.size.promise_s, limit_s=10 * self.size.promise_s,
        )  # fmt: skip

    def _make_up_lines(self, skills: list[str], profiles: list[dict[str, int]]) -> None:
        """One skill, two or a choice of three; each met by at least one profile."""
        seen: set[tuple[str, str]] = set()
        while len(self.lines) < self.size.lines:
            number = self.chance.randrange(self.size.queues)
            queue_id, requirement = f"01900002-0000-7000-8000-{number:012}", self._requirement(skills)
            if (queue_id, requirement) not in seen and any(map(parse(requirement).holds, profiles)):
                seen.add((queue_id, requirement))
                self.lines.append((queue_id, requirement, CHANNELS[number % len(CHANNELS)]))

    def _requirement(self, skills: list[str]) -> str:
        one, two, three = (f"{skill} >= {self.chance.randint(1, 6)}" for skill in self.chance.sample(skills, 3))
        return self.chance.choices((one, f"{one} and {two}", f"({one} or {two} or {three})"), (6, 3, 1))[0]

    def settle(self) -> None:
        """All agents are there; customers come until so many are served and so many wait."""
        for agent_id in self.agent_ids:
            self.engine.handle(m.Reach(agent_id, "phone", True), self.now_us)
            self.engine.handle(m.Reach(agent_id, "desk", True), self.now_us)
            self.engine.handle(m.Choose(agent_id, "ready"), self.now_us)
        while len(self.talking) < self.size.talking if self.size.talking else self.waiting < self.size.waiting:
            self.now_us += self.size.step_us
            self.answer(self.arrive())

    # --- what goes on -------------------------------------------------------------------------------------------------

    def arrive(self) -> list[m.Decision]:
        self.stays += 1
        is_first = self.stays <= len(self.lines)  # every line is live
        queue_id, requirement, channel = self.lines[self.stays - 1] if is_first else self.chance.choice(self.lines)
        stay_id, contact_id = f"01900003-0000-7000-8000-{self.stays:012}", f"01900004-0000-7000-8000-{self.stays:012}"
        value, wishes = self.chance.randrange(101), Wishes()
        if self.chance.randrange(100) < self.size.wishes_pct:
            agent_id = self.chance.choice(self.agent_ids)
            wishes = Wishes(preferred_agent_id=agent_id) if self.chance.random() < 0.5 else Wishes(None, (agent_id,))
        return self.tell(m.Enqueue(stay_id, contact_id, channel, queue_id, value, None, requirement, wishes))

    def answer(self, decisions: list[m.Decision]) -> None:
        """Every offer is declined or accepted at once; who declines may be offered another."""
        offers = [decision for decision in decisions if isinstance(decision, m.Offered)]
        while offers:
            offer = offers.pop()
            if self.chance.randrange(100) < self.size.declines_pct:
                more = self.tell(m.Decline(offer.segment_id, offer.agent_id))
                offers += [decision for decision in more if isinstance(decision, m.Offered)]
            else:
                self.tell(m.Accept(offer.segment_id, offer.agent_id))
                self.tell(m.Connected(offer.segment_id))
                self.talking.append(offer.segment_id)

    def live_one_life(self) -> None:
        self.now_us += self.size.step_us
        due_us = self.engine.next_deadline()
        if due_us is not None and due_us <= self.now_us:
            self.answer(self.tell(m.TimePassed()))
        self.answer(self.arrive())
        if self.talking:
            segment_id = self.talking.popleft()
            self.answer(self.tell(m.End(segment_id)))
            self.answer(self.tell(m.Finish(segment_id)))

    def live(self, lifecycles: int) -> dict[str, Any]:
        for taken_ns in self.taken_ns.values():
            taken_ns.clear()
        waiting, start = self.waiting, perf_counter()
        for _ in range(lifecycles):
            self.live_one_life()
        wall_s = perf_counter() - start
        every = sorted(taken_ns for each in self.taken_ns.values() for taken_ns in each)
        engine_s, lives = sum(every) / 1e9, len(self.taken_ns["Finish"])
        return {
            "waiting_before": waiting,
            "waiting_after": self.waiting,
            "lifecycles": lives,
            "lifecycles_per_s": round(lives / engine_s),
            "us_per_lifecycle": round(engine_s / lives * 1e6, 1),
            "lifecycles_per_s_with_generator": round(lives / wall_s),
            "message_p50_us": _at(every, 0.5),
            "message_p99_us": _at(every, 0.99),
            "message_max_us": _at(every, 1),
            "p99_us": {name: _at(sorted(each), 0.99) for name, each in self.taken_ns.items() if each},
            "mean_us": {name: round(statistics.mean(each) / 1e3, 1) for name, each in self.taken_ns.items() if each},
        }

    @property
    def waiting(self) -> int:
        return self.engine.count_waiting()

    def change_configuration(self) -> dict[str, Any]:
        """What a live change stalls: an agent's skills, and a requirement that nobody has asked for before."""
        skill_ns, line_ns = [], []
        for number in range(50):
            agent_id, (skills, companies, capacity) = self.agent_ids[number], self.profiles[number]
            changed = m.AgentProfile(agent_id, skills | {"skill_new": 1 + number % 10}, companies, capacity)
            start = thread_time_ns()
            self.engine.handle(m.ConfigChanged(2 + number, agents=(changed,)), self.now_us)
            skill_ns.append(thread_time_ns() - start)
            self.lines.append((*self.lines[number][:1], f"skill_{number} >= 1 and skill_{number + 1} >= 1", "phone"))
            queue_id, requirement, channel = self.lines.pop()
            stay_id = f"01900005-0000-7000-8000-{number:012}"
            start = thread_time_ns()
            self.engine.handle(m.Enqueue(stay_id, stay_id, channel, queue_id, 0, None, requirement), self.now_us)
            line_ns.append(thread_time_ns() - start)
        return {
            "changed_skills_p50_us": _at(sorted(skill_ns), 0.5), "changed_skills_max_us": _at(sorted(skill_ns), 1),
            "new_line_p50_us": _at(sorted(line_ns), 0.5), "new_line_max_us": _at(sorted(line_ns), 1),
        }  # fmt: skip


def _at(sorted_ns: list[int], share: float) -> float:
    return round(sorted_ns[min(len(sorted_ns) - 1, int(len(sorted_ns) * share))] / 1e3, 1)


# --- one run, in a process of its own ---------------------------------------------------------------------------------


def run(size: Size, seed: int) -> dict[str, Any]:
    crowd = Crowd(size, seed)
    gc.disable()  # as the product does while it rebuilds
    crowd.open()
    crowd.settle()
    settled_mib = rss_mib()
    gc.collect()
    gc.freeze()
    gc.enable()
    for _ in range(size.warm_up):
        crowd.live_one_life()
    result = crowd.live(size.lifecycles)
    return result | crowd.change_configuration() | {"rss_settled_mib": settled_mib, "rss_mib": rss_mib()}


def rss_mib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def run_apart(size: Size, seed: int) -> dict[str, Any]:
    """Memory and garbage of one run shall not be another's."""
    command = [sys.executable, "-m", "bench.routing", "--one", json.dumps(asdict(size)), "--seed", str(seed)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


# --- the promises -----------------------------------------------------------------------------------------------------


def floors(quick: bool) -> dict[str, Size]:
    if quick:
        return {name: _tenth(size) for name, size in floors(quick=False).items()}
    return {
        "1,000 waiting": Size(1_000),
        "1,000,000 waiting": Size(1_000_000),
        "100,000 waiting, all overdue": Size(100_000, promise_s=0),
        "half of the agents free": Size(0, talking=5_000),
        "50,000 agents, 1,000,000 waiting": Size(1_000_000, agents=50_000),
    }


def _tenth(size: Size) -> Size:
    return replace(
        size, waiting=size.waiting // 10, talking=size.talking // 10, agents=size.agents // 10,
        profiles=size.profiles // 10, lines=size.lines // 10, lifecycles=size.lifecycles // 10,
        warm_up=size.warm_up // 10,
    )  # fmt: skip


def main() -> int:
    asked = _arguments()
    if asked.one:
        print(json.dumps(run(Size(**json.loads(asked.one)), asked.seed)))
        return 0
    before, results = machine(), {}
    for name, size in floors(asked.quick).items():
        if asked.only in name:
            runs = [run_apart(size, asked.seed + number) for number in range(1 if asked.quick else asked.runs)]
            results[name] = {"size": asdict(size), "median": _median(runs), "runs": runs}
    show(results, "a tenth of each, " if asked.quick else "")
    report = {
        "bench": "routing",
        "command": "python -m bench.routing",
        "commit": commit(),
        "machine": before,
        "floors": results,
        "promises": [asdict(promise) for promise in promises(results)],
    }
    Path(asked.json).parent.mkdir(parents=True, exist_ok=True)
    Path(asked.json).write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, once")
    parser.add_argument("--only", default="", help="part of a floor's name")
    parser.add_argument("--json", default=str(RESULTS / "routing.json"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    numbers = [name for name, value in runs[0].items() if isinstance(value, int | float)]
    return {name: statistics.median(run[name] for run in runs) for name in numbers}


@dataclass(frozen=True, slots=True)
class Promise:
    what: str
    measured: float
    bound: str
    kept: bool


def promises(results: dict[str, Any]) -> list[Promise]:
    """Those for which the floors were played."""
    median = {name: result["median"] for name, result in results.items()}
    found = []
    for name in ("1,000 waiting", "1,000,000 waiting"):
        if name in median:
            lives, p99_us = median[name]["lifecycles_per_s"], median[name]["message_p99_us"]
            found.append(Promise(f"{name}: lifecycles a second", lives, ">= 10,000", lives >= 10_000))
            found.append(Promise(f"{name}: p99 of a message, us", p99_us, "<= 200", p99_us <= 200))
    if {"1,000 waiting", "1,000,000 waiting"} <= median.keys():
        few, many = (median[name]["us_per_lifecycle"] for name in ("1,000 waiting", "1,000,000 waiting"))
        ratio = round(many / few, 2)
        found.append(Promise("a lifecycle at 1,000,000 waiting / at 1,000", ratio, "<= 1.6", ratio <= 1.6))
    if (name := "50,000 agents, 1,000,000 waiting") in median:
        found.append(Promise(f"{name}: MiB", median[name]["rss_mib"], "<= 2,048", median[name]["rss_mib"] <= 2_048))
    return found


def show(results: dict[str, Any], note: str) -> None:
    console = Console(width=140)
    table = Table(title=f"routing alone, one core; {note}{machine()['cpu']}, commit {commit()}; median (runs)")
    for heading in ("", "lifecycles/s", "us each", "p50 us", "p99 us", "max us", "MiB", "new line us", "new skill us"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, result in results.items():
        median, runs = result["median"], result["runs"]
        spread = " ".join(f"{run['lifecycles_per_s']}" for run in runs)
        columns = ("us_per_lifecycle", "message_p50_us", "message_p99_us", "message_max_us", "rss_mib")
        changes = ("new_line_p50_us", "changed_skills_p50_us")
        cells = [
            f"{median[column]:.0f}" if column == "rss_mib" else f"{median[column]}" for column in columns + changes
        ]
        table.add_row(name, f"{median['lifecycles_per_s']:.0f} ({spread})", *cells)
    console.print(table)
    for promise in promises(results):
        console.print(
            f"{'kept    ' if promise.kept else 'NOT KEPT'}  {promise.what}: {promise.measured:,} ({promise.bound})"
        )


if __name__ == "__main__":
    sys.exit(main())
