"""Do the tables hold their own rules, whoever writes, and do migrations make exactly the tables we speak of?"""

import re
from datetime import UTC, datetime
from typing import Any, get_args

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import ARRAY, CheckConstraint, Connection, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from app.store import migrate, partitions, turn
from app.store.columns import metadata
from app.store.database import Database, owner_engine
from app.store.embedded import create_database, drop_database
from app.store.tables import APPEND_ONLY
from contacts.contact import ContactState, LinkKind, Outcome
from contacts.effect import EffectState
from contacts.leg import LegRole, LegState
from contacts.presence import Chosen
from contacts.segment import Role, SegmentState
from contacts.stay import StayEnd
from contacts.words import CHANNELS, Direction
from tests.store.centre import Centre, Life, furnish, new_id


def is_ours(found: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Partitions come and go by months."""
    return not (kind == "table" and name is not None and name.startswith(("event_", "decision_")))


def checks_of(table: Table) -> set[str]:
    constraints = [*table.constraints, *(each for column in table.columns for each in column.constraints)]
    return {str(each.name) for each in constraints if isinstance(each, CheckConstraint)}


async def test_migrations_make_the_tables_we_speak_of(database: str):
    engine = owner_engine(database)
    async with engine.connect() as conn:

        def differences(sync: Connection) -> list[Any]:
            options = {"compare_type": True, "include_object": is_ours}
            return compare_metadata(MigrationContext.configure(sync, opts=options), metadata)

        found = await conn.run_sync(differences)
    await engine.dispose()

    assert found == []


async def test_every_check_we_speak_of_is_in_the_database(database: str, owner: asyncpg.Connection):
    rows = await owner.fetch("SELECT conname FROM pg_constraint WHERE contype = 'c'")
    there = {row["conname"] for row in rows}
    spoken_of = {name for table in metadata.tables.values() for name in checks_of(table)}

    assert spoken_of - there == set()
    assert len(spoken_of) > 100


async def test_every_text_and_document_has_a_bound(database: str):
    unbounded = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, (Text, JSONB, ARRAY, LargeBinary))
        and not any(name.startswith(f"ck_{table.name}_{column.name}_") for name in checks_of(table))
    ]

    assert unbounded == []


async def test_migrating_twice_changes_nothing(database: str):
    before = await migrate.current(database)

    await migrate.upgrade(database)

    assert await migrate.current(database) == before == migrate.head()


async def test_an_empty_database_stands_nowhere(postgres: Any, new_database: Any):
    await create_database(postgres.admin_url, "never_migrated")
    try:
        assert await migrate.current(postgres.url_of("never_migrated")) is None
    finally:
        await drop_database(postgres.admin_url, "never_migrated")


# --- rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [table.name for table in APPEND_ONLY])
async def test_the_product_may_add_to_log_and_audit_and_nothing_else(app_conn: asyncpg.Connection, table: str):
    rights = await app_conn.fetchrow(
        "SELECT has_table_privilege($1, 'SELECT'), has_table_privilege($1, 'INSERT'), "
        "has_table_privilege($1, 'UPDATE'), has_table_privilege($1, 'DELETE'), has_table_privilege($1, 'TRUNCATE')",
        table,
    )

    assert tuple(rights) == (True, True, False, False, False)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app_conn.execute(f"DELETE FROM {table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app_conn.execute(
            f"UPDATE {table} SET domain_id = 1" if table == "event" else "UPDATE audit SET at = now()"
        )


async def test_the_log_cannot_be_changed_past_its_parent_either(app_conn: asyncpg.Connection):
    parts = await app_conn.fetch("SELECT inhrelid::regclass::text AS name FROM pg_inherits")
    writable = [
        part["name"]
        for part in parts
        if "event" in part["name"]
        and await app_conn.fetchval("SELECT has_table_privilege($1, 'INSERT, UPDATE, DELETE')", part["name"])
    ]

    assert [part["name"] for part in parts if "event" in part["name"]]
    assert writable == []


async def test_a_version_of_a_queue_is_never_rewritten(app_conn: asyncpg.Connection, database: str):
    await furnish(database)

    await app_conn.execute("UPDATE queue_version SET state = 'retired'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app_conn.execute("UPDATE queue_version SET config = '{}'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app_conn.execute("DELETE FROM queue_version")


async def test_the_product_may_use_every_table(app_conn: asyncpg.Connection):
    tables = [table.name for table in metadata.tables.values()]

    closed = [t for t in tables if not await app_conn.fetchval("SELECT has_table_privilege($1, 'SELECT, INSERT')", t)]

    assert closed == []


async def test_whoever_connects_becomes_the_products_role(db: Database):
    async with db.engine.connect() as conn:
        for _ in range(2):  # also after a rollback has reset the session
            assert (await conn.execute(text("SELECT current_user"))).scalar_one() == "jackfield_app"
            await conn.rollback()


# --- partitions -------------------------------------------------------------------------------------------------------


async def test_three_months_of_the_log_are_made_ahead(db: Database):
    async with db.engine.begin() as conn:
        assert await partitions.missing(conn) == []
        assert await partitions.make_ahead(conn) == 0
        assert len(await partitions.missing(conn, 5)) == 4  # two tables, two months
        assert await partitions.make_ahead(conn, 5) == 4
        assert await partitions.missing(conn, 5) == []
        assert not await partitions.strayed(conn)


async def test_explanations_go_by_whole_months_once_they_are_old(owner: asyncpg.Connection, db: Database):
    for month, row in (("2020_01", "2020-01-31"), ("2020_02", "2020-02-01")):
        first = f"{month.replace('_', '-')}-01"
        await owner.execute(
            f"CREATE TABLE decision_{month} PARTITION OF decision "
            f"FOR VALUES FROM ('{first} UTC') TO (timestamptz '{first} UTC' + interval '1 month')"
        )
        insert = "INSERT INTO decision (domain_id, seq, stay_id, recorded_at, data) VALUES (1, 1, $1, $2, '{}')"
        await owner.execute(insert, new_id(), datetime.fromisoformat(f"{row}T23:00+00:00"))
    days_since_march = (datetime.now(UTC) - datetime(2020, 3, 1, tzinfo=UTC)).days
    async with db.engine.begin() as conn:
        assert await partitions.drop_old(conn, days_since_march + 1) == 1  # February's has not been over for so long
        assert await partitions.drop_old(conn) == 1

    assert await owner.fetchval("SELECT count(*) FROM decision") == 0
    assert await owner.fetchval("SELECT to_regclass('event_default') IS NOT NULL")


async def test_rows_of_the_log_lie_in_their_month_by_utc(owner: asyncpg.Connection):
    first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    await owner.execute(
        "INSERT INTO event (domain_id, seq, at, recorded_at, epoch, actor, kind, v, data) "
        "VALUES (1, 1, $1, $1, 1, 'x', 'x', 1, '{}')",
        first,
    )

    assert await owner.fetchval("SELECT tableoid::regclass::text FROM event") == f"event_{first:%Y_%m}"


async def test_a_row_without_a_partition_of_its_own_is_kept_and_noticed(owner: asyncpg.Connection, db: Database):
    await owner.execute(
        "INSERT INTO event (domain_id, seq, at, recorded_at, epoch, actor, kind, v, data) "
        "VALUES (1, 1, now(), '2199-01-01', 1, 'x', 'x', 1, '{}')"
    )

    async with db.engine.connect() as conn:
        assert await partitions.strayed(conn)


# --- companies kept apart ---------------------------------------------------------------------------------------------


@pytest.fixture
async def centre(database: str) -> Centre:
    return await furnish(database)


async def customer_of(owner: asyncpg.Connection, company_id: str) -> str:
    customer_id = new_id()
    await owner.execute("INSERT INTO customer (id, company_id, name) VALUES ($1, $2, 'x')", customer_id, company_id)
    return customer_id


async def test_a_contact_cannot_belong_to_another_companys_customer(owner: asyncpg.Connection, centre: Centre):
    stranger = await customer_of(owner, centre.company_ids[1])

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await owner.execute(
            "INSERT INTO contact (id, company_id, domain_id, channel, direction, state, customer_id, source, "
            "source_id, arrived_at) VALUES ($1, $2, 1, 'phone', 'in', 'open', $3, 's', 's', now())",
            new_id(),
            centre.company_ids[0],
            stranger,
        )


async def test_a_number_cannot_lead_to_another_companys_queue(owner: asyncpg.Connection, centre: Centre):
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await owner.execute(
            "INSERT INTO number (id, company_id, address, kind, queue_id) VALUES ($1, $2, '+491', 'phone', $3)",
            new_id(),
            centre.company_ids[0],
            centre.queue_ids[1],
        )


async def test_an_address_reaches_one_company_only(owner: asyncpg.Connection, centre: Centre):
    add = "INSERT INTO number (id, company_id, address, kind) VALUES ($1, $2, '+491', 'phone')"
    await owner.execute(add, new_id(), centre.company_ids[0])

    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute(add, new_id(), centre.company_ids[1])
    await owner.execute("UPDATE number SET archived_at = now()")
    await owner.execute(add, new_id(), centre.company_ids[1])


async def test_the_same_address_may_be_a_customer_of_both(owner: asyncpg.Connection, centre: Centre):
    for company_id in centre.company_ids:
        await owner.execute(
            "INSERT INTO customer_address (company_id, customer_id, kind, address, level, source) "
            "VALUES ($1, $2, 'phone', '+4930123', 'matched', 'api')",
            company_id,
            await customer_of(owner, company_id),
        )

    assert await owner.fetchval("SELECT count(DISTINCT customer_id) FROM customer_address") == 2


async def test_a_version_cannot_be_of_another_company_than_its_queue(owner: asyncpg.Connection, centre: Centre):
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await owner.execute(
            "INSERT INTO queue_version (queue_id, version, company_id, domain_id, config) VALUES ($1, 2, $2, 1, '{}')",
            centre.queue_ids[0],
            centre.company_ids[1],
        )


async def test_a_queue_cannot_publish_a_version_it_does_not_have(owner: asyncpg.Connection, centre: Centre):
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await owner.execute("UPDATE queue SET current_version = 7 WHERE id = $1", centre.queue_ids[0])


# --- what a row may say -----------------------------------------------------------------------------------------------


REFUSED = (
    ("UPDATE contact SET state = 'ringing'", "ck_contact_state_known"),
    ("UPDATE contact SET state = 'closed', outcome = 'handled'", "ck_contact_closed_has_time"),
    ("UPDATE contact SET state = 'closed', closed_at = now()", "ck_contact_closed_has_outcome"),
    ("UPDATE contact SET channel = 'telex'", "ck_contact_channel_known"),
    ("UPDATE contact SET source_id = repeat('x', 129)", "ck_contact_source_id_size"),
    ("UPDATE contact SET collected = jsonb_build_object('x', repeat('x', 70000))", "ck_contact_collected_size"),
    ("UPDATE stay SET ended_at = now()", "ck_stay_ended_has_end"),
    ("UPDATE stay SET \"end\" = 'bored', ended_at = now()", "ck_stay_end_known"),
    ("UPDATE stay SET requirement = repeat('x', 1001)", "ck_stay_requirement_size"),
    ("UPDATE segment SET state = 'ringing'", "ck_segment_state_known"),
    ("UPDATE segment SET role = 'boss'", "ck_segment_role_known"),
    ("UPDATE leg SET state = 'lost'", "ck_leg_state_known"),
    ("UPDATE company SET slug = 'No Slug'", "ck_company_slug_form"),
    ("UPDATE app_user SET name = repeat('名', 201)", "ck_app_user_name_size"),
    ("UPDATE customer SET value = 101", "ck_customer_value_range"),
)


async def test_a_row_says_only_what_it_may(session, centre, owner):
    await turn.commit(session, Life(centre, centre.agent_ids[0]).arrives(), 1)
    await customer_of(owner, centre.company_ids[0])

    for statement, check in REFUSED:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await owner.execute(statement)
        assert refused.value.constraint_name == check


async def test_states_in_the_database_are_those_of_the_records(owner: asyncpg.Connection, database: str):
    """A word added to a record without a migration fails here."""
    checks = {
        row["conname"]: row["definition"]
        for row in await owner.fetch("SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint")
    }
    wanted = {
        "ck_contact_state_known": get_args(ContactState),
        "ck_contact_outcome_known": get_args(Outcome),
        "ck_contact_channel_known": CHANNELS,
        "ck_contact_direction_known": get_args(Direction),
        "ck_contact_link_kind_known": get_args(LinkKind),
        "ck_stay_end_known": get_args(StayEnd),
        "ck_segment_state_known": get_args(SegmentState),
        "ck_segment_role_known": get_args(Role),
        "ck_leg_state_known": get_args(LegState),
        "ck_leg_role_known": get_args(LegRole),
        "ck_effect_state_known": get_args(EffectState),
        "ck_agent_state_chosen_known": get_args(Chosen),
    }
    found = {name: tuple(re.findall(r"'([a-z_]+)'::text", checks[name])) for name in wanted}

    assert {name: set(words) for name, words in found.items()} == {name: set(words) for name, words in wanted.items()}
