"""Who could take something now? Agents, groups of like agents, and the shelves of those who have room.

A shelf holds the routable agents who can take something on the same channels, on the same of them by being interrupted,
the longest idle first. An agent who can take nothing stands on no shelf.
"""

from array import array
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from contacts.presence import AgentState, Chosen
from contacts.words import WRITTEN, Channel
from routing import interruption
from routing.capacity import ALL_CHANNELS, BIT, Room
from routing.deadlines import NEVER
from routing.fit import Fit, Fits
from routing.heads import SlotsByRate
from routing.line import Line
from routing.messages import AgentProfile
from routing.ranking import Key, Ranking, slots_of

if TYPE_CHECKING:
    from routing.board import Segment

_PHONE = BIT["phone"]
_WRITTEN_LOGIN, _PHONE_LOGIN = 1, 2  # bits of `Agent.logged_in`

_FEW_LINES = 400  # up to here to look at each costs less than to walk along the order of all
ProfileKey = tuple[object, ...]
Shelf = tuple[int, int]  # channels on which something can be given, and of these those where it interrupts something


class Group:
    """All agents of one profile."""

    __slots__ = (
        "_slots", "bit", "byte", "flag", "key", "lines", "lines_count", "logged_in", "members", "profile", "room",
        "slot",
    )  # fmt: skip

    def __init__(self, slot: int, key: ProfileKey, profile: AgentProfile, room: Room) -> None:
        self.slot = slot
        self.byte, self.bit, self.flag = slot >> 3, 1 << (slot & 7), 1 << slot
        self.key = key
        self.profile = profile
        self.room = room
        self.members = 0
        self.logged_in = [0, 0]  # members: for written channels, for the phone
        self.lines = 0  # mask of the lines that this group may serve
        self.lines_count = 0
        self._slots: dict[int, SlotsByRate] = {}  # by open channels; made when asked for

    @property
    def serves_few_lines(self) -> bool:
        """So few that looking at each costs less than walking along the order of all."""
        return self.lines_count <= _FEW_LINES

    def may_serve(self, line: Line) -> None:
        self.lines |= line.flag
        self.lines_count += 1
        for channels, slots in self._slots.items():
            if BIT[line.channel] & channels:
                slots.setdefault(line.rate, array("I")).append(line.slot)

    def forget_lines(self, gone: int) -> None:
        """These, and whatever was remembered of the others."""
        self.lines &= ~gone
        self.lines_count = self.lines.bit_count()
        self._slots.clear()

    def slots(self, channels: int, by_slot: list[Line | None]) -> SlotsByRate:
        """By rate, the slots of the lines that this group may serve on these channels."""
        known = self._slots.get(channels)
        if known is None:
            known = self._slots[channels] = {}
            for slot in slots_of(self.lines):
                line = by_slot[slot]
                if line is not None and BIT[line.channel] & channels:
                    known.setdefault(line.rate, array("I")).append(line.slot)
        return known

    @property
    def skills(self) -> Mapping[str, int]:
        return self.profile.skills

    @property
    def company_ids(self) -> frozenset[str]:
        return self.profile.company_ids


