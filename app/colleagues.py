"""How do several agents serve one contact? Asked for advice, taking over, in conference, gone (decision 0010).

While a colleague is asked the customer is held, and the colleague's wire is brought into the conversation only when the
provider has said so: nobody hears what is said about them. The agent may go back to the customer and again to the
colleague; whom they are not with is held, as the provider reports it of that wire. Whoever has the contact is its
primary segment; when they go, the next one takes over, and a customer whose agent went before anybody answered waits in
the queue again.
"""

from app import asks, internal, journey, outside
from app.house import House
from app.noted import log_segment
from contacts.contact import Contact
from contacts.leg import Leg
from contacts.record import replace
from contacts.segment import Role, Segment
from contacts.stay import Wishes
from routing import messages as m


def consult(house: House, own: Segment, agent_id: str) -> None:
    """The customer is held while a colleague is asked."""
    if any(other.agent_id == agent_id and other.state != "wrap_up" for other in house.segments(own.contact_id)):
        raise m.Refusal("agent.has_it_already", 409, "agent")
    journey.decide(house, m.Consult(own.id, agent_id))
    if own.state == "talking":
        asks.hold(house, own, "hold")


def bring_together(house: House, moved: Leg) -> None:
    """A colleague who has picked up, or was left for the customer, hears who asked, once the customer hears neither.

    Both are held, too, while the customer is being taken back: only a hold of the customer brings the colleague in.
    """
    customer = asks.customer_leg(house, moved.contact_id)
    own = asking(house, moved.contact_id)
    if customer is None or customer.state != "held" or own is None:
        return
    for asked in advisers(house, moved.contact_id):
        if asked.state == "talking":
            asks.join(house, asked, own.agent_id)
        elif moved.id == customer.id:
            bring_in(house, asked)


def swap(house: House, own: Segment) -> None:
    """To the customer, while the colleague waits; or to the colleague, as soon as the customer does."""
    if own.state == "talking":
        asks.hold(house, own, "hold")
        return
    for asked in advisers(house, own.contact_id):
        wire = asks.wire_of(house, asked)
        if asked.state == "talking" and wire is not None:
            asks.ask(house, wire, "hold")
    asks.hold(house, own, "retrieve")


def bring_in(house: House, segment: Segment) -> None:
    """A colleague who waits aside is in the conversation again."""
    wire = asks.wire_of(house, segment)
    if wire is not None and is_aside(wire):
        asks.ask(house, wire, "retrieve")


def bring_back(house: House, segment: Segment) -> None:
    """Who has the customer hears them, and is heard."""
    bring_in(house, segment)
    asks.hold(house, segment, "retrieve")


def complete(house: House, own: Segment) -> None:
    """The colleague takes over, and I wrap up."""
    (asked,) = [each for each in advisers(house, own.contact_id) if each.state in ("talking", "held")]
    asks.hang_up_agent(house, own)
    journey.decide(house, m.End(own.id))
    take_over(house, asked)


def return_(house: House, own: Segment) -> None:
    """The colleague is let go, asked or talking, and the customer comes back to me."""
    for asked in advisers(house, own.contact_id):
        let_go(house, asked, "returned")
    asks.hold(house, own, "retrieve")


def conference(house: House, own: Segment) -> None:
    for asked in advisers(house, own.contact_id):
        if asked.state in ("talking", "held"):
            bring_in(house, change_role(house, asked, "conference"))
    asks.hold(house, own, "retrieve")


def leave(house: House, own: Segment) -> None:
    """I go and the others go on."""
    asks.hang_up_agent(house, own)
    journey.decide(house, m.End(own.id))
    gone(house, own)


def gone(house: House, left: Segment) -> None:
    """An agent's conversation is over, by their own act or by their wire. Who has the contact now?"""
    contact = house.records.contacts.get(left.contact_id)
    if contact is None or internal.gone(house, left) or left.role != "primary":
        return  # who was asked or joined is gone; the customer has still whom they had
    heir = next(iter(_heirs(house, left.contact_id)), None)
    if heir is not None:
        take_over(house, heir)
    elif asked := advisers(house, left.contact_id):
        wait_for(house, contact, left, asked)
    elif not outside.goes_on_without(house, left):
        end_call_unless_served(house, left.contact_id)


def wait_for(house: House, contact: Contact, left: Segment, asked: list[Segment]) -> None:
    """Nobody has answered yet: the customer waits again, if possible for the colleague who was asked."""
    for each in asked:
        let_go(house, each, "moved")
    wishes = Wishes(preferred_agent_id=asked[0].agent_id)
    journey.queue(house, contact.id, left.queue_id, contact.value, wishes=wishes)


def take_over(house: House, heir: Segment) -> None:
    after = change_role(house, heir, "primary")
    if after.state == "held":
        bring_back(house, after)
        return
    if heir.role == "consult":  # the customer was never held, so the colleague was never brought in
        asks.join(house, after, None)
    asks.record(house, after)


def change_role(house: House, segment: Segment, role: Role) -> Segment:
    """Whoever is with the customer from now on is held as the customer is, or as they themselves are."""
    customer, own = asks.customer_leg(house, segment.contact_id), asks.wire_of(house, segment)
    is_held = (customer is not None and customer.state == "held") or (own is not None and is_aside(own))
    changed = replace(segment, role=role, state="held" if is_held else "talking")
    house.keep_segment(changed)
    log_segment(house, "segment.role_changed", segment, role=role)
    if changed.state != segment.state:
        log_segment(house, "segment.held" if is_held else "segment.retrieved", segment)
    return changed


def let_go(house: House, asked: Segment, why: str) -> None:
    if asked.state in ("talking", "held"):
        asks.hang_up_agent(house, asked)
        journey.decide(house, m.End(asked.id))
    else:
        journey.decide(house, m.TakeBack(asked.id, why))  # type: ignore[arg-type]


def end_call_unless_served(house: House, contact_id: str) -> None:
    """The agents' side is gone: the customer goes too, unless somebody else serves or will."""
    served = any(s.state in ("offered", "connecting", "talking", "held") for s in house.segments(contact_id))
    if not served and house.waiting_stay(contact_id) is None:
        asks.hang_up_customer(house, contact_id)


# --- who is who -------------------------------------------------------------------------------------------------------


def is_aside(wire: Leg) -> bool:
    """A colleague's wire that is held; what an agent's own telephone does to a wire that we connected is theirs."""
    return wire.role == "consult" and wire.state == "held"


def asking(house: House, contact_id: str) -> Segment | None:
    """Who has the contact."""
    having = (s for s in house.segments(contact_id) if s.role == "primary" and s.state in ("talking", "held"))
    return next(having, None)


def advisers(house: House, contact_id: str) -> list[Segment]:
    """Those asked who have not ended: offered, connecting, talking or held."""
    return [s for s in house.segments(contact_id) if s.role == "consult" and s.state != "wrap_up"]


def _heirs(house: House, contact_id: str) -> list[Segment]:
    """Who would take over, the first in conference first."""
    there = [s for s in house.segments(contact_id) if s.state in ("talking", "held") and s.role != "primary"]
    return sorted((s for s in there if s.role != "monitor"), key=lambda s: s.role == "consult")
