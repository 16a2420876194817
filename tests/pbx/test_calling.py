"""We call: a callback that keeps its place, and an agent's own call. The agent's phone first, then the customer's."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.pbx.centre import NUMBER, PLAIN, Centre, centre
from tests.pbx.ear import Ear
from tests.pbx.pbx import Pbx
from tests.pbx.sound import loud

PASSWORD = "correct horse battery staple"
LIMIT_S = 6
CALLER, OTHER = "+4930777001", "+4930777002"
FLOW = """\
flow: reception
languages: [en]
start: sales
prompts:
  offer: {en: offer}
  number: {en: number}
  confirm: {en: confirm}
  promise: {en: promise}
  sorry: {en: sorry}
nodes:
  sales: {enqueue: Sales, on: {limit: offer, closed: sorry}}
  offer: {offer_callback: offer, ask_number: number, confirm_number: confirm, next: promise, declined: sales,
    first_s: 2, on: {failure: sorry}}
  promise: {hang_up: promise}
  sorry: {hang_up: sorry}
"""


async def asks_for_a_callback(here: Centre, number: str = CALLER) -> None:
    """Waits until the queue can do no more, and presses 1."""
    caller = here.sip.call(NUMBER, f"pause {LIMIT_S * 1000 + 600}", "press 1", "until", number=number)
    await here.until(lambda: _of_ours(here, 1), why="the callback waits")
    await caller.over()


async def _of_ours(here: Centre, count: int) -> bool:
    return len(await here.fetch("SELECT 1 FROM contact WHERE direction = 'out'")) == count


async def test_a_callback_keeps_its_place(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    """Whoever called after it is served after it."""
    async with centre(pbx, new_database(), tmp_path, agents=1, flow=FLOW, limit_s=LIMIT_S, promise_s=LIMIT_S) as here:
        await asks_for_a_callback(here)
        later = here.sip.call(PLAIN, "until", number=OTHER)
        await here.until(lambda: _waiting(here, 2), why="both wait")
        here.sip.phone("until", times=2)
        outside = here.sip.outside("pause 1000", "bye")
        here.desks["anna"].choose("ready")
        await here.until_state("talking")
        first = here.segments()[0]
        assert await here.who_is_in() == ["anna", "caller"]
        await outside.over()
        caller, called, *_ = await here.contacts()
        links = await here.fetch("SELECT from_id, to_id, kind FROM contact_link")
        stays = await here.fetch('SELECT contact_id, place_us, "end" FROM stay ORDER BY queued_at, id')
        assert str(first["contact_id"]) == str(called["id"]), "not the one who came later"
        assert (caller["outcome"], called["direction"], called["number"]) == ("called_back", "out", NUMBER)
        assert [(row["from_id"], row["to_id"], row["kind"]) for row in links] == [
            (called["id"], caller["id"], "callback_of")
        ]
        assert stays[0]["place_us"] == stays[1]["place_us"], "the place that they had"
        await here.until(lambda: here.desks["anna"].desk.segments.keys() - {str(first["id"])}, why="the next one")
        here.desks["anna"].do("end", await here.until_state("talking"))
        await later.over()
        await here.nothing_is_left()
        assert [row["outcome"] for row in await here.contacts()] == ["called_back", "handled", "handled"]


async def _waiting(here: Centre, number: int) -> bool:
    return len(await here.fetch("SELECT 1 FROM stay WHERE ended_at IS NULL")) == number


async def test_whoever_is_not_there_is_tried_again(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    """The agent is free meanwhile; after the last try it has failed."""
    async with centre(
        pbx,
        new_database(),
        tmp_path,
        agents=1,
        flow=FLOW,
        limit_s=LIMIT_S,
        promise_s=LIMIT_S,
        dialling={"max_attempts": 2},
    ) as here:
        await asks_for_a_callback(here)
        here.sip.phone("until", times=2)
        busy = here.sip.outside("busy", times=2)
        here.desks["anna"].choose("ready")
        await busy.over()
        await here.nothing_is_left()
        contact = (await here.contacts())[1]
        tries = await here.fetch("SELECT data FROM event WHERE kind = 'contact.not_there' ORDER BY seq")
        ends = await here.fetch('SELECT "end" FROM stay WHERE contact_id = $1 ORDER BY queued_at', contact["id"])
    assert (contact["outcome"], len(tries)) == ("failed", 2)
    assert {row["end"] for row in ends} == {"dialled"}


@pytest.mark.parametrize(("ring_ms", "meanwhile"), [(8000, False), (1000, True)], ids=["it rings", "they answer"])
async def test_a_callback_is_kept_through_our_death(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path, ring_ms: int, meanwhile: bool
) -> None:
    """Killed while the customer's phone rings: they are rung once, and both speak."""
    async with centre(pbx, new_database(), tmp_path, agents=1, flow=FLOW, limit_s=LIMIT_S, promise_s=LIMIT_S) as here:
        await asks_for_a_callback(here)
        here.sip.phone("until")
        outside = here.sip.outside("pause 8000", "bye", ring_ms=ring_ms)
        here.desks["anna"].choose("ready")
        await here.until(lambda: _rings(here), why="the customer's phone rings")
        here.server.kill()
        if meanwhile:
            await here.until_picked_up("customer")
        here.server.start()
        await here.server.until_ready()
        await here.until_state("talking")
        await outside.over()
        await here.until(lambda: _outcome(here, "handled"), why="they have spoken")
        await here.nothing_is_left()
        (dialled,) = await here.fetch("SELECT count(*) FROM effect WHERE kind = 'telephony.dial'")
    assert dialled["count"] == 1


