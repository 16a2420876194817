"""What does an agent see of themselves and of what they hold? Integers and ids; times in milliseconds."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from contacts.acts import possible
from contacts.contact import Contact, Recording, outside_of, recording_of
from contacts.presence import AgentState
from contacts.segment import Segment

NO_LOAD = frozenset({"parked"})
NO_NAMES: Mapping[str, str] = MappingProxyType({})


def ms(at_us: int | None) -> int | None:
    return None if at_us is None else at_us // 1000


def me(state: AgentState, name: str, load_units: int, capacity_units: int) -> dict[str, Any]:
    return {
        "agent_id": state.agent_id,
        "name": name,
        "chosen": state.chosen,
        "reason": state.reason,
        "next_chosen": state.next_chosen,
        "not_responding": state.not_responding,
        "desk_reachable": state.desk_reachable,
        "phone_reachable": state.phone_reachable,
        "since_ms": ms(state.since_us),
        "load": load_units,
        "units": capacity_units,
    }


def segment(
    held: Segment,
    contact: Contact | None,
    queued_us: int,
    queue_name: str,
    others: Sequence[Segment] = (),
    names: Mapping[str, str] = NO_NAMES,
) -> dict[str, Any]:
    """`others`: the other live segments of the contact; `names` of agents."""
    return {
        "id": held.id,
        "contact_id": held.contact_id,
        "channel": contact.channel if contact else None,
        "direction": contact.direction if contact else None,
        "company_id": contact.company_id if contact else None,
        "customer_id": contact.customer_id if contact else None,
        "number": contact.number if contact else None,
        "queue_id": held.queue_id,
        "queue": queue_name,
        "state": held.state,
        "interrupted": held.interrupted,
        "role": held.role,
        "with": [_colleague(other, names) for other in sorted(others, key=lambda other: other.id)],
        "may": _may(held, contact, others) if contact else [],
        "recording": _recording(held, contact),
        "outside": _outside(held, contact),
        "manual": held.manual,
        "queued_ms": ms(queued_us),
        "offered_ms": ms(held.offered_us),
        "expires_ms": ms(held.expires_us),
        "connected_ms": ms(held.connected_us),
        "wrap_up_since_ms": ms(held.ended_us) if held.state == "wrap_up" else None,
        "wrap_up_until_ms": ms(held.wrap_up_until_us) if held.state == "wrap_up" else None,
    }


def _may(held: Segment, contact: Contact, others: Sequence[Segment]) -> list[str]:
    return sorted(possible(held, others, contact.channel, recording_of(contact), outside_of(contact)))


def _outside(held: Segment, contact: Contact | None) -> dict[str, str] | None:
    """Whom the agent called beside the customer; of those who have the contact or are in conference."""
    outside = contact.ivr.get("outside") if contact is not None else None
    if outside is None or held.role not in ("primary", "conference") or held.state not in ("talking", "held"):
        return None
    return {"number": outside["number"], "state": outside["state"]}


def _recording(held: Segment, contact: Contact | None) -> Recording | None:
    """Of those who are with the customer; whoever is only asked is not in it."""
    is_with = held.role in ("primary", "conference") and held.state in ("talking", "held")
    return recording_of(contact) if contact is not None and is_with else None


def _colleague(other: Segment, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "segment_id": other.id,
        "agent_id": other.agent_id,
        "agent": names.get(other.agent_id, ""),
        "role": other.role,
        "state": other.state,
    }


def load(held: Iterable[Segment], contacts: Mapping[str, Contact], capacity: Mapping[str, Any]) -> int:
    """Units held: every live segment costs what its channel costs, parked ones nothing (semantics.md)."""
    costs: Mapping[str, int] = capacity.get("costs", {})
    return sum(
        costs.get(contacts[s.contact_id].channel, 0)
        for s in held
        if s.state not in NO_LOAD and s.contact_id in contacts
    )
