"""Which step of the journey does a command ask for, and what is it answered?"""

from collections.abc import Mapping
from typing import Any, assert_never

from app import (
    agent_acts,
    announcing,
    callbacks,
    faxing,
    internal,
    journey,
    mailing,
    monitoring,
    outside,
    reaching,
    replies,
    reported,
    self_service,
    supervision,
    tasks,
)
from app import commands as c
from app.house import House
from contacts.record import replace
from contacts.records import ConfigKind, ConfigValue
from contacts.words import IllegalStep
from routing import messages as m
from routing.policy import Policy, as_values, domain_policy, read_policy


def step(house: House, envelope: c.Envelope, now_us: int) -> c.Reply:
    """One command, one answer. What is not possible is answered by a problem and has changed nothing."""
    house.begin(envelope, now_us)
    try:
        reply = _take(house, envelope.command)
        _take_back(house)
        return reply
    except (m.Refusal, IllegalStep) as no:
        assert not house.touched, f"{envelope.command.kind} was refused half-way: {no!r}"
        if isinstance(no, IllegalStep):
            return c.problem(409, "step.illegal", detail=str(no))
        return c.problem(no.status, no.text_key, field=no.field_name)


def pass_time(house: House, now_us: int) -> None:
    """Deadlines that have come are taken, each once, in order."""
    house.begin(None, now_us)
    journey.decide(house, m.TimePassed())
    _begin_due(house)
    announcing.take_due(house)
    _take_back(house)


def _begin_due(house: House) -> None:
    """Contacts whose time has come wait in their queue; faxes of ours are dialled again."""
    while (due := house.next_again()) is not None and due[0] <= house.now_us:
        if due[1] in house.planned:
            tasks.begin(house, due[1])
        elif house.contact(due[1]).channel == "fax":
            faxing.try_again(house, due[1])
        else:
            reaching.wait(house, due[1])


def _take_back(house: House) -> None:
    self_service.take_back(house)
    internal.take_back(house)
    reaching.take_back(house)


def extend_offers(house: House, outage_us: int, now_us: int) -> None:
    """First turn after a takeover: a live offer is not shortened by our outage."""
    house.begin(None, now_us)
    house.log("clock.extended", data={"outage_us": outage_us})
    journey.decide(house, m.OutageOver(outage_us))


def _take(house: House, command: c.Command) -> c.Reply:
    match command:
        case c.Arrive():
            return _arrive(house, command.entry)
        case c.ReportLegs():
            return reported.legs_told(house, command)
        case c.ReportPhones():
            return reported.phones_told(house, command)
        case c.ReportEffects():
            return reported.effects_told(house, command)
        case c.ReportHeard():
            return reported.heard(house, command)
        case c.ReportFound():
            return self_service.found(house, command)
        case c.ReportFax():
            return faxing.reported(house, command)
        case c.FaxTone():
            return faxing.tone(house, command)
        case c.SendFax():
            return faxing.send(house, command)
        case c.TakeFax():
            return faxing.take(house, command)
        case c.TakeMail():
            return mailing.take(house, command)
        case c.SendMail():
            return mailing.send(house, command)
        case c.MarkSpam():
            return mailing.mark_spam(house, command)
        case c.MergeMails():
            return mailing.merge(house, command)
        case c.SplitMail():
            return mailing.split(house, command)
        case c.CustomerLeft():
            return _customer_left(house, command)
        case c.ChooseState():
            return _choose(house, command)
        case c.ClearNotResponding():
            journey.decide(house, m.ClearFlag(command.agent_id))
            return c.Reply(200)
        case c.DeviceReach():
            journey.decide(house, m.Reach(command.agent_id, command.device, command.up))
            return c.Reply(200)
        case c.ActOnSegment():
            return agent_acts.act(house, command)
        case c.TransferToQueue():
            return agent_acts.transfer_to_queue(house, command)
        case c.TransferToAgent():
            return agent_acts.transfer_to_agent(house, command)
        case c.ConsultAgent():
            return agent_acts.consult(house, command)
        case c.CallOutside():
            return agent_acts.call_outside(house, command)
        case c.AssignContact():
            return supervision.assign(house, command)
        case c.MoveContact():
            return supervision.move(house, command)
        case c.ReprioritiseContact():
            return supervision.reprioritise(house, command)
        case c.WithdrawOffer():
            return supervision.withdraw(house, command)
        case c.PlanTask():
            return tasks.plan(house, command)
        case c.ChangeTask():
            return tasks.change(house, command)
        case c.RequestCallback():
            return callbacks.request(house, command)
        case c.ChangeCallback():
            return callbacks.change(house, command)
        case c.Dial():
            return outside.dial(house, command)
        case c.CallColleague():
            return internal.call(house, command)
        case c.Monitor():
            return monitoring.monitor(house, command)
        case c.SendTranscript():
            return mailing.send_transcript(house, command)
        case c.TellWait():
            return announcing.tell(house, command)
        case c.ApplyConfig():
            return _apply_config(house)
        case c.RowChanged():
            data = {"table": command.table, "version": command.version, "row_id": command.row_id}
            house.log("row.changed", **_about(command), data=data)
            if command.table == "contact_message" and (own := house.records.segments.get(command.segment_id or "")):
                replies.tell(house, own)
            return c.Reply(200)
        case c.EraseCustomer():
            return _erase(house, command)
        case _:
            assert_never(command)


# --- customers --------------------------------------------------------------------------------------------------------


def _arrive(house: House, entry: c.Entry) -> c.Reply:
    contact = journey.arrive(house, entry)
    return c.Reply(201, {"contact_id": contact.id, "state": _state_of(house, contact.id)})


