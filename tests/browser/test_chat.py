"""A visitor of a site and an agent at their desk, in two browsers: what is written comes over, whatever fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="style-src 'none'"></head>
<body><main><h1>Shop</h1></main><script src="{server}/widget.js" data-key="{key}" async></script></body></html>"""

SCRIPT = "<img src=x onerror=\"document.title='broken'\"><b>bold</b>"


@contextlib.asynccontextmanager
async def site_of(centre: Any, language: str = "en", through: str | None = None, **about: Any) -> AsyncIterator[str]:
    """The address of a page of another origin that shows a widget of the centre's; `through`: by which address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            page = PAGE.format(server=through or centre.server.url, key=widget["key"], language=language).encode()
            about = f"content-type: text/html\r\ncontent-length: {len(page)}\r\nconnection: close"
            writer.write(f"HTTP/1.1 200 OK\r\n{about}\r\n\r\n".encode() + page)
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://localhost:{listening.sockets[0].getsockname()[1]}"
    of = {
        "company_id": centre.company_id,
        "queue_id": centre.queue_id,
        "name": "Nordlicht 在线客服",
        "language": language,
    }
    widget = await centre.api.post("/v1/widgets", of | {"origins": [url]} | about)
    try:
        yield url
    finally:
        listening.close()


async def opens(page: Page) -> None:
    await page.click(".launch")
    await expect(page.locator(".panel [name=message]")).to_be_visible()


async def begins_chat(page: Page, url: str, first: str = "Hello", **answers: str) -> None:
    await page.goto(url)
    await opens(page)
    for name, said in answers.items():
        await page.fill(f".panel [name={name}]", said)
    await page.fill(".panel [name=message]", first)
    await page.click(".panel form.ask button")
    await expect(page.locator(".panel form.write")).to_be_visible()


async def write(page: Page, body: str) -> None:
    await page.fill(".panel form.write textarea", body)
    await page.keyboard.press("Enter")


async def said_at_site(page: Page) -> list[str]:
    return await page.locator(".panel .message[id]:not(.system) p").evaluate_all(
        "all => all.map(each => [...each.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join(''))"
    )


async def said_at_desk(page: Page) -> list[str]:
    return await page.locator("[data-test=message]:not(.system) .body").all_inner_texts()


async def answer(page: Page, body: str) -> None:
    await page.fill("[data-test=draft]", body)
    await page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("light", "en-US", 1280), ("dark", "zh-CN", 1280), ("light", "zh-CN", 390)]
)
async def test_visitor_and_agent_talk_from_two_origins(
    centre: Any, visit: Any, theme: str, language: str, width: int
) -> None:
    look = f"{theme}-{language}-{width}"
    agent = await visit(width=width, theme=theme, language=language, inspected=True)
    visitor = await visit(width=width, language=language, inspected=True)
    await agent.comes_to(centre.server, centre.login)
    await agent.become_ready()
    async with site_of(centre, language, questions=["name", "email", "topic"]) as url:
        await visitor.page.goto(url)
        await opens(visitor.page)
        await expect(visitor.page.locator(".panel [name=topic]")).to_be_visible()
        await visitor.take_picture(f"widget-ask-{look}")
        broken = await visitor.broken_rules()
        await visitor.page.click(".panel header button")
        await begins_chat(visitor.page, url, "Hello\nthere", name="Ada", email="ada@example.com", topic="Invoice")
        await agent.page.click("[data-test=accept]")
        await expect(agent.page.locator("[data-test=chat]")).to_contain_text("Hello")
        await answer(agent.page, SCRIPT)
        await expect(visitor.page.locator(".panel .message.agent")).to_contain_text("<b>bold</b>")
        await write(visitor.page, SCRIPT)
        await expect(agent.page.locator("[data-test=message]")).to_have_count(3)
        await expect(agent.page.locator("[data-test=seen]")).to_be_visible()
        await visitor.take_picture(f"widget-{look}")
        await agent.take_picture(f"chat-{look}")
        broken += await visitor.broken_rules() + await agent.broken_rules()
        wide = [await who.is_wider_than_the_screen() for who in (visitor, agent)]
        shown = (await said_at_site(visitor.page), await said_at_desk(agent.page))
        facts = await agent.page.locator("[data-test=contact]").inner_text()
        await agent.page.click("[data-test=end]")
        await expect(visitor.page.locator(".panel .foot")).to_contain_text("Start" if language == "en-US" else "开始")

    assert shown[0] == shown[1] == ["Hello\nthere", SCRIPT, SCRIPT]
    assert all(fact in facts for fact in ("Ada", "ada@example.com", "Invoice", url))
    assert [await who.page.title() for who in (visitor,)] == ["Shop"], "nothing that was written ran"
    assert broken == []
    assert wide == [False, False]
    assert visitor.complaints == agent.complaints == []


async def test_five_chats_at_once_and_each_has_its_own_words_and_draft(centre: Any, visit: Any) -> None:
    agent = await visit()
    await agent.comes_to(centre.server, centre.login)
    await agent.become_ready()
    async with site_of(centre, questions=["name"]) as url:
        visitors = [await visit() for _ in range(5)]
        for n, visitor in enumerate(visitors):
            await begins_chat(visitor.page, url, f"I am {n}", name=f"Visitor {n}")
            await agent.page.click("[data-test=accept]")
            await expect(agent.page.locator(".held button, .item")).to_have_count(n + 1)
        for n in range(5):
            await agent.page.locator(".item").nth(n).click()
            await expect(agent.page.locator("[data-test=chat]")).to_contain_text("I am")
            said = (await said_at_desk(agent.page))[0]
            await answer(agent.page, f"Hello to {said[-1]}")
            await agent.page.fill("[data-test=draft]", f"draft for {said[-1]}")
        for n, visitor in enumerate(visitors):
            await expect(visitor.page.locator(".panel .message.agent")).to_contain_text(f"Hello to {n}")
        await asyncio.gather(*(write(visitor.page, f"again {n}") for n, visitor in enumerate(visitors)))
        await agent.page.reload()
        for index in range(5):
            await agent.page.locator(".item").nth(index).click()
            await expect(agent.page.locator("[data-test=message]")).to_have_count(3)
            said = await said_at_desk(agent.page)
            n = said[0][-1]

            assert said == [f"I am {n}", f"Hello to {n}", f"again {n}"]
            assert await agent.page.input_value("[data-test=draft]") == f"draft for {n}"
    assert agent.complaints == []


async def test_a_lost_network_a_reload_and_a_dead_server_lose_and_double_nothing(centre: Any, visit: Any) -> None:
    agent, visitor = await visit(), await visit()
    await agent.comes_to(centre.server, centre.login)
    await agent.become_ready()
    async with site_of(centre) as url:
        await begins_chat(visitor.page, url, "one")
        await agent.page.click("[data-test=accept]")
        await expect(agent.page.locator("[data-test=message]")).to_have_count(1)

        await visitor.context.set_offline(True)
        await write(visitor.page, "two")
        await write(visitor.page, "three")
        await answer(agent.page, "four")
        await expect(agent.page.locator("[data-test=message]", has_text="four")).to_be_visible()
        meanwhile = await said_at_desk(agent.page)
        await visitor.context.set_offline(False)
        await expect(agent.page.locator("[data-test=message]")).to_have_count(4, timeout=60_000)

        await visitor.page.reload()
        await expect(visitor.page.locator(".panel .message[id]")).to_have_count(4)
        centre.server.kill()
        await write(visitor.page, "five")
        await write(visitor.page, "six")
        await answer(agent.page, "seven")
        centre.server.start()
        await centre.server.until_ready()
        await expect(agent.page.locator("[data-test=message]")).to_have_count(7, timeout=60_000)
        await expect(visitor.page.locator(".panel .message[id]")).to_have_count(7, timeout=60_000)
        await expect(agent.page.locator("[data-test=pending]")).to_have_count(0)
        await expect(visitor.page.locator(".panel [data-pending]")).to_have_count(0)
        theirs, mine = await said_at_site(visitor.page), await said_at_desk(agent.page)

    assert meanwhile == ["one", "four"]
    assert theirs == mine
    assert sorted(mine) == sorted(["one", "two", "three", "four", "five", "six", "seven"])
    of_visitor = [said for said in mine if said in ("one", "two", "three", "five", "six")]
    assert of_visitor == ["one", "two", "three", "five", "six"]


async def test_by_keyboard_alone_and_out_of_hours_a_message_is_left(centre: Any, visit: Any) -> None:
    made = {"company_id": centre.company_id, "name": "Night", "config": {"hours": {"zone": "UTC", "weekly": {}}}}
    queue = await centre.api.post("/v1/queues", made)
    visitor = await visit(inspected=True)
    page = visitor.page
    async with site_of(centre, queue_id=queue["id"]) as url:
        await page.goto(url)
        await page.wait_for_selector(".launch")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator(".panel [name=name]")).to_be_focused()
        await page.keyboard.type("Ada")
        await page.keyboard.press("Tab")
        await page.keyboard.type("ada@example.com")
        await page.keyboard.press("Tab")
        await page.keyboard.type("Call me")
        broken = await visitor.broken_rules()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator(".panel .note")).to_contain_text("We have your message")
        await page.keyboard.press("Escape")
        await expect(page.locator(".launch")).to_be_focused()
    (left,) = (await centre.api.get("/v1/contacts", params={"company_id": centre.company_id}))["items"]

    assert (left["channel"], left["collected"]["from"]) == ("task", "ada@example.com")
    assert broken == []
    assert visitor.complaints == []


@pytest.mark.parametrize(("theme", "language", "width"), [("light", "en-US", 1280), ("dark", "zh-CN", 390)])
async def test_files_go_both_ways_in_the_browsers(
    centre: Any, visit: Any, theme: str, language: str, width: int
) -> None:
    agent = await visit(width=width, theme=theme, language=language, inspected=True)
    visitor = await visit(width=width, language=language, inspected=True)
    await agent.comes_to(centre.server, centre.login)
    await agent.become_ready()
    picture = {"name": "house.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(2_000)}
    program = {"name": "house.png", "mimeType": "image/png", "buffer": b"MZ" + bytes(200)}
    text = {"name": "terms.txt", "mimeType": "text/plain", "buffer": b"Rent: 900"}
    async with site_of(centre, language) as url:
        await begins_chat(visitor.page, url)
        await agent.page.click("[data-test=accept]")
        await visitor.page.set_input_files(".panel input[type=file]", picture)
        await expect(agent.page.locator("[data-test=file]")).to_contain_text("house.png")
        await agent.page.set_input_files("[data-test=attach]", text)
        await expect(visitor.page.locator(".panel button.file")).to_have_count(2)
        async with visitor.page.expect_download() as saving:
            await visitor.page.locator(".panel button.file").last.click()
        saved = await saving.value
        content = (await saved.path()).read_bytes()
        await visitor.page.set_input_files(".panel input[type=file]", program)
        await expect(visitor.page.locator(".panel .note")).to_contain_text("PDF")
        await visitor.take_picture(f"widget-files-{language}-{width}")
        await agent.take_picture(f"chat-files-{theme}-{language}-{width}")
        broken = await visitor.broken_rules() + await agent.broken_rules()
        wide = [await who.is_wider_than_the_screen() for who in (visitor, agent)]

    assert (saved.suggested_filename, content) == ("terms.txt", b"Rent: 900")
    assert broken == []
    assert wide == [False, False]


@pytest.mark.parametrize(("language", "width"), [("en-US", 1280), ("zh-CN", 390)])
async def test_a_visitor_has_what_was_said_sent_to_the_address_they_gave(
    centre: Any, visit: Any, language: str, width: int
) -> None:
    """The mailbox's server is not there: the mail is written, and waits. (That it comes is told in tests/mail.)"""
    host = {"imap_host": "mail.invalid", "smtp_host": "mail.invalid", "username": "u", "password": "p"}
    address = {"address": f"chats-{width}@{centre.company_id[-6:]}.example", "queue_id": centre.queue_id}
    box = await centre.api.post("/v1/mailboxes", {"company_id": centre.company_id} | host | address)
    agent, visitor = await visit(), await visit(width=width, language=language, inspected=True)
    await agent.comes_to(centre.server, centre.login)
    await agent.become_ready()
    async with site_of(centre, language, questions=["email"], mailbox_id=box["id"]) as url:
        await begins_chat(visitor.page, url, "Where is it?", email="ada@example.com")
        await agent.page.click("[data-test=accept]")
        await expect(agent.page.locator("[data-test=chat]")).to_contain_text("Where is it?")
        await answer(agent.page, "On its way.")
        await expect(visitor.page.locator(".panel .message.agent")).to_contain_text("On its way.")
        await agent.page.click("[data-test=end]")
        form = visitor.page.locator(".panel form.ask")
        await expect(form.locator("[name=email]")).to_have_value("ada@example.com")
        await visitor.take_picture(f"widget-transcript-{language}-{width}")
        broken = await visitor.broken_rules()
        await form.locator("button").click()
        await expect(form).to_have_count(0)
        await expect(visitor.page.locator(".panel .note")).to_have_text(
            "It is on its way." if language == "en-US" else "邮件已发出。"
        )

    assert broken == []
    assert not await visitor.is_wider_than_the_screen()
