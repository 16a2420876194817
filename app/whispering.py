"""What does an agent hear before they and the customer are brought together? The name of the queue, in their language.

Only of calls by an Asterisk. Before a callback it is said, too, that it is one, and the customer is not rung yet; of an
agent's own call nothing is said: they know whom they call.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.house import House
from contacts.effect import ARI, WHISPER_MAX_S
from contacts.segment import Segment
from contacts.words import SECOND_US
from ivr.spoken import BUILT_IN, built_in, fill
from routing.messages import DomainPolicy

USUAL = "en"  # of an agent whose language we do not speak


def args(house: House, segment: Segment) -> dict[str, Any]:
    """For the command that rings the agent's phone; empty where nothing is said."""
    queue = house.records.config.get(("queue", segment.queue_id))
    values = (queue.values or {}) if queue is not None else {}
    wanted = values.get("whisper")
    if not wanted or segment.role == "consult" or not _has_it(house, segment.contact_id):
        return {}
    is_ours = house.contact(segment.contact_id).direction == "out"
    prompts = _prompts(str(values.get("name", "")), wanted, _language(house, segment.agent_id), is_ours)
    return {"whisper": prompts}


def longer_us(house: House, segment: Segment, within_us: int | None) -> int | None:
    """So long may connecting take, with what is said before; None: the domain's bound."""
    if not args(house, segment):
        return within_us
    return (_connect_us(house) if within_us is None else within_us) + round(WHISPER_MAX_S * SECOND_US) * house.speed


def _has_it(house: House, contact_id: str) -> bool:
    reach = house.contact(contact_id).ivr.get("reach")
    if reach is not None:
        return "agent_id" not in reach
    return any(leg.provider.startswith(ARI) for leg in house.legs(contact_id))


def _connect_us(house: House) -> int:
    domain = house.records.config.get(("domain", str(house.records.domain_id)))
    values = (domain.values or {}) if domain is not None else {}
    return int(values.get("connect_timeout_us", DomainPolicy().connect_timeout_us))


def _language(house: House, agent_id: str) -> str:
    agent = house.records.config.get(("agent", agent_id))
    return str((agent.values or {}).get("language", USUAL)) if agent is not None else USUAL


def _prompts(queue: str, wanted: bool | Mapping[str, str], language: str, is_ours: bool) -> list[dict[str, str]]:
    """A queue's own text stands in the place of its name; that it is a callback is said before it."""
    own = wanted if isinstance(wanted, Mapping) else {}
    prompts = []
    if is_ours or not own:
        name = "whisper_callback" if is_ours else "whisper"
        ours = _nearest(BUILT_IN[name], language) or USUAL
        prompts.append({"language": ours, "text": fill(built_in(name, ours), {"queue": queue})})
    if own:
        theirs = _nearest(own, language) or next(iter(own))
        prompts.append({"language": theirs, "text": fill(own[theirs], {"queue": queue})})
    return prompts


def _nearest(known: Iterable[str], language: str) -> str | None:
    """The same, or else one that is spoken alike: of zh-TW zh-CN."""
    alike = [each for each in known if each.split("-")[0] == language.split("-")[0]]
    return language if language in alike else next(iter(alike), None)
