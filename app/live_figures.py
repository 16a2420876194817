"""Which figures stand beside a queue of the live view? The room of figures and the read model, joined."""

from collections.abc import Iterable, Sequence
from typing import Any

from analytics import metrics
from analytics.tally import Tally
from analytics.today import Today
from analytics.worked import Hours
from contacts.stay import Stay
from screenpop import live
from screenpop.alerts import Level
from screenpop.model import ReadModel
from screenpop.scope import Scope
from screenpop.staff import Group

Figures = dict[str, Any]


def of_scope(model: ReadModel, today: Today, scope: Scope, now_us: int) -> dict[str, Figures]:
    """`queue/<id>` of each queue that is seen, and `all` of them together."""
    model.settle()
    queue_ids = [q for q in sorted(model.names.queues) if q in today.zones and live.sees_queue(model, scope, q)]
    found = {f"queue/{q}": of_queue(model, today, scope, q, now_us) for q in queue_ids}
    return found | {"all": of_all(model, today, scope, queue_ids, now_us)}


def of_queue(model: ReadModel, today: Today, scope: Scope, queue_id: str, now_us: int) -> Figures:
    groups = _groups(model, scope, queue_id)
    waiting = model.waiting.get(queue_id, {}).values()
    hours = today.hours(queue_id, groups)
    return _figures(model, [today.tally(queue_id)], hours, groups, list(waiting), now_us)


def of_all(model: ReadModel, today: Today, scope: Scope, queue_ids: Sequence[str], now_us: int) -> Figures:
    """An agent of several queues counts once, by the day of the first of them."""
    hours, groups = Hours(), dict[Group, None]()
    for queue_id in queue_ids:
        new = [group for group in _groups(model, scope, queue_id) if group not in groups]
        hours.add(today.hours(queue_id, new))
        groups |= dict.fromkeys(new)
    waiting = [stay for q in queue_ids for stay in model.waiting.get(q, {}).values()]
    return _figures(model, [today.tally(q) for q in queue_ids], hours, list(groups), waiting, now_us)


def _groups(model: ReadModel, scope: Scope, queue_id: str) -> list[Group]:
    return [g for g in live.serving(model, queue_id) if scope.sees_agent(g.company_ids, g.team_id)]


def _figures(
    model: ReadModel, tallies: Sequence[Tally], hours: Hours, groups: Iterable[Group], waiting: list[Stay], now_us: int
) -> Figures:
    longest_us = min((stay.queued_us for stay in waiting), default=None)
    return {
        "as_of_ms": now_us // 1000,
        "waiting": len(waiting),
        "longest_since_ms": _ms(longest_us),
        "overdue": sum("overdue" in stay.routing for stay in waiting),
        **of_tallies(tallies),
        "occupancy_bp": metrics.occupancy(hours, now_us).bp,
        "agents": dict(model.staff.standings(groups)),
    }


def of_tallies(tallies: Sequence[Tally]) -> Figures:
    return {
        "offered": metrics.offered(tallies),
        "answered": metrics.answered(tallies),
        "abandoned": metrics.abandoned(tallies),
        "short_abandoned": metrics.short_abandoned(tallies),
        "flowed_out": sum(metrics.flowed_out(tallies).values()),
        "service_level_bp": metrics.service_level(tallies).bp,
        "abandon_rate_bp": metrics.abandon_rate(tallies).bp,
        "asa_ms": _ms(metrics.average_speed_of_answer_us(tallies)),
        "wait_p50_ms": _ms(metrics.wait_quantile_us(tallies, 50)),
        "wait_p90_ms": _ms(metrics.wait_quantile_us(tallies, 90)),
        "aht_ms": _ms(metrics.average_handling_us(tallies)),
    }


def levels(today: Today) -> dict[str, Level]:
    """Of each queue, for the rule about them."""
    found = {}
    for queue_id, zone in today.zones.items():
        ratio = metrics.service_level([today.tally(queue_id)])
        found[queue_id] = Level(ratio.bp, ratio.whole, today.days[zone].begin_us)
    return found


def _ms(us: int | None) -> int | None:
    return None if us is None else us // 1000
