"""Is every figure of the live view what follows from the log and the records, at the event it names?

    python tests/recompute_figures.py DIR

DIR has database_url and live.json (the answer of GET /v1/live by an operator's key), and may have figures.json (the
answer of GET /v1/figures). A stranger's script: it imports nothing of the product; every definition is written here
once more, from the documents. It looks at the log up to the position of live.json alone, so that it does not matter
what has happened since. Prints a JSON object; exit code 0: all are equal, and there was something to compare.
"""

import asyncio
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from math import ceil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from open_time import open_us

SHOWN_MAX = 20
STATE_AFTER = {
    "segment.offered": "offered", "segment.accepted": "connecting", "segment.connected": "talking",
    "segment.held": "held", "segment.retrieved": "talking", "segment.parked": "parked", "segment.unparked": "talking",
    "segment.ended": "wrap_up", "segment.finished": "done", "segment.declined": "declined",
    "segment.expired": "expired", "segment.withdrawn": "withdrawn", "segment.failed": "failed",
}  # fmt: skip
OVER = {"done", "declined", "expired", "withdrawn", "failed"}
WORK = {"connecting", "talking", "held", "wrap_up"}
STANDINGS = ("ready", "busy", "wrap_up", "away", "offline", "not_responding", "unreachable")
FLOWED_OUT = ("overflowed", "called_back", "voicemail")
SHORT_CALL_US = 10_000_000

Row = Mapping[str, Any]


def us(column: str, name: str) -> str:
    return f"(extract(epoch from {column}) * 1000000)::bigint AS {name}"


QUERIES = {
    "queues": "SELECT q.id::text, q.company_id::text AS company, c.zone, v.config FROM queue q "
    "JOIN company c ON c.id = q.company_id "
    "JOIN queue_version v ON v.queue_id = q.id AND v.version = q.current_version WHERE q.archived_at IS NULL",
    "agents": "SELECT a.id::text, "
    "(SELECT coalesce(json_object_agg(s.name, k.level), '{}') FROM agent_skill k JOIN skill s ON s.id = k.skill_id "
    "WHERE k.agent_id = a.id AND s.archived_at IS NULL) AS skills, "
    "(SELECT coalesce(json_agg(DISTINCT c.id), '[]') FROM role_grant g JOIN company c "
    "ON c.id = coalesce(g.company_id, c.id) WHERE g.user_id = a.user_id AND g.role = 'agent' "
    "AND c.archived_at IS NULL) AS companies, a.archived_at IS NOT NULL OR u.disabled_at IS NOT NULL AS gone "
    "FROM agent a JOIN app_user u ON u.id = a.user_id",
    "desks": "SELECT agent_id::text AS id, desk_reachable AS reachable FROM agent_state",
    "stays": f"SELECT id::text, queue_id::text AS queue, {us('queued_at', 'queued_us')}, "
    f'{us("ended_at", "ended_us")}, "end", told, '
    "(SELECT channel FROM contact c WHERE c.id = contact_id) AS channel FROM stay",
    "segments": f"SELECT id::text, contact_id::text AS contact, stay_id::text AS stay, agent_id::text AS agent, role, "
    f"{us('connected_at', 'connected_us')}, {us('ended_at', 'ended_us')}, parked_us, "
    f"{us('wrap_up_until', 'wrap_up_until_us')} FROM segment",
    "asks": f"SELECT queue_id::text AS queue, {us('asked_at', 'asked_us')}, found, helped, "
    "contact_id IS NOT NULL AS came FROM faq_ask",
    "events": f"SELECT seq, kind, stay_id::text AS stay, segment_id::text AS segment, agent_id::text AS agent, "
    f"data ->> 'chosen' AS chosen, {us('at', 'at_us')} FROM event ORDER BY seq",
}


def meets(requirement: str, skills: Mapping[str, int]) -> bool:
    """`billing >= 3 and (zh >= 5 or en) and not trainee`, as Python reads it."""
    if not requirement.strip():
        return True
    term = re.compile(r"\b(?!and\b|or\b|not\b)([a-z][a-z0-9_]*)\b(?:\s*>=\s*(\d+))?")
    text = term.sub(lambda found: f"(has({found[1]!r}) >= {found[2] or 1})", requirement)
    return bool(eval(text, {"__builtins__": {}}, {"has": lambda skill: skills.get(skill, 0)}))


