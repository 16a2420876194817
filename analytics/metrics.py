"""How well were customers served? One pure function per metric (semantics.md, Metrics), the same wherever it is shown.

A stay is booked in the interval of its arrival, once it has ended; what has not ended is in no figure. Everything is an
integer: instants and spans in microseconds, a rate as a fraction: parts can be added up and nothing is rounded twice.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from contacts.stay import StayEnd
from contacts.words import SECOND_US

SHORT_CALL_S = 10

FlowedOut = Literal["overflowed", "called_back", "voicemail"]
Variant = Literal["standard", "abandons_ignored", "abandons_negative", "abandons_positive"]
VARIANTS: tuple[Variant, ...] = ("standard", "abandons_ignored", "abandons_negative", "abandons_positive")


@dataclass(frozen=True, slots=True)
class StayFact:
    """What the metrics need to know of one stay."""

    queue_id: str
    queued_us: int
    ended_us: int | None = None  # None: it still waits
    end: StayEnd | None = None
    connected_us: int | None = None  # Established; of answered stays
    talk_ended_us: int | None = None  # end of the first agent's conversation; None: it goes on
    in_hours: bool = True


@dataclass(frozen=True, slots=True)
class Thresholds:
    service_level_s: int = 20
    short_abandon_s: int = 5


@dataclass(frozen=True, slots=True)
class Ratio:
    """`part` of `whole`; of nothing there is no rate."""

    part: int
    whole: int

    @property
    def ppm(self) -> int | None:
        """Parts per million, rounded down."""
        return self.part * 1_000_000 // self.whole if self.whole else None


Facts = Sequence[StayFact]


def booked(facts: Iterable[StayFact]) -> list[StayFact]:
    """The stays that count: begun in open hours, and ended."""
    return [fact for fact in facts if fact.in_hours and fact.end is not None]


def wait_us(fact: StayFact) -> int:
    """queued_at until Established, ringing included; of a stay nobody answered until its end."""
    until = fact.connected_us if fact.end == "answered" and fact.connected_us is not None else fact.ended_us
    return (until if until is not None else fact.queued_us) - fact.queued_us


# --- counts -----------------------------------------------------------------------------------------------------------


def offered(facts: Facts) -> int:
    """Stays begun in open hours."""
    return len(booked(facts))


def answered(facts: Facts) -> int:
    """Established, short calls among them."""
    return len(_answered(facts))


def short_calls(facts: Facts) -> int:
    """Of the answered: talked for 10 s at most. Shown apart, never removed."""
    return sum(
        fact.talk_ended_us is not None
        and fact.connected_us is not None
        and fact.talk_ended_us - fact.connected_us <= SHORT_CALL_S * SECOND_US
        for fact in _answered(facts)
    )


def abandoned(facts: Facts) -> int:
    """The customer left while waiting, offered or connecting; the short ones among them."""
    return len(_abandoned(facts))


def short_abandoned(facts: Facts, by: Thresholds) -> int:
    """Of the abandoned: left so soon that they may have dialled wrongly."""
    return sum(_is_short(fact, by) for fact in _abandoned(facts))


def flowed_out(facts: Facts) -> dict[FlowedOut, int]:
    """To another queue, to a callback, to a voicemail: columns of their own, not abandoned."""
    found: dict[FlowedOut, int] = {"overflowed": 0, "called_back": 0, "voicemail": 0}
    for fact in booked(facts):
        if fact.end in ("overflowed", "called_back", "voicemail"):
            found[fact.end] += 1
    return found


def cleared(facts: Facts) -> int:
    """Taken away by a person, or let go with a message at the limit."""
    return sum(fact.end == "cleared" for fact in booked(facts))


def out_of_hours(facts: Facts) -> int:
    """Counted beside the offered."""
    return sum(not fact.in_hours and fact.end is not None for fact in facts)


# --- rates ------------------------------------------------------------------------------------------------------------


def service_level(facts: Facts, by: Thresholds, variant: Variant = "standard") -> Ratio:
    """Answered within the target, of those who could be.

    standard: / (answered + abandoned - short abandoned). Variants, named in the header wherever they are shown:
    abandons ignored: / answered; negative: every abandon counts as missed; positive: one within the target as met.
    """
    limit_us = by.service_level_s * SECOND_US
    met = sum(wait_us(fact) <= limit_us for fact in _answered(facts))
    all_answered, all_abandoned = answered(facts), abandoned(facts)
    match variant:
        case "standard":
            return Ratio(met, all_answered + all_abandoned - short_abandoned(facts, by))
        case "abandons_ignored":
            return Ratio(met, all_answered)
        case "abandons_negative":
            return Ratio(met, all_answered + all_abandoned)
        case "abandons_positive":
            soon = sum(wait_us(fact) <= limit_us for fact in _abandoned(facts))
            return Ratio(met + soon, all_answered + all_abandoned)


def abandon_rate(facts: Facts, by: Thresholds) -> Ratio:
    """(abandoned - short) / (offered - short)."""
    short = short_abandoned(facts, by)
    return Ratio(abandoned(facts) - short, offered(facts) - short)


# --- waits ------------------------------------------------------------------------------------------------------------


def average_speed_of_answer_us(facts: Facts) -> int | None:
    """ASA: the mean wait of the answered, rounded down."""
    waits = [wait_us(fact) for fact in _answered(facts)]
    return sum(waits) // len(waits) if waits else None


def wait_quantile_us(facts: Facts, percent: int) -> int | None:
    """The shortest wait of an answered stay that `percent` % of them did not exceed (nearest rank)."""
    waits = sorted(wait_us(fact) for fact in _answered(facts))
    return waits[max(1, ceil(percent * len(waits) / 100)) - 1] if waits else None


def longest_wait_us(facts: Facts) -> int | None:
    """Of all who were offered, whatever became of them."""
    return max((wait_us(fact) for fact in booked(facts)), default=None)


# --- all of them, with their definitions ------------------------------------------------------------------------------

Unit = Literal["count", "ms", "ratio"]
Value = int | Ratio | None


@dataclass(frozen=True, slots=True)
class Metric:
    """`definition_key` names the text that stands beside the number for people, `definition` says it in English."""

    key: str
    unit: Unit
    definition: str
    compute: Callable[[Facts, Thresholds], Value]

    @property
    def definition_key(self) -> str:
        return f"metric.{self.key}.definition"


def _ms(us: int | None) -> int | None:
    return None if us is None else us // 1000


METRICS: tuple[Metric, ...] = (
    Metric("offered", "count", "stays begun in open hours, once ended", lambda facts, by: offered(facts)),
    Metric("answered", "count", "connected to an agent (Established)", lambda facts, by: answered(facts)),
    Metric("short_calls", "count", "of the answered: talk of at most 10 s", lambda facts, by: short_calls(facts)),
    Metric(
        "abandoned", "count", "the customer left while waiting, offered or connecting",
        lambda facts, by: abandoned(facts),
    ),
    Metric("short_abandoned", "count", "of the abandoned: wait of at most short_abandon_s", short_abandoned),
    Metric("overflowed", "count", "moved to another queue", lambda facts, by: flowed_out(facts)["overflowed"]),
    Metric("called_back", "count", "became a callback", lambda facts, by: flowed_out(facts)["called_back"]),
    Metric("voicemail", "count", "left a voicemail", lambda facts, by: flowed_out(facts)["voicemail"]),
    Metric("cleared", "count", "let go with a message, or taken away by a person", lambda facts, by: cleared(facts)),
    Metric("out_of_hours", "count", "beside the offered: outside open hours", lambda facts, by: out_of_hours(facts)),
    Metric(
        "service_level", "ratio", "answered within service_level_s / (answered + abandoned - short abandoned)",
        lambda facts, by: service_level(facts, by),
    ),
    Metric(
        "service_level_abandons_ignored", "ratio", "answered within service_level_s / answered",
        lambda facts, by: service_level(facts, by, "abandons_ignored"),
    ),
    Metric(
        "service_level_abandons_negative", "ratio", "answered within service_level_s / (answered + abandoned)",
        lambda facts, by: service_level(facts, by, "abandons_negative"),
    ),
    Metric(
        "service_level_abandons_positive", "ratio",
        "(answered + abandoned, both within service_level_s) / (answered + abandoned)",
        lambda facts, by: service_level(facts, by, "abandons_positive"),
    ),
    Metric("abandon_rate", "ratio", "(abandoned - short) / (offered - short)", abandon_rate),
    Metric(
        "asa", "ms", "mean wait of the answered, queued to Established",
        lambda facts, by: _ms(average_speed_of_answer_us(facts)),
    ),
    Metric(
        "wait_p50", "ms", "half of the answered waited no longer (nearest rank)",
        lambda facts, by: _ms(wait_quantile_us(facts, 50)),
    ),
    Metric(
        "wait_p90", "ms", "90 % of the answered waited no longer (nearest rank)",
        lambda facts, by: _ms(wait_quantile_us(facts, 90)),
    ),
    Metric(
        "longest_wait", "ms", "of all offered, whatever became of them",
        lambda facts, by: _ms(longest_wait_us(facts)),
    ),
)  # fmt: skip


def figures(facts: Facts, by: Thresholds) -> dict[str, Value]:
    """Every metric of these stays."""
    return {metric.key: metric.compute(facts, by) for metric in METRICS}


# --- the three kinds --------------------------------------------------------------------------------------------------


def _answered(facts: Facts) -> list[StayFact]:
    return [fact for fact in booked(facts) if fact.end == "answered"]


def _abandoned(facts: Facts) -> list[StayFact]:
    return [fact for fact in booked(facts) if fact.end == "abandoned"]


def _is_short(fact: StayFact, by: Thresholds) -> bool:
    return wait_us(fact) <= by.short_abandon_s * SECOND_US
