"""What do we ask of a telephony provider? Effects: written by the turn that decides them, carried out after it.

By webhook all verbs are repeatable: the provider treats a repeated id as the same command (design.md, 'The turn').
"""

from collections.abc import Mapping
from typing import Any, Literal

from app import whispering
from app.house import House
from contacts.contact import Contact, Outcome, Recording, recording_of
from contacts.effect import ARI, ONCE_OVER_ARI, Effect, TelephonyVerb
from contacts.leg import Leg, LegRole
from contacts.notice import permission
from contacts.record import replace
from contacts.segment import Segment

# Over when the provider says so, whoever has gone.
RECORDINGS = ("telephony.record", "telephony.record_message", "telephony.receive_fax", "telephony.send_fax")
# Why nobody answered a phone that we rang; whatever else the telephone system says is a failure.
WHY_NOT: Mapping[str, Literal["busy", "no_answer"]] = {
    "busy": "busy", "no_answer": "no_answer", "no_response": "no_answer", "normal": "no_answer",
}  # fmt: skip
KEPT_FOR_US = 24 * 3600 * 1_000_000  # so long a recording may wait for a provider that is away


def ask(house: House, leg: Leg, verb: TelephonyVerb, **args: Any) -> Effect:
    once = leg.provider.startswith(ARI) and verb in ONCE_OVER_ARI
    effect = Effect(
        id=house.new_id(),
        domain_id=leg.domain_id,
        contact_id=leg.contact_id,
        leg_id=leg.id,
        kind=f"telephony.{verb}",
        once=once,
        provider=leg.provider,
        args={"do": verb, "leg": leg.provider_ref, **args},
        state="sent" if once else "due",
        not_after_us=house.now_us + house.effect_life_us,
    )
    house.keep_effect(effect, new=True)
    return effect


def new_leg(house: House, segment: Segment, provider: str, role: LegRole, agent_id: str, leg_id: str) -> Leg:
    """A wire to somebody's phone, which has our own name for it. What shall be done with it is asked beside."""
    leg = Leg(
        id=leg_id, domain_id=segment.domain_id, contact_id=segment.contact_id, provider=provider, provider_ref=leg_id,
        role=role, state="initiated", agent_id=agent_id, checked_us=house.now_us,
    )  # fmt: skip
    house.keep_leg(leg, new=True)
    return leg


def connect(house: House, segment: Segment) -> None:
    """Ring the agent's phone, answer the customer, bridge them: one command, two Established to come back."""
    customer = customer_leg(house, segment.contact_id)
    if customer is None:
        ring_first(house, segment)
        return  # or the customer's hang-up is on its way; the connect limit ends the segment
    rung, told = rung_for(house, segment), whispering.args(house, segment)
    if rung is not None:  # their phone rings already, or was picked up
        ask(house, customer, "connect", **{"with": rung.provider_ref, "agent": segment.agent_id, "rung": True}, **told)
        return
    leg = new_leg(house, segment, customer.provider, "agent", segment.agent_id, house.new_id())
    ask(house, customer, "connect", **{"with": leg.provider_ref, "agent": segment.agent_id}, **told)


def ring_first(house: House, segment: Segment) -> None:
    """Where we call, the agent's phone comes first: nobody is rung whom nobody would speak with."""
    reach = house.contact(segment.contact_id).ivr.get("reach")
    if reach is not None:
        leg = new_leg(house, segment, str(reach["provider"]), "agent", segment.agent_id, house.new_id())
        ask(house, leg, "ring", agent=segment.agent_id, **whispering.args(house, segment))


def ring_customer(house: House, contact: Contact, provider: str) -> None:
    """Before anybody of ours is on the line. Their number the carrier looks up."""
    leg = Leg(
        id=(leg_id := house.new_id()), domain_id=contact.domain_id, contact_id=contact.id, provider=provider,
        provider_ref=leg_id, role="customer", state="initiated", checked_us=house.now_us,
    )  # fmt: skip
    house.keep_leg(leg, new=True)
    ask(house, leg, "ring", outside=True)


def dial(house: House, own: Leg, role: LegRole = "customer", **args: Any) -> None:
    """Somebody is on the line: now a phone outside. Whose number a customer has, the carrier looks up."""
    leg = Leg(
        id=(leg_id := house.new_id()), domain_id=own.domain_id, contact_id=own.contact_id, provider=own.provider,
        provider_ref=leg_id, role=role, state="initiated", checked_us=house.now_us,
    )  # fmt: skip
    house.keep_leg(leg, new=True)
    ask(house, own, "dial", **{"with": leg.provider_ref}, **args)


