"""What has a provider told, and what follows from it? Of wires, of phones, of what we asked, and of what was heard."""

import contextlib

from app import announcing, asks, faxing, journey, recording_notice, self_service, whispering, wires
from app import commands as c
from app.house import House
from contacts import leg as legs
from contacts.effect import Effect, EffectState
from contacts.leg import Leg
from contacts.record import replace
from contacts.words import IllegalStep
from routing import messages as m


def legs_told(house: House, command: c.ReportLegs) -> c.Reply:
    """Late, repeated and unknown reports change nothing and are named in the answer."""
    contacts: dict[str, str] = {}
    ignored: list[dict[str, object]] = []
    for index, report in enumerate(command.reports):
        leg = house.leg_of(command.provider, report.leg)
        if leg is None:
            contact_id = _first_report(house, command.provider, report)
            if contact_id is not None:
                contacts[report.leg] = contact_id
                continue
        reason = _merge(house, leg, report) if leg is not None else "leg.unknown"
        if reason is not None:
            ignored.append({"index": index, "text_key": reason})
    return c.Reply(200, {"contacts": contacts, "ignored": ignored})


def _first_report(house: House, provider: str, report: c.LegReport) -> str | None:
    """A leg we never saw: a caller arrives, and is gone at once if the hang-up overtook the call."""
    if (provider, report.leg) in house.records.cleared_legs:
        return None
    if report.event in ("ConnectionCleared", "Failed"):
        house.remember_overtaken(provider, report.leg, report.seq)
        return None
    if report.entry is None:
        return None
    leg = Leg(
        id=house.new_id(),
        domain_id=house.records.domain_id,
        contact_id=report.entry.contact_id,
        provider=provider,
        provider_ref=report.leg,
        role="customer",
        state=legs.next_state("initiated", report.event),
        last_rank=report.seq,
        checked_us=house.now_us,
    )
    contact_id = journey.arrive(house, report.entry, leg).id
    gone_seq = house.overtaken.pop((provider, report.leg), None)
    if gone_seq is not None and leg.id in house.records.legs:
        _merge(house, leg, c.LegReport(report.leg, "ConnectionCleared", max(gone_seq, report.seq + 1)))
    return contact_id


def _merge(house: House, leg: Leg, report: c.LegReport) -> str | None:
    """Bring one report into its leg; the reason why it was ignored, or None."""
    if report.seq <= leg.last_rank:
        return "leg.late"
    try:
        state = legs.next_state(leg.state, report.event)
    except IllegalStep:
        return "leg.impossible"
    ended_us = house.now_us if state == "cleared" else None
    moved = replace(leg, state=state, last_rank=report.seq, checked_us=house.now_us, ended_us=ended_us)
    house.keep_leg(moved)
    if state != leg.state:
        wires.leg_moved(house, moved, leg.state, report.cause)
    return None


def phones_told(house: House, command: c.ReportPhones) -> c.Reply:
    unknown = []
    for agent_ids, up in ((command.up_agent_ids, True), (command.down_agent_ids, False)):
        for agent_id in agent_ids:
            try:
                if not house.serves(agent_id, command.company_id):
                    raise m.Refusal("agent.unknown", 404, "agent")
                journey.decide(house, m.Reach(agent_id, "phone", up))
            except m.Refusal:
                unknown.append(agent_id)
    return c.Reply(200, {"unknown": unknown})


def effects_told(house: House, command: c.ReportEffects) -> c.Reply:
    outcomes: tuple[tuple[tuple[str, ...], EffectState], ...] = (
        (command.done, "done"), (command.failed, "failed"), (command.unknown, "unknown"),
    )  # fmt: skip
    for effect_ids, state in outcomes:
        for effect_id in effect_ids:
            effect = house.records.effects.get(effect_id)
            if effect is None or command.provider not in (None, effect.provider):
                continue
            house.keep_effect(replace(effect, state=state))
            if state != "done":
                if "asked" in effect.args:
                    self_service.asked_in_vain(house, effect, state)
                elif "announce" in effect.args:
                    announcing.music(house, effect)
                elif "notice" in effect.args:
                    recording_notice.not_said(house, effect, state)
                elif effect.kind in faxing.KINDS:
                    faxing.in_vain(house, effect, state)
                house.log("effect.reported", contact_id=effect.contact_id, data={"effect": effect_id, "state": state})
                _ask_failed(house, effect)
    return c.Reply(200)


def heard(house: House, command: c.ReportHeard) -> c.Reply:
    effect = house.records.effects.get(command.effect_id)
    if effect is not None and effect.provider == command.provider:
        house.keep_effect(replace(effect, state="failed" if command.said == "failed" else "done"))
        if effect.kind == "telephony.ring" and command.said == "done":
            _picked_up(house, str(effect.args["offer"]))
        elif effect.kind == "telephony.record":
            _part_over(house, effect, command)
        elif "announce" in effect.args:
            announcing.heard(house, effect, command)
        elif "notice" in effect.args:
            recording_notice.heard(house, effect, command)
        elif "asked" in effect.args:
            self_service.heard(house, effect, command)
    return c.Reply(200)


def _part_over(house: House, effect: Effect, heard: c.ReportHeard) -> None:
    if asks.part_over(house, effect):  # nobody told it to end: whoever follows the log is told
        state = "failed" if heard.said == "failed" else "done"
        house.log("effect.reported", contact_id=effect.contact_id, data={"effect": effect.id, "state": state})
    if heard.said == "recorded":
        asks.keep_recording(house, effect, heard.seconds, effect.contact_id, "call")


def _picked_up(house: House, segment_id: str) -> None:
    """The phone that rang with an offer: whoever picks it up takes the offer."""
    segment = house.records.segments.get(segment_id)
    if segment is not None and segment.state == "offered":
        with contextlib.suppress(m.Refusal):  # taken away in this very moment: the phone is hung up
            within_us = whispering.longer_us(house, segment, None)
            journey.decide(house, m.Accept(segment.id, segment.agent_id, within_us))


def _ask_failed(house: House, effect: Effect) -> None:
    """What the provider could not carry out must not leave anybody busy: the leg counts as gone.

    A connect frees the agent now instead of at the connect limit; a hang-up that nobody took (a provider that is dead
    or archived) ends a conversation that would otherwise never end.
    """
    match effect.kind:
        case "telephony.connect" | "telephony.dial":
            leg = house.records.legs.get(str(effect.args.get("with", "")))
        case "telephony.ring" | "telephony.join" | "telephony.hang_up" | "telephony.send_fax":
            leg = house.records.legs.get(effect.leg_id or "")
        case "telephony.retrieve":  # of a colleague; a customer who is not given back can be asked for again
            leg = house.records.legs.get(effect.leg_id or "")
            leg = leg if leg is not None and leg.role == "consult" else None
        case "telephony.record":
            asks.part_over(house, effect)
            return
        case _:
            return
    if leg is not None:
        _merge(house, leg, c.LegReport(leg.provider_ref, "Failed", leg.last_rank + 1, "unknown"))
        # A colleague who cannot be brought in is still on the phone.
        if effect.kind in ("telephony.join", "telephony.retrieve"):
            asks.ask(house, leg, "hang_up")
