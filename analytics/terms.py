"""Of which terms is a text made, so that it is found again in Chinese and in English?

English: stems of words, and the trigrams of longer ones for what is mistyped. Chinese is written without spaces, and no
dictionary knows a company's words: pairs of neighbouring characters, and single ones. A text may hold both.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analytics.stop_words import CHINESE, CHINESE_LENGTH_MAX, ENGLISH

TERMS_OF_ENTRY_MAX = 2_000
TERM_LENGTH_MAX = 40
LIKE = "~"  # what begins with it is a part of a word
LIKE_LENGTH_MIN = 5  # parts of shorter words are everywhere

# A word in the question says more than one in the answer; the second time says little (BM25F, Robertson 2004).
QUESTION, VARIANT, TAG, ANSWER = 3.0, 3.0, 1.0, 0.7
SATURATION = 1.5
ANSWER_TYPICAL, LENGTH_COUNTS = 40, 0.5  # terms of an answer, and how much a longer one loses by it

_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W_\u3400-\u4dbf\u4e00-\u9fff]+")
_VOWEL = re.compile(r"[aeiouy]")
_ENDINGS = (
    "ations",
    "ation",
    "ments",
    "ment",
    "ings",
    "ing",
    "ers",
    "ed",
    "er",
    "ly",
    "es",
    "s",
    "e",
)  # the longest first
_STEM_MIN = 3


@dataclass(frozen=True, slots=True)
class Written:
    """What an entry says of itself."""

    question: str
    variants: Sequence[str]
    tags: Sequence[str]
    answer: str


def normalised(text: str) -> str:
    """One form for what looks alike: full-width letters, capitals, spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def runs(text: str) -> Iterator[str]:
    """Words, and unbroken rows of Chinese characters."""
    for found in _RUN.finditer(normalised(text)):
        yield found.group()


def is_chinese(run: str) -> bool:
    return "\u3400" <= run[0] <= "\u9fff"


def language_of(text: str) -> str:
    """In which collection a question is looked for, when nobody says."""
    return "zh-CN" if any(is_chinese(run) for run in runs(text)) else "en"


def stem(word: str) -> str:
    """The same for rent, rents, renting, rented; not a root that a linguist would know."""
    if len(word) > TERM_LENGTH_MAX or not word.isascii():
        return word[:TERM_LENGTH_MAX]
    for ending in ("ies", "ied"):
        if word.endswith(ending) and len(word) > _STEM_MIN + 1:
            return word.removesuffix(ending) + "y"
    left = next((left for ending in _ENDINGS if (left := word.removesuffix(ending)) != word and _is_stem(left)), word)
    return left[:-1] if len(left) > _STEM_MIN and left[-1] == left[-2] else left


def _is_stem(left: str) -> bool:
    return len(left) >= _STEM_MIN and _VOWEL.search(left) is not None


def likes(stemmed: str) -> tuple[str, ...]:
    """Parts of a word, by which it is known although it is mistyped."""
    if len(stemmed) < LIKE_LENGTH_MIN:
        return ()
    marked = f"^{stemmed}$"
    return tuple(dict.fromkeys(LIKE + marked[n : n + 3] for n in range(len(marked) - 2)))


def fragments(run: str) -> Iterator[str]:
    """What is left of a Chinese row between words that say nothing, the longest of them first."""
    begun, n = 0, 0
    while n < len(run):
        for length in range(min(CHINESE_LENGTH_MAX, len(run) - n), 0, -1):
            if run[n : n + length] in CHINESE:
                if begun < n:
                    yield run[begun:n]
                n += length
                begun = n
                break
        else:
            n += 1
    if begun < n:
        yield run[begun:n]


def pairs(fragment: str) -> tuple[str, ...]:
    return tuple(fragment[n : n + 2] for n in range(len(fragment) - 1))


def terms_of(text: str) -> Iterator[str]:
    """Each as often as it is there. Chinese rows are not cut here: what is asked for is, and finds them."""
    for run in runs(text):
        if is_chinese(run):
            yield from pairs(run)
            yield from (each for each in run if each not in CHINESE)
        elif run not in ENGLISH:
            yield stem(run)


def weights_of(written: Written) -> dict[str, float]:
    """Term -> how much it says about the entry, between 0 and 1."""
    asked = (written.question, *written.variants)
    counted: defaultdict[str, float] = defaultdict(float)
    for share, texts in ((QUESTION, asked[:1]), (VARIANT, asked[1:]), (TAG, written.tags)):
        for term in (term for text in texts for term in terms_of(text)):
            counted[term] += share
    told = Counter(terms_of(written.answer))
    longer = 1 - LENGTH_COUNTS + LENGTH_COUNTS * told.total() / ANSWER_TYPICAL
    for term, times in told.items():
        counted[term] += ANSWER * times / longer
    words = (run for text in asked for run in runs(text) if not is_chinese(run))
    counted |= {like: QUESTION for word in words for like in _likes_of(word)}
    return _saturated(counted)


def _likes_of(word: str) -> tuple[str, ...]:
    return () if word in ENGLISH else likes(stem(word))


def _saturated(counted: Mapping[str, float]) -> dict[str, float]:
    most = sorted(counted, key=lambda term: (-counted[term], term))[:TERMS_OF_ENTRY_MAX]
    return {term: round(counted[term] / (counted[term] + SATURATION), 4) for term in most}
