"""What does a text say without its marks and without what points at a person?"""

import re

from analytics.terms import normalised

MASKED_LENGTH_MAX = 200

_MARKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"```[^\n]*\n?|`"), ""),
    (re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)"), r"\1"),  # a link is its words
    (re.compile(r"^[ \t]{0,3}(?:#{1,6}|>)[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*[-*+][ \t]+", re.MULTILINE), "– "),
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), r"\1"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"\1"),
)
_MAIL = re.compile(r"[^\s@,;，；<>()]+@[^\s@,;，；<>()]+")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_NUMBER = re.compile(r"[+(]*\d(?:[\d\s().,/:-]*\d)?")
_CHINESE_NUMBER = re.compile(r"[零〇一二两三四五六七八九幺]{5,}")


def plain(markdown: str) -> str:
    """As it is read aloud and copied. What looks like HTML is text, here and everywhere."""
    for mark, instead in _MARKS:
        markdown = mark.sub(instead, markdown)
    return markdown.strip()


def masked(question: str) -> str:
    """One form for what is asked alike, without numbers and addresses, cut to MASKED_LENGTH_MAX characters."""
    text = normalised(question)
    for what, instead in ((_LINK, "@"), (_MAIL, "@"), (_NUMBER, "#"), (_CHINESE_NUMBER, "#")):
        text = what.sub(instead, text)
    return text.strip(" ?!.,。？！，")[:MASKED_LENGTH_MAX]
