"""How does a call walk through its flow? What was heard makes the next place; what shall happen is asked for.

The place stands in the contact's row, so that it survives any death of ours; secrets stand in memory alone: whoever
keyed one in when we died is asked for it again, and what would be looked up by one that was lost fails. The flow is of
the version in which the call began.
"""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from app import asks, journey, outside, reaching, recording_notice
from app import commands as c
from app.house import House
from contacts.contact import Contact
from contacts.effect import LOOK_UP, Effect, EffectState, TelephonyVerb
from contacts.hours import read_hours
from contacts.record import replace
from contacts.records import Link
from ivr import interpreter
from ivr import words as w
from ivr.interpreter import Moved, Place
from ivr.verbs.voicemail import MESSAGE_MIN_S
from routing import messages as m

PRIORITY_POINTS = 10  # of value, for each step of a flow's priority
COLLECTED_MAX = 30  # values of a flow that stay with the contact
VALUES_BYTES_MAX = 12_288  # of a call, as JSON: what is found beyond it is not taken
LOOKED_UP = frozenset({"customer", "faq", "http"})  # the others have nothing yet to be looked up in

_VERBS: Mapping[type[w.Action], TelephonyVerb] = {w.Say: "play", w.Collect: "collect", w.Record: "record_message"}


def is_walking(contact: Contact) -> bool:
    """Whether its flow has begun and is not over."""
    return contact.ivr.get("node") is not None


def begin(house: House, contact_id: str) -> None:
    """The caller is on the line: the flow says its first words. Once."""
    contact = house.records.contacts.get(contact_id)  # None: it is over, and its wire is not down yet
    if contact is None or "facts" not in contact.ivr:
        return
    flow = house.flows.get(_ref(contact))
    if flow is None:  # archived at this very moment, or unreadable
        journey.let_go(house, contact_id, "failed")
        return
    _walk(house, contact, interpreter.begin(flow, contact.ivr["facts"], house.now_us, contact.ivr.get("language")))


def hear(house: House, contact_id: str, said: w.Input, number: int | None = None) -> None:
    """What does not answer the open question changes nothing."""
    contact = house.records.contacts.get(contact_id)
    if contact is None or not is_walking(contact):
        return
    flow = house.flows.get(_ref(contact))
    if flow is None:
        journey.let_go(house, contact_id, "failed")
        return
    moved = interpreter.hear(flow, _place(house, contact), said, house.now_us, number)
    if isinstance(said, w.Found) and len(to_json(moved.place.values)) > VALUES_BYTES_MAX:
        moved = interpreter.hear(flow, _place(house, contact), w.Failed(), house.now_us, number)
    if isinstance(said, w.Answered):
        contact = replace(contact, ivr={**contact.ivr, "outcome": "handled"})
    if not moved.ignored:
        _walk(house, contact, moved)


def heard(house: House, effect: Effect, report: c.ReportHeard) -> None:
    """The provider says what came of something said or asked."""
    said: w.Input
    match report.said:
        case "done":
            said = w.Done()
        case "keys":
            said = w.Keys(report.keys)
        case "silence":
            said = w.Silence()
        case "recorded":
            said = w.Recorded(report.seconds)
            _message_left(house, effect, report.seconds)
        case _:
            said = w.Failed()
    hear(house, effect.contact_id, said, int(effect.args["asked"]))


def found(house: House, report: c.ReportFound) -> c.Reply:
    """What came of a look-up. Late, after its limit, it changes nothing: its effect is over."""
    effect = house.records.effects.get(report.effect_id)
    if effect is None or effect.provider != LOOK_UP:
        return c.Reply(200)
    house.keep_effect(replace(effect, state="failed" if report.came == "failed" else "done"))
    said: w.Input
    match report.came:
        case "found":
            said = w.Found(report.values)
        case "none":
            said = w.NotFound()
        case "failed":
            said = w.Failed()
    hear(house, effect.contact_id, said, int(effect.args["asked"]))
    return c.Reply(200)


def _message_left(house: House, effect: Effect, seconds: float) -> None:
    contact = house.records.contacts.get(effect.contact_id)
    if contact is not None and seconds >= MESSAGE_MIN_S:
        _request(house, contact, effect, seconds)
        house.keep_contact(replace(contact, ivr={**contact.ivr, "outcome": "voicemail"}))


