"""Which Asterisks are connected? All that are configured, by the process that holds the domain and by no other."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app import commands as c
from app.arrivals import Arrivals
from app.channels.asterisk.ari import AriAccess
from app.channels.asterisk.exchange import Exchange, Ours
from app.channels.asterisk.faxes import OurFiles
from app.channels.asterisk.listening import Speak
from app.channels.asterisk.parts import Keep
from app.providers import Phones
from app.seals import BrokenSeal, unseal
from app.store import asterisks
from app.switchboard import Switchboard
from contacts.effect import ARI, Effect
from contacts.leg import Leg
from contacts.records import Draft

LOOK_EVERY_S = 2.0  # for what was configured

log = structlog.get_logger()


@dataclass(slots=True)
class Exchanges:
    engine: AsyncEngine
    signing_key: bytes
    switchboard: Switchboard
    arrivals: Arrivals
    phones: Phones
    speak: Speak
    keep: Keep
    faxes: OurFiles
    _running: dict[str, tuple[Exchange, int, asyncio.Task[None]]] = field(default_factory=dict)  # by provider's name
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._look()
                except Exception as error:  # the database is away: connections go on
                    log.warning("asterisks", error=repr(error)[:200])
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

    async def _look(self) -> None:
        """What is configured is connected; what has changed is connected anew."""
        if not self.switchboard.holding:
            return
        async with self.engine.connect() as connection:
            rows = await asterisks.every(connection)
        wanted = {f"{ARI}{row['id']}": row for row in rows}
        for name, (_, version, _) in list(self._running.items()):
            if name not in wanted or wanted[name]["version"] != version:
                await self._end(name)
        for name, row in wanted.items():
            if name not in self._running and self.switchboard.holding:
                self._begin(name, row)

    def _begin(self, name: str, row: Mapping[str, Any]) -> None:
        try:
            password = unseal(self.signing_key, row["sealed"])
        except BrokenSeal:
            log.error("asterisk", provider=name, trouble="sealed by another key")
            return
        access = AriAccess(row["url"].rstrip("/"), row["username"], password, row["application"], row["dial_out"])
        exchange = Exchange(name, access, self._ours(name))
        self._running[name] = (exchange, row["version"], asyncio.create_task(exchange.run()))

    def _ours(self, name: str) -> Ours:
        board = self.switchboard

        async def deliver(command: c.Command) -> c.Reply:
            return await board.submit(c.Envelope(name, "", b"", command, "provider"))

        async def look_up(calls: Sequence[c.Call]) -> list[c.Entry | None]:
            return await self.arrivals.of_calls(name.removeprefix(ARI), calls, with_flows=True)

        async def every_phone() -> dict[str, str]:
            async with self.engine.connect() as connection:
                return await asterisks.agents_by_phone(connection)

        async def called(contact_id: str) -> tuple[str, str] | None:
            async with self.engine.connect() as connection:
                return await asterisks.called(connection, contact_id)

        def known() -> tuple[list[Leg], list[Effect]]:
            if board.house is None:
                return [], []
            records = board.house.records
            legs = [leg for leg in records.legs.values() if leg.provider == name]
            return legs, [effect for effect in records.effects.values() if effect.provider == name]

        return Ours(
            deliver=deliver,
            look_up=look_up,
            addresses=self.phones.addresses,
            phones=every_phone,
            called=called,
            speak=self.speak,
            keep=self.keep,
            faxes=self.faxes,
            known=known,
            may_send=board.session.may_send,
            now_us=lambda: board.clock.now_us(),
        )

    def committed(self, draft: Draft, _prev: int, _pos: int) -> None:
        if not self._running:
            return
        by_name: dict[str, list[Effect]] = {}
        for effect in draft.effects.values():
            if effect.provider in self._running:
                by_name.setdefault(effect.provider, []).append(effect)
        for name, effects in by_name.items():
            self._running[name][0].take(effects)

    async def ask(self, name: str, legs: Sequence[Leg]) -> bool:
        """Whether it could be asked how these stand."""
        running = self._running.get(name)
        return running is not None and await running[0].ask(legs)

    def states(self) -> dict[str, dict[str, Any]]:
        """By the id of an Asterisk, as this process knows it."""
        return {
            name.removeprefix(ARI): {
                "trouble": exchange.trouble,
                "version": exchange.version,
                "unknown_numbers": exchange.unknown_numbers,
                "standing_phones": exchange.standing.count,
            }
            for name, (exchange, _, _) in self._running.items()
        }

    async def stop(self) -> None:
        for name in list(self._running):
            await self._end(name)

    async def _end(self, name: str) -> None:
        _, _, task = self._running.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
