"""What does the read model keep, and what does it forget?"""

from dataclasses import replace

from contacts.contact import Contact
from contacts.records import ConfigValue, Records
from contacts.segment import Segment
from contacts.stay import Stay
from screenpop.live import queues_of
from screenpop.model import Names, QueueName, ReadModel

CONTACT = Contact("c", "company", 1, "chat", "in", "open", "api:k", "1", 0)
STAY = Stay("s", "c", 1, "q", 1, "", 0, 0, 0, 0)
SEGMENT = Segment("g", "c", "s", "q", 1, "a", "primary", "wrap_up", 0)


def test_a_contact_that_closed_during_wrap_up_is_forgotten_with_its_last_segment() -> None:
    model = ReadModel.of(Records(1, contacts={"c": CONTACT}, stays={"s": STAY}, segments={"g": SEGMENT}), Names())
    model.take([replace(CONTACT, state="closed")], [], [], [])
    shown = model.snapshot("a")["segment/g"]
    model.take([], [], [replace(SEGMENT, state="done")], [])

    assert shown["channel"] == "chat"
    assert (model.contacts, model.segments, model.segments_on) == ({}, {}, {})
    assert list(model.stays) == list(model.stay_of.values()) == ["s"]
    model.take([], [replace(STAY, end="answered", ended_us=1)], [], [])
    assert (model.stays, model.stay_of, model.waiting) == ({}, {}, {"q": {}})


def test_the_stay_of_a_live_segment_is_kept_whoever_of_them_is_told_first() -> None:
    """Its instants stand beside the segment until that is over."""
    model, ended = ReadModel(), replace(STAY, end="answered", ended_us=1)
    model.take([CONTACT], [ended], [replace(SEGMENT, state="talking")], [])
    kept = dict(model.stays)
    model.take([], [], [replace(SEGMENT, state="done")], [])

    assert kept == {"s": ended}
    assert model.stays == {}


def test_a_queue_that_asks_for_nothing_is_served_from_the_moment_it_is_in_force_until_it_is_gone() -> None:
    """Also where somebody looked before: its name may be known first, and goes last."""
    model = ReadModel(names=Names(queues={"q": QueueName("Service")}))
    model.take_config([ConfigValue("agent", "a", 1, {"agent_id": "a", "company_ids": ["c"]})])
    served = [list(queues_of(model, "a"))]
    for seq, values in ((2, {"queue_id": "q", "company_id": "c"}), (3, None)):
        touched = model.take_config([ConfigValue("queue", "q", seq, values)])
        served.append(list(queues_of(model, "a")))
        assert "agent/a" in touched[""]

    assert served == [[], ["q"], []]
