"""What does a visitor of a site do? Start a chat at the public door, write, read what is answered, and go.

Their page keeps what they wrote until it is confirmed, and says it again with its id over another connection; it says
how far it has read. It goes on until it was told that the chat is over, and has everything that was said in it.
"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from floor.doors import Doors
from floor.faults import Faults
from floor.http_line import Place
from floor.ledger import Ledger
from floor.websocket import Websocket

TIMEOUT_S = 3.0
AGAIN_S = 0.3
LINGER_S = 0.5  # after the end: what was said at the last moment
LOOK_S = 0.05
LIFE_S = 120.0  # then nobody believes in an end any more
START_S = 60.0  # so long one tries to begin


@dataclass(frozen=True, slots=True)
class Matter:
    """`says`: what they write, in this order; `stays`: until the agent ends it. Real seconds."""

    says: Sequence[str]
    patience_s: float
    pause_s: float = 0.2
    stays: bool = False
    life_s: float = LIFE_S


class Visitor:
    def __init__(
        self, server: str, doors: Doors, matter: Matter, *, ledger: Ledger, chance: random.Random, faults: Faults
    ) -> None:
        self._server, self._doors, self._matter = server, doors, matter
        self._ledger, self._chance, self._faults = ledger, chance, faults
        self._try = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        self._token = ""
        self.contact_id: str | None = None
        self._socket: Websocket | None = None
        self._kept: dict[str, str] = {}  # by id, in the order in which they were written
        self._leaves = False
        self._welcome = False
        self.after = 0
        self.state = "new"
        self._closed_s: float | None = None
        self.answers = 0

    async def come(self) -> None:
        """Until the chat is over. Never raises because of the server."""
        if not await self._start():
            return
        writing = asyncio.create_task(self._write())
        try:
            async with asyncio.timeout(self._matter.life_s):
                await self._stay()
        except TimeoutError:
            self._ledger.write("gave_up", side="customer", contact=self.contact_id)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            if self._socket is not None:
                self._socket.abort()

    # --- the chat begins ----------------------------------------------------------------------------------------------

    async def _start(self) -> bool:
        body = {"key": self._doors.widget_key, "id": self._try, "page": f"{self._doors.site}/cart"}
        self._ledger.write("chat_sent", id=self._try)
        until_s = time.monotonic() + START_S
        async with httpx2.AsyncClient(base_url=self._server, timeout=TIMEOUT_S) as client:
            while time.monotonic() < until_s:
                try:
                    answer = await client.post("/v1/chat/start", json=body, headers={"origin": self._doors.site})
                except httpx2.HTTPError:
                    answer = None
                if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                    return self._started(answer.status_code, answer.json())
                await asyncio.sleep(AGAIN_S * (0.5 + self._chance.random()))
        self._ledger.write("chat_given_up", id=self._try)
        return False

    def _started(self, status: int, told: dict[str, Any]) -> bool:
        self._ledger.write("chat_taken", id=self._try, status=status, contact=told.get("contact_id"))
        self.contact_id, self._token = told.get("contact_id"), told.get("token") or ""
        return self.contact_id is not None

    # --- what they do -------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        """Their line, and when they have had enough of it."""
        since_s = time.monotonic()
        for text in self._matter.says:
            await asyncio.sleep(self._chance.random() * 2 * self._matter.pause_s)
            self._say(text)
        while not self._leaves:
            is_served = self.state == "talking" or self.answers > 0
            waited_enough = not is_served and time.monotonic() - since_s > self._matter.patience_s
            heard_enough = not self._matter.stays and not self._kept and self.answers >= len(self._matter.says)
            if waited_enough or heard_enough:
                self._leaves = True
                self._ledger.write("chat_left", contact=self.contact_id)
                self._send({"t": "leave"})
            await asyncio.sleep(LOOK_S)

    def _say(self, text: str) -> None:
        message_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        self._kept[message_id] = text
        self._ledger.write("said", side="customer", contact=self.contact_id, id=message_id, body=text)
        if not self._welcome:
            return
        for _ in range(2 if self._faults.strikes(self._faults.repeat_share) else 1):
            self._send({"t": "say", "id": message_id, "body": text})
        if self._faults.strikes(self._faults.cut_share) and self._socket is not None:
            self._socket.abort()

    # --- the connection -----------------------------------------------------------------------------------------------

    async def _stay(self) -> None:
        while not self._is_over():
            if self._socket is None:
                await self._connect()
            await asyncio.sleep(LOOK_S)

    def _is_over(self) -> bool:
        """It was told so on a line that has held since."""
        return self._closed_s is not None and time.monotonic() - self._closed_s > LINGER_S

    async def _connect(self) -> None:
        socket = Websocket(self._hear, self._lost)
        try:
            await socket.connect(Place.of(self._server), "/ws/visitor", origin=self._doors.site)
        except (OSError, TimeoutError):
            await asyncio.sleep(AGAIN_S * (0.5 + self._chance.random()))
            return
        self._socket = socket
        self._send({"t": "hello", "v": 1, "token": self._token, "after": self.after})

    def _lost(self, _code: int) -> None:
        self._socket, self._closed_s, self._welcome = None, None, False

    def _send(self, frame: dict[str, Any]) -> None:
        if self._socket is not None:
            self._socket.send(json.dumps(frame, separators=(",", ":")).encode())

    def _hear(self, text: bytes) -> None:
        frame = json.loads(text)
        match frame["t"]:
            case "welcome":
                self._welcome = True
                for message_id, body in self._kept.items():
                    self._send({"t": "say", "id": message_id, "body": body})
                if self._leaves:
                    self._send({"t": "leave"})
            case "messages":
                self._ledger.write(
                    "heard", side="customer", by=self._try, contact=self.contact_id, items=_in_short(frame["items"])
                )
                self.after = frame["items"][-1]["n"]
                self.answers += sum(item["sender"] == "agent" for item in frame["items"])
            case "state":
                self.state = frame["state"]
                self._closed_s = time.monotonic() if self.state == "closed" else None
            case "done":
                self._kept.pop(frame["id"], None)
                self._ledger.write("said_done", side="customer", contact=self.contact_id, id=frame["id"], n=frame["n"])
            case "refused":
                self._kept.pop(frame["id"], None)
                self._ledger.write("said_refused", side="customer", contact=self.contact_id, id=frame["id"])
            case "ping":
                self._send({"t": "pong", "n": frame["n"]})
            case _:
                pass


def _in_short(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: item[name] for name in ("n", "sender", "id", "body")} for item in items]
