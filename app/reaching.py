"""How do we reach a customer? A callback waits in its queue like a caller; an agent's own call is taken at once.

The agent's phone is rung first, then the customer's: nobody is called whom nobody would speak with. Who wants it the
other way round is rung at their time, and waits on the line like any caller. What stands where
(tries, place, when again) is in the contact's row, so that it survives any death of ours. Where may be called, how
often and at which cost is decided here, in the turn (contacts/destination.py, app/dial_limits.py).
"""

from dataclasses import dataclass
from typing import Any, Literal

from app import asks, journey
from app import commands as c
from app.call_hours import not_before
from app.house import House
from contacts.contact import Contact
from contacts.destination import Destination, DialRules, Who, destination
from contacts.effect import ARI
from contacts.hours import read_hours
from contacts.leg import Leg
from contacts.notice import Notice, notice_of
from contacts.record import replace
from contacts.records import DialGrant, Link
from contacts.segment import UNDERWAY, Segment
from contacts.stay import Wishes
from contacts.words import DAY_US, SECOND_US
from routing import messages as m

RING_US = 30 * SECOND_US  # of real time: so long does the customer's phone ring (verbs.RING_S)
CONNECT_US = RING_US + 20 * SECOND_US  # and the agent's before it
SOON_US = 5 * SECOND_US  # after an agent was lost while the customer's phone rang
LIVES_US = 3 * DAY_US  # of a callback: then it has failed

First = Literal["agent", "customer"]  # whose phone is rung first


# --- what is asked for ------------------------------------------------------------------------------------------------


def promise(house: House, caller: Contact, number: str, queue_id: str, since_us: int) -> bool:
    """A caller is to be called back: whether they may be. They keep the place that they had since then."""
    if house.company_of_queue(queue_id) != caller.company_id:
        return False
    entry = c.Entry(
        contact_id=house.new_id(), company_id=caller.company_id, channel="phone", direction="out",
        queue_id=queue_id, source="callback", source_id=caller.id, customer_id=caller.customer_id,
        value=caller.value, collected=caller.collected,
    )  # fmt: skip
    try:
        called = allowed(house, caller.company_id, number, None, ())
        if pending(house, caller.company_id, queue_id, called.to.number) is None:
            take(house, called)
            contact = begin(house, entry, called, since_us=since_us, notice=notice_of(caller))
            house.draft.links.append(Link(contact.id, caller.id, "callback_of"))
            wait(house, contact.id)
    except m.Refusal as no:
        house.log("callback.refused", contact_id=caller.id, data={"why": no.text_key})
        return False
    house.keep_contact(replace(house.contact(caller.id), ivr={**caller.ivr, "outcome": "called_back"}))
    return True


def lost(house: House, leg: Leg) -> None:
    """A caller's line broke and nobody hung up: where the queue says so they are called back."""
    contact = house.records.contacts.get(leg.contact_id)
    number = contact.collected.get("from") if contact is not None else None
    if contact is None or number is None or leg.contact_id in house.ours or asks.is_hung_up(house, leg):
        return
    stay = house.waiting_stay(contact.id)
    queue_id = (
        stay.queue_id
        if stay is not None
        else next((s.queue_id for s in house.segments(contact.id) if s.role == "primary" and s.state in UNDERWAY), None)
    )
    queue = house.records.config.get(("queue", queue_id or ""))
    if queue is not None and queue_id is not None and (queue.values or {}).get("when_lost") == "callback":
        since_us = int(stay.routing.get("arrival_us", stay.queued_us)) if stay is not None else contact.arrived_us
        if promise(house, contact, str(number), queue_id, since_us) and stay is not None:
            journey.decide(house, m.Leave(stay.id, "called_back"))


def dial(house: House, command: c.Dial) -> c.Reply:
    """An agent calls. Raises Refusal. No limit, presence or hour stands before an emergency number."""
    entry, agent_id = command.entry, command.agent_id
    known = house.contact_by_source.get((entry.company_id, entry.source, entry.source_id))
    if known is not None:
        return c.Reply(200, {"contact_id": known})
    queue_id = require_queue(house, entry)
    called = allowed(house, entry.company_id, command.to, agent_id, ())
    always = called.to.is_emergency
    if not always:
        require_phone(house, agent_id, queue_id)
        require_open(house, entry)
        take(house, called)
    elif not house.serves(agent_id, entry.company_id):  # as the engine asks it, before anything is changed
        raise m.Refusal("agent.not_granted", 403)
    contact = begin(house, entry, called, agent_id=agent_id)
    give(house, contact.id, queue_id, agent_id, always)
    return c.Reply(201, {"contact_id": contact.id})