def ring_with_offer(house: House, segment: Segment) -> None:
    """Where the queue says so the agent's phone rings with the offer: picking it up accepts."""
    customer = customer_leg(house, segment.contact_id)
    queue = house.records.config.get(("queue", segment.queue_id))
    wanted = queue is not None and (queue.values or {}).get("ring") == "with_offer"
    if customer is None or not wanted or not customer.provider.startswith(ARI):
        return
    leg = new_leg(house, segment, customer.provider, "agent", segment.agent_id, segment.id)
    ask(house, leg, "ring", agent=segment.agent_id, **{"for": customer.provider_ref, "offer": segment.id})


def rung_for(house: House, segment: Segment) -> Leg | None:
    """The wire of the phone that rings with this offer: it has the segment's id."""
    return house.records.legs.get(segment.id)


def ring(house: House, segment: Segment) -> None:
    """Ring a colleague's phone: a wire of its own, in no conversation yet."""
    customer = customer_leg(house, segment.contact_id)
    internal: Mapping[str, str] | None = house.contact(segment.contact_id).ivr.get("internal")
    if internal is not None:
        provider = internal["provider"]
    elif customer is not None:
        provider = customer.provider
    else:
        return  # the customer's hang-up is on its way
    leg = new_leg(house, segment, provider, "consult", segment.agent_id, house.new_id())
    ask(house, leg, "ring", agent=segment.agent_id)


def join(house: House, segment: Segment, agent_id: str | None) -> None:
    """Bring a colleague's wire into the conversation in which this agent is, None = the customer. Twice is as once."""
    legs = {leg.agent_id: leg for leg in house.legs(segment.contact_id)}
    mine, theirs = wire_of(house, segment), legs.get(agent_id)
    if mine is not None and theirs is not None:
        ask(house, mine, "join", **{"with": theirs.provider_ref})


def customer_leg(house: House, contact_id: str) -> Leg | None:
    return next((leg for leg in house.legs(contact_id) if leg.role == "customer"), None)


def wire_of(house: House, segment: Segment) -> Leg | None:
    """The agent's latest; that of an earlier conversation may not be down yet."""
    return next((leg for leg in reversed(house.legs(segment.contact_id)) if leg.agent_id == segment.agent_id), None)


def hang_up(house: House, leg: Leg) -> None:
    if not is_hung_up(house, leg):
        ask(house, leg, "hang_up")


def is_hung_up(house: House, leg: Leg) -> bool:
    """Whether we have asked for it already."""
    return any(e.leg_id == leg.id and e.kind == "telephony.hang_up" for e in house.effects(leg.contact_id))


def hang_up_agent(house: House, segment: Segment) -> None:
    for leg in house.legs(segment.contact_id):
        if leg.agent_id == segment.agent_id:
            hang_up(house, leg)


def hang_up_rung(house: House, segment: Segment) -> None:
    leg = rung_for(house, segment)
    if leg is not None:
        hang_up(house, leg)


def outside_leg(house: House, contact_id: str) -> Leg | None:
    return next((leg for leg in house.legs(contact_id) if leg.role == "outside"), None)


def hang_up_customer(house: House, contact_id: str) -> None:
    leg = customer_leg(house, contact_id)
    if leg is not None:
        hang_up(house, leg)


def hang_up_rest(house: House, contact_id: str) -> None:
    for leg in house.legs(contact_id):
        hang_up(house, leg)


def tell_and_hang_up(house: House, contact_id: str, outcome: Outcome) -> None:
    """The caller hears why nobody comes, and is let go."""
    leg = customer_leg(house, contact_id)
    if leg is not None:
        word = ask(house, leg, "play", prompt=outcome)
        if leg.provider.startswith(ARI):
            ask(house, leg, "hang_up", after=word.id)
        else:
            hang_up(house, leg)


def hold(house: House, segment: Segment, verb: TelephonyVerb) -> None:
    """`hold` or `retrieve` of the customer's leg; the segment follows when the provider reports it."""
    leg = customer_leg(house, segment.contact_id)
    if leg is not None:
        ask(house, leg, verb)


def forget_asks(house: House, leg: Leg) -> None:
    """A cleared leg needs nothing more; what this very turn asked of it need not be asked at all."""
    house.drop_undone(e for e in house.effects(leg.contact_id) if e.leg_id == leg.id)
    for effect in house.effects(leg.contact_id):
        if (
            effect.once
            and effect.kind not in RECORDINGS
            and leg.provider_ref in (effect.args.get("with"), effect.args.get("leg"))
        ):
            house.keep_effect(replace(effect, state="done"))  # nothing more can come of it


# --- recordings -------------------------------------------------------------------------------------------------------


def record(house: House, segment: Segment) -> None:
    """A part of the conversation's recording begins, unless one is going on, it is paused or not to be recorded.

    It is paused as long as the customer does not know of it (recording_notice.py).
    """
    leg = customer_leg(house, segment.contact_id)
    contact = house.contact(segment.contact_id)
    if leg is None or not is_recorded(house, leg, segment.queue_id) or recording_of(contact) is not None:
        return
    may = permission(house.notice_rule(contact), contact)
    if may == "open":
        _keep_state(house, contact.id, "paused")
    if may != "given":
        return
    part = int(contact.ivr.get("parts", 0)) + 1
    house.keep_contact(replace(contact, ivr={**contact.ivr, "parts": part}))
    _keep_state(house, contact.id, "on")
    lanes = {"stereo": True} if _is_stereo(house, segment.queue_id) else {}
    ask(house, leg, "record", part=part, segment=segment.id, began_us=house.now_us, **lanes)


