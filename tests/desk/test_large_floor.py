"""A floor that is larger than what a socket queues: its views open whole, on thin wires, whatever happens meanwhile."""

import asyncio
import json
import socket
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from app.api.tab import QUEUE_BYTES_MAX
from app.frames_told import check
from tests.desk.conftest import Desks
from tests.serving import Api

AGENTS = 2500
MOVES = 200
NARROW_BYTES = 32 * 1024
KERNEL_BYTES = 256 * 1024  # more than either side's kernel takes of such a wire
HANG_S = 30.0


class LargeView:
    """A page with the live view; a snapshot may come in parts, and counts when it is whole."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire
        self.records: dict[str, Any] = {}
        self.parts: dict[str, Any] = {}
        self.pos = -1
        self.snapshot_bytes = self.frames = 0

    async def hear(self) -> None:
        async with asyncio.timeout(HANG_S):
            text = str(await self.wire.recv())
        check(text.encode())
        frame = json.loads(text)
        self.frames += 1
        match frame["t"]:
            case "ping":
                self.pos = max(self.pos, frame["pos"].get("live", -1))
                await self.wire.send(json.dumps({"t": "pong", "n": frame["n"]}))
            case "snapshot":
                self.snapshot_bytes += len(text)
                self.parts = frame["records"] if frame.get("part", 1) == 1 else self.parts | frame["records"]
                if frame.get("part") == frame.get("of"):
                    self.records, self.pos = self.parts, frame["pos"]
            case "turn":
                assert frame["prev"] == self.pos, "a page that missed nothing is never asked to resume"
                self.records |= frame["put"]
                for key in frame.get("drop", ()):
                    self.records.pop(key, None)
                self.pos = frame["pos"]

    async def until(self, holds: Any) -> None:
        while not holds():
            await self.hear()


async def hire(api: Api, company_id: str) -> list[str]:
    """So many agents at once; their ids."""
    agent_ids: list[str] = []
    for start in range(0, AGENTS, 500):
        grant = [{"role": "agent", "company_id": company_id}]
        users = [{"login": f"many-{n}", "name": f"Agent {n}", "grants": grant} for n in range(start, start + 500)]
        made = (await api.post("/v1/users/bulk", {"items": users}))["items"]
        agent_ids += (await api.post("/v1/agents/bulk", {"items": [{"user_id": user} for user in made]}))["items"]
    return agent_ids


async def watch(desks: Desks, agent_id: str) -> LargeView:
    """On a connection that holds little, as a phone's."""
    user_id = (await desks.api.get(f"/v1/agents/{agent_id}"))["user_id"]
    await desks.api.post(f"/v1/users/{user_id}/grants", {"role": "supervisor", "company_id": desks.company_id})
    ticket = (await desks.api.post("/v1/tickets", {"agent_ids": [agent_id]}))["tickets"][agent_id]
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, (urlsplit(desks.server.url).hostname, desks.server.port))
    url = desks.server.url.replace("http", "ws") + "/ws"
    wire = await desks._stack.enter_async_context(connect(url, sock=narrow, compression=None, max_queue=1))
    feeds = [{"feed": "live", "pos": None}]
    await wire.send(json.dumps({"t": "hello", "v": 1, "ticket": ticket, "tab": "t", "feeds": feeds}))
    return LargeView(wire)


async def move(desks: Desks, agent_ids: list[str], chosen: str) -> None:
    wishes = ({"agent_id": agent_id, "chosen": chosen, "reason": None} for agent_id in agent_ids)
    await asyncio.gather(*(desks.api.post("/v1/live/set_state", wish) for wish in wishes))


async def test_a_large_floor_opens_whole_while_it_moves(desks: Desks) -> None:
    agent_ids = await hire(desks.api, desks.company_id)
    view = await watch(desks, agent_ids[0])
    for start in range(0, 12, 4):  # before the last part has come
        await move(desks, agent_ids[start : start + 4], "ready")
        await view.hear()
    assert not view.records
    await view.until(lambda: bool(view.records))
    assert view.snapshot_bytes > QUEUE_BYTES_MAX + KERNEL_BYTES, "it would not be large"

    for start in range(0, MOVES, 4):
        await move(desks, agent_ids[start : start + 4], "offline" if start < 12 else "ready")
        await view.hear()
    live = await desks.api.get("/v1/live")
    await view.until(lambda: view.pos >= live["pos"])

    assert view.records == live["records"]