def give(house: House, contact_id: str, queue_id: str, agent_id: str, always: bool = False) -> None:
    """To whoever asked for it: they have accepted it by that."""
    about = (queue_id, 0, "", Wishes(only_agent_id=agent_id))
    journey.enqueue(house, contact_id, *about, always=always)
    stay = house.waiting_stay(contact_id)
    assert stay is not None
    if not house.segments(contact_id):
        journey.decide(house, m.Assign(stay.id, agent_id, always))
    (segment,) = house.segments(contact_id)
    journey.decide(house, m.Accept(segment.id, agent_id, within_us(house, contact_id)))


def is_emergency(house: House, company_id: str, to: str) -> bool:
    found = destination(to, house.dial_rules(company_id), "agent")
    return isinstance(found, Destination) and found.is_emergency


def require_queue(house: House, entry: c.Entry) -> str:
    if house.company_of_queue(str(entry.queue_id)) != entry.company_id:
        raise m.Refusal("queue.unknown", 404, "queue_id")
    return str(entry.queue_id)


def require_open(house: House, entry: c.Entry) -> None:
    if not house.engine.takes_stays(str(entry.queue_id), entry.company_id):
        raise m.Refusal("queue.unknown_or_closed", 409, "queue_id")


@dataclass(frozen=True, slots=True)
class Allowed:
    """Where a call leads, what it counts against, and by which rules."""

    to: Destination
    grant: DialGrant
    rules: DialRules


def allowed(
    house: House,
    company_id: str,
    to: str,
    agent_id: str | None,
    sources: tuple[str, ...],
    *,
    who: Who | None = None,
    is_retried: bool = False,
) -> Allowed:
    """`agent_id` None: a visitor wishes it, unless `who` says otherwise. Raises Refusal: it may not be called."""
    rules = house.dial_rules(company_id)
    if rules.by is None:
        raise m.Refusal("dial.no_way", 409, "company_id")
    who = who or ("visitor" if agent_id is None else house.who_calls(agent_id, company_id))
    found = destination(to, rules, who)
    if not isinstance(found, Destination):
        raise m.Refusal(found, 422, "number")
    times = rules.max_attempts if agent_id is None or is_retried else 1
    grant = DialGrant(company_id, house.now_us, found.number, agent_id, sources, found.cost * times)
    return Allowed(found, grant, rules)


def take(house: House, called: Allowed) -> None:
    """It counts from now on. Raises Refusal: a limit is reached."""
    often = house.dial_limits.why_not(called.grant, called.rules)
    if often is not None:
        raise m.Refusal(often, 429, "number")
    house.dial_limits.take(called.grant)


def require_phone(house: House, agent_id: str, queue_id: str) -> None:
    try:
        house.engine.require_at_work(agent_id, queue_id, "phone")
    except m.Refusal as no:
        raise m.Refusal(no.text_key, no.status) from None
    state = house.records.agents.get(agent_id)
    if state is None or not state.phone_reachable:
        raise m.Refusal("dial.no_phone", 409)
    if any(_occupies(house, segment) for segment in house.records.segments.values() if segment.agent_id == agent_id):
        raise m.Refusal("dial.busy", 409)


def _occupies(house: House, segment: Segment) -> bool:
    contact = house.records.contacts.get(segment.contact_id)
    return (
        contact is not None
        and contact.channel == "phone"
        and segment.state in ("offered", "connecting", "talking", "held")
    )


