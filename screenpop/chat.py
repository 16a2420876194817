"""How does a chat stand, for whoever has it at their desk? Numbers alone: its texts are read when they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

TYPING_US = 5_000_000  # for so long a visitor is shown as writing


@dataclass(frozen=True, slots=True)
class Chat:
    n: int = 0  # of the last message
    seen: int = 0  # up to which the visitor has read
    typing_until_us: int | None = None


NEW = Chat()


def record(contact_id: str, chat: Chat) -> dict[str, Any]:
    until_us = chat.typing_until_us
    return {
        "contact_id": contact_id,
        "n": chat.n,
        "seen": chat.seen,
        "typing_until_ms": None if until_us is None else until_us // 1000,
    }


def taken(chats: Mapping[str, Chat], contact_id: str, n: int = 0, seen: int = 0) -> Chat:
    """What is told late changes nothing. Who has just said something does not write it any more."""
    before = chats.get(contact_id, NEW)
    if n > before.n:
        before = replace(before, n=n, typing_until_us=None)
    return replace(before, seen=max(before.seen, seen))
