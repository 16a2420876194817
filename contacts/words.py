"""Which closed sets of words do all rooms share?

Literals and not enums: they hash at the speed of strings, travel as JSON unchanged, and mypy still knows when a
`match` over them is complete. Ids are UUIDv7 in canonical lower-case text; instants are integers of microseconds
(`_us`).
"""

from typing import Literal

Channel = Literal["phone", "chat", "email", "fax", "task", "message"]
CHANNELS: tuple[Channel, ...] = ("phone", "chat", "email", "fax", "task", "message")
WRITTEN: frozenset[Channel] = frozenset({"chat", "email", "fax", "task", "message"})

Direction = Literal["in", "out", "internal"]  # internal: between colleagues
Actor = Literal["customer", "agent", "supervisor", "provider", "engine", "system"]

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US


class IllegalStep(Exception):
    """A record was asked to take a step that its table does not have; nothing was changed."""

    def __init__(self, record: str, state: str, event: str, actor: str) -> None:
        super().__init__(f"a {record} that is {state} does not take '{event}' from {actor}")
        self.record, self.state, self.event, self.actor = record, state, event, actor
