"""How many real calls a second do Asterisk and we put through, beside Asterisk's own queue?

    python -m bench.pbx [--rate 20] [--minutes 10] [--quick]      JSON on standard output and in bench/results/pbx.json

Asterisk, SIPp (callers and phones), the server, PostgreSQL and the 200 desks share this machine. A caller calls, waits
in the queue, is offered to an agent whose desk accepts at once, talks until the agent's phone hangs up; the agent wraps
up. Then the same SIPp calls app_queue of the same Asterisk with the same phones, talk and wrap-up.
"""

import argparse
import asyncio
import contextlib
import csv
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from bench.commits import Postgres, postgres
from bench.machine import RESULTS, Refused, commit, cpu_s, durability, machine
from bench.served import Served, served
from floor.agent import Desk, Manner
from floor.company import AgentWish, CompanyWish, QueueWish, Wish, establish
from floor.crowd import Crowd, Tickets
from floor.http_line import Place
from floor.ledger import Ledger
from floor.rest import Rest
from tests.pbx.pbx import APPLICATION, ARI_PASSWORD, ARI_USER, Pbx, free_port, why_not
from tests.pbx.sip import Parties, Party, caller_scenario

AGENTS = 200
TALK_MS, WRAP_UP_S, RING_MS = 6_000, 2, 100
NUMBER = "+4930555002"
P99_MAX_MS = 200.0
DRAIN_S = 60.0
FASTER = (20, 40, 60, 80, 100, 120, 150)  # calls a second, of short calls, to find what still fails nobody
SHORT_TALK_MS, SHORT_S = 1_000, 20.0
OPEN = """
SELECT (SELECT count(*) FROM contact WHERE state = 'open') AS contacts,
    (SELECT count(*) FROM leg WHERE state <> 'cleared') AS legs,
    (SELECT count(*) FROM effect WHERE state IN ('due', 'sent')) AS effects
"""
ENDS = """
SELECT count(*) FILTER (WHERE outcome = 'handled') AS handled, count(*) FILTER (WHERE outcome <> 'handled') AS others
FROM contact WHERE arrived_at >= to_timestamp($1)
"""
OFFERS = """
SELECT c.collected ->> 'from' AS caller, s.id::text AS segment FROM segment s JOIN contact c ON c.id = s.contact_id
WHERE c.arrived_at >= to_timestamp($1) ORDER BY s.offered_at DESC
"""


class Hands(Desk):
    """Notes when an offer is on the page."""

    offered_at: dict[str, float]

    def _act(self, segment_id: str, record: dict[str, Any]) -> None:
        if record["state"] == "offered":
            self.offered_at.setdefault(segment_id, time.time())
        super()._act(segment_id, record)


@dataclass(slots=True)
class Run:
    """One rate, held for so long."""

    rate: int
    seconds: float
    calls: int = 0
    answered: int = 0
    failed: int = 0
    stuck: int = 0
    retransmissions: int = 0
    answer_ms: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "rate": self.rate, "seconds": self.seconds, "calls": self.calls, "answered": self.answered,
            "failed": self.failed, "stuck": self.stuck, "sip_retransmissions": self.retransmissions,
        }  # fmt: skip
        if self.answer_ms:
            times = sorted(self.answer_ms)
            found["invite_to_offer_ms"] = {
                "n": len(times), "p50": round(statistics.median(times), 1),
                "p99": round(times[min(len(times) - 1, int(len(times) * 0.99))], 1), "max": round(times[-1], 1),
            }  # fmt: skip
        return found


def _queue_conf(wrap_up_s: int) -> str:
    members = "".join(f"member => PJSIP/sip{n},0\n" for n in range(1, AGENTS + 1))
    return (
        f"autofill = yes\n[theirs]\nstrategy = rrmemory\ntimeout = 15\nretry = 1\nwrapuptime = {wrap_up_s}\n"
        f"ringinuse = no\nmusicclass = default\n{members}"
    )


THEIRS = "exten => theirs,1,Answer()\n same => n,Queue(theirs,,,,60)\n same => n,Hangup()\n"


def _call(parties: Parties, called: str, rate: int, seconds: float) -> Party:
    """Callers for so long; SIPp's own statistics lie beside its log."""
    scenario = caller_scenario(called, "+4930[call_number]", ("until",))
    where = [f"127.0.0.1:{parties.sip_port}", "-p", str(free_port(socket.SOCK_DGRAM)), "-l", "5000"]
    load = ["-m", str(int(rate * seconds)), "-r", str(rate)]
    told = ["-trace_stat", "-stf", "callers.csv", "-fd", "5", "-trace_logs", "-log_file", "callers.invites"]
    return parties.start(scenario, [*where, *load, *told], timeout_s=int(seconds + DRAIN_S))


