"""A server with a company, a queue and two agents, and desks that speak the protocol by hand."""

import asyncio
import contextlib
import itertools
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.frames_told import check
from tests.serving import Api, Server, api_of

FRAME_S = 10.0
_shops = itertools.count(1)


@dataclass(slots=True)
class Tab:
    """One websocket; `records` is what its page shows."""

    socket: ClientConnection
    records: dict[str, Any] = field(default_factory=dict)
    pos: int | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)
    answers_pings: bool = True
    feed: str = "desk"

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(FRAME_S):
            text = str(await self.socket.recv())
        check(text.encode())
        frame: dict[str, Any] = json.loads(text)
        self.heard.append(frame)
        match frame["t"]:
            case "ping":
                self.pos = frame["pos"].get(self.feed, self.pos)  # a quiet page never ages
                if self.answers_pings:
                    await self.say({"t": "pong", "n": frame["n"]})
            case "snapshot":
                self.records, self.pos = dict(frame["records"]), frame["pos"]
            case "turn":
                assert frame["prev"] == self.pos
                self.records |= frame["put"]
                for key in frame.get("drop", ()):
                    self.records.pop(key, None)
                self.pos = frame["pos"]
        return frame

    async def until(self, kind: str, **about: Any) -> dict[str, Any]:
        while True:
            frame = await self.hear()
            if frame["t"] == kind and all(frame.get(k) == v for k, v in about.items()):
                return frame

    async def until_shown(self, what: Any) -> Any:
        """Hear on until the page shows it."""
        while not (found := what(self.records)):
            await self.hear()
        return found

    async def say(self, frame: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(frame))

    async def do(self, what: str, command_id: str | None = None, **about: Any) -> dict[str, Any]:
        """The answer: done or refused."""
        command_id = command_id or str(uuid.uuid4())
        await self.say({"t": "do", "id": command_id, "what": what, **about})
        while True:
            frame = await self.hear()
            if frame["t"] in ("done", "refused") and frame["id"] == command_id:
                return frame

    async def closed(self) -> int:
        """Hear on until the server closes; its code."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


@dataclass(slots=True)
class Desks:
    server: Server
    api: Api
    company_id: str
    queue_id: str
    agent_ids: list[str]
    _stack: contextlib.AsyncExitStack

    async def ticket(self, agent: int = 0, api: Api | None = None) -> str:
        made = await (api or self.api).post("/v1/tickets", {"agent_ids": [self.agent_ids[agent]]})
        return str(made["tickets"][self.agent_ids[agent]])

    async def open(self) -> Tab:
        """Connected, and nothing said yet."""
        url = self.server.url.replace("http", "ws") + "/ws"
        return Tab(await self._stack.enter_async_context(connect(url, compression=None)))

    async def sit(self, agent: int = 0, pos: int | None = None, api: Api | None = None) -> Tab:
        tab = await self.open()
        hello = {"t": "hello", "v": 1, "ticket": await self.ticket(agent, api), "tab": "t"}
        tab.pos = pos
        await tab.say(hello | {"feeds": [{"feed": "desk", "pos": pos}]})
        await tab.until("welcome")
        await tab.until("snapshot" if pos is None else "turn")
        return tab

    async def ready(self, agent: int = 0) -> Tab:
        tab = await self.sit(agent)
        await tab.until_shown(lambda records: records["me"]["desk_reachable"])
        assert (await tab.do("choose", chosen="ready"))["t"] == "done"
        return tab

    async def chat_arrives(self) -> str:
        body = {"company_id": self.company_id, "channel": "chat", "queue_id": self.queue_id}
        made = await self.api.post("/v1/contacts", body, headers={"idempotency-key": str(uuid.uuid4())})
        return str(made["contact_id"])


def segment(records: dict[str, Any], state: str) -> dict[str, Any] | None:
    return next((r for k, r in records.items() if k.startswith("segment/") and r["state"] == state), None)


@pytest.fixture
async def desks(shared_server: Server) -> AsyncIterator[Desks]:
    name = f"shop-{next(_shops)}"
    async with api_of(shared_server) as api, contextlib.AsyncExitStack() as stack:
        company = (await api.post("/v1/companies", {"slug": name, "name": name}))["id"]
        made = await api.post("/v1/queues", {"company_id": company, "name": "Service"})
        users = [(await api.post("/v1/users", {"login": f"{name}-{n}", "name": f"U{n}"}))["id"] for n in range(2)]
        for user in users:
            await api.post(f"/v1/users/{user}/grants", {"role": "agent", "company_id": company})
        agents = [(await api.post("/v1/agents", {"user_id": user}))["id"] for user in users]
        yield Desks(shared_server, api, company, made["id"], agents, stack)
