"""What was allowed counts for an hour or a day, and not a moment longer."""

from dataclasses import replace

from app.dial_limits import DialLimits
from contacts.destination import DialRules
from contacts.records import DialGrant
from contacts.words import DAY_US, HOUR_US

COMPANY, OTHER = "acme", "other"
RULES = DialRules(per_number_day=2, per_agent_hour=2, per_source_hour=2, cost_cap_day=100)


def grant(at_us: int = 0, number: str = "+4930777001", **about: object) -> DialGrant:
    return DialGrant(COMPANY, at_us, number, **about)  # type: ignore[arg-type]


def test_a_number_is_called_so_often_in_a_day() -> None:
    limits = DialLimits([grant(0), grant(5)])
    assert limits.why_not(grant(DAY_US - 1), RULES) == "dial.number_often"
    assert limits.why_not(grant(DAY_US - 1, "+4930777002"), RULES) is None
    assert limits.why_not(grant(DAY_US), RULES) is None, "the first is a day old"


def test_an_agent_and_each_source_have_their_hour() -> None:
    limits = DialLimits([grant(n, f"+4930777{n}", agent_id="anna", sources=("v",)) for n in range(2)])
    assert limits.why_not(grant(HOUR_US - 1, agent_id="anna"), RULES) == "dial.agent_often"
    assert limits.why_not(grant(HOUR_US - 1, agent_id="ben"), RULES) is None
    assert limits.why_not(grant(HOUR_US - 1, sources=("w", "v")), RULES) == "dial.source_often"
    assert limits.why_not(grant(HOUR_US, agent_id="anna", sources=("v",)), RULES) is None


def test_costs_are_held_up_to_the_cap() -> None:
    limits = DialLimits([grant(0, cost=60)])
    assert limits.why_not(grant(1, "+4930777002", cost=41), RULES) == "dial.cost_cap"
    assert limits.why_not(grant(1, "+4930777002", cost=40), RULES) is None
    limits.take(grant(1, "+4930777002", cost=40))
    assert limits.why_not(grant(DAY_US, "+4930777003", cost=60), RULES) is None, "the first has come back"
    assert limits.why_not(grant(DAY_US, "+4930777003", cost=61), RULES) == "dial.cost_cap"


def test_companies_are_counted_apart() -> None:
    limits = DialLimits([grant(0, cost=100), grant(0)])
    assert limits.why_not(replace(grant(1, cost=100), company_id=OTHER), RULES) is None
