"""In which order is an Asterisk asked, and what came of it? Open effects are carried out until they are over.

Everything that belongs to one contact is done in order, one thing after the other. What is done once only is looked up
before it is asked again. What came of it is told to the writer, many at a time.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from app import commands as c
from app.channels.asterisk.ari import AriLost, AriRefused
from app.channels.asterisk.ours import Ours
from app.channels.asterisk.verbs import Verbs
from app.ports import NoWriter
from contacts.effect import Effect

NOTED_MAX = 512
NOTE_EVERY_S = 0.05
AGAIN_S = 0.25
NUMBER = re.compile(r"\+?[0-9]{2,20}")

log = structlog.get_logger()


@dataclass(slots=True)
class _Line:
    """What is to be done for one contact, one after the other."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


@dataclass(slots=True)
class Carrying:
    provider: str
    dial_out: str | None
    ours: Ours
    spawn: Callable[[Awaitable[None]], None]
    contacts: dict[str, str]  # channel -> contact
    verbs: Verbs = field(init=False)
    is_settled: bool = False  # what stands in Asterisk is known: before that nothing is asked
    todo: dict[str, Effect] = field(default_factory=dict)
    tried: dict[str, float] = field(default_factory=dict)  # effects that are done once -> when first
    _order: dict[str, _Line] = field(default_factory=dict)  # by contact
    _outcomes: dict[str, str] = field(default_factory=dict)  # effect -> done, failed or unknown

    def take(self, effects: Sequence[Effect]) -> None:
        """Committed a moment ago: open ones are to be carried out, others no longer."""
        for effect in effects:
            if effect.state in ("due", "sent"):
                self.todo[effect.id] = effect
                if self.is_settled:
                    self._start(effect)
            else:
                self.todo.pop(effect.id, None)
                self.tried.pop(effect.id, None)
                if effect.args.get("do") in ("receive_fax", "send_fax"):
                    self.verbs.faxes.over(effect)

    def resume(self, effects: Mapping[str, Effect]) -> None:
        """After everything that was asked before has been looked up."""
        for effect in effects.values():
            self.todo.setdefault(effect.id, effect)
            if effect.once:
                self.tried.setdefault(effect.id, 0.0)

    def begin(self) -> None:
        self.is_settled = True
        for effect in list(self.todo.values()):
            self._start(effect)

    def may_be_on_its_way(self, ref: str, within_s: float) -> bool:
        """This channel was not asked for yet, or a moment ago: it may not be there yet."""
        if any(each.once and each.id not in self.tried and _rings(each, ref) for each in self.todo.values()):
            return True
        asked = [at for effect_id, at in self.tried.items() if _rings(self.todo.get(effect_id), ref)]
        return bool(asked) and time.monotonic() - max(asked) <= within_s

    def _start(self, effect: Effect) -> None:
        self.spawn(self.in_order(effect.contact_id, lambda: self._carry(effect)))

    async def in_order(self, contact_id: str, work: Callable[[], Awaitable[None]]) -> None:
        line = self._order.setdefault(contact_id, _Line())
        line.waiting += 1
        async with line.lock:
            try:
                await work()
            except AriLost:
                pass  # whoever settles next finds out what became of it
            except AriRefused as refused:
                log.info("asterisk refused", provider=self.provider, detail=str(refused))
            except Exception:
                log.exception("asterisk", provider=self.provider)
            finally:
                line.waiting -= 1
                if not line.waiting:
                    del self._order[contact_id]

    async def _carry(self, effect: Effect) -> None:
        if effect.id not in self.todo:
            return
        if effect.not_after_us is not None and effect.not_after_us < self.ours.now_us() and effect.id not in self.tried:
            self.done(effect.id, "failed")
            return
        is_again = effect.once and effect.id in self.tried
        if effect.once:
            self.tried.setdefault(effect.id, time.monotonic())
        for ref in (effect.args.get("leg"), effect.args.get("with")):
            if ref is not None:
                self.contacts.setdefault(str(ref), effect.contact_id)
        try:
            if is_again:
                await self.verbs.adopt(effect)
            else:
                await self.verbs.carry(effect, await self._address(effect))
        except AriLost:
            if self.is_settled:  # the beat was late, and the connection is there
                asyncio.get_running_loop().call_later(AGAIN_S, self._start, effect)
            raise
        except AriRefused as refused:
            if effect.args["do"] == "keep_recording":
                log.error("recording lost", provider=self.provider, effect=effect.id, detail=str(refused))
            self.done(effect.id, "done" if refused.status == 404 and effect.args["do"] == "hang_up" else "failed")
            raise

    async def _address(self, effect: Effect) -> str | None:
        """Of the phone that shall ring. Raises AriRefused: there is no way to it."""
        if effect.args["do"] in ("dial", "send_fax") or effect.args.get("outside"):
            return await self._outside(effect)
        agent_id = effect.args.get("agent")
        if agent_id is None:
            return None
        return (await self.ours.addresses({str(agent_id)})).get(str(agent_id))

    async def _outside(self, effect: Effect) -> str:
        """Nothing but digits gets into an address of Asterisk's."""
        args = effect.args
        said = (str(args["to"]), str(args["caller_id"])) if "to" in args else None
        called = said or await self.ours.called(effect.contact_id)
        if self.dial_out is None or called is None or not NUMBER.fullmatch(called[0]):
            raise AriRefused(404, "no way to this number")
        self.verbs.numbers[str(args.get("with", args["leg"]))] = called[1]
        return self.dial_out.replace("{number}", called[0])

    # --- what came of it ----------------------------------------------------------------------------------------------

    def done(self, effect_id: str, outcome: str = "done") -> None:
        self.todo.pop(effect_id, None)
        self._outcomes[effect_id] = outcome

    async def note(self) -> None:
        """What became of effects is a command like any other; one turn notes many."""
        while True:
            await asyncio.sleep(NOTE_EVERY_S)
            some = dict(list(self._outcomes.items())[:NOTED_MAX])
            if not some:
                continue
            ids = {word: tuple(i for i, outcome in some.items() if outcome == word) for word in set(some.values())}
            command = c.ReportEffects(ids.get("done", ()), ids.get("failed", ()), ids.get("unknown", ()))
            with contextlib.suppress(NoWriter):
                await self.ours.deliver(command)
                for effect_id in some:
                    self._outcomes.pop(effect_id, None)
                    self.tried.pop(effect_id, None)


def _rings(effect: Effect | None, ref: str) -> bool:
    return effect is not None and ref in (effect.args.get("with"), effect.args.get("leg"))
