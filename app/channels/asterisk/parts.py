"""How is a conversation recorded in an Asterisk? In parts: each a recording of its bridge, brought home at its end.

In stereo it is two: what the customer says, and what they hear, each on a channel that listens to theirs.
"""

import asyncio
import contextlib
import io
import wave
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.channels.asterisk.ari import Ari, AriRefused
from app.channels.asterisk.listening import Listening
from app.channels.asterisk.making import Making
from app.channels.asterisk.words import OURS, seconds_of
from contacts.effect import Effect

SAYS_WITHIN_S = 2.0
SIDES = ("in", "out")  # what the customer says, left; what they hear, right
TAP = "-tap-"  # between a part's id and its side: names of the channel that listens and of its recording

Keep = Callable[[Effect, bytes], Awaitable[None]]  # a recording goes into our own files


@dataclass(slots=True)
class _Part:
    effect: Effect
    running: set[str]  # recordings of Asterisk
    seconds: float | None = None  # None: nothing of it has ended yet, or there is nothing
    is_adopted: bool = False  # looked for: it was asked for in a former life of ours, or its end was told to nobody


@dataclass(slots=True)
class Parts:
    ari: Ari
    listening: Listening
    making: Making
    done: Callable[[str, str], None]
    over: Callable[[str], None]  # a part of this contact's has ended
    into_our_files: Keep
    _parts: dict[str, _Part] = field(default_factory=dict)  # that are going on, by effect

    async def begin(self, effect: Effect) -> None:
        """Done when it has ended. Raises AriLost, AriRefused: the conversation is over already."""
        names = _names(effect.id, effect.args)
        self._parts[effect.id] = _Part(effect, set(names))
        try:
            if len(names) == 1:
                await self.ari.ask("POST", "bridges", effect.contact_id, "record", **_record(effect.id))
                return
            for side, name in zip(SIDES, names, strict=True):
                await self._tap(str(effect.args["leg"]), name, side)
            await asyncio.gather(*(self.ari.ask("POST", "channels", name, "record", **_record(name)) for name in names))
        except AriRefused:
            self._parts.pop(effect.id, None)
            for name in names:  # one side may have begun: nobody would bring it home
                with contextlib.suppress(AriRefused):
                    await self.ari.ask("DELETE", "recordings", "live", name)
            await self._untap(effect)
            raise

    async def _tap(self, leg: str, name: str, side: str) -> None:
        asked = self.ari.ask(
            "POST", "channels", leg, "snoop", name, spy=side, app=self.ari.access.application, appArgs=OURS
        )
        await self.making.make(name, asked)

    async def _untap(self, effect: Effect) -> None:
        for name in _names(effect.id, effect.args):
            if is_tap(name):
                with contextlib.suppress(AriRefused):
                    await self.ari.ask("DELETE", "channels", name)

    def is_of(self, tap: str, effects: Mapping[str, Effect]) -> bool:
        """Whether one of these is recorded by it."""
        return tap.partition(TAP)[0] in effects

    async def stop(self, name: str) -> None:
        """The part of this effect's id. Raises AriLost, AriRefused."""
        part = self._parts.get(name)
        for each in tuple(part.running) if part is not None else (name,):
            try:
                await self.ari.ask("POST", "recordings", "live", each, "stop")
            except AriRefused as refused:
                if refused.status != 404:  # it has ended by itself
                    raise
        if part is not None:
            self.listening.spawn(self.look_for(part.effect.contact_id))

    async def adopt(self, effect: Effect) -> None:
        """It goes on; or it has ended meanwhile, and what was recorded is there; or there is none."""
        part = self._parts.setdefault(effect.id, _Part(effect, set(_names(effect.id, effect.args))))
        part.is_adopted = True
        for name in tuple(part.running):  # an end that is told meanwhile is heard
            if not await self._runs(name):
                sound = await self._sound(name)
                self._end(part, name, None if sound is None else seconds_of(sound))

    async def _runs(self, name: str) -> bool:
        try:
            await self.ari.ask("GET", "recordings", "live", name)
        except AriRefused:
            return False
        return True

    async def look_for(self, contact_id: str) -> None:
        """They were told to end, or their bridge is gone: that they have ended Asterisk may have told nobody."""
        await asyncio.sleep(SAYS_WITHIN_S)
        for part in [each for each in self._parts.values() if each.effect.contact_id == contact_id]:
            await self.adopt(part.effect)

    def ended(self, event: Mapping[str, Any]) -> None:
        """Nothing to do for a caller's message."""
        name = str(event["recording"]["name"])
        part = self._parts.get(name.partition(TAP)[0])
        if part is not None:
            failed = event["type"] == "RecordingFailed"
            self._end(part, name, None if failed else float(event["recording"].get("duration", 0)))

    def _end(self, part: _Part, name: str, seconds: float | None) -> None:
        """One of its recordings has ended. `seconds` None: there is nothing of it."""
        if name not in part.running:
            return
        part.running.discard(name)
        if seconds is not None:
            part.seconds = max(part.seconds or 0.0, seconds)
        if part.running:
            return
        self._parts.pop(part.effect.id, None)
        if part.seconds is not None:
            self.listening.heard(part.effect, "recorded", "", part.seconds)
        elif part.is_adopted:
            self.done(part.effect.id, "unknown")
        else:
            self.listening.heard(part.effect, "failed", "", 0.0)
        self.listening.spawn(self._untap(part.effect))
        self.over(part.effect.contact_id)

    async def keep(self, effect: Effect) -> None:
        """Raises AriLost, AriRefused: nothing of it is there."""
        names = _names(str(effect.args["recording"]), effect.args)
        sounds = [await self._sound(name) for name in names]
        there = [sound for sound in sounds if sound is not None]
        if not there:
            raise AriRefused(404, "no recording")
        await self.into_our_files(effect, there[0] if len(names) == 1 else stereo(*(each or b"" for each in sounds)))
        for name in names:
            with contextlib.suppress(AriRefused):
                await self.ari.ask("DELETE", "recordings", "stored", name)

    async def _sound(self, name: str) -> bytes | None:
        """None: one side may be missing, and the other is worth keeping."""
        try:
            return await self.ari.fetch("recordings", "stored", name, "file")
        except AriRefused as refused:
            if refused.status != 404:
                raise
            return None


def is_tap(channel: str) -> bool:
    return TAP in channel


def _names(effect_id: str, args: Mapping[str, Any]) -> tuple[str, ...]:
    """Of Asterisk's recordings of a part."""
    return tuple(f"{effect_id}{TAP}{side}" for side in SIDES) if args.get("stereo") else (effect_id,)


def _record(name: str) -> dict[str, Any]:
    return {"name": name, "format": "wav", "ifExists": "fail"}


def stereo(left: bytes, right: bytes) -> bytes:
    """Two WAVE files of one channel as one of two; the shorter is silent at its end, an empty one all the time."""
    sides = [_samples(each) for each in (left, right)]
    both = np.zeros((max(len(side) for side in sides), 2), dtype="<i2")
    for lane, side in enumerate(sides):
        both[: len(side), lane] = side
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(both.tobytes())
    return made.getvalue()


def _samples(file: bytes) -> "np.ndarray[Any, np.dtype[np.int16]]":
    if not file:
        return np.zeros(0, dtype="<i2")
    with wave.open(io.BytesIO(file)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
