"""Which figures stand beside a queue of the live view? The room of figures and the read model, joined."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from analytics import metrics
from analytics.tally import Tally
from analytics.today import Today
from analytics.worked import Hours
from screenpop import live
from screenpop.alerts import Level
from screenpop.model import ReadModel
from screenpop.scope import Scope
from screenpop.staff import STANDINGS, Asked, Cell, Part

Figures = dict[str, Any]


def know_agents(model: ReadModel, today: Today) -> None:
    """Who is counted in which figures, after agents or queues have changed. Who is gone keeps the day's hours there."""
    staff = model.staff
    staff.relabelled = False
    for agent_id in today.labels_of.keys() | staff.group_of.keys() | staff.former.keys():
        today.know_agent(agent_id, staff.labels(agent_id))


def forget_unasked(model: ReadModel, today: Today) -> None:
    """Figures that nobody has looked at since the last time, and agents who are gone and have no hours today."""
    staff = model.staff
    for agent_id in [agent_id for agent_id in staff.former if today.is_idle(agent_id)]:
        del staff.former[agent_id]
    staff.forget_unasked()
    if staff.relabelled:
        know_agents(model, today)
    today.forget_labels(lambda label: label[0] in staff.parts)
    for group in model.served.keys() - staff.counts.keys():
        del model.served[group]


class Staffed(NamedTuple):
    """Whom a figure counts, on whose day."""

    queue_id: str
    part: Part


@dataclass(slots=True)
class Round:
    """One instant. What does not depend on who looks is computed once, however many look."""

    model: ReadModel
    today: Today
    now_us: int
    _companies: dict[str, list[str]] = field(default_factory=dict)  # company -> its queues
    _of_customers: dict[tuple[str, ...], Figures] = field(default_factory=dict)  # by queues
    _staffed: dict[tuple[str, ...], list[Staffed]] = field(default_factory=dict)  # by queues

    def __post_init__(self) -> None:
        self.model.settle()
        for queue_id in self.model.names.queues:
            config = self.model.queues.get(queue_id)
            if config and queue_id in self.today.zones:
                self._companies.setdefault(config["company_id"], []).append(queue_id)

    def of_scope(self, scope: Scope) -> dict[str, Figures]:
        seen = [of for company_id, of in self._companies.items() if live.sees_queues(scope, company_id)]
        queue_ids = tuple(sorted(queue_id for of in seen for queue_id in of))
        for some in (*((queue_id,) for queue_id in queue_ids), queue_ids):
            self._count_staff(some)
        if self.model.staff.relabelled:  # once for all of them: it goes through all agents
            know_agents(self.model, self.today)
        cells = {cell for cell in self.model.staff.cells if scope.sees_agent(*cell)}
        found = {f"queue/{queue_id}": self._figures((queue_id,), cells) for queue_id in queue_ids}
        return found | {"all": self._figures(queue_ids, cells)}

    def _figures(self, queue_ids: tuple[str, ...], cells: set[Cell]) -> Figures:
        hours, agents = Hours(), dict.fromkeys(STANDINGS, 0)
        for queue_id, part in self._staffed[queue_ids]:
            counted = self.model.staff.parts[part]
            seen = cells & counted.keys()
            hours.add(self.today.hours(queue_id, [(part, cell) for cell in seen]))
            for cell in seen:
                for standing, count in counted[cell].items():
                    agents[standing] += count
        found = self._of_customers.get(queue_ids)
        if found is None:
            found = self._of_customers[queue_ids] = self._figures_of_customers(queue_ids)
        return found | {"occupancy_bp": metrics.occupancy(hours, self.now_us).bp, "agents": agents}

    def _figures_of_customers(self, queue_ids: Sequence[str]) -> Figures:
        waiting = [stay for q in queue_ids for stay in self.model.waiting.get(q, {}).values()]
        return {
            "as_of_ms": self.now_us // 1000,
            "waiting": len(waiting),
            "longest_since_ms": _ms(min((stay.queued_us for stay in waiting), default=None)),
            "overdue": sum("overdue" in stay.routing for stay in waiting),
            **of_tallies([self.today.tally(q) for q in queue_ids]),
        }

    def _count_staff(self, queue_ids: tuple[str, ...]) -> None:
        """An agent of several queues counts once, on the day of the first zone."""
        if queue_ids in self._staffed:
            return
        by_zone: dict[str, list[str]] = {}
        for queue_id in queue_ids:
            by_zone.setdefault(self.today.zones[queue_id], []).append(queue_id)
        found, earlier = [], frozenset[Asked]()
        for of_zone in by_zone.values():
            asked = frozenset(asked for q in of_zone if (asked := live.asked_by(self.model, q)))
            found.append(Staffed(of_zone[0], Part(asked, earlier)))
            earlier |= asked
        for each in found:
            self.model.staff.count(each.part)
        self._staffed[queue_ids] = found


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
        "replied": metrics.replied(tallies),
        "reply_level_bp": metrics.reply_level(tallies).bp,
        "reply_wait_ms": _ms(metrics.average_reply_us(tallies)),
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
