"""Deadlines that fall due while no server runs: taken at once afterwards, in their order; offers are extended."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg

from floor.agent import Manner
from floor.company import QueueWish
from tests.faults.small_floor import NUMBER, SmallFloor, audit, faulty, small_floor
from tests.faults.test_silent_provider import until
from tests.serving import Server

SPEED = 100
TOLERANCE_US = SPEED * 1_000_000  # one real second
OUTAGE_S = 5.0  # real
# Business seconds: all due within the outage but the offer, whose time does not pass meanwhile.
SHORT = {"wrap_up_s": 300, "promise_s": 350, "limit_s": 400}
LONG = {"offer_timeout_s": 600, "promise_s": 3000, "limit_s": 3600}
QUEUES = (QueueWish("short", SHORT, {NUMBER: "phone"}), QueueWish("long", LONG, {f"{NUMBER}2": "phone"}))

US = "(extract(epoch FROM {0}) * 1000000)::bigint"
WRAP_UP_DUE = f"(ended_at + interval '{SHORT['wrap_up_s']} s')"  # wrap_up_until is by then when it did end
SEGMENTS = "SELECT state FROM segment ORDER BY id"
# What was due, when, and the event that says that it was taken.
DUE = f"""
SELECT 'segment.finished' AS kind, id::text, {US.format(WRAP_UP_DUE)} AS due_us FROM segment
    WHERE wrap_up_until IS NOT NULL
UNION ALL SELECT 'stay.overdue', id::text, {US.format("promise_at")} FROM stay WHERE "end" = 'cleared'
UNION ALL SELECT 'stay.ended', id::text, {US.format("limit_at")} FROM stay WHERE "end" = 'cleared'
"""
TAKEN = """
SELECT seq, kind, coalesce(CASE WHEN kind LIKE 'segment.%' THEN segment_id END, stay_id)::text AS id,
    (extract(epoch FROM at) * 1000000)::bigint AS at_us FROM event
WHERE seq > {last_seq} AND kind IN ('segment.finished', 'stay.overdue', 'stay.ended') ORDER BY seq
"""
OFFER = f"SELECT {US.format('expires_at')} FROM segment WHERE state = 'offered'"


def manner(login: str) -> Manner:
    """The first never ends the wrap-up, the second never looks at an offer."""
    return Manner(after_call_s=lambda: 1000.0) if login == "agent0" else Manner(ignore_share=1.0)


async def one_of_each(small: SmallFloor, conn: asyncpg.Connection) -> None:
    """One wraps up, one is offered, one waits."""
    small.call(patience_s=60, talk_s=0.0)
    await until(conn, SEGMENTS, lambda rows: rows == [("wrap_up",)])
    await small.ready("agent1")
    small.call(patience_s=60, to=f"{NUMBER}2")
    await until(conn, SEGMENTS, lambda rows: rows == [("wrap_up",), ("offered",)])
    small.call(patience_s=60)
    await until(conn, "SELECT count(*) FROM stay", lambda rows: rows == [(3,)])


async def test_deadlines_of_an_outage_are_taken_at_once_and_in_order(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    database, out = new_database(), tmp_path / "outage"
    server = Server(database, tmp_path / "server.log", arguments=("--speed", str(SPEED)))
    server.start()
    conn = await asyncpg.connect(database)
    try:
        await server.until_ready()
        async with small_floor(server, out, 1, queues=QUEUES, agents=2, manner=manner, ready=False) as small:
            await small.ready("agent0")
            await one_of_each(small, conn)
            async with small.outage():
                server.kill()
                before_us, last_seq = await conn.fetchval(OFFER), await conn.fetchval("SELECT max(seq) FROM event")
                await asyncio.sleep(OUTAGE_S)
                server.arguments = ()  # the clock is in the database
                server.start()
                await server.until_ready()
            extended = await until(
                conn, "SELECT data->>'outage_us' FROM event WHERE kind = 'clock.extended'", lambda rows: len(rows) == 1
            )
            after_us = await conn.fetchval(OFFER)
            taken = await until(conn, TAKEN.format(last_seq=last_seq), lambda rows: len(rows) >= 3)
            due = await conn.fetch(DUE)
            restarted_us = await conn.fetchval(f"SELECT {US.format('at')} FROM event WHERE kind = 'clock.extended'")
            expired = await until(
                conn, f"SELECT {US.format('at')} FROM event WHERE kind = 'segment.expired'", lambda rows: len(rows) == 1
            )
            chosen = await conn.fetch("SELECT DISTINCT chosen FROM agent_state")
            for leg in list(small.floor.provider._legs):
                small.floor.provider.hang_up(leg)
            await small.drain()
            found = await audit(out)
    finally:
        await conn.close()
        server.kill()

    wanted = sorted((row["due_us"], row["kind"], row["id"]) for row in due)
    assert len(wanted) == 3
    assert wanted[-1][0] < restarted_us, "all of it was due before anybody was there again"
    assert [(kind, id_) for _, kind, id_, _ in taken][:3] == [(kind, id_) for _, kind, id_ in wanted]
    assert all(0 <= at_us - restarted_us <= TOLERANCE_US for _, _, _, at_us in taken[:3]), "at once"
    assert before_us is not None
    assert after_us == before_us + int(extended[0][0]), "a live offer is not shortened by our outage"
    assert abs(expired[0][0] - after_us) <= TOLERANCE_US
    assert [row["chosen"] for row in chosen] == ["ready"]
    assert found["code"] == 0, faulty(found)
