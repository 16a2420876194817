"""What is written in the demo's chats and mails? In Chinese and English, as the other side writes."""

import random
from collections.abc import Sequence

from floor.visitor import Matter
from floor.writing_desk import Words

CHAT_S = 900.0  # then a visitor has closed the page
ASKED = {
    "zh": ("大概需要多长时间？", "周末也可以吗？", "需要带什么材料？"),
    "en": ("How long will it take?", "Would a Saturday do?", "What should I bring?"),
}
ANSWERED = {
    "zh": ("可以的，我帮您登记。", "请稍等，我查一下……可以。", "没问题，我们会与您联系。"),
    "en": (
        "Yes, I have noted it for you.",
        "One moment, I look it up … yes, it is.",
        "That is fine, you will hear from us.",
    ),
}
HELLO = "您好，请问有什么可以帮您？ Hello, what can I do for you?"
LETTER = """您好，

您的来信已处理，如有其他问题请随时联系我们。

Hello,

it is taken care of. Do write if anything is left."""


def language_of(text: str) -> str:
    return "zh" if any("\u4e00" <= letter <= "\u9fff" for letter in text) else "en"


def words(chance: random.Random) -> Words:
    return Words(HELLO, LETTER, lambda text: chance.choice(ANSWERED[language_of(text)]))


def matter(question: str, chance: random.Random) -> Matter:
    """A question, and as a rule another."""
    more: Sequence[str] = ASKED[language_of(question)]
    says = [question, *chance.sample(more, chance.randrange(3))]
    return Matter(says, chance.uniform(60, 300), chance.uniform(4, 15), stays=chance.random() < 0.3, life_s=CHAT_S)
