"""What the doctor says about telephones: pure judgements, and one look at an address where nobody answers."""

import asyncpg
import pytest

from app.doctor_telephony import examine_telephony, judge_answer, judge_voice
from app.seals import seal
from app.switchboard import new_id

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("status", "said", "state", "word"),
    [
        (200, {"system": {"version": "22.10.1"}}, "ok", "22.10.1"),
        (401, None, "fail", "401"),
        (404, None, "fail", "404"),
        (200, "a page", "fail", "200"),
    ],
)
def test_an_answer_is_judged_with_its_cure(status: int, said: object, state: str, word: str) -> None:
    found = judge_answer("asterisk pbx", status, said)
    assert (found.state, bool(found.cure)) == (state, state == "fail")
    assert word in found.saw


def test_without_a_voice_flows_say_nothing() -> None:
    assert judge_voice(None).state == "fail"
    assert judge_voice("/usr/bin/espeak-ng").state == "ok"


async def test_who_does_not_answer_and_whose_password_cannot_be_read_are_named(database: str) -> None:
    conn = await asyncpg.connect(database)
    try:
        assert await examine_telephony(conn, KEY) == []
        for name, sealed in (("away", seal(KEY, "secret")), ("foreign", seal(b"x" * 32, "secret"))):
            await conn.execute(
                "INSERT INTO asterisk (id, domain_id, name, url, username, sealed, application) "
                "VALUES ($1, 1, $2, 'http://127.0.0.1:9/ari', 'u', $3, 'jackfield')",
                new_id(), name, sealed,
            )  # fmt: skip
        found = {each.name: each for each in await examine_telephony(conn, KEY)}
    finally:
        await conn.close()
    assert found["asterisk away"].state == "fail"
    assert "127.0.0.1:9" in found["asterisk away"].saw
    assert "another secret key" in found["asterisk foreign"].saw
    assert "secret" not in found["asterisk away"].saw
