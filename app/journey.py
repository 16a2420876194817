"""What happens to a contact, step by step?  READ FIRST: arrived, queued, offered, connecting, connected, ended,
wrapped up, closed.

The turn, in six lines (switchboard.py carries it out):
1. take commands of at most 256 steps; those already answered get their stored answer again;
2. `step` each: the journey asks the rooms and puts what shall be into the draft;
3. one statement, one transaction: fence, events, rows, effects, answers;
4. after COMMIT and only then: answers, feeds, effects;
5. one turn on its way to the database; commands that come meanwhile are decided into the next one;
6. any failure in between discards the house and rebuilds it from the database.

Nothing here waits or touches the world: who it is and where it goes was looked up before and travels in the command.
A command that is refused raises before anything is changed.
"""

from collections.abc import Mapping
from typing import Any, Literal

from app import asks, noted, recording_notice
from app.commands import Entry
from app.house import House
from app.noted import log_segment
from contacts import contact as contacts
from contacts import segment as segments
from contacts import stay as stays
from contacts.contact import Contact, Outcome
from contacts.events import EventKind
from contacts.leg import Leg
from contacts.record import replace
from contacts.segment import UNDERWAY, Segment
from contacts.stay import Stay, StayEnd, Wishes
from contacts.words import WRITTEN, Actor, Direction
from routing import messages as m

STAY_END_EVENTS: dict[StayEnd, str] = {
    "answered": "answer",
    "abandoned": "abandon",
    "overflowed": "overflow",
    "called_back": "call_back",
    "voicemail": "leave_voicemail",
    "cleared": "clear",
    "dialled": "dial",
    "internal": "call_colleague",
}
WAITED_FOR: dict[Direction, StayEnd] = {"in": "answered", "out": "dialled", "internal": "internal"}
OFFER_ENDS: dict[str, tuple[str, EventKind]] = {
    "declined": ("decline", "segment.declined"),
    "expired": ("expire", "segment.expired"),
    "withdrawn": ("withdraw", "segment.withdrawn"),
    "failed": ("fail", "segment.failed"),
}


# --- arrived ----------------------------------------------------------------------------------------------------------


def arrive(house: House, entry: Entry, leg: Leg | None = None) -> Contact:
    """A customer reached us. The same try (company, source, source_id) is never two contacts."""
    known = house.contact_by_source.get((entry.company_id, entry.source, entry.source_id))
    if known is not None:
        return house.contact(known)
    contact = Contact(
        id=entry.contact_id,
        company_id=entry.company_id,
        domain_id=house.records.domain_id,
        channel=entry.channel,
        direction=entry.direction,
        state="open",
        source=entry.source,
        source_id=entry.source_id,
        arrived_us=house.now_us,
        customer_id=entry.customer_id,
        number=entry.number,
        value=entry.value,
        collected=entry.collected,
        ivr=_on_arrival(entry, leg),
    )
    house.keep_contact(contact, new=True)
    house.log("contact.arrived", contact_id=contact.id, data={"channel": contact.channel})
    if leg is not None:
        house.keep_leg(leg, new=True)
    if leg is not None and entry.fax_queue_id is not None:
        asks.hear_fax(house, contact.id)
    if leg is not None and entry.channel == "fax":
        asks.receive_fax(house, contact.id)  # it waits when its pages are here (faxing.py)
    elif entry.flow is not None:
        asks.answer(house, contact.id)  # the flow begins when the provider says that it is answered
    elif entry.queue_id is None:
        let_go(house, contact.id, entry.closed_outcome or "failed")
    else:
        always = entry.channel == "email"  # who writes at night is read in the morning
        queue(house, contact.id, entry.queue_id, entry.value, entry.requirement, entry.wishes, always=always)
    return contact