def _said(folder: Path, run: Run) -> None:
    """What SIPp counted."""
    with (folder / "callers.csv").open() as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    run.calls = int(last["TotalCallCreated"])
    run.answered, run.failed = int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"])
    run.retransmissions = int(last["Retransmissions(C)"])
    run.stuck = run.calls - run.answered - run.failed


def _invites(folder: Path) -> dict[str, float]:
    """Caller's number -> when their INVITE was sent, seconds since 1970."""
    found = {}
    for line in (folder / "callers.invites").read_text().splitlines():
        if match := re.search(r"invite (\d+) (\S+)\s+(\S+)", line):
            at = datetime.fromisoformat(f"{match[2]} {match[3][:15]}")
            found[f"+4930{match[1]}"] = at.timestamp()
    return found


@contextlib.asynccontextmanager
async def _centre(ours: Served, pbx: Pbx, folder: Path, wrap_up_s: int) -> AsyncIterator[list[Hands]]:
    key = ours.key_file.read_text()
    people = tuple(
        AgentWish(f"a{n}", f"Agent {n}", companies=("acme",), phone=f"PJSIP/sip{n}") for n in range(1, AGENTS + 1)
    )
    config = {"promise_s": 20, "limit_s": 300, "offer_timeout_s": 15, "reoffer_pause_s": 1, "wrap_up_s": wrap_up_s}
    queue = QueueWish("Sales", config, {NUMBER: "phone"})
    wish = Wish((CompanyWish("acme", "Acme", queues=(queue,)),), people, "unused", "http://127.0.0.1:9/")
    async with Rest(ours.address, key) as rest:
        premises = await establish(rest, wish)
        access = {
            "name": "pbx",
            "url": pbx.url,
            "username": ARI_USER,
            "password": ARI_PASSWORD,
            "application": APPLICATION,
        }
        await rest.post("/v1/asterisks", access)
        place = Place.of(ours.address)
        tickets, ledger = Tickets(place, key), Ledger(None)
        desks = []
        for agent_id in premises.agents.values():
            manner = Manner(after_call_s=lambda: float("inf"))
            desk = Hands(agent_id, place, tickets.for_one, ledger=ledger, manner=manner)
            desk.offered_at = {}
            desks.append(desk)
        crowd = Crowd(desks, tickets)
        await crowd.sit_down()
        for desk in desks:
            desk.choose("ready")
        until_s = time.monotonic() + 60
        while sum(bool(desk.desk.me.get("phone_reachable")) for desk in desks) < AGENTS:
            if time.monotonic() > until_s:
                raise RuntimeError("the phones were never reported as registered")
            await asyncio.sleep(0.2)
        try:
            yield desks
        finally:
            await crowd.leave()
            tickets.close()


async def _over(party: Party, seconds: float) -> None:
    """Until SIPp has ended, of itself or by its own limit."""
    with contextlib.suppress(AssertionError, TimeoutError):
        await party.over(seconds + DRAIN_S + 10)


async def ours_at(rate: int, seconds: float, desks: Sequence[Hands], parties: Parties, url: str, folder: Path) -> Run:
    run = Run(rate, seconds)
    for desk in desks:
        desk.offered_at.clear()
    began_s = time.time()
    await _over(_call(parties, NUMBER, rate, seconds), seconds)
    _said(folder, run)
    conn = await asyncpg.connect(url)
    try:
        until_s = time.monotonic() + DRAIN_S
        while any((await conn.fetchrow(OPEN)).values()) and time.monotonic() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        run.stuck = max(run.stuck, max((await conn.fetchrow(OPEN)).values()))
        ends = await conn.fetchrow(ENDS, began_s)
        run.failed = max(run.failed, int(ends["others"]))
        offers = await conn.fetch(OFFERS, began_s)
    finally:
        await conn.close()
    shown = {segment: at for desk in desks for segment, at in desk.offered_at.items()}
    invites = _invites(folder)
    first = {row["caller"]: row["segment"] for row in offers}  # the earliest stands last and wins
    run.answer_ms = [
        (shown[segment] - invites[caller]) * 1000
        for caller, segment in first.items()
        if caller in invites and segment in shown
    ]
    return run


