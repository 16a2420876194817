"""What does one Asterisk tell us, and what do we ask of it? Effects are carried out in it, its events become reports.

What was asked and what came of it is in the database: after any death the channels are looked up by the names that we
gave them (`_settle`). How effects are carried out, and in which order: carrying.py.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from app import commands as c
from app.channels.asterisk import words
from app.channels.asterisk.ari import Ari, AriAccess, AriLost, AriRefused
from app.channels.asterisk.carrying import Carrying
from app.channels.asterisk.faxes import Faxes
from app.channels.asterisk.listening import Listening, Said
from app.channels.asterisk.making import Making
from app.channels.asterisk.ours import Ours
from app.channels.asterisk.parts import Parts, is_tap
from app.channels.asterisk.phones import PhoneWatch
from app.channels.asterisk.reports import Reports
from app.channels.asterisk.standing import LINE, STANDING, Standing
from app.channels.asterisk.verbs import Verbs
from contacts.effect import Effect
from contacts.leg import Leg

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
    carrying: Carrying = field(init=False)
    verbs: Verbs = field(init=False)
    reports: Reports = field(init=False)
    phones: PhoneWatch = field(init=False)
    _contacts: dict[str, str] = field(default_factory=dict)  # channel -> contact
    _causes: dict[str, int] = field(default_factory=dict)  # of hang-ups under way
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ari = Ari(self.access, self.ours.may_send, self.heard)
        self.carrying = Carrying(self.provider, self.access.dial_out, self.ours, self._spawn, self._contacts)
        done = self.carrying.done
        listening = Listening(self.ari, self.ours.speak, self._answered, self._spawn)
        self.reports = Reports(self.provider, self.ours.deliver, self.ours.look_up, self._of_contact, self._unknown)
        self.making = Making()
        self.parts = Parts(self.ari, listening, self.making, done, self._left, self.ours.keep)
        self.standing = Standing(self.ari, self.ours.phones)
        self.faxes = Faxes(self.provider, self.ari, self.ours.faxes, self._fax_over, self.reports.leg, self._spawn)
        self.verbs = Verbs(
            self.ari, self.reports.leg, done, listening, self.making, self.parts, self.standing, self.faxes,
            self.carrying.in_order, self._is_anybody_in,
        )  # fmt: skip
        self.carrying.verbs = self.verbs
        self.phones = PhoneWatch(self.provider, self.ari, self.ours.deliver, self.ours.phones)

    # --- the connection -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled: connected, or trying to be."""
        loops = [asyncio.create_task(work()) for work in (self.reports.run, self.carrying.note, self.phones.run)]
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
                self.carrying.is_settled = False
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
        self.carrying.resume(open_effects)
        self.trouble = None
        log.info("asterisk", provider=self.provider, version=self.version, channels=len(channels), legs=len(legs))
        self.carrying.begin()
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
        if not self.carrying.may_be_on_its_way(leg.provider_ref, LIVES_S):
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
        self.carrying.todo.pop(told.effect_id, None)
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
            self._spawn(self.carrying.in_order(contact_id, lambda: self.verbs.picked_up(contact_id, ref)))

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
        self._spawn(self.carrying.in_order(contact_id, lambda: self.verbs.take_down(contact_id)))

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
            self.carrying.todo.pop(effect.id, None)
            self.reports.heard(c.ReportHeard(self.provider, effect.id, said, keys, seconds))
        else:
            self.carrying.done(effect.id, "failed" if said == "failed" else "done")

    # --- what we ask --------------------------------------------------------------------------------------------------

    async def ask(self, legs: Sequence[Leg]) -> bool:
        """How do these stand? Whether it could be asked."""
        if not self.carrying.is_settled:
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
