"""Is nothing lost that came in while nobody could take it, and is nothing kept longer than promised?"""

from app.store import cursors, inbox, turn
from app.store.answers import forget_old
from app.store.database import Database
from contacts.records import Draft
from tests.store.centre import Life, event, new_id, reply


async def put(db: Database, delivery_id: str, body: bytes = b"{}") -> None:
    async with db.engine.begin() as conn:
        await inbox.put_delivery(conn, new_id(), "telephony:p", delivery_id, body)


async def taken(db: Database, rows_max: int = 64) -> list[inbox.Delivery]:
    async with db.engine.begin() as conn:
        return await inbox.take(conn, rows_max)


async def test_a_delivery_is_handed_over_as_it_came_and_then_gone(db: Database, owner):
    body = '{"from":"+4930\\u0000","x":"é"}'.encode() + b"\xff\x00"
    await put(db, "d-1", body)

    (delivery,) = await taken(db)
    async with db.engine.begin() as conn:
        await inbox.done(conn, delivery.id)

    assert (delivery.source, delivery.delivery_id, delivery.body) == ("telephony:p", "d-1", body)
    assert await owner.fetchval("SELECT count(*) FROM inbox") == 0


async def test_a_repeat_of_a_waiting_delivery_is_the_same_delivery(db: Database):
    await put(db, "d-1", b"first")
    await put(db, "d-1", b"second")

    assert [delivery.body for delivery in await taken(db)] == [b"first"]


async def test_the_oldest_go_first_and_never_two_hands_at_once(db: Database):
    for n in range(5):
        await put(db, f"d-{n}")

    first, second = await taken(db, 3), await taken(db, 3)

    assert [delivery.delivery_id for delivery in (*first, *second)] == [f"d-{n}" for n in range(5)]
    assert await taken(db) == []


async def test_a_delivery_whose_carrier_died_is_taken_again(db: Database, owner):
    await put(db, "d-1")
    await taken(db)
    await owner.execute("UPDATE inbox SET taken_at = clock_timestamp() - interval '31 s'")

    (again,) = await taken(db)

    assert again.tries == 2


async def test_a_new_writer_takes_what_the_last_had_in_hand(db: Database):
    await put(db, "d-1")
    await taken(db)
    async with db.engine.begin() as conn:
        await inbox.take_back(conn)

    assert [delivery.delivery_id for delivery in await taken(db)] == ["d-1"]


async def test_a_delivery_that_nobody_can_ever_take_is_left_for_people(db: Database, owner):
    await put(db, "d-1")
    await owner.execute(f"UPDATE inbox SET tries = {inbox.TRIES_MAX}")

    await taken(db)

    assert await owner.fetchval("SELECT state FROM inbox") == "refused"
    assert await taken(db) == []


async def test_answers_are_forgotten_after_48_hours_and_not_before(db: Database, session, owner):
    old, young = reply(), reply()
    await turn.commit(session, Draft([event("row.changed")], replies=[old, young]), 1)
    await owner.execute("UPDATE command SET at = clock_timestamp() - interval '47 h'")
    await owner.execute("UPDATE command SET at = clock_timestamp() - interval '49 h' WHERE id = $1", old.command_id)

    async with db.engine.begin() as conn:
        assert await forget_old(conn) == 1

    keys = [(each.principal, each.command_id) for each in (old, young)]
    assert list(await turn.answers(session.conn, keys)) == keys[1:]


async def test_a_reader_of_the_log_goes_on_where_it_stopped(db: Database, session, centre):
    for n, draft in enumerate(Life(centre, centre.agent_ids[0]).steps()[:2]):
        await turn.commit(session, draft, 1 + 3 * n)
    async with db.engine.begin() as conn:
        assert await cursors.position(conn, "webhooks", 1) == 0
        first = await cursors.events_after(conn, 1, 0, 2)
        await cursors.advance(conn, "webhooks", 1, first[-1]["seq"])
        await cursors.advance(conn, "webhooks", 1, 1)  # late: never back

    async with db.engine.begin() as conn:
        rest = await cursors.events_after(conn, 1, await cursors.position(conn, "webhooks", 1))

    assert [row["seq"] for row in (*first, *rest)] == [1, 2, 3, 4, 5]
    assert rest[0]["contact_id"] == first[0]["contact_id"]
