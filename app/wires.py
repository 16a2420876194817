"""What does a step of a wire mean for its contact? Connected, held and gone are what the provider reports."""

from app import (
    asks,
    colleagues,
    faxing,
    internal,
    journey,
    monitoring,
    outside,
    reaching,
    recording_notice,
    self_service,
)
from app.house import House
from app.noted import log_segment
from contacts import segment as segments
from contacts.leg import Leg
from contacts.record import replace
from contacts.segment import UNDERWAY, Segment
from ivr.words import Answered
from routing import messages as m

LOST = "lost"  # nobody hung up: the telephone system has no such call any more


def leg_moved(house: House, leg: Leg, came_from: str, cause: str | None = None) -> None:
    """A leg took a step: `leg` as it is now, `came_from` the state before, `cause` why it is down."""
    if leg.state == "cleared":
        if cause == LOST and leg.role == "customer":
            reaching.lost(house, leg)
        leg_cleared(house, leg, came_from, cause)
        return
    if internal.is_internal(house, leg.contact_id):
        internal.leg_moved(house, leg)
        return
    if leg.role == "customer":
        follow_customer(house, leg, came_from)
        if leg.state == "established":
            reaching.customer_up(house, leg)
            self_service.begin(house, leg.contact_id)
            recording_notice.say(house, leg.contact_id)
    elif leg.role == "outside":
        if not outside.moved(house, leg) and leg.state == "established":
            self_service.put_through(house, leg.contact_id)
    elif leg.role == "agent" and leg.state == "established":
        reaching.agent_up(house, leg)
    elif leg.role == "consult":
        follow_colleague(house, leg)
    connect_if_established(house, leg.contact_id)
    if came_from != "held":
        colleagues.bring_together(house, leg)
        outside.bring_together(house, leg)


def follow_customer(house: House, leg: Leg, came_from: str) -> None:
    """Those who are with the customer; a colleague who is asked talks on."""
    for segment in house.segments(leg.contact_id):
        if segment.role not in ("primary", "conference"):
            continue
        if segment.state == "talking" and leg.state == "held":
            held(house, segment, "hold")
        elif segment.state == "held" and leg.state == "established" and came_from == "held":
            wire = asks.wire_of(house, segment)
            if wire is None or not colleagues.is_aside(wire):
                held(house, segment, "retrieve")


def follow_colleague(house: House, leg: Leg) -> None:
    """A colleague waits aside, or is in the conversation again."""
    for segment in house.segments(leg.contact_id):
        if asks.wire_of(house, segment) != leg or segment.state not in ("talking", "held"):
            continue
        if leg.state == "held" and segment.state == "talking":
            held(house, segment, "hold")
        elif leg.state == "established" and segment.state == "held" and not follows_held_customer(house, segment):
            held(house, segment, "retrieve")
        if leg.state == "held" and segment.role != "consult":
            colleagues.bring_in(house, segment)  # they took over while they were being left for the customer


def follows_held_customer(house: House, segment: Segment) -> bool:
    customer = asks.customer_leg(house, segment.contact_id)
    return segment.role != "consult" and customer is not None and customer.state == "held"


def held(house: House, segment: Segment, event: str) -> None:
    """The provider reported Held or Retrieved of the customer's leg, or of a colleague's."""
    state = segments.next_state(segment.state, event, "provider")
    house.keep_segment(replace(segment, state=state))
    log_segment(house, "segment.held" if event == "hold" else "segment.retrieved", segment)
    if segment.role == "primary":
        if event == "hold":  # what is said beside the caller is not the caller's
            asks.stop_recording(house, segment.contact_id)
        else:
            asks.record(house, house.records.segments[segment.id])


def connect_if_established(house: House, contact_id: str) -> None:
    """Connected is what the provider reported: Established of both legs."""
    up = {agent_id for agent_id, leg in latest_legs(house, contact_id).items() if leg.state in ("established", "held")}
    if None not in up:  # the customer's leg
        return
    asking = colleagues.asking(house, contact_id)
    for segment in house.segments(contact_id):
        if segment.role == "consult" and (asking is None or asking.agent_id not in up):
            continue
        if segment.state == "connecting" and segment.agent_id in up:
            journey.decide(house, m.Connected(segment.id))
            self_service.hear(house, contact_id, Answered())
            reaching.reached(house, contact_id)


def latest_legs(house: House, contact_id: str) -> dict[str | None, Leg]:
    """By agent, None = the customer. The wire of an agent's earlier conversation may not be down yet."""
    return {leg.agent_id: leg for leg in house.legs(contact_id) if leg.role != "outside"}


def leg_cleared(house: House, leg: Leg, came_from: str, cause: str | None = None) -> None:
    asks.forget_asks(house, leg)
    if leg.role == "monitor":
        return
    if leg.role == "outside":
        if not outside.gone(house, leg, came_from, cause):
            self_service.outside_gone(house, leg.contact_id, cause)
        return
    monitoring.hang_up_listeners(house, leg.contact_id)
    if leg.role == "customer":
        if (theirs := asks.outside_leg(house, leg.contact_id)) is not None:
            asks.hang_up(house, theirs)
        if faxing.wire_down(house, leg) or reaching.not_there(house, leg.contact_id):
            return
        if leg.contact_id in house.records.contacts:
            self_service.caller_gone(house, leg.contact_id)
            journey.customer_left(house, leg.contact_id, "customer")
        else:
            asks.hang_up_rest(house, leg.contact_id)
        return
    if leg.agent_id in latest_legs(house, leg.contact_id):
        return  # the wire of an earlier conversation of an agent who has the contact again
    for segment in house.segments(leg.contact_id):
        if segment.agent_id != leg.agent_id:
            continue
        if segment.id == leg.id and segment.state == "offered":  # their phone says no
            house.decline_reason = "phone"
            journey.decide(house, m.Decline(segment.id, segment.agent_id))
        elif segment.state == "connecting":
            journey.decide(house, m.ConnectFailed(segment.id))
        elif segment.state in UNDERWAY:
            journey.decide(house, m.End(segment.id))
            colleagues.gone(house, segment)
