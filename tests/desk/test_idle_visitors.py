"""Is a visitor who has gone quiet asked, and then let go? Decided from rows, whoever dies in between.

Time passes here by setting the rows back.
"""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.chat_sweep import LEFT_ALONE_S
from app.store import chats
from app.store.database import Database
from tests.desk.conftest import Desks
from tests.desk.test_visitors import new, site_of, talk, texts
from tests.desk.visitor import Site
from tests.serving import Server


@pytest.fixture
async def site(desks: Desks) -> Site:
    return await site_of(desks, idle_warn_s=60, idle_close_s=120)


async def set_back(server: Server, contact_id: str, column: str, seconds: int) -> None:
    conn = await asyncpg.connect(server.database_url)
    try:
        past = f"UPDATE chat SET {column} = now() - make_interval(secs => $2) WHERE contact_id = $1::text::uuid"
        await conn.execute(past, contact_id, seconds)
    finally:
        await conn.close()


async def until_closed(desks: Desks, contact_id: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            story: dict[str, Any] = await desks.api.get(f"/v1/contacts/{contact_id}")
            if story["segments"][-1]["state"] == "wrap_up":
                return story
            await asyncio.sleep(0.1)


async def test_who_says_nothing_is_asked_once_and_then_the_chat_ends_though_we_died_meanwhile(desks, site) -> None:
    contact_id, _, api, page = await talk(desks, site)
    await page.write("Hello")
    await api.post(f"/v1/contacts/{contact_id}/messages", new("Are you there?"))
    await set_back(desks.server, contact_id, "last_at", 90)
    await page.until_has(3)
    desks.server.kill()
    await set_back(desks.server, contact_id, "last_at", 150)
    desks.server.start()
    await desks.server.until_ready()
    await until_closed(desks, contact_id)
    back = await site.open(after=2)
    missed = await back.until_has(4)
    await back.until("state", state="closed")

    assert missed == ["idle_warning", "idle_end"]
    assert {back.messages[n]["sender"] for n in (3, 4)} == {"system"}


async def test_who_had_the_last_word_is_not_asked_and_whoever_answers_is_asked_anew(desks, site) -> None:
    """One chat's question tells that a sweep has seen the other, too."""
    contact_id, _, api, page = await talk(desks, site)
    other = await site_of(desks, idle_warn_s=60, idle_close_s=120)
    quiet_id, _, quiet_api, quiet = await talk(desks, other)
    await page.write("Hello")
    await set_back(desks.server, contact_id, "last_at", 1_000)
    await quiet_api.post(f"/v1/contacts/{quiet_id}/messages", new("Are you there?"))
    await set_back(desks.server, quiet_id, "last_at", 90)
    await quiet.until_has(2)
    of_last_word = await texts(api, contact_id)
    await api.post(f"/v1/contacts/{contact_id}/messages", new("Yes?"))
    await set_back(desks.server, contact_id, "last_at", 90)
    await page.until_has(3)
    asked_once = await texts(quiet_api, quiet_id)
    await quiet.write("Here")
    await quiet_api.post(f"/v1/contacts/{quiet_id}/messages", new("Well?"))
    await set_back(desks.server, quiet_id, "last_at", 90)
    asked = await quiet.until_has(5)

    assert of_last_word == ["Hello"]
    assert asked_once == ["Are you there?", "idle_warning"]
    assert asked == [*asked_once, "Here", "Well?", "idle_warning"]


async def test_who_waits_with_no_page_open_any_more_has_left(desks: Desks, site: Site) -> None:
    """Those who talk, those whose page was heard of, and those who came over REST have not."""
    talking, _, _, _ = await talk(desks, site)
    await desks.chat_arrives()
    sites = [await site_of(desks) for _ in range(2)]
    gone, here = [(await each.start())["contact_id"] for each in sites]
    for contact_id in (talking, gone):
        await set_back(desks.server, contact_id, "alive_at", round(LEFT_ALONE_S) + 1)
    database = Database.connect(desks.server.database_url, connections=1)
    async with database.engine.connect() as conn:
        found = await chats.left_alone(conn, LEFT_ALONE_S)
    await database.dispose()

    assert found == [gone]
    assert here != gone
