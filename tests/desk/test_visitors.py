"""Does what is said in a chat reach the other, once and in its order, whatever happens on the way?"""

import asyncio
import itertools
import uuid
from typing import Any

import httpx2
import pytest

from app.api import visitors as bounds
from app.api.messages import BODY_MAX
from tests.desk.conftest import Desks, Tab, segment
from tests.desk.visitor import SITE, Site
from tests.serving import Api

PASSWORD = "correct horse battery staple"
_names = itertools.count(1)


@pytest.fixture
async def site(desks: Desks) -> Site:
    return await site_of(desks)


async def site_of(desks: Desks, **about: Any) -> Site:
    of = {"company_id": desks.company_id, "queue_id": desks.queue_id}
    widget = await desks.api.post("/v1/widgets", of | {"name": "Shop", "origins": [SITE]} | about)
    return Site(desks.server.url, widget["key"], stack=desks._stack)


async def agent_of(desks: Desks, role: str = "agent") -> tuple[str, Api]:
    """(their agent id, their own session); they serve the desks' company."""
    login = f"chatter-{next(_names)}-{desks.company_id[-6:]}"
    grants = [{"role": role, "company_id": desks.company_id}]
    about = {"login": login, "name": "Mei Lin", "password": PASSWORD, "grants": grants}
    user = await desks.api.post("/v1/users", about)
    agent_id = (await desks.api.post("/v1/agents", {"user_id": user["id"]}))["id"]
    client = await desks._stack.enter_async_context(httpx2.AsyncClient(base_url=desks.server.url, timeout=10))
    answer = await client.post("/v1/session", json={"login": login, "password": PASSWORD})
    client.headers["x-csrf-token"] = answer.json()["csrf"]
    desks.agent_ids.append(agent_id)
    return agent_id, Api(client)


async def talk(desks: Desks, site: Site) -> tuple[str, Tab, Api, Any]:
    """A chat that an agent has accepted: (contact, desk, the agent's session, the visitor's page)."""
    _, api = await agent_of(desks)
    tab = await desks.ready(len(desks.agent_ids) - 1)
    contact_id = (await site.start())["contact_id"]
    page = await site.open()
    offer = await tab.until_shown(lambda records: segment(records, "offered"))
    assert (await tab.do("accept", segment=offer["id"]))["t"] == "done"
    await page.until("state", state="talking")
    return contact_id, tab, api, page


def new(body: str, message_id: str | None = None) -> dict[str, str]:
    return {"id": message_id or str(uuid.uuid4()), "body": body}


def chat_of(records: dict[str, Any], contact_id: str) -> dict[str, Any]:
    return records.get(f"chat/{contact_id}") or {"n": 0, "seen": 0, "typing_until_ms": None}


async def texts(api: Api, contact_id: str) -> list[str]:
    return [each["body"] for each in (await api.get(f"/v1/contacts/{contact_id}/messages"))["items"]]


async def test_both_sides_read_the_same_in_one_order(desks: Desks, site: Site) -> None:
    contact_id, tab, api, page = await talk(desks, site)
    await page.write("Hello")
    sent = await api.post(f"/v1/contacts/{contact_id}/messages", new("How can I help?"))
    await page.until_has(2)
    await page.write("你好 😀 <b>bold</b>")
    shown = await tab.until_shown(lambda records: chat_of(records, contact_id)["n"] == 3)
    theirs = await page.until_has(3)

    assert (sent["n"], shown, page.agent) == (2, True, "Mei Lin")
    assert theirs == await texts(api, contact_id) == ["Hello", "How can I help?", "你好 😀 <b>bold</b>"]
    assert [page.messages[n]["sender"] for n in (1, 2, 3)] == ["customer", "agent", "customer"]


async def test_the_first_thing_an_agent_says_is_the_reply_however_often_it_is_sent(desks: Desks, site: Site) -> None:
    contact_id, _, api, page = await talk(desks, site)
    await page.write("Hello")
    before = (await desks.api.get("/v1/live"))["figures"][f"queue/{desks.queue_id}"]["replied"]
    first = new("How can I help?")
    for said in (first, first, new("Are you there?")):
        await api.post(f"/v1/contacts/{contact_id}/messages", said)
    events = (await desks.api.get(f"/v1/contacts/{contact_id}/events"))["items"]
    figures = (await desks.api.get("/v1/live"))["figures"][f"queue/{desks.queue_id}"]
    (report,) = (await desks.api.get(f"/v1/figures?queue_id={desks.queue_id}"))["queues"]
    reported = {each["key"]: each for each in report["figures"]}

    assert [each["kind"] for each in events].count("contact.replied") == 2, "whoever repeats it is told of again"
    assert figures["replied"] - before == 1
    assert reported["replied"]["value"] == figures["replied"]
    assert reported["reply_wait"]["value"] == figures["reply_wait_ms"] > 0


