"""How does the floor ask the public REST API, where speed does not matter?"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Self

import httpx2

PAGE_MAX = 200
TRIES = 40
AGAIN_S = 0.5
TIMEOUT_S = 30.0


class Refused(Exception):
    """The server said no; `problem` is what it said (RFC 9457)."""

    def __init__(self, status: int, method: str, path: str, problem: Any) -> None:
        super().__init__(f"{method} {path}: {status} {problem}")
        self.status, self.problem = status, problem


class Rest:
    """By an API key. What nobody takes just now (429, 503) is asked again."""

    def __init__(self, server: str, key: str) -> None:
        self.server, self.key = server.rstrip("/"), key
        self._client = httpx2.AsyncClient(
            base_url=self.server, headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT_S
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def ask(self, method: str, path: str, body: Any = None, key: str | None = None, **query: str) -> Any:
        """The JSON of the answer, None if it has none; with a `key` a repeat is the same command.

        Raises Refused, httpx2.HTTPError.
        """
        headers = {"Idempotency-Key": key} if key else None
        for left in reversed(range(TRIES)):
            answer = await self._client.request(method, path, json=body, params=query or None, headers=headers)
            if answer.status_code in (429, 503) and left:
                await asyncio.sleep(AGAIN_S)
                continue
            break
        told = answer.json() if answer.content else None
        if answer.status_code >= 400:
            raise Refused(answer.status_code, method, path, told)
        return told

    async def get(self, path: str, **query: str) -> Any:
        return await self.ask("GET", path, **query)

    async def post(self, path: str, body: Any, key: str | None = None) -> Any:
        return await self.ask("POST", path, body, key)

    async def every(self, path: str, **query: str) -> AsyncIterator[dict[str, Any]]:
        """Each item of all pages."""
        after: str | None = None
        while True:
            page = await self.get(path, limit=str(PAGE_MAX), **({"after": after} if after else {}), **query)
            for item in page["items"]:
                yield item
            after = page["next"]
            if after is None:
                return
