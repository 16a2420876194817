"""How does an agent bring in somebody outside? Asked beside the customer, who is held; then put through, or all three.

Nobody of ours is at the other end: their wire is a leg of the contact and no segment. How it stands is in the contact's
row (`ivr.outside`), so that the desk sees it and it survives any death of ours. Where may be called, and how often, is
decided as for every call of an agent's (app/reaching.py). A customer who was put through blindly waits in their queue
again if nobody answers. A flow puts its caller through, too.
"""

from typing import Any

from app import asks, journey, reaching
from app import commands as c
from app.house import House
from app.noted import log_segment
from contacts.acts import Together, possible
from contacts.contact import Contact, OutsideState, outside_of, recording_of
from contacts.destination import Destination, destination
from contacts.effect import ARI
from contacts.leg import Leg
from contacts.record import replace
from contacts.segment import UNDERWAY, Segment
from routing import messages as m

PER_CONTACT_MAX = 20  # calls to outside in one contact


# --- asked for --------------------------------------------------------------------------------------------------------


def dial(house: House, command: c.Dial) -> c.Reply:
    """An emergency number passes in a call, too: where that is possible beside the customer, on the wire that there is,
    and else as a second call.
    """
    own = _conversation(house, command.agent_id)
    if own is not None and _reaches_help(house, own, command.to):
        consult(house, own, command.to)
        return c.Reply(201, {"contact_id": own.contact_id})
    return reaching.dial(house, command)


def put_through(house: House, contact: Contact, to: str, within_s: float) -> bool:
    """A flow puts its caller through to a number outside: whether it may."""
    own, rules = asks.customer_leg(house, contact.id), house.dial_rules(contact.company_id)
    found = destination(to, rules, "visitor")
    if own is None or own.provider != f"{ARI}{rules.by}" or not isinstance(found, Destination):
        why = found if isinstance(found, str) else "dial.no_way"
        house.log("transfer.refused", contact_id=contact.id, data={"why": why})
        return False
    asks.dial(house, own, "outside", to=found.number, within_s=within_s, caller_id=rules.caller_id or "")
    return True


def _reaches_help(house: House, own: Segment, to: str) -> bool:
    contact, customer = house.contact(own.contact_id), asks.customer_leg(house, own.contact_id)
    is_here = customer is not None and customer.provider == f"{ARI}{house.dial_rules(contact.company_id).by}"
    is_free = asks.outside_leg(house, contact.id) is None and asks.wire_of(house, own) is not None
    return is_here and is_free and reaching.is_emergency(house, contact.company_id, to)


def _conversation(house: House, agent_id: str) -> Segment | None:
    """The agent's call in which they may ask somebody."""
    for own in house.records.segments.values():
        contact = house.records.contacts.get(own.contact_id)
        if own.agent_id == agent_id and contact is not None:
            others = [each for each in house.segments(contact.id) if each.id != own.id]
            if "consult" in possible(own, others, contact.channel, recording_of(contact), outside_of(contact)):
                return own
    return None


def consult(house: House, own: Segment, to: str) -> None:
    """The customer is held, and somebody outside is called on the agent's wire."""
    wire = asks.wire_of(house, own)
    if wire is None:
        raise m.Refusal("dial.no_way", 409, "number")
    called = _allowed(house, own, to)
    if own.state == "talking":
        asks.hold(house, own, "hold")
    _call(house, own, wire, called, None)


def transfer(house: House, own: Segment, to: str) -> None:
    """Blind: the customer hears that it rings, and the agent wraps up."""
    customer = asks.customer_leg(house, own.contact_id)
    if customer is None:
        raise m.Refusal("dial.no_way", 409, "number")
    called = _allowed(house, own, to)
    asks.hang_up_agent(house, own)
    _call(house, own, customer, called, own.queue_id)
    journey.decide(house, m.End(own.id))


def _allowed(house: House, own: Segment, to: str) -> reaching.Allowed:
    """Raises Refusal before anything is changed."""
    contact, customer = house.contact(own.contact_id), asks.customer_leg(house, own.contact_id)
    called = reaching.allowed(house, contact.company_id, to, own.agent_id, ())
    if customer is None or customer.provider != f"{ARI}{called.rules.by}":
        raise m.Refusal("dial.no_way", 409, "number")
    if asks.outside_leg(house, contact.id) is not None:
        raise m.Refusal("dial.busy", 409)
    if called.to.is_emergency:
        return called
    if len(contact.ivr.get("dialled", ())) >= PER_CONTACT_MAX:
        raise m.Refusal("dial.agent_often", 429, "number")
    reaching.take(house, called)
    return called


def _call(house: House, own: Segment, wire: Leg, called: reaching.Allowed, back: str | None) -> None:
    """`back`: the queue in which the customer waits if nobody answers."""
    contact = house.contact(own.contact_id)
    number, caller_id = called.to.number, called.rules.caller_id or ""
    asks.dial(house, wire, "outside", to=number, caller_id=caller_id)
    at: dict[str, Any] = {"number": number, "state": "dialling"} | ({"back": back} if back else {})
    grant = {"at_us": house.now_us, "number": number, "agent_id": own.agent_id, "cost": called.grant.cost}
    dialled = [*contact.ivr.get("dialled", ()), *([] if called.to.is_emergency else [grant])]
    ivr = {**contact.ivr, "outside": at} | ({"dialled": dialled} if dialled else {})
    house.keep_contact(replace(contact, ivr=ivr))
    log_segment(house, "segment.called_outside", own)


