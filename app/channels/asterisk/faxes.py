"""How is a fax received and sent on an Asterisk? Its call is led out of our hands into the dialplan, which does it.

The dialplan (app/asterisk_config.py) writes the pages into a file of a folder that Asterisk and we share, and notes in
a global variable what came of it. Looked at when the channel is gone: what stands there is true whether we lived then
or not. Both go when the turn that took them is committed.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from app import commands as c
from app.channels.asterisk import words
from app.channels.asterisk.ari import Ari, AriLost, AriRefused
from contacts.effect import Effect
from contacts.leg import CstaEvent

KEEP_AGAIN_S = (0.5, 1.0, 2.0, 5.0)  # the last repeats
LEFT_S = 86_400.0  # what nobody has taken in a day is nobody's
BACK_S = 2.0  # after a fax tone the dialplan leads the call back at once
LOOK_EVERY_S = 0.1
STATION_LENGTH_MAX = 20  # T.30

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Said:
    """What the dialplan has noted of a fax."""

    is_success: bool
    pages: int
    took_s: int
    station: str = field(repr=False)


Keep = Callable[[Effect, bytes, Said | None], Awaitable[int]]  # into our files; how many pages are there, 0: none
Paper = Callable[[Effect], Awaitable[tuple[bytes, str]]]  # the pages of one to be sent, and who sends it
Sent = Callable[[Effect, Said], Awaitable[None]]  # what the other machine said is noted
Report = Callable[[str, CstaEvent, str | None], None]


@dataclass(frozen=True, slots=True)
class OurFiles:
    """Where faxes come from and go to, and the folder that we share with Asterisk."""

    folder: Path
    keep: Keep
    paper: Paper
    sent: Sent


@dataclass(slots=True)
class Faxes:
    provider: str
    ari: Ari
    ours: OurFiles
    tell: Callable[[c.ReportFax], None]
    report: Report
    spawn: Callable[[Awaitable[None]], None]
    _rung: dict[str, Effect] = field(default_factory=dict)  # channels that nobody has answered yet
    _led: dict[str, Effect] = field(default_factory=dict)  # channels in the dialplan
    _taken: set[str] = field(default_factory=set)  # effects whose file is looked at
    _back: set[str] = field(default_factory=set)  # channels on which a fax tone was heard

    # --- it goes on in the dialplan -----------------------------------------------------------------------------------

    async def hear(self, ref: str) -> None:
        """A fax tone of this caller leads the call to the extension `fax`."""
        await self._set(ref, "FAXOPT(faxdetect)", "cng")

    async def receive(self, effect: Effect) -> None:
        await self._lead(effect, str(effect.args["leg"]), "receive", "")

    def rings(self, effect: Effect) -> None:
        self._rung[str(effect.args["leg"])] = effect

    async def send(self, effect: Effect) -> None:
        """They have picked up. Raises AriLost."""
        ref = str(effect.args["leg"])
        self._rung.pop(ref, None)
        try:
            pages, station = await self.ours.paper(effect)
            await asyncio.to_thread(_write, self._file(effect), pages)
            await self._lead(effect, ref, "send", station)
        except AriLost:
            raise
        except Exception as broken:  # nothing was sent: it is tried again
            log.error("fax not sent", provider=self.provider, effect=effect.id, reason=repr(broken)[:200])
            with contextlib.suppress(AriRefused):
                await self.ari.ask("DELETE", "channels", ref, reason="normal")
            self.tell(c.ReportFax(self.provider, effect.id, "failed"))

    async def _lead(self, effect: Effect, ref: str, where: str, station: str) -> None:
        """Raises AriLost, AriRefused."""
        folder = self.ours.folder
        await asyncio.to_thread(_sweep, folder)
        self._led[ref] = effect  # first: that it leaves our hands is not that it is gone
        try:
            await self._watch(ref)
            await self._set(ref, "JACKFIELD_FAX", effect.id)
            await self._set(ref, "JACKFIELD_FAX_FILE", str(self._file(effect)))
            await self._set(ref, "JACKFIELD_FAX_STATION", station[:STATION_LENGTH_MAX])
            context = f"{self.ari.access.application}-fax"
            await self.ari.ask("POST", "channels", ref, "continue", context=context, extension=where, priority=1)
        except AriRefused:
            self._led.pop(ref, None)
            self.report(ref, "ConnectionCleared", "lost")  # it has gone, and perhaps that was not heard
            raise

    async def _watch(self, ref: str) -> None:
        """Out of our hands we would hear no more of it."""
        source = f"channel:{ref}"
        await self.ari.ask("POST", "applications", self.ari.access.application, "subscription", eventSource=source)

    async def _set(self, ref: str, variable: str, value: str) -> None:
        await self.ari.ask("POST", "channels", ref, "variable", variable=variable, value=value)

    def _file(self, effect: Effect) -> Path:
        return self.ours.folder / f"{effect.id}.tif"

    # --- it is over ---------------------------------------------------------------------------------------------------

    def is_led(self, ref: str) -> bool:
        return ref in self._led

    def gone(self, ref: str, cause: str) -> None:
        """The channel is no more."""
        self._back.discard(ref)
        if (rung := self._rung.pop(ref, None)) is not None:
            came = words.WHY_NOT_SENT.get(cause, "failed")
            self.tell(c.ReportFax(self.provider, rung.id, came))
        if (led := self._led.pop(ref, None)) is not None:
            self.spawn(self._take(led))

    async def adopt(self, effect: Effect) -> bool:
        """It was begun in a former life of ours: whether it still rings there. Raises AriLost, AriRefused."""
        ref = str(effect.args["leg"])
        try:
            channel = await self.ari.ask("GET", "channels", ref)
        except AriRefused:
            self._led.pop(ref, None)
            self.spawn(self._take(effect))
            return False
        if words.arguments_of(channel, self.ari.access.application) is None:
            self._led[ref] = effect
            await self._watch(ref)
        elif effect.args["do"] == "receive_fax":
            await self.receive(effect)
        elif channel["state"] == "Up":
            await self.send(effect)
        else:
            self.rings(effect)
            return True
        return False

    async def _take(self, effect: Effect) -> None:
        """Until it is in our files: whatever is broken meanwhile, the fax is not lost."""
        if effect.id in self._taken:
            return
        self._taken.add(effect.id)
        tries = 0
        while True:
            try:
                told = await (self._received(effect) if effect.args["do"] == "receive_fax" else self._sent(effect))
                break
            except Exception as broken:
                log.error("fax not kept yet", provider=self.provider, effect=effect.id, reason=repr(broken)[:200])
                await asyncio.sleep(KEEP_AGAIN_S[min(tries, len(KEEP_AGAIN_S) - 1)])
                tries += 1
        self.tell(told)

    async def _received(self, effect: Effect) -> c.ReportFax:
        pages, said = await asyncio.to_thread(_read, self._file(effect)), await self._said(effect)
        count = await self.ours.keep(effect, pages, said)
        is_whole = said is not None and said.is_success
        return c.ReportFax(self.provider, effect.id, "received" if count else "nothing", count, is_whole)

    async def _sent(self, effect: Effect) -> c.ReportFax:
        pages, said = await asyncio.to_thread(_read, self._file(effect)), await self._said(effect)
        if said is None:  # the file is written before it is sent: without it nobody had picked up
            return c.ReportFax(self.provider, effect.id, "unknown" if pages else "no_answer")
        await self.ours.sent(effect, said)
        return c.ReportFax(self.provider, effect.id, "sent" if said.is_success else "failed", said.pages)

    def over(self, effect: Effect) -> None:
        """What came of it is committed."""
        self._taken.discard(effect.id)
        self._file(effect).unlink(missing_ok=True)
        self.spawn(self._forget(effect))

    async def _said(self, effect: Effect) -> Said | None:
        """Raises AriLost."""
        with contextlib.suppress(AriRefused):
            found = await self.ari.ask("GET", "asterisk", "variable", variable=_note(effect))
            if found["value"]:
                return _as_said(str(found["value"]))
        return None

    async def _forget(self, effect: Effect) -> None:
        """Set to nothing it is no more."""
        await self.ari.ask("POST", "asterisk", "variable", variable=_note(effect))

    # --- a tone -------------------------------------------------------------------------------------------------------

    def came_back(self, ref: str) -> None:
        self._back.add(ref)

    async def comes_back(self, ref: str) -> bool:
        """It left our hands and nobody asked for its end: a fax tone leads it away and back. Raises AriLost."""
        until_s = time.monotonic() + BACK_S
        while ref not in self._back and time.monotonic() < until_s:
            try:
                await self.ari.ask("GET", "channels", ref)
            except AriRefused:
                return False
            await asyncio.sleep(LOOK_EVERY_S)
        return True


def _note(effect: Effect) -> str:
    return f"JACKFIELD_FAX_{effect.id}"


def _read(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _as_said(text: str) -> Said:
    status, count, took, station = [*text.split("/", 3), "", "", ""][:4]
    return Said(status == "SUCCESS", _number(count), _number(took), station.strip()[:STATION_LENGTH_MAX])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _write(file: Path, pages: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pages)


def _sweep(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.tif"):
        if time.time() - file.stat().st_mtime > LEFT_S:
            file.unlink(missing_ok=True)
