"""What does a step of a wire mean for its contact? Connected, held and gone are what the provider reports."""

from dataclasses import replace

from app import asks, journey
from app.house import House
from contacts import segment as segments
from contacts.leg import Leg
from contacts.segment import UNDERWAY, Segment
from routing import messages as m


def leg_moved(house: House, leg: Leg, came_from: str) -> None:
    """A leg took a step: `leg` as it is now, `came_from` the state before."""
    if leg.state == "cleared":
        leg_cleared(house, leg)
        return
    if leg.role == "customer":
        for segment in house.segments(leg.contact_id):
            if segment.state == "talking" and leg.state == "held":
                held(house, segment, "hold")
            elif segment.state == "held" and leg.state == "established" and came_from == "held":
                held(house, segment, "retrieve")
    connect_if_established(house, leg.contact_id)


def held(house: House, segment: Segment, event: str) -> None:
    """The provider reported Held or Retrieved of the customer's leg."""
    state = segments.next_state(segment.state, event, "provider")
    house.keep_segment(replace(segment, state=state))
    journey.log_segment(house, "segment.held" if event == "hold" else "segment.retrieved", segment)


def connect_if_established(house: House, contact_id: str) -> None:
    """Connected is what the provider reported: Established of both legs."""
    up = {agent_id for agent_id, leg in latest_legs(house, contact_id).items() if leg.state in ("established", "held")}
    if None not in up:  # the customer's leg
        return
    for segment in house.segments(contact_id):
        if segment.state == "connecting" and segment.agent_id in up:
            journey.decide(house, m.Connected(segment.id))


def latest_legs(house: House, contact_id: str) -> dict[str | None, Leg]:
    """By agent, None = the customer. The wire of an agent's earlier conversation may not be down yet."""
    return {leg.agent_id: leg for leg in house.legs(contact_id)}


def leg_cleared(house: House, leg: Leg) -> None:
    asks.forget_asks(house, leg)
    if leg.role == "customer":
        if leg.contact_id in house.records.contacts:
            journey.customer_left(house, leg.contact_id, "customer")
        else:
            asks.hang_up_rest(house, leg.contact_id)
        return
    if leg.agent_id in latest_legs(house, leg.contact_id):
        return  # the wire of an earlier conversation of an agent who has the contact again
    for segment in house.segments(leg.contact_id):
        if segment.agent_id != leg.agent_id:
            continue
        if segment.state == "connecting":
            journey.decide(house, m.ConnectFailed(segment.id))
        elif segment.state in UNDERWAY:
            journey.decide(house, m.End(segment.id))
            end_call_unless_served(house, segment.contact_id)


def end_call_unless_served(house: House, contact_id: str) -> None:
    """The agent's side is gone: the customer goes too, unless somebody else serves or will."""
    served = any(s.state in UNDERWAY or s.state == "offered" for s in house.segments(contact_id))
    if not served and house.waiting_stay(contact_id) is None:
        asks.hang_up_customer(house, contact_id)
