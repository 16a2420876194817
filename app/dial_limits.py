"""How much has a company called already? What was allowed in the last hour and day, by what it counts against.

Counted in the turn, where nothing happens beside: a thousand wishes at once are as a thousand one after the other.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from contacts.destination import DialRules
from contacts.records import DialGrant
from contacts.words import DAY_US, HOUR_US

Key = tuple[str, ...]
Limit = Literal["dial.source_often", "dial.number_often", "dial.agent_often", "dial.cost_cap"]


@dataclass(slots=True)
class _Window:
    """Sums by key over the last so long. A key that nothing counts against any more is forgotten."""

    span_us: int
    entries: deque[tuple[int, Key, int]] = field(default_factory=deque)
    sums: dict[Key, int] = field(default_factory=dict)

    def add(self, at_us: int, key: Key, amount: int) -> None:
        self.entries.append((at_us, key, amount))
        self.sums[key] = self.sums.get(key, 0) + amount

    def sum(self, now_us: int, key: Key) -> int:
        while self.entries and self.entries[0][0] <= now_us - self.span_us:
            _, old, amount = self.entries.popleft()
            self.sums[old] -= amount
            if not self.sums[old]:
                del self.sums[old]
        return self.sums.get(key, 0)


class DialLimits:
    def __init__(self, grants: Iterable[DialGrant]) -> None:
        self._hour, self._day = _Window(HOUR_US), _Window(DAY_US)
        for grant in grants:
            self.take(grant)

    def take(self, grant: DialGrant) -> None:
        """It was allowed and counts from now on."""
        company = grant.company_id
        self._day.add(grant.at_us, (company, "number", grant.number), 1)
        if grant.cost:
            self._day.add(grant.at_us, (company, "cost"), grant.cost)
        if grant.agent_id is not None:
            self._hour.add(grant.at_us, (company, "agent", grant.agent_id), 1)
        for source in grant.sources:
            self._hour.add(grant.at_us, (company, "source", source), 1)

    def why_not(self, grant: DialGrant, rules: DialRules) -> Limit | None:
        """The limit that it would break; None: none."""
        company, now_us = grant.company_id, grant.at_us
        if any(self._hour.sum(now_us, (company, "source", s)) >= rules.per_source_hour for s in grant.sources):
            return "dial.source_often"
        if self._day.sum(now_us, (company, "number", grant.number)) >= rules.per_number_day:
            return "dial.number_often"
        if (
            grant.agent_id is not None
            and self._hour.sum(now_us, (company, "agent", grant.agent_id)) >= rules.per_agent_hour
        ):
            return "dial.agent_often"
        if self._day.sum(now_us, (company, "cost")) + grant.cost > rules.cost_cap_day:
            return "dial.cost_cap"
        return None
