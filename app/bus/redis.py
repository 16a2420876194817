"""How do commands and bells travel between processes? Redis Streams for commands, Pub/Sub for answers, bells and desks.

Redis is only a bell and a way: what it loses, commands by their id and followers by their cursor find again.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio
import structlog
from pydantic import ValidationError
from redis.exceptions import RedisError

from app import commands as c
from app.ports import NoWriter

COMMANDS_MAX = 20_000  # in the stream; the oldest go first
COMMAND_LIFE_S = 10.0
COMMAND_WAIT_S = 3.0  # a writer answers within 2 s or never took it
READ_COMMANDS = 256
BLOCK_MS = 500
RETRY_S = 0.5
PUBLISH_S = 1.0

log = structlog.get_logger()


@dataclass(slots=True)
class RedisBus:
    """`submit_here` is this process's own switchboard, used while it holds the domain."""

    url: str
    domain_id: int
    process_id: str
    submit_here: Callable[[c.Envelope], Awaitable[c.Reply]]
    heard_here: Callable[[list[str]], None]
    on_bell: Callable[[int], None]
    holding: Callable[[], bool]
    client: redis.asyncio.Redis = field(init=False)
    _answers: dict[str, asyncio.Future[c.Reply]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _bell: int = 0
    _bell_task: asyncio.Task[None] | None = None
    _asked: int = 0
    _subscribed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.client = redis.asyncio.Redis.from_url(self.url, decode_responses=False)

    def _key(self, name: str) -> str:
        return f"jackfield:{self.domain_id}:{name}"

    # --- asking -------------------------------------------------------------------------------------------------------

    async def submit(self, envelope: c.Envelope) -> c.Reply:
        """Raises NoWriter."""
        if self.holding():
            return await self.submit_here(envelope)
        self._asked += 1
        ask = f"{self.process_id}:{self._asked}"
        answer: asyncio.Future[c.Reply] = asyncio.get_running_loop().create_future()
        self._answers[ask] = answer
        fields: dict[Any, Any] = {"ask": ask, "to": self.process_id, "envelope": c.dump(envelope)}
        try:
            async with asyncio.timeout(COMMAND_WAIT_S):
                await self._subscribed.wait()  # what nobody listens for yet would be answered into the void
                await self.client.xadd(self._key("commands"), fields, maxlen=COMMANDS_MAX, approximate=True)
                return await answer
        except (TimeoutError, RedisError, OSError) as lost:
            raise NoWriter from lost
        finally:
            self._answers.pop(ask, None)

    async def heard(self, agent_ids: list[str]) -> None:
        if self.holding():
            self.heard_here(agent_ids)
            return
        await self._publish("heard", json.dumps(agent_ids))

    def ring(self, seq: int) -> None:
        """The latest wins; a bell under way takes the next one along."""
        self._bell = seq
        if self._bell_task is None or self._bell_task.done():
            self._bell_task = asyncio.create_task(self._ring())

    async def _ring(self) -> None:
        rung = -1
        while rung != self._bell:
            rung = self._bell
            await self._publish("bell", str(rung))

    async def _publish(self, name: str, text: str) -> None:
        """What is not told in time is found again: nobody waits for a bus that stands still."""
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(PUBLISH_S):
                await self.client.publish(self._key(name), text)

    # --- hearing ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Listen for answers, bells and desks, and, while this process holds the domain, for commands."""
        await asyncio.gather(self._again(self._listen), self._again(self._take))

    async def close(self) -> None:
        await self.client.aclose()

    async def _again(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("bus", error=type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        answers = self._key(f"answers:{self.process_id}")
        async with self.client.pubsub() as channel:
            await channel.subscribe(self._key("bell"), self._key("heard"), answers)
            try:
                async for message in channel.listen():
                    if message["type"] == "message":
                        self._hear(message["channel"].decode(), message["data"])
                    elif message["channel"].decode() == answers:
                        self._subscribed.set()
            finally:
                self._subscribed.clear()

    def _hear(self, channel: str, data: bytes) -> None:
        try:
            self._read(channel, data)
        except (ValueError, KeyError, TypeError) as unreadable:  # of another version
            log.error("bus: unreadable message", error=type(unreadable).__name__)

    def _read(self, channel: str, data: bytes) -> None:
        if channel == self._key("bell"):
            self.on_bell(int(data))
        elif channel == self._key("heard"):
            if self.holding():
                self.heard_here(json.loads(data))
        else:
            told = json.loads(data)
            answer = self._answers.get(told["ask"])
            if answer is not None and not answer.done():
                if told["status"] == 0:
                    answer.set_exception(NoWriter())
                else:
                    answer.set_result(c.Reply(told["status"], told["body"], told["pos"]))

    async def _take(self) -> None:
        last, trimmed_at = "", 0.0
        while True:
            if not self.holding():
                last = ""
                await asyncio.sleep(0.05)
                continue
            # A new holder also takes what was asked while nobody held, as long as somebody still waits for it.
            last = last or f"{int((time.time() - COMMAND_WAIT_S) * 1000)}-0"
            if time.monotonic() - trimmed_at > COMMAND_LIFE_S:
                trimmed_at = time.monotonic()
                await self._forget_old()
            found: Any = await self.client.xread({self._key("commands"): last}, count=READ_COMMANDS, block=BLOCK_MS)
            for _, entries in found or ():
                for entry_id, fields in entries:
                    last = entry_id.decode()
                    if int(last.split("-")[0]) / 1000 > time.time() - COMMAND_LIFE_S:
                        self._start(fields)

    async def _forget_old(self) -> None:
        """Commands may hold what is personal: none lies here longer than it lives."""
        before = f"{int((time.time() - COMMAND_LIFE_S) * 1000)}-0"
        await self.client.xtrim(self._key("commands"), minid=before, approximate=False)

    def _start(self, fields: dict[bytes, bytes]) -> None:
        task = asyncio.create_task(self._answer(fields))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, fields: dict[bytes, bytes]) -> None:
        try:
            reply = await self.submit_here(c.load(fields[b"envelope"]))
        except NoWriter:
            reply = c.Reply(0)
        except ValidationError as unreadable:  # of another version
            log.error("bus: unreadable command", errors=unreadable.error_count())
            reply = c.problem(422, "command.rejected")
        told = {"ask": fields[b"ask"].decode(), "status": reply.status, "body": dict(reply.body), "pos": reply.pos}
        await self._publish(f"answers:{fields[b'to'].decode()}", json.dumps(told))