def quantile(waits_us: list[int], percent: int) -> int | None:
    """Nearest rank."""
    return sorted(waits_us)[max(1, ceil(percent * len(waits_us) / 100)) - 1] if waits_us else None


def share(part: int, whole: int, of: int = 10_000) -> int | None:
    return part * of // whole if whole else None


def ms(value_us: int | None) -> int | None:
    return None if value_us is None else value_us // 1000


def mean(values: Iterable[int], count: int) -> int | None:
    return sum(values) // count if count else None


@dataclass(slots=True)
class Day:
    """What became of the stays of one queue that began in an interval."""

    level_us: int
    short_us: int
    ends: list[str] = field(default_factory=list)
    answered_us: list[int] = field(default_factory=list)
    abandoned_us: list[int] = field(default_factory=list)
    called_back_us: list[int] = field(default_factory=list)
    told: list[tuple[bool, int]] = field(default_factory=list)  # of the answered: whether it was right, and how far off
    waits_us: list[int] = field(default_factory=list)  # of all
    short_calls: int = 0
    handled: set[str] = field(default_factory=set)
    handling_us: list[int] = field(default_factory=list)
    consults_us: list[int] = field(default_factory=list)
    asks: list[tuple[bool, bool]] = field(default_factory=list)  # (found an answer, solved)
    replied_us: list[int] = field(default_factory=list)

    def within(self, waits_us: list[int]) -> int:
        return sum(wait_us <= self.level_us for wait_us in waits_us)

    @property
    def short(self) -> int:
        return sum(wait_us <= self.short_us for wait_us in self.abandoned_us)