def _on_arrival(entry: Entry, leg: Leg | None) -> Mapping[str, Any]:
    """What is kept beside the contact: where it is in its flow, how its fax stands."""
    begins: dict[str, Any] = {}
    if entry.flow is not None:
        begins |= {"flow_id": entry.flow.flow_id, "version": entry.flow.version, "facts": dict(entry.facts)}
        begins |= {"outcome": "cleared", "queue_id": entry.queue_id}  # until an agent has served, or it waits elsewhere
    if leg is not None and entry.channel == "fax":
        begins |= {"outcome": "failed", "fax": {"state": "receiving", "queue_id": entry.queue_id}}
    if leg is not None and entry.fax_queue_id is not None:
        begins |= {"fax_queue_id": entry.fax_queue_id}
    if entry.language and (entry.flow is not None or entry.channel == "phone"):
        begins |= {"language": entry.language}
    return begins


# --- queued -----------------------------------------------------------------------------------------------------------


def queue(
    house: House,
    contact_id: str,
    queue_id: str,
    value: int = 0,
    requirement: str | None = None,
    wishes: Wishes | None = None,
    arrival_us: int | None = None,
    always: bool = False,
) -> None:
    """The contact waits. `arrival_us`: since when it has not spoken to an agent; None = from now."""
    if house.company_of_queue(queue_id) != house.contact(contact_id).company_id:
        let_go(house, contact_id, "failed")
        return
    try:
        enqueue(house, contact_id, queue_id, value, requirement, wishes, arrival_us, always)
    except m.Refusal as refusal:
        let_go(house, contact_id, "closed_hours" if refusal.text_key == "queue.closed" else "failed")


def enqueue(
    house: House,
    contact_id: str,
    queue_id: str,
    value: int,
    requirement: str | None,
    wishes: Wishes | None = None,
    arrival_us: int | None = None,
    always: bool = False,
) -> None:
    """Raises Refusal: the queue takes nobody; with `always` it is not asked whether it is closed."""
    channel = house.contact(contact_id).channel
    about = (house.new_id(), contact_id, channel, queue_id, value, arrival_us, requirement, wishes or Wishes())
    decide(house, m.Enqueue(*about, always))


def queued(house: House, told: m.Queued, enqueue: m.Enqueue) -> None:
    stay = Stay(
        id=told.stay_id,
        contact_id=enqueue.contact_id,
        domain_id=house.records.domain_id,
        queue_id=enqueue.queue_id,
        queue_version=told.queue_version,
        requirement=told.requirement,
        place_us=told.place_us,
        queued_us=house.now_us,
        promise_us=told.promise_us,
        limit_us=told.limit_us,
        wishes=enqueue.wishes,
    )
    house.keep_stay(stay, new=True)
    asks.wait(house, stay.contact_id)
    house.log(
        "stay.queued",
        contact_id=stay.contact_id,
        stay_id=stay.id,
        config_version=told.queue_version,
        data={"queue_id": stay.queue_id, "place_us": stay.place_us},
    )
    recording_notice.wait_begins(house, stay.contact_id)


# --- offered ----------------------------------------------------------------------------------------------------------


def offered(house: House, told: m.Offered) -> None:
    stay = house.records.stays[told.stay_id]
    segment = Segment(
        id=told.segment_id,
        contact_id=stay.contact_id,
        stay_id=stay.id,
        queue_id=stay.queue_id,
        domain_id=stay.domain_id,
        agent_id=told.agent_id,
        role="consult" if house.contact(stay.contact_id).direction == "internal" else "primary",
        state="offered",
        offered_us=house.now_us,
        expires_us=told.expires_us,
        exclusive=told.exclusive,
        manual=told.manual,
    )
    house.keep_segment(segment, new=True)
    log_segment(house, "segment.offered", segment, expires_us=told.expires_us, manual=told.manual)
    asks.ring_with_offer(house, segment)
    house.explain(stay.id, told.explanation)


