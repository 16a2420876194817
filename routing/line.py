"""Who waits, and in which line?

Stays of one queue, one requirement and one channel form a line; in a line the order never changes with time, so only
its head is compared with other heads. Those beyond their promise stand in a second order of the same line. Only stays
that can be offered stand in line: an offered one has left it and returns to its old place.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from contacts.stay import Wishes
from contacts.words import Channel
from routing.capacity import ALL_CHANNELS, BIT
from routing.deadlines import NEVER
from routing.fit import Fit, Fits
from routing.heads import Heads
from routing.messages import QueuePolicy
from routing.ranking import Key, Ordered, slots_of

if TYPE_CHECKING:
    from routing.board import Segment
    from routing.staff import Group

_KEPT_LINES = 16_384  # from here on lines in which nobody waits are forgotten


class Waiting:
    """A stay, from its queue to a conversation or to another end."""

    __slots__ = (
        "arrival_us", "contact_id", "due", "id", "in_line", "key", "limit_us", "line", "offers", "overdue", "pauses",
        "place_us", "promise_us", "queued_us", "refusals", "value", "widened", "wishes",
    )  # fmt: skip

    def __init__(
        self, id: str, contact_id: str, line: "Line", value: int, arrival_us: int, place_us: int, queued_us: int,
        promise_us: int, limit_us: int, wishes: Wishes | None,
    ) -> None:  # fmt: skip
        self.id = id
        self.contact_id = contact_id
        self.line = line
        self.value = value
        self.arrival_us = arrival_us
        self.place_us = place_us
        self.queued_us = queued_us
        self.promise_us = promise_us
        self.limit_us = limit_us
        self.wishes = wishes
        self.overdue = False
        self.refusals = 0  # offers that came to nothing because of the agent
        self.widened = 0  # steps of the recipe taken
        self.pauses: dict[str, int] | None = None  # until when an agent who let it go is not asked again
        self.offers: tuple[Segment, ...] = ()  # live: offered, or one that is connecting
        self.in_line = False
        self.key: Key = ()  # in line
        self.due = NEVER


class Queue:
    __slots__ = ("interrupters", "policy")

    def __init__(self, policy: QueuePolicy) -> None:
        self.take(policy)

    def take(self, policy: QueuePolicy) -> None:
        self.policy = policy
        self.interrupters = sum(BIT[channel] for channel in set(policy.interrupted_by))  # bits of channels


class Line:
    __slots__ = (
        "bit", "byte", "channel", "fit", "flag", "ordinary", "overdue", "paused", "queue", "requirement", "slot",
        "stays",
    )  # fmt: skip

    def __init__(self, slot: int, queue: Queue, requirement: str, channel: Channel, fit: Fit) -> None:
        self.slot = slot
        self.byte, self.bit, self.flag = slot >> 3, 1 << (slot & 7), 1 << slot
        self.queue = queue
        self.requirement = requirement
        self.channel = channel
        self.fit = fit
        self.ordinary = Ordered()
        self.overdue = Ordered()
        self.stays = 0  # in line or offered
        self.paused: dict[str, Waiting] = {}  # stays that somebody let go a while ago

    @property
    def rate(self) -> int:
        return self.queue.policy.rate


class Lines:
    """All lines, and the ranking of their heads for each rate."""

    def __init__(self, fits: Fits) -> None:
        self.fits = fits
        self.stays: dict[str, Waiting] = {}  # all that wait or are offered
        self.queues: dict[str, Queue] = {}
        self.by_key: dict[tuple[str, str, Channel], Line] = {}
        self.by_slot: list[Line | None] = []
        self.direct: set[str] = set()  # stays that are for one agent only
        self.ordinary = Heads()
        self.overdue = Heads()
        self._free_slots: list[int] = []
        self._forget_at = _KEPT_LINES
        self._on_channels: dict[int, int] = {}  # channel bits -> mask of lines; made when asked for

    # --- lines --------------------------------------------------------------------------------------------------------

    def line(self, queue: Queue, requirement: str, channel: Channel, groups: "list[Group | None]") -> Line:
        """Raises contacts.requirement.RequirementError."""
        key = (queue.policy.queue_id, requirement, channel)
        line = self.by_key.get(key)
        if line is None:
            if len(self.by_key) >= self._forget_at:
                self._forget_empty_lines(groups)
            fit = self.fits.fit(requirement, queue.policy.company_id)
            line = self.by_key[key] = Line(self._slot(), queue, requirement, channel, fit)
            self.by_slot[line.slot] = line
            fit.lines.append(line)
            self.ordinary.open(line.slot, line.rate)
            self.overdue.open(line.slot, line.rate)
            for channels in self._on_channels:
                if BIT[channel] & channels:
                    self._on_channels[channels] |= line.flag
            for slot in slots_of(fit.able):
                group = groups[slot]
                if group is not None:
                    group.may_serve(line)
        return line

    def _slot(self) -> int:
        if self._free_slots:
            return self._free_slots.pop()
        self.by_slot.append(None)
        return len(self.by_slot) - 1

    def _forget_empty_lines(self, groups: "list[Group | None]") -> None:
        gone = 0
        for key, line in list(self.by_key.items()):
            if not line.stays:
                del self.by_key[key]
                self.by_slot[line.slot] = None
                line.fit.lines.remove(line)
                self._free_slots.append(line.slot)
                gone |= line.flag
        for group in groups:
            if group is not None:
                group.forget_lines(gone)
        self._forget_at = max(_KEPT_LINES, 2 * len(self.by_key))
        used = {(line.requirement, line.queue.policy.company_id) for line in self.by_key.values()}
        self.fits.keep_only(used)
        self._on_channels.clear()

    def welcome(self, groups: "list[Group]", fits: list[Fit]) -> None:
        """Tell new groups which lines they may serve: those that ask for one of these fits."""
        by_slot = {group.slot: group for group in groups}
        new = sum(group.flag for group in groups)
        for fit in fits:
            for slot in slots_of(fit.able & new):
                for line in fit.lines:
                    by_slot[slot].may_serve(line)

    def on_channels(self, channels: int) -> int:
        """Mask of the lines on these channels."""
        if channels == ALL_CHANNELS:
            return -1
        if channels not in self._on_channels:
            lines = self.by_key.values()
            self._on_channels[channels] = sum(line.flag for line in lines if BIT[line.channel] & channels)
        return self._on_channels[channels]

    # --- queues -------------------------------------------------------------------------------------------------------

    def set_policy(self, policy: QueuePolicy, groups: "list[Group | None]") -> Queue:
        queue = self.queues.get(policy.queue_id)
        if queue is None:
            queue = self.queues[policy.queue_id] = Queue(policy)
        rate_before = queue.policy.rate
        queue.take(policy)
        if policy.rate != rate_before:
            for line in self.by_key.values():
                if line.queue is queue:
                    self.ordinary.open(line.slot, policy.rate)
                    self.overdue.open(line.slot, policy.rate)
            for group in groups:
                if group is not None:
                    group.forget_lines(0)
        return queue

    # --- stays --------------------------------------------------------------------------------------------------------

    def put(self, stay: Waiting) -> None:
        """The stay stands in line, at its place."""
        line = stay.line
        key: Key = (stay.place_us, stay.queued_us, stay.contact_id, stay.id, line.byte, line.bit)
        order, heads = line.ordinary, self.ordinary
        if stay.overdue:
            order, heads, key = line.overdue, self.overdue, (stay.promise_us, *key)
        stay.key, stay.in_line = key, True
        heads.waiting += 1
        first = order.first
        order.add(key)
        if first is None or key < first:
            heads.change(line.slot, key, stay.id in self.direct)

    def take(self, stay: Waiting) -> Ordered:
        """The stay leaves its line; returns the order it stood in."""
        line, key = stay.line, stay.key
        order, heads = (line.overdue, self.overdue) if stay.overdue else (line.ordinary, self.ordinary)
        was_first = order.first == key
        order.remove(key)
        stay.in_line = False
        heads.waiting -= 1
        if was_first:
            first = order.first
            heads.change(line.slot, first, first is not None and first[-3] in self.direct)
        return order

    def orders(self) -> Iterator[Ordered]:
        for line in self.by_key.values():
            yield line.ordinary
            yield line.overdue