class Log:
    """The records as they were when the log was at `pos`."""

    def __init__(self, rows: Mapping[str, list[Row]], pos: int) -> None:
        self.rows, self.pos = rows, pos
        self.queues = {row["id"]: row for row in rows["queues"]}
        self.stays = {row["id"]: row for row in rows["stays"]}
        self.events = [row for row in rows["events"] if row["seq"] <= pos]
        self.moved_since = {
            row["agent"] for row in rows["events"] if row["seq"] > pos and "reachable" in row["kind"]
        }  # fmt: skip
        self.ended = {row["stay"] for row in self.events if row["kind"] == "stay.ended"}
        self.queued = {row["stay"] for row in self.events if row["kind"] == "stay.queued"}
        self.overdue = {row["stay"] for row in self.events if row["kind"] == "stay.overdue"}
        self.replied: dict[str, int] = {}  # by stay: when a person replied first
        for row in self.events:
            if row["kind"] == "contact.replied":
                self.replied.setdefault(row["stay"], row["at_us"])
        self.states: dict[str, str] = {}  # of segments
        self.chosen: dict[str, str] = {}
        self.flagged: dict[str, bool] = {}
        self.spells: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        self.agent_of: dict[tuple[str, str], str] = {}
        for row in self.events:
            self._take(row)
        self.first: dict[str, Row] = {}  # by stay: the first conversation
        for row in sorted(rows["segments"], key=lambda row: row["connected_us"] or 0):
            if row["connected_us"] is not None:
                self.first.setdefault(row["stay"], row)

    def _take(self, row: Row) -> None:
        kind, agent = row["kind"], row["agent"]
        if kind in STATE_AFTER:
            self.states[row["segment"]] = STATE_AFTER[kind]
            about, state = ("segment", row["segment"]), STATE_AFTER[kind]
        elif kind == "agent.chose":
            self.chosen[agent] = row["chosen"]
            about, state = ("agent", agent), row["chosen"]
        else:
            if kind in ("agent.flagged", "agent.flag_cleared"):
                self.flagged[agent] = kind == "agent.flagged"
            return
        self.spells[about].append((row["at_us"], state))
        self.agent_of[about] = agent

    # --- customers ----------------------------------------------------------------------------------------------------

    def day(self, queue: str, from_us: int, to_us: int) -> Day:
        config = json.loads(self.queues[queue]["config"])
        found = Day(config.get("service_level_s", 20) * 1_000_000, config.get("short_abandon_s", 5) * 1_000_000)
        booked = {
            row["id"] for row in self.stays.values() if row["queue"] == queue and from_us <= row["queued_us"] < to_us
        }  # fmt: skip
        for row in (self.stays[stay] for stay in booked & self.ended):
            found.ends.append(row["end"])
            first = self.first.get(row["id"])
            until_us = first["connected_us"] if row["end"] == "answered" and first else row["ended_us"]
            wait_us = until_us - row["queued_us"]
            found.waits_us.append(wait_us)
            match row["end"]:
                case "answered":
                    found.answered_us.append(wait_us)
                    if row["told"] is not None:
                        told = json.loads(row["told"])
                        took_us = until_us - told["at_us"]
                        middle_us = (told["low_us"] + told["high_us"]) // 2
                        is_right = told["low_us"] <= took_us <= told["high_us"]
                        found.told.append((is_right, abs(took_us - middle_us)))
                    over = first is not None and self.states.get(first["id"]) in {"wrap_up", "done"}
                    if first and over and first["ended_us"] - first["connected_us"] <= SHORT_CALL_US:
                        found.short_calls += 1
                case "abandoned":
                    found.abandoned_us.append(wait_us)
                case "called_back":
                    found.called_back_us.append(wait_us)
        for row in (self.stays[stay] for stay in booked & self.replied.keys()):
            is_in_business_time = row["channel"] in ("email", "fax")
            hours = config.get("hours") if is_in_business_time else None
            found.replied_us.append(open_us(hours, row["queued_us"], self.replied[row["id"]]))
        for row in self.rows["segments"]:
            if row["stay"] not in booked or row["connected_us"] is None or self.states.get(row["id"]) != "done":
                continue
            until_us = max(row["ended_us"], row["wrap_up_until_us"] or row["ended_us"])
            work_us = until_us - row["connected_us"] - row["parked_us"]
            if row["role"] == "primary":
                found.handled.add(row["contact"])
                found.handling_us.append(work_us)
            elif row["role"] in ("consult", "conference"):
                found.consults_us.append(work_us)
        found.asks = [
            (row["found"], row["helped"] and not row["came"])
            for row in self.rows["asks"]
            if row["queue"] == queue and from_us <= row["asked_us"] < to_us
        ]
        return found

    def waiting(self, queues: Iterable[str]) -> list[Row]:
        among, here = set(queues), self.queued - self.ended
        return [row for row in self.stays.values() if row["id"] in here and row["queue"] in among]

    # --- agents -------------------------------------------------------------------------------------------------------

    def able(self, queue: str) -> set[str]:
        """Also who is gone: the hours of the day stay."""
        wanted, company = json.loads(self.queues[queue]["config"]).get("requirement", ""), self.queues[queue]["company"]
        return {
            row["id"]
            for row in self.rows["agents"]
            if company in json.loads(row["companies"]) and meets(wanted, json.loads(row["skills"]))
        }

    @property
    def gone(self) -> set[str]:
        return {row["id"] for row in self.rows["agents"] if row["gone"]}

    def standing(self, agent: str) -> str | None:
        """None: their desk came or went since, and the log does not say whether it was their desk or their phone."""
        if self.flagged.get(agent):
            return "not_responding"
        mine = [about for about, who in self.agent_of.items() if who == agent and about[0] == "segment"]
        states = {self.states[about[1]] for about in mine} - OVER
        if states - {"wrap_up", "parked"}:
            return "busy"
        if "wrap_up" in states:
            return "wrap_up"
        chosen = self.chosen.get(agent, "offline")
        if chosen != "ready":
            return chosen
        if agent in self.moved_since:
            return None
        desks = {row["id"]: row["reachable"] for row in self.rows["desks"]}
        return "ready" if desks.get(agent) else "unreachable"

    def spans(self, agents: set[str], begin_us: int, now_us: int) -> tuple[int, int]:
        """(work, ready) of these since then."""
        spans = {"segment": 0, "agent": 0}
        for about, changes in self.spells.items():
            wanted = WORK if about[0] == "segment" else {"ready"}
            if self.agent_of[about] not in agents:
                continue
            for (at_us, state), (until_us, _) in zip(changes, [*changes[1:], (now_us, "")], strict=True):
                if state in wanted:
                    spans[about[0]] += max(0, until_us - max(at_us, begin_us))
        return spans["segment"], spans["agent"]


