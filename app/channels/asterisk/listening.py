"""What is said to a caller, and which keys do they press? Prompts, keys with their limits, a message recorded.

The limits are of real time and kept here: a caller who is asked something when we die is asked again.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.channels.asterisk.ari import Ari, AriLost, AriRefused
from contacts.effect import Effect

RECORDED_S = 2.0
AHEAD_MAX, AHEAD_S = 20, 3.0  # of keys pressed before the question: later they meant something else
SAID_MAX_S = 60.0  # a last word that takes longer is cut off

Said = Literal["done", "keys", "silence", "recorded", "failed"]
Heard = Callable[[Effect, Said, str, float], None]  # what came of it; keys, seconds
Speak = Callable[[Effect], Awaitable[Sequence[str]]]  # its prompts as media that Asterisk plays


@dataclass(slots=True)
class _Open:
    """What a channel is asked just now."""

    effect: Effect
    phase: Literal["prompt", "keys", "recording"] = "prompt"
    pressed: str = field(default="", repr=False)
    timer: asyncio.TimerHandle | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    since_s: float = field(default_factory=time.monotonic)

    @property
    def verb(self) -> str:
        return str(self.effect.args["do"])


@dataclass(slots=True)
class Listening:
    ari: Ari
    speak: Speak
    heard: Heard
    spawn: Callable[[Awaitable[None]], None]
    _ahead: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)  # keys before a question, and when
    _open: dict[str, _Open] = field(default_factory=dict)  # by channel

    async def begin(self, effect: Effect) -> None:
        """Raises AriLost, AriRefused. A question that is open on this channel is given up for this one."""
        ref = str(effect.args["leg"])
        await self.stop(ref)
        ahead = self._taken_ahead(ref)
        if ahead and effect.args["do"] == "collect" and "deaf_s" not in effect.args:  # they know the way
            now = self._open[ref] = _Open(effect, "keys")
            self._wait(ref, now, float(effect.args["between_s"]))
            for key in ahead:
                self.pressed(ref, key)
            return
        media = await self.speak(effect)
        now = self._open[ref] = _Open(effect)
        if media:
            try:
                await self.ari.ask("POST", "channels", ref, "play", effect.id, media=",".join(media))
            except (AriLost, AriRefused):
                self._open.pop(ref, None)
                raise
        else:
            await self._prompted(ref, now)

    async def stop(self, ref: str) -> None:
        """Silence; what was asked is not answered any more."""
        now = self._open.pop(ref, None)
        if now is None:
            return
        _cancel(now)
        now.over.set()
        with contextlib.suppress(AriRefused):
            if now.phase == "prompt":
                await self.ari.ask("DELETE", "playbacks", now.effect.id)
            elif now.phase == "recording":
                await self.ari.ask("DELETE", "recordings", "live", now.effect.id)

    def is_open(self, ref: str) -> bool:
        return ref in self._open

    async def cut(self, ref: str) -> bool:
        """Silence; and whoever asked is told that it came to nothing. Whether anything was said or asked."""
        now = self._open.get(ref)
        await self.stop(ref)
        if now is not None:
            self.heard(now.effect, "failed", now.pressed, 0.0)
        return now is not None

    async def hush(self, effect_id: str) -> None:
        """What was being said when we died, and may be over: what is asked of its channel would wait behind it."""
        with contextlib.suppress(AriRefused):
            await self.ari.ask("DELETE", "playbacks", effect_id)

    async def said(self, ref: str) -> None:
        """Until the last word is said."""
        now = self._open.get(ref)
        if now is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SAID_MAX_S):
                    await now.over.wait()

    async def recorded(self, ref: str) -> None:
        """Whoever hangs up ends their message: until it is there."""
        now = self._open.get(ref)
        if now is not None and now.phase == "recording":
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RECORDED_S):
                    await now.over.wait()

    def _taken_ahead(self, ref: str) -> str:
        """Keys pressed a moment ago, while nothing was asked."""
        keys, at_s = self._ahead.pop(ref, ("", 0.0))
        return keys if time.monotonic() - at_s < AHEAD_S else ""

    def gone(self, ref: str) -> None:
        self._ahead.pop(ref, None)
        now = self._open.pop(ref, None)
        if now is not None:
            _cancel(now)
            now.over.set()
            self.heard(now.effect, "failed", "", 0.0)

    # --- what comes ---------------------------------------------------------------------------------------------------

    def ended(self, event: Mapping[str, Any]) -> None:
        """PlaybackFinished, RecordingFinished or RecordingFailed."""
        if event["type"] == "PlaybackFinished":
            playback = event["playback"]
            ref = str(playback["target_uri"]).removeprefix("channel:")
            now = self._open.get(ref)
            if now is not None and now.phase == "prompt" and playback["id"] == now.effect.id:
                if playback.get("state") == "failed":
                    self._close(ref, now, "failed")
                else:
                    self.spawn(self._prompted(ref, now))
            return
        recording = event["recording"]
        ref = str(recording["target_uri"]).removeprefix("channel:")
        now = self._open.get(ref)
        if now is not None and now.phase == "recording" and recording["name"] == now.effect.id:
            if event["type"] == "RecordingFailed":
                self._close(ref, now, "failed")
            else:
                self._close(ref, now, "recorded", seconds=float(recording.get("duration", 0)))

    def pressed(self, ref: str, key: str) -> None:
        now = self._open.get(ref)
        if now is None:
            keys, _ = self._ahead.get(ref, ("", 0.0))
            self._ahead[ref] = ((keys + key)[-AHEAD_MAX:], time.monotonic())
            return
        if now.verb != "collect":
            return
        if now.phase == "prompt" and time.monotonic() < now.since_s + float(now.effect.args.get("deaf_s", 0)):
            return  # they cannot have understood it yet: this key meant something else
        if now.phase == "prompt":  # whoever knows the way need not listen to the end
            now.phase = "keys"
            self.spawn(self.hush(now.effect.id))
        args = now.effect.args
        if key == args.get("end_key"):
            self._close(ref, now, "keys" if now.pressed else "silence")
            return
        now.pressed += key
        if len(now.pressed) >= int(args["keys_max"]):
            self._close(ref, now, "keys")
        else:
            self._wait(ref, now, float(args["between_s"]))

    async def _prompted(self, ref: str, now: _Open) -> None:
        """The prompts were said to the end."""
        args = now.effect.args
        match now.verb:
            case "collect":
                now.phase = "keys"
                self._wait(ref, now, float(args["first_s"]))
            case "record_message":
                now.phase = "recording"
                end_key = str(args.get("end_key") or "none")
                await self.ari.ask(
                    "POST", "channels", ref, "record", name=now.effect.id, format="wav", beep="true", ifExists="fail",
                    maxDurationSeconds=round(float(args["max_s"])), maxSilenceSeconds=round(float(args["silence_s"])),
                    terminateOn=end_key,
                )  # fmt: skip
            case _:
                self._close(ref, now, "done")

    def _wait(self, ref: str, now: _Open, seconds: float) -> None:
        _cancel(now)
        loop = asyncio.get_running_loop()
        now.timer = loop.call_later(seconds, lambda: self._close(ref, now, "keys" if now.pressed else "silence"))

    def _close(self, ref: str, now: _Open, said: Said, seconds: float = 0.0) -> None:
        if self._open.get(ref) is now:
            del self._open[ref]
            _cancel(now)
            now.over.set()
            self.heard(now.effect, said, now.pressed, seconds)


def _cancel(now: _Open) -> None:
    if now.timer is not None:
        now.timer.cancel()