def _request(house: House, contact: Contact, recorded: Effect, seconds: float) -> None:
    """A message is a request: it becomes a contact of its own, in the queue that its caller was in, or came for."""
    left = Contact(
        id=house.new_id(),
        company_id=contact.company_id,
        domain_id=contact.domain_id,
        channel="task",
        direction="in",
        state="open",
        source="voicemail",
        source_id=recorded.id,
        arrived_us=house.now_us,
        customer_id=contact.customer_id,
        number=contact.number,
        value=contact.value,
        collected={**contact.collected, "voicemail_s": round(seconds)},
    )
    house.keep_contact(left, new=True)
    house.draft.links.append(Link(left.id, contact.id, "follow_up_of"))
    house.log("contact.arrived", contact_id=left.id, data={"channel": left.channel})
    asks.keep_recording(house, recorded, seconds, left.id, "voicemail")
    queue_id = contact.ivr.get("queue_id")
    if queue_id is None:
        journey.close(house, left.id, "voicemail")
    else:
        journey.queue(house, left.id, str(queue_id), left.value)


def asked_in_vain(house: House, effect: Effect, state: EffectState) -> None:
    """It could not be done (`failed`). Or we died meanwhile (`unknown`): what was said is then taken as said, what was
    asked is asked again, and a message that is nowhere is none.
    """
    verb = effect.args["do"] if state == "unknown" else None
    said: w.Input = w.Done() if verb == "play" else w.Silence() if verb == "collect" else w.Failed()
    hear(house, effect.contact_id, said, int(effect.args["asked"]))


def take_back(house: House) -> None:
    """Callers whose queue could not help go on in their flow."""
    while house.given_back:
        contact_id, reason = house.given_back.pop(0)
        hear(house, contact_id, w.Returned(reason))


def put_through(house: House, contact_id: str) -> None:
    """The number outside has answered: they talk."""
    contact = house.records.contacts.get(contact_id)
    if contact is not None and is_walking(contact):
        house.keep_contact(replace(contact, ivr={**contact.ivr, "outcome": "handled"}))
        hear(house, contact_id, w.Done())


def outside_gone(house: House, contact_id: str, cause: str | None) -> None:
    """The number outside does not answer, or has hung up: then the caller goes, too."""
    contact = house.records.contacts.get(contact_id)
    if contact is not None and contact.ivr.get("awaits") == w.Transfer.__name__:
        hear(house, contact_id, w.Failed(asks.WHY_NOT.get(cause or "", "failure")))
    else:
        asks.hang_up_customer(house, contact_id)


def caller_gone(house: House, contact_id: str) -> None:
    """Steps that need nobody on the line are still taken."""
    hear(house, contact_id, w.HungUp())


# --- the place --------------------------------------------------------------------------------------------------------


def _ref(contact: Contact) -> c.FlowRef:
    return c.FlowRef(str(contact.ivr["flow_id"]), int(contact.ivr["version"]))


def _place(house: House, contact: Contact) -> Place:
    """A secret that was lost with our death is an empty one."""
    at = contact.ivr
    secrets = {**dict.fromkeys(at.get("secrets", ()), ""), **house.secrets.get(contact.id, {})}
    return Place(
        at["node"], at["language"], at["values"], secrets, at["phase"], at["tries"], at["asked"], at["awaits"],
        at["gone"],
    )  # fmt: skip


def _walk(house: House, contact: Contact, moved: Moved) -> None:
    place = moved.place
    about: dict[str, Any] = {name: contact.ivr[name] for name in _STAYS if name in contact.ivr}
    if not place.is_over:
        about |= {
            "node": place.node, "language": place.language, "values": dict(place.values), "phase": place.phase,
            "tries": place.tries, "asked": place.asked, "awaits": place.awaits, "gone": place.gone,
        }  # fmt: skip
        about |= {"secrets": sorted(place.secrets)} if place.secrets else {}  # their names
    house.keep_contact(replace(contact, ivr=about, collected=_collected(contact, place)))
    recording_notice.in_flow(house, contact, place.values)
    if place.secrets:
        house.secrets[contact.id] = place.secrets
    else:
        house.secrets.pop(contact.id, None)
    if moved.path:
        house.log("ivr.walked", contact_id=contact.id, data={"path": list(moved.path)})
    if place.is_over:
        house.log("ivr.left", contact_id=contact.id, data={"asked": place.asked})
    _carry_out(house, contact.id, moved.action, place.asked)


def _collected(contact: Contact, place: Place) -> dict[str, Any]:
    """What the caller told the flow stays with the contact: the agent sees it."""
    facts = contact.ivr.get("facts", {})
    told = {name: value for name, value in place.values.items() if name not in _FACTS and name not in facts}
    return {**contact.collected, **dict(list(told.items())[:COLLECTED_MAX])}


