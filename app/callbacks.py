"""What becomes of a customer's wish to be called? At once or at a time of theirs; put off or given up by who asked.

How they are then reached is with all calls of ours (app/reaching.py).
"""

from app import commands as c
from app import journey, reaching
from app.call_hours import slot_of
from app.house import House
from contacts.contact import Contact
from contacts.record import replace
from routing import messages as m


def request(house: House, command: c.RequestCallback) -> c.Reply:
    """Raises Refusal. One that is pending already is answered as it stands."""
    entry = command.entry
    known = house.contact_by_source.get((entry.company_id, entry.source, entry.source_id))
    if known is not None:
        return _told(house, house.contact(known), already=True)
    queue_id = reaching.require_queue(house, entry)
    called = reaching.allowed(house, entry.company_id, command.to, None, command.sources)
    pending = reaching.pending(house, entry.company_id, queue_id, called.to.number)
    if pending is not None:
        return _told(house, pending, already=True)
    at_us = command.at_us if command.at_us is not None and command.at_us > house.now_us else None
    if at_us is not None:
        _require_room(house, queue_id, at_us, called.rules.per_slot)
    reaching.take(house, called)
    contact = reaching.begin(house, entry, called, since_us=at_us, zone=command.zone, first=command.first)
    if at_us is not None:
        reaching.again(house, contact.id, at_us)
    else:
        reaching.wait(house, contact.id)
    return _told(house, house.contact(contact.id), status=201)


def change(house: House, command: c.ChangeCallback) -> c.Reply:
    """Another time, or none. Raises Refusal: it is over, or being made this moment."""
    contact = house.records.contacts.get(command.contact_id)
    if (
        contact is None
        or contact.id not in house.ours
        or "agent_id" in contact.ivr["reach"]
        or (command.company_ids is not None and contact.company_id not in command.company_ids)
    ):
        raise m.Refusal("callback.over", 404, "contact_id")
    if house.segments(contact.id) or house.legs(contact.id):
        raise m.Refusal("callback.under_way", 409, "contact_id")
    reach = contact.ivr["reach"]
    at_us = None if command.at_us is None else max(command.at_us, house.now_us + 1)
    if at_us is not None:
        rules = house.dial_rules(contact.company_id)
        _require_room(house, str(reach["queue_id"]), at_us, rules.per_slot, but=contact.id)
    stay = house.waiting_stay(contact.id)
    if stay is not None:
        journey.decide(house, m.Leave(stay.id, "cleared"))
    if at_us is None:
        journey.close(house, contact.id, "cleared")
        return c.Reply(200, {"contact_id": contact.id, "at_us": None})
    house.keep_contact(replace(contact, ivr={**contact.ivr, "reach": {**reach, "since_us": at_us}}))
    reaching.again(house, contact.id, at_us)
    return _told(house, house.contact(contact.id))


def _require_room(house: House, queue_id: str, at_us: int, per_slot: int, but: str = "") -> None:
    """Raises Refusal: as many want to be called in that half hour as are."""
    theirs = (house.contact(contact_id).ivr["reach"] for contact_id in house.ours if contact_id != but)
    wanted = slot_of(at_us)
    at_once = sum(r["queue_id"] == queue_id and slot_of(int(r.get("again_us", 0))) == wanted for r in theirs)
    if at_once >= per_slot:
        raise m.Refusal("callback.slot_full", 409, "at_ms")


def _told(house: House, contact: Contact, *, already: bool = False, status: int = 200) -> c.Reply:
    at_us = contact.ivr.get("reach", {}).get("again_us")
    return c.Reply(status, {"contact_id": contact.id, "already": already, "at_us": at_us})
