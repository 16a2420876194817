"""Which of what is configured runs here? All of it, in the process that holds the domain and in no other."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import structlog

LOOK_EVERY_S = 2.0

log = structlog.get_logger()


class Running(Protocol):
    async def end(self) -> None: ...


One = TypeVar("One", bound=Running)


@dataclass(slots=True)
class Configured(Generic[One]):
    """`rows`: what is configured, by name, each with its `version`; `begin`: None where it cannot run."""

    what: str  # for the log
    holds: Callable[[], bool]
    rows: Callable[[], Awaitable[Mapping[str, Mapping[str, Any]]]]
    begin: Callable[[str, Mapping[str, Any]], One | None]
    _running: dict[str, tuple[One, int]] = field(default_factory=dict)  # by name, with its version
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def get(self, name: str) -> One | None:
        found = self._running.get(name)
        return None if found is None else found[0]

    def items(self) -> Iterator[tuple[str, One]]:
        return ((name, one) for name, (one, _) in self._running.items())

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._look()
                except Exception as error:  # the database is away: connections go on
                    log.warning(self.what, error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._wake.wait()
        finally:
            await self.stop()

    async def holding(self, holds: bool) -> None:
        if holds:
            self._wake.set()
        else:
            await self.stop()

    async def stop(self) -> None:
        for name in list(self._running):
            await self._end(name)

    async def _look(self) -> None:
        """What is configured is connected; what has changed is connected anew."""
        if not self.holds():
            return
        wanted = await self.rows()
        for name, (_, version) in list(self._running.items()):
            if name not in wanted or wanted[name]["version"] != version:
                await self._end(name)
        for name, row in wanted.items():
            if name not in self._running and self.holds():
                one = self.begin(name, row)
                if one is not None:
                    self._running[name] = (one, row["version"])

    async def _end(self, name: str) -> None:
        one, _ = self._running.pop(name)
        await one.end()
