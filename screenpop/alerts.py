"""What should a supervisor be told of without looking? Rules over the floor as it stands; none remembers anything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from contacts.stay import Stay
from contacts.words import SECOND_US
from screenpop.alert import Alert, Rule
from screenpop.live import asked_by, since_us
from screenpop.model import ReadModel
from screenpop.staff import Part

MINUTE_US = 60 * SECOND_US
COUNTED_MIN = 10  # contacts, below which a service level says little
FAR_BELOW_BP = 2000
NOT_RESPONDING_ALARM_US = 10 * MINUTE_US
UNREACHABLE_WARN_US, UNREACHABLE_ALARM_US = MINUTE_US // 2, 5 * MINUTE_US
# Longer than (warn, alarm) in one state.
LONG_US: Mapping[str, tuple[int, int]] = {
    "away": (30 * MINUTE_US, 60 * MINUTE_US),
    "wrap_up": (5 * MINUTE_US, 15 * MINUTE_US),
    "talking": (30 * MINUTE_US, 60 * MINUTE_US),
    "held": (30 * MINUTE_US, 60 * MINUTE_US),
}


class Level(NamedTuple):
    """A queue's service level of today, as the figures have it."""

    bp: int | None
    counted: int  # contacts that are in it
    since_us: int  # the begin of the day


@dataclass(frozen=True, slots=True)
class Floor:
    model: ReadModel
    levels: Mapping[str, Level]  # by queue
    now_us: int


def alerts(floor: Floor) -> dict[str, Alert]:
    """By id."""
    floor.model.settle()
    found: dict[str, Alert] = {}
    for queue_id in floor.model.names.queues:
        if queue_id in floor.model.queues:
            found |= {alert.id: alert for alert in _of_queue(floor, queue_id)}
    for agent_id in floor.model.staff.profiles:
        found |= {alert.id: alert for alert in _of_agent(floor, agent_id)}
    return found


def _alert(rule: Rule, subject_id: str, since: int, is_alarm: bool) -> Alert:
    return Alert(rule, subject_id, "alarm" if is_alarm else "warn", since)


# --- queues -----------------------------------------------------------------------------------------------------------


def _of_queue(floor: Floor, queue_id: str) -> Iterator[Alert]:
    waiting = list(floor.model.waiting.get(queue_id, {}).values())
    first = min(waiting, key=lambda stay: (stay.promise_us, stay.id), default=None)
    if first is not None and first.promise_us < floor.now_us:
        yield _alert("longest_wait", queue_id, first.promise_us, floor.now_us >= _half_way(first))
    if first is not None and not _is_staffed(floor.model, queue_id):
        yield _alert("no_agent", queue_id, min(stay.queued_us for stay in waiting), True)
    level, target_bp = floor.levels.get(queue_id), floor.model.names.queues[queue_id].target_bp
    if level is not None and level.bp is not None and level.counted >= COUNTED_MIN and level.bp < target_bp:
        yield _alert("service_level", queue_id, level.since_us, level.bp < target_bp - FAR_BELOW_BP)


def _half_way(stay: Stay) -> int:
    """Between the promise and the limit, at which the recipe's last step runs."""
    return (stay.promise_us + stay.limit_us) // 2


def _is_staffed(model: ReadModel, queue_id: str) -> bool:
    asked = asked_by(model, queue_id)
    if asked is None:
        return False
    standings = model.staff.standings(Part(frozenset({asked})))
    return any(standings[standing] for standing in ("ready", "busy", "wrap_up"))


# --- agents -----------------------------------------------------------------------------------------------------------


def _of_agent(floor: Floor, agent_id: str) -> Iterator[Alert]:
    state, now_us = floor.model.state(agent_id), floor.now_us
    if state.not_responding:
        since = floor.model.flagged_us.get(agent_id, state.since_us)
        yield _alert("not_responding", agent_id, since, now_us - since >= NOT_RESPONDING_ALARM_US)
    if state.chosen == "ready" and not state.desk_reachable and state.desk_silent_us is not None:
        silent_us = now_us - state.desk_silent_us
        if silent_us >= UNREACHABLE_WARN_US:
            yield _alert("unreachable", agent_id, state.desk_silent_us, silent_us >= UNREACHABLE_ALARM_US)
    long = [("away", state.since_us)] if state.chosen == "away" else []
    long += [(segment.state, since_us(segment)) for segment in floor.model.held(agent_id)]
    for kind, since in long:
        warn_us, alarm_us = LONG_US.get(kind, (None, 0))
        if warn_us is not None and now_us - since >= warn_us:
            yield _alert("long_state", agent_id, since, now_us - since >= alarm_us)
