"""Who waits for an answer of the writer, and which answer is theirs?"""

import asyncio
import time
from dataclasses import dataclass

from app import commands as c
from app.ports import NoWriter
from contacts.records import StoredReply


@dataclass(slots=True)
class Waiting:
    envelope: c.Envelope
    answer: asyncio.Future[c.Reply]
    since: float  # monotonic

    @classmethod
    def begin(cls, envelope: c.Envelope) -> "Waiting":
        return cls(envelope, asyncio.get_running_loop().create_future(), time.monotonic())

    def tell(self, reply: c.Reply) -> None:
        """Unless who asked has gone away."""
        if not self.answer.done():
            self.answer.set_result(reply)

    def give_up(self) -> None:
        if not self.answer.done():
            self.answer.set_exception(NoWriter())


def to_store(envelope: c.Envelope, reply: c.Reply) -> StoredReply:
    return StoredReply(
        envelope.principal, envelope.command_id, envelope.command.kind, envelope.body_hash, reply.status, reply.body
    )


def stored(envelope: c.Envelope, status: int, body: dict[str, object], body_hash: bytes) -> c.Reply:
    if body_hash != envelope.body_hash:
        return c.problem(422, "command.id_reused", field="id")
    return c.Reply(status, body)
