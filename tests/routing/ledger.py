"""What does an outsider know of an engine, from what goes in and what comes out alone?"""

from dataclasses import dataclass, field, replace
from typing import Any

from contacts.presence import AgentState, is_routable
from contacts.words import Channel
from tests.routing.scene import kind_of


@dataclass
class Wait:
    stay_id: str
    contact_id: str
    channel: Channel
    queue_id: str
    excluded: tuple[str, ...]
    only: str | None
    requirement: str
    place_us: int
    queued_us: int
    promise_us: int
    limit_us: int
    queue_version: int
    wishes: Any
    overdue: bool = False


@dataclass
class Piece:
    """A segment that is not over."""

    segment_id: str
    stay_id: str
    contact_id: str
    agent_id: str
    channel: Channel
    queue_id: str
    state: str
    ends_us: int | None
    manual: bool
    exclusive: bool
    offered_us: int
    connected_us: int | None = None
    interrupted_by: str | None = None  # while parked: the segment that it made room for
    role: str = "primary"  # or consult: of the stay of whoever asked, which is over


@dataclass
class Ledger:
    waits: dict[str, Wait] = field(default_factory=dict)
    pieces: dict[str, Piece] = field(default_factory=dict)
    agents: dict[str, AgentState] = field(default_factory=dict)  # presence as it was said to the engine
    queues: dict[str, Any] = field(default_factory=dict)
    profiles: dict[str, Any] = field(default_factory=dict)
    domain: Any = None
    stays_so_far: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)  # segments that are over
    accepted: dict[str, int] = field(default_factory=dict)  # stay -> accepted offers that did not fail
    next_chosen: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # agent -> what they want then

    def hear(self, message: Any, decisions: list[Any], now_us: int) -> None:
        """After the message was handled."""
        self.note_input(message, now_us)
        for decision in decisions:
            self.note(message, decision, now_us)

    def note_input(self, message: Any, now_us: int) -> None:
        match type(message).__name__:
            case "ConfigChanged":
                self.domain = message.domain or self.domain
                self.queues |= {queue.queue_id: queue for queue in message.queues}
                for profile in message.agents:
                    self.profiles[profile.agent_id] = profile
                    self.agents.setdefault(profile.agent_id, AgentState(profile.agent_id, 1))
                for agent_id in message.gone_agent_ids:
                    if self.profiles.pop(agent_id, None) is not None:
                        self.change(agent_id, chosen="offline", reason=None)
                        self.next_chosen.pop(agent_id, None)
            case "Choose":
                self.change(message.agent_id, chosen=message.chosen, reason=message.reason)
                self.next_chosen.pop(message.agent_id, None)
            case "ChooseNext" if message.chosen is None:
                self.next_chosen.pop(message.agent_id, None)
            case "ChooseNext":
                self.next_chosen[message.agent_id] = (message.chosen, message.reason)
            case "Reach" if message.device == "phone":
                self.change(message.agent_id, phone_reachable=message.up)
            case "Reach":
                self.change(message.agent_id, desk_reachable=message.up)
            case "ClearFlag":
                self.change(message.agent_id, not_responding=False)

    def change(self, agent_id: str, **facts: Any) -> None:
        self.agents[agent_id] = replace(self.agents[agent_id], **facts)

    def note(self, message: Any, decision: Any, now_us: int) -> None:
        match kind_of(decision):
            case "Queued":
                self.waits[decision.stay_id] = Wait(
                    message.stay_id, message.contact_id, message.channel, message.queue_id,
                    message.wishes.excluded_agent_ids, message.wishes.only_agent_id, decision.requirement,
                    decision.place_us, now_us, decision.promise_us, decision.limit_us, decision.queue_version,
                    message.wishes,
                )  # fmt: skip
                self.stays_so_far.append(decision.stay_id)
            case "Offered":
                wait = self.waits[decision.stay_id]
                self.pieces[decision.segment_id] = Piece(
                    decision.segment_id, wait.stay_id, wait.contact_id, decision.agent_id, wait.channel, wait.queue_id,
                    "offered", decision.expires_us, decision.manual, decision.exclusive, now_us,
                )  # fmt: skip
            case "Consulted":
                asker = self.pieces[decision.of_segment_id]
                self.pieces[decision.segment_id] = Piece(
                    decision.segment_id, asker.stay_id, asker.contact_id, decision.agent_id, asker.channel,
                    asker.queue_id, "offered", decision.expires_us, True, True, now_us, role="consult",
                )  # fmt: skip
            case "Replaced":
                self.waits[decision.stay_id].place_us = decision.place_us
            case "OfferExtended":
                self.pieces[decision.segment_id].ends_us = decision.expires_us
            case "Accepted":
                piece = self.pieces[decision.segment_id]
                piece.state, piece.ends_us = "connecting", decision.connect_by_us
                if piece.role == "primary":
                    self.accepted[piece.stay_id] = self.accepted.get(piece.stay_id, 0) + 1
            case "OfferOver":
                self.offer_over(decision)
            case "Talking":
                piece = self.pieces[decision.segment_id]
                piece.state, piece.ends_us, piece.connected_us = "talking", None, now_us
                if decision.stay_id is not None:
                    del self.waits[decision.stay_id]
            case "Parked":
                piece = self.pieces[decision.segment_id]
                piece.state, piece.interrupted_by = "parked", decision.interrupted_by
            case "Unparked":
                piece = self.pieces[decision.segment_id]
                piece.state, piece.interrupted_by = "talking", None
            case "WrapUpStarted":
                piece = self.pieces[decision.segment_id]
                piece.state, piece.ends_us, piece.interrupted_by = "wrap_up", decision.until_us, None
            case "Finished":
                del self.pieces[decision.segment_id]
                self.over.append(decision.segment_id)
            case "AgentChanged" if decision.why == "next_chosen" and decision.agent_id in self.next_chosen:
                if not self.of_agent(decision.agent_id):
                    chosen, reason = self.next_chosen.pop(decision.agent_id)
                    self.change(decision.agent_id, chosen=chosen, reason=reason)
            case "StayOver":
                del self.waits[decision.stay_id]
            case "Widened":
                self.waits[decision.stay_id].requirement = decision.requirement
            case "Overdue":
                self.waits[decision.stay_id].overdue = True

    def offer_over(self, decision: Any) -> None:
        piece = self.pieces.pop(decision.segment_id)
        self.over.append(decision.segment_id)
        if piece.state == "connecting" and piece.role == "primary":
            self.accepted[piece.stay_id] -= 1
        if decision.end == "expired":
            self.change(decision.agent_id, not_responding=True)
        if decision.why == "connect_timeout" and piece.channel == "phone":
            self.change(decision.agent_id, phone_reachable=False)

    # --- what can be asked of it --------------------------------------------------------------------------------------

    def in_state(self, state: str) -> list[Piece]:
        return [piece for piece in self.pieces.values() if piece.state == state]

    def of_agent(self, agent_id: str) -> list[Piece]:
        return [piece for piece in self.pieces.values() if piece.agent_id == agent_id]

    def load(self, agent_id: str) -> int:
        costs = self.profiles[agent_id].capacity.costs
        return sum(costs[piece.channel] for piece in self.of_agent(agent_id) if piece.state != "parked")

    def is_there(self, agent_id: str, channel: Channel) -> bool:
        """Routable, as an outsider sees it."""
        return is_routable(self.agents[agent_id], channel) and agent_id not in self.next_chosen
