"""Which agents are alike to whoever watches, which queues may they serve, and how do they stand?

Agents of the same skills, companies and team form a group. Queues are matched with groups and not with agents, and how
agents stand is counted by group, so that a figure of a queue costs the same with ten agents and with ten thousand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from contacts.presence import AgentState
from contacts.requirement import parse
from contacts.segment import Segment

Standing = Literal["ready", "busy", "wrap_up", "away", "offline", "not_responding", "unreachable"]
STANDINGS: tuple[Standing, ...] = ("ready", "busy", "wrap_up", "away", "offline", "not_responding", "unreachable")


class Group(NamedTuple):
    skills: tuple[tuple[str, int], ...]  # (skill, level), by name
    company_ids: frozenset[str]
    team_id: str | None


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


@dataclass(slots=True)
class Staff:
    profiles: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # agents who are not archived, as applied
    group_of: dict[str, Group] = field(default_factory=dict)
    stands: dict[str, Standing] = field(default_factory=dict)
    counts: dict[Group, dict[Standing, int]] = field(default_factory=dict)
    _serving: dict[tuple[str, str], list[Group]] = field(default_factory=dict)  # (requirement, company) -> groups

    def know(self, agent_id: str, profile: Mapping[str, Any] | None, team_id: str | None) -> bool:
        """Whether the agent's group is another one now. None: the agent is gone."""
        before, stood = self.group_of.get(agent_id), self.stands.get(agent_id)
        if profile is None:
            self.profiles.pop(agent_id, None)
            group = None
        else:
            self.profiles[agent_id] = profile
            skills = tuple(sorted(profile.get("skills", {}).items()))
            group = Group(skills, frozenset(profile.get("company_ids", ())), team_id)
        if group == before:
            return False
        self._count(before, stood, -1)
        if group is None:
            del self.group_of[agent_id]
            self.stands.pop(agent_id, None)
            return True
        self.group_of[agent_id] = group
        if group not in self.counts:
            self.counts[group] = {}
            self._serving.clear()
        self._count(group, stood, 1)
        return True

    def stand(self, agent_id: str, now: Standing) -> bool:
        """Whether the agent stands otherwise now."""
        before = self.stands.get(agent_id)
        if before == now or agent_id not in self.group_of:
            return False
        self._count(self.group_of[agent_id], before, -1)
        self._count(self.group_of[agent_id], now, 1)
        self.stands[agent_id] = now
        return True

    def serving(self, requirement: str, company_id: str) -> list[Group]:
        """The groups whose agents may serve such a queue."""
        key = (requirement, company_id)
        if key not in self._serving:
            wanted = parse(requirement)
            self._serving[key] = [
                group for group in self.counts if company_id in group.company_ids and wanted.holds(dict(group.skills))
            ]
        return self._serving[key]

    def standings(self, groups: Iterable[Group]) -> dict[Standing, int]:
        together: dict[Standing, int] = dict.fromkeys(STANDINGS, 0)
        for group in groups:
            for stands, count in self.counts.get(group, {}).items():
                together[stands] += count
        return together

    def _count(self, group: Group | None, stands: Standing | None, by: int) -> None:
        if group is not None and stands is not None:
            counts = self.counts[group]
            counts[stands] = counts.get(stands, 0) + by
