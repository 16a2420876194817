"""Are the promises of speed kept on this machine?    python -m bench [--quick] [--only NAME]

Every bench three times, the median counts and the spread is shown. Writes bench/results/*.json and prints a table.
Refuses a database that forgets: fsync and synchronous_commit are printed and must be on.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import commits, feeds, lifecycles
from bench.commits import Postgres, postgres
from bench.machine import RESULTS, ROOT, Refused, commit, durability, machine

RUNS = 3
BY_THEMSELVES = ("routing", "turn", "first_view", "chat")
REFUSED = 2  # what a bench ends with where it could promise nothing
LIFECYCLES_PER_S = 1000
OFFER_P50_MS, OFFER_P99_MS, OFFER_P99_OF_DISK = 3.0, 30.0, 3.0
FIGURES_P99_MS, SOCKET_KIB = 300.0, 40.0

console = Console(stderr=True)
Measure = Callable[[Postgres], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    what: str
    value: str
    spread: str
    promise: str
    kept: bool | None  # None: a number to compare with


async def measured(name: str, command: str, server: Postgres, measure: Measure, runs: int) -> list[dict[str, Any]]:
    """Runs it, writes bench/results/<name>.json, returns the runs."""
    found = []
    for number in range(1, runs + 1):
        console.print(f"{name}: run {number} of {runs}", style="dim")
        found.append(await measure(server))
    report = {
        "bench": name,
        "command": command,
        "commit": commit(),
        "machine": machine(),
        "settings": await durability(server.admin_url),
        "median": medians(found),
        "runs": found,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")
    return found


def medians(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of every number that all runs have, at any depth."""
    found: dict[str, Any] = {}
    for name, value in runs[0].items():
        values = [run.get(name) for run in runs]
        if isinstance(value, Mapping):
            found[name] = medians([each for each in values if isinstance(each, Mapping)])
        elif all(isinstance(each, int | float) and not isinstance(each, bool) for each in values):
            found[name] = statistics.median(values)  # type: ignore[type-var]
    return found


def spread(runs: Sequence[Mapping[str, Any]], *path: str) -> tuple[float, str]:
    """The median and all runs as text."""
    values = []
    for run in runs:
        value: Any = run
        for step in path:
            value = value[step]
        values.append(float(value))
    return statistics.median(values), "  ".join(f"{value:g}" for value in values)


async def of_database(quick: bool, only: str | None) -> list[Line]:
    seconds, runs = ("5", 1) if quick else ("20", RUNS)
    steady = ("--seconds", seconds, "--talk-s", "0.5")
    async with postgres() as server:
        console.print(await durability(server.admin_url))
        lines: list[Line] = []
        disk = await measured("commits", "python -m bench.commits", server, commits.measure, runs)
        lines += _of_commits(disk)
        if only in (None, "lifecycles"):
            full = await measured(
                "lifecycles", "python -m bench.lifecycles --only closed", server,
                lambda s: lifecycles.measure(s, "closed", "--seconds", seconds, "--lanes", "8"), runs,
            )  # fmt: skip
            lines += _of_lifecycles(full)
        if only in (None, "offers"):
            offers = await measured(
                "offers", "python -m bench.lifecycles --only poisson", server,
                lambda s: lifecycles.measure(s, "poisson", *steady), runs,
            )  # fmt: skip
            lines += _of_offers(offers, disk)
        if only in (None, "feeds"):
            stretches = ("--seconds", "5", "--stuck-s", "15") if quick else ()
            watched = await measured(
                "feeds", "python -m bench.feeds", server, lambda s: feeds.measure(s, *stretches), runs,
            )  # fmt: skip
            lines += _of_feeds(watched)
        return lines


def _of_commits(runs: Sequence[Mapping[str, Any]]) -> list[Line]:
    alone, of_alone = spread(runs, "durable_commits_per_s")
    p99, of_p99 = spread(runs, "at_200_per_s_p99_ms")
    return [
        Line("pgbench: durable single-row commits/s, one connection", f"{alone:.0f}", of_alone, "", None),
        Line("pgbench -R 200: p99, ms", f"{p99:g}", of_p99, "", None),
    ]


def _of_lifecycles(runs: Sequence[Mapping[str, Any]]) -> list[Line]:
    rate, of_rate = spread(runs, "lifecycles_per_s")
    shown = [
        Line(
            "full durable lifecycles/s, 1,000 agents' sockets", f"{rate:.0f}", of_rate,
            f"≥ {LIFECYCLES_PER_S}", rate >= LIFECYCLES_PER_S,
        )
    ]  # fmt: skip
    for what, path in (
        ("messages/s", ("messages_per_s",)),
        ("transactions a lifecycle (each statement is one)", ("in_database", "transactions_per_lifecycle")),
        ("generator's CPU, of one core", ("generator_cpu_share",)),
        ("server's CPU, of one core", ("server_cpu_share",)),
        ("PostgreSQL's CPU, of one core", ("postgres_cpu_share",)),
    ):
        value, of_value = spread(runs, *path)
        shown.append(Line(f"  {what}", f"{value:g}", of_value, "", None))
    return shown


