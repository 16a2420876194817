"""What does the engine know right now? The jacks of one domain: queues, lines, agents, stays, segments, deadlines.

Whoever changes something here that may let somebody be served says so in `freed` or `returned`; match.py asks only
these, because everybody else was asked before and nothing about them is new.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Literal, cast

from contacts.presence import AgentState, Chosen
from contacts.words import WRITTEN, Channel
from routing.capacity import ONE
from routing.deadlines import NEVER, Deadlines, Due, due
from routing.line import Line, Lines, Queue, Waiting
from routing.messages import AgentChanged, Decision, DomainPolicy, QueuePolicy, Refusal
from routing.staff import Agent, Staff

WINDOW_MAX = 200  # choices kept; a policy's window is at most so long
AgentWhy = Literal[
    "chose", "next_chosen", "flagged", "flag_cleared", "reachable", "unreachable", "served", "configured"
]
SegmentState = Literal["offered", "connecting", "talking", "parked", "wrap_up"]


class Segment:
    __slots__ = (
        "agent", "channel", "due", "exclusive", "handed_back", "id", "interrupted", "manual", "queue", "state", "stay",
    )  # fmt: skip

    def __init__(
        self, id: str, stay: Waiting | None, agent: Agent, queue: Queue, channel: Channel, exclusive: bool, manual: bool
    ) -> None:
        self.id = id
        self.stay = stay  # until the conversation begins; None from the start: a colleague is asked for advice
        self.agent = agent
        self.queue = queue
        self.channel = channel
        self.exclusive = exclusive
        self.manual = manual
        self.state: SegmentState = "offered"
        self.due = NEVER
        self.interrupted = False  # parked by us: it returns when there is room for it again
        self.handed_back = False  # told to the journey, which ends it in the same turn


class Board:
    def __init__(self, new_id: Callable[[], str], domain: DomainPolicy, domain_id: int) -> None:
        self.new_id = new_id
        self.domain = domain
        self.domain_id = domain_id
        self.now_us = 0
        self.staff = Staff()
        self.lines = Lines(self.staff.fits)
        self.stays = self.lines.stays
        self.segments: dict[str, Segment] = {}
        self.deadlines = Deadlines()
        self.choices = ""  # between overdue and ordinary work, the last at the end: '1' = the overdue one was taken
        self.restricted: set[str] = set()  # stays in line that not every able agent may be given
        self.barred: dict[str, set[str]] = {}  # agent -> stays not for them: excluded, paused, already asked
        self.paused_lines: dict[int, Line] = {}  # by slot: lines with stays that somebody let go a while ago
        self.pauses_over: list[tuple[int, str]] = []  # heap of (until_us, stay); those gone are skipped
        # of this message
        self.told: list[Decision] = []
        self.freed: dict[str, Agent] = {}  # agents who may take something that was not possible before
        self.relieved: dict[str, Agent] = {}  # agents to whom something interrupted may return
        self.unshelved: list[Agent] = []  # who can take something but does not yet stand on a shelf
        self.returned: set[str] = set()  # stays that may be given to somebody who was not possible before
        self.unasked: list[Waiting] = []  # of these, those that match.py has not yet taken up
        self.departed: dict[str, Waiting] = {}  # stays that have left
        self.look_ahead_hit = False  # the bound cut a search short

    # --- who is meant -------------------------------------------------------------------------------------------------

    def agent(self, agent_id: str) -> Agent:
        agent = self.staff.agents.get(agent_id)
        if agent is None or agent.group is None:
            raise Refusal("agent.unknown", 404, "agent_id")
        return agent

    def stay(self, stay_id: str) -> Waiting:
        stay = self.stays.get(stay_id)
        if stay is None:
            raise Refusal("stay.not_waiting", 409, "stay_id")
        return stay

    def segment(self, segment_id: str, state: SegmentState, or_state: SegmentState | None = None) -> Segment:
        segment = self.segments.get(segment_id)
        if segment is None:
            raise Refusal("segment.over", 409, "segment_id")
        if segment.state not in (state, or_state):
            raise Refusal(f"segment.not_{state}", 409, "segment_id")
        return segment

    # --- agents -------------------------------------------------------------------------------------------------------

    def known_agent(self, agent_id: str) -> Agent:
        """One without a stored state has never been here."""
        return self.staff.agents.get(agent_id) or self.enlist(AgentState(agent_id, self.domain_id))

    def enlist(self, state: AgentState) -> Agent:
        agent = self.staff.agents[state.agent_id] = Agent(state)
        return agent

    def place(self, agent: Agent) -> None:
        """After any change of the agent's facts."""
        if agent.interrupted:
            self.relieved[agent.id] = agent
        was_logged_in = agent.logged_in
        if self.staff.reassess(agent):
            self.freed[agent.id] = agent
        if agent.open and agent.key is None:
            self.unshelved.append(agent)
        if was_logged_in & ~agent.logged_in and agent.group is not None:
            self.somebody_left(self.paused_lines_of(agent.group.flag))

    def reload(self, agent: Agent) -> None:
        """After any change of the agent's load, or of what may be interrupted."""
        if agent.interrupted:
            self.relieved[agent.id] = agent
        if agent.above_by_hand:
            agent.above_by_hand = agent.is_above_capacity
        if self.staff.reload(agent):
            self.freed[agent.id] = agent
        if agent.open and agent.key is None:
            self.unshelved.append(agent)

    def shelve(self) -> None:
        """Before agents are compared."""
        for agent in self.unshelved:
            self.staff.shelve(agent)
        self.unshelved.clear()

    def place_by_hand(self, agent: Agent) -> None:
        """After an act that may leave the agent above capacity: a person's, or a changed configuration."""
        agent.above_by_hand = agent.is_above_capacity
        self.place(agent)

    def paused_lines_of(self, groups: int) -> list[Line]:
        """Lines of these groups in which somebody paused for a stay."""
        return [line for line in self.paused_lines.values() if line.fit.able & groups]

    def somebody_left(self, lines: list[Line]) -> None:
        """One who was logged in is not any more: who paused for a stay of these lines may now be the only one there."""
        for line in lines:
            there = (line.fit.able & self.staff.logged_in_groups(line.channel)).bit_count()
            for stay in line.paused.values():
                excluded = len(stay.wishes.excluded_agent_ids) if stay.wishes else 0
                if stay.in_line and there <= 1 + excluded:
                    self.ask(stay)

    def changed(self, agent: Agent, why: AgentWhy) -> None:
        """A fact that is stored has changed."""
        self.told.append(AgentChanged(agent.id, why))
        self.place(agent)

    def set_chosen(self, agent: Agent, chosen: Chosen, reason: str | None, why: AgentWhy) -> None:
        if agent.chosen != chosen:
            agent.since_us = self.now_us
        agent.chosen, agent.reason, agent.next_chosen = chosen, reason, None
        self.changed(agent, why)

    def take_next_chosen(self, agent: Agent) -> None:
        """The state wished for comes when nothing is held any more."""
        if agent.next_chosen is not None and not agent.segments:
            chosen, _, reason = agent.next_chosen.partition(":")
            self.set_chosen(agent, cast(Chosen, chosen), reason or None, "next_chosen")

    def set_policy(self, policy: QueuePolicy) -> Queue:
        queue = self.lines.set_policy(policy, self.staff.groups)
        self.staff.interrupts = self.staff.interrupts or bool(queue.interrupters)
        return queue

    # --- segments -----------------------------------------------------------------------------------------------------

    def keep(self, segment: Segment) -> None:
        """A live segment begins, or one is found again."""
        self.segments[segment.id] = segment
        segment.agent.segments[segment.id] = segment
        segment.agent.interrupted += segment.interrupted
        if segment.state != "parked":
            segment.agent.held += ONE[segment.channel]

    def forget(self, segment: Segment) -> None:
        """The segment is over. The agent is not yet put in place."""
        self.set_due(segment, NEVER)
        del self.segments[segment.id]
        del segment.agent.segments[segment.id]
        segment.agent.interrupted -= segment.interrupted
        if segment.state != "parked":
            segment.agent.held -= ONE[segment.channel]

    def set_due(self, segment: Segment, due: Due) -> None:
        if due != segment.due:
            self.deadlines.segments.move(segment.id, segment.due, due)
            segment.due = due

    def watch_silence(self, agent: Agent) -> None:
        """A silent desk with written conversations has a deadline."""
        new = NEVER
        if agent.desk_silent_us is not None and any(is_written_talk(each) for each in agent.segments.values()):
            new = due(agent.desk_silent_us + self.domain.written_silence_us, "silence")
        if new != agent.due:
            self.deadlines.agents.move(agent.id, agent.due, new)
            agent.due = new

    # --- stays --------------------------------------------------------------------------------------------------------

    def admit(self, stay: Waiting) -> None:
        """A stay begins, or one is found again. It does not yet stand in line."""
        self.stays[stay.id] = stay
        stay.line.stays += 1
        if stay.wishes is not None:
            if stay.wishes.only_agent_id is not None:
                self.lines.direct.add(stay.id)
            for agent_id in stay.wishes.excluded_agent_ids:
                self.bar(stay, agent_id)

    def bar(self, stay: Waiting, agent_id: str) -> None:
        """After anything between this stay and this agent has changed."""
        is_barred = (
            (stay.wishes is not None and agent_id in stay.wishes.excluded_agent_ids)
            or (stay.pauses is not None and stay.pauses.get(agent_id, 0) > self.now_us)
            or any(offer.agent.id == agent_id and not offer.exclusive for offer in stay.offers)
        )
        if is_barred:
            self.barred.setdefault(agent_id, set()).add(stay.id)
        else:
            self._unbar(stay, agent_id)

    def _unbar(self, stay: Waiting, agent_id: str) -> None:
        stays = self.barred.get(agent_id)
        if stays is not None:
            stays.discard(stay.id)
            if not stays:
                del self.barred[agent_id]

    def stand(self, stay: Waiting) -> None:
        """After anything about the stay has changed: into its line if it wants an offer, else out of it."""
        if is_restricted(stay):
            self.restricted.add(stay.id)
        else:
            self.restricted.discard(stay.id)
        if not wants_offer(stay):
            self.step_out(stay)
            return
        if not stay.in_line:
            self.lines.put(stay)
        self.ask(stay)

    def offer_made(self, stay: Waiting, offer: Segment) -> None:
        """In rounds the stay may stand in line still, but not for the agent who was just asked."""
        if offer.exclusive:
            self.step_out(stay)
            return
        self.bar(stay, offer.agent.id)
        if wants_offer(stay):
            self.restricted.add(stay.id)
        else:
            self.step_out(stay)

    def step_out(self, stay: Waiting) -> None:
        """Out of the line. Somebody else may come in sight of the look-ahead by this."""
        if not stay.in_line:
            return
        order = self.lines.take(stay)
        ahead = self.domain.look_ahead
        if order.size <= ahead:
            return
        first_id = order.blocks[0][0][-3]
        # While one who may go to anybody was asked about and still waits, nobody could serve anybody of this line.
        if ahead == 0 or first_id in self.restricted or first_id in self.returned:
            in_sight = order.nth(ahead)
            assert in_sight is not None
            self.ask(self.stays[in_sight[-3]])

    def ask(self, stay: Waiting) -> None:
        """Somebody may be able to serve this stay who was not before."""
        self.returned.add(stay.id)
        self.unasked.append(stay)

    def move(self, stay: Waiting, line: Line) -> None:
        """Into another line, at the same place."""
        self.step_out(stay)
        self._leave_line(stay)
        stay.line = line
        line.stays += 1
        if stay.pauses:
            self._note_paused(stay)
        self.stand(stay)

    def dismiss(self, stay: Waiting) -> None:
        """The stay leaves the engine."""
        self.step_out(stay)
        self._leave_line(stay)
        del self.stays[stay.id]
        self.lines.direct.discard(stay.id)
        self.restricted.discard(stay.id)
        self.set_stay_due(stay, NEVER)
        self.departed[stay.id] = stay
        if stay.wishes is not None or stay.pauses or (stay.offers and not stay.offers[0].exclusive):
            for agent_id in named_by(stay):
                self._unbar(stay, agent_id)

    def set_stay_due(self, stay: Waiting, due: Due) -> None:
        if due != stay.due:
            self.deadlines.stays.move(stay.id, stay.due, due)
            stay.due = due

    def _leave_line(self, stay: Waiting) -> None:
        stay.line.stays -= 1
        self._forget_paused(stay)

    # --- pauses -------------------------------------------------------------------------------------------------------

    def pause(self, stay: Waiting, agent: Agent, until_us: int) -> None:
        """The agent let the stay go. Pauses that are over are forgotten here, where the stay is written anyway."""
        before = stay.pauses or {}
        stay.pauses = {agent_id: until for agent_id, until in before.items() if until > self.now_us}
        stay.pauses[agent.id] = until_us
        for agent_id in (agent.id, *before):
            self.bar(stay, agent_id)
        self.watch_pause(stay, until_us)

    def watch_pause(self, stay: Waiting, until_us: int) -> None:
        heappush(self.pauses_over, (until_us, stay.id))
        self._note_paused(stay)

    def _note_paused(self, stay: Waiting) -> None:
        stay.line.paused[stay.id] = stay
        self.paused_lines[stay.line.slot] = stay.line

    def _forget_paused(self, stay: Waiting) -> None:
        if stay.line.paused.pop(stay.id, None) and not stay.line.paused:
            del self.paused_lines[stay.line.slot]

    def end_pauses(self) -> None:
        """Who let a stay go long enough ago may be asked again."""
        while self.pauses_over and self.pauses_over[0][0] <= self.now_us:
            stay = self.stays.get(heappop(self.pauses_over)[1])
            if stay is None or not stay.pauses:
                continue
            for agent_id in stay.pauses:
                self.bar(stay, agent_id)
            if max(stay.pauses.values()) <= self.now_us:
                self._forget_paused(stay)
            if stay.in_line:
                self.ask(stay)

    def first_pause_over(self) -> int | None:
        """When the next pause ends. Those of stays that are gone and those that began anew are dropped."""
        while self.pauses_over:
            until_us, stay_id = self.pauses_over[0]
            stay = self.stays.get(stay_id)
            if stay is not None and stay.pauses is not None and until_us in stay.pauses.values():
                return until_us
            heappop(self.pauses_over)
        return None

    def choose(self, choice: str) -> None:
        self.choices = (self.choices + choice)[-WINDOW_MAX:]


def is_written_talk(segment: Segment) -> bool:
    """A written conversation that has not ended, one laid aside included."""
    return segment.channel in WRITTEN and segment.state in ("talking", "parked") and not segment.handed_back


def named_by(stay: Waiting) -> set[str]:
    """Agents who may be barred from the stay."""
    named = {offer.agent.id for offer in stay.offers}
    if stay.pauses:
        named.update(stay.pauses)
    if stay.wishes is not None:
        named.update(stay.wishes.excluded_agent_ids)
    return named


def is_restricted(stay: Waiting) -> bool:
    """Not every able agent may be given it."""
    wishes = stay.wishes
    return bool(
        stay.offers or stay.pauses or (wishes and (wishes.excluded_agent_ids or wishes.only_agent_id is not None))
    )


def offers_wanted(stay: Waiting) -> int:
    """How many offers at once: more than one only in rounds, and those only on written channels."""
    return stay.line.queue.policy.offers_at_once if stay.line.channel in WRITTEN else 1


def wants_offer(stay: Waiting) -> bool:
    if not stay.offers:
        return True
    for offer in stay.offers:
        if offer.exclusive or offer.state != "offered":
            return False
    return len(stay.offers) < offers_wanted(stay)
