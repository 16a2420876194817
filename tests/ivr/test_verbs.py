"""What does each step of a flow do, and where does it lead when the caller does not do what was asked?"""

import pytest

from ivr.words import (
    Answered,
    CallBack,
    Collect,
    Done,
    Enqueue,
    Failed,
    Found,
    HangUp,
    Keys,
    LookUp,
    NotFound,
    Record,
    Recorded,
    Returned,
    Say,
    Silence,
    Transfer,
)  # fmt: skip
from tests.ivr.caller import OPEN_US, Caller, flow_of, nodes

END = "end: {hang_up: ''}"
OTHER = "other: {hang_up: bye}"
BYE = "bye: {en: Good-bye.}"


def test_what_is_said_is_said_and_then_it_goes_on() -> None:
    caller = Caller(nodes(f"hello: {{say: hi, next: end}}\n{END}", "hi: {en: 'Hello {caller}.'}"))

    assert caller.hears == ["Hello +4930123456."]
    assert caller.does(Done()).action == HangUp()
    assert caller.is_over


def test_a_recording_is_said_as_a_file() -> None:
    caller = Caller(nodes(f"hello: {{say: hi, next: end}}\n{END}", "hi: {en: {file: hello.wav}}"))

    assert caller.hears == ["hello.wav"]


# --- menu -------------------------------------------------------------------------------------------------------------

MENU = f"main: {{menu: which, keys: {{1: end, 2: other}}}}\n{END}\n{OTHER}"
WHICH = f"which: {{en: 'One or two?'}}, {BYE}"


def test_a_key_chooses() -> None:
    caller = Caller(nodes(MENU, WHICH))

    assert caller.action == Collect(caller.action.prompts, 1, 1, "", 5.0, 3.0)  # type: ignore[union-attr]
    assert caller.does(Keys("2")).hears == ["Good-bye."]


@pytest.mark.parametrize(
    ("said", "told"), [(Silence(), "We did not hear anything."), (Keys("7"), "That is not one of the choices.")]
)
def test_who_presses_nothing_or_something_else_is_told_and_asked_again_three_times_in_all(said, told) -> None:
    caller = Caller(nodes(MENU, WHICH))
    caller.does(said)
    again = caller.hears
    caller.does(said)
    caller.does(said)

    assert again == [told, "One or two?"]
    assert caller.hears == ["We are sorry, something went wrong. Please call again later."]
    assert caller.does(Done()).action == HangUp()


def test_silence_and_wrong_keys_lead_where_the_step_says() -> None:
    text = MENU.replace("keys:", "tries: 1, on: {silence: other, wrong: end}, keys:")

    assert Caller(nodes(text, WHICH)).does(Silence()).path[-1] == "other"
    assert Caller(nodes(text, WHICH)).does(Keys("9")).path[-1] == "end"


def test_where_the_step_does_not_say_the_flow_does() -> None:
    flow = nodes(MENU.replace("keys:", "tries: 1, keys:"), WHICH, "on: {silence: other, failure: end}")

    assert Caller(flow).does(Silence()).path[-1] == "other"
    assert Caller(flow).does(Keys("9")).path[-1] == "end", "wrong has no way of its own: failure"
    assert Caller(flow).does(Failed()).path[-1] == "end"


# --- collect ----------------------------------------------------------------------------------------------------------

COLLECT = f"ask: {{collect: order, ask: which, digits_min: 4, digits_max: 6, next: other}}\n{END}\n{OTHER}"


@pytest.mark.parametrize("pressed", ["1234", "123456"])
def test_digits_are_kept(pressed: str) -> None:
    assert Caller(nodes(COLLECT, WHICH)).does(Keys(pressed)).values["order"] == pressed


@pytest.mark.parametrize("pressed", ["123", "1234567", "12*4", "", "١٢٣٤", "12 4"])
def test_what_are_not_so_many_digits_is_asked_again(pressed: str) -> None:
    caller = Caller(nodes(COLLECT, WHICH)).does(Keys(pressed))

    assert "order" not in caller.values
    assert caller.hears[0] == "That is not one of the choices."


def test_a_secret_is_kept_apart_used_once_and_forgotten() -> None:
    text = f"""
pin: {{collect: pin, ask: which, secret: true, next: find}}
find: {{look_up: http, endpoint: bank, by: {{pin: pin}}, into: account, next: other, none: end}}
{END}
{OTHER}
"""
    caller = Caller(nodes(text, WHICH))
    asked = caller.action
    caller.does(Keys("4711"))
    kept, question = caller.last.place, caller.action
    caller.does(Found({"balance": "12"}))

    assert isinstance(asked, Collect)
    assert asked.secret
    assert question == LookUp("http", {}, 3.0, "bank", {"pin": "pin"})
    assert "4711" not in str([kept, question]), "it is named, and not told"
    assert "4711" not in repr(Keys("4711"))
    assert "pin" not in kept.values
    assert caller.last.place.secrets == {}
    assert caller.values["account.balance"] == "12"


