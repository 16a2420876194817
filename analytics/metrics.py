"""How well were customers served? One pure function per metric (semantics.md, Metrics), the same wherever it is shown.

Each takes the tallies of one queue or of several, over one interval: a stay is booked in the interval of its arrival,
once it has ended; what has not ended is in no figure. A segment is booked with its stay, once its wrap-up is over.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from analytics.facts import Ratio
from analytics.tally import Tally
from analytics.worked import Hours
from contacts.words import SECOND_US

FlowedOut = Literal["overflowed", "called_back", "voicemail"]
FLOWED_OUT: tuple[FlowedOut, ...] = ("overflowed", "called_back", "voicemail")
Variant = Literal["standard", "abandons_ignored", "abandons_negative", "abandons_positive"]
VARIANTS: tuple[Variant, ...] = ("standard", "abandons_ignored", "abandons_negative", "abandons_positive")

Tallies = Sequence[Tally]

# --- counts -----------------------------------------------------------------------------------------------------------


def dialled(of: Tallies) -> int:
    """Calls of ours, whether the customer was reached or not; in no other figure but the handling time."""
    return sum(each.dialled for each in of)


def offered(of: Tallies) -> int:
    """Stays begun in open hours."""
    return sum(sum(each.ended.values()) for each in of)


def answered(of: Tallies) -> int:
    """Established, short calls among them."""
    return sum(len(each.answered_us) for each in of)


def short_calls(of: Tallies) -> int:
    """Of the answered: talked for 10 s at most. Shown apart, never removed."""
    return sum(each.short_calls for each in of)


def abandoned(of: Tallies) -> int:
    """The customer left while waiting, offered or connecting; the short ones among them."""
    return sum(len(each.abandoned_us) for each in of)


def short_abandoned(of: Tallies) -> int:
    """Of the abandoned: left so soon that they may have dialled wrongly."""
    return sum(bisect_right(each.abandoned_us, each.by.short_abandon_s * SECOND_US) for each in of)


def flowed_out(of: Tallies) -> dict[FlowedOut, int]:
    """To another queue, to a callback, to a voicemail: columns of their own, not abandoned."""
    return {end: sum(each.ended.get(end, 0) for each in of) for end in FLOWED_OUT}


def cleared(of: Tallies) -> int:
    """Taken away by a person, or let go with a message at the limit."""
    return sum(each.ended.get("cleared", 0) for each in of)


def out_of_hours(of: Tallies) -> int:
    """Counted beside the offered."""
    return sum(each.out_of_hours for each in of)


def handled(of: Tallies) -> int:
    """Contacts with a primary segment that is over, wrap-up included; in several queues they count in each."""
    return sum(len(each.handled) for each in of)


def consults(of: Tallies) -> int:
    """Segments of agents who were asked or joined in, beside the primary ones."""
    return sum(each.consults for each in of)


def replied(of: Tallies) -> int:
    """Written contacts that a person has replied to."""
    return sum(len(each.replied_us) for each in of)


# --- rates ------------------------------------------------------------------------------------------------------------


def service_level(of: Tallies, variant: Variant = "standard") -> Ratio:
    """Answered within the target of each queue, of those who could be.

    standard: / (answered + abandoned - short abandoned). Variants, named in the header wherever they are shown:
    abandons ignored: / answered; negative: every abandon counts as missed; positive: one within the target as met.
    """
    met = sum(_within_target(each, each.answered_us) for each in of)
    all_answered, all_abandoned = answered(of), abandoned(of)
    match variant:
        case "standard":
            return Ratio(met, all_answered + all_abandoned - short_abandoned(of))
        case "abandons_ignored":
            return Ratio(met, all_answered)
        case "abandons_negative":
            return Ratio(met, all_answered + all_abandoned)
        case "abandons_positive":
            soon = sum(_within_target(each, each.abandoned_us) for each in of)
            return Ratio(met + soon, all_answered + all_abandoned)


def reply_level(of: Tallies) -> Ratio:
    """Of chats, mails and faxes that a person replied to: within the target of each queue.

    Of mail and fax only the queue's open time counts; an automatic acknowledgement is no reply.
    """
    return Ratio(sum(_within_target(each, each.replied_us) for each in of), replied(of))


def _within_target(one: Tally, waits_us: list[int]) -> int:
    return bisect_right(waits_us, one.by.service_level_s * SECOND_US)


def abandon_rate(of: Tallies) -> Ratio:
    """(abandoned - short) / (offered - short)."""
    short = short_abandoned(of)
    return Ratio(abandoned(of) - short, offered(of) - short)


def occupancy(hours: Hours, now_us: int) -> Ratio:
    """(talk + hold + wrap-up + connecting) / (logged in - away): several contacts at once count each."""
    return Ratio(hours.work.until(now_us), hours.ready.until(now_us))


# --- waits and handling -----------------------------------------------------------------------------------------------


def average_speed_of_answer_us(of: Tallies) -> int | None:
    """ASA: the mean wait of the answered, rounded down."""
    return _mean(sum(each.answered_sum_us for each in of), answered(of))


def average_reply_us(of: Tallies) -> int | None:
    """The mean time to the first human reply, rounded down; of mail and fax the queue's open time."""
    return _mean(sum(each.replied_sum_us for each in of), replied(of))