def begin(
    house: House,
    entry: c.Entry,
    called: Allowed,
    *,
    agent_id: str | None = None,
    since_us: int | None = None,
    notice: Notice | None = None,
    zone: str | None = None,
    first: First = "agent",
) -> Contact:
    """`zone`: theirs, as far as anybody knows it: they are rung in their own day."""
    grant, rules = called.grant, called.rules
    reach: dict[str, Any] = {
        "provider": f"{ARI}{rules.by}", "queue_id": entry.queue_id, "tries": 0,
        "max": 1 if agent_id else rules.max_attempts, "delay_us": rules.retry_delay_s * SECOND_US,
        "since_us": house.now_us if since_us is None else since_us, "cost": grant.cost,
    }  # fmt: skip
    reach |= {"zone": zone} if zone else {}
    reach |= {"first": first} if first != "agent" else {}
    reach |= {"agent_id": agent_id} if agent_id else {}
    reach |= {"sources": list(grant.sources)} if grant.sources else {}
    reach |= {"notice": notice} if notice == "declined" else {}
    reach |= {"always": True} if called.to.is_emergency else {}
    contact = Contact(
        id=entry.contact_id, company_id=entry.company_id, domain_id=house.records.domain_id, channel="phone",
        direction="out", state="open", source=entry.source, source_id=entry.source_id, arrived_us=house.now_us,
        customer_id=entry.customer_id, number=rules.caller_id, value=entry.value,
        collected={**entry.collected, "from": called.to.number}, ivr={"reach": reach},
    )  # fmt: skip
    house.keep_contact(contact, new=True)
    house.log("contact.arrived", contact_id=contact.id, data={"channel": "phone", "direction": "out"})
    return contact


def pending(house: House, company_id: str, queue_id: str, number: str) -> Contact | None:
    """The one callback of this queue to this number."""
    for contact_id in house.ours:
        contact = house.contact(contact_id)
        reach = contact.ivr["reach"]
        if (
            contact.company_id == company_id
            and contact.state == "open"
            and reach["queue_id"] == queue_id
            and "agent_id" not in reach
            and contact.collected.get("from") == number
        ):
            return contact
    return None


# --- it waits ---------------------------------------------------------------------------------------------------------


def wait(house: House, contact_id: str) -> None:
    """In its queue, at its place; where the queue is closed, again when it opens."""
    contact = house.contact(contact_id)
    reach = contact.ivr["reach"]
    house.keep_contact(
        replace(contact, ivr={**contact.ivr, "reach": {k: v for k, v in reach.items() if k != "again_us"}})
    )
    at_us = opening_us(house, reach["queue_id"]) or not_before(reach.get("zone"), house.now_us)
    if at_us > house.now_us:
        again(house, contact_id, at_us)
        return
    if reach.get("first") == "customer":
        _ring_customer(house, house.contact(contact_id))
        return
    try:
        journey.enqueue(house, contact_id, reach["queue_id"], contact.value, None, None, int(reach["since_us"]))
    except m.Refusal:  # the queue takes nobody now
        again(house, contact_id, house.now_us + int(reach["delay_us"]))


def _is_old(house: House, contact: Contact) -> bool:
    """Counted from when they wanted to be called."""
    since_us = max(contact.arrived_us, int(contact.ivr["reach"]["since_us"]))
    return house.now_us - since_us > LIVES_US


def opening_us(house: House, queue_id: str) -> int | None:
    """When the queue opens; None: it is open, or has no hours."""
    queue = house.records.config.get(("queue", queue_id))
    hours = (queue.values or {}).get("hours") if queue is not None else None
    if not hours or (calendar := read_hours(hours)).is_open(house.now_us):
        return None
    return calendar.next_change(house.now_us)


def again(house: House, contact_id: str, at_us: int) -> None:
    contact = house.contact(contact_id)
    if _is_old(house, contact):
        journey.close(house, contact_id, "failed")
        return
    house.keep_contact(replace(contact, ivr={**contact.ivr, "reach": {**contact.ivr["reach"], "again_us": at_us}}))


# --- it is tried ------------------------------------------------------------------------------------------------------


def within_us(house: House, contact_id: str) -> int | None:
    """So long may it take until both are on the line; None: as with any caller."""
    return CONNECT_US * house.speed if contact_id in house.ours else None


def agent_up(house: House, leg: Leg) -> None:
    """The agent has picked up their phone: now the customer's rings, once."""
    if leg.contact_id not in house.ours or asks.customer_leg(house, leg.contact_id) is not None:
        return
    if any(s.state == "connecting" and s.agent_id == leg.agent_id for s in house.segments(leg.contact_id)):
        asks.dial(house, leg)


def _ring_customer(house: House, contact: Contact) -> None:
    reach = contact.ivr["reach"]
    asks.ring_customer(house, contact, str(reach["provider"]))
    house.keep_contact(replace(contact, ivr={**contact.ivr, "reach": {**reach, "rings": True}}))


