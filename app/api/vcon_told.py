"""What does a vCon tell of a contact (draft-ietf-vcon-vcon-core-04, sections 4.1, 4.2, 4.4 and 4.5)?

Roles and the contact's id come by the extension for contact centres (draft-ietf-vcon-cc-extension-02). Of an erased
customer there are the contact's instants and ids, and nothing else, even while they are still being erased.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.api.vcon_dialogs import Dialogs, Parties, Sound, dialogs_of, instant
from app.store.rows import Row

SYNTAX = "0.4.0"  # of the drafts -01 to -04
VENDOR = "Jackfield"
_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(slots=True)
class Story:
    """What is known of a contact that is over. `customer`: None too when they are erased."""

    contact: Row
    company: str
    customer: Row | None
    is_erased: bool
    addresses: Sequence[Row]
    stays: Sequence[Row]
    segments: Sequence[Row]
    events: Sequence[Row]
    recordings: list[Row]
    names: Mapping[str, str]  # of agents
    results: Mapping[str, Row]  # dispositions by id
    sounds: list[Sound] = field(default_factory=list)

    @property
    def collected(self) -> Mapping[str, Any]:
        return {} if self.is_erased else self.contact["collected"]


def vcon_of(story: Story) -> dict[str, Any]:
    """The contact's own id names it: taken out twice it is one. It came to be when the contact was over."""
    parties, places = _parties(story)
    told = story.contact, story.stays, story.segments, story.events, story.sounds, places
    dialogs = dialogs_of(*told)
    subject = story.collected.get("subject")
    about: dict[str, Any] = {
        "vcon": SYNTAX,
        "uuid": story.contact["id"],
        "extensions": ["CC"],
        "created_at": instant(story.contact["closed_at"]),
        "subject": subject if isinstance(subject, str) and subject else None,
        "parties": parties,
        "dialog": dialogs.items,
        "attachments": _attachments(story),
        "analysis": _analysis(story, dialogs),
    }
    return {name: value for name, value in about.items() if value not in (None, [])}


# --- who --------------------------------------------------------------------------------------------------------------


def _parties(story: Story) -> tuple[list[dict[str, Any]], Parties]:
    """The customer, then the queues in which they were, then the agents who were connected or wrote something."""
    queues = {each["queue_id"]: each["queue"] for each in story.stays}
    agents = [each["agent_id"] for each in story.segments if each["connected_at"] is not None or _wrote(each)]
    agents = list(dict.fromkeys(agents))
    made = [_customer(story)]
    made += [
        {"type": "organization", "org": story.company, "dept": name, "uuid": queue_id, "role": "queue"}
        for queue_id, name in queues.items()
    ]
    made += [
        {"type": "person", "name": story.names[each], "validation": "login", "uuid": each, "role": "agent"}
        for each in agents
    ]
    places = Parties(
        {queue_id: n for n, queue_id in enumerate(queues, 1)},
        {agent_id: n for n, agent_id in enumerate(agents, 1 + len(queues))},
    )
    return made, places


def _customer(story: Story) -> dict[str, Any]:
    known = story.customer
    about: dict[str, Any] = {"type": "person", "role": "customer", "uuid": story.contact["customer_id"]}
    if known is not None:
        about |= {"type": "organization" if known["kind"] == "organisation" else "person"}
        about |= {"name": known["name"] or None, "validation": _level(story) if known["name"] else None}
    about |= {"tel": _reached(story, "phone", _NUMBER), "mailto": _reached(story, "email", _MAIL)}
    return {name: value for name, value in about.items() if value is not None}


def _reached(story: Story, kind: str, shape: re.Pattern[str]) -> str | None:
    """Where they were reached this time; else their one address of the kind."""
    here = story.collected.get("from")
    if isinstance(here, str) and shape.fullmatch(here):
        return here
    known = [each["address"] for each in story.addresses if each["kind"] == kind]
    return known[0] if len(known) == 1 else None


def _level(story: Story) -> str:
    """How sure we are that it is them: by the address from which they came."""
    levels = [each["level"] for each in story.addresses if each["address"] == story.collected.get("from")]
    return levels[0] if levels else "none"


# --- what came of it --------------------------------------------------------------------------------------------------


def _wrote(segment: Row) -> bool:
    return segment["disposition_id"] is not None or bool(segment["note"])


def _analysis(story: Story, dialogs: Dialogs) -> list[dict[str, Any]]:
    """What each agent noted: the draft counts an agent's disposition as analysis, not as dialog."""
    return [
        {
            "type": "report",
            "vendor": VENDOR,
            "schema": "wrap-up",
            "mediatype": "application/json",
            "encoding": "json",
            "body": _report(story, segment),
            **({"dialog": dialogs.of_segment[segment["id"]]} if segment["id"] in dialogs.of_segment else {}),
        }
        for segment in story.segments
        if _wrote(segment)
    ]


def _report(story: Story, segment: Row) -> dict[str, Any]:
    result = story.results.get(segment["disposition_id"])
    about: dict[str, Any] = {"agent": segment["agent_id"]}
    if result is not None:
        about["disposition"] = {name: result[name] for name in ("code", "name", "success")}
    if segment["note"] and not story.is_erased:
        about["note"] = segment["note"]
    return about


def _attachments(story: Story) -> list[dict[str, Any]]:
    """What the customer told before anybody spoke with them."""
    said = {name: value for name, value in story.collected.items() if name not in ("from", "subject")}
    if not said:
        return []
    return [
        {
            "purpose": "collected",
            "start": instant(story.contact["arrived_at"]),
            "party": 0,
            "dialog": 0,
            "mediatype": "application/json",
            "encoding": "json",
            "body": said,
        }
    ]