def wait_quantile_us(of: Tallies, percent: int) -> int | None:
    """The shortest wait of an answered stay that `percent` % of them did not exceed (nearest rank)."""
    count = answered(of)
    if not count:
        return None
    rank = max(1, ceil(percent * count / 100))
    low, high = 0, max(each.answered_us[-1] for each in of if each.answered_us)
    while low < high:  # the smallest span that so many did not exceed; over several queues without merging their waits
        middle = (low + high) // 2
        if sum(bisect_right(each.answered_us, middle) for each in of) >= rank:
            high = middle
        else:
            low = middle + 1
    return low


def longest_wait_us(of: Tallies) -> int | None:
    """Of all who were offered, whatever became of them."""
    return max((each.longest_us for each in of if each.longest_us is not None), default=None)


def told_rightly(of: Tallies) -> Ratio:
    """Of the answered who were told how long it would take: it took as long as they were told first."""
    return Ratio(sum(each.told_rightly for each in of), sum(each.told for each in of))


def told_error_us(of: Tallies) -> int | None:
    """Mean absolute difference of how long it took from the middle of what they were told first, rounded down."""
    return _mean(sum(each.told_error_sum_us for each in of), sum(each.told for each in of))


def wait_to_callback_us(of: Tallies) -> int | None:
    """Mean wait until a callback was asked for."""
    return _mean(sum(each.called_back_sum_us for each in of), flowed_out(of)["called_back"])


def average_handling_us(of: Tallies) -> int | None:
    """AHT: talk, hold and wrap-up of primary segments, per contact handled; rounded down."""
    return _mean(sum(each.primary_sum_us for each in of), handled(of))


def average_consult_us(of: Tallies) -> int | None:
    """Talk, hold and wrap-up of a consult, rounded down: a column of its own."""
    return _mean(sum(each.consult_sum_us for each in of), consults(of))


# --- questions that visitors asked before an agent --------------------------------------------------------------------


def asked(of: Tallies) -> int:
    """Visitors who asked the FAQ before they came to an agent; each once, however often they asked."""
    return sum(each.asked for each in of)


def asked_in_vain(of: Tallies) -> int:
    """Of these: nothing that they asked had an answer."""
    return sum(each.asked_in_vain for each in of)


def solved_without_agent(of: Tallies) -> Ratio:
    """(said that an answer helped, and came to no agent) / asked. Who went without a word is not counted as solved."""
    return Ratio(sum(each.solved for each in of), asked(of))


def _mean(sum_us: int, count: int) -> int | None:
    return sum_us // count if count else None


# --- all of them, with their definitions ------------------------------------------------------------------------------

Unit = Literal["count", "ms", "ratio"]
Value = int | Ratio | None


@dataclass(frozen=True, slots=True)
class Metric:
    """`definition_key` names the text that stands beside the number for people, `definition` says it in English."""

    key: str
    unit: Unit
    definition: str
    compute: Callable[[Tallies], Value]

    @property
    def definition_key(self) -> str:
        return f"metric.{self.key}.definition"


def _ms(us: int | None) -> int | None:
    return None if us is None else us // 1000


