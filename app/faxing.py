"""How does a fax come, and how does one of ours go? A contact whose wire is not its customer: it ends, the fax stays.

One that comes waits for an agent when its pages are in our files and its wire is down. One of ours is tried as often
as the company's rules for calls say, and never sent again where nobody can say whether it was. What stands where is in
the contact's row (`ivr.fax`), so that it survives any death of ours; the pages and who the other machine says it is are
in the table of faxes.
"""

from typing import Any

from app import asks, journey, reaching, replies
from app import commands as c
from app.house import House
from contacts.contact import Contact
from contacts.destination import Who
from contacts.effect import ARI, Effect, EffectState
from contacts.leg import Leg
from contacts.record import replace
from contacts.records import Link
from contacts.words import SECOND_US
from routing import messages as m

KINDS = ("telephony.receive_fax", "telephony.send_fax")
_OF_THE_CALL = ("language", "parts", "notice", "dialled")  # what stays beside a call that was a fax


# --- one comes --------------------------------------------------------------------------------------------------------


def tone(house: House, command: c.FaxTone) -> c.Reply:
    """A caller is a fax machine: the same contact is a fax from now on. Whatever was going on with it ends."""
    leg = house.leg_of(command.provider, command.leg)
    contact = house.records.contacts.get(leg.contact_id) if leg is not None else None
    if leg is None or contact is None or leg.role != "customer" or "fax_queue_id" not in contact.ivr:
        return c.Reply(200)
    if contact.state == "closed":  # they were told so, and somebody wraps up
        return c.Reply(200)
    kept: dict[str, Any] = {name: contact.ivr[name] for name in _OF_THE_CALL if name in contact.ivr}
    kept |= {"outcome": "failed", "fax": {"state": "receiving", "queue_id": contact.ivr["fax_queue_id"]}}
    stay = house.waiting_stay(contact.id)
    if stay is not None:
        journey.decide(house, m.Leave(stay.id, "cleared"))
    journey.free_agents(house, contact.id)
    for segment in house.segments(contact.id):  # nobody has said anything that would have to be wrapped up
        if segment.state == "wrap_up":
            journey.decide(house, m.Finish(segment.id))
    house.secrets.pop(contact.id, None)
    house.keep_contact(replace(house.contact(contact.id), channel="fax", ivr=kept))
    house.log("fax.heard", contact_id=contact.id, data={"was": contact.channel})
    asks.receive_fax(house, contact.id)
    return c.Reply(200)


def reported(house: House, command: c.ReportFax) -> c.Reply:
    """What came of it. Twice is as once."""
    effect = house.records.effects.get(command.effect_id)
    if effect is None or effect.provider != command.provider or effect.kind not in KINDS:
        return c.Reply(200)
    is_done = command.came in ("received", "sent")
    house.keep_effect(replace(effect, state="done" if is_done else "failed"))
    _came(house, effect, command)
    return c.Reply(200)


def in_vain(house: House, effect: Effect, state: EffectState) -> None:
    """It could not even be begun, or nobody knows."""
    came: c.FaxCame = "unknown" if state == "unknown" else "failed"
    if effect.kind == "telephony.receive_fax":
        came = "nothing"
        asks.hang_up_customer(house, effect.contact_id)
    _came(house, effect, c.ReportFax(effect.provider, effect.id, came))


def _came(house: House, effect: Effect, told: c.ReportFax) -> None:
    contact = house.records.contacts.get(effect.contact_id)
    if contact is None or contact.state == "closed" or "fax" not in contact.ivr:
        return
    if effect.kind == "telephony.send_fax":
        _tried(house, contact, told)
        return
    state = "received" if told.came == "received" else "nothing"
    about = {"pages": told.pages, "complete": told.complete} if state == "received" else {}
    _keep(house, contact, state=state, **about)
    house.log("fax.received" if about else "fax.not_received", contact_id=contact.id, data=about)
    _go_on(house, contact.id)


def take(house: House, command: c.TakeFax) -> c.Reply:
    """One that a fax server brings: it has no wire, and waits at once. The same try is never two contacts."""
    entry = command.entry
    known = house.contact_by_source.get((entry.company_id, entry.source, entry.source_id))
    if known is not None:
        return c.Reply(200, {"contact_id": known, "document": house.contact(known).ivr["fax"]["document"]})
    about = {"pages": command.pages, "complete": command.complete}
    fax = {"state": "received", "queue_id": entry.queue_id, "document": command.document, **about}
    contact = Contact(
        id=entry.contact_id, company_id=entry.company_id, domain_id=house.records.domain_id, channel="fax",
        direction="in", state="open", source=entry.source, source_id=entry.source_id, arrived_us=house.now_us,
        customer_id=entry.customer_id, number=entry.number, value=entry.value, collected=entry.collected,
        ivr={"outcome": "failed", "fax": fax},
    )  # fmt: skip
    house.keep_contact(contact, new=True)
    house.log("contact.arrived", contact_id=contact.id, data={"channel": "fax"})
    house.log("fax.received", contact_id=contact.id, data=about)
    _go_on(house, contact.id)
    return c.Reply(201, {"contact_id": contact.id, "document": command.document})


