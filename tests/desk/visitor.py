"""A visitor of a site, by hand: what their page would do, and what it has."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.api.visitor_frames import check

SITE = "https://shop.example"
FRAME_S = 10.0


@dataclass(slots=True)
class VisitorPage:
    """One websocket; `messages` is what its page shows."""

    socket: ClientConnection
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    state: str | None = None
    agent: str | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(FRAME_S):
            text = str(await self.socket.recv())
        check(text.encode())
        frame: dict[str, Any] = json.loads(text)
        self.heard.append(frame)
        match frame["t"]:
            case "ping":
                await self.say({"t": "pong", "n": frame["n"]})
            case "messages":
                for item in frame["items"]:
                    assert item["n"] not in self.messages, "told twice"
                    self.messages[item["n"]] = item
            case "state":
                self.state, self.agent = frame["state"], frame["agent"]
        return frame

    async def until(self, kind: str, **about: Any) -> dict[str, Any]:
        while True:
            frame = await self.hear()
            if frame["t"] == kind and all(frame.get(k) == v for k, v in about.items()):
                return frame

    async def until_has(self, n: int) -> list[str]:
        """Hear on until message `n` is there; what all of them say."""
        while n not in self.messages:
            await self.hear()
        return [self.messages[each]["body"] for each in sorted(self.messages)]

    async def say(self, frame: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(frame))

    async def write(self, body: str, message_id: str | None = None) -> dict[str, Any]:
        """The answer: done or refused."""
        message_id = message_id or str(uuid.uuid4())
        await self.say({"t": "say", "id": message_id, "body": body})
        while True:
            frame = await self.hear()
            if frame["t"] in ("done", "refused") and frame["id"] == message_id:
                return frame

    async def closed(self) -> int:
        """Hear on until the server closes; its code."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


@dataclass(slots=True)
class Site:
    """A page of the site with its widget, as a browser there sees the server."""

    url: str
    key: str
    origin: str = SITE
    token: str | None = None
    stack: Any = None

    async def post(self, path: str, **body: Any) -> httpx2.Response:
        wish = {"key": self.key, **body} | ({"token": self.token} if self.token else {})
        async with httpx2.AsyncClient(base_url=self.url, timeout=10) as client:
            return await client.post(f"/v1/chat/{path}", json=wish, headers={"origin": self.origin})

    async def start(self, try_id: str | None = None, **about: Any) -> dict[str, Any]:
        answer = await self.post("start", id=try_id or str(uuid.uuid4()), page="https://shop.example/cart", **about)
        assert answer.status_code == 200, answer.text
        told = dict(answer.json())
        self.token = told["token"]
        return told

    async def open(self, after: int = 0, **hello: Any) -> VisitorPage:
        page = await self.connect()
        await page.say({"t": "hello", "v": 1, "token": self.token, "after": after} | hello)
        return page

    async def connect(self) -> VisitorPage:
        url = self.url.replace("http", "ws") + "/ws/visitor"
        return VisitorPage(await self.stack.enter_async_context(connect(url, origin=self.origin, compression=None)))
