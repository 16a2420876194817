"""What does an agent ask for, on what they hold? Nothing that the page would not have offered (contacts/acts.py)."""

from typing import assert_never

from app import asks, colleagues, journey, outside, reaching, recording_notice, whispering
from app import commands as c
from app.house import House
from app.noted import log_segment
from contacts.acts import Act, possible
from contacts.contact import outside_of, recording_of
from contacts.segment import Segment
from contacts.stay import Wishes
from contacts.words import WRITTEN, Channel, IllegalStep
from routing import messages as m


def _own_segment(house: House, segment_id: str, agent_id: str) -> Segment:
    segment = house.records.segments.get(segment_id)
    if segment is None or segment.agent_id != agent_id:
        raise m.Refusal("segment.gone", 409, "segment")
    return segment


def _may(house: House, segment: Segment, act: Act) -> None:
    """Raises IllegalStep where the page would not have offered it."""
    others = [other for other in house.segments(segment.contact_id) if other.id != segment.id]
    contact = house.contact(segment.contact_id)
    if act not in possible(segment, others, contact.channel, recording_of(contact), outside_of(contact)):
        raise IllegalStep("segment", segment.state, act, "agent")


def act(house: House, command: c.ActOnSegment) -> c.Reply:
    segment = _own_segment(house, command.segment_id, command.agent_id)
    _may(house, segment, command.act)
    match command.act:
        case "accept":
            within_us = whispering.longer_us(house, segment, reaching.within_us(house, segment.contact_id))
            journey.decide(house, m.Accept(segment.id, command.agent_id, within_us))
        case "decline":
            house.decline_reason = command.reason
            journey.decide(house, m.Decline(segment.id, command.agent_id))
        case "hold":
            asks.hold(house, segment, "hold")
        case "retrieve":
            colleagues.bring_back(house, segment)
        case "park":
            journey.decide(house, m.Park(segment.id))
        case "unpark":
            journey.decide(house, m.Unpark(segment.id))
        case "end":
            _end(house, segment)
        case "finish":
            journey.decide(house, m.Finish(segment.id))
        case "swap" | "complete" | "return" | "conference" if outside.is_beside(house, segment.contact_id):
            outside.act(house, segment, command.act)
        case "swap":
            colleagues.swap(house, segment)
        case "complete":
            colleagues.complete(house, segment)
        case "return":
            colleagues.return_(house, segment)
        case "conference":
            colleagues.conference(house, segment)
        case "leave":
            colleagues.leave(house, segment)
        case "pause_recording":
            asks.pause_recording(house, segment.contact_id)
            log_segment(house, "segment.recording_paused", segment)
        case "resume_recording":
            recording_notice.by_agent(house, segment)
            asks.resume_recording(house, segment)
            log_segment(house, "segment.recording_resumed", segment)
        case _:
            assert_never(command.act)
    return c.Reply(200, {"segment": segment.id})


def _end(house: House, segment: Segment) -> None:
    """On a wire the conversation ends when the provider says so; elsewhere at once."""
    if house.contact(segment.contact_id).channel not in WRITTEN:
        asks.hang_up_rest(house, segment.contact_id)
    else:
        journey.decide(house, m.End(segment.id))


def transfer_to_queue(house: House, command: c.TransferToQueue) -> c.Reply:
    """The contact waits anew in the other queue; the agent wraps up."""
    segment = _own_segment(house, command.segment_id, command.agent_id)
    _may(house, segment, "transfer")
    contact = house.contact(segment.contact_id)
    if not house.engine.takes_stays(command.queue_id, contact.company_id):
        raise m.Refusal("queue.unknown_or_closed", 404, "queue")
    return _put_through(house, segment, command.queue_id, command.keep)


def transfer_to_agent(house: House, command: c.TransferToAgent) -> c.Reply:
    """The contact waits in the same queue for one colleague, whatever the queue requires of others."""
    segment = _own_segment(house, command.segment_id, command.agent_id)
    _may(house, segment, "transfer")
    contact = house.contact(segment.contact_id)
    if not house.engine.takes_stays(segment.queue_id, contact.company_id):
        raise m.Refusal("queue.unknown_or_closed", 409, "queue")
    if command.to_agent_id == segment.agent_id:
        raise m.Refusal("agent.oneself", 409, "agent")
    _require_at_work(house, command.to_agent_id, segment.queue_id, contact.channel)
    wishes = Wishes(only_agent_id=command.to_agent_id)
    return _put_through(house, segment, segment.queue_id, command.keep, "", wishes)


def _put_through(
    house: House,
    segment: Segment,
    queue_id: str,
    keep: bool,
    requirement: str | None = None,
    wishes: Wishes | None = None,
) -> c.Reply:
    contact = house.contact(segment.contact_id)
    reaching.is_a_caller(house, contact.id)
    asks.hang_up_agent(house, segment)
    # First the wait: a contact that nobody has would be over.
    arrival_us = contact.arrived_us if keep else None
    journey.queue(house, contact.id, queue_id, contact.value, requirement, wishes, arrival_us)
    journey.decide(house, m.End(segment.id))
    return c.Reply(200, {"contact_id": segment.contact_id})


def _require_at_work(house: House, agent_id: str, queue_id: str, channel: Channel) -> None:
    """As the engine asks it, in the words of the frame."""
    try:
        house.engine.require_at_work(agent_id, queue_id, channel)
    except m.Refusal as refusal:
        raise m.Refusal(refusal.text_key, refusal.status, "agent") from None


def consult(house: House, command: c.ConsultAgent) -> c.Reply:
    segment = _own_segment(house, command.segment_id, command.agent_id)
    _may(house, segment, "consult")
    if command.of_agent_id == segment.agent_id:
        raise m.Refusal("agent.oneself", 409, "agent")
    _require_at_work(house, command.of_agent_id, segment.queue_id, house.contact(segment.contact_id).channel)
    colleagues.consult(house, segment, command.of_agent_id)
    return c.Reply(200, {"segment": segment.id})


def call_outside(house: House, command: c.CallOutside) -> c.Reply:
    segment = _own_segment(house, command.segment_id, command.agent_id)
    _may(house, segment, "transfer" if command.blind else "consult")
    call = outside.transfer if command.blind else outside.consult
    call(house, segment, command.to)
    return c.Reply(200, {"segment": segment.id})