def is_recorded(house: House, leg: Leg, queue_id: str) -> bool:
    """Whether conversations of this queue are, on such a wire."""
    queue = house.records.config.get(("queue", queue_id))
    return queue is not None and (queue.values or {}).get("recording") == "always" and leg.provider.startswith(ARI)


def _is_stereo(house: House, queue_id: str) -> bool:
    queue = house.records.config.get(("queue", queue_id))
    return queue is not None and (queue.values or {}).get("recording_channels") == "stereo"


def stop_recording(house: House, contact_id: str) -> None:
    """The customer is held: what is paused stays so when they come back."""
    _end_part(house, contact_id)
    contact = house.records.contacts.get(contact_id)
    if contact is not None and recording_of(contact) == "on":
        _keep_state(house, contact_id, None)


def end_recording(house: House, contact_id: str) -> None:
    """Whoever had the contact has it no longer; with the next one it begins anew."""
    _end_part(house, contact_id)
    _keep_state(house, contact_id, None)


def pause_recording(house: House, contact_id: str) -> None:
    _end_part(house, contact_id)
    _keep_state(house, contact_id, "paused")


def resume_recording(house: House, segment: Segment) -> None:
    _keep_state(house, segment.contact_id, None)
    record(house, segment)


def part_over(house: House, effect: Effect) -> bool:
    """A part has ended, or never was. Whether nobody told it to: then nothing is recorded any more."""
    contact = house.records.contacts.get(effect.contact_id)
    if contact is None or recording_of(contact) != "on" or contact.ivr.get("parts") != effect.args.get("part"):
        return False
    _keep_state(house, contact.id, None)
    return True


def _keep_state(house: House, contact_id: str, state: Recording | None) -> None:
    """Beside the flow's place, where a rebuild finds it."""
    contact = house.records.contacts.get(contact_id)
    if contact is None or recording_of(contact) == state:
        return
    kept = {name: value for name, value in contact.ivr.items() if name != "recording"}
    house.keep_contact(replace(contact, ivr=kept | ({"recording": state} if state else {})))


def _end_part(house: House, contact_id: str) -> None:
    for effect in _recording(house, contact_id):
        leg = house.records.legs.get(effect.leg_id or "")
        if leg is not None:  # without it the recording has ended with the conversation
            ask(house, leg, "stop_recording", recording=effect.id)


def keep_recording(house: House, recorded: Effect, seconds: float, contact_id: str, kind: str) -> None:
    """Brought from the provider into our own files, however long it takes."""
    args = {
        "do": "keep_recording", "recording": recorded.id, "kind": kind, "seconds": round(seconds, 1),
        "part": recorded.args.get("part", 1), "segment": recorded.args.get("segment"),
        "began_us": recorded.args.get("began_us", house.now_us - int(seconds * 1_000_000) * house.speed),
        **({"stereo": True} if recorded.args.get("stereo") else {}),
    }  # fmt: skip
    effect = Effect(
        id=house.new_id(), domain_id=recorded.domain_id, contact_id=contact_id, leg_id=None,
        kind="telephony.keep_recording", once=False, provider=recorded.provider, args=args,
        not_after_us=house.now_us + KEPT_FOR_US * house.speed,
    )  # fmt: skip
    house.keep_effect(effect, new=True)


def _recording(house: House, contact_id: str) -> list[Effect]:
    """The part that is going on, and was not told to stop."""
    effects = house.effects(contact_id)
    stopped = {each.args.get("recording") for each in effects if each.kind == "telephony.stop_recording"}
    return [each for each in effects if each.kind == "telephony.record" and each.id not in stopped]


# --- while they wait --------------------------------------------------------------------------------------------------


def answer(house: House, contact_id: str) -> None:
    leg = customer_leg(house, contact_id)
    if leg is not None:
        ask(house, leg, "answer")


def receive_fax(house: House, contact_id: str) -> None:
    leg = customer_leg(house, contact_id)
    if leg is not None:
        ask(house, leg, "receive_fax")


def hear_fax(house: House, contact_id: str) -> None:
    """Whoever calls may be a fax machine: its tone is told."""
    leg = customer_leg(house, contact_id)
    if leg is not None and leg.provider.startswith(ARI):
        ask(house, leg, "hear_fax")


def wait(house: House, contact_id: str) -> None:
    """Music until an agent is there; a provider of its own decides by itself what its callers hear."""
    leg = customer_leg(house, contact_id)
    if leg is not None and leg.provider.startswith(ARI):
        ask(house, leg, "wait")