METRICS: tuple[Metric, ...] = (
    Metric("offered", "count", "stays begun in open hours, once ended", offered),
    Metric("answered", "count", "connected to an agent (Established)", answered),
    Metric("short_calls", "count", "of the answered: talk of at most 10 s", short_calls),
    Metric("abandoned", "count", "the customer left while waiting, offered or connecting", abandoned),
    Metric("short_abandoned", "count", "of the abandoned: wait of at most short_abandon_s", short_abandoned),
    Metric("overflowed", "count", "moved to another queue", lambda of: flowed_out(of)["overflowed"]),
    Metric("dialled", "count", "calls of ours that an agent took: callbacks and their own", dialled),
    Metric("called_back", "count", "became a callback", lambda of: flowed_out(of)["called_back"]),
    Metric("voicemail", "count", "left a voicemail", lambda of: flowed_out(of)["voicemail"]),
    Metric("cleared", "count", "let go with a message, or taken away by a person", cleared),
    Metric("out_of_hours", "count", "beside the offered: outside open hours", out_of_hours),
    Metric(
        "service_level", "ratio", "answered within service_level_s / (answered + abandoned - short abandoned)",
        service_level,
    ),
    Metric(
        "service_level_abandons_ignored", "ratio", "answered within service_level_s / answered",
        lambda of: service_level(of, "abandons_ignored"),
    ),
    Metric(
        "service_level_abandons_negative", "ratio", "answered within service_level_s / (answered + abandoned)",
        lambda of: service_level(of, "abandons_negative"),
    ),
    Metric(
        "service_level_abandons_positive", "ratio",
        "(answered + abandoned, both within service_level_s) / (answered + abandoned)",
        lambda of: service_level(of, "abandons_positive"),
    ),
    Metric("abandon_rate", "ratio", "(abandoned - short) / (offered - short)", abandon_rate),
    Metric(
        "asa", "ms", "mean wait of the answered, queued to Established",
        lambda of: _ms(average_speed_of_answer_us(of)),
    ),
    Metric(
        "wait_p50", "ms", "half of the answered waited no longer (nearest rank)",
        lambda of: _ms(wait_quantile_us(of, 50)),
    ),
    Metric(
        "wait_p90", "ms", "90 % of the answered waited no longer (nearest rank)",
        lambda of: _ms(wait_quantile_us(of, 90)),
    ),
    Metric("longest_wait", "ms", "of all offered, whatever became of them", lambda of: _ms(longest_wait_us(of))),
    Metric(
        "told_rightly", "ratio",
        "of the answered who were told how long it would take: what was left of their wait lay in the range told first",
        told_rightly,
    ),
    Metric(
        "told_error", "ms", "mean absolute difference of what was left of their wait and the middle of the range told",
        lambda of: _ms(told_error_us(of)),
    ),
    Metric(
        "callback_wait", "ms", "mean wait until a callback was asked for",
        lambda of: _ms(wait_to_callback_us(of)),
    ),
    Metric("replied", "count", "chats, mails and faxes that a person has replied to", replied),
    Metric(
        "reply_level", "ratio",
        "first human reply within service_level_s / replied; of mail and fax only the queue's open time counts",
        reply_level,
    ),
    Metric(
        "reply_wait", "ms", "mean time to the first human reply; of mail and fax the queue's open time",
        lambda of: _ms(average_reply_us(of)),
    ),
    Metric("handled", "count", "contacts whose agent has finished, wrap-up included", handled),
    Metric(
        "aht", "ms", "(talk + hold + wrap-up) of primary segments / contacts handled",
        lambda of: _ms(average_handling_us(of)),
    ),
    Metric("consults", "count", "segments of agents who were asked or joined in", consults),
    Metric(
        "consult_time", "ms", "(talk + hold + wrap-up) of consults / consults",
        lambda of: _ms(average_consult_us(of)),
    ),
    Metric("asked", "count", "visitors who asked the FAQ before they came to an agent", asked),
    Metric("asked_in_vain", "count", "of the visitors who asked: nothing had an answer", asked_in_vain),
    Metric(
        "solved_without_agent", "ratio",
        "said that an answer of the FAQ helped, and came to no agent / visitors who asked",
        solved_without_agent,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LiveMetric:
    """A figure of this instant, which no report has."""

    key: str
    unit: Unit
    definition: str

    @property
    def definition_key(self) -> str:
        return f"metric.{self.key}.definition"


LIVE_METRICS: tuple[LiveMetric, ...] = (
    LiveMetric("waiting", "count", "stays that have not ended: waiting, offered or connecting"),
    LiveMetric("longest", "ms", "how long the first of those who wait has waited"),
    LiveMetric("flowed_out", "count", "overflowed, became a callback or left a voicemail: not abandoned"),
    LiveMetric("overdue", "count", "of those who wait: beyond the queue's promise"),
    LiveMetric(
        "occupancy", "ratio",
        "(talk + hold + wrap-up + connecting) / (logged in - away), of the agents who may serve the queue; "
        "several contacts at once count each",
    ),
    LiveMetric("agents_busy", "count", "offered, connecting, talking or on hold"),
    LiveMetric("agents_wrap_up", "count", "in wrap-up and with nobody else"),
    LiveMetric("agents_not_responding", "count", "let an offer expire and have not come back"),
    LiveMetric("agents_unreachable", "count", "chose ready, and no desk answers"),
    LiveMetric("agents_ready", "count", "chose ready, reachable, with nothing to do"),
    LiveMetric("agents_away", "count", "chose away"),
    LiveMetric("agents_offline", "count", "chose offline"),
)  # fmt: skip


def figures(of: Tallies) -> dict[str, Value]:
    """Every metric of these."""
    return {metric.key: metric.compute(of) for metric in METRICS}
