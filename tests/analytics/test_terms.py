"""Is a text taken apart so that it is found again, whatever its language and however it was typed?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.plain_text import MASKED_LENGTH_MAX, masked, plain
from analytics.terms import TERMS_OF_ENTRY_MAX, Written, fragments, language_of, likes, stem, terms_of, weights_of


@pytest.mark.parametrize(
    "words",
    [
        ("rent", "rents", "renting", "rented"),
        ("charge", "charges", "charging", "charged"),
        ("payment", "pay", "pays", "paying"),
        ("cancel", "cancelled", "cancellation"),
        ("party", "parties"),
        ("sell", "selling", "sells"),
    ],
)
def test_forms_of_a_word_are_one_term(words: tuple[str, ...]):
    assert len({stem(word) for word in words}) == 1


@pytest.mark.parametrize(("one", "other"), [("rent", "rest"), ("lease", "least"), ("price", "prize")])
def test_different_words_stay_apart(one: str, other: str):
    assert stem(one) != stem(other)


def test_chinese_is_taken_apart_without_a_dictionary():
    assert list(terms_of("退押金")) == ["退押", "押金", "退", "押", "金"]


def test_a_text_may_hold_both_languages_and_forms_of_any_width():
    assert list(terms_of("ＷｉＦｉ 怎么装？")) == ["wifi", "怎么", "么装", "怎", "装"]
    assert language_of("WiFi怎么装") == "zh-CN"
    assert language_of("How?") == "en"


def test_words_that_say_nothing_are_left_out_of_what_is_asked_for():
    assert list(fragments("请问我可以退押金吗")) == ["退押金"]
    assert list(terms_of("How do I get it?")) == []


def test_what_stands_in_the_question_says_more_than_what_stands_in_the_answer():
    weights = weights_of(Written("Rent a flat?", ["A home to let"], ["letting"], "Call us about the deposit."))

    assert 0 < weights[stem("deposit")] < weights[stem("rent")] < 1
    assert weights[stem("home")] == weights[stem("flat")]


def test_parts_are_kept_of_the_questions_words_alone():
    weights = weights_of(Written("The deposit", [], [], "Unreasonable"))

    assert set(likes(stem("deposit"))) <= set(weights)
    assert not set(likes(stem("unreasonable"))) & set(weights)


@given(st.text(max_size=400), st.text(max_size=4000))
def test_any_text_is_taken_apart_within_bounds(question: str, answer: str):
    weights = weights_of(Written(question, [question], [], answer))

    assert len(weights) <= TERMS_OF_ENTRY_MAX
    assert all(0 < weight < 1 for weight in weights.values())
    assert all(0 < len(term) <= 41 for term in weights)


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        ("**Yes**, until *eight*.", "Yes, until eight."),
        ("# Hours\n- Monday\n- [Sunday](https://x.example)", "Hours\n– Monday\n– Sunday"),
        ("3 * 4 * 5 and snake_case_word", "3 * 4 * 5 and snake_case_word"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("`code`", "code"),
    ],
)
def test_marks_are_not_read_aloud(markdown: str, said: str):
    assert plain(markdown) == said


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("Where is my order 4711?", "where is my order #"),
        ("Call me at +49 (30) 123-456", "call me at #"),
        ("mail to Grace@cobol.example, please", "mail to @, please"),
        ("see https://x.example/?id=7", "see @"),
        ("我的电话是一三八零零一二三", "我的电话是#"),
        ("我的订单４７１１到哪了？", "我的订单#到哪了"),
        ("三房两卫多少钱", "三房两卫多少钱"),
    ],
)
def test_numbers_and_addresses_are_not_kept_of_a_question(asked: str, kept: str):
    assert masked(asked) == kept


@given(st.text(max_size=600))
def test_nothing_masked_is_longer_than_its_column_or_holds_a_digit(asked: str):
    kept = masked(asked)

    assert len(kept) <= MASKED_LENGTH_MAX
    assert not any(character in "0123456789" for character in kept)
