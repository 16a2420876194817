"""What does a supervisor do with what waits and what is offered? Who may act on what was asked before (app/api)."""

from app import commands as c
from app import journey
from app.house import House
from contacts.stay import Stay
from routing import messages as m


def _waiting(house: House, contact_id: str) -> Stay:
    stay = house.waiting_stay(contact_id)
    if stay is None:
        raise m.Refusal("contact.not_waiting", 409, "contact_id")
    return stay


def assign(house: House, command: c.AssignContact) -> c.Reply:
    stay = _waiting(house, command.contact_id)
    journey.decide(house, m.Assign(stay.id, command.agent_id))
    return c.Reply(200, {"contact_id": command.contact_id})


def move(house: House, command: c.MoveContact) -> c.Reply:
    """To another queue of the company; how long it has waited goes with it."""
    stay = _waiting(house, command.contact_id)
    contact = house.contact(command.contact_id)
    if stay.queue_id == command.queue_id:
        raise m.Refusal("contact.there_already", 409, "queue_id")
    if not house.engine.takes_stays(command.queue_id, contact.company_id):
        raise m.Refusal("queue.unknown_or_closed", 404, "queue_id")
    arrival_us = int(stay.routing.get("arrival_us", stay.queued_us))
    journey.decide(house, m.Leave(stay.id, "overflowed"))
    journey.queue(house, contact.id, command.queue_id, contact.value, None, stay.wishes, arrival_us)
    return c.Reply(200, {"contact_id": contact.id})


def reprioritise(house: House, command: c.ReprioritiseContact) -> c.Reply:
    stay = _waiting(house, command.contact_id)
    journey.decide(house, m.Reprioritise(stay.id, command.value))
    return c.Reply(200, {"contact_id": command.contact_id})


def withdraw(house: House, command: c.WithdrawOffer) -> c.Reply:
    """The contact waits on at its old place, and for a while somebody else is asked."""
    journey.decide(house, m.TakeBack(command.segment_id))
    return c.Reply(200, {"segment_id": command.segment_id})