def customer_up(house: House, leg: Leg) -> None:
    """They were rung first and have picked up: from now on they wait like any caller, at their place."""
    contact = house.records.contacts.get(leg.contact_id)
    if contact is None or contact.id not in house.ours or not contact.ivr["reach"].get("rings"):
        return
    reach = contact.ivr["reach"]
    is_a_caller(house, contact.id)
    try:
        journey.enqueue(house, contact.id, reach["queue_id"], contact.value, None, None, int(reach["since_us"]))
    except m.Refusal:  # closed in this very moment: they are told so
        journey.let_go(house, contact.id, "closed_hours")


def not_there(house: House, contact_id: str) -> bool:
    """The customer's wire is down and nobody has spoken: the agent is free, and it is tried again later. False: they
    have spoken with each other, or it is not ours.
    """
    stay = house.waiting_stay(contact_id)
    if contact_id not in house.ours:
        return False
    contact = house.contact(contact_id)
    if stay is None and not contact.ivr["reach"].get("rings"):
        return contact.ivr["reach"].get("again_us") is not None
    reach = {name: value for name, value in contact.ivr["reach"].items() if name != "rings"}
    reach["tries"] = int(reach["tries"]) + 1
    house.keep_contact(replace(contact, ivr={**contact.ivr, "reach": reach}))
    house.log("contact.not_there", contact_id=contact_id, data={"tries": reach["tries"]})
    if stay is not None:
        journey.decide(house, m.Leave(stay.id, "dialled"))
    if reach["tries"] >= reach["max"]:
        journey.close(house, contact_id, "failed")
    else:
        again(house, contact_id, house.now_us + int(reach["delay_us"]))
    return True


def take_back(house: House) -> None:
    """Contacts of ours whose agent was lost before both spoke, or whom no agent took in time."""
    while house.not_reached:
        contact_id, why = house.not_reached.pop(0)
        contact = house.records.contacts.get(contact_id)
        if contact is None or contact.state == "closed":
            continue
        stay = house.waiting_stay(contact_id)
        if why == "limit" and not _is_old(house, contact):
            wait(house, contact_id)  # nobody hangs on: it waits on at its place
        elif why == "limit":
            journey.close(house, contact_id, "failed")
        elif stay is not None and "agent_id" in contact.ivr["reach"]:
            _give_up(house, contact_id, stay.id)
        elif stay is not None and asks.customer_leg(house, contact_id) is not None:
            asks.hang_up_customer(house, contact_id)
            journey.decide(house, m.Leave(stay.id, "dialled"))
            again(house, contact_id, house.now_us + SOON_US * house.speed)


def _give_up(house: House, contact_id: str, stay_id: str) -> None:
    asks.hang_up_customer(house, contact_id)
    journey.decide(house, m.Leave(stay_id, "dialled"))
    journey.close(house, contact_id, "failed")


def forget(house: House, contact_id: str) -> None:
    """Whoever is erased is called by nobody any more; who is spoken with now is spoken with to the end."""
    if contact_id not in house.ours or any(s.state in UNDERWAY for s in house.segments(contact_id)):
        return
    stay = house.waiting_stay(contact_id)
    if stay is not None:
        _give_up(house, contact_id, stay.id)
    elif house.contact(contact_id).state == "open":
        journey.close(house, contact_id, "failed")


def is_a_caller(house: House, contact_id: str) -> None:
    """They were reached and spoken with, and are on the line: whatever comes now, they are tried again no more."""
    contact = house.contact(contact_id)
    if contact_id in house.ours:
        house.keep_contact(replace(contact, ivr={**contact.ivr, "reach": {**contact.ivr["reach"], "spoken": True}}))
        del house.ours[contact_id]


def reached(house: House, contact_id: str) -> None:
    """A customer speaks with an agent: whoever was to call them in this queue need not any more."""
    contact = house.records.contacts.get(contact_id)
    number = contact.collected.get("from") if contact is not None else None
    if contact is None or not house.ours or contact_id in house.ours:
        return
    for segment in house.segments(contact_id):
        wished = pending(house, contact.company_id, segment.queue_id, str(number))
        if wished is not None and not house.segments(wished.id):
            stay = house.waiting_stay(wished.id)
            if stay is not None:
                journey.decide(house, m.Leave(stay.id, "cleared"))
            asks.hang_up_customer(house, wished.id)  # whoever is rung first is perhaps rung now
            journey.close(house, wished.id, "cleared")
