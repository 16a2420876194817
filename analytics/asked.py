"""What does a question ask for? Slots, each of which an entry can fill in several ways.

A way is a set of terms: the word itself, a word that means the same, or enough parts of it where it is mistyped. The
best way fills the slot. The store weighs the terms by how rare they are (app/store/faq_search.py, and its readable twin
in tests/analytics). A collection is indexed without synonyms, so that new ones count at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

from analytics.stop_words import ENGLISH, LIGHT
from analytics.terms import fragments, is_chinese, likes, pairs, runs, stem

SLOTS_MAX, WAYS_MAX, ROWS_MAX = 64, 24, 1_500
SAME, ALIKE, SINGLE = 0.8, 0.5, 0.3  # of what the word itself counts: a synonym, a mistyped word, one character
ONE_CHARACTER, PER_PAIR = 0.6, 1.0  # what a word with synonyms weighs
LITTLE = 0.4  # what a word of every conversation weighs
ALIKE_PARTS = 0.6  # of the parts have to be there
GROUPS_MAX, GROUP_WORDS_MAX, WORD_LENGTH_MAX = 500, 20, 40

Groups = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Way:
    """`share`: of the slot's weight; `need`: how many of its terms have to be there."""

    terms: tuple[str, ...]
    share: float
    need: int


@dataclass(frozen=True, slots=True)
class Slot:
    weight: float
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Words by what they begin with, so that the longest is found first."""

    latin: dict[tuple[str, ...], frozenset[int]]
    chinese: dict[str, frozenset[int]]
    groups: tuple[tuple[tuple[str, ...], ...], ...]  # number of a group -> the terms of each of its words
    latin_max: int = field(default=1)
    chinese_max: int = field(default=1)


def synonyms_of(groups: Groups) -> Synonyms:
    latin: dict[tuple[str, ...], set[int]] = {}
    chinese: dict[str, set[int]] = {}
    members: list[tuple[tuple[str, ...], ...]] = []
    for number, words in enumerate(groups):
        for word in words:
            found = tuple(runs(word))
            if found and all(is_chinese(run) for run in found):
                chinese.setdefault("".join(found), set()).add(number)
            elif found:
                latin.setdefault(tuple(stem(run) for run in found), set()).add(number)
        members.append(tuple(dict.fromkeys(terms for word in words if (terms := _content(word)))))
    return Synonyms(
        {words: frozenset(numbers) for words, numbers in latin.items()},
        {word: frozenset(numbers) for word, numbers in chinese.items()},
        tuple(members),
        max(map(len, latin), default=1),
        max(map(len, chinese), default=1),
    )


def _content(word: str) -> tuple[str, ...]:
    """Terms by which an entry is found that says this word."""
    found: list[str] = []
    for run in runs(word):
        if is_chinese(run):
            found += pairs(run) if len(run) > 1 else (run,)
        elif run not in ENGLISH:
            found.append(stem(run))
    return tuple(found)


def slots_of(text: str, synonyms: Synonyms) -> list[Slot]:
    """None where a question says nothing; no more than SLOTS_MAX of them."""
    slots: list[Slot] = []
    words: list[str] = []
    for run in [*runs(text), ""]:
        if run and not is_chinese(run):
            words.append(run)
            continue
        slots += _latin(words, synonyms)
        words = []
        if run:
            slots += _chinese(run, synonyms)
    return slots[:SLOTS_MAX]


# --- English ----------------------------------------------------------------------------------------------------------


def _latin(words: Sequence[str], synonyms: Synonyms) -> Iterator[Slot]:
    stems = [stem(word) for word in words]
    n = 0
    while n < len(stems):
        for length in range(min(synonyms.latin_max, len(stems) - n), 0, -1):
            numbers = synonyms.latin.get(tuple(stems[n : n + length]))
            if numbers and (length > 1 or words[n] not in ENGLISH):
                said = _content(" ".join(words[n : n + length]))
                yield _slot(_weight(words[n : n + length]), said, numbers, synonyms)
                n += length
                break
        else:
            if words[n] not in ENGLISH:
                yield _slot(_weight(words[n : n + 1]), (stems[n],), frozenset(), synonyms)
            n += 1


def _weight(words: Sequence[str]) -> float:
    return LITTLE if all(word in LIGHT or word in ENGLISH for word in words) else 1.0


def _slot(weight: float, said: tuple[str, ...], numbers: frozenset[int], synonyms: Synonyms) -> Slot:
    ways = [Way(said, 1.0, len(said))] if said else []
    others = dict.fromkeys(terms for number in sorted(numbers) for terms in synonyms.groups[number] if terms != said)
    ways += [Way(terms, SAME, len(terms)) for terms in others]
    if len(said) == 1 and (parts := likes(said[0])):
        ways.append(Way(parts, ALIKE, ceil(ALIKE_PARTS * len(parts))))
    return Slot(weight, tuple(ways[:WAYS_MAX]))


# --- Chinese ----------------------------------------------------------------------------------------------------------


def _chinese(run: str, synonyms: Synonyms) -> Iterator[Slot]:
    """Words that have synonyms are one slot each, the rest is cut where it says nothing."""
    begun, n = 0, 0
    while n < len(run):
        for length in range(min(synonyms.chinese_max, len(run) - n), 0, -1):
            word = run[n : n + length]
            if numbers := synonyms.chinese.get(word):
                yield from _rest(run[begun:n], synonyms)
                yield from _word(word, numbers, synonyms)
                n += length
                begun = n
                break
        else:
            n += 1
    yield from _rest(run[begun:], synonyms)


def _word(word: str, numbers: frozenset[int], synonyms: Synonyms) -> Iterator[Slot]:
    """A longer one counts for more; its characters count beside it, as everywhere."""
    yield _slot(_weight((word,)) * max(ONE_CHARACTER, (len(word) - 1) * PER_PAIR), _content(word), numbers, synonyms)
    if len(word) > 1:
        yield from _singles(word)


def _rest(run: str, synonyms: Synonyms) -> Iterator[Slot]:
    for fragment in fragments(run):
        yield from (Slot(_weight((pair,)), (Way((pair,), 1.0, 1),)) for pair in pairs(fragment))
        yield from _singles(fragment)


def _singles(text: str) -> Iterator[Slot]:
    return (Slot(SINGLE, (Way((each,), 1.0, 1),)) for fragment in fragments(text) for each in fragment)