def _state_of(house: House, contact_id: str) -> str:
    contact = house.records.contacts.get(contact_id)
    return contact.state if contact else "closed"


def _customer_left(house: House, command: c.CustomerLeft) -> c.Reply:
    contact = house.records.contacts.get(command.contact_id)
    if contact is None or (command.company_ids is not None and contact.company_id not in command.company_ids):
        return c.problem(404, "contact.not_open", field="contact_id")
    journey.customer_left(house, contact.id, "customer")
    return c.Reply(200, {"contact_id": contact.id, "state": _state_of(house, contact.id)})


def _erase(house: House, command: c.EraseCustomer) -> c.Reply:
    """Open contacts of the customer lose what was collected; the log never held anything personal."""
    for contact in list(house.records.contacts.values()):
        if contact.customer_id == command.customer_id and contact.company_id == command.company_id:
            reaching.forget(house, contact.id)
            tasks.forget(house, contact.id)
            faxing.forget(house, contact.id)
            contact = house.draft.contacts.get(contact.id, contact)
            house.keep_contact(replace(contact, collected={}, ivr=_without_values(contact.ivr)))
    house.log("customer.erased", company_id=command.company_id, data={"customer_id": command.customer_id})
    return c.Reply(202, {"customer_id": command.customer_id})


def _without_values(ivr: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: {} if name in ("values", "facts") else value for name, value in ivr.items()}
    if "outside" in kept:
        kept["outside"] = {**kept["outside"], "number": ""}
    if "dialled" in kept:
        kept["dialled"] = [{**each, "number": ""} for each in kept["dialled"]]
    return kept


# --- agents -----------------------------------------------------------------------------------------------------------


def _choose(house: House, command: c.ChooseState) -> c.Reply:
    house.chooser = command.by or command.agent_id
    if command.when == "next":
        journey.decide(house, m.ChooseNext(command.agent_id, command.chosen, command.reason))
    else:
        journey.decide(house, m.Choose(command.agent_id, command.chosen, command.reason))
    return c.Reply(200)


# --- configuration ----------------------------------------------------------------------------------------------------


REFUSED_NAMED_MAX = 20  # of one change, in its answer; the log has their number
TRANSPORT_BOUNDS = ("connect_timeout_us", "written_silence_us", "min_offer_us")


def set_transport_bounds(house: House, now_us: int) -> None:
    """The engine has one clock, the business's: bounds of the wire are multiplied by its speed, once and for good."""
    subject_id = str(house.records.domain_id)
    if ("domain", subject_id) in house.records.config:
        return
    house.begin(None, now_us)
    value = _scaled(ConfigValue("domain", subject_id, house.records.config_seq, {}), house.speed)
    house.keep_config(value)
    journey.decide(house, m.ConfigChanged(value.seq, domain_policy(value.values or {})))
    house.log("config.applied", data={"seq": value.seq, "subjects": 1})


def _scaled(value: ConfigValue, speed: int) -> ConfigValue:
    values = {**as_values(m.DomainPolicy()), **(value.values or {})}
    return replace(value, values={k: v * speed if k in TRANSPORT_BOUNDS else v for k, v in values.items()})


def _in_real_time(value: ConfigValue, speed: int) -> ConfigValue:
    return _scaled(value, speed) if value.kind == "domain" else value


def _apply_config(house: House) -> c.Reply:
    """The engine hears what was committed; what it applied is stored, and a rebuild reads only that.

    A value that is no policy (the doors let none through, but an older release may have) holds up no other: its subject
    stays as it was.
    """
    values = [v for v in house.config_read if v.seq > house.records.config_seq]
    said = [v for v in values if v.kind != "company" and (v.values or (v.kind == "domain" and v.values is not None))]
    policies: dict[int, Policy] = {}
    refused: dict[tuple[ConfigKind, str], str] = {}  # and why
    for value in said:
        try:
            policies[value.seq] = read_policy(value.kind, _in_real_time(value, house.speed).values or {})
        except (TypeError, ValueError) as wrong:
            refused[value.kind, value.subject_id] = str(wrong)
    if values:
        message = m.ConfigChanged(
            seq=max(v.seq for v in values),
            domain=next((p for p in policies.values() if isinstance(p, m.DomainPolicy)), None),
            queues=tuple(p for p in policies.values() if isinstance(p, m.QueuePolicy)),
            agents=tuple(p for p in policies.values() if isinstance(p, m.AgentProfile)),
            gone_agent_ids=tuple(v.subject_id for v in values if v.kind == "agent" and not v.values),
        )
        for value in values:
            is_refused = (value.kind, value.subject_id) in refused
            house.keep_config(_as_it_was(house, value) if is_refused else _in_real_time(value, house.speed))
        house.log("config.applied", data={"seq": message.seq, "subjects": len(values), "refused": len(refused)})
        journey.decide(house, message)
    named = [f"{kind}/{subject_id}: {why}" for (kind, subject_id), why in refused.items()]
    return c.Reply(200, {"seq": house.records.config_seq, "refused": named[:REFUSED_NAMED_MAX]})


def _as_it_was(house: House, value: ConfigValue) -> ConfigValue:
    before = house.records.config.get((value.kind, value.subject_id))
    return replace(value, values=before.values if before else None)


def _about(command: c.RowChanged) -> dict[str, str]:
    about = {
        "company_id": command.company_id,
        "contact_id": command.contact_id,
        "segment_id": command.segment_id,
    }
    return {key: value for key, value in about.items() if value is not None}
