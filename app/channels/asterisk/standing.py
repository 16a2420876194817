"""Which agents' phones stand? One that has called in stays on the line: whoever it is put through to is there at once,
behind a beep, and nothing rings.

A call comes to it by two channels that are one wire: the first is the agent's leg as any other, the second goes in a
bridge with the phone. Who is with whom is in the names of channels, and outlives us.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from app.channels.asterisk.ari import Ari, AriRefused
from app.channels.asterisk.words import OURS

STANDING, LINE = "standing", "line"  # the first arguments of Stasis(): a phone that calls in; a wire to one
WIRE = "-wire-"  # in the name of a second channel, between those of the phone and of the leg
BEEP = "sound:beep"
BEEP_MAX_S = 1.0  # a call waits no longer for it

log = structlog.get_logger()

Phones = Callable[[], Awaitable[Mapping[str, str]]]  # address -> agent


@dataclass(slots=True)
class _Phone:
    channel: str
    address: str
    wire: str | None = None  # whom it is put through to


@dataclass(slots=True)
class Standing:
    ari: Ari
    phones: Phones
    _phones: dict[str, _Phone] = field(default_factory=dict)  # by channel
    _beeps: dict[str, asyncio.Event] = field(default_factory=dict)  # by playback

    @property
    def count(self) -> int:
        return len(self._phones)

    def is_of(self, channel: str) -> bool:
        """It is no leg: what becomes of it concerns nobody else."""
        return channel in self._phones or WIRE in channel

    def way_to(self, address: str, leg: str) -> tuple[str, str] | None:
        """What to ring in the phone's place, and the name of its other end. None: it does not stand, or is with
        somebody; then it rings as phones do.
        """
        phone = next((each for each in self._phones.values() if each.address == address), None)
        if phone is None or phone.wire is not None:
            return None
        phone.wire = f"{phone.channel}{WIRE}{leg}"
        return f"Local/s@{self.ari.access.application}-{LINE}/n", phone.wire

    # --- what comes ---------------------------------------------------------------------------------------------------

    async def called_in(self, channel: Mapping[str, Any]) -> None:
        """Nobody's phone is let go; of an agent's the last one stays."""
        ref, address = str(channel["id"]), str(channel["name"]).rpartition("-")[0]  # its endpoint and a number
        if ref in self._phones:
            return
        if address not in await self.phones():
            log.info("nobody's phone called in")
            await self._hang_up(ref)
            return
        earlier = [each.channel for each in self._phones.values() if each.address == address]
        self._phones[ref] = _Phone(ref, address)
        if channel["state"] != "Up":
            await self.ari.ask("POST", "channels", ref, "answer")
        for each in earlier:
            await self._hang_up(each)

    async def put_through(self, wire: str, *, is_again: bool = False) -> None:
        """The second channel of a wire has come: a beep, and it is with the phone. What is so already stays so."""
        phone = self._phones.get(wire.partition(WIRE)[0])
        if phone is None or phone.wire not in (None, wire):
            await self._hang_up(wire)  # the phone has gone
            return
        phone.wire = wire
        try:
            if not is_again:
                await self._beep(phone.channel)
            bridge = await self._bridge(phone.channel)
            await self.ari.ask("POST", "bridges", bridge, "addChannel", channel=f"{phone.channel},{wire}")
            await self.ari.ask("POST", "channels", wire, "answer")
        except AriRefused:
            await self._hang_up(wire)

    async def settle(self, channels: Iterable[tuple[Mapping[str, Any], list[str]]]) -> None:
        """The connection is new. `channels`: those in our hands, and the arguments with which they came."""
        self._phones.clear()
        wires = []
        for channel, args in channels:
            if args[:1] == [STANDING]:
                await self.called_in(channel)
            elif args[:1] == [LINE]:
                wires.append(str(channel["id"]))
        for wire in wires:  # in it already, or it came while nobody listened
            await self.put_through(wire, is_again=True)

    def played(self, playback: str) -> None:
        if playback in self._beeps:
            self._beeps[playback].set()

    async def gone(self, channel: str) -> None:
        """A phone has hung up, and with it whoever it was with; or they have, and the phone stands for the next."""
        phone = self._phones.pop(channel, None)
        if phone is None:
            await self.let_go(channel.partition(WIRE)[2])
            return
        if phone.wire is not None:
            await self._hang_up(phone.wire)
        await self._take_down(channel)

    async def let_go(self, leg: str) -> None:
        """An agent's leg is no more, or could not be made: its phone stands for the next."""
        ends = f"{WIRE}{leg}"
        phone = next((each for each in self._phones.values() if each.wire == f"{each.channel}{ends}"), None)
        if phone is not None:
            await self._take_down(phone.channel)
            phone.wire = None

    # --- what we ask --------------------------------------------------------------------------------------------------

    def _name(self, channel: str) -> str:
        return f"{STANDING}-{channel}"

    async def _beep(self, channel: str) -> None:
        beep = f"{channel}-beep"
        over = self._beeps[beep] = asyncio.Event()
        try:
            async with asyncio.timeout(BEEP_MAX_S):
                await self.ari.ask("POST", "channels", channel, "play", beep, media=BEEP)
                await over.wait()
        except (AriRefused, TimeoutError):  # no such sound, or too long: no call waits for it
            pass
        finally:
            del self._beeps[beep]

    async def _bridge(self, channel: str) -> str:
        name = self._name(channel)
        try:
            await self.ari.ask("POST", "bridges", name, type="mixing", name=OURS)
        except AriRefused as refused:
            if refused.status != 409:  # it is there already
                raise
        return name

    async def _take_down(self, channel: str) -> None:
        with contextlib.suppress(AriRefused):
            await self.ari.ask("DELETE", "bridges", self._name(channel))

    async def _hang_up(self, channel: str) -> None:
        with contextlib.suppress(AriRefused):
            await self.ari.ask("DELETE", "channels", channel, reason="normal")