async def test_what_is_said_again_with_its_id_stands_there_once(desks: Desks, site: Site) -> None:
    contact_id, _, api, page = await talk(desks, site)
    again, mine = str(uuid.uuid4()), new("Here", str(uuid.uuid4()))
    first, second = await page.write("Hello", again), await page.write("Hello", again)
    sent = [await api.post(f"/v1/contacts/{contact_id}/messages", mine) for _ in range(2)]

    assert (first, sent[0]) == (second, sent[1])
    assert await texts(api, contact_id) == ["Hello", "Here"]


async def test_a_repeat_at_the_same_moment_is_stored_once(desks: Desks, site: Site) -> None:
    contact_id, _, api, page = await talk(desks, site)
    other, again = await site.open(), str(uuid.uuid4())
    answers = await asyncio.gather(page.write("Hello", again), other.write("Hello", again))

    assert answers[0] == answers[1]
    assert await texts(api, contact_id) == ["Hello"]


async def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_twice(desks: Desks, site: Site) -> None:
    contact_id, _, api, page = await talk(desks, site)
    await page.write("One")
    await page.until_has(1)
    await page.socket.close()
    for body in ("Two", "Three"):
        await api.post(f"/v1/contacts/{contact_id}/messages", new(body))
    back = await site.open(after=1)
    missed = await back.until_has(3)
    await back.until("state", state="talking")

    assert missed == ["Two", "Three"]


async def test_a_chat_that_is_open_goes_on_and_a_repeated_start_is_one_chat(desks: Desks, site: Site) -> None:
    try_id = str(uuid.uuid4())
    first = await site.start(try_id)
    site.token = None
    repeat = await site.start(try_id)
    resumed = await site.start()

    assert repeat == first
    assert (resumed["resumed"], resumed["contact_id"]) == (True, first["contact_id"])


async def test_answers_and_page_are_on_the_agents_card(desks: Desks, site: Site) -> None:
    tab = await desks.ready()
    contact_id = (await site.start(answers={"name": "Ada", "topic": "Invoice"}))["contact_id"]
    card = await tab.until_shown(lambda records: records.get(f"card/{contact_id}"))

    told = card["collected"]
    assert (told["name"], told["topic"], told["page"]) == ("Ada", "Invoice", "https://shop.example/cart")
    assert len(told["from"]) == 36


async def test_a_visitor_who_leaves_waits_no_more_and_is_told_so(desks: Desks, site: Site) -> None:
    contact_id = (await site.start())["contact_id"]
    page = await site.open()
    await page.until("state", state="waiting")
    await page.say({"t": "leave"})
    await page.until("state", state="closed")
    refused = await page.write("Too late")
    story = await desks.api.get(f"/v1/contacts/{contact_id}")

    assert (refused["t"], refused["text_key"]) == ("refused", "chat.over")
    assert (story["contact"]["state"], story["contact"]["outcome"]) == ("closed", "abandoned")


async def test_when_the_agent_ends_it_nobody_writes_any_more(desks: Desks, site: Site) -> None:
    contact_id, tab, api, page = await talk(desks, site)
    talking = segment(tab.records, "talking")
    assert talking is not None
    await tab.do("end", segment=talking["id"])
    await page.until("state", state="closed")
    late = await api.call("POST", f"/v1/contacts/{contact_id}/messages", new("Late"), expect=409)

    assert late["text_key"] == "chat.over"
    assert (await page.write("Late"))["text_key"] == "chat.over"
    assert await texts(api, contact_id) == [], "read in the wrap-up"
    assert (await site.start())["contact_id"] != contact_id


async def test_the_agent_sees_what_the_visitor_has_read_and_that_they_write(desks: Desks, site: Site) -> None:
    contact_id, tab, api, page = await talk(desks, site)
    await api.post(f"/v1/contacts/{contact_id}/messages", new("Hello"))
    await page.until_has(1)
    await page.say({"t": "seen", "n": 1})
    await page.say({"t": "seen", "n": 9_999})  # more than there is
    await page.say({"t": "typing"})
    await tab.until_shown(lambda records: chat_of(records, contact_id)["typing_until_ms"])
    await tab.until_shown(lambda records: chat_of(records, contact_id)["seen"] == 1)
    await api.post(f"/v1/contacts/{contact_id}/typing")
    await page.until("typing")
    again = await desks.sit(len(desks.agent_ids) - 1)

    assert again.records[f"chat/{contact_id}"] == tab.records[f"chat/{contact_id}"]


@pytest.mark.parametrize("body", ["", " \n ", "x" * (BODY_MAX + 1), "a\0b", "a\x07b"])
async def test_what_cannot_be_stored_is_refused_by_its_id_and_the_rest_goes_on(desks, site, body: str) -> None:
    await site.start()
    page = await site.open()
    refused = await page.write(body)
    done = await page.write("x" * BODY_MAX)

    assert (refused["t"], refused["text_key"]) == ("refused", "message.unreadable")
    assert (done["t"], done["n"]) == ("done", 1)


