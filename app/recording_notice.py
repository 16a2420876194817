"""Does the customer know that they are recorded, before they are? Told or asked at the beginning of their wait.

The company says which, for each direction (contacts/notice.py). It holds up nobody: an agent who answers ends it. What
was not said to its end, or not answered, was not given; then the recording is paused, and the agent resumes it when
they have told or asked the customer themselves. In calls of ours it is theirs from the beginning. A flow that has told
or asked says so by a variable. What was given stands in the contact's row, so that it survives any death of ours.
"""

from collections.abc import Mapping
from typing import Any, Literal

from app import asks
from app import commands as c
from app.house import House
from contacts.contact import Contact
from contacts.effect import Effect, EffectState
from contacts.events import EventKind
from contacts.notice import NOTICES, VARIABLE, Notice, NoticeRule, notice_of, permission
from contacts.record import replace
from contacts.segment import Segment
from contacts.stay import Stay
from ivr.spoken import BUILT_IN

AGREES = "1"
PRESS_S = 5.0  # after the question
DEAF_S = 2.0  # at its beginning: a key pressed then, or before, meant something else
_SENTENCE: Mapping[NoticeRule, str] = {"announce": "recording_announced", "consent": "recording_asked"}
_GIVES: Mapping[NoticeRule, Notice] = {"announce": "announced", "consent": "consented"}
_EVENT: Mapping[Notice, EventKind] = {
    "announced": "recording.announced", "consented": "recording.consented", "declined": "recording.declined",
}  # fmt: skip


# --- while they wait --------------------------------------------------------------------------------------------------


def wait_begins(house: House, contact_id: str) -> None:
    """The music of this wait has ended what was being said."""
    forget(house, contact_id)
    say(house, contact_id)


def say(house: House, contact_id: str) -> None:
    """To whoever is on the line and waits for a conversation that would be recorded. Once."""
    stay, leg = house.waiting_stay(contact_id), asks.customer_leg(house, contact_id)
    if stay is None or leg is None or leg.state != "established" or not asks.is_recorded(house, leg, stay.queue_id):
        return
    contact = house.contact(contact_id)
    rule = house.notice_rule(contact)
    if contact.direction == "out" or permission(rule, contact) != "open" or is_being_said(house, contact_id):
        return
    args: dict[str, Any] = {"notice": rule, "prompts": [_prompt(house, contact, stay, _SENTENCE[rule])]}
    if rule == "consent":
        args |= {"keys_max": 1, "end_key": "", "first_s": PRESS_S, "between_s": 1.0, "secret": False}
        args |= {"deaf_s": DEAF_S}
    asks.ask(house, leg, "collect" if rule == "consent" else "play", **args)


def _prompt(house: House, contact: Contact, stay: Stay, sentence: str) -> dict[str, str]:
    """In the language of the flow or the number, else of the queue; in English where we do not speak it."""
    language = str(contact.ivr.get("language") or (house.announces(stay.queue_id) or {}).get("language", "en"))
    spoken = language if language in BUILT_IN[sentence] else "en"
    return {"language": spoken, "text": BUILT_IN[sentence][spoken]}


def is_being_said(house: House, contact_id: str) -> bool:
    """Or will be; what nobody reports of in its time is not waited for."""
    effects = (effect for effect in house.effects(contact_id) if "notice" in effect.args)
    return any(effect.not_after_us is not None and house.now_us < effect.not_after_us for effect in effects)


def forget(house: House, contact_id: str) -> None:
    """Something else is heard now, and nothing more can come of it."""
    house.drop_undone(effect for effect in house.effects(contact_id) if "notice" in effect.args)
    for effect in house.effects(contact_id):
        if "notice" in effect.args:
            house.keep_effect(replace(effect, state="done"))


# --- what comes of it -------------------------------------------------------------------------------------------------


def heard(house: House, effect: Effect, report: c.ReportHeard) -> None:
    """It was said, or asked and answered. Whoever presses nothing, or another key, does not agree."""
    if house.waiting_stay(effect.contact_id) is None:
        return
    match report.said:
        case "done":
            _give(house, effect.contact_id, "announced", "said")
        case "keys" if report.keys == AGREES:
            _give(house, effect.contact_id, "consented", "said")
        case "keys" | "silence":
            _give(house, effect.contact_id, "declined", "said")
        case _:
            pass  # there was no voice, or they have hung up
    _music(house, effect.contact_id)


def not_said(house: House, effect: Effect, state: EffectState) -> None:
    """It could not be (`failed`). Or we died meanwhile (`unknown`): nobody knows how much of it they heard."""
    if state == "unknown":
        say(house, effect.contact_id)
    else:
        _music(house, effect.contact_id)


def _music(house: House, contact_id: str) -> None:
    """They wait on, unless they are being put through."""
    is_connecting = any(segment.state == "connecting" for segment in house.segments(contact_id))
    if house.waiting_stay(contact_id) is not None and not is_connecting:
        asks.wait(house, contact_id)


def not_put_through(house: House, contact_id: str) -> None:
    """They wait on. What ended while they were being put through has left them without music."""
    contact = house.records.contacts.get(contact_id)
    waits = contact is not None and notice_of(contact) is not None and house.waiting_stay(contact_id) is not None
    if waits and not any("announce" in effect.args for effect in house.effects(contact_id)):
        asks.wait(house, contact_id)


# --- who else has said it ---------------------------------------------------------------------------------------------


def in_flow(house: House, before: Contact, values: Mapping[str, str]) -> None:
    """A step of the flow has set the variable; what it had said before is not said anew."""
    notice = next((each for each in NOTICES if each == values.get(VARIABLE)), None)
    if notice == "announced" and notice_of(before) == "consented":
        return  # they have agreed to more
    if notice is not None and notice != before.ivr.get("values", {}).get(VARIABLE):
        _give(house, before.id, notice, "flow")


def by_agent(house: House, segment: Segment) -> None:
    """Whoever resumes a recording that nobody knew of has told or asked the customer."""
    contact = house.contact(segment.contact_id)
    rule = house.notice_rule(contact)
    if permission(rule, contact) == "open":
        _give(house, contact.id, _GIVES[rule], "agent", segment)


def _give(
    house: House, contact_id: str, notice: Notice, how: Literal["said", "flow", "agent"], segment: Segment | None = None
) -> None:
    contact = house.contact(contact_id)
    house.keep_contact(replace(contact, ivr={**contact.ivr, "notice": notice}))
    about = {"segment_id": segment.id, "agent_id": segment.agent_id} if segment is not None else {}
    house.log(_EVENT[notice], contact_id=contact_id, data={"how": how}, **about)
