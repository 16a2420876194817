"""How is a conversation recorded in an Asterisk? In parts: each a recording of its bridge, brought home at its end."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.channels.asterisk.ari import Ari, AriRefused
from app.channels.asterisk.listening import Listening, Said
from app.channels.asterisk.words import seconds_of
from contacts.effect import Effect

SAYS_WITHIN_S = 2.0

Keep = Callable[[Effect, bytes], Awaitable[None]]  # a recording goes into our own files


@dataclass(slots=True)
class Parts:
    ari: Ari
    listening: Listening
    done: Callable[[str, str], None]
    into_our_files: Keep
    _running: dict[str, Effect] = field(default_factory=dict)

    async def begin(self, effect: Effect) -> None:
        """Done when it has ended. Raises AriLost, AriRefused: the conversation is over already."""
        self._running[effect.id] = effect
        try:
            await self.ari.ask(
                "POST", "bridges", effect.contact_id, "record", name=effect.id, format="wav", ifExists="fail"
            )
        except AriRefused:
            self._running.pop(effect.id, None)
            raise

    async def stop(self, name: str) -> None:
        """Raises AriLost, AriRefused."""
        try:
            await self.ari.ask("POST", "recordings", "live", name, "stop")
        except AriRefused as refused:
            if refused.status != 404:
                raise
            effect = self._running.get(name)  # it has ended by itself
            if effect is not None:
                self.listening.spawn(self.look_for(effect.contact_id))

    async def adopt(self, effect: Effect) -> None:
        """It goes on; or it has ended meanwhile, and what was recorded is there; or there is none."""
        try:
            await self.ari.ask("GET", "recordings", "live", effect.id)
            self._running[effect.id] = effect
            return
        except AriRefused:
            pass
        try:
            sound = await self.ari.fetch("recordings", "stored", effect.id, "file")
        except AriRefused:
            self.done(effect.id, "unknown")
        else:
            self.listening.heard(effect, "recorded", "", seconds_of(sound))

    async def look_for(self, contact_id: str) -> None:
        """The bridge is gone, or the recording is: Asterisk says so only to those who still hear of that bridge."""
        await asyncio.sleep(SAYS_WITHIN_S)
        for effect in [each for each in self._running.values() if each.contact_id == contact_id]:
            self._running.pop(effect.id, None)
            await self.adopt(effect)

    def ended(self, event: Mapping[str, Any]) -> str | None:
        """The contact whose conversation it was; None: a message, which belongs to its caller."""
        effect = self._running.pop(str(event["recording"]["name"]), None)
        if effect is not None:
            said: Said = "failed" if event["type"] == "RecordingFailed" else "recorded"
            self.listening.heard(effect, said, "", float(event["recording"].get("duration", 0)))
        return effect.contact_id if effect is not None else None

    async def keep(self, effect: Effect) -> None:
        """Raises AriLost, AriRefused."""
        name = str(effect.args["recording"])
        await self.into_our_files(effect, await self.ari.fetch("recordings", "stored", name, "file"))
        with contextlib.suppress(AriRefused):
            await self.ari.ask("DELETE", "recordings", "stored", name)
