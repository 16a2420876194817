"""What does the bank's log of calls say, and which of its rows cannot be believed?

One row a call, tab separated: vru+line, call_id, customer_id, priority, type, date, vru_entry, vru_exit, vru_time,
q_start, q_exit, q_time, outcome, ser_start, ser_exit, ser_time, server. Technion (Mandelbaum, Guedj), a bank in
Israel, 1999.

A row is refused, and counted by its reason, when a field that we replay is missing or contradicts another. Hang-ups in
the IVR never reached a queue: they are counted beside. A service under 10 s or a call served by NO_SERVER is no reason
to refuse: the customer was there. A customer_id that a spreadsheet has spoilt (6.02E+11) is nobody's.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

CallType = Literal["PS", "PE", "IN", "NE", "NW", "TT"]
CALL_TYPES: dict[CallType, str] = {
    "PS": "regular",
    "PE": "regular, English",
    "IN": "internet help",
    "NE": "stock trading",
    "NW": "prospective customer",
    "TT": "call back",
}
Reason = Literal[
    "malformed", "phantom", "unknown_type", "unknown_outcome", "times_contradict", "served_without_service"
]
REASONS: dict[Reason, str] = {
    "malformed": "not 17 fields, or a number or time that cannot be read",
    "phantom": "PHANTOM: the bank's own mark for a call that was none",
    "unknown_type": "a type that the bank does not list, such as AA",
    "unknown_outcome": "neither AGENT nor HANG nor PHANTOM",
    "times_contradict": "an exit before its entry, a duration that is not exit - entry, a service that does not follow",
    "served_without_service": "AGENT, but no second of service: nobody can say how long the agent was busy",
}

FIELDS = 17
DAY_S = 86_400
DURATION_TOLERANCE_S = 1  # the bank rounds entry, exit and duration apart
HANDOVER_TOLERANCE_S = 10  # two clocks, the IVR's and the switch's, say when the queue ended and the service began


@dataclass(frozen=True, slots=True)
class Call:
    """A call that reached an agent or a queue. Seconds count from the midnight of `date` and may pass the next one."""

    row: int  # line of the file, the header is 1
    date: str  # YYMMDD
    type: CallType
    customer: str | None
    priority: int  # 2 = 90 s of credit in the queue
    arrived_s: int
    waited_s: int
    outcome: Literal["agent", "hang"]
    service_start_s: int | None = None
    service_s: int | None = None
    server: str | None = None


@dataclass(slots=True)
class BankLog:
    calls: list[Call] = field(default_factory=list)
    ivr_hang_ups: Counter[str] = field(default_factory=Counter)  # by date
    refused: dict[str, dict[Reason, list[int]]] = field(default_factory=dict)  # date -> reason -> rows

    def of(self, date: str) -> list[Call]:
        return [call for call in self.calls if call.date == date]

    def dates(self) -> list[str]:
        return sorted({call.date for call in self.calls})


class Unbelievable(Exception):
    """The row cannot be replayed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def read(path: Path) -> BankLog:
    """The whole file. Raises OSError."""
    with path.open(encoding="ascii", errors="replace") as lines:
        return parse(lines)


def parse(lines: Iterable[str]) -> BankLog:
    """The rows after the header."""
    log = BankLog()
    for row, line in enumerate(lines, start=1):
        if row == 1 and line.startswith("vru"):
            continue
        fields = [text.strip() for text in line.rstrip("\r\n").split("\t")]
        date = fields[5] if len(fields) > 5 else ""
        try:
            call = _call(row, fields)
        except Unbelievable as doubt:
            log.refused.setdefault(date, {}).setdefault(doubt.reason, []).append(row)
            continue
        if call is None:
            log.ivr_hang_ups[date] += 1
        else:
            log.calls.append(call)
    return log


def _call(row: int, fields: list[str]) -> Call | None:
    """The call, or None for a hang-up in the IVR."""
    if len(fields) != FIELDS:
        raise Unbelievable("malformed")
    _, _, customer, priority, type_, date, *times, server = fields
    vru_entry, vru_exit, vru_time, q_start, q_exit, q_time, outcome, ser_start, ser_exit, ser_time = times
    if outcome == "PHANTOM":
        raise Unbelievable("phantom")
    if type_ not in CALL_TYPES:
        raise Unbelievable("unknown_type")
    if outcome not in ("AGENT", "HANG"):
        raise Unbelievable("unknown_outcome")
    _, left_ivr_s = _stretch(vru_entry, vru_exit, vru_time)
    waited_s = _number(q_time)
    arrived_s = left_ivr_s
    if waited_s:
        arrived_s, _ = _stretch(q_start, q_exit, q_time)
    common = (row, date, type_, customer if customer.isdigit() and customer != "0" else None, _number(priority))
    if outcome == "HANG":
        # A service beside a hang-up is the bank's; it says NO_SERVER, and the customer was not there.
        return Call(*common, arrived_s, waited_s, "hang") if waited_s else None
    if _number(ser_time) == 0:
        raise Unbelievable("served_without_service")
    began_s, ended_s = _stretch(ser_start, ser_exit, ser_time)
    if began_s < arrived_s - DAY_S // 2:
        began_s, ended_s = began_s + DAY_S, ended_s + DAY_S
    if abs(began_s - (arrived_s + waited_s)) > HANDOVER_TOLERANCE_S:
        raise Unbelievable("times_contradict")
    name = None if server == "NO_SERVER" else server.removeprefix("Z2")
    return Call(*common, arrived_s, waited_s, "agent", began_s, ended_s - began_s, name)


def _stretch(entry: str, exit_: str, duration: str) -> tuple[int, int]:
    """Start and end in seconds; an end before the start is past midnight if the duration agrees."""
    start_s, end_s, duration_s = _clock(entry), _clock(exit_), _number(duration)
    if end_s < start_s and end_s + DAY_S - start_s <= DAY_S // 2:
        end_s += DAY_S
    if duration_s < 0 or abs(end_s - start_s - duration_s) > DURATION_TOLERANCE_S:
        raise Unbelievable("times_contradict")
    return start_s, end_s


def _clock(text: str) -> int:
    parts = text.split(":")
    if len(parts) != 3:
        raise Unbelievable("malformed")
    hours, minutes, seconds = (_number(part) for part in parts)
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 60):
        raise Unbelievable("malformed")
    return hours * 3600 + minutes * 60 + seconds


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Unbelievable("malformed") from None
