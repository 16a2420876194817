"""How does a supervisor hear a conversation? By their own phone: nobody hears them, the agent alone does, or all do.

Their wire is a leg of the contact and no segment: it is no work on it. It ends with the agent's or the caller's.
"""

from app import asks
from app import commands as c
from app.house import House
from contacts.effect import ARI
from contacts.leg import Leg
from contacts.segment import Segment
from routing import messages as m


def monitor(house: House, command: c.Monitor) -> c.Reply:
    segment = house.records.segments.get(command.segment_id)
    if segment is None or segment.state not in ("talking", "held"):
        raise m.Refusal("monitor.nobody_talks", 409, "segment_id")
    mine = _listening(house, segment.contact_id, command.agent_id)
    if command.mode is None:
        if mine is not None:
            asks.hang_up(house, mine)
        return c.Reply(200, {"segment_id": segment.id})
    theirs = _wire_of(house, segment)
    if theirs is None:
        raise m.Refusal("monitor.not_here", 409, "segment_id")
    if mine is not None:
        asks.ask(house, mine, "change_monitor", of=theirs.provider_ref, mode=command.mode)
        return c.Reply(200, {"segment_id": segment.id})
    _require_free(house, segment, command.agent_id)
    leg = asks.new_leg(house, segment, theirs.provider, "monitor", command.agent_id, house.new_id())
    asks.ask(house, leg, "monitor", of=theirs.provider_ref, mode=command.mode, agent=command.agent_id)
    return c.Reply(200, {"segment_id": segment.id})


def hang_up_listeners(house: House, contact_id: str) -> None:
    """There is nobody to listen to any more."""
    for leg in house.legs(contact_id):
        if leg.role == "monitor":
            asks.hang_up(house, leg)


def _wire_of(house: House, segment: Segment) -> Leg | None:
    """The agent's; None: it is of a provider that cannot be listened in on."""
    legs = (leg for leg in house.legs(segment.contact_id) if leg.agent_id == segment.agent_id)
    return next((leg for leg in legs if leg.role != "monitor" and leg.provider.startswith(ARI)), None)


def _listening(house: House, contact_id: str, agent_id: str) -> Leg | None:
    legs = house.legs(contact_id)
    return next((leg for leg in legs if leg.role == "monitor" and leg.agent_id == agent_id), None)


def _require_free(house: House, segment: Segment, agent_id: str) -> None:
    state = house.records.agents.get(agent_id)
    if state is None or not state.phone_reachable:
        raise m.Refusal("monitor.no_phone", 409, "agent_id")
    if any(each.agent_id == agent_id for each in house.segments(segment.contact_id)):
        raise m.Refusal("monitor.oneself", 409, "agent_id")
