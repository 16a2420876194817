"""Which desks answer? Told by the doors, asked by the writer: a desk that was not heard for 10 s is unreachable."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contacts.presence import AgentState

DESK_SILENT_S = 10.0


@dataclass(slots=True)
class Heard:
    at: dict[str, float] = field(default_factory=dict)  # agent -> when a desk of theirs last answered, monotonic

    def note(self, agent_ids: Iterable[str]) -> None:
        self.at.update(dict.fromkeys(agent_ids, time.monotonic()))

    def give_time(self, agents: Mapping[str, AgentState]) -> None:
        """We heard nobody for a while: reachability is as stored, and every desk has 10 s from now to answer."""
        self.note(agent_id for agent_id, state in agents.items() if state.desk_reachable)

    def silent(self, agents: Mapping[str, AgentState]) -> list[str]:
        bound = time.monotonic() - DESK_SILENT_S
        return [a for a, state in agents.items() if state.desk_reachable and self.at.get(a, 0.0) < bound]
