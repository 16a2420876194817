"""Is this engine in the same state as that one? All state that influences a decision, in one canonical form.

Caches are left out: masks, shelves, heads, memories of answers. They follow from the rest.
"""

import json
from hashlib import sha256
from typing import Any

from contacts.record import replace
from routing.board import Board, Segment
from routing.deadlines import instant_of, kind_of
from routing.line import Waiting
from routing.policy import as_values


def digest(board: Board) -> str:
    """sha256 of the dump, hex."""
    return sha256(json.dumps(dump(board), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def dump(board: Board) -> dict[str, Any]:
    staff = board.staff
    return {
        "domain": as_values(board.domain),
        "queues": {queue_id: as_values(queue.policy) for queue_id, queue in board.lines.queues.items()},
        "profiles": {
            agent.id: as_values(replace(agent.group.profile, agent_id=agent.id))
            for agent in staff.agents.values()
            if agent.group is not None
        },
        "agents": {agent_id: facts(board, agent_id) for agent_id in staff.agents},
        "stays": {stay.id: _stay(stay) for stay in board.stays.values()},
        "segments": {segment.id: _segment(segment) for segment in board.segments.values()},
        "deadlines": [[instant_of(due), kind_of(due), subject] for due, subject in board.deadlines.all()],
        "counters": counters(board),
    }


def counters(board: Board) -> dict[str, Any]:
    return {"choices": board.choices}


def stay_routing(stay: Waiting) -> dict[str, Any]:
    """What a stay's columns do not hold. `arrival_us` and `value` are for the next queue."""
    routing: dict[str, Any] = {"arrival_us": stay.arrival_us, "value": stay.value}
    if stay.overdue:
        routing["overdue"] = True
    if stay.refusals:
        routing["refusals"] = stay.refusals
    if stay.widened:
        routing["widened"] = stay.widened
    if stay.pauses:
        routing["pauses"] = dict(stay.pauses)
    return routing


def facts(board: Board, agent_id: str) -> list[Any]:
    """Who set the chosen state is left out: it is written by the journey and decides nothing."""
    state = board.staff.agents[agent_id].state(board.domain_id)
    return [
        state.chosen, state.reason, state.next_chosen, state.not_responding, state.since_us, state.last_ended_us,
        state.desk_reachable, state.desk_silent_us, state.phone_reachable,
    ]  # fmt: skip


def _stay(stay: Waiting) -> dict[str, Any]:
    wishes = stay.wishes
    return stay_routing(stay) | {
        "contact": stay.contact_id,
        "queue": stay.line.queue.policy.queue_id,
        "requirement": stay.line.requirement,
        "channel": stay.line.channel,
        "at_us": [stay.place_us, stay.queued_us, stay.promise_us, stay.limit_us],
        "offers": sorted(offer.id for offer in stay.offers),
        "wishes": wishes and [wishes.preferred_agent_id, sorted(wishes.excluded_agent_ids), wishes.only_agent_id],
    }


def _segment(segment: Segment) -> list[Any]:
    return [
        segment.agent.id, segment.state, segment.queue.policy.queue_id, segment.channel, segment.exclusive,
        segment.manual, segment.stay.id if segment.stay else None, segment.interrupted,
    ]  # fmt: skip
