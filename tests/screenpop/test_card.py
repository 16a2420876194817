"""Does the card say who it is, how sure we are of it, and what happened before?"""

from dataclasses import replace
from typing import Any

import pytest

from contacts.contact import Contact
from contacts.customer import Address, Level
from screenpop.card import Known, Link, LookedUp, PastContact, card, filled_in, is_allowed

FROM = "+491701234567"
CALL = Contact("c", "company", 1, "phone", "in", "open", "telephony:p", "1", 0, value=30, collected={"from": FROM})
GRACE = Known("grace", "Grace", 80, {"orders": 12}, "growing", "zh", "Asia/Shanghai")
VINCENT = Known("vincent", "Vincent")
HOSTS = frozenset({"crm.example.com"})


def address(customer: str, level: Level = "matched", at: str = FROM) -> Address:
    return Address("company", customer, "phone", at, level, "api", 0)


def past(n: int, outcome: str | None = "handled") -> PastContact:
    return PastContact(f"p{n}", "email", "in", n * 1_000_000, outcome, "Service", "Sold")


def test_a_known_caller_is_named_with_the_level_of_the_address() -> None:
    looked_up = LookedUp({"grace": GRACE}, [address("grace"), address("grace", "claimed", "+4930")])
    shown = card(replace(CALL, customer_id="grace"), looked_up)

    assert (shown["name"], shown["level"], shown["candidates"]) == ("Grace", "matched", [])
    assert (shown["value"], shown["value_terms"], shown["life_stage"]) == (80, {"orders": 12}, "growing")
    assert (shown["language"], shown["local_time_zone"]) == ("zh", "Asia/Shanghai")
    assert [each["address"] for each in shown["addresses"]] == [FROM, "+4930"]


def test_an_address_that_somebody_only_claims_is_no_more_than_a_claim() -> None:
    shown = card(replace(CALL, customer_id="grace"), LookedUp({"grace": GRACE}, [address("grace", "claimed")]))

    assert shown["level"] == "claimed"


def test_two_behind_one_address_are_two_candidates_and_no_name() -> None:
    people = {"grace": GRACE, "vincent": VINCENT}
    shown = card(CALL, LookedUp(people, [address("grace"), address("vincent", "claimed")]))

    assert (shown["name"], shown["customer_id"], shown["level"], shown["value"]) == (None, None, "none", 30)
    assert shown["candidates"] == [
        {"customer_id": "grace", "name": "Grace", "reason": "address_known"},
        {"customer_id": "vincent", "name": "Vincent", "reason": "address_claimed"},
    ]
    assert shown["addresses"] == []


def test_of_many_candidates_five_are_shown_the_surest_first() -> None:
    people = {f"k{n}": Known(f"k{n}", f"K{n}") for n in range(9)}
    levels: list[Level] = ["claimed"] * 6 + ["matched"] * 3
    shown = card(CALL, LookedUp(people, [address(f"k{n}", level) for n, level in enumerate(levels)]))

    assert [each["customer_id"] for each in shown["candidates"]] == ["k6", "k7", "k8", "k0", "k1"]


def test_a_customer_whom_the_program_named_is_matched_without_any_address() -> None:
    assert card(replace(CALL, customer_id="grace", collected={}), LookedUp({"grace": GRACE}))["level"] == "matched"


def test_what_is_over_and_what_is_open_stand_apart_and_this_contact_in_neither() -> None:
    before = [PastContact("c", "phone", "in", 9, None, None, None), past(5, None), *(past(n) for n in range(12))]
    shown = card(replace(CALL, customer_id="grace"), LookedUp({"grace": GRACE}, past=before))

    assert [each["contact_id"] for each in shown["open_work"]] == ["p5"]
    assert [each["contact_id"] for each in shown["last_contacts"]] == [f"p{n}" for n in range(10)]
    assert shown["last_contacts"][1] == {
        "contact_id": "p1", "channel": "email", "direction": "in", "at_ms": 1000, "outcome": "handled",
        "queue": "Service", "disposition": "Sold",
    }  # fmt: skip


def test_links_are_filled_in_and_none_that_cannot_be() -> None:
    links = [
        Link("By number", "https://crm.example.com/find?n={number}&contact={contact_id}"),
        Link("Customer", "https://crm.example.com/customers/{customer_id}"),
        Link("Elsewhere", "https://evil.example.com/{contact_id}"),
    ]
    looked_up = LookedUp(links=links, hosts=HOSTS)

    assert card(CALL, looked_up)["links"] == [
        {"name": "By number", "url": "https://crm.example.com/find?n=%2B491701234567&contact=c"}
    ]
    known = card(replace(CALL, customer_id="grace"), replace(looked_up, people={"grace": GRACE}))
    assert [each["name"] for each in known["links"]] == ["By number", "Customer"]


def test_no_value_changes_where_a_link_leads() -> None:
    values: dict[str, Any] = {"customer_id": "../../x?y#z", "contact_id": "a b", "number": "javascript:alert(1)"}

    assert filled_in("https://h/{customer_id}/{contact_id}?n={number}", values) == (
        "https://h/..%2F..%2Fx%3Fy%23z/a%20b?n=javascript%3Aalert%281%29"
    )


@pytest.mark.parametrize(
    ("template", "allowed"),
    [
        ("https://crm.example.com/{number}", True),
        ("https://CRM.example.com/", True),
        ("http://crm.example.com/", False),
        ("https://crm.example.com:8443/", False),
        ("https://crm.example.com.evil.com/", False),
        ("https://crm.example.com@evil.com/", False),
        ("https://evil.com\\@crm.example.com/", False),
        ("https://{number}.example.com/", False),
        ("javascript://crm.example.com/%0aalert(1)", False),
        ("https://[/", False),
    ],
)
def test_a_link_leads_to_an_allowed_host_alone(template: str, allowed: bool) -> None:
    assert is_allowed(template, HOSTS) is allowed


def test_plain_http_is_for_this_machine_alone() -> None:
    assert is_allowed("http://localhost:8080/{customer_id}", frozenset({"localhost:8080"}))
