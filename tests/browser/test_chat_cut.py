"""Is anything lost, doubled or out of order when a browser's network is away for half a minute, and the server dies?"""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.cable import cable_to
from tests.browser.conftest import open_chromium, open_session
from tests.browser.test_chat import begins_chat, said_at_desk, said_at_site, site_of

pytestmark = pytest.mark.browser

FIVE = range(5)
CUT_S = 30.0
BACK_MS = 60_000  # pages come back when they do; how soon is not what is asked here

BY_VISITOR = ["{n}: hello", "{n}: in the middle", "{n}: nobody hears", "{n}: still nobody", "{n}: a dead server"]
BY_AGENT = ["{n}: how can I help", "{n}: are you there", "{n}: I am back"]
LEFT_BY_VISITOR, LEFT_BY_AGENT = "{n}: half a wo", "{n}: half an ans"


def of(texts: list[str], n: int) -> list[str]:
    return [text.format(n=n) for text in texts]


def at_site(page: Page) -> Locator:
    return page.locator(".panel form.write textarea")


async def types(field: Locator, text: str, *, sends: bool = False) -> None:
    """Key by key, behind what stands there."""
    await field.press_sequentially(text)
    if sends:
        await field.press("Enter")


async def chats_at_desk(page: Page) -> Any:
    """One after the other, each opened: (n, its field)."""
    for n in FIVE:
        await page.locator(".item", has_text=f"Visitor {n}").click()
        await expect(page.locator("[data-test=chat]")).to_contain_text(f"{n}: hello")
        yield n, page.locator("[data-test=draft]")


async def stored(centre: Any) -> dict[int, list[tuple[str, str]]]:
    """(who, what) of each visitor's chat, in the database's order."""
    query = """SELECT m.contact_id, m.sender, m.body FROM contact_message m JOIN chat c USING (contact_id)
        WHERE c.company_id = $1 ORDER BY m.contact_id, m.n"""
    conn = await asyncpg.connect(centre.server.database_url)
    try:
        rows = await conn.fetch(query, centre.company_id)
    finally:
        await conn.close()
    by_contact: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        by_contact.setdefault(str(row["contact_id"]), []).append((row["sender"], row["body"]))
    return {int(said[0][1][0]): said for said in by_contact.values()}


def by(sender: str, said: list[tuple[str, str]]) -> list[str]:
    return [body for who, body in said if who == sender]


async def until_stored(centre: Any, customers: int) -> dict[int, list[tuple[str, str]]]:
    deadline = time.monotonic() + BACK_MS / 1000
    while True:
        found = await stored(centre)
        if all(len(by("customer", found.get(n, []))) == customers for n in FIVE) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.1)


async def all_begin(agent: Any, visitors: list[Any], url: str) -> None:
    for n, visitor in enumerate(visitors):
        await begins_chat(visitor.page, url, f"{n}: hello", name=f"Visitor {n}")
        await agent.page.click("[data-test=accept]")
        await expect(agent.page.locator(".item")).to_have_count(n + 1)
    async for n, field in chats_at_desk(agent.page):
        await types(field, f"{n}: how can I help", sends=True)
        await types(field, f"{n}: are you")
    for visitor in visitors:
        await expect(visitor.page.locator(".panel .message.agent")).to_have_count(1)


def each_types(visitors: list[Any], text: str, *, sends: bool = False) -> Iterator[Any]:
    return (types(at_site(each.page), text.format(n=n), sends=sends) for n, each in enumerate(visitors))


async def test_five_chats_keep_every_word_through_a_cut_network_and_a_killed_server(centre: Any, visit: Any) -> None:
    """The visitors' browser is cut in the middle of a word, on the way back first: what it says is stored and not
    confirmed. Then nothing goes either way for 30 s, and then the server is killed while both sides type."""
    agent = await visit()
    await agent.comes_to(centre.server, centre.login)
    await agent.become_ready()
    async with (
        open_chromium() as theirs,
        cable_to(centre.server.port) as cable,
        site_of(centre, through=cable.url, questions=["name"]) as url,
    ):
        visitors = [await open_session(theirs) for _ in FIVE]
        await all_begin(agent, visitors, url)

        await asyncio.gather(*each_types(visitors, "{n}: in the mid"))
        cable.comes_back = False
        await asyncio.gather(*each_types(visitors, "dle", sends=True))
        unconfirmed = await until_stored(centre, 2)
        cable.goes_out, cut_at = False, time.monotonic()
        await asyncio.gather(*each_types(visitors, "{n}: nobody hears", sends=True))
        await asyncio.gather(*each_types(visitors, "{n}: still nobody", sends=True))
        await asyncio.gather(*each_types(visitors, "{n}: a dead ser"))
        async for n, field in chats_at_desk(agent.page):
            await types(field, " there", sends=True)
            await types(field, f"{n}: I am")
        for visitor in visitors:
            await expect(visitor.page.locator(".panel [data-pending]")).to_have_count(3)
        await asyncio.sleep(max(0.0, CUT_S - (time.monotonic() - cut_at)))
        cut = await stored(centre)
        cable.plug_in()
        for visitor in visitors:
            await expect(visitor.page.locator(".panel .message[id]")).to_have_count(6, timeout=BACK_MS)

        centre.server.kill()
        await asyncio.gather(*each_types(visitors, "ver", sends=True))
        await asyncio.gather(*each_types(visitors, "{n}: half"))
        async for n, field in chats_at_desk(agent.page):
            await types(field, " back", sends=True)
            await types(field, f"{n}: half")
        centre.server.start()
        await centre.server.until_ready()
        await asyncio.gather(*each_types(visitors, " a wo"))
        for visitor in visitors:
            await expect(visitor.page.locator(".panel .message[id]")).to_have_count(8, timeout=BACK_MS)
            await expect(visitor.page.locator(".panel [data-pending]")).to_have_count(0)
        desk, drafts = {}, {}
        async for n, field in chats_at_desk(agent.page):
            await types(field, " an ans")
            await expect(agent.page.locator("[data-test=message]")).to_have_count(8, timeout=BACK_MS)
            await expect(agent.page.locator("[data-test=pending]")).to_have_count(0)
            desk[n], drafts[n] = await said_at_desk(agent.page), await field.input_value()
        site = {n: await said_at_site(visitor.page) for n, visitor in enumerate(visitors)}
        fields = {n: await at_site(visitor.page).input_value() for n, visitor in enumerate(visitors)}
        database = await stored(centre)

    for n in FIVE:
        assert by("customer", unconfirmed[n]) == by("customer", cut[n]) == of(BY_VISITOR, n)[:2], "nothing went out"
        assert by("customer", database[n]) == of(BY_VISITOR, n)
        assert by("agent", database[n]) == of(BY_AGENT, n)
        assert site[n] == desk[n] == [body for _, body in database[n]]
        assert fields[n] == LEFT_BY_VISITOR.format(n=n)
        assert drafts[n] == LEFT_BY_AGENT.format(n=n)
    assert cable.lost > 0
