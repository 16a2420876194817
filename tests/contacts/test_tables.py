"""Do the four records take exactly the steps that their tables have?"""

from collections.abc import Callable
from itertools import product
from typing import Any, get_args

import pytest

from contacts import contact, leg, segment, stay
from contacts.words import Actor, IllegalStep

ACTORS = get_args(Actor)
NextState = Callable[[Any, str, Any], str]
RECORDS: dict[str, tuple[dict[Any, Any], NextState, tuple[str, ...]]] = {
    "contact": (contact.TABLE, contact.next_state, get_args(contact.ContactState)),
    "stay": (stay.TABLE, stay.next_state, get_args(stay.StayState)),
    "segment": (segment.TABLE, segment.next_state, get_args(segment.SegmentState)),
    "leg": (leg.TABLE, leg.next_state, get_args(leg.LegState)),
}
TERMINAL = {
    "contact": {"closed"},
    "stay": {"answered", "abandoned", "overflowed", "called_back", "voicemail", "cleared", "dialled", "internal"},
    "segment": {"done", "declined", "expired", "withdrawn", "failed"},
    "leg": {"cleared"},
}


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_takes_every_step_of_its_table_and_no_other(record: str) -> None:
    table, next_state, states = RECORDS[record]
    events = {event for _, event in table} | {"", "explode", "Established", "close", "accept"}

    for state, event, actor in product(states, events, ACTORS):
        step = table.get((state, event))
        if step is not None and actor in step[1]:
            assert next_state(state, event, actor) == step[0]
        else:
            before = dict(table)
            with pytest.raises(IllegalStep) as caught:
                next_state(state, event, actor)
            refused = caught.value
            assert (refused.record, refused.state, refused.event, refused.actor) == (record, state, event, actor)
            assert table == before


@pytest.mark.parametrize("record", RECORDS)
def test_an_end_is_an_end_and_everything_else_can_come_to_one(record: str) -> None:
    table, _, states = RECORDS[record]
    leads_to: dict[str, set[str]] = {state: {state} for state in states}
    for _ in states:
        for (state, _), (after, _) in table.items():
            leads_to[state] |= leads_to[after]

    assert {state for state in states if leads_to[state] == {state}} == TERMINAL[record]
    assert all(leads_to[state] & TERMINAL[record] for state in states)


def test_every_state_of_a_record_can_be_reached_from_its_first() -> None:
    for record, first in {"contact": "open", "stay": "waiting", "segment": "offered", "leg": "initiated"}.items():
        table, _, states = RECORDS[record]
        reached = {first}
        for _ in states:
            reached |= {after for (state, _), (after, _) in table.items() if state in reached}

        assert reached == set(states), record


def test_only_the_wire_makes_a_segment_talk() -> None:
    """Accepting is not connecting: no person and no engine can report Established."""
    after, who = segment.TABLE[("connecting", "establish")]

    assert after == "talking"
    assert set(who) == {"provider", "system"}
    assert [pair for pair, (after, _) in segment.TABLE.items() if after == "talking"] == [
        ("connecting", "establish"), ("held", "retrieve"), ("parked", "unpark"),
    ]  # fmt: skip


def test_a_cleared_leg_absorbs_every_late_report() -> None:
    for event in get_args(leg.CstaEvent):
        with pytest.raises(IllegalStep):
            leg.next_state("cleared", event)


def test_a_live_leg_can_be_cleared_from_anywhere_and_never_goes_back_to_initiated() -> None:
    live = [state for state in get_args(leg.LegState) if state != "cleared"]

    assert [leg.next_state(state, "ConnectionCleared") for state in live] == ["cleared"] * 4
    assert [leg.next_state(state, "Failed") for state in live] == ["cleared"] * 4
    assert {state for (state, _), (after, _) in leg.TABLE.items() if after == "initiated"} == {"initiated"}


def test_the_customer_may_leave_at_any_time_and_never_accepts() -> None:
    live = [state for state in get_args(segment.SegmentState) if state not in segment.OVER | {"wrap_up"}]

    for state in live:
        events = {event for (at, event), (_, who) in segment.TABLE.items() if at == state and "customer" in who}
        assert events <= {"withdraw", "end"}
        assert events, state
