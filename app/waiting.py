"""Who waits for an answer of the writer, and which answer is theirs?"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from app import commands as c
from app.ports import NoWriter
from contacts.records import StoredReply

WAITING_COMMANDS_MAX = 20_000  # at the bound a command is refused (503): the same id is safe to send again
COMMAND_WAIT_S = 2.0
EXPIRE_EVERY_S = 0.1


@dataclass(slots=True)
class Waiting:
    envelope: c.Envelope
    answer: asyncio.Future[c.Reply]
    since: float  # monotonic

    @classmethod
    def begin(cls, envelope: c.Envelope) -> "Waiting":
        return cls(envelope, asyncio.get_running_loop().create_future(), time.monotonic())

    @property
    def steps(self) -> int:
        """How much there is to decide: one webhook may tell of 64 legs."""
        command = self.envelope.command
        return len(command.reports) if isinstance(command, c.ReportLegs) else 1

    def tell(self, reply: c.Reply) -> None:
        """Unless who asked has gone away."""
        if not self.answer.done():
            self.answer.set_result(reply)

    def give_up(self) -> None:
        if not self.answer.done():
            self.answer.set_exception(NoWriter())


def unanswered(commands: Sequence[Waiting]) -> list[Waiting]:
    return [waiting for waiting in commands if not waiting.answer.done()]


@dataclass(slots=True)
class WaitingRoom:
    """Commands in the order they came; one that nobody took in time is told so."""

    line: deque[Waiting] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self.line)

    def enter(self, envelope: c.Envelope) -> Waiting:
        """Raises NoWriter at the bound."""
        if len(self.line) >= WAITING_COMMANDS_MAX:
            raise NoWriter
        waiting = Waiting.begin(envelope)
        self.line.append(waiting)
        return waiting

    def call(self, room: int) -> list[Waiting]:
        """As many as have room, in steps; the last of them may need more than there was."""
        called = []
        while self.line and room > 0:
            called.append(self.line.popleft())
            room -= called[-1].steps
        return called

    def back(self, commands: Sequence[Waiting]) -> None:
        """They were called and could not be served: they stand at the head again, in their order."""
        self.line.extendleft(reversed(unanswered(commands)))

    def refuse_all(self) -> None:
        while self.line:
            self.line.popleft().give_up()

    async def expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRE_EVERY_S)
            bound = time.monotonic() - COMMAND_WAIT_S
            while self.line and self.line[0].since < bound:
                self.line.popleft().give_up()


def to_store(envelope: c.Envelope, reply: c.Reply) -> StoredReply:
    return StoredReply(
        envelope.principal, envelope.command_id, envelope.command.kind, envelope.body_hash, reply.status, reply.body
    )


def stored(envelope: c.Envelope, status: int, body: dict[str, object], body_hash: bytes) -> c.Reply:
    if body_hash != envelope.body_hash:
        return c.problem(422, "command.id_reused", field="id")
    return c.Reply(status, body)