_STAYS = (
    "flow_id",
    "version",
    "outcome",
    "queue_id",
    "parts",
    "since_us",
    "recording",
    "outside",
    "dialled",
    "notice",
    "language",
    "fax_queue_id",
)  # of a contact, whatever its place
_FACTS = frozenset({"caller", "called", "channel", "language", "known", "name", "value", "life_stage"})


# --- what shall happen ------------------------------------------------------------------------------------------------


def _carry_out(house: House, contact_id: str, action: w.Action | None, number: int) -> None:
    match action:
        case None:
            pass
        case w.Say() | w.Collect() | w.Record():
            _ask_caller(house, contact_id, action, number)
        case w.Enqueue():
            _enqueue(house, contact_id, action)
        case w.HangUp():
            asks.hang_up_customer(house, contact_id)
        case w.LookUp() if action.kind in LOOKED_UP:
            _look_up(house, contact_id, action, number)
        case w.CallBack():
            promised = _promise(house, house.contact(contact_id), action.number)
            hear(house, contact_id, w.Done() if promised else w.Failed(), number)
        case w.Transfer():
            if not outside.put_through(house, house.contact(contact_id), action.to, action.within_s):
                hear(house, contact_id, w.Failed(), number)
        case w.LookUp():
            hear(house, contact_id, w.Failed(), number)


def _promise(house: House, contact: Contact, number: str) -> bool:
    """In the queue in which they waited, or that their number leads to, at the place that they had."""
    queue_id = contact.ivr.get("queue_id")
    since_us = int(contact.ivr.get("since_us", house.now_us))
    return queue_id is not None and reaching.promise(house, contact, number, str(queue_id), since_us)


def _ask_caller(house: House, contact_id: str, action: w.Say | w.Collect | w.Record, number: int) -> None:
    leg = asks.customer_leg(house, contact_id)
    if leg is None:
        return  # their hang-up is on its way
    args: dict[str, Any] = {"asked": number, "prompts": [_prompt(spoken) for spoken in action.prompts]}
    match action:
        case w.Collect():
            args |= {
                "keys_max": action.keys_max, "end_key": action.end_key, "first_s": action.first_s,
                "between_s": action.between_s, "secret": action.secret,
            }  # fmt: skip
        case w.Record():
            args |= {"max_s": action.max_s, "end_key": action.end_key, "silence_s": action.silence_s}
    asks.ask(house, leg, _VERBS[type(action)], **args)


def _look_up(house: House, contact_id: str, action: w.LookUp, number: int) -> None:
    """Carried out by ourselves (look_ups.py). Asking twice is harmless; nobody waits for it beyond its limit."""
    contact = house.contact(contact_id)
    args = {
        "do": "look_up", "asked": number, "company_id": contact.company_id, "by": dict(action.by),
        "secrets": dict(action.secrets), "endpoint": action.endpoint,
    }  # fmt: skip
    effect = Effect(
        id=house.new_id(), domain_id=contact.domain_id, contact_id=contact_id, leg_id=None,
        kind=f"lookup.{action.kind}", once=False, provider=LOOK_UP, args=args,
        not_after_us=house.now_us + round(action.within_s * 1_000_000) * house.speed,
    )  # fmt: skip
    house.keep_effect(effect, new=True)


def _prompt(spoken: w.Spoken) -> dict[str, Any]:
    told = {"text": spoken.text} if spoken.text else {"file": spoken.file}
    return {"language": spoken.language, **told, **({"personal": True} if spoken.personal else {})}


def _enqueue(house: House, contact_id: str, action: w.Enqueue) -> None:
    contact = house.contact(contact_id)
    queue = house.queue_named(action.queue, contact.company_id)
    if queue is None:
        hear(house, contact_id, w.Failed())
        return
    hours = queue.get("hours")
    if queue.get("closed") or (hours and not read_hours(hours).is_open(house.now_us)):
        hear(house, contact_id, w.Returned("closed"))
        return
    house.keep_contact(replace(contact, ivr={**contact.ivr, "queue_id": queue["queue_id"]}))
    value = min(100, contact.value + action.priority * PRIORITY_POINTS)
    try:
        since_us = contact.ivr.get("since_us")  # they have not spoken to anybody since
        journey.enqueue(
            house, contact_id, str(queue["queue_id"]), value, action.requirement or None, arrival_us=since_us
        )
    except m.Refusal as refusal:
        said = w.Returned("closed") if refusal.text_key == "queue.closed" else w.Failed()
        hear(house, contact_id, said)
