"""How is each verb carried out on an Asterisk? A conversation is a bridge with the contact's id; a leg is a channel.

Requests name things by our own ids, so that asking twice is as asking once; what can be done once only is looked for
before it is asked again (`adopt`).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from app.channels.asterisk.ari import Ari, AriRefused
from app.channels.asterisk.faxes import Faxes
from app.channels.asterisk.listening import Listening
from app.channels.asterisk.making import Making
from app.channels.asterisk.parts import Parts
from app.channels.asterisk.standing import Standing
from app.channels.asterisk.words import LONGEST_CALL_S, OURS
from contacts.effect import WHISPER_MAX_S, Effect
from contacts.leg import CstaEvent
from contacts.record import replace

DIAL_S = 30  # a customer is rung; an agent is with them on the line
RING_S = 45  # then Asterisk gives up by itself, whatever becomes of us
RINGS_WITHIN_S = 4.0
SNOOP = "-snoop-"  # between a phone's id and how it listens: the channel by which it hears
MUSIC = "default"  # class of musiconhold.conf
UNALLOCATED = 1  # Q.850: the caller's own exchange says that there is no such number

Report = Callable[[str, CstaEvent, str | None], None]
Done = Callable[[str, str], None]
InOrder = Callable[[str, Callable[[], Awaitable[None]]], Awaitable[None]]  # after all else that is done for a contact

log = structlog.get_logger()


@dataclass(slots=True)
class Verbs:
    ari: Ari
    report: Report
    done: Done
    listening: Listening
    making: Making
    parts: Parts
    standing: Standing
    faxes: Faxes
    in_order: InOrder
    is_anybody_in: Callable[[Mapping[str, Any]], bool]  # this bridge; whatever records it is nobody
    numbers: dict[str, str] = field(default_factory=dict)  # caller's channel -> their number
    _rung: dict[str, Effect] = field(default_factory=dict)  # phones that we ring -> for what
    _told: dict[str, Effect] = field(default_factory=dict)  # phones picked up, whose agents hear what call it is
    _bridges: set[str] = field(default_factory=set)
    _snoops: dict[str, str] = field(default_factory=dict)  # Asterisk's ears -> the phone that they are of
    _entering: set[str] = field(default_factory=set)  # channels that count as connected when they enter

    async def carry(self, effect: Effect, address: str | None) -> None:
        """Raises AriLost, AriRefused."""
        args, contact_id = effect.args, effect.contact_id
        leg = str(args.get("leg", ""))
        match args["do"]:
            case "answer":
                await self.ari.ask("POST", "channels", leg, "answer")
            case "ring":
                ring_s = DIAL_S if args.get("outside") else RING_S
                await self._ring(effect, leg, address, self.numbers.get(str(args.get("for", leg)), ""), ring_s)
                return  # done when it is picked up
            case "connect" if args.get("rung"):
                await self._wait_on(leg)
                await self._connect_rung(effect, str(args["with"]))
                return
            case "connect":
                await self._wait_on(leg)
                await self._ring(effect, str(args["with"]), address, self.numbers.get(leg, ""))
                return
            case "dial":
                ref = str(args["with"])
                ring_s = round(float(args.get("within_s", DIAL_S)))
                await self._ring(effect, ref, address, self.numbers.get(ref, ""), ring_s)
                await self.ari.ask("POST", "channels", leg, "ring")  # the agent hears that it rings
                return
            case "monitor":
                await self._ring(effect, leg, address, "")
                return
            case "receive_fax":
                await self.listening.stop(leg)
                await self.faxes.receive(effect)
                return  # done when its pages are here
            case "send_fax":
                self.faxes.rings(effect)
                await self._ring(effect, leg, address, self.numbers.get(leg, ""), DIAL_S)
                return
            case "hear_fax":
                await self.faxes.hear(leg)
            case "change_monitor":
                await self._listen_in(contact_id, leg, str(args["of"]), str(args["mode"]))
            case "hold":
                await self._take_out(contact_id, leg)
                await self._music(leg)
                self.report(leg, "Held", None)
            case "retrieve":
                await self._bring(contact_id, [leg])
                self.report(leg, "Retrieved", None)
            case "join":
                await self._bring(contact_id, [leg])
            case "leave":
                await self._take_out(contact_id, leg)
            case "wait":
                await self.listening.stop(leg)
                await self.ari.ask("POST", "channels", leg, "answer")
                await self._take_out(contact_id, leg)
                await self._music(leg)
                self.report(leg, "Retrieved", None)  # whoever was held waits from now on
            case "record":
                await self.parts.begin(effect)
                return  # done when it has ended
            case "stop_recording":
                await self.parts.stop(str(args["recording"]))
            case "keep_recording":
                await self.parts.keep(effect)
            case "play" | "collect" | "record_message":
                await self.listening.begin(effect)
                return  # done when it was said, or heard
            case "hang_up":
                if args.get("after"):
                    await self.listening.said(leg)
                await self.hang_up_channel(leg)
            case unknown:
                raise AriRefused(501, str(unknown))
        self.done(effect.id, "done")

    async def adopt(self, effect: Effect) -> None:
        """It was asked for in a former life of ours. What became of it?"""
        if effect.args["do"] in ("record", "record_message"):
            await self.parts.adopt(effect)
            return
        if effect.args["do"] in ("receive_fax", "send_fax"):
            if await self.faxes.adopt(effect):
                self._rung[str(effect.args["leg"])] = effect
                self.listening.spawn(self._rings_at_last(str(effect.args["leg"])))
            return
        ref = str(effect.args.get("with") or effect.args["leg"])
        if effect.args["do"] not in ("ring", "connect", "dial", "monitor"):
            self.done(effect.id, "unknown")
            return
        try:
            channel = await self.ari.ask("GET", "channels", ref)
        except AriRefused:
            self.done(effect.id, "failed")
            return
        self._rung[ref] = effect
        if channel["state"] == "Up":
            await self.picked_up(effect.contact_id, ref, is_again=True)
        elif channel["state"] == "Down":
            self.listening.spawn(self._rings_at_last(ref))

    async def _rings_at_last(self, ref: str) -> None:
        """We died between the two requests of which a call is made, or they did not answer yet that it rings. Dialled
        again it could ring twice: one that does not ring soon is let go.
        """
        await asyncio.sleep(RINGS_WITHIN_S)
        channel = await self.ari.ask("GET", "channels", ref)
        if channel["state"] == "Down":
            await self.hang_up_channel(ref)

    async def adopt_bridges(self, contact_ids: set[str]) -> set[str]:
        """Bridges of an earlier life, by the ids of their contacts; nobody's are taken down. Returns who is in."""
        inside: set[str] = set()
        for bridge in await self.ari.ask("GET", "bridges"):
            if bridge["id"] in contact_ids:
                self._bridges.add(bridge["id"])
                inside.update(bridge["channels"])
            elif bridge["bridge_class"] == "stasis" and bridge["name"] == OURS and not bridge["channels"]:
                with contextlib.suppress(AriRefused):
                    await self.ari.ask("DELETE", "bridges", bridge["id"])
        return inside

    # --- phones -------------------------------------------------------------------------------------------------------

    async def _ring(self, effect: Effect, ref: str, address: str | None, caller: str, ring_s: int = RING_S) -> None:
        """Made, then dialled: in our application from the first moment, so that it stays there whoever picks up while
        we are away; a channel of one request comes in when it is picked up, and nobody there ends it. A phone that
        stands is not rung: the call comes to it.
        """
        if address is None:
            raise AriRefused(404, "the agent has no phone")
        self._rung[ref] = effect
        endpoint, other_end = self.standing.way_to(address, ref) or (address, None)
        seen = {"CALLERID(num)": caller, "CONNECTEDLINE(num,i)": caller} if caller else {}
        variables = seen | {"TIMEOUT(absolute)": str(LONGEST_CALL_S)}
        asked = self.ari.ask(
            "POST", "channels", "create", channelId=ref, otherChannelId=other_end, endpoint=endpoint,
            app=self.ari.access.application, appArgs=OURS, body={"variables": variables},
        )  # fmt: skip
        try:
            await self.making.make(ref, asked)
            try:
                await self.ari.ask("POST", "channels", ref, "dial", timeout=ring_s)
            except AriRefused:
                await self.hang_up_channel(ref)
                raise
        except AriRefused:
            self._rung.pop(ref, None)
            await self.standing.let_go(ref)
            raise

    async def _connect_rung(self, effect: Effect, ref: str) -> None:
        """It rings since the offer, or was picked up: that was what accepted."""
        channel = await self.ari.ask("GET", "channels", ref)
        self._rung[ref] = effect
        if channel["state"] == "Up":
            await self.picked_up(effect.contact_id, ref)

    async def picked_up(self, contact_id: str, ref: str, *, is_again: bool = False) -> None:
        """`is_again`: we died since it was asked for, and they have waited long enough."""
        effect = self._rung.pop(ref, None)
        if effect is None:
            return
        if "offer" in effect.args:
            self.listening.heard(effect, "done", "", 0.0)  # what follows is another command
        elif "whisper" not in effect.args:
            await self._go_on(contact_id, ref, effect)
        elif is_again:
            self._told.pop(ref, None)
            await self.listening.hush(effect.id)
            await self._go_on(contact_id, ref, effect)
        else:
            self._told[ref] = effect
            self.listening.spawn(self._tell(contact_id, ref, effect))

    async def _tell(self, contact_id: str, ref: str, effect: Effect) -> None:
        """The agent hears what call it is, then has it. Beside all else that is done for the contact: whoever hangs up
        meanwhile is let go at once.
        """
        try:
            async with asyncio.timeout(WHISPER_MAX_S):
                caller = str(effect.args["leg"])
                if caller != ref and await self.listening.cut(caller):  # to them nothing is said any more
                    await self._music(caller)
                told = {"do": "whisper", "leg": ref, "prompts": effect.args["whisper"]}
                await self.listening.begin(replace(effect, args=told))
                await self.listening.said(ref)
        except Exception as untold:  # too long, no voice, whatever it is: no call waits for it
            log.info("whisper not said", effect=effect.id, reason=repr(untold)[:200])
        await self.in_order(contact_id, lambda: self._told_it(contact_id, ref))

    async def _told_it(self, contact_id: str, ref: str) -> None:
        effect = self._told.pop(ref, None)
        if effect is not None:  # else they have hung up, or were found again
            await self.listening.stop(ref)
            await self._go_on(contact_id, ref, effect)

    async def _go_on(self, contact_id: str, ref: str, effect: Effect) -> None:
        if effect.args["do"] == "send_fax":
            self.report(ref, "Established", None)
            await self.faxes.send(effect)
            return  # done when it was sent
        if effect.args["do"] == "ring":
            self.report(ref, "Established", None)
        elif effect.args["do"] == "monitor":
            await self._listen_in(contact_id, ref, str(effect.args["of"]), str(effect.args["mode"]))
            self.report(ref, "Established", None)
        else:
            self._entering.add(ref)
            try:
                if effect.args["do"] == "dial":
                    await self.ari.ask("DELETE", "channels", str(effect.args["leg"]), "ring")
                await self._bring(contact_id, [str(effect.args["leg"]), ref])
            except AriRefused:  # the caller went in this very moment
                self._entering.discard(ref)
                await self.hang_up_channel(ref)
                self.done(effect.id, "failed")
                return
        self.done(effect.id, "done")

    def entered(self, ref: str) -> None:
        if ref in self._entering:
            self._entering.discard(ref)
            self.report(ref, "Established", None)

    def going(self, ref: str) -> None:
        """They hang up. What they are told ends with it, and must not be taken for told."""
        effect = self._told.pop(ref, None)
        if effect is not None:
            self.done(effect.id, "failed")

    def gone(self, ref: str) -> None:
        """The channel is no more."""
        self.going(ref)
        self.numbers.pop(ref, None)
        self._entering.discard(ref)
        self.listening.gone(ref)
        effect = self._rung.pop(ref, None)
        if effect is not None and effect.args["do"] != "send_fax":  # of that the reason is told
            self.done(effect.id, "failed")
            if effect.args["do"] == "dial":
                self.listening.spawn(self._ring_no_longer(str(effect.args["leg"])))

    async def _ring_no_longer(self, ref: str) -> None:
        """Who has heard it ring: nobody answered."""
        with contextlib.suppress(AriRefused):
            await self.ari.ask("DELETE", "channels", ref, "ring")

    # --- conversations ------------------------------------------------------------------------------------------------

    async def _bring(self, contact_id: str, refs: Sequence[str]) -> None:
        """Into the conversation; whatever they hear stops."""
        if contact_id not in self._bridges:
            try:
                await self.ari.ask("POST", "bridges", contact_id, type="mixing", name=OURS)
            except AriRefused as refused:
                if refused.status != 409:  # it is there already
                    raise
            self._bridges.add(contact_id)
        for ref in refs:
            await self.listening.stop(ref)
            with contextlib.suppress(AriRefused):
                await self.ari.ask("DELETE", "channels", ref, "moh")
        try:
            await self.ari.ask("POST", "bridges", contact_id, "addChannel", channel=",".join(refs))
        except AriRefused:  # one of them has gone
            await self.take_down(contact_id)
            raise

    async def _take_out(self, contact_id: str, ref: str) -> None:
        """Nothing to do where it is not in."""
        if contact_id in self._bridges:
            with contextlib.suppress(AriRefused):
                await self.ari.ask("POST", "bridges", contact_id, "removeChannel", channel=ref)

    async def _music(self, ref: str) -> None:
        await self.ari.ask("POST", "channels", ref, "moh", mohClass=MUSIC)

    async def _wait_on(self, ref: str) -> None:
        """Until the agent's phone is picked up. A second answer would end the music; what is said now has ended it, and
        behind that it begins again.
        """
        channel = await self.ari.ask("GET", "channels", ref)
        if channel["state"] != "Up":
            await self.ari.ask("POST", "channels", ref, "answer")
        if self.listening.is_open(ref):
            await self._music(ref)

    async def take_down(self, contact_id: str) -> None:
        """The last one left: unless somebody came in again, the bridge goes, and with it whoever only records it."""
        with contextlib.suppress(AriRefused):
            bridge = await self.ari.ask("GET", "bridges", contact_id)
            if contact_id in self._bridges and not self.is_anybody_in(bridge):
                self._bridges.discard(contact_id)
                await self.ari.ask("DELETE", "bridges", contact_id)
                self.listening.spawn(self.parts.look_for(contact_id))

    # --- listening in -------------------------------------------------------------------------------------------------

    async def _listen_in(self, contact_id: str, ref: str, of: str, mode: str) -> None:
        """`listen`: nobody hears this phone; `whisper`: the agent `of` does; `barge`: it is in the conversation."""
        await self._deafen(ref)
        if mode == "barge":
            await self._bring(contact_id, [ref])
            return
        await self._take_out(contact_id, ref)
        whisper = "out" if mode == "whisper" else "none"
        snoop = f"{ref}{SNOOP}{mode}"  # another mode is another channel: the one before may not be quite gone
        self._snoops[snoop] = ref
        await self.ari.ask(
            "POST", "channels", of, "snoop", snoop, spy="both", whisper=whisper,
            app=self.ari.access.application, appArgs=OURS,
        )  # fmt: skip

    def is_snoop(self, channel: str) -> bool:
        return SNOOP in channel

    async def snoops(self, channel: str) -> None:
        """It is there: what it hears goes to the phone that listens."""
        ref = self._snoops.get(channel)
        if ref is None:
            await self.hang_up_channel(channel)
        else:
            await self._bring(ref, [ref, channel])

    async def stop_listening(self, ref: str) -> None:
        """The phone is gone, and with it the bridge of its own; from one mode to another it stays: a bridge that is
        being taken down and one of the same name cannot be told apart.
        """
        await self._deafen(ref)
        if ref in self._bridges:
            self._bridges.discard(ref)
            with contextlib.suppress(AriRefused):
                await self.ari.ask("DELETE", "bridges", ref)

    async def _deafen(self, ref: str) -> None:
        for snoop in [snoop for snoop, listener in self._snoops.items() if listener == ref]:
            with contextlib.suppress(AriRefused):
                await self.ari.ask("DELETE", "channels", snoop)
            self._snoops.pop(snoop, None)  # only now: what could not be asked is asked again

    # --- the end ------------------------------------------------------------------------------------------------------

    async def hang_up_channel(self, ref: str) -> None:
        try:
            await self.ari.ask("DELETE", "channels", ref, reason="normal")
        except AriRefused as refused:
            if refused.status != 404:
                raise
            self.report(ref, "ConnectionCleared", "lost")  # it was gone, and perhaps nobody heard of it

    async def refuse(self, ref: str) -> None:
        """Nobody's number."""
        await self.ari.ask("DELETE", "channels", ref, reason_code=UNALLOCATED)
