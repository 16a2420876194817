"""Do three ledgers tell the same story: what callers sent and had acknowledged, what agents' sockets sent and received,
and what PostgreSQL holds?    python tests/audit.py DIR

DIR has callers.ndjson, agents.ndjson, database_url and, where customers write, written.ndjson. Imports nothing of
the product: every rule is written here once more, from the documents (of what is written in audit_written.py). Prints a
JSON object; exit code 0 means that every count is 0.

lost                 acknowledged, and not in the database (or not as acknowledged)
doubled              one try twice, one wait with two live offers or two accepted ones
invented             in the database, on a screen or at the provider, and nobody sent or decided it
above_capacity       an automatic offer to an agent who had no room for it
stuck                still open although all is over: contact, wait, segment, wire, effect
forgotten_deadlines  an offer, a wrap-up, a connection, a promise or a limit whose instant passed and nothing happened
stale_epoch          the log has a gap, a double, a step back in time, or an old writer's row after a new writer's
changed_answers      the same id was answered in two ways
wrong_frames         a screen showed what the log does not say at that position
wrong_presence       an agent's chosen state is not what that agent chose
out_of_order         messages of a chat with a gap, twice, or in another order than they were written
"""

import asyncio
import json
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

sys.path.insert(0, str(Path(__file__).resolve().parent))
import audit_written

KINDS = (
    "lost", "doubled", "invented", "above_capacity", "stuck", "forgotten_deadlines", "stale_epoch", "changed_answers",
    "wrong_frames", "wrong_presence", "out_of_order",
)  # fmt: skip
SHOWN_MAX = 20  # findings of a kind that are printed
SECOND_US = 1_000_000
TOLERANCE_S = 1  # real seconds: a deadline fires at its instant ± 1 s
CONNECT_TIMEOUT_S = 10  # real seconds
SEQ_UNKNOWN = 2_147_483_647
STATE_AFTER = {
    "segment.offered": "offered", "segment.accepted": "connecting", "segment.connected": "talking",
    "segment.held": "held", "segment.retrieved": "talking", "segment.parked": "parked", "segment.unparked": "talking",
    "segment.ended": "wrap_up", "segment.finished": "done", "segment.declined": "declined",
    "segment.expired": "expired", "segment.withdrawn": "withdrawn", "segment.failed": "failed",
}  # fmt: skip
STEPS = {
    (None, "offered"), ("offered", "connecting"), ("offered", "declined"), ("offered", "expired"),
    ("offered", "withdrawn"), ("connecting", "talking"), ("connecting", "failed"), ("connecting", "withdrawn"),
    ("talking", "held"), ("held", "talking"), ("talking", "parked"), ("parked", "talking"), ("talking", "wrap_up"),
    ("held", "wrap_up"), ("parked", "wrap_up"), ("wrap_up", "done"),
}  # fmt: skip
OVER = {"done", "declined", "expired", "withdrawn", "failed"}
FREE = OVER | {"parked"}  # costs the agent nothing

Row = Mapping[str, Any]


@dataclass(slots=True)
class Evidence:
    """Instants of the database are business microseconds; `recorded_us` of an event is wall time."""

    callers: list[Row]
    agents: list[Row]
    contacts: list[Row] = field(default_factory=list)
    stays: list[Row] = field(default_factory=list)
    segments: list[Row] = field(default_factory=list)
    legs: list[Row] = field(default_factory=list)
    effects: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    commands: list[Row] = field(default_factory=list)
    presence: list[Row] = field(default_factory=list)
    written: list[Row] = field(default_factory=list)  # the third ledger
    messages: list[Row] = field(default_factory=list)
    mails: list[Row] = field(default_factory=list)
    joins: list[Row] = field(default_factory=list)
    faxes: list[Row] = field(default_factory=list)
    capacities: dict[str, Row] = field(default_factory=dict)
    speed: float = 1.0
    business_start_us: int = 0
    wall_start_us: int = 0

    def business_us(self, wall_ms: int) -> int:
        return int(self.business_start_us + (wall_ms * 1000 - self.wall_start_us) * self.speed)


