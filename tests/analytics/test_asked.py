"""Does the best answer come first, in the readable twin of the search?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.asked import SLOTS_MAX, WAYS_MAX, Synonyms, slots_of, synonyms_of
from analytics.same_words import SHIPPED
from analytics.terms import Written, weights_of
from tests.analytics.naive_search import Index, search

NONE = synonyms_of([])


def index(**questions: str) -> Index:
    return {key: weights_of(Written(question, [], [], "")) for key, question in questions.items()}


LETTING = index(deposit="When is the deposit returned?", dogs="May I keep a dog?", keys="I have lost my keys")
租赁 = index(deposit="押金什么时候退？", dogs="可以养狗吗？", keys="钥匙丢了")


def best(entries: Index, asked: str, synonyms: Synonyms = NONE) -> str | None:
    found = search(entries, slots_of(asked, synonyms))
    return found[0][0] if found else None


@pytest.mark.parametrize(
    ("entries", "asked", "key"),
    [
        (LETTING, "returning deposits", "deposit"),
        (LETTING, "dogs?", "dogs"),
        (LETTING, "depsoit", None),
        (LETTING, "deposits", "deposit"),
        (LETTING, "the weather", None),
        (租赁, "我的押金何时能退", "deposit"),
        (租赁, "想养一条狗", "dogs"),
        (租赁, "天气", None),
    ],
)
def test_what_is_asked_finds_its_entry(entries: Index, asked: str, key: str | None):
    assert best(entries, asked) == key


def test_a_word_that_is_mistyped_is_known_by_its_parts():
    assert best(LETTING, "my depositt") == "deposit"


def test_a_word_that_means_the_same_finds_it_at_once_and_only_then():
    assert best(LETTING, "puppy") is None
    assert best(LETTING, "puppy", synonyms_of([["dog", "puppy"]])) == "dogs"
    assert best(租赁, "宠物") is None
    assert best(租赁, "宠物", synonyms_of([["狗", "宠物"]])) == "dogs"


def test_the_word_itself_says_more_than_one_that_means_the_same():
    entries = index(flat="A flat to rent", home="A home to rent")
    same = synonyms_of([["flat", "home"]])

    assert [best(entries, asked, same) for asked in ("flat", "home")] == ["flat", "home"]


def test_several_words_may_mean_the_same_as_one():
    same = synonyms_of([["terminate", "get out of"], ["deposit", "money back"]])

    assert best(index(end="Terminate a contract", deposit="Pay a deposit"), "How do I get out of it", same) == "end"
    assert best(LETTING, "money back", same) == "deposit"


def test_a_rare_word_decides_over_a_common_one():
    entries = index(one="rent price", two="rent keys", three="rent a boat", four="rent late")

    assert best(entries, "rent boat") == "three"


def test_a_question_that_says_nothing_asks_for_nothing():
    assert slots_of("How do I?", NONE) == []
    assert slots_of("请问怎么", NONE) == []
    assert slots_of("", NONE) == []


@given(st.text(max_size=300), st.sampled_from(sorted(SHIPPED)))
def test_whatever_is_asked_stays_within_its_bounds(asked: str, language: str):
    slots = slots_of(asked, synonyms_of(SHIPPED[language]))

    assert len(slots) <= SLOTS_MAX
    assert all(0 < len(slot.ways) <= WAYS_MAX for slot in slots)
    assert all(way.terms and 0 < way.need <= len(way.terms) for slot in slots for way in slot.ways)


def test_every_word_that_is_shipped_is_in_two_words_of_its_group():
    for groups in SHIPPED.values():
        assert all(len(set(group)) == len(group) >= 2 for group in groups)
