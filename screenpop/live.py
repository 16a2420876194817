"""What does a supervisor see of the floor? Its queues, agents and contacts, as far as their scope reaches."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from contacts.segment import Segment
from screenpop import alert, staff
from screenpop.desk import ms
from screenpop.model import ReadModel
from screenpop.scope import Scope
from screenpop.staff import Asked, Cell

Record = dict[str, Any]
Shown = Literal["waiting", "offered", "connecting", "talking", "held", "parked", "wrap_up"]
# Of several segments on one contact that one is named which the customer notices most.
FOREMOST: dict[str, Shown] = {
    "talking": "talking", "held": "held", "connecting": "connecting", "preview": "offered", "offered": "offered",
}  # fmt: skip


def snapshot(model: ReadModel, scope: Scope) -> dict[str, Record]:
    """Every record of the floor that this scope shows."""
    return render(model, scope, keys(model, scope))[0]


def keys(model: ReadModel, scope: Scope) -> list[str]:
    """Of every record that this scope shows, in order."""
    of: dict[str, Iterable[str]] = {
        "queue": model.queues, "agent": model.staff.profiles, "contact": model.contacts, "alert": model.alerts,
    }  # fmt: skip
    found = [
        f"{kind}/{subject_id}"
        for kind in scope.kinds
        for subject_id in of[kind]
        if _seen(model, scope, f"{kind}/{subject_id}")[0]
    ]
    return sorted(found)


def render(model: ReadModel, scope: Scope, keys: Iterable[str]) -> tuple[dict[str, Record], list[str]]:
    """(put, drop) of these keys as they are now. One that cannot be made is left out, and the others are shown."""
    seen, gone = look(model, scope, sort_out(model, keys))
    return {key: made for key in seen if (made := record(model, key)) is not None}, gone


@dataclass(slots=True)
class Sorted:
    """Keys by who may see them, so that a scope is asked once for many."""

    agents: dict[Cell | None, list[str]] = field(default_factory=dict)  # None: those who are gone
    of_companies: dict[str | None, list[str]] = field(default_factory=dict)  # queues and contacts
    alerts: list[str] = field(default_factory=list)


def sort_out(model: ReadModel, keys: Iterable[str]) -> Sorted:
    found = Sorted()
    for key in sorted(keys):
        kind, _, subject_id = key.partition("/")
        match kind:
            case "agent":
                group = model.staff.group_of.get(subject_id)
                found.agents.setdefault(group.cell if group else None, []).append(key)
            case "queue":
                company_id = model.queues.get(subject_id, {}).get("company_id")
                found.of_companies.setdefault(company_id, []).append(key)
            case "contact":
                contact = model.contacts.get(subject_id)
                company_id = contact.company_id if contact else model.departed.get(subject_id)
                found.of_companies.setdefault(company_id, []).append(key)
            case _:
                found.alerts.append(key)
    return found


def look(model: ReadModel, scope: Scope, keys: Sorted) -> tuple[list[str], list[str]]:
    """(seen, gone) of these keys. Of another company's nothing is told, not even that it is gone."""
    seen_now: list[str] = []
    gone: list[str] = []
    if "agent" in scope.kinds:
        for cell, of_cell in keys.agents.items():
            if cell is not None and scope.sees_agent(*cell):
                seen_now += of_cell
            else:
                gone += [key for key in of_cell if _saw_agent(model, scope, key.removeprefix("agent/"))]
    one_by_one = [of for company_id, of in keys.of_companies.items() if scope.sees_company(company_id)]
    for key in itertools.chain(*one_by_one, keys.alerts):
        if key.partition("/")[0] not in scope.kinds:
            continue
        seen, concerns = _seen(model, scope, key)
        if seen:
            seen_now.append(key)
        elif concerns:
            gone.append(key)
    return seen_now, gone


def record(model: ReadModel, key: str) -> Record | None:
    """The same for all who see it. None: it cannot be made, and is among `unshown` now."""
    kind, _, subject_id = key.partition("/")
    try:
        return _RECORDS[kind](model, subject_id)
    except Exception as error:  # a fault of ours in one of them must not keep the others from anybody
        model.unshown[key] = type(error).__name__
        return None


# --- who sees what: (is seen, may have been seen before) --------------------------------------------------------------


def _seen(model: ReadModel, scope: Scope, key: str) -> tuple[bool, bool]:
    """Of whatever kind it is."""
    kind, _, subject_id = key.partition("/")
    try:
        return _LOOK[kind](model, scope, subject_id)
    except Exception as error:  # as in `record`
        model.unshown[key] = type(error).__name__
        return False, False


def sees_queues(scope: Scope, company_id: str) -> bool:
    return "queue" in scope.kinds and scope.sees_company(company_id)


def _queue_seen(model: ReadModel, scope: Scope, queue_id: str) -> tuple[bool, bool]:
    concerns = scope.sees_company(model.queues.get(queue_id, {}).get("company_id"))
    return concerns and queue_id in model.names.queues, concerns


def _agent_seen(model: ReadModel, scope: Scope, agent_id: str) -> tuple[bool, bool]:
    group = model.staff.group_of.get(agent_id)
    seen = group is not None and scope.sees_agent(group.company_ids, group.team_id)
    return seen, seen or _saw_agent(model, scope, agent_id)


