"""How do stories and tables speak to an engine? A scene of queues, agents and customers, with names and seconds.

A scene knows an engine by what goes in and what comes out; it keeps every decision, and it lets time pass the way the
switchboard does: each deadline at its own instant.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from contacts.presence import AgentState, Chosen, Device
from contacts.stay import StayEnd, Wishes
from contacts.words import SECOND_US, Channel
from routing import messages

START_US = 1_000_000 * SECOND_US
COMPANY = "acme"
ADVICE = "advice"  # in the place of the stay that a consulted agent's segment does not have


class Decider(Protocol):
    def handle(self, message: messages.Message, now_us: int) -> list[Any]: ...

    def next_deadline(self) -> int | None: ...

    def agent_state(self, agent_id: str) -> AgentState: ...

    def load(self, agent_id: str) -> int: ...


def numbered(prefix: str) -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"{prefix}-{next(numbers):06}"


def kind_of(decision: Any) -> str:
    """The name of a decision, of the engine's or of the twin's."""
    return str(getattr(decision, "kind", type(decision).__name__))


def as_the_journey_does(decisions: list[Any]) -> list[messages.Message]:
    """What is handed back is ended in the same turn."""
    back = [decision.segment_id for decision in decisions if kind_of(decision) == "HandedBack"]
    return [act(segment_id) for segment_id in back for act in (messages.End, messages.Finish)]


def skills(text: str) -> dict[str, int]:
    """'billing 3, zh 5' -> levels."""
    return {name: int(level) for name, level in (each.split() for each in text.split(",") if each.strip())}


@dataclass
class Scene:
    decider: Decider
    now_us: int = START_US
    seq: Iterator[int] = field(default_factory=lambda: count(1))
    told: list[Any] = field(default_factory=list)  # every decision so far
    last: list[Any] = field(default_factory=list)  # the decisions of the last call
    listeners: list[Callable[[messages.Message, list[Any]], None]] = field(default_factory=list)
    segment_of: dict[tuple[str, str], str] = field(default_factory=dict)  # (agent, stay) -> the last segment

    @property
    def now_s(self) -> int:
        return (self.now_us - START_US) // SECOND_US

    def tell(self, message: messages.Message) -> list[Any]:
        self.last = self.decider.handle(message, self.now_us)
        self.told += self.last
        for listen in self.listeners:
            listen(message, self.last)
        for offer in self.of("Offered"):
            self.segment_of[offer.agent_id, offer.stay_id] = offer.segment_id
        for asked in self.of("Consulted"):
            self.segment_of[asked.agent_id, ADVICE] = asked.segment_id
        return self.last

    def of(self, kind: str, everything: bool = False) -> list[Any]:
        return [decision for decision in (self.told if everything else self.last) if kind_of(decision) == kind]

    def offered(self) -> list[tuple[str, str]]:
        """(stay, agent) of the last call, in order."""
        return [(offer.stay_id, offer.agent_id) for offer in self.of("Offered")]

    # --- configuration ------------------------------------------------------------------------------------------------

    def queue(self, name: str = "line", **wanted: Any) -> messages.QueuePolicy:
        plain: dict[str, Any] = {"version": 1, "wrap_up_s": 0, "limit_s": 1_000_000, "promise_s": 900_000}
        queue = messages.QueuePolicy(name, **{"company_id": COMPANY, **plain, **wanted})
        self.tell(messages.ConfigChanged(next(self.seq), queues=(queue,)))
        return queue

    def agent(
        self,
        name: str,
        able: str = "",
        *,
        companies: tuple[str, ...] = (COMPANY,),
        capacity: messages.Capacity | None = None,
        phone: bool = True,
        ready: bool = True,
    ) -> str:
        profile = messages.AgentProfile(name, skills(able), frozenset(companies), capacity or messages.Capacity())
        self.tell(messages.ConfigChanged(next(self.seq), agents=(profile,)))
        if ready:
            self.reach(name, "desk")
            if phone:
                self.reach(name, "phone")
            self.choose(name, "ready")
        return name

    def domain(self, **policy: Any) -> list[Any]:
        return self.tell(messages.ConfigChanged(next(self.seq), domain=messages.DomainPolicy(**policy)))

    # --- customers ----------------------------------------------------------------------------------------------------

    def arrive(
        self,
        name: str,
        queue: str = "line",
        channel: Channel = "phone",
        *,
        value: int = 0,
        arrived_s: int | None = None,
        requirement: str | None = None,
        wishes: Wishes | None = None,
        always: bool = False,
    ) -> list[Any]:
        arrival_us = None if arrived_s is None else START_US + arrived_s * SECOND_US
        return self.tell(
            messages.Enqueue(
                name, f"contact of {name}", channel, queue, value, arrival_us, requirement, wishes or Wishes(), always
            )
        )

    def leave(self, name: str, end: StayEnd = "abandoned") -> list[Any]:
        return self.tell(messages.Leave(name, end))

    # --- agents -------------------------------------------------------------------------------------------------------

    def choose(self, agent: str, chosen: Chosen, reason: str | None = None) -> list[Any]:
        return self.tell(messages.Choose(agent, chosen, reason))

    def choose_next(self, agent: str, chosen: Chosen | None, reason: str | None = None) -> list[Any]:
        return self.tell(messages.ChooseNext(agent, chosen, reason))

    def reach(self, agent: str, device: Device) -> list[Any]:
        return self.tell(messages.Reach(agent, device, True))

    def lose(self, agent: str, device: Device) -> list[Any]:
        return self.tell(messages.Reach(agent, device, False))

    def clear_flag(self, agent: str) -> list[Any]:
        return self.tell(messages.ClearFlag(agent))

    def accept(self, agent: str, stay: str) -> list[Any]:
        return self.tell(messages.Accept(self.segment_of[agent, stay], agent))

    def decline(self, agent: str, stay: str) -> list[Any]:
        return self.tell(messages.Decline(self.segment_of[agent, stay], agent))

    def assign(self, stay: str, agent: str, always: bool = False) -> list[Any]:
        return self.tell(messages.Assign(stay, agent, always))

    def consult(self, agent: str, stay: str, colleague: str) -> list[Any]:
        return self.tell(messages.Consult(self.segment_of[agent, stay], colleague))

    def take_back(self, agent: str, stay: str) -> list[Any]:
        return self.tell(messages.TakeBack(self.segment_of[agent, stay]))

    def reprioritise(self, stay: str, value: int) -> list[Any]:
        return self.tell(messages.Reprioritise(stay, value))

    def connected(self, agent: str, stay: str) -> list[Any]:
        return self.tell(messages.Connected(self.segment_of[agent, stay]))

    def connect_failed(self, agent: str, stay: str) -> list[Any]:
        return self.tell(messages.ConnectFailed(self.segment_of[agent, stay]))

    def park(self, agent: str, stay: str) -> list[Any]:
        return self.tell(messages.Park(self.segment_of[agent, stay]))

    def unpark(self, agent: str, stay: str) -> list[Any]:
        return self.tell(messages.Unpark(self.segment_of[agent, stay]))

    def end(self, agent: str, stay: str) -> list[Any]:
        return self.tell(messages.End(self.segment_of[agent, stay]))

    def finish(self, agent: str, stay: str) -> list[Any]:
        return self.tell(messages.Finish(self.segment_of[agent, stay]))

    def talk(self, agent: str, stay: str) -> None:
        """From the offer to the conversation."""
        self.accept(agent, stay)
        self.connected(agent, stay)

    def serve(self, agent: str, stay: str) -> list[Any]:
        """From the offer to the end of the conversation, in no time."""
        self.talk(agent, stay)
        return self.end(agent, stay)

    def serve_all(self, agent: str, at_most: int = 100) -> list[str]:
        """The stays that this agent is given one after the other, in no time: the order at this instant."""
        served: list[str] = []
        while len(served) < at_most and (offers := self.offers_to(agent)):
            served.append(offers[0])
            self.serve(agent, offers[0])
        return served

    # --- time ---------------------------------------------------------------------------------------------------------

    def until(self, second: int) -> list[Any]:
        """Let time pass until this second after the start; the decisions on the way are `last`."""
        return self.until_us(START_US + second * SECOND_US)

    def wait(self, seconds: int) -> list[Any]:
        return self.until_us(self.now_us + seconds * SECOND_US)

    def until_us(self, target_us: int) -> list[Any]:
        on_the_way: list[Any] = []
        while (due := self.decider.next_deadline()) is not None and due <= target_us:
            self.now_us = max(self.now_us, due)
            on_the_way += self.tell(messages.TimePassed())
        self.now_us = target_us
        self.last = on_the_way
        return self.last

    def outage(self, seconds: int) -> list[Any]:
        """Nobody is there to take deadlines for so long; then somebody is."""
        self.now_us += seconds * SECOND_US
        extended = self.tell(messages.OutageOver(seconds * SECOND_US))
        self.last = extended + self.tell(messages.TimePassed())
        return self.last

    # --- what an outsider knows ---------------------------------------------------------------------------------------

    def live(self) -> list[tuple[str, str]]:
        """(stay, agent) of the offers that are neither accepted nor over."""
        live: dict[str, tuple[str, str]] = {}
        for decision in self.told:
            match kind_of(decision):
                case "Offered":
                    live[decision.segment_id] = (decision.stay_id, decision.agent_id)
                case "Accepted" | "OfferOver":
                    live.pop(decision.segment_id, None)
        return list(live.values())

    def offers_to(self, agent: str) -> list[str]:
        return [stay for stay, to in self.live() if to == agent]

    def refuses(self, act: Callable[..., Any], *words: Any) -> str:
        """The act is refused, says nothing and changes nothing that can be seen; the reason."""
        told, due = len(self.told), self.decider.next_deadline()
        try:
            act(*words)
        except Exception as refusal:
            assert kind_of(refusal) in ("Refusal", "Refused"), refusal
            assert (len(self.told), self.decider.next_deadline()) == (told, due)
            return str(refusal)
        raise AssertionError(f"{words} was not refused")