class Audit:
    def __init__(self, evidence: Evidence) -> None:
        self.e = evidence
        self.findings: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        self.most_at_once = 0  # contacts that one agent held
        self.interrupted = 0  # conversations that made room for an offer
        self.tolerance_us = int(TOLERANCE_S * SECOND_US * evidence.speed)
        self.contact = {row["id"]: row for row in evidence.contacts}
        self.segment = {row["id"]: row for row in evidence.segments}
        self.history: dict[str, list[tuple[int, str]]] = defaultdict(list)  # segment -> (seq, state after it)
        self.of_segment: dict[str, list[Row]] = defaultdict(list)
        for event in evidence.events:
            if event["kind"] in STATE_AFTER:
                self.of_segment[event["segment_id"]].append(event)
                self.history[event["segment_id"]].append((event["seq"], STATE_AFTER[event["kind"]]))
        self.drained = any(fact["what"] == "end" and fact["drained"] for fact in evidence.callers)
        self.written = audit_written.Written(
            evidence.written, self.contact, evidence.segments, evidence.messages, evidence.mails, evidence.faxes,
            self.drained, evidence.joins, evidence.stays,
        )  # fmt: skip
        self.last_seq = evidence.events[-1]["seq"] if evidence.events else 0
        self.now_us = evidence.events[-1]["at_us"] if evidence.events else 0

    def find(self, kind: str, what: str, **ids: Any) -> None:
        self.findings[kind].append({"what": what, **ids})

    def run(self) -> dict[str, list[dict[str, Any]]]:
        for check in (
            self.acknowledged_arrivals, self.acknowledged_commands, self.answers, self.origins, self.doubles,
            self.provider_commands, self.connections, self.capacity, self.log, self.segment_steps, self.offers_in_time,
            self.wraps_in_time, self.stays_in_time, self.frames, self.presence, self.open_ends,
        ):  # fmt: skip
            check()
        for kind, what, ids in self.written.findings():
            self.find(kind, what, **ids)
        return self.findings

    # --- callers against the database ---------------------------------------------------------------------------------

    def sent(self) -> dict[str, Row]:
        return {fact["id"]: fact for fact in self.e.callers if fact["what"] == "sent"}

    def acknowledged_arrivals(self) -> None:
        """Each caller whose arrival was acknowledged has exactly one contact."""
        sent = self.sent()
        by_source = defaultdict(list)
        for row in self.e.contacts:
            by_source[row["source_id"]].append(row["id"])
        gone: set[str] = set()  # a hang-up that overtook its own arrival leaves nothing to wait for
        for fact in self.e.callers:
            if fact["what"] == "sent":
                gone |= {told["leg"] for told in events_of(fact) if told["event"] == "ConnectionCleared"}
            if fact["what"] != "answered" or not 200 <= fact["status"] < 300:
                continue
            request, answer = sent.get(fact["id"], {}), fact.get("answer", {})
            if "post" in request and answer.get("contact_id") not in self.contact:
                self.find("lost", "a contact that was acknowledged", contact=answer.get("contact_id"), id=fact["id"])
            for leg, contact_id in answer.get("contacts", {}).items():
                if contact_id not in self.contact:
                    self.find("lost", "a caller who was acknowledged", contact=contact_id, leg=leg, id=fact["id"])
            for told in events_of(request):
                made = by_source[told["leg"]]
                if (
                    told["event"] == "Delivered"
                    and told.get("to")
                    and (len(made) > 1 or not (made or told["leg"] in gone))
                ):
                    self.find("doubled" if made else "lost", "a caller's contact", leg=told["leg"], contacts=made)

    def acknowledged_commands(self) -> None:
        """What was answered after COMMIT is there: the stored answer, and each merged report's number."""
        stored = {row["id"]: row for row in self.e.commands}
        sent, rank = self.sent(), {row["provider_ref"]: row["last_rank"] for row in self.e.legs}
        for fact in self.e.callers:
            if fact["what"] != "answered" or fact["status"] == 202 or not 200 <= fact["status"] < 300:
                continue
            if fact["id"] not in stored:
                self.find("lost", "an acknowledged webhook or request", id=fact["id"])
                continue
            ignored = {told["index"] for told in fact.get("answer", {}).get("ignored", ())}
            for index, event in enumerate(events_of(sent.get(fact["id"], {}))):
                behind = rank.get(event["leg"], SEQ_UNKNOWN) < event["seq"]
                if behind and index not in ignored and event["seq"] != SEQ_UNKNOWN:
                    self.find("lost", "an acknowledged report of a wire", leg=event["leg"], seq=event["seq"])
        for fact in self.e.agents:
            if fact["what"] == "done" and (fact["id"] not in stored or fact["pos"] > self.last_seq):
                self.find("lost", "an agent's command that was done", agent=fact["agent"], id=fact["id"])

    def answers(self) -> None:
        """The same id, the same answer; and it is the one that is stored. 202 says only that it was put aside."""
        stored = {row["id"]: row["reply"] for row in self.e.commands}
        seen: dict[str, Any] = {}
        for fact in self.e.callers:
            if fact["what"] == "answered" and fact["status"] in range(200, 300) and fact["status"] != 202:
                self._same(seen, stored, fact["id"], fact["status"], fact.get("answer"))
        for fact in self.e.agents:
            if fact["what"] == "done":
                self._same(seen, stored, fact["id"], 200, fact["result"])

    def _same(self, seen: dict[str, Any], stored: Mapping[str, Row], id_: str, status: int, body: Any) -> None:
        reply = stored.get(id_)
        if seen.setdefault(id_, (status, body)) != (status, body):
            self.find("changed_answers", "answered in two ways", id=id_, first=seen[id_], second=(status, body))
        elif reply is not None and (reply["status"], reply["body"]) != (status, body):
            self.find("changed_answers", "stored otherwise", id=id_, told=(status, body), stored=reply)

    def origins(self) -> None:
        """Nothing is there that nobody sent."""
        sent = self.sent().keys() | self.written.sources()
        legs = {told["leg"] for fact in self.sent().values() for told in events_of(fact)}
        for row in self.e.contacts:
            if row["source_id"] not in legs and row["source_id"] not in sent:
                self.find("invented", "a contact that nobody sent", contact=row["id"], source=row["source_id"])
        sources = Counter((row["source"], row["source_id"]) for row in self.e.contacts)
        customers = Counter(row["contact_id"] for row in self.e.legs if row["role"] == "customer")
        for source, times in sources.items():
            if times > 1:
                self.find("doubled", "one try, several contacts", source=source[1])
        for contact_id, times in customers.items():
            if times > 1:
                self.find("doubled", "one contact, several customers' wires", contact=contact_id)

    def provider_commands(self) -> None:
        """What the provider was asked is an effect that was written before; what is done was asked."""
        asked = {fact["command"]["id"] for fact in self.e.callers if fact["what"] == "command"}
        reports = {fact["command"]["id"] for fact in self.e.callers if fact["what"] == "command"
                   and fact["command"]["do"] == "report"}  # fmt: skip
        written = {row["id"] for row in self.e.effects}
        for command_id in asked - reports - written:
            self.find("invented", "a command to the provider that was never written", effect=command_id)
        for row in self.e.effects:
            if row["state"] == "done" and row["kind"].startswith("telephony.") and row["id"] not in asked:
                self.find("lost", "an effect that is done and never reached the provider", effect=row["id"])

    def connections(self) -> None:
        """Connected is what the provider reported: both wires established."""
        up = {
            told["leg"] for fact in self.sent().values() for told in events_of(fact)
            if told["event"] in ("Established", "Held", "Retrieved")
        }  # fmt: skip
        wires: dict[str, dict[str | None, set[str]]] = defaultdict(lambda: defaultdict(set))
        for row in self.e.legs:  # an agent may get a contact back: each time with a wire of its own
            wires[row["contact_id"]][row["agent_id"]].add(row["provider_ref"])
        talks: dict[tuple[str, str], list[str]] = defaultdict(list)  # by contact and agent
        for row in self.e.segments:
            if row["connected_us"] is not None and self.contact[row["contact_id"]]["channel"] == "phone":
                talks[row["contact_id"], row["agent_id"]].append(row["id"])
        for (contact_id, agent_id), segments in talks.items():
            both = wires[contact_id]
            if not both[None] & up or len(both[agent_id] & up) < len(segments):
                self.find("invented", "connected without a report of both wires", segment=segments[-1])

    # --- offers and load ----------------------------------------------------------------------------------------------

    def doubles(self) -> None:
        """At most one accepted offer of a wait, at most one live exclusive one, and never two done accepts."""
        offered: dict[str, set[str]] = defaultdict(set)
        accepted: dict[str, set[str]] = defaultdict(set)
        roles: dict[str, str] = {}  # as they were then: a colleague who is asked may take over
        for event in self.e.events:
            state, id_, stay = STATE_AFTER.get(event["kind"]), event["segment_id"], event["stay_id"]
            if event["kind"] == "segment.role_changed":
                roles[id_] = event["data"]["role"]
                state = "talking"
            if state is None or id_ not in self.segment:
                if state is not None:
                    self.find("lost", "a segment that the log names", segment=id_, seq=event["seq"])
                continue
            row = self.segment[id_]
            role = roles.setdefault(id_, event["data"].get("role", "primary"))
            offered[stay].discard(id_)
            if state == "offered" and row["exclusive"]:
                offered[stay].add(id_)
                if len(offered[stay]) > 1:
                    self.find("doubled", "a wait with two live offers", stay=stay, segments=sorted(offered[stay]))
            if role == "primary" and state in ("connecting", "talking", "held", "parked"):
                accepted[stay].add(id_)
                if len(accepted[stay]) > 1:
                    self.find("doubled", "a wait that two agents accepted", stay=stay, segments=sorted(accepted[stay]))
            elif state in OVER or state == "wrap_up":
                accepted[stay].discard(id_)
        self._accepts()

    def _accepts(self) -> None:
        asked = {f["id"]: f for f in self.e.agents if f["what"] == "sent" and f["do"]["what"] == "accept"}
        for fact in self.e.agents:
            if fact["what"] != "done" or fact["id"] not in asked:
                continue
            id_ = asked[fact["id"]]["do"]["segment"]
            row = self.segment.get(id_)
            if row is None or row["agent_id"] != fact["agent"]:
                self.find("lost", "an accepted offer", segment=id_, agent=fact["agent"])
            elif "connecting" not in {state for _, state in self.history[id_]}:
                self.find("lost", "an acceptance that the log does not have", segment=id_, agent=fact["agent"])

    def capacity(self) -> None:
        """Load of each agent, event by event: an automatic offer fits, and what was interrupted returns before it."""
        held: dict[str, dict[str, tuple[str, int]]] = defaultdict(dict)  # agent -> segment -> (channel, cost)
        aside: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)  # interrupted: (cost, by which offer)
        for event in self.e.events:
            state, row = STATE_AFTER.get(event["kind"]), self.segment.get(event["segment_id"])
            if state is None or row is None:
                continue
            agent, channel = row["agent_id"], self.contact[row["contact_id"]]["channel"]
            capacity = self.e.capacities.get(agent, {})
            cost = capacity.get("costs", {}).get(channel, 0)
            aside[agent].pop(row["id"], None)
            if state in FREE:
                held[agent].pop(row["id"], None)
                if event["data"].get("interrupted"):
                    self.interrupted += 1
                    aside[agent][row["id"]] = (cost, event["data"]["by_segment_id"])
                continue
            if state == "offered" and not row["manual"]:
                room = capacity.get("units", 100) - sum(each for _, each in held[agent].values())
                for id_, (its_cost, by) in aside[agent].items():
                    if by != row["id"] and its_cost <= room:
                        self.find("stuck", "something new was given before what was interrupted returned", segment=id_)
            held[agent][row["id"]] = (channel, cost)
            self.most_at_once = max(self.most_at_once, len(held[agent]))
            units = sum(cost for _, cost in held[agent].values())
            same = sum(1 for other, _ in held[agent].values() if other == channel)
            too_much = units > capacity.get("units", 100) or same > capacity.get("maxima", {}).get(channel, same)
            if state == "offered" and not row["manual"] and too_much:
                self.find("above_capacity", "an offer", agent=agent, segment=row["id"], units=units, of_channel=same)

    # --- the log ------------------------------------------------------------------------------------------------------

    def log(self) -> None:
        before: Row | None = None
        for event in self.e.events:
            if before is None and event["seq"] != 1:
                self.find("stale_epoch", "the log does not begin with 1", seq=event["seq"])
            if before is not None:
                if event["seq"] != before["seq"] + 1:
                    self.find(
                        "stale_epoch", "the numbers have a gap or a double", after=before["seq"], seq=event["seq"]
                    )
                if event["epoch"] < before["epoch"]:
                    self.find("stale_epoch", "a row of an old writer after a new one's", seq=event["seq"])
                if event["at_us"] < before["at_us"] or event["recorded_us"] < before["recorded_us"]:
                    self.find("stale_epoch", "time went back", seq=event["seq"])
            before = event

    def segment_steps(self) -> None:
        """Each segment's way through the log is one of its table, and ends where the row says."""
        for row in self.e.segments:
            state = None
            for seq, next_state in self.history[row["id"]]:
                if (state, next_state) not in STEPS:
                    self.find("invented", f"a step from {state} to {next_state}", segment=row["id"], seq=seq)
                state = next_state
            if state != row["state"]:
                self.find("lost", f"the row says {row['state']}, the log {state}", segment=row["id"])

    # --- deadlines ----------------------------------------------------------------------------------------------------

    def excused(self, due_us: int, at_us: int) -> bool:
        """Nobody was there when it was due: a new writer's first rows, or an outage that the floor noted."""
        for fact in self.e.callers:
            if fact["what"] == "outage":
                from_us, to_us = self.e.business_us(fact["from_ms"]), self.e.business_us(fact["to_ms"])
                if from_us - self.tolerance_us <= due_us and at_us <= to_us + self.tolerance_us:
                    return True
        times = [event["at_us"] for event in self.e.events]
        due, end = bisect_right(times, due_us), bisect_right(times, at_us)
        if not 0 < due < len(times):
            return False
        taken_over = any(
            event["epoch"] > self.e.events[due - 1]["epoch"] or event["kind"] == "clock.extended"
            for event in self.e.events[due:end]
        )
        return taken_over and times[due] >= at_us - self.tolerance_us

    def deadline(self, what: str, due_us: int, at_us: int | None, **ids: Any) -> None:
        """`at_us`: when it fired, or when its reason went away; None: neither until the log's end."""
        end_us = self.now_us if at_us is None else at_us
        if end_us > due_us + self.tolerance_us and not self.excused(due_us, end_us):
            late_s = (end_us - due_us) / SECOND_US
            self.find("forgotten_deadlines", what, due_us=due_us, late_business_s=late_s, **ids)

    def offers_in_time(self) -> None:
        longer = [(e["seq"], e["data"].get("outage_us", 0)) for e in self.e.events if e["kind"] == "clock.extended"]
        for id_, events in self.of_segment.items():
            first, *rest = events
            if first["kind"] != "segment.offered":
                continue
            due_us = first["data"]["expires_us"]
            end_us = rest[0]["at_us"] if rest else None
            for seq, outage_us in longer:  # an offer of the same instant may come after it
                if first["seq"] < seq and (not rest or seq < rest[0]["seq"]):
                    due_us += outage_us
            self.deadline("an offer's end", due_us, end_us, segment=id_)
            if rest and rest[0]["kind"] == "segment.expired" and end_us < due_us - self.tolerance_us:
                self.find("forgotten_deadlines", "an offer that expired early", segment=id_, due_us=due_us)
            if rest and rest[0]["kind"] == "segment.accepted":
                connect_us = rest[0]["at_us"] + int(CONNECT_TIMEOUT_S * SECOND_US * self.e.speed)
                self.deadline(
                    "a connection's end", connect_us, rest[1]["at_us"] if len(rest) > 1 else None, segment=id_
                )

    def wraps_in_time(self) -> None:
        for row in self.e.segments:
            if row["wrap_up_until_us"] is None:
                continue
            done = [e["at_us"] for e in self.of_segment[row["id"]] if e["kind"] == "segment.finished"]
            self.deadline("a wrap-up's end", row["wrap_up_until_us"], done[0] if done else None, segment=row["id"])

    def stays_in_time(self) -> None:
        """The promise is noted at its instant, the last step runs at the limit; a call being connected goes first."""
        overdue = {event["stay_id"]: event["at_us"] for event in self.e.events if event["kind"] == "stay.overdue"}
        connecting: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for events in self.of_segment.values():
            for event, after in zip(events, [*events[1:], None], strict=True):
                if event["kind"] == "segment.accepted":
                    end_us = after["at_us"] if after else self.now_us
                    connecting[event["stay_id"]].append((event["at_us"], end_us))
        for row in self.e.stays:
            promise_us, limit_us = (
                max([due, *(end for start, end in connecting[row["id"]] if start <= due <= end)])
                for due in (row["promise_us"], row["limit_us"])
            )
            if promise_us < limit_us:
                self.deadline("a promise", promise_us, overdue.get(row["id"], row["ended_us"]), stay=row["id"])
            self.deadline("a limit", limit_us, row["ended_us"], stay=row["id"])

    # --- screens and presence -----------------------------------------------------------------------------------------

    def frames(self) -> None:
        """What a screen showed at a position is what the log says there, or what came right after."""
        for fact in self.e.agents:
            if fact["what"] != "frame":
                continue
            frame, agent = fact["frame"], fact["agent"]
            if frame["pos"] > self.last_seq:
                self.find("wrong_frames", "a position that the log does not have", agent=agent, pos=frame["pos"])
            for key, record in (frame.get("put") or frame.get("records") or {}).items():
                if key.startswith("segment/"):
                    self._shown(agent, frame["pos"], record)
            for key in frame.get("drop", ()):
                history = self.history.get(key.removeprefix("segment/"))
                if key.startswith("segment/") and (not history or history[-1][1] not in OVER):
                    self.find("wrong_frames", "a live segment left the screen", agent=agent, segment=key)

    def _shown(self, agent: str, pos: int, record: Row) -> None:
        row, history = self.segment.get(record["id"]), self.history.get(record["id"], [])
        if row is None or row["agent_id"] != agent or row["contact_id"] != record["contact_id"]:
            self.find("wrong_frames", "not this agent's segment", agent=agent, segment=record["id"], pos=pos)
            return
        ends = [seq for seq, _ in history[1:]] + [sys.maxsize]
        if not any(state == record["state"] and end > pos for (_, state), end in zip(history, ends, strict=True)):
            self.find("wrong_frames", f"shown as {record['state']}", agent=agent, segment=record["id"], pos=pos)

    def presence(self) -> None:
        """The chosen state is the one that the agent's last acknowledged command asked for, whatever happened since."""
        asked = {f["id"]: f["do"] for f in self.e.agents if f["what"] == "sent" and f["do"]["what"] == "choose"}
        wanted: dict[str, tuple[int, str]] = {}
        open_ids = set(asked)
        for fact in self.e.agents:
            if fact["what"] == "done" and fact["id"] in asked:
                open_ids.discard(fact["id"])
                was = wanted.get(fact["agent"], (0, ""))
                wanted[fact["agent"]] = max(was, (fact["pos"], asked[fact["id"]]["chosen"]))
            elif fact["what"] == "refused":
                open_ids.discard(fact["id"])
        unsure = {f["agent"] for f in self.e.agents if f["what"] == "sent" and f["id"] in open_ids}
        for row in self.e.presence:
            pos_and_wish = wanted.get(row["agent_id"])
            if pos_and_wish is None or row["agent_id"] in unsure or row["next_chosen"]:
                continue
            if row["chosen"] != pos_and_wish[1]:
                self.find("wrong_presence", f"chose {pos_and_wish[1]}, is {row['chosen']}", agent=row["agent_id"])

    # --- the end ------------------------------------------------------------------------------------------------------

    def open_ends(self) -> None:
        """After a run that drained nothing is open; before that an open record is legal, its deadlines are checked."""
        if not self.drained:
            return
        self._open("a contact", self.e.contacts, lambda row: row["state"] != "closed")
        self._open("a wait", self.e.stays, lambda row: row["ended_us"] is None)
        self._open("a segment", self.e.segments, lambda row: row["state"] not in OVER)
        self._open("a wire", self.e.legs, lambda row: row["state"] != "cleared")
        self._open("an effect", self.e.effects, lambda row: row["state"] in ("due", "sent"))

    def _open(self, what: str, rows: Iterable[Row], is_open: Any) -> None:
        for row in rows:
            if is_open(row):
                self.find("stuck", what, id=row["id"], contact=row.get("contact_id"), state=row.get("state"))