def _saw_agent(model: ReadModel, scope: Scope, agent_id: str) -> bool:
    """Where the agent was before."""
    return any(scope.sees_agent(*cell) for cell in model.staff.moved.get(agent_id, ()))


def _contact_seen(model: ReadModel, scope: Scope, contact_id: str) -> tuple[bool, bool]:
    contact = model.contacts.get(contact_id)
    company_id = contact.company_id if contact else model.departed.get(contact_id)
    if company_id is None or not scope.sees_company(company_id):
        return False, False
    if contact is None:
        return False, True
    serving = model.segments_on.get(contact_id, ())
    if contact_id in model.stay_of:
        return True, True  # whoever may assign it sees it
    if scope.sees_whole_company(company_id):
        return bool(serving), True
    return any(_agent_seen(model, scope, model.segments[s].agent_id)[0] for s in serving), True


def _alert_seen(model: ReadModel, scope: Scope, alert_id: str) -> tuple[bool, bool]:
    rule, subject_id = alert.subject_of(alert_id)
    look = _queue_seen if rule in alert.OF_QUEUES else _agent_seen
    seen, concerns = look(model, scope, subject_id)
    return seen and alert_id in model.alerts, concerns


# --- records ----------------------------------------------------------------------------------------------------------


def queue(model: ReadModel, queue_id: str) -> Record:
    config, named = model.queues[queue_id], model.names.queues[queue_id]
    return {
        "id": queue_id,
        "name": named.name,
        "company_id": config["company_id"],
        "company": named.company,
        "closed": bool(config.get("closed")),
        "service_level_s": named.service_level_s,
        "target_bp": named.target_bp,
        "promise_s": config.get("promise_s", 120),
    }


def agent(model: ReadModel, agent_id: str) -> Record:
    state, named, group = model.state(agent_id), model.names.agents.get(agent_id), model.staff.group_of[agent_id]
    load, units = model.load(agent_id)
    return {
        "id": agent_id,
        "name": named.name if named else "",
        "team_id": group.team_id,
        "team": named.team if named else None,
        "chosen": state.chosen,
        "reason": state.reason,
        "next_chosen": state.next_chosen,
        "not_responding": state.not_responding,
        "desk_reachable": state.desk_reachable,
        "phone_reachable": state.phone_reachable,
        "since_ms": ms(state.since_us),
        "load": load,
        "units": units,
        "skills": dict(group.skills),
        "queues": list(queues_of(model, agent_id)),
        "holds": [_held(model, segment) for segment in model.held(agent_id)],
    }


def queues_of(model: ReadModel, agent_id: str) -> list[str]:
    """The queues this agent may serve."""
    group = model.staff.group_of[agent_id]
    if group not in model.served:
        asked = {queue_id: asked_by(model, queue_id) for queue_id in model.names.queues}
        serves = {each: each is not None and group.serves(each) for each in set(asked.values())}
        model.served[group] = sorted(queue_id for queue_id, each in asked.items() if serves[each])
    return model.served[group]


def asked_by(model: ReadModel, queue_id: str) -> Asked | None:
    return staff.asked_by(model.queues.get(queue_id))


def _held(model: ReadModel, segment: Segment) -> Record:
    contact = model.contacts.get(segment.contact_id)
    return {
        "segment_id": segment.id,
        "contact_id": segment.contact_id,
        "channel": contact.channel if contact else None,
        "queue_id": segment.queue_id,
        "state": segment.state,
        "role": segment.role,
        "since_ms": ms(since_us(segment)),
    }


def since_us(segment: Segment) -> int:
    """Since when it is in its state, as far as the record says."""
    match segment.state:
        case "talking" | "held":
            return segment.connected_us or segment.offered_us
        case "wrap_up":
            return segment.ended_us or segment.offered_us
        case "parked":
            return segment.connected_us or segment.offered_us
        case _:
            return segment.offered_us


def contact(model: ReadModel, contact_id: str) -> Record:
    shown = model.contacts[contact_id]
    segments = [model.segments[s] for s in sorted(model.segments_on.get(contact_id, ()))]
    waits = model.stay_of.get(contact_id)
    stay = model.stays.get(waits or segments[-1].stay_id)
    routing: Mapping[str, Any] = stay.routing if stay else {}
    return {
        "id": contact_id,
        "channel": shown.channel,
        "company_id": shown.company_id,
        "customer_id": shown.customer_id,
        "number": shown.number,
        "queue_id": stay.queue_id if stay else segments[-1].queue_id,
        "state": _state(waits is not None, segments),
        "value": shown.value,
        "queued_ms": ms(stay.queued_us) if stay else None,
        "promise_ms": ms(stay.promise_us) if stay else None,
        "limit_ms": ms(stay.limit_us) if stay else None,
        "overdue": waits is not None and bool(routing.get("overdue")),
        "agents": [segment.agent_id for segment in segments],
    }


def _state(waits: bool, segments: list[Segment]) -> Shown:
    states = {segment.state for segment in segments}
    for state, shown in FOREMOST.items():
        if state in states:
            return shown
    if waits:
        return "waiting"
    return "parked" if "parked" in states else "wrap_up"


def _alert(model: ReadModel, alert_id: str) -> Record:
    return alert.record(model.alerts[alert_id], alert_id in model.seen)


_LOOK = {"queue": _queue_seen, "agent": _agent_seen, "contact": _contact_seen, "alert": _alert_seen}
_RECORDS = {"queue": queue, "agent": agent, "contact": contact, "alert": _alert}
