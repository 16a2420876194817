"""When does planned work begin to wait? Back-office work, a follow-up, a visit: at its time, in its queue's hours.

Until then it is an open contact without a wait, whose time stands in its row and so survives any death of ours.
"""

from app import commands as c
from app import journey, reaching
from app.house import House
from contacts.contact import Contact
from contacts.record import replace
from contacts.records import Link
from contacts.stay import Wishes
from contacts.words import DAY_US, SECOND_US
from routing import messages as m

PLANNED_MAX = 20_000  # of a domain: each is in the writer's memory
AGAIN_US = 900 * SECOND_US  # a queue that takes nobody is asked again
LIVES_US = 30 * DAY_US  # beyond its time; then it has failed, and is seen to have


def plan(house: House, command: c.PlanTask) -> c.Reply:
    """Raises Refusal. What is due already waits at once."""
    entry = command.entry
    known = house.contact_by_source.get((entry.company_id, entry.source, entry.source_id))
    if known is not None:
        return c.Reply(200, {"contact_id": known, "state": house.contact(known).state})
    if house.company_of_queue(str(entry.queue_id)) != entry.company_id:
        raise m.Refusal("queue.unknown", 404, "queue_id")
    if len(house.planned) >= PLANNED_MAX:
        raise m.Refusal("task.too_many", 429, "due_ms")
    contact = Contact(
        id=entry.contact_id, company_id=entry.company_id, domain_id=house.records.domain_id, channel="task",
        direction="in", state="open", source=entry.source, source_id=entry.source_id, arrived_us=house.now_us,
        customer_id=entry.customer_id, value=entry.value, collected=entry.collected,
        ivr={"outcome": "cleared", "task": {  # whoever takes it away before its time clears it
            "kind": command.task, "queue_id": entry.queue_id, "requirement": entry.requirement,
            "agent_id": entry.wishes.preferred_agent_id, "due_us": command.due_us,
        }},
    )  # fmt: skip
    house.keep_contact(contact, new=True)
    house.log("contact.arrived", contact_id=contact.id, data={"channel": "task", "task": command.task})
    if command.of_contact_id is not None:
        house.draft.links.append(Link(contact.id, command.of_contact_id, "follow_up_of"))
    _at(house, contact.id, command.due_us)
    return c.Reply(201, {"contact_id": contact.id, "state": "open"})


def change(house: House, command: c.ChangeTask) -> c.Reply:
    """Another time, or not at all. Raises Refusal: nobody waits for its time any more."""
    contact = house.records.contacts.get(command.contact_id)
    if contact is None or (command.company_ids is not None and contact.company_id not in command.company_ids):
        raise m.Refusal("contact.not_open", 404, "contact_id")
    if contact.id not in house.planned:
        raise m.Refusal("task.begun", 409, "contact_id")
    if command.due_us is None:
        journey.close(house, contact.id, "cleared")
        return c.Reply(200, {"contact_id": contact.id, "state": "closed"})
    task = {**contact.ivr["task"], "due_us": command.due_us}
    house.keep_contact(replace(contact, ivr={**contact.ivr, "task": task}))
    _at(house, contact.id, command.due_us)
    return c.Reply(200, {"contact_id": contact.id, "state": "open"})


def begin(house: House, contact_id: str) -> None:
    """Its time has come: it waits in its queue, or for the hour in which that opens."""
    contact = house.contact(contact_id)
    task = contact.ivr["task"]
    if (at_us := reaching.opening_us(house, str(task["queue_id"]))) is not None:
        _at(house, contact_id, at_us)
        return
    wishes = Wishes(preferred_agent_id=task["agent_id"])
    try:
        journey.enqueue(house, contact_id, str(task["queue_id"]), contact.value, task["requirement"], wishes)
    except m.Refusal:  # the queue takes nobody now
        if house.now_us - int(task["due_us"]) > LIVES_US:
            journey.close(house, contact_id, "failed")
        else:
            _at(house, contact_id, house.now_us + AGAIN_US)
        return
    contact = house.contact(contact_id)
    house.keep_contact(replace(contact, ivr={"task": {k: v for k, v in task.items() if k != "again_us"}}))


def forget(house: House, contact_id: str) -> None:
    """What was planned for a customer who is erased has no content any more."""
    if contact_id in house.planned:
        journey.close(house, contact_id, "cleared")


def _at(house: House, contact_id: str, at_us: int) -> None:
    if at_us <= house.now_us:
        begin(house, contact_id)
        return
    contact = house.contact(contact_id)
    house.keep_contact(replace(contact, ivr={**contact.ivr, "task": {**contact.ivr["task"], "again_us": at_us}}))
    house.log("contact.planned", contact_id=contact_id, data={"at_us": at_us})
