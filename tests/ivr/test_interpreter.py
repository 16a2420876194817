"""Does every caller come to an end, whatever they do, and is nobody ever left in silence?"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.flow import Flow
from ivr.interpreter import QUESTIONS_MAX, Place, begin, hear
from ivr.words import (
    ANSWERS,
    Answered,
    Done,
    Failed,
    Found,
    HangUp,
    HungUp,
    Input,
    Keys,
    NotFound,
    Recorded,
    Returned,
    Silence,
)  # fmt: skip
from tests.ivr.caller import OPEN_US, Caller, flow_of, nodes

FLOWS = sorted((Path(__file__).parents[2] / "ivr" / "flows").glob("*.yaml"))
END = "end: {hang_up: ''}"

inputs: st.SearchStrategy[Input] = st.one_of(
    st.builds(Done),
    st.builds(Keys, st.text("0123456789*#", min_size=1, max_size=12)),
    st.builds(Silence),
    st.builds(Found, st.dictionaries(st.sampled_from(["text", "name", "state", "number"]), st.text(max_size=20))),
    st.builds(NotFound),
    st.builds(Failed, st.sampled_from(["failure", "busy", "no_answer"])),
    st.builds(Recorded, st.floats(0, 600)),
    st.builds(Answered),
    st.builds(Returned, st.sampled_from(["closed", "limit"])),
)


def test_a_caller_who_hangs_up_is_asked_nothing_more() -> None:
    caller = Caller(nodes(f"hi: {{say: hi, next: end}}\n{END}", "hi: {en: Hello}")).does(HungUp())

    assert caller.action is None
    assert caller.is_over


def test_after_a_hang_up_what_needs_nobody_is_still_done() -> None:
    flow = nodes(
        f"hi: {{say: hi, next: end, on: {{hang_up: note}}}}\nnote: {{set: {{left: early}}, next: hi}}\n{END}",
        "hi: {en: Hello}",
    )
    caller = Caller(flow).does(HungUp())

    assert caller.values["left"] == "early"
    assert caller.is_over
    assert caller.action is None


def test_an_answer_to_another_question_changes_nothing() -> None:
    flow = nodes(f"hi: {{say: hi, next: again}}\nagain: {{say: hi, next: end}}\n{END}", "hi: {en: Hello}")
    first = begin(flow, {}, OPEN_US)
    second = hear(flow, first.place, Done(), OPEN_US, first.place.asked)
    late = hear(flow, second.place, Done(), OPEN_US, first.place.asked)

    assert late.ignored
    assert late.place == second.place
    assert late.action is None


def test_what_cannot_answer_the_open_question_changes_nothing() -> None:
    caller = Caller(nodes(f"hi: {{say: hi, next: end}}\n{END}", "hi: {en: Hello}"))
    before = caller.last.place
    caller.does(Keys("5"))

    assert caller.last.ignored
    assert caller.last.place == before


def test_steps_that_go_round_without_a_question_end_with_a_word() -> None:
    caller = Caller(nodes(f"one: {{set: {{a: b}}, next: two}}\ntwo: {{set: {{a: c}}, next: one}}\n{END}"))

    assert caller.hears == ["We are sorry, something went wrong. Please call again later."]
    assert caller.does(Done()).action == HangUp()


def test_a_failure_that_leads_into_a_failure_ends_with_a_word() -> None:
    flow = nodes(
        "find: {look_up: customer, by: {phone: caller}, into: a, next: find, none: find}",
        more="on: {failure: find}",
    )
    caller = Caller(flow).does(Failed())

    assert caller.hears == ["We are sorry, something went wrong. Please call again later."]


def test_questions_are_bounded() -> None:
    caller = Caller(nodes(f"hi: {{say: hi, next: hi}}\n{END}", "hi: {en: Hello}"))
    for _ in range(QUESTIONS_MAX + 2):
        caller.does(Done())

    assert caller.is_over


def test_a_step_that_a_later_version_does_not_have_any_more_ends_the_call() -> None:
    """Versions do not change under a call; but a hand at the tables can."""
    flow = nodes(f"hi: {{say: hi, next: end}}\n{END}", "hi: {en: Hello}")

    assert hear(flow, Place("gone", "en", asked=1, awaits="Say"), Done(), OPEN_US).action == HangUp()


def test_a_prompt_that_is_missing_in_a_language_is_said_in_the_usual_one() -> None:
    text = "flow: f\nlanguages: [zh-CN, en]\nstart: a\nprompts: {p: {zh-CN: 你好}}\nnodes: {a: {hang_up: p}}"

    assert Caller(flow_of(text), language="en").hears == ["你好"]


def test_what_is_found_may_be_as_long_as_it_likes_and_is_kept_bounded() -> None:
    flow = nodes(f"find: {{look_up: case, by: {{phone: caller}}, into: a, next: end, none: end}}\n{END}")
    caller = Caller(flow).does(Found({f"field{n}": "x" * 10_000 for n in range(50)}))

    assert len(caller.values) <= 31
    assert max(map(len, caller.values.values())) <= 500


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_input_leaves_a_call_without_an_action_or_an_end(path: Path, data: Any) -> None:
    """Whatever is heard, in whatever order: an action, an end, or nothing has changed and the question stands."""
    flow = flow_of(path.read_text(encoding="utf-8"))
    facts = data.draw(st.dictionaries(st.sampled_from(["caller", "value", "known"]), st.text(max_size=8)))
    walk(flow, facts, data.draw(st.lists(st.one_of(inputs, st.builds(HungUp)), max_size=40)), data.draw)


def walk(flow: Flow, facts: dict[str, str], said: list[Input], draw: Any) -> None:
    moved = begin(flow, facts, OPEN_US)
    for each in said:
        before = moved.place
        moved = hear(flow, before, each, OPEN_US)
        if moved.ignored:
            assert moved.place == before
            fits = isinstance(each, (HungUp, *ANSWERS[before.awaits])) if before.awaits else False
            assert before.is_over or not fits or (isinstance(each, HungUp) and before.gone)
        else:
            assert moved.place.is_over or moved.action is not None
            assert moved.place.asked == before.asked + 1
            assert not (moved.place.gone and moved.action is not None), "nobody is there to hear it"
    assert moved.place.is_over or moved.place.awaits


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_who_does_nothing_comes_to_an_end_or_to_a_queue(path: Path) -> None:
    caller = Caller(flow_of(path.read_text(encoding="utf-8")))
    for _ in range(100):
        if caller.is_over or caller.last.place.awaits == "Enqueue":
            break
        kinds = ANSWERS[caller.last.place.awaits]
        nothing = {Silence: Silence(), Done: Done(), NotFound: NotFound(), Recorded: Recorded(0.0)}
        caller.does(next(nothing[kind] for kind in kinds if kind in nothing))

    assert caller.is_over or caller.last.place.awaits == "Enqueue", caller.path
