"""Is there one writer at a time, and does the next one take over when it should?"""

import asyncio

import pytest

from app.store import turn
from app.store.faults import ConnectionLost, FenceLost
from app.store.writer import SILENT_S, WriterSession
from contacts.records import Draft
from tests.store.centre import Life, event, reply, somebody_waits


async def silent_for_3_s(owner):
    """As if the holder had not beaten for so long."""
    await owner.execute("UPDATE writer_beat SET renewed_at = clock_timestamp() - interval '3 s'")


@pytest.fixture
async def second(session):
    second = WriterSession(session.url)
    yield second
    await second.release()


async def test_nobody_takes_over_from_a_writer_that_beats(session, second):
    assert await second.try_takeover(1, "second") is None
    assert await session.beat()
    assert second.epoch == 0


async def test_a_silent_writer_is_replaced_under_a_new_epoch(session, second, owner):
    await silent_for_3_s(owner)

    assert await second.try_takeover(1, "second") == session.epoch + 1

    assert await owner.fetchrow("SELECT epoch, owner FROM writer") == (second.epoch, "second")
    assert not await session.beat()
    with pytest.raises(FenceLost):
        await turn.commit(session, Draft([event("row.changed")]), 1)
    await turn.commit(second, Draft([event("row.changed")]), 1)


async def test_the_outage_is_told_from_the_last_beat(session, second, owner):
    await owner.execute("UPDATE writer_beat SET renewed_at = clock_timestamp() - interval '7 s'")

    await second.try_takeover(1, "second")

    assert 7.0 <= second.outage_s < 60.0


async def test_a_clean_stop_hands_over_at_once_and_tells_when_it_was(session, second):
    await session.release()

    assert await second.try_takeover(1, "second") is not None
    assert 0.0 <= second.outage_s < 2.0


async def test_the_first_writer_ever_knows_no_outage(database):
    first = WriterSession(database)

    assert await first.try_takeover(1, "first") == 1
    assert first.outage_s == 0.0
    await first.release()


async def test_a_takeover_waits_for_the_turn_in_flight(session, second, owner, centre):
    """What the old writer is about to commit is there when the new one begins to read."""
    await silent_for_3_s(owner)
    in_flight = session.conn.transaction()
    await in_flight.start()
    await turn.commit(session, Life(centre, centre.agent_ids[0]).arrives(), 1)
    takeover = asyncio.create_task(second.try_takeover(1, "second"))
    await somebody_waits(owner)

    assert not takeover.done()
    await in_flight.commit()

    assert await takeover == session.epoch + 1
    assert await owner.fetchval("SELECT count(*) FROM event") == 3


async def test_of_two_who_see_a_silent_writer_one_wins(session, database, owner):
    await silent_for_3_s(owner)
    rivals = [WriterSession(database) for _ in range(4)]

    epochs = await asyncio.gather(*(rival.try_takeover(1, f"rival-{n}") for n, rival in enumerate(rivals)))

    assert sorted(epochs, key=str) == sorted([session.epoch + 1, None, None, None], key=str)
    for rival in rivals:
        await rival.release()


async def test_who_waits_for_the_end_of_a_writer_does_not_stand_in_its_way(session, second, owner):
    """A look at a living writer takes no lock: a watcher stopped at any point delays nobody."""
    held = owner.transaction()
    await held.start()
    await owner.fetchval("SELECT epoch FROM writer WHERE domain_id = 1 FOR UPDATE")

    assert await second.try_takeover(1, "second") is None
    await held.rollback()


async def test_a_process_without_a_fresh_beat_sends_nothing(session):
    assert session.may_send()
    session.last_beat_at -= SILENT_S + 0.01
    assert not session.may_send()

    await session.beat()
    assert session.may_send()


async def test_who_holds_nothing_sends_nothing(database):
    assert not WriterSession(database).may_send()


async def test_a_released_session_sends_nothing_and_writes_nothing(session, owner):
    epoch = session.epoch
    await session.release()

    assert not session.may_send()
    assert await owner.fetchval("SELECT epoch FROM writer_beat WHERE renewed_at = '-infinity'") == epoch


async def test_no_database_is_a_lost_connection_not_a_crash(tmp_path):
    nowhere = WriterSession(f"postgresql://postgres@/x?host={tmp_path}&port=5432")

    with pytest.raises(ConnectionLost):
        await nowhere.try_takeover(1, "x")
    with pytest.raises(ConnectionLost):
        await nowhere.beat()
    await nowhere.release()


async def test_after_a_cut_the_same_session_goes_on_under_its_epoch(session, owner):
    await owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%writer'")
    with pytest.raises(ConnectionLost):
        await session.beat()

    await session.reconnect()

    assert await session.beat()
    await turn.commit(session, Draft([event("row.changed")], replies=[reply()]), 1)


async def test_after_an_unknown_outcome_the_late_statement_finds_no_epoch(session, owner):
    """The turn whose answer never came may reach the server after us: by then its epoch is over."""
    epoch = session.epoch
    await session.reconnect()

    assert await session.renew()

    late = turn.as_statement(Draft([event("row.changed")]), 1, epoch, 1)
    assert await session.conn.fetchrow(late[0], *late[1]) is None
    assert await owner.fetchval("SELECT count(*) FROM event") == 0
    await turn.commit(session, Draft([event("row.changed")]), 1)


async def test_who_was_replaced_cannot_renew(session, second, owner):
    await silent_for_3_s(owner)
    await second.try_takeover(1, "second")

    assert not await session.renew()
    assert await second.beat()


async def test_the_sessions_settings_are_those_of_the_promise(session):
    wanted = {
        "idle_in_transaction_session_timeout": "1500ms",
        "statement_timeout": "2s",
        "lock_timeout": "1s",
        "client_connection_check_interval": "500ms",
        "synchronous_commit": "on",
        "enable_seqscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "role": "jackfield_app",
    }

    assert {name: await session.conn.fetchval(f"SHOW {name}") for name in wanted} == wanted


async def test_a_holder_stopped_inside_a_transaction_does_not_block_the_takeover_for_ever(session, second, owner):
    """Between two statements of a transaction the server gives it 1.5 s."""
    await session.conn.execute("SET idle_in_transaction_session_timeout = '50ms'")
    await silent_for_3_s(owner)
    stopped = session.conn.transaction()
    await stopped.start()
    await session.conn.fetchval("SELECT 1 FROM writer WHERE domain_id = 1 FOR SHARE")

    assert await second.try_takeover(1, "second") == session.epoch + 1
