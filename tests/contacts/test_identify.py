"""Is it the same customer whatever the spelling, and never one picked out of two?"""

import pytest

from contacts.customer import Address, AddressKind, Level
from contacts.identify import MAX_CANDIDATES, Candidate, canonical, identify

PHONE = "+498912345678"


def row(customer_id: str, level: Level = "matched", address: str = PHONE) -> Address:
    return Address("acme", customer_id, "phone", address, level, "import", at_us=0)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+49 89 1234 5678", None, PHONE),
        ("089/12345678", "DE", PHONE),
        ("0049 89 12345678", "DE", PHONE),
        ("tel:+49-89-12345678", None, PHONE),
        ("sip:+498912345678@pbx.example;transport=udp", None, PHONE),
        ("+498912345678;ext=12", None, PHONE),
        ("(212) 555-0123", "US", "+12125550123"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("089 12345678", None, None),  # national form without a region: not guessed
        ("anonymous", "DE", None),
        ("Unavailable", "US", None),
        ("", "DE", None),
        ("+49", "DE", None),
        ("+49 1", None, None),
        ("1" * 65, "DE", None),
        ("\x00", "DE", None),
    ],
)
def test_every_spelling_of_a_number_is_one_number(text: str, region: str | None, number: str | None) -> None:
    assert canonical("phone", text, region) == number


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Li.Wei@Example.COM ", "li.wei@example.com"),
        ("a+shop@example.com", "a+shop@example.com"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("no-at-sign", None),
        ("@example.com", None),
        ("a@", None),
        ("a@b@example.com", None),
        ("a b@example.com", None),
        ("Li <li@example.com>", None),
        ("a@.example", None),
        ("a@-example.com", None),
        ("a@exa..mple", None),
        ("\ud800@example.com", None),
        ("a\x00@example.com", None),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
        ("a" * 65 + "@example.com", None),
        ("a@" + "b" * 60 + ("." + "c" * 60) * 4, None),
    ],
)
def test_every_spelling_of_a_mail_address_is_one_address(text: str, address: str | None) -> None:
    assert canonical("email", text) == address


def test_a_visitor_is_known_by_a_uuid_and_by_nothing_else() -> None:
    visitor = "0193a5b2-7c41-7def-8abc-0123456789ab"

    assert canonical("visitor", visitor.upper()) == visitor
    assert canonical("visitor", "1' or '1'='1") is None


@pytest.mark.parametrize("kind", ["phone", "email", "visitor"])
def test_the_canonical_form_is_its_own_canonical_form(kind: AddressKind) -> None:
    spelled = {"phone": "+49 89 12345678", "email": "A@B.example", "visitor": "0193A5B2-7C41-7DEF-8ABC-0123456789AB"}

    once = canonical(kind, spelled[kind])

    assert once is not None
    assert canonical(kind, once) == once


def test_one_customer_behind_an_address_is_that_customer() -> None:
    found = identify(PHONE, [row("anna")])

    assert found.unique == Candidate("anna", "matched", "address_known")


def test_two_customers_behind_one_address_are_two_candidates_and_never_a_guess() -> None:
    found = identify(PHONE, [row("ben"), row("anna", "verified")], proved=True)

    assert found.candidates == (
        Candidate("anna", "verified", "address_proved"),
        Candidate("ben", "verified", "address_proved"),
    )
    assert found.unique is None


def test_a_claimed_address_never_says_more_than_claimed_even_if_the_sender_holds_it() -> None:
    found = identify(PHONE, [row("anna", "claimed")], proved=True)

    assert found.unique == Candidate("anna", "claimed", "address_claimed")


def test_a_caller_id_alone_verifies_nobody() -> None:
    found = identify(PHONE, [row("anna", "verified")])

    assert found.unique == Candidate("anna", "matched", "address_known")


def test_the_same_customer_found_twice_is_one_candidate_at_the_stronger_level() -> None:
    weak_first = identify(PHONE, [row("anna", "claimed"), row("anna", "matched")])
    strong_first = identify(PHONE, [row("anna", "matched"), row("anna", "claimed")])

    assert weak_first.unique == strong_first.unique == Candidate("anna", "matched", "address_known")


def test_without_an_address_or_without_rows_it_is_nobody() -> None:
    assert identify(None, [row("anna")]).candidates == ()
    assert identify(PHONE, []).unique is None
    assert identify(PHONE, [row("anna", address="+4930123456")]).candidates == ()


def test_a_crowd_behind_one_address_is_cut_and_stays_ambiguous() -> None:
    found = identify(PHONE, [row(f"customer-{number:02}") for number in range(40)])

    assert len(found.candidates) == MAX_CANDIDATES
    assert found.candidates[0].customer_id == "customer-00"
    assert found.unique is None
