"""Does a change of configuration reach the engine, each one and in the order of commits?"""

import json
from dataclasses import fields
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from app.store.configuration import QUEUE_FIELDS, last_change, read_changes, record_change, record_changes
from app.store.database import Database
from contacts.records import ConfigValue
from routing.messages import QueuePolicy
from tests.store.centre import Centre, new_id

ENGINE_KEEPS = {"queue_id", "company_id", "version", "closed"}


def test_the_fields_of_a_version_are_those_of_the_engines_policy():
    assert {field.name for field in fields(QueuePolicy)} == QUEUE_FIELDS | ENGINE_KEEPS


async def recorded(db: Database, *subjects: tuple[str, str], company_id: str | None = None) -> int:
    async with db.engine.begin() as conn:
        for kind, subject_id in subjects:
            seq = await record_change(conn, 1, company_id, kind, subject_id)  # type: ignore[arg-type]
    return seq


@pytest.fixture
async def published(owner: asyncpg.Connection, centre: Centre) -> Centre:
    config = {
        "rate": 2,
        "promise_s": 30,
        "hours": {"zone": "UTC"},
        "service_level_s": 20,
        "last_step": {"kind": "message"},
    }
    for company_id, queue_id in zip(centre.company_ids, centre.queue_ids, strict=True):
        await owner.execute(
            "INSERT INTO queue_version (queue_id, version, company_id, domain_id, config) VALUES ($1, 2, $2, 1, $3)",
            queue_id,
            company_id,
            json.dumps(config),
        )
        await owner.execute("UPDATE queue SET current_version = 2 WHERE id = $1", queue_id)
    return centre


async def test_numbers_of_changes_are_gapless_and_a_lost_transaction_takes_none(db: Database, centre: Centre):
    assert await recorded(db, ("queue", "a")) == 1
    async with db.engine.connect() as conn:
        assert await record_change(conn, 1, None, "queue", "b") == 2
        await conn.rollback()
    async with db.engine.begin() as conn:
        assert await record_changes(conn, 1, None, "agent", ["c", "d", "e"]) == 4

    async with db.engine.connect() as conn:
        assert await last_change(conn, 1) == 4
        seqs = (await conn.execute(text("SELECT seq, subject_id FROM config_change ORDER BY seq"))).all()
    assert [tuple(row) for row in seqs] == [(1, "a"), (2, "c"), (3, "d"), (4, "e")]


async def test_a_queue_reaches_the_engine_without_what_is_not_for_it(db: Database, published: Centre, session):
    queue_id = published.queue_ids[0]
    await recorded(db, ("queue", queue_id), company_id=published.company_ids[0])

    assert await read_changes(session.conn, 1, 0) == [
        ConfigValue(
            "queue",
            queue_id,
            1,
            {
                "rate": 2,
                "promise_s": 30,
                "last_step": {"kind": "message"},
                "hours": {"zone": "UTC"},
                "name": "queue",
                "queue_id": queue_id,
                "company_id": published.company_ids[0],
                "version": 2,
                "closed": False,
            },
        )
    ]


@pytest.mark.parametrize("column", ["closed_at", "archived_at"])
async def test_a_closed_queue_takes_no_new_stays(db: Database, published: Centre, session, owner, column: str):
    await owner.execute(f"UPDATE queue SET {column} = now()")
    await recorded(db, ("queue", published.queue_ids[0]))

    (value,) = await read_changes(session.conn, 1, 0)

    assert value.values is not None
    assert value.values["closed"] is True


async def test_a_queue_of_which_nothing_is_published_is_not_there(db: Database, centre: Centre, session):
    await recorded(db, ("queue", centre.queue_ids[0]))

    assert await read_changes(session.conn, 1, 0) == [ConfigValue("queue", centre.queue_ids[0], 1, None)]


async def skilled(owner: asyncpg.Connection, agent_id: str, **levels: int) -> None:
    for name, level in levels.items():
        skill_id = new_id()
        await owner.execute("INSERT INTO skill (id, name) VALUES ($1, $2)", skill_id, name)
        await owner.execute("INSERT INTO agent_skill VALUES ($1, $2, $3)", agent_id, skill_id, level)