# --- look_up, set, choose, hours --------------------------------------------------------------------------------------

FIND = f"find: {{look_up: customer, by: {{phone: caller}}, into: who, next: other, none: end}}\n{END}\n{OTHER}"


def test_what_is_found_is_kept_under_its_name() -> None:
    caller = Caller(nodes(FIND, WHICH))

    assert caller.action == LookUp("customer", {"phone": "+4930123456"}, 3.0)
    assert caller.does(Found({"name": "Ann", "value": "80"})).values["who.name"] == "Ann"
    assert caller.path == ["find", "other"]


def test_what_is_not_found_and_what_fails_have_ways_of_their_own() -> None:
    failing = FIND.replace("next: other", "next: other, on: {failure: other}")

    assert Caller(nodes(FIND, WHICH)).does(NotFound()).path[-1] == "end"
    assert Caller(nodes(failing, WHICH)).does(Failed()).path[-1] == "other"


def test_variables_are_set_from_others_and_chosen_by() -> None:
    text = f"""
first: {{set: {{greeting: 'Call from {{caller}}', vip: 'true'}}, next: which}}
which:
  choose:
    - {{when: 'value >= 90 and vip', next: other}}
    - {{when: 'value >= 60', next: end}}
  otherwise: end
{END}
{OTHER}
"""
    facts = {"caller": "+49301", "value": "95"}

    assert Caller(nodes(text, WHICH), facts).values["greeting"] == "Call from +49301"
    assert Caller(nodes(text, WHICH), facts).path == ["first", "which", "other"]
    assert Caller(nodes(text, WHICH), {"value": "9"}).path == ["first", "which", "end"]


def test_the_language_can_be_chosen_by() -> None:
    text = f"which: {{choose: [{{when: 'language == \"en\"', next: other}}], otherwise: end}}\n{END}\n{OTHER}"

    assert Caller(nodes(text, WHICH)).path == ["which", "other"]


@pytest.mark.parametrize(("now_us", "node"), [(OPEN_US, "end"), (OPEN_US + 12 * 3600 * 1_000_000, "other")])
def test_hours_tell_open_from_closed(now_us: int, node: str) -> None:
    text = f"""
open: {{hours: {{zone: Asia/Shanghai, weekly: {{thu: ['09:00-18:00']}}}}, open: end, closed: other}}
{END}
{OTHER}
"""

    assert Caller(nodes(text, WHICH), now_us=now_us).path == ["open", node]


# --- language ---------------------------------------------------------------------------------------------------------


def test_the_language_is_asked_in_every_language_and_kept() -> None:
    flow = flow_of("""
flow: two
languages: [zh-CN, en]
start: ask
prompts:
  ask: {zh-CN: 中文请按一, en: English press two}
  bye: {zh-CN: 再见, en: Good-bye}
nodes:
  ask: {language: ask, keys: {1: zh-CN, 2: en}, next: bye}
  bye: {hang_up: bye}
""")
    caller = Caller(flow)

    assert caller.hears == ["中文请按一", "English press two"]
    assert caller.does(Keys("2")).hears == ["Good-bye"]
    assert caller.last.place.language == "en"
    assert Caller(flow).does(Keys("5")).hears[0] == "您的输入无效。"


# --- faq --------------------------------------------------------------------------------------------------------------

FAQ = f"faq: {{faq: hours, next: end, none: other}}\n{END}\n{OTHER}"


def test_an_answer_of_the_collection_is_said() -> None:
    caller = Caller(nodes(FAQ, WHICH))

    assert caller.action == LookUp("faq", {"key": "hours", "language": "en"}, 2.0)
    assert caller.does(Found({"text": "From nine to five."})).hears == ["From nine to five."]
    assert caller.does(Done()).path == ["faq", "end"]


@pytest.mark.parametrize("said", [NotFound(), Found({}), Found({"text": ""})])
def test_a_question_without_an_answer_goes_another_way(said) -> None:
    assert Caller(nodes(FAQ, WHICH)).does(said).path == ["faq", "other"]


# --- enqueue ----------------------------------------------------------------------------------------------------------

QUEUE = f"wait: {{enqueue: Sales, requirement: 'zh >= 3', priority: 2, on: {{limit: other}}}}\n{END}\n{OTHER}"


def test_who_is_answered_by_an_agent_has_left_the_flow() -> None:
    caller = Caller(nodes(QUEUE, WHICH))

    assert caller.action == Enqueue("Sales", "zh >= 3", 2)
    assert caller.does(Answered()).is_over
    assert caller.action is None


