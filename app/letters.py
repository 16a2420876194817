"""How is an answer to a mail headed, how does it end, and what of the other stands below?"""

from collections.abc import Mapping
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

SUBJECT_CHARACTERS_MAX = 500
Text = TypeVar("Text")


def can_stand_in_a_header(address: str) -> bool:
    """Some that arrive cannot be written to: `a..b@example.com`, or letters that plain SMTP does not carry."""
    try:
        Address(addr_spec=address)
    except (MessageError, ValueError, IndexError):
        return False
    return address.isascii()


def subject_of_answer(subject: str, is_automatic: bool = False) -> str:
    """RFC 5322: `Re: ` once; RFC 3834: `Auto: ` before it."""
    bare = subject.strip()
    answer = bare if bare[:3].lower() in ("re:", "aw:") or bare[:3] in ("回复：", "回复:") else f"Re: {bare}"
    return f"{'Auto: ' if is_automatic else ''}{answer}"[:SUBJECT_CHARACTERS_MAX]


def with_signature(text: str, signature: str) -> str:
    return f"{text.rstrip()}\n\n-- \n{signature}\n" if signature.strip() else f"{text.rstrip()}\n"


# --- what stands below ------------------------------------------------------------------------------------------------

QUOTED_CHARACTERS_MAX = 30_000  # of a mail that is quoted or passed on; the rest is in the mail itself

_WROTE = {"en": "On {at}, {who} wrote:", "zh": "{at}，{who} 写道："}
_HEADS = {
    "en": ("---------- Forwarded message ----------", "From: ", "Date: ", "Subject: ", "To: "),
    "zh": ("---------- 转发的邮件 ----------", "发件人: ", "日期: ", "主题: ", "收件人: "),
}


def subject_of_forward(subject: str) -> str:
    bare = subject.strip()
    return (bare if bare[:4].lower() == "fwd:" else f"Fwd: {bare}")[:SUBJECT_CHARACTERS_MAX]


def quoted(mail: Mapping[str, Any], zone: str, language: str | None) -> str:
    """`mail`: its row. Each line of it behind a `>`, introduced by who wrote it and when."""
    lines = mail["body"][:QUOTED_CHARACTERS_MAX].rstrip().split("\n")
    said = "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in lines)
    wrote = _of(_WROTE, language).format(at=_moment(mail["at"], zone), who=_who(mail))
    return f"\n{wrote}\n{said}\n"


def forwarded(mail: Mapping[str, Any], zone: str, language: str | None) -> str:
    """As it came, under its own heads."""
    rule, *heads = _of(_HEADS, language)
    told = (_who(mail), _moment(mail["at"], zone), mail["subject"], ", ".join(mail["recipients"].get("to", [])))
    about = "\n".join(head + value for head, value in zip(heads, told, strict=True))
    return f"\n{rule}\n{about}\n\n{mail['body'][:QUOTED_CHARACTERS_MAX].rstrip()}\n"


def _of(texts: Mapping[str, Text], language: str | None) -> Text:
    return texts.get((language or "en")[:2], texts["en"])


def _who(mail: Mapping[str, Any]) -> str:
    name, address = mail["from_name"], mail["from_address"]
    return f"{name} <{address}>" if name else address


def _moment(at_us: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at_us / 1_000_000, ZoneInfo(zone)):%Y-%m-%d %H:%M}"
