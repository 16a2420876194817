"""What the doctor says about mailboxes: what is in the way, and what to do; never a password."""

import asyncpg
import pytest

from app.channels.mail.access import MailTrouble
from app.doctor_mail import CURES, examine_mail, judge_refused, judge_trouble
from app.seals import seal
from app.settings import Settings
from app.switchboard import new_id

KEY = b"k" * 32


@pytest.mark.parametrize("word", CURES)
def test_each_trouble_has_its_cure(word: str) -> None:
    found = judge_trouble("mailbox a", "IMAP b:993", MailTrouble(word))  # type: ignore[arg-type]

    assert (found.state, found.cure) == ("fail", CURES[word])
    assert word in found.saw


def test_mails_that_nobody_could_take_are_said() -> None:
    assert judge_refused(0) == []
    assert judge_refused(2)[0].state == "warn"


async def test_who_does_not_answer_who_lies_inside_and_whose_password_cannot_be_read_are_named(database: str) -> None:
    conn = await asyncpg.connect(database)
    try:
        assert await examine_mail(conn, KEY, Settings()) == []
        company_id, queue_id = new_id(), new_id()
        await conn.execute("INSERT INTO company (id, slug, name) VALUES ($1, 'a', 'A')", company_id)
        await conn.execute(
            "INSERT INTO queue (id, company_id, domain_id, name) VALUES ($1, $2, 1, 'Q')", queue_id, company_id
        )
        for name, sealed in (("away", seal(KEY, "secret")), ("foreign", seal(b"x" * 32, "secret"))):
            await conn.execute(
                "INSERT INTO mailbox (id, company_id, address, imap_host, imap_port, imap_tls, smtp_host, smtp_port, "
                "smtp_tls, username, sealed, queue_id, reopen_days) "
                "VALUES ($1, $2, $3, '127.0.0.1', 9, 'none', '127.0.0.1', 9, 'none', 'u', $4, $5, 14)",
                new_id(), company_id, f"{name}@a.test", sealed, queue_id,
            )  # fmt: skip
        await conn.execute(
            "INSERT INTO mailbox (id, company_id, address, incoming, imap_port, imap_tls, smtp_host, smtp_port, "
            "smtp_tls, username, sealed, queue_id, reopen_days) "
            "VALUES ($1, $2, 'brought@a.test', 'lmtp', 993, 'tls', '127.0.0.1', 9, 'none', 'u', $3, $4, 14)",
            new_id(), company_id, seal(KEY, "secret"), queue_id,
        )  # fmt: skip
        found = {each.name: each for each in await examine_mail(conn, KEY, Settings(endpoints_inside=True))}
        outside = {each.name: each for each in await examine_mail(conn, KEY, Settings())}
    finally:
        await conn.close()

    assert found["mailbox away@a.test"].saw == "IMAP 127.0.0.1:9: absent"
    assert found["mailbox brought@a.test"].saw == "LMTP: unheard"
    assert "inside" in outside["mailbox away@a.test"].saw
    assert "another secret key" in found["mailbox foreign@a.test"].saw
    assert "secret" not in found["mailbox away@a.test"].saw
