"""What was decided to be asked by webhook: is it done? Carried out after COMMIT, repeated until done or out of time.

Only the writer's process carries them, and only while its last beat is fresh: a process that was stopped and lost
its epoch sends nothing.
"""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from app import commands as c
from app.ports import Deliver, NoWriter, Taken
from contacts.effect import Effect, goes_by_webhook
from contacts.records import Draft

COMMANDS_MAX = 64
RETRY_S = (0.2, 0.5, 1.0, 2.0, 2.0)  # the last repeats
SWEEP_S = 2.0
PAUSE_S = 0.02  # from one delivery to a provider to the next, unless there is enough for a full one
REPORT_EVERY_S = 0.05  # what was carried is carried: nobody waits for the note of it, so one turn notes many
REPORTED_MAX = 512  # in one command

log = structlog.get_logger()

Send = Callable[[str, Sequence[Mapping[str, Any]]], Awaitable[Taken]]  # provider id, commands


@dataclass(slots=True)
class Effects:
    send: Send
    deliver: Deliver
    addresses: Callable[[set[str]], Awaitable[dict[str, str]]]  # agent id -> phone address
    may_send: Callable[[], bool]
    now_us: Callable[[], int]
    due: dict[str, dict[str, Effect]] = field(default_factory=lambda: defaultdict(dict))  # by provider
    failures: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    sent: int = 0
    carried: dict[str, Effect] = field(default_factory=dict)  # taken by the provider, and not yet noted
    _reporter: asyncio.Task[None] | None = None
    _wakes: dict[str, asyncio.Event] = field(default_factory=dict)
    _carriers: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def committed(self, draft: Draft, _prev: int, _pos: int) -> None:
        for effect in draft.effects.values():
            if not goes_by_webhook(effect):
                continue
            if effect.state == "due":
                self.take(effect)
            else:
                self.due[effect.provider].pop(effect.id, None)
                self.carried.pop(effect.id, None)

    def take(self, effect: Effect) -> None:
        if self._reporter is None:
            self._reporter = asyncio.create_task(self._report_carried())
        self.due[effect.provider][effect.id] = effect
        if effect.provider not in self._carriers:
            self._wakes[effect.provider] = asyncio.Event()
            self._carriers[effect.provider] = asyncio.create_task(self._carry(effect.provider))
        self._wakes[effect.provider].set()

    def start(self, effects: Sequence[Effect]) -> None:
        """This process became the writer: what was due before is due again."""
        for effect in effects:
            if goes_by_webhook(effect):
                self.take(effect)

    async def stop(self) -> None:
        """This process is no longer the writer: whoever is finds what is due in the database."""
        carriers = [*self._carriers.values(), *([self._reporter] if self._reporter else [])]
        self._carriers.clear()
        self._reporter = None
        self.due.clear()
        self.carried.clear()
        for carrier in carriers:
            carrier.cancel()
        for carrier in carriers:
            with contextlib.suppress(asyncio.CancelledError):
                await carrier

    async def _carry(self, provider: str) -> None:
        wake = self._wakes[provider]
        while True:
            if not self.due[provider]:
                wake.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP_S):  # wait_for of Python 3.11 may swallow a cancellation
                        await wake.wait()
                continue
            try:
                await self._carry_some(provider)
            except Exception:
                log.exception("effects", provider=provider)
                await asyncio.sleep(RETRY_S[-1])

    async def _carry_some(self, provider: str) -> None:
        batch = list(self.due[provider].values())[:COMMANDS_MAX]
        late = [e for e in batch if e.not_after_us is not None and e.not_after_us < self.now_us()]
        if vain := late or await self._without_phone(batch):
            await self._report(failed=vain)
            return
        began_s = time.monotonic()
        match await self._post(provider, batch):
            case "yes":
                if len(self.due[provider]) < COMMANDS_MAX:
                    await asyncio.sleep(began_s + PAUSE_S - time.monotonic())
            case "refused":
                await self._one_by_one(provider, batch)
            case _:
                tries = self.failures[provider]
                self.failures[provider] += 1
                await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])

    async def _post(self, provider: str, batch: Sequence[Effect]) -> Taken:
        commands = await self._commands(batch)
        if not self.may_send():  # asked last: what was looked up before may have taken its time
            return "no"
        taken = await self.send(provider, commands)
        if taken == "yes":
            self.failures[provider] = 0
            self.sent += len(batch)
            for effect in batch:
                # A turn may have ended it while it was on its way.
                if self.due[provider].pop(effect.id, None) is not None:
                    self.carried[effect.id] = effect
        return taken

    async def _one_by_one(self, provider: str, batch: Sequence[Effect]) -> None:
        """The provider says that a delivery is wrong: whichever command it means must not hold up the others."""
        refused = [effect for effect in batch if await self._post(provider, [effect]) == "refused"]
        if refused:
            log.error("refused by the provider", provider=provider, effects=[effect.id for effect in refused[:5]])
            await self._report(failed=refused)

    async def _commands(self, batch: Sequence[Effect]) -> list[dict[str, Any]]:
        agents = {str(e.args["agent"]) for e in batch if "agent" in e.args}
        addresses = await self.addresses(agents) if agents else {}
        commands = []
        for effect in batch:
            command = {"id": effect.id, **effect.args}
            if "agent" in command:
                command["address"] = addresses.get(str(command["agent"]))
            commands.append(command)
        return commands

    async def _without_phone(self, batch: Sequence[Effect]) -> list[Effect]:
        """Nobody can ring an agent who has no phone: better known now than at the connect limit."""
        ringing = [effect for effect in batch if "agent" in effect.args]
        addresses = await self.addresses({str(effect.args["agent"]) for effect in ringing}) if ringing else {}
        return [effect for effect in ringing if not addresses.get(str(effect.args["agent"]))]

    async def _report_carried(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            if self.carried:
                await self._report(done=list(self.carried.values())[:REPORTED_MAX])

    async def _report(self, done: Sequence[Effect] = (), failed: Sequence[Effect] = ()) -> None:
        """The outcome is a command like any other. Until it is committed a new writer would carry the effect again."""
        command = c.ReportEffects(tuple(e.id for e in done), tuple(e.id for e in failed))
        try:
            await self.deliver(c.Envelope("system", "", b"", command, "system"))
        except NoWriter:
            await asyncio.sleep(RETRY_S[0])
            return
        for effect in (*done, *failed):
            self.due[effect.provider].pop(effect.id, None)
            self.carried.pop(effect.id, None)
