"""What can be asked of the one writer? A closed union; look-ups are done before and travel in the command.

A command is known by (principal, id): a repeat gets the stored answer, the same id with another body is refused (422).
Commands cross the bus as JSON by `dump` and `load`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import field as default
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from app.refusals import title_of
from contacts.leg import CstaEvent
from contacts.presence import Chosen, Device
from contacts.record import record
from contacts.stay import Wishes
from contacts.words import Channel, Direction


@record(frozen=True, slots=True)
class FlowRef:
    """A call stays in the version in which it began."""

    flow_id: str
    version: int


@record(frozen=True, slots=True)
class Entry:
    """What was looked up about a contact that arrives: where it goes and who it may be."""

    contact_id: str
    company_id: str
    channel: Channel
    queue_id: str | None  # None: no queue is open for it; it is closed with `closed_outcome`
    source: str  # 'api:<key id>' or 'telephony:<provider id>'
    source_id: str  # unique per company and source: the same try is never two contacts
    number: str | None = None  # our address that was reached
    customer_id: str | None = None  # unique identification only
    value: int = 0
    language: str | None = None
    requirement: str | None = None
    wishes: Wishes = Wishes()
    direction: Direction = "in"
    closed_outcome: Literal["closed_hours", "failed"] | None = None
    collected: Mapping[str, Any] = default(default_factory=dict)
    fax_queue_id: str | None = None  # of a caller whose number takes faxes, too: where one would wait
    flow: FlowRef | None = None  # what the caller walks through before any queue
    facts: Mapping[str, str] = default(default_factory=dict)  # known to the flow at its start


@record(frozen=True, slots=True)
class Call:
    """Two addresses to be looked up before a caller arrives."""

    leg: str
    called: str
    caller: str | None  # None: withheld


@record(frozen=True, slots=True)
class LegReport:
    """One event of a telephony provider about one leg, in CSTA words."""

    leg: str  # the provider's reference
    event: CstaEvent
    seq: int  # the provider's counter per leg; a report at or below the last one merged is late
    cause: str | None = None
    entry: Entry | None = None  # looked up when the leg may be a new caller


@record(frozen=True, slots=True)
class Arrive:
    entry: Entry
    kind: Literal["arrive"] = "arrive"


@record(frozen=True, slots=True)
class ReportLegs:
    """One webhook: one command, whatever the number of reports in it."""

    provider: str
    reports: tuple[LegReport, ...]
    kind: Literal["report_legs"] = "report_legs"


@record(frozen=True, slots=True)
class ReportPhones:
    """A provider says which agents' phones are registered."""

    provider: str
    up_agent_ids: tuple[str, ...] = ()
    down_agent_ids: tuple[str, ...] = ()
    company_id: str | None = None  # a provider of this company's alone knows no agents of others
    kind: Literal["report_phones"] = "report_phones"


@record(frozen=True, slots=True)
class ReportEffects:
    """What became of effects: said by the carrier of effects, or by a provider."""

    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    provider: str | None = None  # who says so; None: the carrier
    kind: Literal["report_effects"] = "report_effects"


@record(frozen=True, slots=True)
class ReportHeard:
    """What came of something that a flow said or asked. `keys` may be secret: this command is stored nowhere."""

    provider: str
    effect_id: str
    said: Literal["done", "keys", "silence", "recorded", "failed"]
    keys: str = default(default="", repr=False)
    seconds: float = 0.0  # of what was recorded
    kind: Literal["report_heard"] = "report_heard"


@record(frozen=True, slots=True)
class ReportFound:
    """What came of something that a flow looked up. What was found may be personal: this command is stored nowhere."""

    effect_id: str
    came: Literal["found", "none", "failed"]
    values: Mapping[str, str] = default(default_factory=dict, repr=False)
    kind: Literal["report_found"] = "report_found"


FaxCame = Literal["received", "nothing", "sent", "busy", "no_answer", "failed", "unknown"]


@record(frozen=True, slots=True)
class ReportFax:
    """What came of a fax that was to be received or sent. `unknown`: whether it was sent nobody can say."""

    provider: str
    effect_id: str
    came: FaxCame
    pages: int = 0
    complete: bool = True  # its sender said that it was all
    kind: Literal["report_fax"] = "report_fax"