def consulted(house: House, told: m.Consulted) -> None:
    """A colleague is asked: a segment beside the one that talks. It belongs to the same wait, which is over."""
    asker = house.records.segments[told.of_segment_id]
    segment = Segment(
        id=told.segment_id,
        contact_id=asker.contact_id,
        stay_id=asker.stay_id,
        queue_id=asker.queue_id,
        domain_id=asker.domain_id,
        agent_id=told.agent_id,
        role="consult",
        state="offered",
        offered_us=house.now_us,
        expires_us=told.expires_us,
        manual=True,
    )
    house.keep_segment(segment, new=True)
    log_segment(house, "segment.offered", segment, expires_us=told.expires_us, manual=True, role="consult")


TAKEN_BY: dict[str, Actor] = {"declined": "agent", "returned": "agent", "taken_back": "supervisor"}


def offer_over(house: House, told: m.OfferOver) -> None:
    """Declined, expired, withdrawn or failed: the contact waits again at its old place unless it is gone."""
    segment = house.records.segments[told.segment_id]
    actor = TAKEN_BY.get(told.why, "engine")
    why = (house.decline_reason or told.why) if told.end == "declined" else told.why
    event, kind = OFFER_ENDS[told.end]
    state = segments.next_state(segment.state, event, actor)
    if segment.state == "connecting":
        asks.hang_up_agent(house, segment)
        recording_notice.not_put_through(house, segment.contact_id)
        if segment.contact_id in house.ours:
            house.not_reached.append((segment.contact_id, "agent"))
    else:
        asks.hang_up_rung(house, segment)
    house.broken_off.append(segment.contact_id)
    house.keep_segment(replace(segment, state=state, ended_us=house.now_us, expires_us=None, end=why))
    was = {"was": "connecting"} if segment.state == "connecting" else {}  # work that ends, not an offer
    log_segment(house, kind, segment, actor="engine" if actor == "engine" else None, why=why, **was)


# --- connecting -------------------------------------------------------------------------------------------------------


def accepted(house: House, told: m.Accepted) -> None:
    """Accepting is not connecting: it reserves the agent and sends a command to the provider."""
    segment = house.records.segments[told.segment_id]
    state = segments.next_state(segment.state, "accept", "agent")
    house.keep_segment(replace(segment, state=state, expires_us=told.connect_by_us))
    log_segment(house, "segment.accepted", segment)
    if house.contact(segment.contact_id).channel in WRITTEN:
        house.later(lambda: decide(house, m.Connected(segment.id)))  # no wire to wait for
    elif segment.role == "consult":
        asks.ring(house, segment)
    else:
        asks.connect(house, segment)


# --- connected --------------------------------------------------------------------------------------------------------


def talking(house: House, told: m.Talking) -> None:
    """The provider reported Established of both legs: here waiting time and service level stop."""
    segment = house.records.segments[told.segment_id]
    actor: Actor = "system" if house.contact(segment.contact_id).channel in WRITTEN else "provider"
    state = segments.next_state(segment.state, "establish", actor)
    house.keep_segment(replace(segment, state=state, connected_us=house.now_us, expires_us=None))
    if told.stay_id is None:  # a colleague who was asked: nobody waited
        log_segment(house, "segment.connected", segment)
        return
    stay = house.records.stays[told.stay_id]
    end_stay(house, stay, WAITED_FOR[house.contact(stay.contact_id).direction], actor)
    log_segment(house, "segment.connected", segment, wait_us=house.now_us - stay.queued_us)
    recording_notice.forget(house, stay.contact_id)  # whoever answers ends it
    asks.record(house, house.records.segments[segment.id])


def end_stay(house: House, stay: Stay, end: StayEnd, actor: Actor) -> None:
    stays.next_state("waiting", STAY_END_EVENTS[end], actor)
    house.keep_stay(replace(stay, ended_us=house.now_us, end=end))
    house.log(
        "stay.ended",
        contact_id=stay.contact_id,
        stay_id=stay.id,
        data={"end": end, "queue_id": stay.queue_id, "wait_us": house.now_us - stay.queued_us},
    )


# --- ended, wrapped up ------------------------------------------------------------------------------------------------


