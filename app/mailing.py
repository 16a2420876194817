"""What does a mail mean for the contact of its thread? If somebody will see it there it is part of it, else one itself.

A contact that was closed stays closed, and one that is only wrapped up closes by itself: an answer to it is a new one
of the same thread, linked to it. Any other is told by the number of its mails among what was collected, which its card
shows.
"""

from app import commands as c
from app import journey, replies
from app.house import House
from contacts.contact import Contact
from contacts.effect import MAIL, Effect
from contacts.events import EventKind
from contacts.record import replace
from contacts.records import Link
from contacts.segment import Segment
from contacts.words import DAY_US
from routing import messages as m

MAIL_LIFE_US = DAY_US  # of real time: what no server has taken by then has failed
MAY_WRITE = ("talking", "parked", "wrap_up")
READS = ("offered", "connecting", "talking", "held", "parked")


def take(house: House, command: c.TakeMail) -> c.Reply:
    before = house.records.contacts.get(command.joins or "")
    # Whoever answers the text of a chat writes a mail: whoever is wrapping the chat up sees none.
    is_open = before is not None and before.state == "open" and before.channel == "email"
    if before is not None and is_open and (command.only_joins or _is_seen(house, before.id)):
        count(house, before)
        house.log("mail.received", contact_id=before.id, data={"mail_id": command.mail_id, "joined": True})
        return c.Reply(200, {"contact_id": before.id, "joined": True})
    if command.only_joins:
        about = {"company_id": command.entry.company_id, "contact_id": command.joins}
        data = {"mail_id": command.mail_id, "joined": True}
        house.log("mail.received", **{name: told for name, told in about.items() if told}, data=data)
        return c.Reply(200, {"contact_id": command.joins, "joined": True})
    contact = journey.arrive(house, command.entry)
    if command.joins is not None:
        house.draft.links.append(Link(contact.id, command.joins, "reply_to"))
    house.log("mail.received", contact_id=contact.id, data={"mail_id": command.mail_id, "joined": False})
    if command.acknowledgement_id is not None:
        _ask(house, contact.id, contact.domain_id, command.mailbox_id, command.acknowledgement_id)
    return c.Reply(201, {"contact_id": contact.id, "joined": False})


def send(house: House, command: c.SendMail) -> c.Reply:
    contact = house.records.contacts.get(command.contact_id)
    if contact is None:
        return c.problem(404, "contact.not_open", field="contact_id")
    if contact.channel != "email":
        return c.problem(409, "mail.not_written")
    own = _own(house, command.contact_id, command.agent_id)
    if own is None:
        return c.problem(409, "mail.not_yours")
    _ask(house, contact.id, contact.domain_id, command.mailbox_id, command.mail_id)
    if contact.state == "open":
        count(house, contact)
    data = {"mail_id": command.mail_id}
    house.log("mail.written", contact_id=contact.id, segment_id=own.id, agent_id=own.agent_id, data=data)
    replies.tell(house, own)
    return c.Reply(201, {"mail_id": command.mail_id})


def send_transcript(house: House, command: c.SendTranscript) -> c.Reply:
    """Of a chat in which nobody reads any more; mostly no record of ours."""
    if _is_seen(house, command.contact_id):
        return c.problem(409, "chat.not_over")
    _ask(house, command.contact_id, command.domain_id, command.mailbox_id, command.mail_id)
    about = {"company_id": command.company_id, "contact_id": command.contact_id}
    house.log("mail.written", **about, data={"mail_id": command.mail_id})
    return c.Reply(201, {"mail_id": command.mail_id})


def mark_spam(house: House, command: c.MarkSpam) -> c.Reply:
    """Taken away by a person. Whoever marks it is free at once; of the sender's further mails the doors take care."""
    found = _of_agent(house, command.contact_id, command.agent_id)
    if isinstance(found, c.Reply):
        return found
    contact, own = found
    house.keep_contact(replace(contact, ivr={**contact.ivr, "outcome": "cleared"}))
    _log(house, "mail.spam", own)
    journey.free_agents(house, contact.id)
    for segment in list(house.segments(contact.id)):
        journey.decide(house, m.Finish(segment.id))
    return c.Reply(200, {"contact_id": contact.id})


def merge(house: House, command: c.MergeMails) -> c.Reply:
    found = _of_agent(house, command.contact_id, command.agent_id)
    if isinstance(found, c.Reply):
        return found
    of_contact = {"of_contact_id": command.of_contact_id} if command.of_contact_id is not None else {}
    _log(house, "mail.merged", found[1], thread_id=command.thread_id, **of_contact)
    return c.Reply(200, {"thread_id": command.thread_id})


def split(house: House, command: c.SplitMail) -> c.Reply:
    found = _of_agent(house, command.contact_id, command.agent_id)
    if isinstance(found, c.Reply):
        return found
    contact, own = found
    entry = command.entry
    known = house.contact_by_source.get((entry.company_id, entry.source, entry.source_id))
    if known is not None:
        return c.Reply(200, {"contact_id": known})
    made = journey.arrive(house, entry)
    house.draft.links.append(Link(made.id, contact.id, "follow_up_of"))
    _log(house, "mail.split", own, mail_id=command.mail_id, to_contact_id=made.id)
    return c.Reply(201, {"contact_id": made.id})


def _of_agent(house: House, contact_id: str, agent_id: str) -> tuple[Contact, Segment] | c.Reply:
    """The open contact and the agent's own part of it, or why not."""
    contact = house.records.contacts.get(contact_id)
    if contact is None or contact.state != "open":
        return c.problem(404, "contact.not_open", field="contact_id")
    if contact.channel != "email":
        return c.problem(409, "mail.not_written")
    own = _own(house, contact_id, agent_id)
    return (contact, own) if own is not None else c.problem(409, "mail.not_yours")


def _log(house: House, kind: EventKind, own: Segment, **data: str) -> None:
    house.log(kind, contact_id=own.contact_id, segment_id=own.id, agent_id=own.agent_id, data=data)


def count(house: House, contact: Contact) -> None:
    """One mail more: whoever has the contact sees that there is something new."""
    mails = int(contact.collected.get("mails", 1)) + 1
    house.keep_contact(replace(contact, collected={**contact.collected, "mails": mails}))


def _is_seen(house: House, contact_id: str) -> bool:
    """Whether it waits for somebody, or somebody has it: whoever only wraps it up looks at it no more."""
    return contact_id in house.stay_of or any(each.state in READS for each in house.segments(contact_id))


def _own(house: House, contact_id: str, agent_id: str) -> Segment | None:
    mine = (each for each in house.segments(contact_id) if each.agent_id == agent_id)
    return next((each for each in mine if each.role == "primary" and each.state in MAY_WRITE), None)


def _ask(house: House, contact_id: str, domain_id: int, mailbox_id: str, mail_id: str) -> None:
    """Once: its id was committed before, and the carrier counts how often it is begun."""
    effect = Effect(
        id=house.new_id(), domain_id=domain_id, contact_id=contact_id, leg_id=None, kind="mail.send", once=True,
        provider=f"{MAIL}{mailbox_id}", args={"mail": mail_id}, state="sent",
        not_after_us=house.now_us + MAIL_LIFE_US * house.speed,
    )  # fmt: skip
    house.keep_effect(effect, new=True)
