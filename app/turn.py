"""What has been decided and is not yet written? A turn: it is open while the one before is on its way to the database,
and takes commands until that one has arrived there.
"""

import asyncio
from dataclasses import dataclass, field

from app import commands as c
from app.waiting import Waiting
from contacts.records import Draft

Key = tuple[str, str]  # (principal, command id)


def key_of(waiting: Waiting) -> Key:
    return waiting.envelope.principal, waiting.envelope.command_id


@dataclass(slots=True)
class Turn:
    """`commands` are put back if the turn is not written; `answers` are told when it is."""

    commands: list[Waiting] = field(default_factory=list)
    answers: list[tuple[Waiting, c.Reply]] = field(default_factory=list)
    took_deadlines: bool = False
    is_replay: bool = False  # of one command of a refused turn: deadlines are taken apart from it
    draft: Draft = field(default_factory=Draft)
    prev: int = 0  # the last event before it
    pos: int = 0  # its own last event
    is_told: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.commands or self.took_deadlines)

    @property
    def steps(self) -> int:
        return sum([waiting.steps for waiting in self.commands])

    @property
    def is_one_command(self) -> bool:
        """Then nothing else can be to blame for what the database refuses."""
        return len(self.commands) == 1 and not self.took_deadlines

    def close(self, draft: Draft, prev: int) -> None:
        self.draft, self.prev, self.pos = draft, prev, prev + len(draft.events)

    def tell_answers(self) -> None:
        for waiting, reply in self.answers:
            waiting.tell(c.Reply(reply.status, reply.body, self.pos))


@dataclass(slots=True)
class Writing:
    """The one turn on its way to the database."""

    turn: Turn
    task: asyncio.Task[None]

    @property
    def keys(self) -> set[Key]:
        return {key_of(waiting) for waiting in self.turn.commands}

    async def ended(self) -> bool:
        """Waits for the end, whatever it is. True when it was written."""
        await asyncio.wait({self.task})
        return not self.task.cancelled() and self.task.exception() is None