def wrap_up_started(house: House, told: m.WrapUpStarted) -> None:
    segment_over(house, house.records.segments[told.segment_id], told.until_us)


def segment_over(house: House, segment: Segment, until_us: int | None) -> Segment:
    """The conversation is over; the segment wraps up, at most until then."""
    was = {}
    if segment.state == "parked":  # its wrap-up is work again
        was, segment = {"was": "parked"}, segments.unparked(segment, house.now_us)
    segment = replace(segment, state="wrap_up", ended_us=house.now_us, wrap_up_until_us=until_us, expires_us=None)
    house.keep_segment(segment)
    log_segment(house, "segment.ended", segment, **was)
    if segment.role == "primary":
        asks.end_recording(house, segment.contact_id)
    return segment


def finished(house: House, told: m.Finished) -> None:
    segment = house.records.segments[told.segment_id]
    if told.why == "none":  # a queue without wrap-up: over and done at one instant
        segment = segment_over(house, segment, house.now_us)
    state = segments.next_state(segment.state, "finish", "engine")
    house.keep_segment(replace(segment, state=state, wrap_up_until_us=house.now_us))
    log_segment(house, "segment.finished", segment, why=told.why)
    close_if_done(house, segment.contact_id)


def handed_back(house: House, told: m.HandedBack) -> None:
    """A silent desk's written contact goes back to its queue and waits anew."""
    segment = house.records.segments[told.segment_id]

    def hand_back() -> None:
        queue(house, segment.contact_id, segment.queue_id)  # first: a contact that nobody has would be over
        decide(house, m.End(segment.id))
        if segment.id in house.records.segments:
            decide(house, m.Finish(segment.id))

    house.later(hand_back)


# --- left, closed -----------------------------------------------------------------------------------------------------


def customer_left(house: House, contact_id: str, actor: Actor) -> None:
    """The customer hung up or went away, in whatever state the contact is."""
    stay = house.waiting_stay(contact_id)
    left: Literal["abandoned", "cleared"] = "cleared" if contact_id in house.ours else "abandoned"
    if stay is not None:
        decide(house, m.Leave(stay.id, left))
        if house.waiting_stay(contact_id) is not None:
            raise AssertionError("a contact stays after its customer left")
    free_agents(house, contact_id)
    asks.hang_up_customer(house, contact_id)  # it was not the wire that said so
    if stay is not None:  # they left a wait, whoever may still be wrapping up an earlier conversation
        close(house, contact_id, left)
    else:
        contact = house.records.contacts.get(contact_id)  # None: it was over with its last conversation
        outcome: Outcome = contact.ivr.get("outcome", "handled") if contact is not None else "handled"
        close_if_done(house, contact_id, outcome, gone=True)


def free_agents(house: House, contact_id: str) -> None:
    """Nobody is with the customer any more; what was said is wrapped up."""
    for segment in house.segments(contact_id):
        if segment.role == "consult" and segment.state in ("offered", "connecting"):
            decide(house, m.TakeBack(segment.id, "left"))
        elif segment.state in UNDERWAY or segment.state == "parked":
            decide(house, m.End(segment.id))
            asks.hang_up_agent(house, segment)


