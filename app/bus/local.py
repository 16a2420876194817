"""How do commands and bells travel when everything is in one process? By a call."""

import asyncio
from collections.abc import Awaitable, Callable

from app.commands import Envelope, Reply


class LocalBus:
    def __init__(self, submit: Callable[[Envelope], Awaitable[Reply]], heard: Callable[[list[str]], None]) -> None:
        self._submit = submit
        self._heard = heard

    async def submit(self, envelope: Envelope) -> Reply:
        """Raises NoWriter."""
        return await self._submit(envelope)

    async def heard(self, agent_ids: list[str]) -> None:
        self._heard(agent_ids)

    def ring(self, seq: int) -> None:
        """The follower of this process was told by the turn itself."""

    async def run(self) -> None:
        """Nothing to carry."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Nothing to close."""