async def granted(owner: asyncpg.Connection, agent_id: str, company_id: str | None, role: str = "agent") -> None:
    await owner.execute(
        "INSERT INTO role_grant (id, user_id, role, company_id) SELECT $1, user_id, $2, $3 FROM agent WHERE id = $4",
        new_id(),
        role,
        company_id,
        agent_id,
    )


async def test_an_agent_reaches_the_engine_with_language_skills_grants_and_capacity(
    db: Database, centre: Centre, session, owner
):
    agent_id = centre.agent_ids[0]
    await skilled(owner, agent_id, billing=7, zh=3)
    await granted(owner, agent_id, centre.company_ids[1])
    await granted(owner, agent_id, centre.company_ids[0], role="supervisor")  # does not serve there
    capacity = {"units": 100, "costs": {"phone": 100}, "maxima": {"phone": 1}}
    await owner.execute("UPDATE agent SET capacity = $1 WHERE id = $2", json.dumps(capacity), agent_id)
    await recorded(db, ("agent", agent_id))

    assert await read_changes(session.conn, 1, 0) == [
        ConfigValue(
            "agent",
            agent_id,
            1,
            {
                "agent_id": agent_id,
                "language": "en",
                "skills": {"billing": 7, "zh": 3},
                "company_ids": [centre.company_ids[1]],
                "supervises": [centre.company_ids[0]],
                "capacity": capacity,
            },
        )
    ]


async def test_a_grant_for_all_companies_names_each_of_them(db: Database, centre: Centre, session, owner):
    await granted(owner, centre.agent_ids[0], None)
    await granted(owner, centre.agent_ids[0], centre.company_ids[0])
    await recorded(db, ("agent", centre.agent_ids[0]))

    (value,) = await read_changes(session.conn, 1, 0)

    assert value.values is not None
    assert sorted(value.values["company_ids"]) == sorted(centre.company_ids)


@pytest.mark.parametrize("gone", ["UPDATE agent SET archived_at = now()", "UPDATE app_user SET disabled_at = now()"])
async def test_an_agent_who_left_is_gone(db: Database, centre: Centre, session, owner, gone: str):
    await owner.execute(gone)
    await recorded(db, ("agent", centre.agent_ids[0]))

    assert await read_changes(session.conn, 1, 0) == [ConfigValue("agent", centre.agent_ids[0], 1, None)]


async def test_a_subject_changed_often_comes_once_with_its_last_number(db: Database, published: Centre, session):
    first, second = published.queue_ids
    await recorded(db, ("queue", first), ("queue", second), ("queue", first), ("domain", "1"))

    found = await read_changes(session.conn, 1, 0)

    assert [(value.kind, value.subject_id, value.seq) for value in found] == [
        ("queue", second, 2),
        ("queue", first, 3),
        ("domain", "1", 4),
    ]
    assert [value.seq for value in await read_changes(session.conn, 1, 3)] == [4]
    assert await read_changes(session.conn, 1, 4) == []


async def test_a_company_reaches_the_writer_with_where_it_calls_and_what_is_said_before_a_recording(
    db: Database, centre: Centre, session, owner: Any
):
    company_id = centre.company_ids[0]
    await owner.execute(
        "UPDATE company SET region = 'DE', dialling = $2, recording_notice = $3 WHERE id = $1",
        company_id, json.dumps({"max_attempts": 2}), json.dumps({"in": "consent"}),
    )  # fmt: skip
    seq = await recorded(db, ("company", company_id), company_id=company_id)
    (value,) = await read_changes(session.conn, 1, 0)

    assert value == ConfigValue(
        "company", company_id, seq, {"region": "DE", "max_attempts": 2, "recording_notice": {"in": "consent"}}
    )  # fmt: skip


async def test_the_domains_policy_reaches_the_engine(db: Database, session, owner: Any):
    await owner.execute("""UPDATE domain SET policy = '{"overdue_share_pct": 50}'""")
    await recorded(db, ("domain", "1"))

    assert (await read_changes(session.conn, 1, 0))[0].values == {"overdue_share_pct": 50}
