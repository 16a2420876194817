"""Do tickets, CSRF tokens and passwords open a door only to whom they were given?"""

import asyncio

import pytest

from app import passwords
from app.passwords import Passwords, PasswordsBusy
from app.seals import BrokenSeal, seal, unseal
from app.sessions import (
    TICKET_LIFE_S,
    BadTicket,
    Ticket,
    csrf_holds,
    issue_ticket,
    new_api_key,
    new_token,
    read_ticket,
)

KEY, NOW_S = b"k" * 32, 1_800_000_000
MINE = Ticket("user-1", "agent-1", "aa", None, "https://desk.example")


def test_a_ticket_is_read_as_it_was_issued():
    assert read_ticket(KEY, issue_ticket(KEY, MINE, NOW_S), "https://desk.example", NOW_S) == MINE


def test_a_ticket_dies_after_30_seconds():
    text = issue_ticket(KEY, MINE, NOW_S)

    assert read_ticket(KEY, text, MINE.origin, NOW_S + TICKET_LIFE_S - 1) == MINE
    with pytest.raises(BadTicket):
        read_ticket(KEY, text, MINE.origin, NOW_S + TICKET_LIFE_S)


def test_a_ticket_of_a_page_serves_no_other_origin():
    text = issue_ticket(KEY, MINE, NOW_S)

    for origin in ("https://evil.example", None):
        with pytest.raises(BadTicket):
            read_ticket(KEY, text, origin, NOW_S)


def test_a_ticket_signed_by_somebody_else_or_by_nobody_is_refused():
    unsigned = "eyJhbGciOiJub25lIn0." + issue_ticket(KEY, MINE, NOW_S).split(".")[1] + "."

    for text in (issue_ticket(b"x" * 32, MINE, NOW_S), unsigned, "", "a.b.c", "é", "." * 100):
        with pytest.raises(BadTicket):
            read_ticket(KEY, text, MINE.origin, NOW_S)


def test_only_the_sessions_own_csrf_token_holds():
    mine = new_token()

    assert csrf_holds(mine, mine)
    for other in (new_token(), None, "", "é"):
        assert not csrf_holds(mine, other)


def test_api_keys_are_told_by_their_prefix_and_never_repeat():
    assert new_api_key().startswith("jf_")
    assert new_api_key() != new_api_key()


async def test_only_the_right_password_opens():
    doors = Passwords()
    stored = await doors.hash("correct horse")

    assert await doors.verify("correct horse", stored)
    assert not await doors.verify("battery staple", stored)
    assert not await doors.verify("correct horse", "not a hash")


async def test_a_user_without_a_password_never_gets_in():
    assert not await Passwords().verify("", None)


async def test_an_unknown_login_costs_a_hash_as_well(monkeypatch):
    doors, compared = Passwords(), []
    real = doors._hash.verify
    monkeypatch.setattr(doors._hash, "verify", lambda word, stored: compared.append(stored) or real(word, stored))

    await doors.verify("guess", None)

    assert compared == [passwords._NOBODYS_HASH]


async def test_more_waiting_than_the_bound_are_sent_away(monkeypatch):
    monkeypatch.setattr(passwords, "WAITING_MAX", 3)
    doors = Passwords()

    answers = await asyncio.gather(*(doors.verify("x", None) for _ in range(5)), return_exceptions=True)

    assert [type(answer) for answer in answers].count(PasswordsBusy) == 2


def test_a_sealed_secret_is_read_with_the_same_key_only():
    sealed = seal(KEY, "whsec_abc")

    assert unseal(KEY, sealed) == "whsec_abc"
    assert "whsec" not in sealed
    for broken, key in ((sealed, b"x" * 32), (sealed[:-2], KEY), ("", KEY)):
        with pytest.raises(BrokenSeal):
            unseal(key, broken)
