"""What does the read model keep, and what does it forget?"""

from dataclasses import replace

from contacts.contact import Contact
from contacts.records import Records
from contacts.segment import Segment
from contacts.stay import Stay
from screenpop.model import Names, ReadModel

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
