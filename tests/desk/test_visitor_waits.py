"""Is a visitor who waits told how long it will take, never beyond what the recipe promises, and how many are before?"""

import asyncio
import contextlib
import itertools
import json
import time
from typing import Any

import asyncpg

from analytics.expected_wait import SERVED_MIN
from app.api.tab import Seat, Socket
from app.api.visitor_waits import LOOKED_EVERY_S, QueueLooked, VisitorWaits
from app.api.visitors import WAITS_EVERY, Line, Standing, Visiting
from app.store.database import Database
from tests.desk.conftest import Desks, segment
from tests.desk.test_visitors import site_of
from tests.desk.visitor import Site, VisitorPage

LIMIT_S = 300
_queues = itertools.count(1)


async def site_with(desks: Desks, limit_s: int = LIMIT_S, **about: Any) -> Site:
    """A widget of a queue of its own, in which nobody has waited yet."""
    of = {"company_id": desks.company_id, "name": f"Chats {next(_queues)}", "config": {"limit_s": limit_s}}
    queue_id = (await desks.api.post("/v1/queues", of))["id"]
    return await site_of(desks, queue_id=queue_id, **about)


async def have_waited(desks: Desks, contact_id: str, *waits_s: int) -> None:
    """So many were served in this contact's queue, as turns would have written it."""
    conn = await asyncpg.connect(desks.server.database_url)
    try:
        await conn.execute(
            """
            INSERT INTO stay (id, contact_id, company_id, domain_id, queue_id, queue_version, requirement, place_us,
                              queued_at, promise_at, limit_at, ended_at, "end")
            SELECT gen_random_uuid(), s.contact_id, s.company_id, 1, s.queue_id, 1, '', 0, s.queued_at, s.queued_at,
                   s.queued_at, s.queued_at + make_interval(secs => w), 'answered'
            FROM stay s, unnest($2::int[]) w WHERE s.contact_id = $1::text::uuid AND s.ended_at IS NULL
            """,
            contact_id,
            list(waits_s),
        )
    finally:
        await conn.close()


async def told_of(desks: Desks, contact_id: str) -> Any:
    conn = await asyncpg.connect(desks.server.database_url)
    try:
        found = await conn.fetchval(
            "SELECT told FROM stay WHERE contact_id = $1::text::uuid AND told IS NOT NULL", contact_id
        )
    finally:
        await conn.close()
    return None if found is None else json.loads(found)


async def waits(site: Site) -> VisitorPage:
    page = await site.open()
    await page.until("state", state="waiting")
    return page


async def test_who_waits_is_told_what_was_learned_and_it_stays_with_their_wait(desks: Desks) -> None:
    site = await site_with(desks)
    contact_id = (await site.start())["contact_id"]
    await have_waited(desks, contact_id, *[100, 200] * SERVED_MIN)
    page = await waits(site)
    await page.write("Hello")  # behind it, in the one order: what was told is noted

    assert page.heard[-1]["t"] == "done"
    (state,) = [frame for frame in page.heard if frame["t"] == "state"]
    assert state["wait"] == {"low_min": 1, "high_min": 4, "position": None}
    told = await told_of(desks, contact_id)
    assert (told["low_us"], told["high_us"]) == (60_000_000, 240_000_000)


async def test_nobody_is_told_longer_than_the_recipe_lets_them_wait(desks: Desks) -> None:
    site = await site_with(desks)
    contact_id = (await site.start())["contact_id"]
    await have_waited(desks, contact_id, *[1_000] * SERVED_MIN)
    page = await waits(site)

    (state,) = [frame for frame in page.heard if frame["t"] == "state"]
    assert state["wait"]["high_min"] * 60 <= LIMIT_S
    assert state["wait"]["high_min"] == 4, "some of the five minutes has passed"


