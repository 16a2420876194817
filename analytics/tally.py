"""How are facts added up, so that a figure costs the same after ten calls and after ten thousand?

A tally is of one queue and one interval. Facts come one by one in any order; the same facts make the same tally. Waits
are kept in order, so that a target may change afterwards and a quantile is looked up.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from analytics.facts import AskFact, ReplyFact, SegmentFact, StayFact, Thresholds, reply_us, wait_us
from contacts.stay import StayEnd, Told
from contacts.words import SECOND_US

SHORT_CALL_S = 10


@dataclass(slots=True)
class Tally:
    by: Thresholds = field(default_factory=Thresholds)
    ended: dict[StayEnd, int] = field(default_factory=dict)  # stays of open hours
    out_of_hours: int = 0
    answered_us: list[int] = field(default_factory=list)  # waits, in order
    answered_sum_us: int = 0
    abandoned_us: list[int] = field(default_factory=list)  # waits, in order
    dialled: int = 0  # calls of ours; counted nowhere else
    called_back_sum_us: int = 0  # waits until the callback was asked for
    told: int = 0  # of the answered: how long it would take
    told_rightly: int = 0
    told_error_sum_us: int = 0
    longest_us: int | None = None
    short_calls: int = 0
    handled: set[str] = field(default_factory=set)  # contacts
    primary_sum_us: int = 0  # handling of primary segments
    consults: int = 0
    consult_sum_us: int = 0
    asked: int = 0  # visitors, the FAQ
    asked_in_vain: int = 0
    solved: int = 0
    replies: dict[str, ReplyFact] = field(default_factory=dict)  # by stay: the first
    replied_us: list[int] = field(default_factory=list)  # how long each took, in order
    replied_sum_us: int = 0

    def judge_by(self, by: Thresholds) -> None:
        """Other hours make other waits of the same replies."""
        before, self.by = self.by, by
        if before.hours != by.hours:
            self.replied_us = sorted(reply_us(fact, by.hours) for fact in self.replies.values())
            self.replied_sum_us = sum(self.replied_us)

    def add_stay(self, fact: StayFact) -> None:
        """What still waits counts nowhere."""
        if fact.end is None:
            return
        if fact.end == "internal":
            return
        if fact.end == "dialled":  # nobody waited on the line: a call of ours is no service to one who called
            self.dialled += 1
            return
        if not fact.in_hours:
            self.out_of_hours += 1
            return
        self.ended[fact.end] = self.ended.get(fact.end, 0) + 1
        waited_us = wait_us(fact)
        self.longest_us = max(waited_us, self.longest_us or 0)
        match fact.end:
            case "answered":
                insort(self.answered_us, waited_us)
                self.answered_sum_us += waited_us
                if fact.told is not None:
                    self.add_told(fact.told, fact.queued_us + waited_us - fact.told.at_us)
                if fact.talk_ended_us is not None and fact.connected_us is not None:
                    self.add_talk(fact.talk_ended_us - fact.connected_us)
            case "abandoned":
                insort(self.abandoned_us, waited_us)
            case "called_back":
                self.called_back_sum_us += waited_us

    def add_told(self, told: Told, took_us: int) -> None:
        """What they were told, and how long it took from then on."""
        self.told += 1
        self.told_rightly += told.low_us <= took_us <= told.high_us
        self.told_error_sum_us += abs(took_us - (told.low_us + told.high_us) // 2)

    def add_talk(self, talk_us: int) -> None:
        """The first conversation of an answered stay is over; it may have been going on when the stay was added."""
        self.short_calls += talk_us <= SHORT_CALL_S * SECOND_US

    def add_reply(self, fact: ReplyFact) -> None:
        """In the order of time: what comes after the first counts nowhere."""
        if fact.stay_id in self.replies:
            return
        self.replies[fact.stay_id] = fact
        took_us = reply_us(fact, self.by.hours)
        insort(self.replied_us, took_us)
        self.replied_sum_us += took_us

    def add_segment(self, fact: SegmentFact) -> None:
        match fact.role:
            case "primary":
                self.handled.add(fact.contact_id)
                self.primary_sum_us += fact.handling_us
            case "consult" | "conference":
                self.consults += 1
                self.consult_sum_us += fact.handling_us
            case "monitor":
                pass

    def add_ask(self, fact: AskFact) -> None:
        self.asked += 1
        self.asked_in_vain += not fact.found
        self.solved += fact.helped and not fact.reached_agent


def tally(stays: Iterable[StayFact], by: Thresholds, segments: Iterable[SegmentFact] = ()) -> Tally:
    """Of one queue's facts."""
    made = Tally(by)
    for stay in stays:
        made.add_stay(stay)
    for segment in segments:
        made.add_segment(segment)
    return made
