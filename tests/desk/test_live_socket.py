"""The live view's websocket against a real server: what a supervisor sees, and what nobody else does."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.desk.conftest import Desks, Tab, segment

PASSWORD = "correct horse battery staple"


@dataclass(slots=True)
class View(Tab):
    """A page with the live view; the latest figures win."""

    figures: dict[str, Any] = field(default_factory=dict)
    feed: str = "live"

    async def hear(self) -> dict[str, Any]:
        frame = await Tab.hear(self)
        if frame["t"] == "figures":
            self.figures |= frame["put"]
        return frame


@dataclass(slots=True)
class Supervisor:
    """Somebody who logged in and is no agent."""

    desks: Desks
    user_id: str
    client: httpx2.AsyncClient

    async def watch(self, pos: int | None = None) -> View:
        ticket = (await self.client.post("/v1/session/ticket")).json()["ticket"]
        url = self.desks.server.url.replace("http", "ws") + "/ws"
        view = View(await self.desks._stack.enter_async_context(connect(url, compression=None)), pos=pos)
        hello = {"t": "hello", "v": 1, "ticket": ticket, "tab": "t", "feeds": [{"feed": "live", "pos": pos}]}
        await view.say(hello)
        await view.until("welcome")
        return view


async def supervisor(desks: Desks, **grant: Any) -> Supervisor:
    login = f"sup-{uuid.uuid4().hex[:8]}"
    user = (await desks.api.post("/v1/users", {"login": login, "name": "S", "password": PASSWORD}))["id"]
    if grant:
        await desks.api.post(f"/v1/users/{user}/grants", {"role": "supervisor"} | grant)
    client = httpx2.AsyncClient(base_url=desks.server.url, timeout=10)
    await desks._stack.enter_async_context(client)
    session = (await client.post("/v1/session", json={"login": login, "password": PASSWORD})).json()
    client.headers["x-csrf-token"] = session["csrf"]
    return Supervisor(desks, user, client)


def of(records: dict[str, Any], kind: str) -> list[Any]:
    return [record for key, record in records.items() if key.startswith(f"{kind}/")]


async def test_a_supervisor_sees_each_step_of_a_contact(desks: Desks) -> None:
    view = await (await supervisor(desks, company_id=desks.company_id)).watch()
    snapshot = await view.until("snapshot", feed="live")
    assert [queue["name"] for queue in of(view.records, "queue")] == ["Service"]
    assert {agent["chosen"] for agent in of(view.records, "agent")} == {"offline"}
    assert snapshot["why"] == "new"

    tab = await desks.ready()
    contact_id = await desks.chat_arrives()
    for state, act in (("offered", "accept"), ("talking", "end"), ("wrap_up", "finish")):
        mine = await tab.until_shown(lambda records, state=state: segment(records, state))
        shown = await view.until_shown(
            lambda records, state=state: (
                (contact := records.get(f"contact/{contact_id}")) and contact["state"] == state and contact
            )
        )
        assert shown["agents"] == [desks.agent_ids[0]]
        assert view.records[f"agent/{desks.agent_ids[0]}"]["holds"][0]["state"] == state
        assert (await tab.do(act, segment=mine["id"]))["t"] == "done"
    await view.until_shown(lambda records: f"contact/{contact_id}" not in records)
    while view.figures.get(f"queue/{desks.queue_id}", {}).get("aht_ms") is None:
        await view.hear()

    figures = view.figures[f"queue/{desks.queue_id}"]
    assert (figures["offered"], figures["answered"], figures["waiting"]) == (1, 1, 0)
    assert (figures["agents"]["ready"], figures["agents"]["offline"]) == (1, 1)
    assert figures["service_level_bp"] == 10_000
    assert view.figures["all"] == figures


async def test_rest_shows_what_the_socket_shows(desks: Desks) -> None:
    boss = await supervisor(desks, company_id=desks.company_id)
    await desks.chat_arrives()
    view = await boss.watch()
    await view.until("figures")
    await view.until_shown(lambda records: of(records, "contact"))
    await view.until_shown(lambda records: of(records, "alert"))  # nobody is there; then nothing happens by itself
    looked = (await boss.client.get("/v1/live")).json()

    assert looked["records"] == view.records
    assert looked["figures"].keys() == view.figures.keys() == {f"queue/{desks.queue_id}", "all"}


async def test_a_view_that_was_cut_off_resumes_with_what_it_missed(desks: Desks) -> None:
    boss = await supervisor(desks, company_id=desks.company_id)
    view = await boss.watch()
    await view.until("snapshot")
    await view.socket.close()
    contact_id = await desks.chat_arrives()
    again = await boss.watch(view.pos)
    again.records = dict(view.records)
    turn = await again.until("turn", feed="live")

    assert turn["prev"] == view.pos
    assert f"contact/{contact_id}" in turn["put"]


async def test_who_may_supervise_nothing_sees_nothing(desks: Desks) -> None:
    nobody = await supervisor(desks)
    agent = await supervisor(desks, role="agent", company_id=desks.company_id)
    for each in (nobody, agent):
        with pytest.raises(ConnectionClosed) as closed:
            await each.watch()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4003
        assert (await each.client.get("/v1/live")).status_code == 403


async def test_whoever_only_watches_takes_nobodys_seat_and_sits_at_no_desk(desks: Desks) -> None:
    """An agent who is a supervisor as well opens the live view on a second machine."""
    user = (await desks.api.get(f"/v1/agents/{desks.agent_ids[0]}"))["user_id"]
    await desks.api.post(f"/v1/users/{user}/grants", {"role": "supervisor", "company_id": desks.company_id})
    tab = await desks.ready()
    view = await desks.open()
    hello = {"t": "hello", "v": 1, "ticket": await desks.ticket(), "tab": "u", "feeds": [{"feed": "live", "pos": None}]}
    await view.say(hello)
    await view.until("snapshot", feed="live")
    refused = await view.do("choose", chosen="offline")

    assert (refused["t"], refused["problem"]["status"]) == ("refused", 403)
    assert (await tab.do("choose", chosen="away", reason="lunch"))["t"] == "done"


async def test_one_socket_may_carry_the_desk_and_the_live_view(desks: Desks) -> None:
    user = (await desks.api.get(f"/v1/agents/{desks.agent_ids[1]}"))["user_id"]
    await desks.api.post(f"/v1/users/{user}/grants", {"role": "supervisor", "company_id": desks.company_id})
    both = await desks.open()
    feeds = [{"feed": "desk", "pos": None}, {"feed": "live", "pos": None}]
    await both.say({"t": "hello", "v": 1, "ticket": await desks.ticket(1), "tab": "b", "feeds": feeds})
    desk, live = await both.until("snapshot", feed="desk"), await both.until("snapshot", feed="live")

    assert "me" in desk["records"]
    assert f"agent/{desks.agent_ids[1]}" in live["records"]


async def test_whoever_gets_other_rights_gets_a_snapshot_of_what_those_show(desks: Desks) -> None:
    boss = await supervisor(desks, company_id=desks.company_id)
    view = await boss.watch()
    await view.until("snapshot")
    team = (await desks.api.post("/v1/teams", {"name": f"t-{uuid.uuid4().hex[:8]}"}))["id"]
    (wide,) = (await desks.api.get(f"/v1/users/{boss.user_id}/grants"))["items"]
    narrow = {"role": "supervisor", "company_id": desks.company_id, "team_id": team}
    await desks.api.post(f"/v1/users/{boss.user_id}/grants", narrow)
    await desks.api.call("DELETE", f"/v1/users/{boss.user_id}/grants/{wide['id']}")
    snapshot = await view.until("snapshot", why="scope")
    assert {key.partition("/")[0] for key in snapshot["records"]} == {"queue"}

    (left,) = (await desks.api.get(f"/v1/users/{boss.user_id}/grants"))["items"]
    await desks.api.call("DELETE", f"/v1/users/{boss.user_id}/grants/{left['id']}")
    assert await view.closed() == 4003


async def test_an_alert_comes_by_itself_and_is_seen_for_all_who_watch(desks: Desks) -> None:
    """Somebody waits, and nobody is there to serve."""
    boss, other = [await supervisor(desks, company_id=desks.company_id) for _ in range(2)]
    views = [await boss.watch(), await other.watch()]
    await desks.chat_arrives()
    for view in views:
        alert = await view.until_shown(lambda records: next(iter(of(records, "alert")), None))
        assert (alert["rule"], alert["queue_id"], alert["seen"]) == ("no_agent", desks.queue_id, False)
    assert (await views[0].do("acknowledge", alert=alert["id"]))["t"] == "done"
    for view in views:
        await view.until_shown(lambda records: records[f"alert/{alert['id']}"]["seen"])

    tab = await desks.ready()
    await tab.until_shown(lambda records: segment(records, "offered"))
    for view in views:
        await view.until_shown(lambda records: f"alert/{alert['id']}" not in records)


async def test_a_wallboard_shows_queues_and_figures_and_nobodys_name(desks: Desks) -> None:
    made = await desks.api.post("/v1/wallboards", {"company_ids": [desks.company_id]})
    async with httpx2.AsyncClient(base_url=desks.server.url) as anybody:
        ticket = (await anybody.post("/v1/wallboards/ticket", json={"token": made["token"]})).json()["ticket"]
    url = desks.server.url.replace("http", "ws") + "/ws"
    wall = View(await desks._stack.enter_async_context(connect(url, compression=None)))
    feeds = [{"feed": "live", "pos": None}]
    await wall.say({"t": "hello", "v": 1, "ticket": ticket, "tab": "w", "feeds": feeds})
    await wall.until("snapshot")
    await desks.chat_arrives()
    while wall.figures.get(f"queue/{desks.queue_id}", {}).get("waiting") != 1:
        await wall.hear()
    refused = await wall.do("close_queue", queue=desks.queue_id)

    assert set(wall.records) == {f"queue/{desks.queue_id}"}
    assert (refused["t"], refused["problem"]["status"]) == ("refused", 403)

    await desks.api.call("DELETE", f"/v1/wallboards/{made['id']}")
    assert await wall.closed() == 4003