@record(frozen=True, slots=True)
class FaxTone:
    """A caller on a voice number is a fax machine."""

    provider: str
    leg: str
    kind: Literal["fax_tone"] = "fax_tone"


@record(frozen=True, slots=True)
class SendFax:
    """A fax of ours: tried until it is there, or as often as the company's rules say."""

    entry: Entry  # direction 'out', channel 'fax'
    document: str  # id of the file with its pages
    pages: int
    to: str = default(repr=False)
    agent_id: str | None = None  # who sends it; None: a program of the company's
    reply_to: str | None = None  # the contact that it answers
    kind: Literal["send_fax"] = "send_fax"


@record(frozen=True, slots=True)
class TakeFax:
    """A fax server of the company's brings a fax, whose pages are in our files."""

    entry: Entry  # channel 'fax'; without a queue nobody is to read it at once
    document: str  # id of the file with its pages
    pages: int
    complete: bool = True
    kind: Literal["take_fax"] = "take_fax"


@record(frozen=True, slots=True)
class TakeMail:
    """A mail came, and is kept: a contact of its own, or part of one."""

    entry: Entry
    mail_id: str
    mailbox_id: str
    joins: str | None = None  # the latest contact of its thread: part of it while somebody will see it there
    only_joins: bool = False  # a machine's answer, or a mail that came back: never a contact of its own
    acknowledgement_id: str | None = None  # our automatic answer, if this is a contact of its own
    kind: Literal["take_mail"] = "take_mail"


@record(frozen=True, slots=True)
class SendMail:
    """An agent answers: the mail is kept, with the id by which it goes out."""

    contact_id: str
    mail_id: str
    mailbox_id: str
    agent_id: str
    kind: Literal["send_mail"] = "send_mail"


@record(frozen=True, slots=True)
class MarkSpam:
    """An agent says that it is nobody's try to reach us: it is taken away at once, without wrap-up."""

    contact_id: str
    agent_id: str
    kind: Literal["mark_spam"] = "mark_spam"


@record(frozen=True, slots=True)
class MergeMails:
    """An agent says that their contact's thread is part of another."""

    contact_id: str
    agent_id: str
    thread_id: str  # it becomes part of this one
    of_contact_id: str | None = None  # the latest contact of that one
    kind: Literal["merge_mails"] = "merge_mails"


@record(frozen=True, slots=True)
class SplitMail:
    """An agent says that a mail of their contact's thread is about something else: it is a contact of its own."""

    entry: Entry
    contact_id: str
    agent_id: str
    mail_id: str
    kind: Literal["split_mail"] = "split_mail"


@record(frozen=True, slots=True)
class CustomerLeft:
    contact_id: str
    company_ids: tuple[str, ...] | None = None  # of the asker; None = all
    kind: Literal["customer_left"] = "customer_left"


@record(frozen=True, slots=True)
class SendTranscript:
    """What was said in a chat that is over is sent to its visitor; the mail is written and stored."""

    contact_id: str
    mail_id: str
    mailbox_id: str
    company_id: str
    domain_id: int
    kind: Literal["send_transcript"] = "send_transcript"


@record(frozen=True, slots=True)
class TellWait:
    """Whoever waits has been told how long it will take from now on."""

    contact_id: str
    low_us: int
    high_us: int
    kind: Literal["tell_wait"] = "tell_wait"


@record(frozen=True, slots=True)
class ChooseState:
    agent_id: str
    chosen: Chosen
    reason: str | None = None
    when: Literal["now", "next"] = "now"
    by: str | None = None  # user id of a supervisor; None = the person
    kind: Literal["choose_state"] = "choose_state"


@record(frozen=True, slots=True)
class ClearNotResponding:
    agent_id: str
    kind: Literal["clear_not_responding"] = "clear_not_responding"


@record(frozen=True, slots=True)
class DeviceReach:
    agent_id: str
    device: Device
    up: bool
    kind: Literal["device_reach"] = "device_reach"


