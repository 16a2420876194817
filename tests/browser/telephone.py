"""What does a telephone provider do whose wires are in a test's hands? Nothing by itself, until it is let go on.

It speaks what docs/telephony.md says, over HTTP and signed both ways, and knows nothing else of the server: what it is
told waits until the test has it carried out, so that a story can stop between a command and its report.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from standardwebhooks import Webhook, WebhookVerificationError

from floor.listener import Answer, Listener
from tests.serving import Api

HANG_S = 15.0  # so long a command is waited for before the story has failed
OVER = "ConnectionCleared"


@dataclass(slots=True, eq=False)
class Wire:
    """`address`: of the agent's phone; None: the customer's."""

    ref: str
    address: str | None
    seq: int = 0
    event: str = ""


@dataclass(slots=True)
class Telephone:
    """A provider. Every report is committed when the call that makes it returns."""

    api: Api
    provider_id: str
    secret_in: str
    secret_out: str
    wires: dict[str, Wire] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    """Commands that were not carried out yet, the oldest first."""
    known: set[str] = field(default_factory=set)
    _bell: asyncio.Condition = field(default_factory=asyncio.Condition)
    _goes_on: asyncio.Task[None] | None = None

    # --- what it is told ----------------------------------------------------------------------------------------------

    def take(self, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            commands = Webhook(self.secret_out).verify(body, dict(headers))["commands"]  # type: ignore[call-overload]
        except (WebhookVerificationError, ValueError):
            return 401, b"{}"
        self.told += [each for each in commands if each["id"] not in self.known]  # a repeated id is the same command
        self.known |= {each["id"] for each in commands}
        asyncio.get_running_loop().create_task(self._ring_bell())
        return 200, b"{}"

    async def _ring_bell(self) -> None:
        async with self._bell:
            self._bell.notify_all()

    async def until_told(self, do: str, wire: Wire | None = None) -> dict[str, Any]:
        """The oldest command of this kind, about this wire; it is not waiting any more. Raises TimeoutError."""

        def fitting() -> list[dict[str, Any]]:
            return [each for each in self.told if each["do"] == do and (wire is None or each["leg"] == wire.ref)]

        async with asyncio.timeout(HANG_S), self._bell:
            await self._bell.wait_for(fitting)
        command = fitting()[0]
        self.told.remove(command)
        return command

    async def does(self, do: str, wire: Wire | None = None) -> float:
        """What `until_told` waits for is carried out and reported; returns when the report left (ms since 1970)."""
        return await self._carry_out(await self.until_told(do, wire))

    async def rings(self) -> float:
        """The agent's phone that is to be connected rings; to be picked up it `does("connect")`."""
        command = await self.until_told("connect")
        self.told.insert(0, command)
        return await self.reports((self._new_wire(command["with"], command["address"]), "Delivered"))

    def lets_go(self) -> None:
        """From now on whatever it is told is carried out at once, and what waits as well."""
        self._goes_on = asyncio.create_task(self._go_on())

    async def _go_on(self) -> None:
        while True:
            async with self._bell:
                await self._bell.wait_for(lambda: bool(self.told))
            await self._carry_out(self.told.pop(0))

    async def _carry_out(self, command: Mapping[str, Any]) -> float:
        wire = self.wires.get(command.get("leg", ""))
        match command["do"]:
            case "connect":
                phone = self._new_wire(command["with"], command["address"])
                if phone.event == OVER:
                    return time.time() * 1000
                if wire is None or wire.event == OVER:
                    return await self.reports((phone, OVER))
                return await self.reports((phone, "Established"), (wire, "Established"))
            case "ring":
                return await self.reports((self._new_wire(command["leg"], command["address"]), "Established"))
            case "hold" | "retrieve" | "hang_up" as do if wire is not None and wire.event != OVER:
                return await self.reports((wire, {"hold": "Held", "retrieve": "Retrieved", "hang_up": OVER}[do]))
            case _:
                return time.time() * 1000  # joining is not reported, and a wire that is down does nothing

    # --- what it tells ------------------------------------------------------------------------------------------------

    async def is_called(self, to: str, from_: str) -> "Call":
        """A customer's wire to one of our numbers."""
        wire = self._new_wire(uuid4().hex, None)
        event = self._event(wire, "Delivered") | {"from": from_, "to": to}
        answer, sent_ms = await self._post({"events": [event]})
        return Call(self, wire, answer["contacts"][wire.ref], sent_ms)

    async def reports(self, *told: tuple[Wire, str]) -> float:
        """All in one webhook; returns when it left (ms since 1970)."""
        _, sent_ms = await self._post({"events": [self._event(wire, event) for wire, event in told]})
        return sent_ms

    async def phones(self, *agent_ids: str, up: bool = True) -> None:
        await self._post({"phones": [{"agent": agent_id, "up": up} for agent_id in agent_ids]})

    def _new_wire(self, ref: str, address: str | None) -> Wire:
        return self.wires.setdefault(ref, Wire(ref, address))

    def _event(self, wire: Wire, event: str) -> dict[str, Any]:
        wire.seq += 1
        wire.event = event
        return {"leg": wire.ref, "event": event, "seq": wire.seq} | ({"cause": "normal"} if event == OVER else {})

    async def _post(self, webhook: dict[str, Any]) -> tuple[Any, float]:
        body, name, now = json.dumps(webhook), uuid4().hex, datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret_in).sign(name, now, body),
        }
        sent_ms = time.time() * 1000
        answer = await self.api.client.post(f"/telephony/{self.provider_id}/events", content=body, headers=headers)
        assert answer.status_code == 200, f"{webhook}: {answer.status_code} {answer.text}"
        assert answer.json().get("ignored", []) == [], f"{webhook}: {answer.text}"
        return answer.json(), sent_ms

    async def stop(self) -> None:
        if self._goes_on is not None:
            self._goes_on.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._goes_on


@dataclass(slots=True)
class Call:
    telephone: Telephone
    customer: Wire
    contact_id: str
    sent_ms: float
    """When the report of its arrival left."""

    def phone(self, address: str) -> Wire:
        """The latest wire to this phone."""
        return [wire for wire in self.telephone.wires.values() if wire.address == address][-1]

    async def hangs_up(self, address: str | None = None) -> float:
        """Whoever has the phone of this address, None = the customer, puts it down; returns when that was reported."""
        wire = self.customer if address is None else self.phone(address)
        return await self.telephone.reports((wire, OVER))


@contextlib.asynccontextmanager
async def open_telephone(api: Api) -> AsyncIterator[Telephone]:
    """A provider of its own, connected to this server."""
    doors: list[Telephone] = []
    listener = Listener(lambda headers, body: doors[0].take(headers, body) if doors else (503, b"{}"))
    port = await listener.start()
    try:
        wish = {"name": f"exchange {uuid4().hex[:8]}", "command_url": f"http://127.0.0.1:{port}/commands"}
        made = await api.post("/v1/telephony-providers", wish)
        telephone = Telephone(api, made["id"], made["secret_in"], made["secret_out"])
        doors.append(telephone)
        yield telephone
        await telephone.stop()
    finally:
        await listener.stop()
