"""What can happen on a floor? Everything, by chance, from a seed: policies, people, messages, and time between them."""

from random import Random
from typing import Any

from contacts.presence import Chosen
from contacts.stay import StayEnd, Wishes
from contacts.words import CHANNELS, SECOND_US, WRITTEN, Channel
from routing import messages as m
from tests.routing.ledger import Ledger, Piece, Wait

# What people do beside their conversations, and what else can happen, by weight.
PEOPLE = {"flag": 2, "back": 2, "found": 2, "choose": 2, "next": 1, "reach": 3, "leave": 3, "assign": 2,
          "consult": 2, "take back": 2, "raise": 2}  # fmt: skip
TROUBLES = {"domain": 1, "queue": 2, "agent": 3, "gone": 1, "outage": 1, "stale": 1, "wrong": 1, "stay": 1, "again": 1}
SKILLS = ("zh", "en", "billing", "orders")
START_US = 1_795_000_000 * SECOND_US


def pick(chance: Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


class Floor:
    """Knows what an outsider knows (its ledger) and makes up the next message."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.now_us = START_US
        self.ledger = Ledger()
        self.seq = 0
        self.stays = 0
        self.version = 0
        self.companies = [f"company-{number}" for number in range(self.chance.randint(1, 3))]
        self.agent_ids = [f"agent-{number:02}" for number in range(self.chance.randint(5, 40))]
        self.queue_ids = [f"queue-{number}" for number in range(self.chance.randint(3, 8))]
        self.company_of = {queue_id: self.chance.choice(self.companies) for queue_id in self.queue_ids}
        self.rates = self.chance.sample(range(1, 12), 3)
        self.pace_us = self.chance.choice([50_000, 300_000, 1_000_000])  # between two messages, about
        self.is_lazy = self.chance.random() < 0.2  # deadlines are taken late, as by a server under load
        self.wide = self.chance.random() < 0.5  # few skills asked for: many agents can serve many stays
        self.crowd = self.chance.choice([2, 10, 30])  # how many wait, about

    # --- policies -----------------------------------------------------------------------------------------------------

    def first_messages(self) -> list[m.Message]:
        chance = self.chance
        setting = m.ConfigChanged(
            self.next_seq(),
            self.domain(),
            tuple(self.queue(queue_id) for queue_id in self.queue_ids),
            tuple(self.profile(agent_id) for agent_id in self.agent_ids),
        )
        people: list[m.Message] = []
        for agent_id in self.agent_ids:
            people += [m.Reach(agent_id, "desk", True), m.Choose(agent_id, "ready")]
            if chance.random() < 0.8:
                people.append(m.Reach(agent_id, "phone", True))
        chance.shuffle(people)
        return [setting, *people]

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def domain(self) -> m.DomainPolicy:
        chance = self.chance
        return m.DomainPolicy(
            overdue_share_pct=chance.choice([0, 50, 70, 70, 100]),
            overdue_window=chance.choice([1, 3, 5, 20]),
            look_ahead=chance.choice([0, 1, 2, 16, 16]),
            connect_timeout_us=chance.choice([4, 10]) * SECOND_US,
            written_silence_us=chance.choice([5, 60]) * SECOND_US,
            min_offer_us=chance.choice([2, 2, 12]) * SECOND_US,
        )

    def queue(self, queue_id: str) -> m.QueuePolicy:
        chance = self.chance
        self.version += 1
        widen = sorted((chance.randint(1, 60), self.requirement()) for _ in range(chance.choice([0, 0, 1, 2])))
        promise_s = chance.choice([0, 5, 20, 60, 600])
        return m.QueuePolicy(
            queue_id=queue_id,
            company_id=self.company_of[queue_id],
            version=self.version,
            requirement=self.requirement(),
            rate=chance.choice(self.rates),
            head_start=chance.choice([(), ((50, 20),), ((0, 5), (30, 40), (80, 400))]),
            promise_s=promise_s,
            limit_s=promise_s + chance.choice([0, 30, 120, 900]),
            last_step=self.last_step(),
            unwanted_step=self.last_step(),
            widen=tuple(m.WidenStep(*step) for step in widen),
            offer_timeout_s=chance.choice([1, 5, 10, 20]),
            reoffer_pause_s=chance.choice([0, 3, 10, 30]),
            max_offers=chance.choice([1, 2, 5, 5]),
            wrap_up_s=chance.choice([None, 0, 5, 30]),
            offers_at_once=chance.choice([1, 1, 2, 4]),
            agent_order=chance.choice(["least_surplus", "most_skilled", "longest_idle"]),
            closed=chance.random() < 0.03,
            interrupted_by=tuple(chance.sample(CHANNELS, chance.choice([0, 0, 1, 2]))),
        )

    def last_step(self) -> m.LastStep:
        kind: m.LastStepKind = self.chance.choice(["overflow", "voicemail", "callback", "message"])
        return m.LastStep(kind, self.chance.choice(self.queue_ids) if kind == "overflow" else None)

    def profile(self, agent_id: str) -> m.AgentProfile:
        chance = self.chance
        usual = m.Capacity()
        capacity = chance.choice(
            [
                usual,
                usual,
                m.Capacity(units=120),
                m.Capacity(40, {**usual.costs, "phone": 40, "fax": 0}, {**usual.maxima, "fax": 2, "email": 1}),
                m.Capacity(300, usual.costs, {**usual.maxima, "phone": 2, "task": 0}),
            ]
        )
        levels = {skill: chance.randint(1, 4) for skill in SKILLS if chance.random() < 0.6}
        companies = frozenset(company for company in self.companies if chance.random() < 0.8)
        return m.AgentProfile(agent_id, levels, companies, capacity)

    def requirement(self, depth: int = 0) -> str:
        chance = self.chance
        if depth == 0 and chance.random() < (0.5 if self.wide else 0.15):
            return ""
        if depth == 2 or chance.random() < 0.5:
            return f"{chance.choice(SKILLS)} >= {chance.randint(1, 3)}"
        left, right = self.requirement(depth + 1), self.requirement(depth + 1)
        return chance.choice([f"{left} and {right}", f"({left} or {right})", f"{left} and not ({right})"])

    # --- the next message ---------------------------------------------------------------------------------------------

    def next_message(self, due_us: int | None) -> m.Message:
        """Time passes first; a deadline that comes on the way is taken at its instant (unless the floor is lazy)."""
        target_us = self.now_us + self.time_until_next()
        if due_us is not None and due_us <= target_us and not (self.is_lazy and self.chance.random() < 0.7):
            self.now_us = max(self.now_us, due_us)
            return m.TimePassed()
        self.now_us = target_us
        ways = [self.arrival, self.answer, self.conversation, self.person, self.trouble]
        arrivals = 40 if len(self.ledger.waits) < self.crowd else 5
        return self.chance.choices(ways, [arrivals, 30, 40, 14, 4])[0]()

    def time_until_next(self) -> int:
        chance = self.chance
        if chance.random() < 0.3:
            return 0
        if chance.random() < 0.01:
            return chance.randint(10, 100) * SECOND_US
        if chance.random() < 0.2:
            return -self.now_us % SECOND_US  # on the second, as most deadlines are
        return round(chance.expovariate(1 / self.pace_us))

    def arrival(self) -> m.Message:
        chance = self.chance
        self.stays += 1
        queue_id = chance.choice(self.queue_ids)
        number = self.queue_ids.index(queue_id)
        channel: Channel = chance.choice(CHANNELS) if chance.random() < 0.3 else CHANNELS[number % 3]
        earlier_us = self.now_us - chance.randint(0, 200) * SECOND_US
        return m.Enqueue(
            stay_id=f"stay-{self.stays:05}",
            contact_id=f"contact-{chance.randint(0, 9)}-{self.stays:05}",
            channel=channel,
            queue_id=queue_id,
            value=chance.randint(0, 100),
            arrival_us=earlier_us if chance.random() < 0.2 else None,
            always=chance.random() < 0.1,
            requirement=self.requirement() if chance.random() < 0.1 else None,
            wishes=self.wishes() if chance.random() < 0.2 else Wishes(),
        )

    def wishes(self) -> Wishes:
        chance = self.chance
        return Wishes(
            chance.choice([None, *self.agent_ids]),
            tuple(chance.sample(self.agent_ids, chance.randint(0, 3))),
            chance.choice([None, None, None, *self.agent_ids[:2]]),
        )

    def answer(self) -> m.Message:
        """To an offer; where there is none, somebody comes."""
        offers = self.ledger.in_state("offered")
        if not offers:
            return self.arrival()
        offer = self.chance.choice(offers)
        if self.chance.random() < 0.75:
            return m.Accept(offer.segment_id, offer.agent_id)
        return m.Decline(offer.segment_id, offer.agent_id)

    def conversation(self) -> m.Message:
        connecting = self.ledger.in_state("connecting")
        under_way = [piece for piece in self.ledger.pieces.values() if piece.state not in ("offered", "connecting")]
        pieces = connecting if connecting and self.chance.random() < 0.6 else under_way
        return self.next_step(self.chance.choice(pieces)) if pieces else self.answer()

    def next_step(self, piece: Piece) -> m.Message:
        id_ = piece.segment_id
        match piece.state:
            case "connecting":
                return m.Connected(id_) if self.chance.random() < 0.85 else m.ConnectFailed(id_)
            case "talking" if piece.channel in WRITTEN and self.chance.random() < 0.25:
                return m.Park(id_)
            case "parked" if self.chance.random() < 0.6:
                return m.Unpark(id_)
            case "talking" | "parked":
                return m.End(id_)
            case _:
                return m.Finish(id_)

    def person(self) -> m.Message:
        chance = self.chance
        busy = [piece.agent_id for piece in self.ledger.pieces.values()]
        agent_id = chance.choice(busy if busy and chance.random() < 0.5 else self.agent_ids)
        flagged = [agent.agent_id for agent in self.ledger.agents.values() if agent.not_responding]
        gone = [agent.agent_id for agent in self.ledger.agents.values() if agent.chosen != "ready"]
        silent = [agent.agent_id for agent in self.ledger.agents.values() if not agent.desk_reachable]
        chosen: Chosen = chance.choice(["ready", "away", "offline"])
        reason = chance.choice(["lunch", None]) if chosen == "away" else None
        waits: list[Wait] = list(self.ledger.waits.values())
        match pick(chance, PEOPLE):
            case "flag" if flagged:
                return m.ClearFlag(chance.choice(flagged))
            case "back" if gone:
                return m.Choose(chance.choice(gone), "ready")
            case "found" if silent:
                return m.Reach(chance.choice(silent), "desk", True)
            case "choose":
                return m.Choose(agent_id, chosen, reason)
            case "next":
                return m.ChooseNext(agent_id, chance.choice([None, chosen]), reason)
            case "reach":
                return m.Reach(agent_id, chance.choice(["desk", "phone"]), chance.random() < 0.6)
            case "leave" if waits:
                ends: list[StayEnd] = ["abandoned", "overflowed", "called_back", "voicemail", "cleared"]
                return m.Leave(chance.choice(waits).stay_id, chance.choice(ends))
            case "assign" if waits:
                return m.Assign(chance.choice(waits).stay_id, agent_id, always=chance.random() < 0.2)
            case "raise" if waits:
                return m.Reprioritise(chance.choice(waits).stay_id, chance.randint(0, 100))
            case "consult" if talks := self.ledger.in_state("talking"):
                return m.Consult(chance.choice(talks).segment_id, agent_id)
            case "take back" if offers := self.ledger.in_state(chance.choice(["offered", "connecting"])):
                return m.TakeBack(chance.choice(offers).segment_id)
        return self.answer()

    def trouble(self) -> m.Message:
        """Configuration changes live, an outage was, or something impossible is asked for."""
        chance = self.chance
        agent_id = chance.choice(self.agent_ids)
        old = chance.choice(self.ledger.over or ["segment-none"])
        any_segment = chance.choice([*self.ledger.pieces, "segment-none"])
        match pick(chance, TROUBLES):
            case "domain":
                return m.ConfigChanged(self.next_seq(), self.domain())
            case "queue":
                return m.ConfigChanged(self.next_seq(), queues=(self.queue(chance.choice(self.queue_ids)),))
            case "agent":
                profiles = tuple(self.profile(each) for each in chance.sample(self.agent_ids, chance.randint(1, 3)))
                return m.ConfigChanged(self.next_seq(), agents=profiles)
            case "gone":
                return m.ConfigChanged(self.next_seq(), gone_agent_ids=(agent_id,))
            case "outage":
                outage_us = chance.choice([0, 1, 30]) * SECOND_US
                self.now_us += outage_us
                return m.OutageOver(outage_us)
            case "stale":
                late: list[m.Message] = [m.Accept(old, agent_id), m.End(old), m.Finish(old), m.Connected(old)]
                return chance.choice(late)
            case "wrong":
                acts: list[Any] = [m.Connected, m.ConnectFailed, m.TakeBack, m.Park, m.Unpark, m.End, m.Finish]
                wrong: list[m.Message] = [act(any_segment) for act in acts]
                return chance.choice([m.Accept(any_segment, agent_id), m.Consult(any_segment, agent_id), *wrong])
            case "stay":
                return m.Leave(chance.choice([*self.ledger.stays_so_far, "stay-none"]), "cleared")
            case _:
                again = chance.choice([*self.ledger.stays_so_far, "stay-none"])
                return m.Assign(again, chance.choice([agent_id, "agent-none"]))
