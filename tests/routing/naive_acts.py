"""What does a person do by hand? Gives, asks a colleague, takes back, raises, lays aside (naive_match.py)."""

from typing import Any

from contacts.presence import is_logged_in
from contacts.words import SECOND_US, WRITTEN, Channel
from tests.routing.naive_floor import NaiveFloor, Refused, Work


class NaiveActs(NaiveFloor):
    def assign(self, message: Any) -> None:
        stay, agent_id = self.stay(message.stay_id), message.agent_id
        if message.always:
            self.require_granted(agent_id, stay.queue_id)
        else:
            self.require_at_work(agent_id, stay.queue_id, stay.channel)
        if any(work.state != "offered" or work.agent_id == agent_id for work in self.works_of(stay)):
            raise Refused("offer.taken")
        self.withdraw(self.works_of(stay), "moved")
        self.offer(stay, agent_id, manual=True)

    def require_at_work(self, agent_id: str, queue_id: str, channel: Channel) -> None:
        if agent_id not in self.profiles or not is_logged_in(self.agents[agent_id], channel):
            raise Refused("agent.not_ready")
        self.require_granted(agent_id, queue_id)

    def require_granted(self, agent_id: str, queue_id: str) -> None:
        profile = self.profiles.get(agent_id)
        if profile is None or self.queues[queue_id].company_id not in profile.company_ids:
            raise Refused("agent.not_granted")

    def consult(self, message: Any) -> None:
        held, agent_id = self.work(message.segment_id, "talking"), message.agent_id
        if agent_id == held.agent_id:
            raise Refused("agent.oneself")
        self.require_at_work(agent_id, held.queue_id, held.channel)
        work = Work(self.new_id(), None, agent_id, held.channel, held.queue_id, exclusive=True)
        self.show(work)
        self.say("Consulted", segment_id=work.segment_id, of_segment_id=held.segment_id, agent_id=agent_id,
                 expires_us=work.ends_us)  # fmt: skip

    def take_back(self, message: Any) -> None:
        """A person takes it back: no refusal of the agent's, but for a while somebody else is asked."""
        work = self.work(message.segment_id, "offered", state_too="connecting")
        if work.stay_id is not None:
            pause_us = self.queues[work.queue_id].reoffer_pause_s * SECOND_US
            self.stays[work.stay_id].asked_again_us[work.agent_id] = self.now + pause_us
        self.withdraw([work], message.why)

    def reprioritise(self, message: Any) -> None:
        stay = self.stay(message.stay_id)
        stay.place_us = self.place_us(self.queues[stay.queue_id], message.value, stay.arrival_us)
        self.say("Replaced", stay_id=stay.stay_id, value=message.value, place_us=stay.place_us)

    def park(self, message: Any) -> None:
        work = self.work(message.segment_id, "talking")
        if work.channel not in WRITTEN:
            raise Refused("channel.not_parkable")
        work.state = "parked"
        self.say("Parked", segment_id=work.segment_id, interrupted_by=None)

    def unpark(self, message: Any) -> None:
        work = self.work(message.segment_id, "parked")
        work.state, work.is_interrupted = "talking", False
        self.say("Unparked", segment_id=work.segment_id, returned=False)
