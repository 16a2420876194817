"""What do Asterisk's words mean in ours? Pure: events, channels and causes read, nothing asked.

Causes: ITU-T Q.850, as Asterisk numbers them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.commands import FaxCame
from contacts.leg import CstaEvent, Leg

OURS = "ours"  # the first argument of a channel that we originated
LONGEST_FAX_S = 3_600  # one that hangs ends then
FAX = "fax"  # the first argument of a channel on which a fax tone was heard
LONGEST_CALL_S = 4 * 3600  # a channel that nobody owns any more ends then
NUMBER_LENGTH_MAX = 64
NO_ANSWER = 19

CAUSES: Mapping[int, str] = {
    0: "unknown", 1: "unallocated", 3: "no_route", 16: "normal", 17: "busy", 18: "no_response", 19: "no_answer",
    20: "absent", 21: "rejected", 22: "number_changed", 26: "answered_elsewhere", 27: "out_of_order",
    28: "invalid_number", 34: "congestion", 38: "network_out_of_order", 41: "temporary_failure", 42: "congestion",
    44: "congestion", 50: "not_subscribed", 52: "outgoing_barred", 57: "not_allowed", 58: "congestion",
    65: "incompatible", 88: "incompatible", 102: "timer_expired", 111: "protocol_error", 127: "interworking",
}  # fmt: skip

# Why a fax was not taken: whatever else the other side says is a failure.
WHY_NOT_SENT: Mapping[str, FaxCame] = {
    "busy": "busy", "no_answer": "no_answer", "no_response": "no_answer", "normal": "no_answer",
}  # fmt: skip

DEVICE_AWAY = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})  # states of a device that cannot be rung
_STATES: Mapping[str, CstaEvent] = {"Ring": "Delivered", "Ringing": "Delivered", "Up": "Established"}
_AS_IT_STANDS: Mapping[str, CstaEvent] = {
    "initiated": "Originated", "delivered": "Delivered", "established": "Established", "held": "Held",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """A channel that came to us: somebody calls."""

    channel: str
    called: str
    number: str | None  # None: withheld, or nothing that a number could be


def cause_of(code: int) -> str:
    return CAUSES.get(code, "unknown")


def cause_of_request(event: Mapping[str, Any]) -> int:
    """Of a ChannelHangupRequest. Whoever was rung long enough is let go with a code that is no cause."""
    code = int(event.get("cause", 0))
    was_rung = event["channel"].get("state") != "Up"
    return NO_ANSWER if was_rung and code not in CAUSES else code


def word_of_state(state: str) -> CstaEvent | None:
    """None: a state of a channel that says nothing about its call."""
    return _STATES.get(state)


def as_it_stands(leg: Leg) -> CstaEvent:
    """The report that says of a leg what we know already: it lives."""
    return _AS_IT_STANDS[leg.state]


def caller_of(channel: Mapping[str, Any], args: Sequence[str]) -> Caller:
    """`args`: as the dialplan gave them to Stasis(), the number called first."""
    called = args[0] if args else str(channel.get("dialplan", {}).get("exten", ""))
    number = str(channel.get("caller", {}).get("number", ""))
    return Caller(str(channel["id"]), international(called), international(number) if _is_number(number) else None)


def international(number: str) -> str:
    """Trunks give E.164 with its plus, or without."""
    number = number.strip()[:NUMBER_LENGTH_MAX]
    return f"+{number}" if re.fullmatch(r"[1-9][0-9]{7,14}", number) else number


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\+?[0-9*#]{1,32}", text.strip()) is not None


def arguments_of(channel: Mapping[str, Any], application: str) -> list[str] | None:
    """Those of the Stasis() in which the channel is; None: it is not in ours."""
    dialplan = channel.get("dialplan", {})
    name, *args = str(dialplan.get("app_data", "")).split(",")
    return args if dialplan.get("app_name") == "Stasis" and name == application else None


def is_ours(channel: Mapping[str, Any], application: str) -> bool:
    """We made it: a phone that we ring, or rang."""
    return (arguments_of(channel, application) or [])[:1] == [OURS]


def seconds_of(wav: bytes) -> float:
    """How long a recording is: 8,000 samples of 16 bits a second behind a header of 44 bytes."""
    return max(0, len(wav) - 44) / 16_000


def is_online(endpoint: Mapping[str, Any]) -> bool:
    return endpoint.get("state") == "online"
