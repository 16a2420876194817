"""How does a request become a command to the writer, and its answer an answer of ours?"""

from typing import Annotated

from fastapi import Header

from app.api.access import Access
from app.api.acts import envelope_of, new_id
from app.api.problems import reply_problem
from app.commands import Command, Reply

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=64,
        pattern="^[A-Za-z0-9_-]+$",
        description="The command's id: a repeat gets the same answer for 48 h; the same key with another body is 422",
    ),
]
RequiredIdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=64,
        pattern="^[A-Za-z0-9_-]+$",
        description="The command's id: a repeat gets the same answer for 48 h; the same key with another body is 422",
    ),
]


async def command(access: Access, wish: Command, key: str | None, body: bytes) -> Reply:
    """Raises Problem with the writer's refusal, and NoWriter."""
    reply = await access.doors.submit(envelope_of(access, key or new_id(), body, wish))
    if reply.status >= 400:
        raise reply_problem(reply)
    return reply