# --- what an agent does then ------------------------------------------------------------------------------------------


def is_beside(house: House, contact_id: str) -> bool:
    """Whether an agent's call to outside is going on."""
    return outside_of(house.contact(contact_id)) in ("dialling", "talking", "held")


def act(house: House, own: Segment, what: Together) -> None:
    leg = asks.outside_leg(house, own.contact_id)
    assert leg is not None, "they are beside the customer as long as their wire is"
    match what:
        case "swap" if own.state == "talking":
            asks.hold(house, own, "hold")
        case "swap":
            if leg.state == "established":
                asks.ask(house, leg, "hold")
            asks.hold(house, own, "retrieve")
        case "return":
            asks.hang_up(house, leg)
            _keep(house, own.contact_id, "gone")
            asks.hold(house, own, "retrieve")
        case "complete":
            asks.hang_up_agent(house, own)
            journey.decide(house, m.End(own.id))
            _bring_both(house, own.contact_id)
        case "conference":
            _let_them_know(house, own)
            _bring_both(house, own.contact_id)


def _let_them_know(house: House, own: Segment) -> None:
    """Where those whom we call are told or asked before they are recorded the agent does it, and resumes."""
    contact, customer = house.contact(own.contact_id), asks.customer_leg(house, own.contact_id)
    is_recorded = customer is not None and asks.is_recorded(house, customer, own.queue_id)
    if is_recorded and house.notice_rule(replace(contact, direction="out")) != "none":
        asks.pause_recording(house, contact.id)


def goes_on_without(house: House, left: Segment) -> bool:
    """Who had the contact is gone. They and the customer go on, or the customer waits again; False: nobody is there."""
    leg = asks.outside_leg(house, left.contact_id)
    if leg is None or not is_beside(house, left.contact_id):
        return False
    if leg.state in ("established", "held"):
        _bring_both(house, left.contact_id)
    else:
        asks.hang_up(house, leg)
        _keep(house, left.contact_id, "gone")
        reaching.is_a_caller(house, left.contact_id)
        journey.queue(house, left.contact_id, left.queue_id, house.contact(left.contact_id).value)
    return True


def _bring_both(house: House, contact_id: str) -> None:
    for leg in (asks.outside_leg(house, contact_id), asks.customer_leg(house, contact_id)):
        if leg is not None and leg.state == "held":
            asks.ask(house, leg, "retrieve")


# --- what the provider reports ----------------------------------------------------------------------------------------


def moved(house: House, leg: Leg) -> bool:
    """Their wire took a step; False: no agent called them."""
    contact = house.records.contacts.get(leg.contact_id)
    if contact is None or "outside" not in contact.ivr:
        return False
    if leg.state in ("established", "held"):
        if outside_of(contact) == "dialling":
            house.log("contact.outside_answered", contact_id=contact.id)
        if is_beside(house, contact.id):
            _keep(house, contact.id, "held" if leg.state == "held" else "talking")
    return True


def bring_together(house: House, moved: Leg) -> None:
    """Whoever was left for the other is taken back once that one waits; both, where no agent is with them any more."""
    leg = asks.outside_leg(house, moved.contact_id)
    if leg is None or moved.state != "held" or moved.contact_id not in house.records.contacts:
        return
    if not _is_served(house, moved.contact_id):
        asks.ask(house, moved, "retrieve")
    elif moved.role == "customer" and leg.state == "held":
        asks.ask(house, leg, "retrieve")


def gone(house: House, leg: Leg, came_from: str, cause: str | None) -> bool:
    """They do not answer, or have hung up; False: no agent called them."""
    contact = house.records.contacts.get(leg.contact_id)
    if contact is None or "outside" not in contact.ivr:
        return False
    answered = came_from in ("established", "held")
    if is_beside(house, contact.id):
        why: OutsideState = "gone" if answered else asks.WHY_NOT.get(cause or "", "failed")
        _keep(house, contact.id, why)
        house.log("contact.outside_gone", contact_id=contact.id, data={"why": why})
    if _is_served(house, contact.id) or house.waiting_stay(contact.id) is not None:
        return True  # the customer has whom they had
    back, customer = contact.ivr["outside"].get("back"), asks.customer_leg(house, contact.id)
    if back is not None and not answered and customer is not None and not asks.is_hung_up(house, customer):
        reaching.is_a_caller(house, contact.id)
        journey.queue(house, contact.id, str(back), contact.value)
    else:
        asks.hang_up_customer(house, contact.id)
    return True


def _is_served(house: House, contact_id: str) -> bool:
    return any(segment.state in UNDERWAY for segment in house.segments(contact_id))


def _keep(house: House, contact_id: str, state: OutsideState) -> None:
    contact: Contact = house.contact(contact_id)
    house.keep_contact(replace(contact, ivr={**contact.ivr, "outside": {**contact.ivr["outside"], "state": state}}))
