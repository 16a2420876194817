"""What does one Asterisk tell us, and what do we ask of it? Effects are carried out in it, its events become reports.

Everything that belongs to one contact is done in order, one thing after the other. What was asked and what came of it
is in the database: after any death the channels are looked up by the names that we gave them (`settle`).
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from app import commands as c
from app.channels.asterisk import words
from app.channels.asterisk.ari import Ari, AriAccess, AriLost, AriRefused
from app.channels.asterisk.faxes import Faxes, OurFiles
from app.channels.asterisk.listening import Listening, Said, Speak
from app.channels.asterisk.making import Making
from app.channels.asterisk.parts import Keep, Parts, is_tap
from app.channels.asterisk.phones import PhoneWatch
from app.channels.asterisk.reports import Deliver, LookUp, Reports
from app.channels.asterisk.standing import LINE, STANDING, Standing
from app.channels.asterisk.verbs import Verbs
from app.ports import NoWriter
from contacts.effect import Effect
from contacts.leg import Leg

NOTED_MAX = 512
NOTE_EVERY_S = 0.05
AGAIN_S = 0.25
NUMBER = re.compile(r"\+?[0-9]{2,20}")
CONNECT_AGAIN_S = (0.5, 1.0, 2.0, 5.0)  # the last repeats
LIVES_S = 4.0  # what was asked for so long ago and is not there is not on its way any more
NOT_HEARD = [
    {"type": kind}
    for kind in (
        "ChannelVarset", "ChannelDialplan", "ChannelConnectedLine", "ChannelCallerId", "ChannelCreated", "Dial",
        "PlaybackStarted", "PlaybackContinuing", "RecordingStarted", "BridgeCreated", "BridgeDestroyed",
    )
]  # fmt: skip

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ours:
    """What an exchange needs of us; only the writer's process has it."""

    deliver: Deliver
    look_up: LookUp
    addresses: Callable[[set[str]], Awaitable[dict[str, str]]]  # of agents' phones
    phones: Callable[[], Awaitable[dict[str, str]]]  # address -> agent, of everybody
    called: Callable[[str], Awaitable[tuple[str, str] | None]]  # contact -> whom we call, and the number they see
    speak: Speak
    keep: Keep
    faxes: OurFiles
    known: Callable[[], tuple[list[Leg], list[Effect]]]  # live legs and open effects of this exchange
    may_send: Callable[[], bool]
    now_us: Callable[[], int]


