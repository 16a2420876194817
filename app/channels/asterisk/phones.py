"""Which agents' phones can be rung? As the endpoints of an Asterisk stand; told when one of them changes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app import commands as c
from app.channels.asterisk import words
from app.channels.asterisk.ari import Ari, AriLost, AriRefused
from app.channels.asterisk.reports import Deliver
from app.ports import NoWriter

LOOK_EVERY_S = 15.0  # in case an event was not heard
PAUSE_S = 0.05  # many phones register at once: one look for all of them


@dataclass(slots=True)
class PhoneWatch:
    provider: str
    ari: Ari
    deliver: Deliver
    phones: Callable[[], Awaitable[dict[str, str]]]  # address -> agent, of everybody
    _devices: dict[str, bool] = field(default_factory=dict)  # as their states last said
    _told: dict[str, bool] = field(default_factory=dict)  # agent -> as last told
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _connected: bool = False

    def connected(self, is_connected: bool) -> None:
        """What stands now is told anew."""
        self._connected = is_connected
        self._told.clear()
        self._devices.clear()
        self._moved.set()

    def state_changed(self, device: Mapping[str, Any]) -> None:
        """Of a device; that it is in use or not says nothing new."""
        is_up = device["state"] not in words.DEVICE_AWAY
        if self._devices.get(device["name"]) != is_up:
            self._devices[device["name"]] = is_up
            self._moved.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._moved.wait()
            self._moved.clear()
            if self._connected:
                with contextlib.suppress(AriLost, AriRefused, NoWriter):
                    await self._look()
            await asyncio.sleep(PAUSE_S)

    async def _look(self) -> None:
        agents = await self.phones()
        endpoints = await self.ari.ask("GET", "endpoints", "PJSIP")
        online = {f"PJSIP/{each['resource']}": words.is_online(each) for each in endpoints}
        now = {agent: online[address] for address, agent in agents.items() if address in online}
        moved = {agent: is_up for agent, is_up in now.items() if self._told.get(agent) != is_up}
        if moved:
            up = tuple(agent for agent, is_up in moved.items() if is_up)
            down = tuple(agent for agent, is_up in moved.items() if not is_up)
            await self.deliver(c.ReportPhones(self.provider, up, down))
            self._told |= moved