def events_of(fact: Row) -> list[Row]:
    """The wire reports in a webhook that was sent."""
    return list(fact.get("webhook", {}).get("events", ()))


# --- reading ----------------------------------------------------------------------------------------------------------


def facts(path: Path) -> list[Row]:
    """A last line that was cut off by a kill is no fact."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1] if line]


def us(column: str, name: str | None = None) -> str:
    return f"(extract(epoch from {column}) * 1000000)::bigint AS {name or column.removesuffix('_at') + '_us'}"


QUERIES = {
    "contacts": "SELECT id::text, source, source_id, channel, state, outcome FROM contact",
    "stays": f"SELECT id::text, contact_id::text, {us('queued_at')}, {us('promise_at')}, {us('limit_at')}, "
    f'{us("ended_at")}, "end" FROM stay',
    "segments": "SELECT id::text, contact_id::text, stay_id::text, agent_id::text, role, state, exclusive, manual, "
    f"{us('connected_at')}, {us('ended_at')}, {us('wrap_up_until', 'wrap_up_until_us')} FROM segment",
    "legs": "SELECT id::text, contact_id::text, provider_ref, role, agent_id::text, state, last_rank FROM leg",
    "effects": "SELECT id::text, contact_id::text, kind, state FROM effect",
    "events": f"SELECT seq, epoch, kind, stay_id::text, segment_id::text, agent_id::text, data, {us('at', 'at_us')}, "
    f"{us('recorded_at', 'recorded_us')} FROM event ORDER BY seq, recorded_at",
    "commands": "SELECT principal, id, reply FROM command",
    "presence": "SELECT agent_id::text, chosen, next_chosen FROM agent_state",
    **audit_written.QUERIES,
}


async def read(folder: Path) -> Evidence:
    evidence = Evidence(facts(folder / "callers.ndjson"), facts(folder / "agents.ndjson"))
    evidence.written = facts(folder / "written.ndjson")
    connection = await asyncpg.connect((folder / "database_url").read_text().strip())
    try:
        await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        for name, query in QUERIES.items():
            setattr(evidence, name, [dict(row) for row in await connection.fetch(query)])
        applied = await connection.fetch("SELECT subject_id, values FROM config_applied WHERE kind = 'agent'")
        evidence.capacities = {row["subject_id"]: (row["values"] or {}).get("capacity", {}) for row in applied}
        clock = await connection.fetchrow(f"SELECT business_start_us, speed, {us('wall_start', 'wall')} FROM clock")
        if clock is not None:
            evidence.business_start_us, evidence.wall_start_us = clock["business_start_us"], clock["wall"]
            evidence.speed = float(clock["speed"])
    finally:
        await connection.close()
    return evidence


def main(folder: str) -> int:
    evidence = asyncio.run(read(Path(folder)))
    audit = Audit(evidence)
    findings = audit.run()
    counts = {kind: len(found) for kind, found in findings.items()}
    size = {name: len(getattr(evidence, name)) for name in ("callers", "agents", "written", *QUERIES)}
    size["most_at_once"] = audit.most_at_once
    size["interrupted"] = audit.interrupted
    shown = {kind: found[:SHOWN_MAX] for kind, found in findings.items() if found}
    print(json.dumps({**counts, "examined": size, "findings": shown}, indent=2, default=str))
    return 1 if any(counts.values()) else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tests/audit.py DIR")
    sys.exit(main(sys.argv[1]))