def stay_over(house: House, told: m.StayOver) -> None:
    """The stay has left the engine: its customer went, or the recipe's last step runs."""
    stay = house.records.stays[told.stay_id]
    contact = house.contact(stay.contact_id)
    if told.step is not None and contact.id in house.ours:
        end_stay(house, stay, "cleared", "engine")
        house.not_reached.append((contact.id, "limit"))
        return
    if told.step is not None and told.step.kind != "overflow" and contact.ivr.get("node"):
        end_stay(house, stay, "cleared", "engine")
        arrival_us = int(stay.routing.get("arrival_us", stay.queued_us))
        house.keep_contact(replace(contact, ivr={**contact.ivr, "since_us": arrival_us}))
        house.given_back.append((contact.id, "limit"))  # its flow knows what to do now
        return
    if told.step is None:
        end_stay(house, stay, told.end or "cleared", "supervisor" if told.end == "overflowed" else "system")
        return
    match told.step.kind:
        case "overflow" if told.step.queue_id is not None:
            end_stay(house, stay, "overflowed", "engine")
            arrival_us = int(stay.routing.get("arrival_us", stay.queued_us))
            value = int(stay.routing.get("value", 0))
            onward = (told.step.queue_id, value, None, stay.wishes, arrival_us)
            house.later(lambda: queue(house, stay.contact_id, *onward))
        case "voicemail":
            end_stay(house, stay, "voicemail", "engine")
            let_go(house, stay.contact_id, "voicemail")
        case "callback":
            end_stay(house, stay, "called_back", "engine")
            let_go(house, stay.contact_id, "called_back")
        case _:
            end_stay(house, stay, "cleared", "engine")
            let_go(house, stay.contact_id, "message")


def let_go(house: House, contact_id: str, outcome: Outcome) -> None:
    """The contact ends without an agent; a caller is told so and hung up."""
    asks.tell_and_hang_up(house, contact_id, outcome)
    close(house, contact_id, outcome)


def close_if_done(house: House, contact_id: str, outcome: Outcome | None = None, *, gone: bool = False) -> None:
    """A contact is over when nobody waits, serves or wraps up, and the customer is not on the wire any more."""
    contact = house.records.contacts.get(contact_id)
    if contact is None or house.stay_of.get(contact_id) or house.segments_of.get(contact_id):
        return
    if contact.state == "closed":
        house.forget_contact(contact)
    elif gone or asks.customer_leg(house, contact_id) is None:
        close(house, contact_id, outcome or _what_came_of(contact))


def _what_came_of(contact: Contact) -> Outcome:
    """Where somebody served it was handled; of two colleagues one may not have come, and a mail may have been spam."""
    is_told = contact.direction == "internal" or contact.channel == "email"
    outcome: Outcome = contact.ivr.get("outcome", "handled") if is_told else "handled"
    return outcome


def close(house: House, contact_id: str, outcome: Outcome) -> None:
    contact = house.contact(contact_id)
    state = contacts.next_state(contact.state, "close", "system")
    house.log("contact.closed", contact_id=contact_id, data={"outcome": outcome})
    house.keep_contact(replace(contact, state=state, closed_us=house.now_us, outcome=outcome))


# --- what the engine decides ------------------------------------------------------------------------------------------


def decide(house: House, message: m.Message) -> None:
    """Tell the engine and carry out what it decides. Raises Refusal before anything is changed.

    What a decision asks of the engine in turn waits until all decisions of this message stand in the records.
    """
    for decision in house.engine.handle(message, house.now_us):
        house.touched = True
        apply(house, message, decision)
        if (stay_id := getattr(decision, "stay_id", None)) is not None:
            house.refresh_routing(stay_id)
    house.run_later()


def apply(house: House, message: m.Message, decision: m.Decision) -> None:
    match decision:
        case m.Queued():
            assert isinstance(message, m.Enqueue)
            queued(house, decision, message)
        case m.Offered():
            offered(house, decision)
        case m.Consulted():
            consulted(house, decision)
        case m.OfferExtended():
            noted.offer_extended(house, decision)
        case m.Accepted():
            accepted(house, decision)
        case m.OfferOver():
            offer_over(house, decision)
        case m.Talking():
            talking(house, decision)
        case m.HandedBack():
            handed_back(house, decision)
        case m.Parked() | m.Unparked():
            noted.parked(house, decision)
        case m.WrapUpStarted():
            wrap_up_started(house, decision)
        case m.Finished():
            finished(house, decision)
        case m.AgentChanged():
            noted.agent_changed(house, decision)
        case m.Replaced():
            noted.replaced(house, decision)
        case m.Overdue():
            noted.overdue(house, decision)
        case m.Widened():
            noted.widened(house, decision)
        case m.StayOver():
            stay_over(house, decision)
