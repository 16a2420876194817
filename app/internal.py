"""How does an agent call a colleague? There is no customer: both sides are consults of one contact.

The caller's phone rings first; when they have picked up, the colleague is offered the call on their desk, and then both
are brought together. Whoever goes ends it for both. It counts in no figure but the consults of the queue it is under.
"""

from app import asks, journey, reaching
from app import commands as c
from app.house import House
from contacts.contact import Contact
from contacts.effect import ARI
from contacts.leg import Leg
from contacts.record import replace
from contacts.segment import Segment
from routing import messages as m


def call(house: House, command: c.CallColleague) -> c.Reply:
    """Raises Refusal."""
    entry, agent_id, to = command.entry, command.agent_id, command.to_agent_id
    known = house.contact_by_source.get((entry.company_id, entry.source, entry.source_id))
    if known is not None:
        return c.Reply(200, {"contact_id": known})
    queue_id, rules = reaching.require_queue(house, entry), house.dial_rules(entry.company_id)
    if rules.by is None:
        raise m.Refusal("dial.no_way", 409, "company_id")
    if to == agent_id:
        raise m.Refusal("agent.oneself", 409, "agent_id")
    reaching.require_phone(house, agent_id, queue_id)
    reaching.require_open(house, entry)
    if not house.serves(to, entry.company_id):
        raise m.Refusal("agent.unknown", 404, "agent_id")
    house.engine.require_at_work(to, queue_id, "phone")
    about = {"provider": f"{ARI}{rules.by}", "agent_id": agent_id, "colleague_id": to}
    contact = Contact(
        id=entry.contact_id, company_id=entry.company_id, domain_id=house.records.domain_id, channel="phone",
        direction="internal", state="open", source=entry.source, source_id=entry.source_id, arrived_us=house.now_us,
        ivr={"internal": about, "outcome": "failed"},
    )  # fmt: skip
    house.keep_contact(contact, new=True)
    house.log("contact.arrived", contact_id=contact.id, data={"channel": "phone", "direction": "internal"})
    reaching.give(house, contact.id, queue_id, agent_id)
    return c.Reply(201, {"contact_id": contact.id})


def is_internal(house: House, contact_id: str) -> bool:
    contact = house.records.contacts.get(contact_id)
    return contact is not None and contact.direction == "internal"


def leg_moved(house: House, leg: Leg) -> None:
    """One of both has picked up their phone."""
    picked_up = (s for s in house.segments(leg.contact_id) if s.agent_id == leg.agent_id and s.state == "connecting")
    own = next(picked_up, None)
    if leg.state != "established" or own is None:
        return
    journey.decide(house, m.Connected(own.id))
    contact = house.contact(leg.contact_id)
    if leg.agent_id == contact.ivr["internal"]["agent_id"]:
        _ask(house, contact, own, leg)
    else:
        house.keep_contact(replace(contact, ivr={**contact.ivr, "outcome": "handled"}))
        for each in house.legs(contact.id):
            if each.role == "consult":  # and no supervisor who listens
                asks.ask(house, each, "join")


def _ask(house: House, contact: Contact, own: Segment, leg: Leg) -> None:
    asks.ask(house, leg, "wait")  # they hear that it takes a moment
    try:
        journey.decide(house, m.Consult(own.id, contact.ivr["internal"]["colleague_id"]))
    except m.Refusal:  # the colleague has gone meanwhile
        asks.hang_up_rest(house, contact.id)


def gone(house: House, left: Segment) -> bool:
    """One of both has gone, and so the other goes; False: there is a customer."""
    if not is_internal(house, left.contact_id):
        return False
    for other in house.segments(left.contact_id):
        if other.state in ("offered", "connecting"):
            journey.decide(house, m.TakeBack(other.id, "left"))
    asks.hang_up_rest(house, left.contact_id)
    return True


def take_back(house: House) -> None:
    """Nobody picked up, or the colleague did not want."""
    while house.broken_off:
        contact_id = house.broken_off.pop(0)
        if not is_internal(house, contact_id):
            continue
        asks.hang_up_rest(house, contact_id)
        stay = house.waiting_stay(contact_id)
        if stay is not None:
            journey.decide(house, m.Leave(stay.id, "internal"))
            journey.close(house, contact_id, "failed")
        else:
            journey.close_if_done(house, contact_id)  # without wrap-up nobody else does