async def test_a_thousand_words_of_one_visitor_come_slowly_and_hold_up_nobody(desks: Desks, site: Site) -> None:
    """Nothing is lost: beyond the allowance they wait in the visitor's own line."""
    await site.start()
    page = await site.open()
    for n in range(1_000):
        await page.say({"t": "say", "id": str(uuid.uuid4()), "body": f"word {n}"})
    other = await site_of(desks)
    await other.start()
    answered = await (await other.open()).write("Hello")
    said = await page.until_has(bounds.SAYS_AT_ONCE + 2)

    assert answered["t"] == "done"
    assert said[: bounds.SAYS_AT_ONCE + 2] == [f"word {n}" for n in range(bounds.SAYS_AT_ONCE + 2)]


async def test_beyond_the_allowance_nobody_listens_for_a_moment() -> None:
    socket = bounds.Socket(bounds.Seat(None, None, "c"), "", 0.0)
    visiting = bounds.Visiting(socket, "c", "company", 0)
    saying = [asyncio.create_task(visiting.may_say()) for _ in range(100)]
    await asyncio.sleep(0)
    at_once = [task.done() for task in saying]
    for task in saying:
        task.cancel()

    assert at_once == [True] * bounds.SAYS_AT_ONCE + [False] * (100 - bounds.SAYS_AT_ONCE)


async def test_a_tampered_token_opens_nothing(desks: Desks, site: Site) -> None:
    await site.start()
    assert site.token is not None
    head, claims, signature = site.token.split(".")
    site.token = f"{head}.{claims}.{'A' * len(signature)}"
    refused = await site.post("start", id=str(uuid.uuid4()))

    assert (refused.status_code, refused.json()["text_key"]) == (401, "chat.token")
    assert await (await site.open()).closed() == 4003


async def test_anothers_chat_is_not_opened_by_a_token_of_ones_own(desks: Desks, site: Site) -> None:
    """A token names its visitor: of two chats each opens its own."""
    other = await site_of(desks)
    first, second = await site.start(), await other.start()
    page = await site.open()
    await page.write("Secret")
    theirs = await other.open()
    await theirs.write("Mine")

    assert first["contact_id"] != second["contact_id"]
    assert await theirs.until_has(1) == ["Mine"]


@pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example.evil.example", "null"])
async def test_a_site_that_may_not_show_the_widget_is_refused_at_every_door(desks, site, origin: str) -> None:
    await site.start()
    site.origin = origin
    refused = [await site.post(path, id=str(uuid.uuid4()), **more) for path, more in DOORS]

    assert {(answer.status_code, answer.json()["text_key"]) for answer in refused} == {(403, "chat.origin")}
    assert await (await site.open()).closed() == 4003


DOORS = (("start", {}), ("leave", {"email": "ada@example.com", "text": "Call me"}))


@pytest.mark.parametrize("frame", ["{", "[]", '{"t":"say"}', '{"t":"hello","v":2,"token":"x"}', "x" * 70_000])
async def test_who_does_not_say_hello_is_closed(desks: Desks, site: Site, frame: str) -> None:
    page = await site.connect()
    await page.socket.send(frame)

    assert await page.closed() in (4400, 4426, 1009)


async def test_only_who_has_the_chat_writes_and_only_who_is_on_it_or_supervises_reads(desks, site) -> None:
    contact_id, _, mine, page = await talk(desks, site)
    await page.write("Hello")
    _, other = await agent_of(desks)
    _, supervisor = await agent_of(desks, "supervisor")
    path = f"/v1/contacts/{contact_id}/messages"
    statuses = {
        (who, what): (await api.client.request(what, path, json=new("Hi") if what == "POST" else None)).status_code
        for who, api in (("mine", mine), ("other", other), ("supervisor", supervisor))
        for what in ("GET", "POST")
    }

    assert statuses == {
        ("mine", "GET"): 200, ("mine", "POST"): 201,
        ("other", "GET"): 403, ("other", "POST"): 404,
        ("supervisor", "GET"): 200, ("supervisor", "POST"): 404,
    }  # fmt: skip


async def test_a_message_left_is_work_in_the_queue_once(desks: Desks, site: Site) -> None:
    wish = {"id": str(uuid.uuid4()), "email": "Ada@Example.com", "name": "Ada", "text": "Call me\nplease"}
    left = [(await site.post("leave", **wish)).json()["contact_id"] for _ in range(2)]
    story = await desks.api.get(f"/v1/contacts/{left[0]}")

    assert left[0] == left[1]
    assert (story["contact"]["channel"], story["contact"]["state"]) == ("task", "open")
    assert story["contact"]["collected"]["note"] == "Call me\nplease"
    assert story["contact"]["collected"]["from"] == "ada@example.com"


async def test_outside_the_hours_nobody_waits_in_vain(desks: Desks) -> None:
    hours = {"zone": "UTC", "weekly": {}}
    made = {"company_id": desks.company_id, "name": "Night", "config": {"hours": hours}}
    queue = await desks.api.post("/v1/queues", made)
    site = await site_of(desks, queue_id=queue["id"])
    looked = (await site.post("look")).json()
    started = await site.start()

    assert (looked["is_open"], started["is_open"], started["contact_id"]) == (False, False, None)
    assert (await desks.api.get("/v1/contacts", params={"company_id": desks.company_id}))["items"] == []
