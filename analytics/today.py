"""What has happened today, by queue and by agent? The log of the day, folded; a restart folds it again to the same.

A day is the local one of a company's zone: 23, 24 or 25 hours. Stays count on the day they began to wait, agents' time
on the day it passes.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from analytics.facts import ReplyFact, SegmentFact, StayFact, Thresholds
from analytics.tally import Tally
from analytics.worked import NONE, Change, Hours, change_of
from contacts.events import Event
from contacts.segment import Segment
from contacts.stay import Stay
from contacts.words import Channel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Sum = tuple[str, Change, int, int]  # (agent, what changed, how often, sum of the instants)
NO_HOURS = Hours()
Label = Hashable  # agents who are added up together; an agent may have several


def local_day(zone: str, at_us: int) -> tuple[int, int]:
    """[begin, end) of the local day around this instant."""
    here = ZoneInfo(zone)
    date = (_EPOCH + timedelta(microseconds=at_us)).astimezone(here).date()
    begin, end = (datetime.combine(date + timedelta(days=n), time(), here).astimezone(UTC) for n in (0, 1))
    return (begin - _EPOCH) // _MICROSECOND, (end - _EPOCH) // _MICROSECOND


@dataclass(slots=True)
class Day:
    """Today in one zone."""

    begin_us: int
    end_us: int
    tallies: dict[str, Tally] = field(default_factory=dict)  # by queue
    hours: dict[str, Hours] = field(default_factory=dict)  # by agent
    labels: dict[Label, Hours] = field(default_factory=dict)  # the same, added up

    def tally(self, queue_id: str, by: Thresholds) -> Tally:
        found = self.tallies.get(queue_id)
        if found is None:
            found = self.tallies[queue_id] = Tally(by)
        return found

    def change(self, agent_id: str, labels: Collection[Label], by: Change, at_us: int) -> None:
        """What came before this day's begin, and is heard of only now, counts from its begin."""
        at_us = max(at_us, self.begin_us)
        for hours in (_of(self.hours, agent_id), *(_of(self.labels, label) for label in labels)):
            hours.work.change(by.work, at_us)
            hours.ready.change(by.ready, at_us)

    def begin_anew(self, begin_us: int, end_us: int) -> None:
        self.begin_us, self.end_us = begin_us, end_us
        self.tallies.clear()
        for hours in (*self.hours.values(), *self.labels.values()):
            hours.work.restart(begin_us)
            hours.ready.restart(begin_us)


def _of(hours: dict[str, Hours] | dict[Label, Hours], key: str | Label) -> Hours:
    found = hours.get(key)  # type: ignore[arg-type]
    if found is None:
        found = hours[key] = Hours()  # type: ignore[index]
    return found


