"""Does the card say who is proved, and do our own mails prove that they are ours? Through the real server."""

import asyncio
from collections.abc import Callable, Iterator
from email.policy import SMTP
from pathlib import Path
from typing import Any

import dkim
import pytest

from tests.mail.centre import INSIDE, Centre, centre
from tests.mail.names import Names, name_server
from tests.mail.post_office import ALICE, SUPPORT, PostOffice, letter

Database = Callable[[], str]


@pytest.fixture
def names() -> Iterator[Names]:
    with name_server() as made:
        yield made


def _signed(key: str, text: str) -> bytes:
    raw = letter(text=text).as_bytes(policy=SMTP)
    return bytes(dkim.sign(raw, b"s1", b"customer.test", key.encode()) + raw)


async def _level(here: Centre) -> tuple[str, str | None]:
    """Of the card of what the agent is offered next, which is let go."""
    contact_id = await here.served()
    desk = here.desks["anna"].desk

    def found() -> dict[str, Any] | None:
        cards = (each for key, each in desk.records.items() if key.startswith("card/"))
        return next((each for each in cards if each["contact_id"] == contact_id), None)

    card = await here.until(found, why="there is a card")
    await here.end()
    return card["level"], card["collected"].get("proved")


async def test_a_mail_signed_by_its_senders_domain_is_verified_and_any_other_is_matched_and_none_is_lost(
    office: PostOffice, new_database: Database, tmp_path: Path, names: Names
) -> None:
    key = names.publish_key("customer.test")
    good = _signed(key, "Signed")
    settings = {**INSIDE, "JACKFIELD_DNS_SERVERS": names.at}
    async with centre(office, new_database(), tmp_path, agents=1, settings=settings) as here:
        here.desks["anna"].choose("ready")
        office.send(good)
        signed = await _level(here)
        office.send(letter(text="Not signed"))
        bare = await _level(here)
        office.send(good.replace(b"Signed", b"Forged"))
        forged = await _level(here)
        del names.texts["s1._domainkey.customer.test."]
        lying = b"Authentication-Results: mx.example.test; dmarc=pass header.from=customer.test\r\n"
        office.send(lying + letter(text="Says so").as_bytes(policy=SMTP))
        lied = await _level(here)
        mails = await here.mails("direction = 'in'")

    assert signed == ("verified", "DKIM")
    assert {bare, forged, lied} == {("matched", None)}
    assert [(mail["reply"], mail["proof"]) for mail in mails] == [
        ("Signed", "DKIM"), ("Not signed", None), ("Forged", None), ("Says so", None)
    ]  # fmt: skip


async def test_a_name_server_that_is_away_costs_a_mail_its_proof_and_nothing_else(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    settings = {**INSIDE, "JACKFIELD_DNS_SERVERS": "127.0.0.1:9"}
    with name_server() as names:
        good = _signed(names.publish_key("customer.test"), "Signed")
    async with centre(office, new_database(), tmp_path, agents=1, settings=settings) as here:
        here.desks["anna"].choose("ready")
        office.send(good)
        level = await _level(here)

    assert level == ("matched", None)


async def test_a_mail_of_ours_is_signed_so_that_its_reader_can_see_it_is_ours(
    office: PostOffice, new_database: Database, tmp_path: Path, names: Names
) -> None:
    key = names.publish_key("example.test")
    box = {"dkim": {"selector": "s1", "private_key": key}}
    async with centre(office, new_database(), tmp_path, agents=1, box=box) as here:
        shown = here.boxes[SUPPORT]["dkim"]
        here.desks["anna"].choose("ready")
        office.send(letter("问候"))
        contact_id = await here.served()
        await here.answer(contact_id, text="您好。\n\n.\nA line that ends in a space \n")
        await asyncio.to_thread(office.until_there, 1)
        raw = office.raw(ALICE)
        log = here.server.log.read_text()

    published = {shown["name"] + ".": shown["record"].encode()}
    assert dkim.verify(raw, dnsfunc=lambda name, timeout: published.get(name.decode()))
    assert not dkim.verify(raw.replace(b"A line", b"A lie"), dnsfunc=lambda name, timeout: published.get(name.decode()))
    assert published == {"s1._domainkey.example.test.": names.texts["s1._domainkey.example.test."].encode()}
    assert "PRIVATE" not in log