async def wishes(here: Centre, **about: Any) -> str:
    company_id = here.premises.companies["acme"]
    (queue,) = (await here.rest.get("/v1/queues"))["items"]
    body = {"company_id": company_id, "queue_id": queue["id"], "number": CALLER, **about}
    answer = await here.rest.ask("POST", "/v1/callbacks", body, key="a-wish")
    return str(answer["contact_id"])


async def test_whoever_wants_it_so_is_rung_first_and_waits_on_the_line(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """With music, until an agent is there: nobody sits at a desk yet when their phone rings."""
    async with centre(pbx, new_database(), tmp_path, agents=1) as here, Ear(440.0) as customer:
        outside = here.sip.outside("until", media=customer.port)
        contact_id = await wishes(here, first="customer")
        await here.until(lambda: _waiting(here, 1), why="they have picked up and wait")
        await here.until(lambda: loud(customer.heard()), why="they hear music")
        here.sip.phone("until")
        here.desks["anna"].choose("ready")
        segment = await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        here.desks["anna"].do("end", segment)
        await outside.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert (str(contact["id"]), contact["direction"], contact["outcome"]) == (contact_id, "out", "handled")


async def test_whoever_is_rung_first_and_is_not_there_is_tried_again_and_hanging_up_in_the_wait_ends_it(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, dialling={"max_attempts": 3}) as here:
        busy = here.sip.outside("busy")
        await wishes(here, first="customer")
        await busy.over()
        there = here.sip.outside("pause 2000", "bye")
        await there.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
        tries = await here.fetch("SELECT data FROM event WHERE kind = 'contact.not_there'")
    assert (contact["outcome"], len(tries)) == ("abandoned", 1)


async def test_one_that_rings_first_is_kept_through_our_death(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """They pick up while nobody of ours is there, are rung once, and wait."""
    async with centre(pbx, new_database(), tmp_path, agents=1) as here:
        outside = here.sip.outside("until", ring_ms=1500)
        await wishes(here, first="customer")
        await here.until(lambda: _rings(here), why="their phone rings")
        here.server.kill()
        await here.until_picked_up("customer")
        here.server.start()
        await here.server.until_ready()
        await here.until(lambda: _waiting(here, 1), why="they wait")
        here.sip.phone("until")
        here.desks["anna"].choose("ready")
        segment = await here.until_state("talking")
        here.desks["anna"].do("end", segment)
        await outside.over()
        await here.nothing_is_left()
        (rung,) = await here.fetch("SELECT count(*) FROM effect WHERE kind = 'telephony.ring'")
    assert rung["count"] == 1


async def _rings(here: Centre) -> bool:
    return bool(await here.fetch("SELECT 1 FROM leg WHERE role = 'customer' AND state = 'delivered'"))


async def _outcome(here: Centre, outcome: str) -> bool:
    return bool(await here.fetch("SELECT 1 FROM contact WHERE direction = 'out' AND outcome = $1", outcome))


@asynccontextmanager
async def logged_in(here: Centre, login: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=here.server.url) as client:
        answer = await client.post("/v1/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code < 300, answer.text
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        yield client


async def test_an_agent_calls_somebody(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    async with (
        centre(pbx, new_database(), tmp_path, agents=1, password=PASSWORD) as here,
        logged_in(here, "anna") as anna,
    ):
        here.desks["anna"].choose("ready")
        here.sip.phone("until")
        outside = here.sip.outside("pause 1500", "bye")
        answer = await anna.post("/v1/dial", json=_wish(here, "030 777001"), headers={"idempotency-key": "one"})
        assert answer.status_code == 201, answer.text
        await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        busy = await anna.post("/v1/dial", json=_wish(here, "030 777002"), headers={"idempotency-key": "two"})
        assert (busy.status_code, busy.json()["text_key"]) == (409, "dial.busy")
        await outside.over()
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert (contact["direction"], contact["outcome"], contact["number"]) == ("out", "handled", NUMBER)


async def test_an_agents_call_that_nobody_answers_is_over(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with (
        centre(pbx, new_database(), tmp_path, agents=1, password=PASSWORD) as here,
        logged_in(here, "anna") as anna,
    ):
        here.desks["anna"].choose("ready")
        here.sip.phone("until")
        here.sip.outside("busy")
        await anna.post("/v1/dial", json=_wish(here, CALLER), headers={"idempotency-key": "one"})
        await here.nothing_is_left()
        (contact,) = await here.contacts()
    assert contact["outcome"] == "failed"


def _wish(here: Centre, number: str) -> dict[str, Any]:
    return {"queue_id": here.premises.queues["acme", "Sales"], "number": number}


THROUGH = """\
flow: through
languages: [en]
start: outside
prompts:
  busy: {en: busy}
  sorry: {en: sorry}
nodes:
  outside: {transfer: "%s", within_s: 8, on: {busy: busy, failure: sorry}}
  busy: {hang_up: busy}
  sorry: {hang_up: sorry}
"""


async def test_a_flow_puts_its_caller_through(pbx: Pbx, new_database: Callable[[], str], tmp_path: Path) -> None:
    """Whichever side hangs up, the other goes; a busy number is the flow's own way out, a forbidden one fails."""
    async with centre(pbx, new_database(), tmp_path, agents=1, flow=THROUGH % OTHER) as here:
        for outside_steps, caller_steps in ((["pause 800", "bye"], ["until"]), (["until"], ["pause 2500", "bye"])):
            outside = here.sip.outside(*outside_steps)
            caller = here.sip.call(NUMBER, *caller_steps)
            await here.until(lambda: _through(here), why="they hear each other")
            await outside.over()
            await caller.over()
            await here.nothing_is_left()
        here.sip.outside("busy")
        await here.sip.call(NUMBER, "until").over()
        await here.nothing_is_left()
        outcomes = [contact["outcome"] for contact in await here.contacts()]
        walked = await here.fetch("SELECT data FROM event WHERE kind = 'ivr.walked' ORDER BY seq")
    assert outcomes == ["handled", "handled", "cleared"]
    assert "busy" in walked[-1]["data"]


async def _through(here: Centre) -> bool:
    return any(len(members) == 2 for members in await here.bridges())


async def test_a_flow_puts_nobody_through_where_it_costs(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with centre(pbx, new_database(), tmp_path, agents=1, flow=THROUGH % "+499001234567") as here:
        await here.sip.call(NUMBER, "until").over()
        await here.nothing_is_left()
        refused = await here.fetch("SELECT data FROM event WHERE kind = 'transfer.refused'")
        dialled = await here.fetch("SELECT 1 FROM effect WHERE kind = 'telephony.dial'")
    assert "destination.premium" in refused[0]["data"]
    assert not dialled
