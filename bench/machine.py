"""On what was it measured, and does that machine keep what it says it has stored?"""

import os
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "server_version")


class Refused(Exception):
    """A number measured like this would be no promise."""


def machine() -> dict[str, Any]:
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """As git names it; `+` where files differ from it."""
    try:
        command = ["git", "-c", f"safe.directory={ROOT}", "describe", "--always", "--dirty=+"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


async def durability(url: str) -> dict[str, str]:
    """What the database is set to. Raises Refused when it forgets on a power cut."""
    connection = await asyncpg.connect(url)
    try:
        found = {name: str(await connection.fetchval(f"SHOW {name}")) for name in SETTINGS}
    finally:
        await connection.close()
    forgetful = [name for name in ("fsync", "synchronous_commit") if found[name] == "off"]
    if forgetful:
        raise Refused(f"{' and '.join(forgetful)} off: a commit would not be durable")
    return found


def cpu_s(pid: int) -> float:
    """User and system time of a process so far; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int) -> dict[str, float]:
    """What a process has in memory: all of it, and with shared pages by halves; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return {"rss": 0.0, "pss": 0.0}
    found = {line.split(":")[0]: float(line.split()[1]) for line in lines[1:]}
    return {"rss": found["Rss"], "pss": found["Pss"]}


def family(pid: int) -> Iterator[int]:
    """The process and its children."""
    yield pid
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            yield int(stat.parent.name)


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
