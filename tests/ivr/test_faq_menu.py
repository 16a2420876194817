"""Can a caller choose a question, hear its answer, hear it again, and come out in every case?"""

import pytest

from ivr.check import check
from ivr.interpreter import QUESTIONS_MAX
from ivr.load import load
from ivr.words import Collect, Done, Failed, Found, HungUp, Input, Keys, LookUp, NotFound, Silence
from tests.ivr.caller import Caller, nodes

PROMPTS = "often: {en: Often asked.}, bye: {en: Good-bye.}, sorry: {en: No answer.}, away: {en: To an agent.}"
FLOW = """
faq: {faq_menu: letting, say: often, most: 3, tries: 2, next: end, none: other, on: {silence: away, wrong: away}}
end: {hang_up: bye}
other: {hang_up: sorry}
away: {hang_up: away}
"""
TWO = Found({"id.1": "a", "question.1": "How?", "id.2": "b", "question.2": "When?"})
ANSWER = Found({"text": "Tomorrow."})


def caller(*said: Input) -> Caller:
    return Caller(nodes(FLOW, PROMPTS)).does(*said)


def test_the_questions_of_the_tag_are_offered_by_their_keys() -> None:
    asks = caller()

    assert asks.action == LookUp("faq", {"tag": "letting", "language": "en", "most": "3"}, 2.0)
    assert asks.does(TWO).hears == ["Often asked.", "How? Press 1.", "When? Press 2."]
    assert isinstance(asks.action, Collect)
    assert (asks.action.keys_min, asks.action.keys_max, asks.action.secret) == (1, 1, False)


def test_the_chosen_question_is_answered_and_answered_again() -> None:
    asks = caller(TWO, Keys("2"))

    assert asks.action == LookUp("faq", {"id": "b", "language": "en"}, 2.0)
    assert asks.does(ANSWER).hears == ["Tomorrow.", "To hear it again, press star."]
    assert asks.does(Keys("*")).action == LookUp("faq", {"id": "b", "language": "en"}, 2.0)
    assert asks.does(ANSWER).hears[0] == "Tomorrow."
    assert asks.does(Silence()).path == ["faq", "end"]


@pytest.mark.parametrize("said", [Keys("1"), Keys("#"), Silence()])
def test_any_other_key_and_silence_say_that_it_is_answered(said: Input) -> None:
    assert caller(TWO, Keys("1"), ANSWER, said).path == ["faq", "end"]


@pytest.mark.parametrize("said", [NotFound(), Found({}), Found({"question.1": "How?"})])
def test_a_tag_without_questions_goes_another_way(said: Input) -> None:
    assert caller(said).path == ["faq", "other"]


@pytest.mark.parametrize("said", [NotFound(), Found({}), Found({"text": ""})])
def test_an_answer_that_is_gone_meanwhile_goes_another_way(said: Input) -> None:
    assert caller(TWO, Keys("1"), said).path == ["faq", "other"]


@pytest.mark.parametrize("key", ["3", "0", "*", "9"])
def test_a_key_without_a_question_is_told_and_often_enough_leads_out(key: str) -> None:
    asks = caller(TWO, Keys(key))

    assert asks.hears == ["That is not one of the choices.", "Often asked.", "How? Press 1.", "When? Press 2."]
    assert asks.does(Keys(key)).path == ["faq", "away"]


def test_who_says_nothing_is_asked_again_and_then_led_on() -> None:
    asks = caller(TWO, Silence())

    assert asks.hears[0] == "We did not hear anything."
    assert asks.does(Silence()).path == ["faq", "away"]


@pytest.mark.parametrize("before", [(), (TWO,), (TWO, Keys("1")), (TWO, Keys("1"), ANSWER)])
def test_a_failure_anywhere_leaves_nobody_in_silence(before: tuple[Input, ...]) -> None:
    asks = caller(*before, Failed())

    assert asks.hears[0].startswith("We are sorry")
    assert asks.does(Done()).is_over


@pytest.mark.parametrize("before", [(), (TWO,), (TWO, Keys("1")), (TWO, Keys("1"), ANSWER)])
def test_whoever_hangs_up_is_asked_nothing_more(before: tuple[Input, ...]) -> None:
    assert caller(*before, HungUp()).is_over


def test_what_was_chosen_is_not_left_with_the_contact() -> None:
    assert caller(TWO, Keys("1"), ANSWER, Silence()).values == {"caller": "+4930123456"}


def test_a_caller_who_never_stops_is_led_out_at_the_end() -> None:
    asks = caller(TWO, Keys("1"))
    while not asks.last.ignored:
        asks.does(ANSWER, Keys("*"))

    assert asks.last.place.asked <= QUESTIONS_MAX + 1
    assert asks.does(Done()).is_over


def test_no_more_questions_than_keys_are_offered_and_long_ones_are_cut() -> None:
    many = Found({f"{name}.{n}": "x" * 400 for n in range(1, 13) for name in ("id", "question")})

    assert len(caller(many).hears) == 1 + 9
    assert max(map(len, caller(many).hears)) < 220


def test_in_chinese_it_is_said_in_chinese() -> None:
    flow = load(
        "flow: small\nlanguages: [zh-CN]\nstart: faq\nnodes:\n"
        "  faq: {faq_menu: 租赁, again: 9, next: end, none: end, on: {silence: end, wrong: end}}\n"
        "  end: {hang_up: ''}\n"
    ).flow
    assert flow is not None
    asks = Caller(flow).does(TWO)

    assert asks.hears == ["How?请按1。", "When?请按2。"]
    assert asks.does(Keys("1"), ANSWER).hears[1] == "重听请按9。"


@pytest.mark.parametrize("wrong", ["faq_menu: 'two words'", "faq_menu: x, most: 10", "faq_menu: x, again: 12"])
def test_what_cannot_be_offered_cannot_be_published(wrong: str) -> None:
    text = f"flow: f\nlanguages: [en]\nstart: a\nnodes:\n  a: {{{wrong}, next: b, none: b}}\n  b: {{hang_up: ''}}\n"

    assert [problem for problem in check(text) if problem.serious]


def test_a_tag_without_questions_that_leads_back_to_itself_is_a_loop() -> None:
    text = (
        "flow: f\nlanguages: [en]\nstart: a\nnodes:\n"
        "  a: {faq_menu: x, next: b, none: c, on: {silence: b, wrong: b}}\n  b: {hang_up: ''}\n"
        "  c: {set: {v: '1'}, next: a}\n"
    )

    assert "flow.loop" in [problem.text_key for problem in check(text)]
