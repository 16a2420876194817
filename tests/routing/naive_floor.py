"""What becomes of offers, conversations, agents and deadlines? The plain half of the readable twin (naive_match.py)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from contacts.presence import AgentState, is_reachable
from contacts.requirement import RequirementError, parse
from contacts.stay import Wishes
from contacts.words import SECOND_US, WRITTEN, Channel


class Refused(Exception):
    """The message is not possible; nothing was changed. Its text is the reason."""


class Said(SimpleNamespace):
    """A decision: `kind` is its name, the rest are its fields."""


@dataclass
class Waiting:
    """A stay, from its queue to a conversation or to another end."""

    stay_id: str
    contact_id: str
    channel: Channel
    queue_id: str
    requirement: str
    wishes: Wishes
    place_us: int
    queued_us: int
    promise_us: int
    limit_us: int
    overdue: bool = False
    widened: int = 0  # steps of the queue's widening that were taken
    arrival_us: int = 0
    refusals: int = 0  # offers that came to nothing because of the agent
    asked_again_us: dict[str, int] = field(default_factory=dict)  # agent -> end of the pause after letting it go


@dataclass
class Work:
    """A segment: offered, connecting, talking, parked or wrap_up."""

    segment_id: str
    stay_id: str | None  # None: a colleague is asked for advice
    agent_id: str
    channel: Channel
    queue_id: str
    exclusive: bool
    state: str = "offered"
    ends_us: int | None = None  # when the state ends by itself
    is_handed_back: bool = False  # the journey was told to end it
    is_interrupted: bool = False  # parked for something more urgent, and to return


@dataclass(frozen=True, order=True)
class Deadline:
    at_us: int
    rank: int  # of two at one instant: first what frees agents, last what takes stays away
    subject_id: str
    agent_id: str = ""


RANKS = ("wrap_up", "connecting", "offered", "silence", "asked_again", "widen", "promise", "limit")


class NaiveFloor:
    def __init__(self, new_id: Callable[[], str], domain: Any) -> None:
        self.new_id = new_id
        self.domain = domain
        self.now = 0
        self.queues: dict[str, Any] = {}  # policies by id
        self.profiles: dict[str, Any] = {}  # of agents, by id
        self.agents: dict[str, AgentState] = {}
        self.stays: dict[str, Waiting] = {}
        self.works: dict[str, Work] = {}  # in the order of their offers
        self.choices: list[bool] = []  # between overdue and ordinary work: was the overdue one taken?
        self.told: list[Said] = []

    def hear(self, message: Any) -> None:
        """`ConfigChanged` is heard by `config_changed`, and so are the others by theirs."""
        getattr(self, re.sub("(?<=[a-z])(?=[A-Z])", "_", type(message).__name__).lower())(message)

    def next_deadline(self) -> int | None:
        return min((deadline.at_us for deadline in self.deadlines()), default=None)

    def agent_state(self, agent_id: str) -> AgentState:
        return self.agents[agent_id]

    def say(self, kind: str, **fields: Any) -> None:
        self.told.append(Said(kind=kind, **fields))

    # --- who has what -------------------------------------------------------------------------------------------------

    def works_of(self, stay: Waiting) -> list[Work]:
        return [work for work in self.works.values() if work.stay_id == stay.stay_id]

    def works_of_agent(self, agent_id: str) -> list[Work]:
        return [work for work in self.works.values() if work.agent_id == agent_id]

    def offers_to(self, agent_id: str) -> list[Work]:
        return [work for work in self.works_of_agent(agent_id) if work.state == "offered"]

    def load(self, agent_id: str) -> int:
        costs = self.profiles[agent_id].capacity.costs
        return sum(costs[work.channel] for work in self.works_of_agent(agent_id) if work.state != "parked")

    # --- offers -------------------------------------------------------------------------------------------------------

    def offer(self, stay: Waiting, agent_id: str, manual: bool = False) -> None:
        queue = self.queues[stay.queue_id]
        in_rounds = stay.channel in WRITTEN and queue.offers_at_once > 1
        work = Work(self.new_id(), stay.stay_id, agent_id, stay.channel, stay.queue_id, manual or not in_rounds)
        if not manual:
            self.make_room(work)
        self.show(work)
        self.say("Offered", segment_id=work.segment_id, stay_id=stay.stay_id, agent_id=agent_id,
                 expires_us=work.ends_us, exclusive=work.exclusive, manual=manual)  # fmt: skip

    def make_room(self, work: Work) -> None:
        """Nothing, where there is room."""
        raise NotImplementedError

    def show(self, work: Work) -> None:
        timeout_us = self.queues[work.queue_id].offer_timeout_s * SECOND_US
        work.ends_us = self.now + max(timeout_us, self.domain.min_offer_us)
        self.works[work.segment_id] = work

    def accept(self, message: Any) -> None:
        work = self.work(message.segment_id, "offered", message.agent_id)
        work.state, work.ends_us = "connecting", self.now + self.domain.connect_timeout_us
        self.say("Accepted", segment_id=work.segment_id, connect_by_us=work.ends_us)
        others = self.works_of(self.stays[work.stay_id]) if work.stay_id is not None else []
        self.withdraw([other for other in others if other is not work], "taken")

    def decline(self, message: Any) -> None:
        self.let_go(self.work(message.segment_id, "offered", message.agent_id), "declined", "declined")

    def connect_failed(self, message: Any) -> None:
        self.let_go(self.work(message.segment_id, "connecting"), "failed", "provider")

    def let_go(self, work: Work, end: str, why: str) -> None:
        """The offer came to nothing because of the agent: a pause for the agent, the old place for the stay."""
        if work.stay_id is None:
            return self.end_offer(work, end, why)
        stay, queue = self.stays[work.stay_id], self.queues[work.queue_id]
        stay.refusals += 1
        stay.asked_again_us[work.agent_id] = self.now + queue.reoffer_pause_s * SECOND_US
        self.end_offer(work, end, why)
        if stay.refusals >= queue.max_offers:
            self.withdraw(self.works_of(stay), "moved")
            self.stay_over(stay, "unwanted", step=queue.unwanted_step)

    def withdraw(self, works: list[Work], why: str) -> None:
        for work in works:
            self.end_offer(work, "withdrawn", why)

    def end_offer(self, work: Work, end: str, why: str) -> None:
        ids = {"segment_id": work.segment_id, "stay_id": work.stay_id, "agent_id": work.agent_id}
        self.say("OfferOver", **ids, end=end, why=why)
        self.forget(work)

    def forget(self, work: Work) -> None:
        del self.works[work.segment_id]
        self.take_next_chosen(work.agent_id)

    # --- stays --------------------------------------------------------------------------------------------------------

    def enqueue(self, message: Any) -> None:
        queue = self.queues.get(message.queue_id)
        if queue is None or message.stay_id in self.stays:
            raise Refused("queue.unknown" if queue is None else "stay.known")
        if queue.closed and not message.always:
            raise Refused("queue.closed")
        requirement = queue.requirement if message.requirement is None else message.requirement
        try:
            parse(requirement)
        except RequirementError as error:
            raise Refused(error.text_key) from None
        arrival_us = self.now if message.arrival_us is None else message.arrival_us
        stay = self.stays[message.stay_id] = Waiting(
            message.stay_id, message.contact_id, message.channel, message.queue_id, requirement, message.wishes,
            place_us=self.place_us(queue, message.value, arrival_us),
            queued_us=self.now,
            promise_us=self.now + queue.promise_s * SECOND_US,
            limit_us=self.now + queue.limit_s * SECOND_US,
            arrival_us=arrival_us,
        )  # fmt: skip
        self.say("Queued", stay_id=stay.stay_id, queue_version=queue.version, requirement=requirement,
                 place_us=stay.place_us, promise_us=stay.promise_us, limit_us=stay.limit_us)  # fmt: skip

    def place_us(self, queue: Any, value: int, arrival_us: int) -> int:
        points = [0] + [points for at_least, points in queue.head_start if value >= at_least]
        return arrival_us - int(points[-1] * SECOND_US // queue.rate)

    def leave(self, message: Any) -> None:
        stay = self.stay(message.stay_id)
        self.withdraw(self.works_of(stay), "left")
        self.stay_over(stay, "left", end=message.end)

    def stay_over(self, stay: Waiting, why: str, end: Any = None, step: Any = None) -> None:
        del self.stays[stay.stay_id]
        self.say("StayOver", stay_id=stay.stay_id, why=why, end=end, step=step)

    def stay(self, stay_id: str) -> Waiting:
        if stay_id not in self.stays:
            raise Refused("stay.unknown")
        return self.stays[stay_id]

    # --- conversations ------------------------------------------------------------------------------------------------

    def connected(self, message: Any) -> None:
        work = self.work(message.segment_id, "connecting")
        work.state, work.ends_us = "talking", None
        if work.stay_id is not None:
            del self.stays[work.stay_id]
        self.say("Talking", segment_id=work.segment_id, stay_id=work.stay_id)

    def end(self, message: Any) -> None:
        work = self.work(message.segment_id, "talking", state_too="parked")
        wrap_up_s = self.queues[work.queue_id].wrap_up_s
        if wrap_up_s == 0:
            return self.finished(work, "none")
        work.state, work.is_interrupted = "wrap_up", False
        work.ends_us = None if wrap_up_s is None else self.now + wrap_up_s * SECOND_US
        self.say("WrapUpStarted", segment_id=work.segment_id, until_us=work.ends_us)

    def finish(self, message: Any) -> None:
        self.finished(self.work(message.segment_id, "wrap_up"), "agent")

    def finished(self, work: Work, why: str) -> None:
        self.say("Finished", segment_id=work.segment_id, agent_id=work.agent_id, why=why)
        self.change(work.agent_id, "served", last_ended_us=self.now)
        self.forget(work)

    def work(self, segment_id: str, state: str, agent_id: str | None = None, state_too: str = "") -> Work:
        work = self.works.get(segment_id)
        if work is None or work.state not in (state, state_too) or agent_id not in (None, work.agent_id):
            raise Refused("segment.not_so")
        return work

    # --- agents -------------------------------------------------------------------------------------------------------

    def choose(self, message: Any) -> None:
        agent = self.agent(message.agent_id)
        if (agent.chosen, agent.reason, agent.next_chosen) == (message.chosen, message.reason, None):
            return  # said twice
        self.chosen(agent, message.chosen, message.reason, "chose")
        if message.chosen != "ready":
            self.withdraw(self.offers_to(message.agent_id), "not_ready")

    def choose_next(self, message: Any) -> None:
        agent = self.agent(message.agent_id)
        wish = f"away:{message.reason or ''}" if message.chosen == "away" else message.chosen
        if wish is not None and not self.works_of_agent(agent.agent_id):
            self.chosen(agent, message.chosen, message.reason, "next_chosen")
        elif wish != agent.next_chosen:
            self.change(agent.agent_id, "next_chosen", next_chosen=wish)

    def take_next_chosen(self, agent_id: str) -> None:
        agent = self.agents[agent_id]
        if agent.next_chosen is not None and not self.works_of_agent(agent_id):
            chosen, _, reason = agent.next_chosen.partition(":")
            self.chosen(agent, chosen, reason or None, "next_chosen")

    def chosen(self, agent: AgentState, chosen: str, reason: str | None, why: str) -> None:
        since_us = agent.since_us if agent.chosen == chosen else self.now
        self.change(agent.agent_id, why, chosen=chosen, reason=reason, next_chosen=None, since_us=since_us)

    def reach(self, message: Any) -> None:
        agent, up = self.agent(message.agent_id), message.up
        if message.device == "phone":
            changed = replace(agent, phone_reachable=up)
        elif up:
            changed = replace(agent, desk_reachable=True, desk_silent_us=None)
        else:
            silent_us = self.now if agent.desk_reachable else agent.desk_silent_us
            changed = replace(agent, desk_reachable=False, desk_silent_us=silent_us)
        if changed != agent:
            self.agents[agent.agent_id] = changed
            self.say("AgentChanged", agent_id=agent.agent_id, why="reachable" if up else "unreachable")
            self.withdraw_unreachable(agent.agent_id)

    def withdraw_unreachable(self, agent_id: str) -> None:
        lost = [work for work in self.offers_to(agent_id) if not is_reachable(self.agents[agent_id], work.channel)]
        self.withdraw(lost, "unreachable")

    def clear_flag(self, message: Any) -> None:
        if self.agent(message.agent_id).not_responding:
            self.change(message.agent_id, "flag_cleared", not_responding=False)

    def change(self, agent_id: str, why: str, **facts: Any) -> None:
        self.agents[agent_id] = replace(self.agents[agent_id], **facts)
        self.say("AgentChanged", agent_id=agent_id, why=why)

    def agent(self, agent_id: str) -> AgentState:
        if agent_id not in self.profiles:
            raise Refused("agent.unknown")
        return self.agents[agent_id]

    # --- time ---------------------------------------------------------------------------------------------------------

    def deadlines(self) -> Iterator[Deadline]:
        for work in self.works.values():
            if work.ends_us is not None:
                yield Deadline(work.ends_us, RANKS.index(work.state), work.segment_id)
        for stay in self.stays.values():
            for agent_id, until_us in stay.asked_again_us.items():
                yield Deadline(until_us, RANKS.index("asked_again"), stay.stay_id, agent_id)
            widen = self.queues[stay.queue_id].widen
            if stay.widened < len(widen):
                due_us = stay.queued_us + widen[stay.widened].after_s * SECOND_US
                yield Deadline(due_us, RANKS.index("widen"), stay.stay_id)
            if not stay.overdue:
                yield Deadline(stay.promise_us, RANKS.index("promise"), stay.stay_id)
            if not any(work.state == "connecting" for work in self.works_of(stay)):
                yield Deadline(stay.limit_us, RANKS.index("limit"), stay.stay_id)
        for agent in self.agents.values():
            if agent.desk_silent_us is not None and self.writes(agent.agent_id):
                due_us = agent.desk_silent_us + self.domain.written_silence_us
                yield Deadline(due_us, RANKS.index("silence"), agent.agent_id)

    def time_passed(self, _: Any) -> None:
        while due := min((deadline for deadline in self.deadlines() if deadline.at_us <= self.now), default=None):
            self.take(due)

    def take(self, due: Deadline) -> None:
        id_ = due.subject_id
        match RANKS[due.rank]:
            case "wrap_up":
                self.finished(self.works[id_], "time_box")
            case "connecting":
                self.connect_timed_out(self.works[id_])
            case "offered":
                self.offer_expired(self.works[id_])
            case "silence":
                self.hand_back(id_)
            case "asked_again":
                del self.stays[id_].asked_again_us[due.agent_id]
            case "widen":
                self.widen(self.stays[id_])
            case "promise":
                self.stays[id_].overdue = True
                self.say("Overdue", stay_id=id_)
            case "limit":
                self.withdraw(self.works_of(self.stays[id_]), "moved")
                self.stay_over(self.stays[id_], "limit", step=self.queues[self.stays[id_].queue_id].last_step)

    def connect_timed_out(self, work: Work) -> None:
        self.let_go(work, "failed", "connect_timeout")
        if work.channel == "phone" and self.agents[work.agent_id].phone_reachable:
            self.change(work.agent_id, "unreachable", phone_reachable=False)
            self.withdraw_unreachable(work.agent_id)

    def offer_expired(self, work: Work) -> None:
        self.let_go(work, "expired", "timeout")
        if not self.agents[work.agent_id].not_responding:
            self.change(work.agent_id, "flagged", not_responding=True)

    def writes(self, agent_id: str) -> list[Work]:
        """Written conversations of the agent, those laid aside included."""
        works = [work for work in self.works_of_agent(agent_id) if work.channel in WRITTEN and not work.is_handed_back]
        return [work for work in works if work.state in ("talking", "parked")]

    def hand_back(self, agent_id: str) -> None:
        for work in self.writes(agent_id):
            work.is_handed_back = True
            self.say("HandedBack", segment_id=work.segment_id, agent_id=agent_id)

    def widen(self, stay: Waiting) -> None:
        stay.requirement = self.queues[stay.queue_id].widen[stay.widened].requirement
        stay.widened += 1
        self.say("Widened", stay_id=stay.stay_id, requirement=stay.requirement)

    def outage_over(self, message: Any) -> None:
        for work in self.works.values():
            if work.state == "offered" and work.ends_us is not None and message.outage_us > 0:
                work.ends_us += message.outage_us
                self.say("OfferExtended", segment_id=work.segment_id, expires_us=work.ends_us)

    # --- configuration ------------------------------------------------------------------------------------------------

    def config_changed(self, message: Any) -> None:
        self.domain = message.domain or self.domain
        self.queues |= {queue.queue_id: queue for queue in message.queues}
        for profile in message.agents:
            self.profiles[profile.agent_id] = profile
            if profile.agent_id not in self.agents:
                self.agents[profile.agent_id] = AgentState(profile.agent_id, domain_id=1)
                self.say("AgentChanged", agent_id=profile.agent_id, why="configured")
        for agent_id in message.gone_agent_ids:
            if self.profiles.pop(agent_id, None) is not None:
                agent = self.agents[agent_id]
                if (agent.chosen, agent.next_chosen) != ("offline", None):
                    self.chosen(agent, "offline", None, "chose")
                self.withdraw(self.offers_to(agent_id), "not_ready")