async def test_the_position_is_told_where_the_widget_may_and_nowhere_else(desks: Desks) -> None:
    tells, quiet = await site_with(desks, tells_position=True), await site_with(desks, tells_wait=False)
    pages = []
    for site in (tells, tells, quiet):
        site.token = None
        await site.start()
        pages.append(await waits(site))

    told = [[frame["wait"] for frame in page.heard if frame["t"] == "state"][-1] for page in pages]
    assert [each and each["position"] for each in told] == [1, 2, None]
    assert told[2] is None


async def test_who_moves_up_is_told_so_in_their_turn(desks: Desks) -> None:
    site = await site_with(desks, tells_position=True)
    pages = []
    for _ in range(2):
        site.token = None
        await site.start()
        pages.append(await waits(site))
    first, second = pages
    await first.say({"t": "leave"})
    until = time.monotonic() + WAITS_EVERY + LOOKED_EVERY_S + 15
    while told_position(second) != 1 and time.monotonic() < until:
        with contextlib.suppress(TimeoutError):  # nothing is said for longer than a page waits for a frame
            await second.hear()

    assert (second.state, told_position(second)) == ("waiting", 1)


def told_position(page: VisitorPage) -> Any:
    return [frame["wait"] for frame in page.heard if frame["t"] == "state"][-1]["position"]


class Counted(VisitorWaits):
    looks = 0

    async def _look(self, conn: Any, queue_id: str) -> QueueLooked:
        Counted.looks += 1
        return await super()._look(conn, queue_id)


async def test_a_queue_is_looked_at_once_however_many_ask_at_the_same_moment(desks: Desks) -> None:
    """And who came after the look has their place at once, without another one."""
    site = await site_with(desks)
    contact_ids = []
    for _ in range(3):
        site.token = None
        contact_ids.append((await site.start())["contact_id"])
    queue_id, now_us = await queue_of(desks, contact_ids[0]), time.time_ns() // 1000
    database, asked = Database.connect(desks.server.database_url), Counted()

    async def ask(contact_id: str) -> int | None:
        async with database.engine.connect() as conn:
            told = await asked.of(conn, contact_id, queue_id, now_us, position=True)
        return None if told is None else told.position

    positions = await asyncio.gather(*(ask(contact_id) for contact_id in contact_ids * 10))
    site.token = None
    late = (await site.start())["contact_id"]
    later = await ask(late)
    await database.engine.dispose()

    assert positions == [1, 2, 3] * 10
    assert later == 4
    assert Counted.looks == 1


async def queue_of(desks: Desks, contact_id: str) -> str:
    conn = await asyncpg.connect(desks.server.database_url)
    try:
        return str(await conn.fetchval("SELECT queue_id FROM stay WHERE contact_id = $1::text::uuid", contact_id))
    finally:
        await conn.close()


async def test_whoever_talks_is_told_no_wait(desks: Desks) -> None:
    site = await site_of(desks, tells_position=True)
    tab = await desks.ready()
    await site.start()
    page = await site.open()
    offer = await tab.until_shown(lambda records: segment(records, "offered"))
    await tab.do("accept", segment=offer["id"])
    talking = await page.until("state", state="talking")

    assert talking["wait"] is None


def test_of_thousands_who_wait_a_few_are_told_anew_at_each_beat_and_everybody_in_their_turn() -> None:
    """All at one beat would take the connections to the database from whoever else needs one."""
    line = Line("queue", tells_wait=True, tells_position=False)
    waiting = [
        Visiting(Socket(Seat(None, None, f"{n}"), "", 0.0), f"{n}", "company", 0, Standing("waiting", line=line))
        for n in range(2_000)
    ]
    served = Visiting(Socket(Seat(None, None, "s"), "", 0.0), "s", "company", 0, Standing("talking", "Mei Lin"))
    told = [[each.contact_id for each in waiting if each.is_told_anew(beat)] for beat in range(WAITS_EVERY)]

    assert sorted(itertools.chain(*told)) == sorted(each.contact_id for each in waiting)
    assert max(map(len, told)) == 2_000 // WAITS_EVERY
    assert not any(served.is_told_anew(beat) for beat in range(WAITS_EVERY))