async def theirs_at(rate: int, seconds: float, parties: Parties, folder: Path) -> Run:
    run = Run(rate, seconds)
    await _over(_call(parties, "theirs", rate, seconds), seconds)
    _said(folder, run)
    return run


async def measure(server: Postgres, rate: int, seconds: float, highest: bool) -> dict[str, Any]:
    if (reason := why_not()) is not None:
        raise Refused(reason)
    found: dict[str, Any] = {"agents": AGENTS, "talk_ms": TALK_MS, "wrap_up_s": WRAP_UP_S}
    with tempfile.TemporaryDirectory(prefix="jackfield-pbx-") as name:
        folder = Path(name)
        more = {"queues.conf": _queue_conf(WRAP_UP_S), "extensions.conf": THEIRS}
        pbx = Pbx.configured(folder, AGENTS, more)
        pbx.start()
        parties = Parties(folder, pbx.sip_port, pbx.next_room())
        try:
            phones = parties.phone(f"pause {TALK_MS}", "bye", ring_ms=RING_MS, times=10_000_000, timeout_s=86_400)
            async with served(server, "pbx") as ours, _centre(ours, pbx, folder, WRAP_UP_S) as desks:
                before = {
                    "server": cpu_s(ours.pid),
                    "asterisk": cpu_s(pbx.process.pid),
                    "phones": cpu_s(phones.process.pid),
                }  # type: ignore[union-attr]
                run = await ours_at(rate, seconds, desks, parties, ours.url, folder)
                after = {
                    "server": cpu_s(ours.pid),
                    "asterisk": cpu_s(pbx.process.pid),
                    "phones": cpu_s(phones.process.pid),
                }  # type: ignore[union-attr]
                found["ours"] = run.as_json()
                found["cores_used"] = {part: round((after[part] - before[part]) / seconds, 3) for part in before}
            found["app_queue"] = (await theirs_at(rate, seconds, parties, folder)).as_json()
            phones.kill()
            if highest:
                found["highest"] = await _highest(server, pbx, parties, folder)
        finally:
            parties.end()
            pbx.stop()
    return found


async def _highest(server: Postgres, pbx: Pbx, parties: Parties, folder: Path) -> dict[str, Any]:
    """Short calls without wrap-up, ever more of them, until somebody fails: ours, then theirs."""
    pbx.say("queue show theirs")
    (folder / "etc/queues.conf").write_text("[general]\n" + _queue_conf(0))
    pbx.say("queue reload all")
    parties.phone(f"pause {SHORT_TALK_MS}", "bye", ring_ms=RING_MS, times=10_000_000, timeout_s=86_400)
    runs: dict[str, list[dict[str, Any]]] = {"ours": [], "app_queue": []}
    async with served(server, "pbx") as ours, _centre(ours, pbx, folder, 0) as desks:
        for rate in FASTER:
            run = await ours_at(rate, SHORT_S, desks, parties, ours.url, folder)
            runs["ours"].append(run.as_json())
            if run.failed or run.stuck:
                break
    for rate in FASTER:
        run = await theirs_at(rate, SHORT_S, parties, folder)
        runs["app_queue"].append(run.as_json())
        if run.failed or run.stuck:
            break
    held = {
        who: max((each["rate"] for each in some if not each["failed"] and not each["stuck"]), default=0)
        for who, some in runs.items()
    }
    return {"talk_ms": SHORT_TALK_MS, "seconds": SHORT_S, "held_per_s": held, "runs": runs}


async def _main(options: argparse.Namespace) -> int:
    seconds = 20.0 if options.quick else options.minutes * 60.0
    async with postgres() as server:
        report = {
            "bench": "pbx",
            "command": " ".join(["python -m bench.pbx", *sys.argv[1:]]),
            "commit": commit(),
            "machine": machine(),
            "settings": await durability(server.admin_url),
            "found": await measure(server, options.rate, seconds, not options.quick),
        }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "pbx.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report["found"], indent=1))
    ours = report["found"]["ours"]
    kept = not ours["failed"] and not ours["stuck"] and ours["invite_to_offer_ms"]["p99"] <= P99_MAX_MS
    return 0 if kept else 1


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rate", type=int, default=20, help="calls a second")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--quick", action="store_true", help="20 s, and no search for the highest rate")
    try:
        sys.exit(asyncio.run(_main(parser.parse_args())))
    except (Refused, subprocess.SubprocessError) as refused:
        sys.exit(f"refused: {refused}")


if __name__ == "__main__":
    main()