class Agent:
    __slots__ = (
        "above_by_hand", "channels", "chosen", "desk_reachable", "desk_silent_us", "due", "group", "held", "id",
        "interrupted", "key", "last_ended_us", "logged_in", "next_chosen", "not_responding", "open", "phone_reachable",
        "reason", "segments", "set_by", "since_us", "yields",
    )  # fmt: skip

    def __init__(self, state: AgentState) -> None:
        self.id = state.agent_id
        self.chosen: Chosen = state.chosen
        self.reason = state.reason
        self.next_chosen = state.next_chosen
        self.not_responding = state.not_responding
        self.set_by = state.set_by
        self.since_us = state.since_us
        self.last_ended_us = state.last_ended_us
        self.desk_reachable = state.desk_reachable
        self.desk_silent_us = state.desk_silent_us
        self.phone_reachable = state.phone_reachable
        self.group: Group | None = None  # None: gone from the configuration
        self.segments: dict[str, Segment] = {}  # live ones, in the order of their offers
        self.held = 0  # routing/capacity.py
        self.channels = 0  # bits of those on which the agent is routable
        self.open = 0  # bits of the channels on which something can be given now
        self.yields = 0  # of these, those for which a conversation has to be interrupted; both name the shelf
        self.interrupted = 0  # segments that return when there is room for them again
        self.key: Key | None = None  # on the shelf
        self.logged_in = 0
        self.above_by_hand = False  # above capacity, but by no decision of ours
        self.due = NEVER  # of a silent desk with written conversations

    @property
    def idle_us(self) -> int:
        return self.since_us if self.last_ended_us is None else self.last_ended_us

    @property
    def is_above_capacity(self) -> bool:
        return self.group is not None and self.group.room.is_exceeded(self.held)

    def is_reachable(self, channel: Channel) -> bool:
        return self.desk_reachable and (channel in WRITTEN or self.phone_reachable)

    def state(self, domain_id: int) -> AgentState:
        return AgentState(
            self.id, domain_id, self.chosen, self.reason, self.next_chosen, self.not_responding, self.set_by,
            self.since_us, self.last_ended_us, self.desk_reachable, self.desk_silent_us, self.phone_reachable,
        )  # fmt: skip


