"""Which Asterisks are connected? All that are configured, by the process that holds the domain and by no other."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app import commands as c
from app.arrivals import Arrivals
from app.channels.asterisk.ari import AriAccess
from app.channels.asterisk.exchange import Exchange
from app.channels.asterisk.faxes import OurFiles
from app.channels.asterisk.listening import Speak
from app.channels.asterisk.ours import Ours
from app.channels.asterisk.parts import Keep
from app.configured import Configured
from app.providers import Phones
from app.seals import BrokenSeal, unseal
from app.store import asterisks
from app.switchboard import Switchboard
from contacts.effect import ARI, Effect
from contacts.leg import Leg
from contacts.records import Draft

log = structlog.get_logger()


@dataclass(slots=True)
class Line:
    """One Asterisk while it is connected."""

    exchange: Exchange
    task: asyncio.Task[None]

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


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
    lines: Configured[Line] = field(init=False)  # by provider's name

    def __post_init__(self) -> None:
        self.lines = Configured("asterisks", lambda: self.switchboard.holding, self._configured, self._begun)

    async def _configured(self) -> dict[str, Mapping[str, Any]]:
        async with self.engine.connect() as connection:
            rows = await asterisks.every(connection)
        return {f"{ARI}{row['id']}": row for row in rows}

    def _begun(self, name: str, row: Mapping[str, Any]) -> Line | None:
        try:
            password = unseal(self.signing_key, row["sealed"])
        except BrokenSeal:
            log.error("asterisk", provider=name, trouble="sealed by another key")
            return None
        access = AriAccess(row["url"].rstrip("/"), row["username"], password, row["application"], row["dial_out"])
        exchange = Exchange(name, access, self._ours(name))
        return Line(exchange, asyncio.create_task(exchange.run()))

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
        by_name: dict[str, list[Effect]] = {}
        for effect in draft.effects.values():
            if effect.provider.startswith(ARI):
                by_name.setdefault(effect.provider, []).append(effect)
        for name, effects in by_name.items():
            if (line := self.lines.get(name)) is not None:
                line.exchange.carrying.take(effects)

    async def ask(self, name: str, legs: Sequence[Leg]) -> bool:
        """Whether it could be asked how these stand."""
        line = self.lines.get(name)
        return line is not None and await line.exchange.ask(legs)

    def states(self) -> dict[str, dict[str, Any]]:
        """By the id of an Asterisk, as this process knows it."""
        return {
            name.removeprefix(ARI): {
                "trouble": line.exchange.trouble,
                "version": line.exchange.version,
                "unknown_numbers": line.exchange.unknown_numbers,
                "standing_phones": line.exchange.standing.count,
            }
            for name, line in self.lines.items()
        }
