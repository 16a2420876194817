"""What does a decision of the engine leave in the records and the log, where nothing else follows from it?"""

from app.house import House
from contacts import segment as segments
from contacts.events import EventKind
from contacts.record import replace
from contacts.segment import Segment
from routing import messages as m

AGENT_EVENTS: dict[str, EventKind] = {
    "chose": "agent.chose",
    "next_chosen": "agent.chose",
    "flagged": "agent.flagged",
    "flag_cleared": "agent.flag_cleared",
    "reachable": "agent.reachable",
    "unreachable": "agent.unreachable",
}


def offer_extended(house: House, told: m.OfferExtended) -> None:
    segment = house.records.segments[told.segment_id]
    house.keep_segment(replace(segment, expires_us=told.expires_us))


def parked(house: House, told: m.Parked | m.Unparked) -> None:
    segment = house.records.segments[told.segment_id]
    match told:
        case m.Parked(interrupted_by=None):
            house.keep_segment(segments.parked(segment, house.now_us))
            log_segment(house, "segment.parked", segment)
        case m.Parked(interrupted_by=other):
            house.keep_segment(segments.parked(segment, house.now_us, interrupted=True))
            log_segment(house, "segment.parked", segment, actor="engine", interrupted=True, by_segment_id=other)
        case m.Unparked(returned=returned):
            house.keep_segment(segments.unparked(segment, house.now_us))
            log_segment(house, "segment.unparked", segment, actor="engine" if returned else None)


def overdue(house: House, told: m.Overdue) -> None:
    stay = house.records.stays[told.stay_id]
    house.log("stay.overdue", actor="engine", contact_id=stay.contact_id, stay_id=stay.id)


def widened(house: House, told: m.Widened) -> None:
    stay = house.records.stays[told.stay_id]
    house.keep_stay(replace(stay, requirement=told.requirement))
    house.log("stay.widened", actor="engine", contact_id=stay.contact_id, stay_id=stay.id)


def replaced(house: House, told: m.Replaced) -> None:
    """A person gave the contact another value: it stands at another place."""
    stay = house.records.stays[told.stay_id]
    house.keep_stay(replace(stay, place_us=told.place_us))
    house.keep_contact(replace(house.contact(stay.contact_id), value=told.value))
    data = {"value": told.value, "place_us": told.place_us}
    house.log("stay.reprioritised", contact_id=stay.contact_id, stay_id=stay.id, data=data)


def agent_changed(house: House, told: m.AgentChanged) -> None:
    state = house.engine.agent_state(told.agent_id)
    before = house.records.agents.get(told.agent_id)
    set_by = house.chooser if told.why in ("chose", "next_chosen") else None
    # A wish for later takes effect in somebody else's command: it stays the choice of the person who made it.
    house.keep_agent(replace(state, set_by=set_by or (before.set_by if before else None)))
    if kind := AGENT_EVENTS.get(told.why):
        data = {"chosen": state.chosen, "reason": state.reason, "next": state.next_chosen}
        if kind == "agent.chose":
            data["was"] = house.choose(told.agent_id, state.chosen)
        house.log(kind, agent_id=told.agent_id, data={k: v for k, v in data.items() if v is not None})


def log_segment(house: House, kind: EventKind, segment: Segment, *, actor: str | None = None, **data: object) -> None:
    house.log(
        kind,
        actor=actor,
        contact_id=segment.contact_id,
        stay_id=segment.stay_id,
        segment_id=segment.id,
        agent_id=segment.agent_id,
        data=data,
    )