@dataclass(slots=True)
class Today:
    days: dict[str, Day] = field(default_factory=dict)  # by zone
    zones: dict[str, str] = field(default_factory=dict)  # of queues
    by: dict[str, Thresholds] = field(default_factory=dict)  # of queues
    labels_of: dict[str, Collection[Label]] = field(default_factory=dict)  # of agents
    _next_us: int = 0  # the first midnight to come

    # --- what is configured -------------------------------------------------------------------------------------------

    def know_queue(self, queue_id: str, zone: str, by: Thresholds, now_us: int) -> None:
        """A target that changes is in force for the whole day."""
        self.zones[queue_id], self.by[queue_id] = zone, by
        if zone not in self.days:
            self.days[zone] = Day(*local_day(zone, now_us))
        self.tally(queue_id).judge_by(by)
        self._next_us = 0

    def know_agent(self, agent_id: str, labels: Collection[Label]) -> None:
        """Whoever is added up with others from now on takes the whole day along."""
        before = self.labels_of.get(agent_id, ())
        if before is labels:
            return
        self.labels_of[agent_id] = labels
        left, new = set(before).difference(labels), set(labels).difference(before)
        for day in self.days.values():
            hours = _of(day.hours, agent_id)
            for label in left:
                _of(day.labels, label).add(hours, -1)
            for label in new:
                _of(day.labels, label).add(hours)

    def is_idle(self, agent_id: str) -> bool:
        """Nothing of today is theirs."""
        return all(day.hours.get(agent_id, NO_HOURS) == NO_HOURS for day in self.days.values())

    def forget_labels(self, is_kept: Callable[[Any], bool]) -> None:
        """Nobody is added up under them any more."""
        for day in self.days.values():
            for label in [label for label in day.labels if not is_kept(label)]:
                del day.labels[label]

    # --- what happens -------------------------------------------------------------------------------------------------

    def pass_time(self, now_us: int) -> None:
        """Midnight of a zone: its day begins anew."""
        if now_us < self._next_us:
            return
        for zone, day in self.days.items():
            if now_us >= day.end_us:
                day.begin_anew(*local_day(zone, now_us))
        self._next_us = min((day.end_us for day in self.days.values()), default=0)

    def take_reply(self, event: Event, stay: Stay, channel: Channel) -> None:
        """A person has answered what waited in this stay."""
        self.pass_time(event.at_us)
        queue_id = stay.queue_id
        if queue_id in self.zones and stay.queued_us >= self.days[self.zones[queue_id]].begin_us:
            self.tally(queue_id).add_reply(ReplyFact(queue_id, stay.id, stay.queued_us, event.at_us, channel))

    def take(self, event: Event, stay: Stay | None, segment: Segment | None) -> None:
        """One event of the log with the rows that it names, as they are after it or later."""
        self.pass_time(event.at_us)
        if stay is not None and stay.queue_id in self.zones:
            self._count(event.kind, stay, segment)
        change = change_of(event)
        if change is not NONE and event.agent_id is not None:
            for day in self.days.values():
                day.change(event.agent_id, self.labels_of.get(event.agent_id, ()), change, event.at_us)

    def _count(self, kind: str, stay: Stay, segment: Segment | None) -> None:
        if stay.queued_us < self.days[self.zones[stay.queue_id]].begin_us:
            return
        tally = self.tally(stay.queue_id)
        match kind:
            case "stay.ended":
                connected_us = stay.ended_us if stay.end == "answered" else None
                tally.add_stay(StayFact(stay.queue_id, stay.queued_us, stay.ended_us, stay.end, connected_us))
            case "segment.ended" if segment is not None and is_answer(segment, stay):
                assert segment.ended_us is not None
                assert segment.connected_us is not None
                tally.add_talk(segment.ended_us - segment.connected_us)
            case "segment.finished" if segment is not None and (fact := segment_fact(segment)) is not None:
                tally.add_segment(fact)

    def tally(self, queue_id: str) -> Tally:
        return self.days[self.zones[queue_id]].tally(queue_id, self.by[queue_id])

    def hours(self, queue_id: str, labels: Iterable[Label]) -> Hours:
        """Of these agents, on the queue's day."""
        together, known = Hours(), self.days[self.zones[queue_id]].labels
        for label in labels:
            if (hours := known.get(label)) is not None:
                together.add(hours)
        return together

    # --- after a restart ----------------------------------------------------------------------------------------------

    def resume_hours(
        self, sums: Mapping[int, Iterable[Sum]], working: Mapping[str, int], ready: Mapping[str, int]
    ) -> None:
        """`sums`: the changes since each begin of a day, added up; `working`, `ready`: how it stands after them. What
        is missing from the changes went on since the day began.
        """
        for day in self.days.values():
            for agent_id, change, count, sum_us in sums.get(day.begin_us, ()):
                for hours in (_of(day.hours, agent_id), *self._labelled(day, agent_id)):
                    hours.work.change_all(change.work, count, sum_us)
                    hours.ready.change_all(change.ready, count, sum_us)
            for agent_id in {*day.hours, *working, *ready}:
                had = _of(day.hours, agent_id)
                work = working.get(agent_id, 0) - had.work.running
                rest = Change(work, ready.get(agent_id, 0) - had.ready.running)
                day.change(agent_id, self.labels_of.get(agent_id, ()), rest, day.begin_us)

    def _labelled(self, day: Day, agent_id: str) -> list[Hours]:
        return [_of(day.labels, label) for label in self.labels_of.get(agent_id, ())]


def is_answer(segment: Segment, stay: Stay) -> bool:
    """The conversation that ended the wait: it was established at that very instant."""
    return stay.end == "answered" and segment.connected_us is not None and segment.connected_us == stay.ended_us


def segment_fact(segment: Segment) -> SegmentFact | None:
    """None: nobody talked."""
    if segment.connected_us is None or segment.ended_us is None:
        return None
    done_us = segment.ended_us if segment.wrap_up_until_us is None else segment.wrap_up_until_us
    return SegmentFact(
        segment.queue_id, segment.contact_id, segment.role, segment.connected_us, segment.ended_us, done_us,
        segment.parked_us,
    )  # fmt: skip
