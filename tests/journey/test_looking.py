"""What does it cost to look at the figures for the first time, and what is forgotten again?"""

from collections.abc import Collection
from dataclasses import dataclass

from analytics.facts import Thresholds
from analytics.today import Label, Today
from app import live_figures
from contacts.records import ConfigValue
from screenpop.model import Names, QueueName, ReadModel
from screenpop.scope import ALL, Scope

AGENTS, QUEUES = 20, 12


@dataclass(slots=True)
class Counted(Today):
    walked: int = 0  # agents looked at

    def know_agent(self, agent_id: str, labels: Collection[Label]) -> None:
        self.walked += 1
        super(Counted, self).know_agent(agent_id, labels)


def floor() -> tuple[ReadModel, Counted]:
    """Each queue asks for another skill; half of them are of another company."""
    model, today = ReadModel(names=Names(queues={f"q{n}": QueueName(f"Queue {n}") for n in range(QUEUES)})), Counted()
    for n in range(QUEUES):
        values = {"company_id": f"c{n % 2}", "requirement": f"s{n}"}
        model.take_config([ConfigValue("queue", f"q{n}", 1, values)])
        today.know_queue(f"q{n}", "UTC", Thresholds(20, 5), 0)
    for n in range(AGENTS):
        profile = {"skills": {f"s{n % QUEUES}": 1}, "company_ids": ["c0", "c1"]}
        model.take_config([ConfigValue("agent", f"a{n}", 1, profile)])
    return model, today


def test_the_first_look_goes_through_all_agents_once_however_many_queues_there_are() -> None:
    model, today = floor()
    live_figures.Round(model, today, 0).of_scope(ALL)
    first = today.walked
    live_figures.Round(model, today, 0).of_scope(ALL)

    assert (first, today.walked) == (AGENTS, AGENTS)


def test_figures_that_nobody_looks_at_any_more_are_forgotten() -> None:
    model, today = floor()
    company = Scope.of([("c0", None)])
    live_figures.Round(model, today, 0).of_scope(ALL)
    live_figures.forget_unasked(model, today)
    of_company = live_figures.Round(model, today, 0).of_scope(company)
    live_figures.forget_unasked(model, today)

    assert len(model.staff.parts) == len(of_company) == QUEUES // 2 + 1
    assert {part for part, _ in today.days["UTC"].labels} <= model.staff.parts.keys()
    assert live_figures.Round(model, today, 0).of_scope(company) == of_company
