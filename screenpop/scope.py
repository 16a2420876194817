"""What may this viewer see of the floor? A supervisor's grants: companies and teams."""

from collections.abc import Iterable
from dataclasses import dataclass

Pair = tuple[str | None, str | None]  # (company, team); None = every one


@dataclass(frozen=True, slots=True)
class Scope:
    """Viewers of one scope see the same, and what they see is made once. A grant for a team shows the queues of its
    company, whoever waits in them, and of agents and of whom they serve the team's alone.
    """

    pairs: frozenset[Pair]
    kinds: frozenset[str] = frozenset({"queue", "agent", "contact", "alert"})  # of records

    @classmethod
    def of(cls, pairs: Iterable[Pair], kinds: frozenset[str] | None = None) -> "Scope":
        """Grants that another one includes are left out, so that equal rights are equal scopes."""
        given = set(pairs)
        needed = frozenset(p for p in given if not any(q != p and _includes(q, p) for q in given))
        return cls(needed) if kinds is None else cls(needed, kinds)

    def sees_company(self, company_id: str | None) -> bool:
        return any(company is None or company == company_id for company, _ in self.pairs)

    def sees_whole_company(self, company_id: str) -> bool:
        return any(company in (None, company_id) and team is None for company, team in self.pairs)

    def sees_agent(self, company_ids: frozenset[str], team_id: str | None) -> bool:
        for company, team in self.pairs:  # asked very often: a generator would cost three times as much
            if (company is None or company in company_ids) and (team is None or team == team_id):
                return True
        return False


ALL = Scope(frozenset({(None, None)}))


def _includes(wide: Pair, narrow: Pair) -> bool:
    return wide[0] in (None, narrow[0]) and wide[1] in (None, narrow[1])