# --- what the live view should show -----------------------------------------------------------------------------------


def midnight_us(zone: str, at_us: int) -> int:
    here = ZoneInfo(zone)
    date = datetime.fromtimestamp(at_us // 1_000_000, UTC).astimezone(here).date()
    return round(datetime.combine(date, time(), here).timestamp()) * 1_000_000


def live_figures(log: Log, queues: list[str], as_of_ms: int) -> dict[str, Any]:
    """`occupancy_bp` is a set: the figure names a millisecond, and time passes within it."""
    as_of_us = as_of_ms * 1000
    begins = {queue: midnight_us(log.queues[queue]["zone"], as_of_us) for queue in queues}
    days = [log.day(queue, begins[queue], as_of_us + 1000) for queue in queues]
    waiting = log.waiting(queues)
    answered = [wait_us for day in days for wait_us in day.answered_us]
    abandoned, short = sum(len(day.abandoned_us) for day in days), sum(day.short for day in days)
    offered = sum(len(day.ends) for day in days)
    met = sum(day.within(day.answered_us) for day in days)
    handled = sum(len(day.handled) for day in days)
    zones = list(dict.fromkeys(log.queues[queue]["zone"] for queue in queues))
    counted: set[str] = set()
    spans: dict[int, list[int]] = {as_of_us: [0, 0], as_of_us + 999: [0, 0]}
    for zone in zones:  # an agent counts once, on the day of the first zone
        able = {agent for queue in queues if log.queues[queue]["zone"] == zone for agent in log.able(queue)} - counted
        counted |= able
        for now_us, sums in spans.items():
            for n, span in enumerate(log.spans(able, midnight_us(zone, as_of_us), now_us)):
                sums[n] += span
    standings = [log.standing(agent) for agent in counted - log.gone]
    return {
        "waiting": len(waiting),
        "longest_since_ms": ms(min((row["queued_us"] for row in waiting), default=None)),
        "overdue": sum(row["id"] in log.overdue for row in waiting),
        "offered": offered,
        "answered": len(answered),
        "abandoned": abandoned,
        "short_abandoned": short,
        "flowed_out": sum(end in FLOWED_OUT for day in days for end in day.ends),
        "service_level_bp": share(met, len(answered) + abandoned - short),
        "abandon_rate_bp": share(abandoned - short, offered - short),
        "asa_ms": ms(mean(answered, len(answered))),
        "wait_p50_ms": ms(quantile(answered, 50)),
        "wait_p90_ms": ms(quantile(answered, 90)),
        "replied": sum(len(day.replied_us) for day in days),
        "reply_level_bp": share(
            sum(day.within(day.replied_us) for day in days), sum(len(day.replied_us) for day in days)
        ),
        "reply_wait_ms": ms(
            mean((us for day in days for us in day.replied_us), sum(len(day.replied_us) for day in days))
        ),
        "aht_ms": ms(mean((span for day in days for span in day.handling_us), handled)),
        "occupancy_bp": {share(*sums) for sums in spans.values()},
        "agents": {word: standings.count(word) for word in STANDINGS},
        "unsure": standings.count(None),
    }


def report(day: Day) -> dict[str, Any]:
    """A count, milliseconds, or (part, whole)."""
    answered, abandoned, short = len(day.answered_us), len(day.abandoned_us), day.short
    met, soon = day.within(day.answered_us), day.within(day.abandoned_us)
    return {
        "offered": len(day.ends), "answered": answered, "short_calls": day.short_calls, "abandoned": abandoned,
        "short_abandoned": short, **{end: day.ends.count(end) for end in (*FLOWED_OUT, "cleared")}, "out_of_hours": 0,
        "dialled": 0,
        "service_level": (met, answered + abandoned - short),
        "service_level_abandons_ignored": (met, answered),
        "service_level_abandons_negative": (met, answered + abandoned),
        "service_level_abandons_positive": (met + soon, answered + abandoned),
        "abandon_rate": (abandoned - short, len(day.ends) - short),
        "asa": ms(mean(day.answered_us, answered)),
        "wait_p50": ms(quantile(day.answered_us, 50)), "wait_p90": ms(quantile(day.answered_us, 90)),
        "longest_wait": ms(max(day.waits_us, default=None)),
        "told_rightly": (sum(is_right for is_right, _ in day.told), len(day.told)),
        "told_error": ms(mean((off_us for _, off_us in day.told), len(day.told))),
        "callback_wait": ms(mean(day.called_back_us, len(day.called_back_us))),
        "replied": len(day.replied_us), "reply_level": (day.within(day.replied_us), len(day.replied_us)),
        "reply_wait": ms(mean(day.replied_us, len(day.replied_us))),
        "handled": len(day.handled), "aht": ms(mean(day.handling_us, len(day.handled))),
        "consults": len(day.consults_us), "consult_time": ms(mean(day.consults_us, len(day.consults_us))),
        "asked": len(day.asks), "asked_in_vain": sum(not found for found, _ in day.asks),
        "solved_without_agent": (sum(solved for _, solved in day.asks), len(day.asks)),
    }  # fmt: skip


# --- comparing --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Compared:
    figures: int = 0
    unsure: int = 0  # agents
    differ: list[dict[str, Any]] = field(default_factory=list)

    def look(self, where: str, name: str, shown: Any, recomputed: Any) -> None:
        self.figures += 1
        if not (shown in recomputed if isinstance(recomputed, set) else shown == recomputed):
            told = sorted(recomputed) if isinstance(recomputed, set) else recomputed
            self.differ.append({"where": where, "figure": name, "shown": shown, "recomputed": told})


def compare_live(log: Log, live: Row, found: Compared) -> None:
    shown = live["figures"]
    everything = sorted(log.queues)
    found.look("live", "queues", sorted(shown), sorted([*(f"queue/{queue}" for queue in everything), "all"]))
    for key in shown:
        queues = everything if key == "all" else [key.removeprefix("queue/")]
        recomputed = live_figures(log, queues, shown[key]["as_of_ms"])
        unsure = recomputed.pop("unsure")
        found.unsure += unsure
        if unsure:
            del recomputed["agents"]
        for name, value in recomputed.items():
            found.look(key, name, shown[key].get(name), value)


def compare_report(log: Log, figures: Row, found: Compared) -> None:
    for queue in figures["queues"]:
        recomputed = report(log.day(queue["queue_id"], figures["from_ms"] * 1000, figures["to_ms"] * 1000))
        shown = {each["key"]: each for each in queue["figures"]}
        found.look(f"report/{queue['queue_id']}", "metrics", sorted(shown), sorted(recomputed))
        for name, value in recomputed.items():
            each = shown.get(name, {})
            told = (each.get("part"), each.get("whole")) if isinstance(value, tuple) else each.get("value")
            found.look(f"report/{queue['queue_id']}", name, told, value)


async def read(url: str) -> dict[str, list[Row]]:
    conn = await asyncpg.connect(url)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            return {name: [dict(row) for row in await conn.fetch(query)] for name, query in QUERIES.items()}
    finally:
        await conn.close()


def main(folder: Path) -> int:
    rows = asyncio.run(read((folder / "database_url").read_text().strip()))
    live = json.loads((folder / "live.json").read_text())
    log, found = Log(rows, live["pos"]), Compared()
    compare_live(log, live, found)
    if (folder / "figures.json").exists():
        compare_report(log, json.loads((folder / "figures.json").read_text()), found)
    said = {
        "pos": live["pos"], "queues": len(log.queues), "offered": live["figures"]["all"]["offered"],
        "compared": found.figures, "differ": len(found.differ), "unsure_agents": found.unsure,
        "differing": sorted({each["figure"] for each in found.differ}), "shown": found.differ[:SHOWN_MAX],
    }  # fmt: skip
    print(json.dumps(said))
    return 0 if not found.differ and said["offered"] else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tests/recompute_figures.py DIR")
    sys.exit(main(Path(sys.argv[1])))