def test_a_queue_can_give_the_caller_back() -> None:
    assert Caller(nodes(QUEUE, WHICH)).does(Returned("limit")).hears == ["Good-bye."]
    assert Caller(nodes(QUEUE, WHICH)).does(Returned("closed")).hears[0].startswith("We are sorry")


def test_something_may_be_said_before_the_wait() -> None:
    caller = Caller(nodes(QUEUE.replace("{enqueue", "{say: which, enqueue"), WHICH))

    assert caller.hears == ["One or two?"]
    assert caller.does(Done()).action == Enqueue("Sales", "zh >= 3", 2)


# --- offer_callback ---------------------------------------------------------------------------------------------------

OFFER = f"""
offer: {{offer_callback: offer, ask_number: number, confirm_number: right, next: other, declined: end}}
{END}
{OTHER}
"""
OFFERED = f"offer: {{en: offer}}, number: {{en: number}}, right: {{en: 'is it {{number:digits}}'}}, {BYE}"


def test_one_key_promises_a_call_to_the_number_that_calls() -> None:
    caller = Caller(nodes(OFFER, OFFERED)).does(Keys("1"))

    assert caller.action == CallBack("+4930123456")
    assert caller.does(Done()).path == ["offer", "other"]


def test_another_number_is_read_back_and_confirmed() -> None:
    caller = Caller(nodes(OFFER, OFFERED)).does(Keys("2"))
    asked = caller.hears
    read_back = caller.does(Keys("030555")).hears

    assert asked == ["number"]
    assert read_back == ["is it 0 3 0 5 5 5"]
    assert caller.does(Keys("1")).action == CallBack("030555")


def test_a_number_that_is_not_right_is_asked_for_again_and_not_for_ever() -> None:
    caller = Caller(nodes(OFFER, OFFERED)).does(Keys("2"), Keys("030555"), Keys("2"))
    again = caller.hears
    caller.does(Keys("030556"), Keys("2"), Keys("030557"), Keys("2"))

    assert again == ["number"]
    assert caller.hears[0].startswith("We are sorry")


def test_who_shows_no_number_is_asked_for_one() -> None:
    assert Caller(nodes(OFFER, OFFERED), {}).does(Keys("1")).hears == ["number"]


def test_any_other_key_declines() -> None:
    assert Caller(nodes(OFFER, OFFERED)).does(Keys("9")).path == ["offer", "end"]


def test_a_number_that_may_not_be_called_is_a_failure() -> None:
    failing = OFFER.replace("declined: end", "declined: end, on: {failure: end}")

    assert Caller(nodes(failing, OFFERED)).does(Keys("1"), Failed()).path == ["offer", "end"]


# --- voicemail, transfer, survey --------------------------------------------------------------------------------------


def test_a_message_is_recorded_and_one_that_is_none_is_not_taken_for_one() -> None:
    flow = nodes(f"mail: {{voicemail: which, max_s: 30, next: other, on: {{silence: end}}}}\n{END}\n{OTHER}", WHICH)

    assert Caller(flow).action == Record(Caller(flow).action.prompts, 30.0, "#", 5.0)  # type: ignore[union-attr]
    assert Caller(flow).does(Recorded(8.0)).path == ["mail", "other"]
    assert Caller(flow).does(Recorded(0.4)).path == ["mail", "end"]


def test_a_transfer_ends_the_flow_or_comes_back_with_the_reason() -> None:
    flow = nodes(f"out: {{transfer: '+4930999', on: {{busy: other, no_answer: end}}}}\n{END}\n{OTHER}", WHICH)

    assert Caller(flow).action == Transfer("+4930999", 30.0)
    assert Caller(flow).does(Done()).is_over
    assert Caller(flow).does(Failed("busy")).path == ["out", "other"]
    assert Caller(flow).does(Failed("no_answer")).path == ["out", "end"]


def test_a_survey_asks_one_after_the_other_and_leaves_out_what_is_not_answered() -> None:
    text = f"""
survey:
  survey:
    - {{ask: which, into: friendly, keys: [1, 2, 3]}}
    - {{ask: bye, into: solved, keys: [1, 2]}}
  next: end
{END}
"""
    caller = Caller(nodes(text, WHICH)).does(Silence(), Silence())
    second = caller.hears
    caller.does(Keys("2"))

    assert second == ["Good-bye."]
    assert caller.values.get("friendly") is None
    assert caller.values["solved"] == "2"
    assert caller.is_over


def test_the_last_word_is_said_before_the_call_ends() -> None:
    caller = Caller(nodes("bye: {hang_up: bye}", BYE))

    assert isinstance(caller.action, Say)
    assert caller.does(Done()).action == HangUp()