SegmentAct = Literal[
    "accept", "decline", "hold", "retrieve", "park", "unpark", "end", "finish",
    "swap", "complete", "return", "conference", "leave", "pause_recording", "resume_recording",
]  # fmt: skip


@record(frozen=True, slots=True)
class ActOnSegment:
    """An agent's act on one of their own segments."""

    act: SegmentAct
    segment_id: str
    agent_id: str
    reason: str | None = None  # of a decline
    kind: Literal["act_on_segment"] = "act_on_segment"


@record(frozen=True, slots=True)
class TransferToQueue:
    """Blind: the agent's segment ends, the contact waits in another queue."""

    segment_id: str
    agent_id: str
    queue_id: str
    keep: bool = False  # the place counts from the contact's arrival, and not from now
    kind: Literal["transfer_to_queue"] = "transfer_to_queue"


@record(frozen=True, slots=True)
class TransferToAgent:
    """Blind: the agent's segment ends, the contact waits in the same queue for one colleague."""

    segment_id: str
    agent_id: str
    to_agent_id: str
    keep: bool = False
    kind: Literal["transfer_to_agent"] = "transfer_to_agent"


@record(frozen=True, slots=True)
class ConsultAgent:
    """The customer is held, and a colleague is asked to talk with the agent."""

    segment_id: str
    agent_id: str
    of_agent_id: str
    kind: Literal["consult_agent"] = "consult_agent"


@record(frozen=True, slots=True)
class CallOutside:
    """An agent calls a number beside the customer, who is held; `blind`: puts the customer through to it and goes."""

    segment_id: str
    agent_id: str
    to: str = default(repr=False)
    blind: bool = False
    kind: Literal["call_outside"] = "call_outside"


@record(frozen=True, slots=True)
class AssignContact:
    """A person gives a waiting contact to an agent, also above capacity."""

    contact_id: str
    agent_id: str
    by: str
    kind: Literal["assign_contact"] = "assign_contact"


@record(frozen=True, slots=True)
class MoveContact:
    """A person puts a waiting contact into another queue of its company."""

    contact_id: str
    queue_id: str
    kind: Literal["move_contact"] = "move_contact"


@record(frozen=True, slots=True)
class ReprioritiseContact:
    """A person gives a waiting contact another value."""

    contact_id: str
    value: int  # 0..100
    kind: Literal["reprioritise_contact"] = "reprioritise_contact"


@record(frozen=True, slots=True)
class WithdrawOffer:
    """A person takes an offer back from its agent."""

    segment_id: str
    kind: Literal["withdraw_offer"] = "withdraw_offer"


@record(frozen=True, slots=True)
class RequestCallback:
    """A customer wants to be called: they wait in the queue like a caller, and keep their place."""

    entry: Entry  # direction 'out', with its queue
    to: str = default(repr=False)  # the number, as it was given
    sources: tuple[str, ...] = ()  # keyed digests of who asked: a visitor, an internet address
    at_us: int | None = None  # None: as soon as somebody is there
    zone: str | None = None  # theirs, if anybody knows it
    first: Literal["agent", "customer"] = "agent"  # whose phone is rung first
    kind: Literal["request_callback"] = "request_callback"


@record(frozen=True, slots=True)
class ChangeCallback:
    """Whoever is to be called wants it at another time, or not at all (None)."""

    contact_id: str
    at_us: int | None
    company_ids: tuple[str, ...] | None = None
    kind: Literal["change_callback"] = "change_callback"


TaskKind = Literal["back_office", "follow_up", "visit"]


@record(frozen=True, slots=True)
class PlanTask:
    """Work that waits in its queue from its time on."""

    entry: Entry  # channel 'task', with its queue
    task: TaskKind
    due_us: int
    of_contact_id: str | None = None  # what it follows up
    kind: Literal["plan_task"] = "plan_task"


@record(frozen=True, slots=True)
class ChangeTask:
    """Planned work gets another time, or is given up (None)."""

    contact_id: str
    due_us: int | None
    company_ids: tuple[str, ...] | None = None  # where the asker has the right; None: everywhere
    kind: Literal["change_task"] = "change_task"