def _of_offers(runs: Sequence[Mapping[str, Any]], disk: Sequence[Mapping[str, Any]]) -> list[Line]:
    p50, of_p50 = spread(runs, "offer_latency_ms", "p50")
    p99, of_p99 = spread(runs, "offer_latency_ms", "p99")
    share, of_share = spread(runs, "generator_cpu_share")
    bound = max(OFFER_P99_MS, OFFER_P99_OF_DISK * spread(disk, "at_200_per_s_p99_ms")[0])
    return [
        Line("webhook sent → offer on the desk at 200/s: p50, ms", f"{p50:g}", of_p50, f"≤ {OFFER_P50_MS:g}",
             p50 <= OFFER_P50_MS),
        Line("  p99, ms", f"{p99:g}", of_p99, f"≤ {bound:g} (30 or 3 × pgbench's)", p99 <= bound),
        Line("  generator's CPU, of one core", f"{share:g}", of_share, "", None),
    ]  # fmt: skip


def _of_feeds(runs: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The promise is of the others beside readers who stop; without those it stands beside it."""
    shown = []
    for what, stretch in (("beside two that stopped reading", "with_stuck"), ("everybody reads", "without_stuck")):
        p99, of_p99 = spread(runs, stretch, "age_ms", "p99")
        counted, _ = spread(runs, stretch, "age_ms", "n")
        shown.append(
            Line(f"age of figures when read, {what}: p99, ms", f"{p99:g}", of_p99, f"≤ {FIGURES_P99_MS:g}",
                 p99 <= FIGURES_P99_MS)
        )  # fmt: skip
        shown.append(Line("  frames of figures read", f"{counted:.0f}", "", "", None))
        for label, *path in (
            ("p50, ms", "age_ms", "p50"), ("max, ms", "age_ms", "max"),
            ("on the screen, until the next are read: p99, ms", "age_on_screen_ms", "p99"),
            ("behind the desks' turns: p99, ms", "behind_desks_ms", "p99"),
            ("webhook sent → offer on the desk: p99, ms", "offer_latency_ms", "p99"),
            ("server's CPU, of one core", "server_cpu_share"),
        ):  # fmt: skip
            value, of_value = spread(runs, stretch, *path)
            shown.append(Line(f"  {label}", f"{value:g}", of_value, "", None))
    for label, stage in (("with their snapshots", "opened"), ("at the end", "ended")):
        kib, of_kib = spread(runs, "kib_per_socket", stage)
        shown.append(
            Line(f"memory a socket, 1,100 sockets {label}, KiB", f"{kib:g}", of_kib, f"≤ {SOCKET_KIB:g}",
                 kib <= SOCKET_KIB)
        )  # fmt: skip
    return shown


def of_processes(quick: bool, only: str | None) -> tuple[list[str], bool]:
    """Benches that run and tell by themselves, and whether all of them kept what they promise."""
    said, kept = [], True
    for name in BY_THEMSELVES:
        if only not in (None, name) or not (ROOT / "bench" / f"{name}.py").exists():
            continue
        command = [sys.executable, "-m", f"bench.{name}", *(["--quick"] if quick and name != "turn" else [])]
        console.print(" ".join(command[1:]), style="dim")
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        kept &= done.returncode in (0, REFUSED)
        said.append(f"{name}\n{done.stdout.strip() or done.stderr.strip()[-1000:]}")
    return said, kept


def show(lines: Sequence[Line]) -> bool:
    """The table; True when every promise is kept."""
    table = Table(title=f"{machine()['cpu']}, {machine()['cores']} cores, commit {commit()}")
    for heading in ("", "median", "runs", "promise", ""):
        table.add_column(heading, justify="right" if heading in ("median", "promise") else "left")
    for line in lines:
        kept = {None: "", True: "[green]kept[/]", False: "[red]not kept[/]"}[line.kept]
        table.add_row(line.what, line.value, line.spread, line.promise, kept)
    Console().print(table)
    return all(line.kept is not False for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="once and short: to see that it runs")
    parser.add_argument("--only", choices=("commits", "lifecycles", "offers", "feeds", *BY_THEMSELVES))
    asked = parser.parse_args()
    os.chdir(ROOT)
    lifecycles.allow_many_sockets()
    lines: list[Line] = []
    try:
        if asked.only not in BY_THEMSELVES:
            lines = asyncio.run(of_database(asked.quick, asked.only))
    except Refused as refused:
        console.print(f"[bold red]refused[/] {refused}")
        return REFUSED
    said, kept = of_processes(asked.quick, asked.only)
    kept &= show(lines)
    for text in said:
        print(f"\n{text}")
    print(f"\nresults: {Path(RESULTS).relative_to(ROOT)}/*.json")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
