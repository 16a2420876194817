"""What is said, in which language, and how do values come into it?

`{name}` in a text is the value of a variable; `{name:digits}` has it read digit by digit. A variable that nobody has
set is said as nothing.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ivr.words import Spoken

TEXT_LENGTH_MAX = 2_000
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_.]*)(:digits)?\}")

Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LENGTH_MAX)]


FILE = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}(/[A-Za-z0-9][A-Za-z0-9_-]{0,79})?\.wav$"


class Recording(BaseModel):
    """A file that the company has uploaded, in the language in which it is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Annotated[str, StringConstraints(pattern=FILE)]


Prompt = Annotated[Mapping[str, Text | Recording], Field(min_length=1)]  # by language

# Said when a flow has no prompt of that name, and where there is no flow: nobody is left in silence because a text was
# forgotten.
BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "nothing_heard": {"en": "We did not hear anything.", "zh-CN": "我们没有收到您的输入。"},
    "not_understood": {"en": "That is not one of the choices.", "zh-CN": "您的输入无效。"},
    "closed_hours": {
        "en": "You are calling outside of our opening hours. Please call again later.",
        "zh-CN": "现在不是我们的营业时间，请稍后再拨。",
    },
    "message": {
        "en": "All our people are busy. Please call again later.",
        "zh-CN": "目前所有坐席都在忙，请稍后再拨。",
    },
    "wait_busy": {
        "en": "All our people are busy. Please hold the line.",
        "zh-CN": "目前所有坐席都在忙，请稍候。",
    },
    "wait_soon": {
        "en": "All our people are busy. It will take about a minute.",
        "zh-CN": "目前所有坐席都在忙，预计等待约一分钟。",
    },
    "wait_up_to": {
        "en": "All our people are busy. You will probably wait up to {high} minutes.",
        "zh-CN": "目前所有坐席都在忙，预计等待不超过{high}分钟。",
    },
    "wait_about": {
        "en": "All our people are busy. You will probably wait about {high} minutes.",
        "zh-CN": "目前所有坐席都在忙，预计等待约{high}分钟。",
    },
    "wait_range": {
        "en": "All our people are busy. You will probably wait between {low} and {high} minutes.",
        "zh-CN": "目前所有坐席都在忙，预计等待{low}到{high}分钟。",
    },
    "press_callback": {
        "en": "If you would rather be called back, press 1: you keep your place.",
        "zh-CN": "如需我们回电，请按1，您的排队位置将保留。",
    },
    "whisper": {"en": "A call for {queue}.", "zh-CN": "{queue}来电。"},  # to an agent
    "whisper_callback": {"en": "A callback for {queue}.", "zh-CN": "{queue}回电。"},
    "recording_announced": {"en": "This call will be recorded.", "zh-CN": "本次通话将被录音。"},
    "recording_asked": {
        "en": "We would like to record this call. If you do not agree, stay on the line without pressing a key. "
        "If you agree, press 1 now.",
        "zh-CN": "我们希望对本次通话录音。如您不同意，请不要按键，继续等待。如您同意，请现在按1。",
    },
    "faq_offer": {"en": "{question} Press {key}.", "zh-CN": "{question}请按{key}。"},
    "faq_again": {"en": "To hear it again, press {key}.", "zh-CN": "重听请按{key}。"},
    "key_star": {"en": "star", "zh-CN": "星号键"},
    "key_hash": {"en": "hash", "zh-CN": "井号键"},
    "called_back": {"en": "We will call you back.", "zh-CN": "我们会给您回电。"},
    "voicemail": {
        "en": "Nobody can take your call now. Please call again later.",
        "zh-CN": "现在无人接听，请稍后再拨。",
    },
    "failed": {
        "en": "We are sorry, your call cannot be taken. Please call again later.",
        "zh-CN": "很抱歉，您的来电暂时无法接听，请稍后再拨。",
    },
    "failure": {
        "en": "We are sorry, something went wrong. Please call again later.",
        "zh-CN": "很抱歉，系统出现故障，请稍后再拨。",
    },
}


def built_in(name: str, language: str) -> str:
    """In English for a language that we do not speak."""
    texts = BUILT_IN.get(name, BUILT_IN["failure"])
    return texts.get(language, texts["en"])


def names_in(text: str) -> Iterator[str]:
    for found in PLACEHOLDER.finditer(text):
        yield found[1]


def fill(text: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        known = values.get(found[1], "")
        return " ".join(known) if found[2] else known

    return PLACEHOLDER.sub(value, text)


def spoken(prompt: Text | Recording, language: str, values: Mapping[str, str]) -> Spoken:
    if isinstance(prompt, Recording):
        return Spoken(language, file=prompt.file)
    return Spoken(language, text=fill(prompt, values), personal=PLACEHOLDER.search(prompt) is not None)
