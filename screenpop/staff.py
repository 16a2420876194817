"""Which agents are alike to whoever watches, which figures count them, and how do they stand?

Agents of the same skills, companies and team form a group; a floor where everybody can do something else has as many
groups as agents. A figure counts whoever may serve some queues: a *part* of the staff. How a part stands is kept by who
sees them (a *cell*: companies and team), so that a figure costs the same with ten agents and with ten thousand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from contacts.presence import AgentState
from contacts.requirement import parse
from contacts.segment import Segment

Standing = Literal["ready", "busy", "wrap_up", "away", "offline", "not_responding", "unreachable"]
STANDINGS: tuple[Standing, ...] = ("ready", "busy", "wrap_up", "away", "offline", "not_responding", "unreachable")
Asked = tuple[str, str]  # (requirement, company) of a queue


class Cell(NamedTuple):
    """Agents whom the same people see."""

    company_ids: frozenset[str]
    team_id: str | None


class Group(NamedTuple):
    skills: tuple[tuple[str, int], ...]  # (skill, level), by name
    company_ids: frozenset[str]
    team_id: str | None

    @property
    def cell(self) -> Cell:
        return Cell(self.company_ids, self.team_id)

    def serves(self, asked: Asked) -> bool:
        requirement, company_id = asked
        return company_id in self.company_ids and parse(requirement).holds(dict(self.skills))


class Part(NamedTuple):
    """Whoever may serve some of these, and none of those."""

    any_of: frozenset[Asked]
    none_of: frozenset[Asked] = frozenset()

    def has(self, group: Group) -> bool:
        return any(map(group.serves, self.any_of)) and not any(map(group.serves, self.none_of))


Label = tuple[Part, Cell]
Counts = dict[Standing, int]


def standing(state: AgentState, held: Iterable[Segment]) -> Standing:
    """One word of seven for everything: a flag that somebody must clear, then what an agent does, then what they
    chose. Parked work is none.
    """
    if state.not_responding:
        return "not_responding"
    states = {segment.state for segment in held}
    if states - {"wrap_up", "parked"}:
        return "busy"
    if "wrap_up" in states:
        return "wrap_up"
    if state.chosen == "ready" and not state.desk_reachable:
        return "unreachable"
    return state.chosen


def asked_by(queue: Mapping[str, Any] | None) -> Asked | None:
    """What a queue of this configuration asks of its agents; None: it is not in force."""
    return (queue.get("requirement", ""), queue["company_id"]) if queue else None


def _group(profile: Mapping[str, Any], team_id: str | None) -> Group:
    skills = tuple(sorted(profile.get("skills", {}).items()))
    return Group(skills, frozenset(profile.get("company_ids", ())), team_id)


@dataclass(slots=True)
class Staff:
    profiles: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # agents who are not archived, as applied
    group_of: dict[str, Group] = field(default_factory=dict)
    stands: dict[str, Standing] = field(default_factory=dict)
    counts: dict[Group, Counts] = field(default_factory=dict)
    former: dict[str, Group] = field(default_factory=dict)  # of agents who are gone: the last, which has their hours
    parts: dict[Part, dict[Cell, Counts]] = field(default_factory=dict)  # those that anybody has asked for
    asked: set[Part] = field(default_factory=set)  # of them since the others were forgotten
    cells: set[Cell] = field(default_factory=set)  # a cell that is empty now may stay
    moved: dict[str, set[Cell]] = field(default_factory=dict)  # by agent: where they were before, if they are not there
    relabelled: bool = False  # since somebody looked: other parts are counted than before
    _labels: dict[Group, tuple[Label, ...]] = field(default_factory=dict)

    def know(self, agent_id: str, profile: Mapping[str, Any] | None, team_id: str | None) -> bool:
        """Whether the agent's group is another one now. None: the agent is gone."""
        before, stood = self.group_of.get(agent_id), self.stands.get(agent_id)
        if profile is None:
            self.profiles.pop(agent_id, None)
            group = None
        else:
            self.profiles[agent_id] = profile
            self.former.pop(agent_id, None)
            group = _group(profile, team_id)
        if group == before:
            return False
        self._count(before, stood, -1)
        if before is not None and (group is None or group.cell != before.cell):
            self.moved.setdefault(agent_id, set()).add(before.cell)
        if group is None:
            self.former[agent_id] = self.group_of.pop(agent_id)
            self.stands.pop(agent_id, None)
            return True
        self.group_of[agent_id] = group
        self._know_group(group)
        self._count(group, stood, 1)
        return True

    def remember(self, agent_id: str, profile: Mapping[str, Any], team_id: str | None) -> None:
        """Somebody who is gone; what they did today counts where it would have counted."""
        self.former[agent_id] = group = _group(profile, team_id)
        self._know_group(group)

    def _know_group(self, group: Group) -> None:
        if group not in self.counts:
            self.counts[group] = {}
            self.cells.add(group.cell)
            self._labels[group] = labels = tuple((part, group.cell) for part in self.parts if part.has(group))
            for part, cell in labels:
                self.parts[part].setdefault(cell, {})  # hours may be there where nobody stands any more

    def stand(self, agent_id: str, now: Standing) -> bool:
        """Whether the agent stands otherwise now."""
        before = self.stands.get(agent_id)
        if before == now or agent_id not in self.group_of:
            return False
        self._count(self.group_of[agent_id], before, -1)
        self._count(self.group_of[agent_id], now, 1)
        self.stands[agent_id] = now
        return True

    # --- parts --------------------------------------------------------------------------------------------------------

    def count(self, part: Part) -> None:
        """From now on this part is counted."""
        self.asked.add(part)
        if part in self.parts:
            return
        self.parts[part], self.relabelled = {}, True
        for group, counts in self.counts.items():
            if part.has(group):
                self._labels[group] = (*self._labels[group], (part, group.cell))
                self.parts[part].setdefault(group.cell, {})
                for stands, count in counts.items():
                    self._add(part, group.cell, stands, count)

    def forget_parts(self) -> None:
        """Queues ask otherwise than before: who serves them is found anew when somebody looks."""
        self.parts.clear()
        self._labels = dict.fromkeys(self._labels, ())

    def forget_unasked(self) -> None:
        """Parts that nobody has asked for since the last time, and groups that nobody is in."""
        if unasked := self.parts.keys() - self.asked:
            self.relabelled = True
            for part in unasked:
                del self.parts[part]
            for group, labels in self._labels.items():
                self._labels[group] = tuple(label for label in labels if label[0] in self.parts)
        self.asked.clear()
        for group in self.counts.keys() - {*self.group_of.values(), *self.former.values()}:
            del self.counts[group], self._labels[group]

    def labels(self, agent_id: str) -> tuple[Label, ...]:
        """What this agent is counted in."""
        group = self.group_of.get(agent_id) or self.former.get(agent_id)
        return () if group is None else self._labels[group]

    def standings(self, part: Part) -> Counts:
        """How those of a part stand."""
        self.count(part)
        together = dict.fromkeys(STANDINGS, 0)
        for counts in self.parts[part].values():
            for stands, count in counts.items():
                together[stands] += count
        return together

    def _count(self, group: Group | None, stands: Standing | None, by: int) -> None:
        if group is None or stands is None:
            return
        counts = self.counts[group]
        counts[stands] = counts.get(stands, 0) + by
        for part, cell in self._labels[group]:
            self._add(part, cell, stands, by)

    def _add(self, part: Part, cell: Cell, stands: Standing, by: int) -> None:
        counts = self.parts[part].setdefault(cell, {})
        counts[stands] = counts.get(stands, 0) + by
