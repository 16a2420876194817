"""How does an agent read and write what no frame of the desk carries? By the routes of the desk's page, logged in.

What was not answered is asked again with its own id, for as long as a page would.
"""

import asyncio
import random
import time
import uuid
from typing import Any

import httpx2

from floor.ledger import Ledger

TIMEOUT_S = 3.0
AGAIN_S = 0.3
TRY_S = 40.0


class Pen:
    def __init__(self, server: str, login: str, password: str, *, ledger: Ledger, chance: random.Random) -> None:
        self._client = httpx2.AsyncClient(base_url=server, timeout=TIMEOUT_S)
        self._who = {"login": login, "password": password}
        self._ledger, self._chance = ledger, chance
        self._is_in: bool | None = None
        self._entering = asyncio.Lock()

    async def log_in(self) -> bool:
        """Once, when something is to be written for the first time. False: they are not let in."""
        async with self._entering:
            if self._is_in is None:
                status, told = await self._ask("POST", "/v1/session", self._who)
                self._is_in = status == 200
                if self._is_in:
                    self._client.headers["x-csrf-token"] = told["csrf"]
            return self._is_in

    async def close(self) -> None:
        await self._client.aclose()

    async def read(self, contact_id: str, segment_id: str, after: int) -> list[dict[str, Any]]:
        """What was said in a chat behind `after`."""
        status, told = await self._ask("GET", f"/v1/contacts/{contact_id}/messages?after={after}&limit=200")
        items: list[dict[str, Any]] = told["items"] if status == 200 else []
        if items:
            short = [{name: item[name] for name in ("n", "sender", "id", "body")} for item in items]
            self._ledger.write("heard", side="agent", by=segment_id, contact=contact_id, items=short)
        return items

    async def say(self, contact_id: str, text: str) -> None:
        message_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        about = {"side": "agent", "contact": contact_id, "id": message_id}
        self._ledger.write("said", **about, body=text)
        status, told = await self._ask("POST", f"/v1/contacts/{contact_id}/messages", {"id": message_id, "body": text})
        if status == 201:
            self._ledger.write("said_done", **about, n=told["n"])
        else:
            self._ledger.write("said_refused", **about, status=status)

    async def answer(self, contact_id: str, text: str) -> None:
        """By mail, to whoever wrote last."""
        key = f"mail-{self._chance.getrandbits(64):x}"
        self._ledger.write("mail_asked", id=key, contact=contact_id)
        status, told = await self._ask("POST", f"/v1/contacts/{contact_id}/mails", {"text": text}, key)
        self._ledger.write("mail_made", id=key, status=status, mail=told.get("mail_id"))

    async def _ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        """(status, JSON); 0: nobody answered for as long as one tries."""
        until_s = time.monotonic() + TRY_S
        headers = {"idempotency-key": key} if key else None
        while time.monotonic() < until_s:
            try:
                answer = await self._client.request(method, path, json=body, headers=headers)
            except httpx2.HTTPError:
                pass
            else:
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer.status_code, answer.json() if answer.content else {}
            await asyncio.sleep(AGAIN_S * (0.5 + self._chance.random()))
        return 0, {}
