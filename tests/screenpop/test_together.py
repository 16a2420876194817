"""What does an agent see of those who are on the same contact, and what may be done beside them?"""

from dataclasses import replace

import pytest

from contacts.contact import Contact
from contacts.records import Records
from contacts.segment import Segment
from contacts.stay import Stay
from screenpop.model import AgentName, Names, QueueName, ReadModel

CALL = Contact("c", "company", 1, "phone", "in", "open", "telephony:p", "1", 0)
STAY = Stay("s", "c", 1, "q", 1, "", 0, 0, 0, 0)
MINE = Segment("g1", "c", "s", "q", 1, "ann", "primary", "talking", 0)
ASKED = Segment("g2", "c", "s", "q", 1, "bob", "consult", "offered", 0, manual=True)
NAMES = Names({"ann": AgentName("ann", "Ann"), "bob": AgentName("bob", "Bob")}, {"q": QueueName("Service")})


def model(*segments: Segment, contact: Contact = CALL) -> ReadModel:
    return ReadModel.of(Records(1, contacts={"c": contact}, segments={s.id: s for s in segments}), NAMES)


def may(*segments: Segment, contact: Contact = CALL) -> list[str]:
    """What the first of them may do."""
    shown = model(*segments, contact=contact).snapshot(segments[0].agent_id)
    found: list[str] = shown[f"segment/{segments[0].id}"]["may"]
    return found


def test_who_else_is_on_the_contact_stands_in_the_record() -> None:
    shown = model(MINE, ASKED)

    assert shown.snapshot("ann")["segment/g1"]["with"] == [
        {"segment_id": "g2", "agent_id": "bob", "agent": "Bob", "role": "consult", "state": "offered"}
    ]
    assert shown.snapshot("bob")["segment/g2"]["with"][0]["agent"] == "Ann"
    assert shown.snapshot("bob")["segment/g2"]["role"] == "consult"


def test_what_one_does_is_shown_on_the_desks_of_all_who_are_on_the_contact() -> None:
    shown = model(MINE)
    began = shown.take([], [], [ASKED], [])
    talks = shown.take([], [], [replace(ASKED, state="talking")], [])
    over = shown.take([], [], [replace(ASKED, state="done")], [])

    assert all("segment/g1" in touched["ann"] for touched in (began, talks, over))
    assert shown.snapshot("ann")["segment/g1"]["with"] == []


HELD, ADVISER = replace(MINE, state="held"), replace(ASKED, state="talking")
ASIDE = replace(ASKED, state="held")
MEMBER = replace(ASKED, role="conference", state="talking")


@pytest.mark.parametrize(
    ("segments", "acts"),
    [
        ((replace(MINE, state="offered"),), "accept decline"),
        ((replace(MINE, state="connecting"),), ""),
        ((MINE,), "consult end hold transfer"),
        ((HELD,), "consult end retrieve transfer"),
        ((replace(MINE, state="wrap_up"),), "finish"),
        ((MINE, ASKED), "hold return"),
        ((HELD, ASKED), "return"),
        ((HELD, replace(ASKED, state="connecting")), "return"),
        ((MINE, ADVISER), "hold return"),
        ((HELD, ADVISER), "complete conference return swap"),
        ((MINE, ASIDE), "complete conference return swap"),
        ((HELD, ASIDE), "complete conference return"),
        ((ASIDE, MINE), "leave"),
        ((HELD, replace(ASKED, state="wrap_up")), "consult end retrieve transfer"),
        ((ASKED, HELD), "accept decline"),
        ((ADVISER, HELD), "leave"),
        ((MINE, MEMBER), "end hold leave"),
        ((HELD, MEMBER), "end leave retrieve"),
        ((MEMBER, MINE), "leave"),
        ((MINE, replace(MEMBER, state="wrap_up")), "consult end hold transfer"),
        ((replace(MINE, role="monitor"),), ""),
    ],
)  # fmt: skip
def test_the_page_offers_what_is_possible_now(segments: tuple[Segment, ...], acts: str) -> None:
    assert may(*segments) == acts.split()


def test_a_written_contact_is_laid_aside_and_not_held() -> None:
    chat = replace(CALL, channel="chat")

    assert may(MINE, contact=chat) == ["end", "park", "transfer"]
    assert may(replace(MINE, state="parked"), contact=chat) == ["end", "unpark"]


@pytest.mark.parametrize(
    ("segments", "recording", "shown", "acts"),
    [
        ((MINE,), "on", "on", "consult end hold pause_recording transfer"),
        ((MINE,), "paused", "paused", "consult end hold resume_recording transfer"),
        ((MINE,), None, None, "consult end hold transfer"),
        ((HELD,), "paused", "paused", "consult end retrieve transfer"),
        ((MINE, ASIDE), "on", "on", "complete conference pause_recording return swap"),
        ((ASIDE, MINE), "on", None, "leave"),
        ((MEMBER, MINE), "on", "on", "leave"),
        ((replace(MINE, state="wrap_up"),), "on", None, "finish"),
    ],
)
def test_who_is_with_the_customer_sees_whether_it_is_recorded_and_who_has_it_may_pause_that(
    segments: tuple[Segment, ...], recording: str | None, shown: str | None, acts: str
) -> None:
    contact = replace(CALL, ivr={"parts": 1, "recording": recording} if recording else {"parts": 1})
    record = model(*segments, contact=contact).snapshot(segments[0].agent_id)[f"segment/{segments[0].id}"]

    assert record["recording"] == shown
    assert record["may"] == acts.split()


def test_a_recording_that_is_paused_is_shown_on_the_desks_of_all_who_are_on_the_contact() -> None:
    shown = model(MINE, MEMBER)
    touched = shown.take([replace(CALL, ivr={"recording": "paused"})], [], [], [])

    assert "segment/g1" in touched["ann"]
    assert "segment/g2" in touched["bob"]