class Staff:
    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.fits = Fits()
        self.groups: list[Group | None] = []  # by slot
        self.shelves: dict[Shelf, Ranking] = {}
        self.interrupts = False  # some queue lets its conversations be interrupted, or did
        self.logged_in = [0, 0]  # masks of groups: for written channels, for the phone
        self.by_profile: dict[ProfileKey, Group] = {}  # those that have an agent
        self._rooms: dict[ProfileKey, Room] = {}  # few, however many profiles there are
        self._free_slots: list[int] = []

    # --- profiles -----------------------------------------------------------------------------------------------------

    def give_profiles(self, profiles: Iterable[tuple[Agent, AgentProfile | None]]) -> tuple[list[Group], list[Fit]]:
        """Moves agents between groups; without a profile an agent is in none. Returns groups that are new, and the fits
        for which these are able."""
        new: list[Group] = []
        for agent, profile in profiles:
            old, agent_group = agent.group, self._group(profile, new) if profile else None
            if old is agent_group:
                continue
            self._take_off(agent)
            if agent_group is not None:
                agent_group.members += 1
            agent.group = agent_group
            if old is not None:
                old.members -= 1
                self._drop_if_empty(old, new)
        return new, self.fits.add(new)

    def _group(self, profile: AgentProfile, new: list[Group]) -> Group:
        capacity = profile.capacity
        key: ProfileKey = (
            frozenset(profile.skills.items()), profile.company_ids, capacity.units,
            frozenset(capacity.costs.items()), frozenset(capacity.maxima.items()),
        )  # fmt: skip
        group = self.by_profile.get(key)
        if group is None:
            slot = self._free_slots.pop() if self._free_slots else len(self.groups)
            room = self._rooms.setdefault(key[2:], Room(capacity))
            group = self.by_profile[key] = Group(slot, key, profile, room)
            if slot == len(self.groups):
                self.groups.append(group)
            self.groups[slot] = group
            new.append(group)
        return group

    def _drop_if_empty(self, group: Group, new: list[Group]) -> None:
        if group.members:
            return
        del self.by_profile[group.key]
        self.groups[group.slot] = None
        self._free_slots.append(group.slot)
        if group in new:
            new.remove(group)
        else:
            self.fits.drop(group)

    # --- shelves ------------------------------------------------------------------------------------------------------

    def reassess(self, agent: Agent) -> bool:
        """After any change of facts; else as `reload`."""
        self._note_login(agent)
        is_routable = agent.chosen == "ready" and agent.desk_reachable and not agent.not_responding
        if agent.group is None or not is_routable or agent.next_chosen is not None:
            agent.channels = 0
        else:
            agent.channels = ALL_CHANNELS if agent.phone_reachable else ALL_CHANNELS & ~_PHONE
        return self.reload(agent)

    def reload(self, agent: Agent) -> bool:
        """After any change of load. Who can take other things than before leaves the shelf, and stands on the right one
        only after `shelve`. True if the agent can take something that was not possible before."""
        group, before = agent.group, agent.open
        channels = agent.channels and group.room.open(agent.held) & agent.channels if group is not None else 0
        yields = 0
        if self.interrupts and agent.channels and agent.segments:
            yields = interruption.yields(agent) & agent.channels & ~channels
            channels |= yields
        if agent.key is not None and (channels != before or yields != agent.yields or agent.key[0] != agent.idle_us):
            self._leave_shelf(agent)
        agent.open, agent.yields = channels, yields
        return bool(channels & ~before)

    def shelve(self, agent: Agent) -> None:
        group = agent.group
        if agent.key is None and agent.open and group is not None:
            shelf = self.shelves.get((agent.open, agent.yields))
            if shelf is None:
                shelf = self.shelves[agent.open, agent.yields] = Ranking()
            agent.key = (agent.idle_us, agent.id, group.byte, group.bit)
            shelf.add(group.slot, agent.key)

    def _leave_shelf(self, agent: Agent) -> None:
        if agent.key is not None and agent.group is not None:
            self.shelves[agent.open, agent.yields].remove(agent.group.slot, agent.key)
            agent.key = None

    def _note_login(self, agent: Agent) -> None:
        group = agent.group
        login = 0
        if group is not None and agent.chosen == "ready" and agent.desk_reachable:
            login = _WRITTEN_LOGIN | _PHONE_LOGIN if agent.phone_reachable else _WRITTEN_LOGIN
        if login == agent.logged_in or group is None:
            return
        for kind in (0, 1):
            step = (login >> kind & 1) - (agent.logged_in >> kind & 1)
            group.logged_in[kind] += step
            if step and group.logged_in[kind] == (1 if step > 0 else 0):
                self.logged_in[kind] ^= group.flag
        agent.logged_in = login

    def _take_off(self, agent: Agent) -> None:
        """Before the agent leaves its group."""
        self._leave_shelf(agent)
        agent.open = agent.yields = 0
        if agent.logged_in and agent.group is not None:
            for kind in (0, 1):
                if agent.logged_in >> kind & 1:
                    agent.group.logged_in[kind] -= 1
                    if not agent.group.logged_in[kind]:
                        self.logged_in[kind] ^= agent.group.flag
        agent.logged_in = 0

    # --- who is there -------------------------------------------------------------------------------------------------

    def with_room(self, channel: Channel) -> list[Ranking]:
        """The shelves of those who have room for something on this channel."""
        bit = BIT[channel]
        return [shelf for (open, yields), shelf in self.shelves.items() if open & ~yields & bit and shelf.mask]

    def yielding(self, channel: Channel) -> list[Ranking]:
        """The shelves of those who would be interrupted by something on this channel."""
        if not self.interrupts:
            return []
        bit = BIT[channel]
        return [shelf for (_, yields), shelf in self.shelves.items() if yields & bit and shelf.mask]

    def logged_in_groups(self, channel: Channel) -> int:
        """Groups with somebody who is ready and reachable; the flag and the load are not asked."""
        return self.logged_in[channel not in WRITTEN]

    def is_logged_in(self, agent: Agent, channel: Channel) -> bool:
        return bool(agent.logged_in >> (channel not in WRITTEN) & 1)

    def count_logged_in(self, groups: int, channel: Channel) -> int:
        """Agents of these groups who are logged in on the channel."""
        kind = channel not in WRITTEN
        there = [self.groups[slot] for slot in slots_of(groups & self.logged_in[kind])]
        return sum(group.logged_in[kind] for group in there if group is not None)
