"""What does a caller hear while they wait, beside the music? How long it will take, and that they may be called back.

What they are told first stays with their wait: how often that was right is published (analytics/metrics.py).

Announcements come at instants that follow from when the wait began, so that a restart loses none and says none twice.
The range is that of analytics/expected_wait.py and never goes beyond the queue's limit. Whoever presses 1 is promised a
callback and keeps their place.
"""

from collections.abc import Mapping
from typing import Any

from analytics.expected_wait import expected, in_minutes
from app import asks, journey, reaching, recording_notice
from app import commands as c
from app.house import House
from contacts.contact import Contact
from contacts.effect import ARI, Effect
from contacts.leg import Leg
from contacts.record import replace
from contacts.stay import Stay, Told
from contacts.words import SECOND_US
from ivr.spoken import built_in, fill
from routing import messages as m

CALLBACK_KEY = "1"
PRESS_S = 3.0


def take_due(house: House) -> None:
    """Those whose time has come hear it, and the next time is set."""
    while (due := house.next_announcement()) is not None and due[0] <= house.now_us:
        stay = house.records.stays[due[1]]
        how = house.announces(stay.queue_id)
        leg = asks.customer_leg(house, stay.contact_id)
        if leg is not None and leg.provider.startswith(ARI) and _not_yet(house, leg):
            house.announce_at(stay, house.now_us + SECOND_US)  # it is not lost
            continue
        house.announce_again(stay)
        if how is not None and leg is not None and _may_hear(house, stay, leg):
            _say(house, stay, leg, how)


def _not_yet(house: House, leg: Leg) -> bool:
    """They are not answered yet, perhaps for our death, or hear something that has to be said to its end."""
    return leg.state != "established" or recording_notice.is_being_said(house, leg.contact_id)


def _may_hear(house: House, stay: Stay, leg: Leg) -> bool:
    """Nobody is being put through to them, and they are not being spoken to already."""
    if not leg.provider.startswith(ARI):
        return False
    if any(segment.state == "connecting" for segment in house.segments(stay.contact_id)):
        return False
    return not any("announce" in effect.args for effect in house.effects(stay.contact_id))


def _say(house: House, stay: Stay, leg: Leg, how: Mapping[str, Any]) -> None:
    contact = house.contact(stay.contact_id)
    language = str(contact.ivr.get("language") or how.get("language", "en"))
    text, told = _how_long(house, stay, language)
    if told is not None and stay.told is None:
        house.keep_stay(replace(stay, told=told))
    prompts = [text]
    args: dict[str, Any] = {"announce": stay.id}
    offers = how.get("callback") and contact.collected.get("from")
    if offers:
        prompts.append(built_in("press_callback", language))
        args |= {"keys_max": 1, "end_key": "", "first_s": PRESS_S, "between_s": 1.0, "secret": False}
    args["prompts"] = [{"language": language, "text": text} for text in prompts]
    asks.ask(house, leg, "collect" if offers else "play", **args)


def _how_long(house: House, stay: Stay, language: str) -> tuple[str, Told | None]:
    waited_us = house.now_us - stay.queued_us
    found = expected(house.waits_of(stay.queue_id), waited_us, _ahead(house, stay), _agents(house, stay))
    if found is None:
        return built_in("wait_busy", language), None
    minutes = in_minutes(found, stay.limit_us - house.now_us)
    told = Told(house.now_us, minutes.low_us, minutes.high_us)
    if minutes.high <= 1:
        return built_in("wait_soon", language), told
    name = "wait_up_to" if minutes.low < 1 else "wait_about" if minutes.low == minutes.high else "wait_range"
    return fill(built_in(name, language), {"low": str(minutes.low), "high": str(minutes.high)}), told


def tell(house: House, command: c.TellWait) -> c.Reply:
    """A page has told its visitor. What they are told later changes nothing."""
    stay = house.records.stays.get(house.stay_of.get(command.contact_id, ""))
    if stay is not None and stay.told is None:
        house.keep_stay(replace(stay, told=Told(house.now_us, command.low_us, command.high_us)))
    return c.Reply(200)


def _ahead(house: House, stay: Stay) -> int:
    """Who waits in the same queue at a better place."""
    others = (each for each in house.records.stays.values() if each.queue_id == stay.queue_id)
    return sum(each.place_us < stay.place_us for each in others)


def _agents(house: House, stay: Stay) -> int:
    """Who could serve the company by phone now, free or not."""
    company_id = house.contact(stay.contact_id).company_id
    agents = house.records.agents.values()
    return sum(
        a.chosen == "ready" and a.phone_reachable and a.desk_reachable and house.serves(a.agent_id, company_id)
        for a in agents
    )


# --- what they do -----------------------------------------------------------------------------------------------------


def heard(house: House, effect: Effect, report: c.ReportHeard) -> None:
    """It was said, or a key was pressed meanwhile."""
    stay = house.records.stays.get(str(effect.args["announce"]))
    contact = house.records.contacts.get(effect.contact_id)
    if stay is None or contact is None:
        return  # the wait is over
    if report.said == "keys" and report.keys == CALLBACK_KEY and _promised(house, contact, stay):
        return
    music(house, effect)


def music(house: House, effect: Effect) -> None:
    """What was said is over, however: they wait on."""
    stay = house.records.stays.get(str(effect.args["announce"]))
    if stay is not None and not any(s.state == "connecting" for s in house.segments(stay.contact_id)):
        asks.wait(house, stay.contact_id)


def _promised(house: House, contact: Contact, stay: Stay) -> bool:
    since_us = int(stay.routing.get("arrival_us", stay.queued_us))
    number = str(contact.collected["from"])
    if not reaching.promise(house, contact, number, stay.queue_id, since_us):
        return False
    journey.decide(house, m.Leave(stay.id, "called_back"))
    asks.tell_and_hang_up(house, contact.id, "called_back")
    return True
