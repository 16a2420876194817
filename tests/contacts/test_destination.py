"""Where may we call? A table of numbers, hand-read from the numbering plans, and what each of them is to whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.destination import RESERVED_MINUTES, Destination, DialRules, destination

GERMANY = DialRules(region="DE")

NUMBERS = [
    # as it is dialled, the E.164 that it is to an agent of a German company, or why not
    ("030 777001", "+4930777001"),
    ("+4930777001", "+4930777001"),
    ("0049 30 777001", "+4930777001"),
    ("+49 151 12345678", "+4915112345678"),
    ("+49 900 1 234567", "destination.premium"),  # premium rate
    ("0180 5 123456", "destination.premium"),  # shared cost
    ("0700 12345678", "destination.premium"),  # a personal number
    ("+979 123456789", "destination.premium"),  # international premium rate
    ("+33 899 123456", "destination.premium"),
    ("+1 900 234 5678", "destination.premium"),
    ("+49 900 123456", "destination.unknown"),  # too short for its plan
    ("118118", "destination.unknown"),  # a directory enquiry
    ("+881 612345678", "destination.foreign"),  # a satellite
    ("+882 161234567", "destination.foreign"),
    ("+44 20 7183 8750", "destination.foreign"),
    ("+1 268 464 1234", "destination.foreign"),  # Antigua, which looks like a number of the United States
    ("", "destination.unreadable"),
    ("anonymous", "destination.unreadable"),
    ("sip:+4930777001@evil.example", "destination.unreadable"),
    ("+4930777001;ext=5", "destination.unreadable"),
    ("+" + "9" * 80, "destination.unreadable"),
]


@pytest.mark.parametrize(("dialled", "expected"), NUMBERS)
def test_each_number_leads_where_its_plan_says(dialled: str, expected: str) -> None:
    for who in ("agent", "visitor", "list"):
        found = destination(dialled, GERMANY, who)  # type: ignore[arg-type]
        assert (found.number if isinstance(found, Destination) else found) == expected


@pytest.mark.parametrize(("region", "number"), [("DE", "112"), ("DE", "110"), ("US", "911"), ("CN", "120")])
def test_an_emergency_number_passes_for_agents_and_for_nobody_else(region: str, number: str) -> None:
    rules = DialRules(region=region, allowed=("+1",), cost_cap_day=0)
    assert destination(number, rules, "agent") == Destination(number, is_emergency=True)
    assert destination(number, rules, "visitor") == "destination.emergency"
    assert destination(number, rules, "list") == "destination.emergency"


def test_a_list_of_places_is_by_region_or_by_prefix() -> None:
    rules = DialRules(region="DE", allowed=("AT", "US", "+4930"))
    assert destination("+43 1 5880015", rules, "agent") == Destination("+4315880015", cost=10 * RESERVED_MINUTES)
    assert destination("+49 30 777001", rules, "visitor") == Destination("+4930777001", cost=10 * RESERVED_MINUTES)
    assert destination("+49 89 2180711", rules, "visitor") == "destination.foreign"
    assert destination("+1 268 464 1234", rules, "agent") == "destination.foreign"


def test_whoever_calls_may_have_a_list_of_their_own() -> None:
    """An empty one allows nothing; a supervisor without one is an agent; emergency numbers pass beside all of them."""
    own: dict[str, tuple[str, ...]] = {"supervisor": ("DE", "US"), "visitor": ()}
    rules = DialRules(region="DE", allowed=("DE",), allowed_for=own)
    assert isinstance(destination("+1 212 5550100", rules, "supervisor"), Destination)
    assert destination("+1 212 5550100", rules, "agent") == "destination.foreign"
    assert destination("+49 30 777001", rules, "visitor") == "destination.foreign"
    assert isinstance(destination("+49 30 777001", rules, "list"), Destination)
    agents = DialRules(region="DE", allowed_for={"agent": ("AT",)})
    assert destination("+49 30 777001", agents, "supervisor") == "destination.foreign"
    assert isinstance(destination("+43 1 5880015", agents, "supervisor"), Destination)
    assert destination("112", DialRules(region="DE", allowed_for={"supervisor": ()}), "supervisor") == Destination(
        "112", is_emergency=True
    )


def test_a_company_without_a_region_calls_nobody() -> None:
    assert destination("+4930777001", DialRules(), "agent") == "destination.foreign"
    assert destination("112", DialRules(), "agent") in ("destination.unreadable", "destination.unknown")


def test_the_longest_prefix_says_what_a_minute_costs() -> None:
    rules = DialRules(region="DE", costs={"DE": 2, "+4915": 9, "+49151": 12, "default": 50})
    assert [_cost(number, rules) for number in ("+4930777001", "+4915112345678", "+4915212345678")] == [6, 36, 27]
    assert _cost("+4315880015", DialRules(region="DE", allowed=("AT",), costs={"default": 50})) == 150


def _cost(number: str, rules: DialRules) -> int:
    found = destination(number, rules, "agent")
    assert isinstance(found, Destination)
    return found.cost


@given(st.text(max_size=80))
def test_no_text_is_called_that_is_not_a_number_of_ours(text: str) -> None:
    found = destination(text, GERMANY, "visitor")
    if isinstance(found, Destination):
        assert found.number.startswith("+49")
        assert found.number[1:].isascii()
        assert found.number[1:].isdigit()
