"""When is a channel that we asked for ours? A moment after it is made: before that nothing can be asked of it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from app.channels.asterisk.ari import AriLost

MADE_WITHIN_S = 2.0


@dataclass(slots=True)
class Making:
    _waiting: dict[str, asyncio.Future[None]] = field(default_factory=dict)  # by channel

    async def make(self, channel: str, asked: Awaitable[Any]) -> None:
        """`asked`: for a channel of this name. Raises AriLost, and what asking raises."""
        told = self._waiting[channel] = asyncio.get_running_loop().create_future()
        try:
            await asked
            async with asyncio.timeout(MADE_WITHIN_S):
                await told
        except TimeoutError as silent:
            raise AriLost("nothing told") from silent
        finally:
            self._waiting.pop(channel, None)

    def made(self, channel: str) -> None:
        """It has come into our application."""
        told = self._waiting.get(channel)
        if told is not None and not told.done():
            told.set_result(None)
