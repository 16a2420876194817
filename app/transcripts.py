"""How does what was said in a chat read as a mail? Plain text in the visitor's language, each line with its time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

CHARACTERS_MAX = 90_000  # of what was said: what is over is left out from the beginning, and the mail says so

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS = {
    "en": {
        "subject": "Your conversation with {name}", "head": "This is what was said on {day}.",
        "cut": "The beginning is left out.", "you": "You", "file": "File: {name}",
        "idle_warning": "Are you still there? Otherwise this chat will end soon.",
        "idle_end": "The chat was ended because nothing was written any more.",
    },
    "zh": {
        "subject": "您与 {name} 的聊天记录", "head": "以下是 {day} 的聊天内容。", "cut": "开头部分已省略。",
        "you": "您", "file": "文件：{name}", "idle_warning": "您还在吗？否则聊天即将结束。",
        "idle_end": "因长时间没有消息，聊天已结束。",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Transcript:
    subject: str
    text: str


def transcript(said: Sequence[Mapping[str, Any]], widget: str, language: str, zone: str) -> Transcript:
    """`said`: {"sender", "at", "body", "agent", "filename"} in their order; there is at least one."""
    texts = _TEXTS["zh" if language.lower().startswith("zh") else "en"]
    here = ZoneInfo(zone)
    lines = [_line(each, texts, here) for each in said]
    kept, size = [], 0
    for line in reversed(lines):
        size += len(line) + 1
        if size > CHARACTERS_MAX:
            break
        kept.append(line)
    head = texts["head"].format(day=_at(said[0]["at"], here).strftime("%Y-%m-%d"))
    told = [head, *([texts["cut"]] if len(kept) < len(lines) else []), "", *reversed(kept)]
    return Transcript(texts["subject"].format(name=widget), "\n".join(told))


def _line(one: Mapping[str, Any], texts: Mapping[str, str], here: ZoneInfo) -> str:
    if one["sender"] == "system":
        return f"[{_at(one['at'], here):%H:%M}] {texts.get(one['body'], '')}"
    who = texts["you"] if one["sender"] == "customer" else one["agent"] or "–"
    said = texts["file"].format(name=one["filename"]) if one["filename"] else one["body"]
    return f"[{_at(one['at'], here):%H:%M}] {who}: {said}"


def _at(us: int, here: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=us)).astimezone(here)
