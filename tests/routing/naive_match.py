"""Who serves whom, said as plainly as possible? The readable twin of the routing engine.

It hears the same messages, says the same things and knows no shortcut: after every message it sorts everybody who
waits, asks everybody who could serve, and takes the best. It imports only the shared words, so that it can share no
mistake with the engine; messages and policies are read by their attributes.

The rules:
1. Everybody who waits stands in one order: the overdue first, by promise; then the rest, by `(now - place) * rate`.
2. The first who can be served is given to the best agent who can serve; and again, until nobody can be served.
3. Where an agent could serve the overdue as well as the rest, overdue work takes no more than its share of the last
   such choices.
4. An agent can serve who is ready, reachable, not flagged, has room, a grant and the skills, whom no wish forbids, and
   who did not let this very stay go a moment ago.
5. A place is computed once. Whatever becomes of an offer, the place stays; a person may give the stay another value.
6. Deadlines are taken when time passes, in order; everything else happens at once (naive_floor.py, naive_acts.py).
7. Who has no room, but would have it without written conversations that their queues let be interrupted, can serve too,
   after all who have room. As few as needed are parked, the last begun first; the first begun return first, as soon as
   there is room for them and before anything new is given.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any

from contacts.presence import is_logged_in, is_routable
from contacts.requirement import parse
from contacts.words import WRITTEN, Channel
from tests.routing.naive_acts import NaiveActs
from tests.routing.naive_floor import Said, Waiting, Work


class NaiveMatch(NaiveActs):
    def handle(self, message: Any, now_us: int) -> list[Said]:
        """What is decided. Raises Refused, and then nothing was changed."""
        self.now, self.told = now_us, []
        self.hear(message)
        self.let_return()
        self.match()
        return self.told

    def match(self) -> None:
        while stay := self.first_who_can_be_served():
            rival = self.first_rival(stay) if stay.overdue else None
            if rival is not None:
                stay = rival if self.is_overdue_share_used_up() else stay
                self.choices.append(stay.overdue)
            self.offer(stay, self.best_agent(stay))

    # --- who is first -------------------------------------------------------------------------------------------------

    def first_who_can_be_served(self) -> Waiting | None:
        in_order = self.in_sight(overdue=True) + self.in_sight(overdue=False)
        return next((stay for stay in in_order if self.able_agents(stay)), None)

    def first_rival(self, stay: Waiting) -> Waiting | None:
        """The ordinary stay that has to wait if its agent takes the overdue one."""
        agent_id = self.best_agent(stay)
        return next((rival for rival in self.in_sight(overdue=False) if self.is_able(agent_id, rival)), None)

    def in_sight(self, overdue: bool) -> list[Waiting]:
        """In order, and of each line no more than its head and the look-ahead behind it."""
        seen: Counter[tuple[str, str, str]] = Counter()
        stays = []
        for stay in sorted(self.stays.values(), key=self.urgency if overdue else self.order):
            line = (stay.queue_id, stay.requirement, stay.channel)
            if stay.overdue == overdue and self.wants_an_offer(stay):
                seen[line] += 1
                if seen[line] <= 1 + self.domain.look_ahead:
                    stays.append(stay)
        return stays

    def order(self, stay: Waiting) -> tuple[int, int, str]:
        return (-(self.now - stay.place_us) * self.queues[stay.queue_id].rate, stay.queued_us, stay.contact_id)

    def urgency(self, stay: Waiting) -> tuple[int, int, int, str]:
        return (stay.promise_us, *self.order(stay))

    def is_overdue_share_used_up(self) -> bool:
        window = int(self.domain.overdue_window)
        last = self.choices[-window:]
        return len(last) == window and sum(last) * 100 >= int(self.domain.overdue_share_pct) * window

    def wants_an_offer(self, stay: Waiting) -> bool:
        works = self.works_of(stay)
        if any(work.exclusive or work.state != "offered" for work in works):
            return False
        return len(works) < self.offers_at_once(stay)

    def offers_at_once(self, stay: Waiting) -> int:
        return int(self.queues[stay.queue_id].offers_at_once) if stay.channel in WRITTEN else 1

    # --- who is able --------------------------------------------------------------------------------------------------

    def able_agents(self, stay: Waiting) -> list[str]:
        return [agent_id for agent_id in self.profiles if self.is_able(agent_id, stay)]

    def is_able(self, agent_id: str, stay: Waiting) -> bool:
        agent = self.agents[agent_id]
        return (
            is_routable(agent, stay.channel)
            and agent.next_chosen is None
            and self.is_allowed(agent_id, stay)
            and (self.has_room(agent_id, stay.channel) or self.would_have_room(agent_id, stay.channel))
            and not any(work.agent_id == agent_id for work in self.works_of(stay))
            and not self.is_paused(agent_id, stay)
        )

    def is_allowed(self, agent_id: str, stay: Waiting) -> bool:
        profile, wishes = self.profiles[agent_id], stay.wishes
        return (
            self.queues[stay.queue_id].company_id in profile.company_ids
            and parse(stay.requirement).holds(profile.skills)
            and agent_id not in wishes.excluded_agent_ids
            and wishes.only_agent_id in (None, agent_id)
        )

    def is_paused(self, agent_id: str, stay: Waiting) -> bool:
        """Who let it go is not asked again for a while, unless nobody else is there who could ever take it."""
        if self.now >= stay.asked_again_us.get(agent_id, 0):
            return False
        return any(
            other != agent_id and is_logged_in(self.agents[other], stay.channel) and self.is_allowed(other, stay)
            for other in self.profiles
        )

    def has_room(self, agent_id: str, channel: Channel, without: Collection[Work] = ()) -> bool:
        capacity = self.profiles[agent_id].capacity
        works = [work for work in self.works_of_agent(agent_id) if work not in without]
        held = [work.channel for work in works if work.state != "parked"]
        units = sum(capacity.costs[each] for each in [*held, channel])
        return units <= int(capacity.units) and held.count(channel) < int(capacity.maxima[channel])

    # --- who is interrupted -------------------------------------------------------------------------------------------

    def interruptible(self, agent_id: str, channel: Channel) -> list[Work]:
        """The last begun first."""
        works = reversed(self.works_of_agent(agent_id))
        talks = [work for work in works if work.state == "talking" and work.channel in WRITTEN]
        return [work for work in talks if channel in self.queues[work.queue_id].interrupted_by]

    def would_have_room(self, agent_id: str, channel: Channel) -> bool:
        return self.has_room(agent_id, channel, without=self.interruptible(agent_id, channel))

    def make_room(self, work: Work) -> None:
        for talk in self.interruptible(work.agent_id, work.channel):
            if not self.has_room(work.agent_id, work.channel):
                talk.state, talk.is_interrupted = "parked", True
                self.say("Parked", segment_id=talk.segment_id, interrupted_by=work.segment_id)

    def let_return(self) -> None:
        for agent_id in sorted(self.profiles):
            for work in self.works_of_agent(agent_id):
                if work.is_interrupted and not work.is_handed_back and self.has_room(agent_id, work.channel):
                    work.state, work.is_interrupted = "talking", False
                    self.say("Unparked", segment_id=work.segment_id, returned=True)

    # --- who is best --------------------------------------------------------------------------------------------------

    def best_agent(self, stay: Waiting) -> str:
        return min(self.able_agents(stay), key=lambda agent_id: self.preference(stay, agent_id))

    def preference(self, stay: Waiting, agent_id: str) -> tuple[bool, bool, int, int, str]:
        agent = self.agents[agent_id]
        surplus = parse(stay.requirement).surplus(self.profiles[agent_id].skills)
        skill = {"least_surplus": surplus, "most_skilled": -surplus, "longest_idle": 0}
        idle_since_us = agent.since_us if agent.last_ended_us is None else agent.last_ended_us
        is_wished_for = agent_id == stay.wishes.preferred_agent_id
        is_interrupted = not self.has_room(agent_id, stay.channel)
        return (
            is_interrupted,
            not is_wished_for,
            skill[self.queues[stay.queue_id].agent_order],
            idle_since_us,
            agent_id,
        )
