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
    assert (model.contacts, model.queued_us, model.segments, model.segments_on) == ({}, {}, {}, {})