@record(frozen=True, slots=True)
class Dial:
    """An agent calls somebody: their own phone first, then the other's."""

    entry: Entry  # direction 'out', with its queue
    agent_id: str
    to: str = default(repr=False)
    kind: Literal["dial"] = "dial"


@record(frozen=True, slots=True)
class CallColleague:
    """An agent calls a colleague: their own phone first; then the colleague is offered the call."""

    entry: Entry  # direction 'internal', with the queue under which it counts
    agent_id: str
    to_agent_id: str
    kind: Literal["call_colleague"] = "call_colleague"


MonitorMode = Literal["listen", "whisper", "barge"]


@record(frozen=True, slots=True)
class Monitor:
    """A supervisor listens in by their own phone, whispers to the agent, or joins; mode None: hangs up."""

    segment_id: str
    agent_id: str  # whose phone it is
    mode: MonitorMode | None
    kind: Literal["monitor"] = "monitor"


@record(frozen=True, slots=True)
class ApplyConfig:
    """Configuration up to `seq` was committed; the writer reads what it lacks before the turn."""

    seq: int
    kind: Literal["apply_config"] = "apply_config"


@record(frozen=True, slots=True)
class RowChanged:
    """A row that a feed shows was committed by the API or a worker."""

    table: str
    row_id: str
    version: int
    company_id: str | None = None
    contact_id: str | None = None
    segment_id: str | None = None
    kind: Literal["row_changed"] = "row_changed"


@record(frozen=True, slots=True)
class EraseCustomer:
    customer_id: str
    company_id: str
    kind: Literal["erase_customer"] = "erase_customer"


Command = (
    Arrive | ReportLegs | ReportPhones | ReportEffects | ReportHeard | CustomerLeft | ChooseState | ClearNotResponding
    | DeviceReach | ActOnSegment | TransferToQueue | TransferToAgent | ConsultAgent | CallOutside | AssignContact
    | MoveContact | ReprioritiseContact | WithdrawOffer | RequestCallback | Dial | CallColleague | Monitor | ApplyConfig
    | RowChanged | EraseCustomer | ReportFound | PlanTask | ChangeTask
    | ChangeCallback | ReportFax | FaxTone | SendFax | TakeFax | TakeMail | SendMail | MarkSpam | MergeMails | SplitMail
    | TellWait | SendTranscript
)  # fmt: skip


@record(frozen=True, slots=True)
class Envelope:
    """A command on its way. `principal` is who asks: 'user:<id>', 'key:<id>', 'provider:<id>' or 'system'."""

    principal: str
    command_id: str
    body_hash: bytes
    command: Command
    actor: str = "system"  # as the log shall name it: 'user:<id>', 'customer', 'provider', 'system'

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")  # a hash is no text


@record(frozen=True, slots=True)
class Reply:
    """An HTTP-shaped answer; from 400 on `body` is an RFC 9457 problem. `pos` is the last event of its turn."""

    status: int
    body: Mapping[str, Any] = default(default_factory=dict)
    pos: int = 0


def problem(status: int, text_key: str, *, field: str | None = None, detail: str | None = None) -> Reply:
    """An RFC 9457 problem. `text_key` names the text for people, `field` what of the request was at fault."""
    body: dict[str, Any] = {
        "type": f"https://jackfield.dev/problems/{text_key}",
        "title": title_of(text_key),
        "status": status,
        "text_key": text_key,
        "field": field,
    }
    if detail is not None:
        body["detail"] = detail
    return Reply(status, body)


_envelope: TypeAdapter[Envelope] = TypeAdapter(
    Annotated[Envelope, Field(description="a command on its way")],
)


def dump(envelope: Envelope) -> bytes:
    """The envelope as JSON."""
    return _envelope.dump_json(envelope)


def load(raw: bytes) -> Envelope:
    """The envelope from JSON. Raises pydantic.ValidationError."""
    return _envelope.validate_json(raw)


def hash_of(raw: bytes) -> bytes:
    """sha256 of a body as it arrived: the same id with another body is another command."""
    return hashlib.sha256(raw).digest()
