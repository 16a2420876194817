"""Is the demo what it says: two thousand plausible customers, a day that never sleeps, a seat that is offered work?"""

from collections import Counter

import pytest

from contacts.identify import canonical
from contacts.requirement import parse
from floor import demo_company, demo_customers
from floor.company import QueueWish
from floor.demo_company import FIRM, OTHER, QUEUES, SKILLS
from floor.demo_day import DAY_S, GAP_BUSY_S, GAP_QUIET_S, gap_s, hour_at, is_on
from floor.demo_visits import DOORS

HALF_HOURS = [half / 2 for half in range(48)]


def able(queue: QueueWish, skills: dict[str, int]) -> bool:
    return parse(queue.config["requirement"]).holds(skills)


def test_the_same_two_thousand_customers_come_at_every_start():
    again = demo_customers.of_firm.__wrapped__()

    assert again == demo_customers.of_firm()
    assert len(again) == 2_000


def test_every_address_is_written_as_it_is_stored():
    for customer in (*demo_customers.of_firm(), *demo_customers.of_other()):
        for kind, address in customer.addresses:
            assert canonical(kind, address) == address, (kind, address)  # type: ignore[arg-type]


def test_customers_are_told_apart_but_for_the_households():
    addresses = Counter(address for customer in demo_customers.of_firm() for address in customer.addresses)
    shared = {address: many for address, many in addresses.items() if many > 1}

    assert set(shared.values()) == {2}
    assert len(shared) == 2_000 // demo_customers.HOUSEHOLDS_EVERY
    assert {kind for kind, _ in shared} == {"phone"}


def test_customers_are_of_both_kinds_and_languages_and_their_value_has_its_terms():
    customers = demo_customers.of_firm()

    assert min(Counter(customer.language for customer in customers).values()) > 300
    assert Counter(customer.kind for customer in customers)["organisation"] == 250
    assert {kind for customer in customers for kind, _ in customer.addresses} == {"phone", "email", "visitor"}
    assert all(customer.value == sum(customer.value_terms.values()) for customer in customers)
    assert min(customer.value for customer in customers) < 20
    assert 80 < max(customer.value for customer in customers) <= 100
    assert all(customer.facts for customer in customers)


def test_twenty_four_agents_serve_and_each_company_has_its_own():
    agents = [agent for agent, _ in demo_company.played().values()]

    assert len(agents) == 24
    assert {agent.companies for agent in agents} == {(FIRM,), (OTHER,)}


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
def test_at_every_hour_somebody_on_shift_can_serve_each_queue(queue: QueueWish):
    alone = [
        hour
        for hour in HALF_HOURS
        if not any(
            able(queue, dict(agent.skills)) and is_on(shift, hour)
            for agent, shift in demo_company.played().values()
            if FIRM in agent.companies
        )
    ]

    assert alone == []


def test_whoever_takes_the_free_seat_is_asked_before_those_who_are_better():
    """The smallest surplus of levels goes first: the visitor waits seconds, not minutes."""
    anna = dict(demo_company.visitors()[0].skills)
    hers = [queue for queue in QUEUES if able(queue, anna)]

    assert {queue.name for queue in QUEUES} - {queue.name for queue in hers} == {"Complaints 投诉"}
    for queue in hers:
        requirement = parse(queue.config["requirement"])
        others = [agent.skills for agent, _ in demo_company.played().values() if requirement.holds(agent.skills)]
        assert requirement.surplus(anna) == 0
        assert all(requirement.surplus(skills) > 0 for skills in others)


def test_every_skill_that_is_asked_for_is_a_skill():
    asked = {skill for queue in QUEUES for skill in parse(queue.config["requirement"]).skills()}

    assert asked == set(SKILLS)


def test_every_way_in_leads_somewhere():
    numbers = {
        (slug, address)
        for slug, queues in ((FIRM, QUEUES), (OTHER, demo_company.OTHER_QUEUES))
        for queue in queues
        for address in queue.numbers
    }

    assert {(door.company, door.address) for door in DOORS if door.queue is None} <= numbers
    assert {door.queue for door in DOORS if door.queue} <= {queue.name for queue in QUEUES}


def test_an_overflow_leads_to_a_queue_that_is_made_before():
    made: set[str] = set()
    for queue in QUEUES:
        named = {value["queue"] for value in queue.config.values() if isinstance(value, dict) and "queue" in value}
        assert named <= made
        made.add(queue.name)


def test_the_day_turns_and_somebody_comes_at_every_hour():
    assert hour_at(0) == hour_at(DAY_S) == 10.0
    assert hour_at(DAY_S / 2) == 22.0
    gaps = [gap_s(hour) for hour in HALF_HOURS]
    assert min(gaps) == GAP_BUSY_S == gap_s(11)
    assert max(gaps) == GAP_QUIET_S == gap_s(3)


def test_a_shift_over_midnight_ends_in_the_morning():
    assert [hour for hour in range(24) if is_on("night", hour)] == [*range(7), *range(19, 24)]
    assert [hour for hour in range(24) if is_on("early", hour)] == list(range(6, 15))