@dataclass(slots=True)
class _Line:
    """What is to be done for one contact, one after the other."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


@dataclass(slots=True)
class Exchange:
    provider: str  # as legs and effects name it
    access: AriAccess
    ours: Ours
    version: str = ""
    trouble: str | None = "connecting"  # a word for the operations page; None: all is well
    unknown_numbers: int = 0
    ari: Ari = field(init=False)
    making: Making = field(init=False)
    parts: Parts = field(init=False)
    standing: Standing = field(init=False)
    faxes: Faxes = field(init=False)
    verbs: Verbs = field(init=False)
    reports: Reports = field(init=False)
    phones: PhoneWatch = field(init=False)
    _contacts: dict[str, str] = field(default_factory=dict)  # channel -> contact
    _todo: dict[str, Effect] = field(default_factory=dict)
    _tried: dict[str, float] = field(default_factory=dict)  # effects that are done once -> when first
    _order: dict[str, _Line] = field(default_factory=dict)  # by contact
    _outcomes: dict[str, str] = field(default_factory=dict)  # effect -> done, failed or unknown
    _causes: dict[str, int] = field(default_factory=dict)  # of hang-ups under way
    _settled: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ari = Ari(self.access, self.ours.may_send, self.heard)
        listening = Listening(self.ari, self.ours.speak, self._answered, self._spawn)
        self.reports = Reports(self.provider, self.ours.deliver, self.ours.look_up, self._of_contact, self._unknown)
        self.making = Making()
        self.parts = Parts(self.ari, listening, self.making, self._done, self._left, self.ours.keep)
        self.standing = Standing(self.ari, self.ours.phones)
        self.faxes = Faxes(self.provider, self.ari, self.ours.faxes, self._fax_over, self.reports.leg, self._spawn)
        self.verbs = Verbs(
            self.ari, self.reports.leg, self._done, listening, self.making, self.parts, self.standing, self.faxes,
            self._in_order, self._is_anybody_in,
        )  # fmt: skip
        self.phones = PhoneWatch(self.provider, self.ari, self.ours.deliver, self.ours.phones)

    # --- the connection -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled: connected, or trying to be."""
        loops = [asyncio.create_task(work()) for work in (self.reports.run, self._note, self.phones.run)]
        tries = 0
        try:
            while True:
                try:
                    await self.ari.open()
                    tries = 0
                    await self._live()
                except (AriLost, AriRefused) as trouble:
                    self._troubled(trouble)
                except Exception:  # a fault of ours: connected anew, everything is looked up again
                    log.exception("asterisk", provider=self.provider)
                self._settled = False
                self.phones.connected(False)
                await asyncio.sleep(CONNECT_AGAIN_S[min(tries, len(CONNECT_AGAIN_S) - 1)])
                tries += 1
        finally:
            for each in (*loops, *self._tasks):
                each.cancel()
            await asyncio.gather(*loops, *self._tasks, return_exceptions=True)
            await self.ari.close()

    async def _live(self) -> None:
        reading = asyncio.create_task(self.ari.read())
        try:
            settling = asyncio.create_task(self._settle())
            await asyncio.wait({reading, settling}, return_when=asyncio.FIRST_COMPLETED)
            if settling.done():
                settling.result()
                await reading
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
            raise AriLost("the connection ended")
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await self.ari.close()

    def _troubled(self, trouble: AriLost | AriRefused) -> None:
        is_access = isinstance(trouble, AriRefused) and trouble.status in (401, 403)
        word = "access" if is_access else "refused" if isinstance(trouble, AriRefused) else "absent"
        if self.trouble != word:
            log.warning("asterisk", provider=self.provider, trouble=word, detail=str(trouble)[:200])
        self.trouble = word

    async def _settle(self) -> None:
        """What stands in Asterisk and what we know of it are brought together; then it is as if nothing had been."""
        self.version = await self.ari.find_out_the_way()
        application = self.access.application
        await self.ari.ask("PUT", "applications", application, "eventFilter", body={"disallowed": NOT_HEARD})
        # Of endpoints every event of every channel would come, too: the states of devices tell what phones do.
        await self.ari.ask("POST", "applications", application, "subscription", eventSource="deviceState:")
        channels = {str(channel["id"]): channel for channel in await self.ari.ask("GET", "channels")}
        legs, effects = self.ours.known()
        known = {leg.provider_ref: leg for leg in legs}
        for ref, leg in known.items():
            self._contacts[ref] = leg.contact_id
        await self._watch([ref for ref in known if ref in channels])
        bridged = await self.verbs.adopt_bridges({leg.contact_id for leg in legs})
        for ref, leg in known.items():
            if ref not in channels:
                self._find_gone(leg)
                continue
            if (words.arguments_of(channels[ref], application) or [])[:1] == [words.FAX]:
                self._fax_heard(ref)
            word = words.word_of_state(str(channels[ref]["state"]))
            if (
                word
                and leg.state in ("initiated", "delivered")
                and (ref in bridged or not words.is_ours(channels[ref], self.access.application))
            ):
                self.reports.leg(ref, word)
        await self._settle_standing(channels.values())
        open_effects = {effect.id: effect for effect in effects}
        for channel in channels.values():
            if not self.parts.is_of(str(channel["id"]), open_effects):
                self._find(channel, known)
        for effect in effects:
            self._todo.setdefault(effect.id, effect)
            if effect.once:
                self._tried.setdefault(effect.id, 0.0)
        self._settled, self.trouble = True, None
        log.info("asterisk", provider=self.provider, version=self.version, channels=len(channels), legs=len(legs))
        for effect in list(self._todo.values()):
            self._start(effect)
        self.phones.connected(True)

    async def _settle_standing(self, channels: Iterable[Mapping[str, Any]]) -> None:
        ours = [(each, words.arguments_of(each, self.access.application) or []) for each in channels]
        theirs = [(channel, args) for channel, args in ours if args[:1] in ([STANDING], [LINE])]
        await self._watch([str(channel["id"]) for channel, _ in theirs])
        await self.standing.settle(theirs)

    async def _watch(self, refs: Sequence[str]) -> None:
        """Events of these channels are told to us, whoever brought them into our application."""
        for ref in refs:
            with contextlib.suppress(AriRefused):  # gone meanwhile: it will be asked about
                await self.ari.ask(
                    "POST", "applications", self.access.application, "subscription", eventSource=f"channel:{ref}"
                )

    def _find_gone(self, leg: Leg) -> None:
        """Not asked for yet, or a moment ago, it may not be there yet."""
        if any(
            each.once and each.id not in self._tried and _rings(each, leg.provider_ref) for each in self._todo.values()
        ):
            return
        asked = [at for effect_id, at in self._tried.items() if _rings(self._todo.get(effect_id), leg.provider_ref)]
        if not asked or time.monotonic() - max(asked) > LIVES_S:
            self.reports.leg(leg.provider_ref, "ConnectionCleared", "lost")

    def _find(self, channel: Mapping[str, Any], known: Mapping[str, Leg]) -> None:
        """A channel in our hands that is no leg: somebody who called while nobody listened, or a wire left over."""
        args = words.arguments_of(channel, self.access.application)
        if args is None or channel["id"] in known or args[:1] in ([STANDING], [LINE]):
            return
        if words.is_ours(channel, self.access.application):
            self._spawn(self.verbs.hang_up_channel(str(channel["id"])))
        else:
            self._arrived(channel, args)

    # --- what it tells ------------------------------------------------------------------------------------------------

    def heard(self, event: Mapping[str, Any]) -> None:
        """One event. Never waits."""
        channel = event.get("channel") or {}
        match event.get("type"):
            case "StasisStart":
                args = [str(arg) for arg in event.get("args", ())]
                if self.verbs.is_snoop(str(channel["id"])):
                    self._spawn(self.verbs.snoops(str(channel["id"])))
                elif is_tap(str(channel["id"])):
                    self.making.made(str(channel["id"]))
                elif args[:1] == [words.OURS]:
                    self._made(str(channel["id"]))
                elif args[:1] == [STANDING]:
                    self._spawn(self.standing.called_in(channel))
                elif args[:1] == [LINE]:
                    self._spawn(self.standing.put_through(str(channel["id"])))
                elif args[:1] == [words.FAX] and str(channel["id"]) in self._contacts:
                    self.faxes.came_back(str(channel["id"]))
                    self._fax_heard(str(channel["id"]))
                else:
                    self._arrived(channel, args)
            case "ChannelStateChange" if not self.standing.is_of(str(channel["id"])):
                word = words.word_of_state(str(channel.get("state")))
                if word == "Established" and words.is_ours(channel, self.access.application):
                    self._up(str(channel["id"]))  # what follows will be reported
                elif word is not None:
                    self.reports.leg(str(channel["id"]), word)
            case "ChannelHangupRequest":
                self._causes[str(channel["id"])] = words.cause_of_request(event)
                self.verbs.going(str(channel["id"]))
            case "ChannelDestroyed":
                self._gone(str(channel["id"]), int(event.get("cause", 0)))
            case "StasisEnd":  # of a channel that somebody else made no other event follows
                self._left_hands(str(channel["id"]))
            case "ChannelEnteredBridge":
                self.verbs.entered(str(channel["id"]))
            case "ChannelLeftBridge":
                bridge_id = str(event["bridge"]["id"])
                if not self._is_anybody_in(event["bridge"]):
                    self._left(bridge_id)
            case "PlaybackFinished":
                self.verbs.listening.ended(event)
                self.standing.played(str(event["playback"]["id"]))
            case "RecordingFinished" | "RecordingFailed":
                self.verbs.listening.ended(event)
                self.parts.ended(event)
            case "ChannelDtmfReceived":
                self.verbs.listening.pressed(str(channel["id"]), str(event["digit"]))
            case "DeviceStateChanged":
                self.phones.state_changed(event["device_state"])

    def _arrived(self, channel: Mapping[str, Any], args: Sequence[str]) -> None:
        is_fax = args[:1] == [words.FAX]  # and called while nobody listened
        caller = words.caller_of(channel, args[1:] if is_fax else args)
        if caller.channel in self._contacts:
            return
        self.reports.caller(c.Call(caller.channel, caller.called, caller.number))
        self.verbs.numbers[caller.channel] = caller.number or ""
        if channel.get("state") == "Up":
            self.reports.leg(caller.channel, "Established")
        if is_fax:
            self._fax_heard(caller.channel)

    def _fax_heard(self, ref: str) -> None:
        self.reports.heard(c.FaxTone(self.provider, ref))

    def _fax_over(self, told: c.ReportFax) -> None:
        self._todo.pop(told.effect_id, None)
        self.reports.heard(told)

    def _left_hands(self, ref: str) -> None:
        """A caller has gone; or was led on to where faxes are received, or away by the tone of a fax."""
        if self.faxes.is_led(ref):
            return
        if ref in self._causes or ref not in self._contacts:
            self._gone(ref, self._causes.get(ref, 0))
        else:
            self._spawn(self._unless_back(ref))

    async def _unless_back(self, ref: str) -> None:
        if not await self.faxes.comes_back(ref):
            self._gone(ref, self._causes.get(ref, 0))

    def _made(self, ref: str) -> None:
        """A phone that we are about to ring."""
        if ref in self._contacts:
            self.making.made(ref)
        else:
            self._spawn(self.verbs.hang_up_channel(ref))

    def _up(self, ref: str) -> None:
        """A phone that we rang was picked up."""
        contact_id = self._contacts.get(ref)
        if contact_id is not None:
            self._spawn(self._in_order(contact_id, lambda: self.verbs.picked_up(contact_id, ref)))

    def _gone(self, ref: str, cause: int) -> None:
        if self.verbs.is_snoop(ref) or is_tap(ref):
            return
        self._causes.pop(ref, None)
        if self.standing.is_of(ref):
            self._spawn(self.standing.gone(ref))
        else:
            self._spawn(self._clear(ref, words.cause_of(cause)))

    async def _clear(self, ref: str, cause: str) -> None:
        await self.verbs.stop_listening(ref)
        await self.verbs.listening.recorded(ref)  # first what was said, then that they have gone
        self.verbs.gone(ref)
        self.faxes.gone(ref, cause)
        self.reports.leg(ref, "ConnectionCleared", cause)
        await self.standing.let_go(ref)

    def _left(self, contact_id: str) -> None:
        """Somebody left its bridge, or it is recorded no longer: perhaps nobody is in."""
        self._spawn(self._in_order(contact_id, lambda: self.verbs.take_down(contact_id)))

    def _is_anybody_in(self, bridge: Mapping[str, Any]) -> bool:
        return any(str(channel) in self._contacts for channel in bridge["channels"])

    def _of_contact(self, ref: str, contact_id: str | None) -> None:
        if contact_id is None:
            self._contacts.pop(ref, None)
        else:
            self._contacts[ref] = contact_id

    def _unknown(self, ref: str) -> None:
        self.unknown_numbers += 1
        self._spawn(self.verbs.refuse(ref))

    def _answered(self, effect: Effect, said: Said, keys: str, seconds: float) -> None:
        """A question of a flow is answered; what was only to be said is done."""
        if effect.args["do"] == "whisper":
            return  # whoever says it waits until it is said
        if {"asked", "offer", "announce", "notice"} & effect.args.keys() or effect.args["do"] == "record":
            self._todo.pop(effect.id, None)
            self.reports.heard(c.ReportHeard(self.provider, effect.id, said, keys, seconds))
        else:
            self._done(effect.id, "failed" if said == "failed" else "done")

    # --- what we ask --------------------------------------------------------------------------------------------------

    def take(self, effects: Sequence[Effect]) -> None:
        """Committed a moment ago: open ones are to be carried out, others no longer."""
        for effect in effects:
            if effect.state in ("due", "sent"):
                self._todo[effect.id] = effect
                if self._settled:
                    self._start(effect)
            else:
                self._todo.pop(effect.id, None)
                self._tried.pop(effect.id, None)
                if effect.args.get("do") in ("receive_fax", "send_fax"):
                    self.faxes.over(effect)

    def _start(self, effect: Effect) -> None:
        self._spawn(self._in_order(effect.contact_id, lambda: self._carry(effect)))

    async def _in_order(self, contact_id: str, work: Callable[[], Awaitable[None]]) -> None:
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
        if effect.id not in self._todo:
            return
        if (
            effect.not_after_us is not None
            and effect.not_after_us < self.ours.now_us()
            and effect.id not in self._tried
        ):
            self._done(effect.id, "failed")
            return
        is_again = effect.once and effect.id in self._tried
        if effect.once:
            self._tried.setdefault(effect.id, time.monotonic())
        for ref in (effect.args.get("leg"), effect.args.get("with")):
            if ref is not None:
                self._contacts.setdefault(str(ref), effect.contact_id)
        try:
            if is_again:
                await self.verbs.adopt(effect)
            else:
                await self.verbs.carry(effect, await self._address(effect))
        except AriLost:
            if self._settled:  # the beat was late, and the connection is there
                asyncio.get_running_loop().call_later(AGAIN_S, self._start, effect)
            raise
        except AriRefused as refused:
            if effect.args["do"] == "keep_recording":
                log.error("recording lost", provider=self.provider, effect=effect.id, detail=str(refused))
            self._done(effect.id, "done" if refused.status == 404 and effect.args["do"] == "hang_up" else "failed")
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
        way, args = self.access.dial_out, effect.args
        said = (str(args["to"]), str(args["caller_id"])) if "to" in args else None
        called = said or await self.ours.called(effect.contact_id)
        if way is None or called is None or not NUMBER.fullmatch(called[0]):
            raise AriRefused(404, "no way to this number")
        self.verbs.numbers[str(args.get("with", args["leg"]))] = called[1]
        return way.replace("{number}", called[0])

    def _done(self, effect_id: str, outcome: str = "done") -> None:
        self._todo.pop(effect_id, None)
        self._outcomes[effect_id] = outcome

    async def _note(self) -> None:
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
                    self._tried.pop(effect_id, None)

    async def ask(self, legs: Sequence[Leg]) -> bool:
        """How do these stand? Whether it could be asked."""
        if not self._settled:
            return False
        try:
            channels = {str(channel["id"]) for channel in await self.ari.ask("GET", "channels")}
        except (AriLost, AriRefused):
            return False
        for leg in legs:
            if leg.provider_ref in channels:
                self.reports.leg(leg.provider_ref, words.as_it_stands(leg))
            else:
                self._find_gone(leg)
        return True

    def _spawn(self, work: Awaitable[None]) -> None:
        async def safely() -> None:
            with contextlib.suppress(AriLost, AriRefused):
                await work

        task = asyncio.create_task(safely())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _rings(effect: Effect | None, ref: str) -> bool:
    return effect is not None and ref in (effect.args.get("with"), effect.args.get("leg"))