def wire_down(house: House, leg: Leg) -> bool:
    """The wire of a fax is down: that ends nothing, and may be what it waited for. False: it is no fax's."""
    contact = house.records.contacts.get(leg.contact_id)
    if contact is None or "fax" not in contact.ivr:
        return False
    if contact.direction == "in":
        _go_on(house, contact.id)
    return True


def _go_on(house: House, contact_id: str) -> None:
    """Its pages are here, or will not come, and the wire is down: now it waits, or is over. Once."""
    contact = house.contact(contact_id)
    fax = contact.ivr["fax"]
    if fax["state"] not in ("received", "nothing") or asks.customer_leg(house, contact_id) is not None:
        return
    if fax["state"] == "nothing":
        journey.close(house, contact_id, "failed")
        return
    _keep(house, contact, state="waits")
    if fax.get("queue_id") is None:
        journey.close(house, contact_id, "message")  # nobody is to read it at once
        return
    try:
        # A fax is not sent away: where the queue is closed it waits until somebody comes.
        journey.enqueue(house, contact_id, str(fax["queue_id"]), contact.value, None, always=True)
    except m.Refusal:
        journey.close(house, contact_id, "failed")


def _keep(house: House, contact: Contact, **about: Any) -> Contact:
    """None: no more."""
    fax = {name: value for name, value in {**contact.ivr["fax"], **about}.items() if value is not None}
    kept = replace(contact, ivr={**contact.ivr, "fax": fax})
    house.keep_contact(kept)
    return kept


# --- one goes ---------------------------------------------------------------------------------------------------------


def send(house: House, command: c.SendFax) -> c.Reply:
    """Raises Refusal: it may not be sent there, or not so often."""
    entry = command.entry
    known = house.contact_by_source.get((entry.company_id, entry.source, entry.source_id))
    if known is not None:
        return c.Reply(200, {"contact_id": known, "document": house.contact(known).ivr["fax"]["document"]})
    who: Who | None = None if command.agent_id is not None else "supervisor"
    called = reaching.allowed(house, entry.company_id, command.to, command.agent_id, (), who=who, is_retried=True)
    reaching.take(house, called)
    rules = called.rules
    fax: dict[str, Any] = {
        "state": "sending", "document": command.document, "pages": command.pages, "provider": f"{ARI}{rules.by}",
        "tries": 0, "max": rules.max_attempts, "delay_us": rules.retry_delay_s * SECOND_US, "cost": called.grant.cost,
    }  # fmt: skip
    fax |= {"agent_id": command.agent_id} if command.agent_id is not None else {}
    contact = Contact(
        id=entry.contact_id, company_id=entry.company_id, domain_id=house.records.domain_id, channel="fax",
        direction="out", state="open", source=entry.source, source_id=entry.source_id, arrived_us=house.now_us,
        customer_id=entry.customer_id, number=rules.caller_id, value=entry.value,
        collected={**entry.collected, "from": called.to.number}, ivr={"outcome": "failed", "fax": fax},
    )  # fmt: skip
    house.keep_contact(contact, new=True)
    if command.reply_to is not None:
        house.draft.links.append(Link(contact.id, command.reply_to, "reply_to"))
        replies.tell_of(house, command.reply_to, command.agent_id)
    house.log("contact.arrived", contact_id=contact.id, data={"channel": "fax", "direction": "out"})
    try_again(house, contact.id)
    return c.Reply(201, {"contact_id": contact.id, "document": command.document})


def try_again(house: House, contact_id: str) -> None:
    """It is dialled. Whose number it is the carrier looks up."""
    contact = house.contact(contact_id)
    fax = _keep(house, contact, state="sending", again_us=None).ivr["fax"]
    leg_id = house.new_id()
    leg = Leg(
        id=leg_id, domain_id=contact.domain_id, contact_id=contact_id, provider=str(fax["provider"]),
        provider_ref=leg_id, role="customer", state="initiated", checked_us=house.now_us,
    )  # fmt: skip
    house.keep_leg(leg, new=True)
    asks.ask(house, leg, "send_fax", document=fax["document"], pages=fax["pages"])


def _tried(house: House, contact: Contact, told: c.ReportFax) -> None:
    tries = int(contact.ivr["fax"]["tries"]) + 1
    if told.came == "sent":
        _keep(house, contact, state="sent", tries=tries, cause=None)
        house.log("fax.sent", contact_id=contact.id, data={"pages": told.pages, "tries": tries})
        journey.close(house, contact.id, "handled")
        return
    house.log("fax.not_sent", contact_id=contact.id, data={"why": told.came, "tries": tries})
    # What may have been sent is not sent again.
    is_last = told.came == "unknown" or tries >= int(contact.ivr["fax"]["max"])
    if is_last:
        _keep(house, contact, state="failed", tries=tries, cause=told.came)
        journey.close(house, contact.id, "failed")
    else:
        again_us = house.now_us + int(contact.ivr["fax"]["delay_us"])
        _keep(house, contact, state="waiting", tries=tries, cause=told.came, again_us=again_us)


def forget(house: House, contact_id: str) -> None:
    """Whoever is erased is sent nothing any more; what is on the wire comes to its end."""
    contact = house.records.contacts.get(contact_id)
    if contact is not None and contact.ivr.get("fax", {}).get("state") == "waiting":
        _keep(house, contact, state="failed", again_us=None)
        journey.close(house, contact_id, "failed")
