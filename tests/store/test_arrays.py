"""Whatever is in a column of values arrives as it was, and nothing in it can become another element."""

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.store.arrays import AS_TEXT
from app.store.faults import DataError
from tests.store.centre import new_id

# What PostgreSQL's text can hold: everything but NUL and lone surrogates.
TEXTS = st.lists(st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1)
NASTY = ['"', "\\", "{}", ",", "NULL", '","', "\\x00", "'", "", " ", '{"a": "\\"}"}']


@pytest.fixture
async def conn(database: str):
    conn = await asyncpg.connect(database)
    yield conn
    await conn.close()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
async def test_any_text_arrives_as_it_was(conn, texts):
    assert await conn.fetchval("SELECT $1::text::text[]", AS_TEXT["text"](texts)) == texts


async def test_text_with_a_meaning_to_arrays_arrives_as_it_was(conn):
    assert await conn.fetchval("SELECT $1::text::text[]", AS_TEXT["text"](NASTY)) == NASTY


async def test_numbers_ids_bytes_and_truth_arrive_as_they_were(conn):
    ids, blobs = [new_id(), None], [b"\x00\xff", None, b""]

    assert await conn.fetchval("SELECT $1::text::uuid[]::text[]", AS_TEXT["uuid"](ids)) == ids
    assert await conn.fetchval("SELECT $1::text::bigint[]", AS_TEXT["bigint"]([1, -(2**62), None])) == [
        1,
        -(2**62),
        None,
    ]
    assert await conn.fetchval("SELECT $1::text::boolean[]", AS_TEXT["boolean"]([True, False])) == [True, False]
    assert await conn.fetchval("SELECT $1::text::bytea[]", AS_TEXT["bytea"](blobs)) == blobs


@pytest.mark.parametrize("forged", ["a,b", "0190d3e0-0000-7000-8000-000000000001,0190d3e0-0000-7000-8000-000000000002"])
def test_no_id_can_become_two(forged):
    with pytest.raises(DataError):
        AS_TEXT["uuid"]([forged])
