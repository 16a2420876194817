"""Which telephony providers and agents' phones do we know? Read from the database, kept for a moment."""

import time
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.channels.telephony import Provider
from app.seals import unseal
from app.store.names import phone_addresses
from app.store.tables import provider_secret, telephony_provider

KEPT_S = 2.0  # so long until a new secret works, and an old one no more; a provider repeats what was refused
KEPT_MAX = 1_000
PHONES_KEPT_MAX = 50_000
PHONES_KEPT_S = 60.0


@dataclass(slots=True)
class Providers:
    engine: AsyncEngine
    signing_key: bytes
    _kept: dict[str, tuple[float, Provider | None]] = field(default_factory=dict)

    async def find(self, provider_id: str) -> Provider | None:
        """The live provider with its live secrets, or None."""
        kept = self._kept.get(provider_id)
        if kept is not None and time.monotonic() - kept[0] < KEPT_S:
            return kept[1]
        provider = await self._read(provider_id) if _is_id(provider_id) else None
        if len(self._kept) >= KEPT_MAX:
            self._kept.clear()
        self._kept[provider_id] = (time.monotonic(), provider)
        return provider

    async def _read(self, provider_id: str) -> Provider | None:
        wanted = select(telephony_provider.c.company_id, telephony_provider.c.command_url).where(
            telephony_provider.c.id == provider_id, telephony_provider.c.archived_at.is_(None)
        )
        secrets = select(provider_secret.c.direction, provider_secret.c.sealed).where(
            provider_secret.c.provider_id == provider_id
        )
        async with self.engine.connect() as connection:
            row = (await connection.execute(wanted)).first()
            if row is None:
                return None
            sealed = (await connection.execute(secrets.order_by(provider_secret.c.slot))).all()
        ways: dict[str, list[str]] = {"in": [], "out": []}
        for direction, text in sealed:
            ways[direction].append(unseal(self.signing_key, text))
        return Provider(provider_id, row.company_id, row.command_url, ways["in"], ways["out"])


@dataclass(slots=True)
class Phones:
    """Where agents' phones are rung; asked for at every call, so kept until configuration changes, and for a minute."""

    engine: AsyncEngine
    _kept: dict[str, tuple[float, str | None]] = field(default_factory=dict)

    def forget(self) -> None:
        self._kept.clear()

    async def addresses(self, agent_ids: set[str]) -> dict[str, str]:
        now = time.monotonic()
        stale = {a for a in agent_ids if a not in self._kept or now - self._kept[a][0] >= PHONES_KEPT_S}
        if stale:
            async with self.engine.connect() as connection:
                found = await phone_addresses(connection, stale)
            if len(self._kept) >= PHONES_KEPT_MAX:
                self._kept.clear()
            self._kept |= {agent_id: (now, found.get(agent_id)) for agent_id in stale}
        return {a: address for a in agent_ids if (address := self._kept[a][1]) is not None}


def _is_id(text: str) -> bool:
    return len(text) == 36 and all(ch in "0123456789abcdef-" for ch in text)
