"""A real switchboard on a real database, without doors: commands go in, and every turn can be looked at."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app import commands as c
from app.clock import BusinessClock
from app.store.rebuild import read_records
from app.store.writer import WriterSession
from app.switchboard import Switchboard, new_id
from routing.engine import Engine
from tests.store.centre import Centre, furnish

Proof = Callable[[Switchboard], Awaitable[None]]
Config = Mapping[str, Any] | Callable[[Centre, int], Mapping[str, Any]]  # of every queue, or of the n-th


class MovedClock(BusinessClock):
    """A clock that a story may push forward; it never goes back."""

    ahead_us: int = 0

    def start(self, not_before_us: int = 0) -> None:
        super().start()

    def now_us(self) -> int:
        return super().now_us() + self.ahead_us


@dataclass(slots=True)
class Board:
    switchboard: Switchboard
    centre: Centre
    url: str
    clock: MovedClock
    provider: str = field(default_factory=new_id)

    async def ask(
        self, command: c.Command, command_id: str | None = None, actor: str = "system", body: bytes = b"h" * 32
    ) -> c.Reply:
        command_id = command_id or new_id()
        return await self.switchboard.submit(c.Envelope("key:test", command_id, body, command, actor))

    async def let_pass(self, seconds: float) -> None:
        """Business time goes on by so much; the turn that follows takes the deadlines that came."""
        self.clock.ahead_us += int(seconds * 1_000_000)
        await self.ask(c.ApplyConfig(0))

    def entry(self, queue: int = 0, **about: Any) -> c.Entry:
        fields: dict[str, Any] = {
            "contact_id": new_id(),
            "company_id": self.centre.company_ids[queue],
            "channel": "chat",
            "queue_id": self.centre.queue_ids[queue],
            "source": "api:test",
            "source_id": new_id(),
        }
        return c.Entry(**(fields | about))

    async def caller(self, ref: str, queue: int = 0, seq: int = 1) -> c.Reply:
        entry = self.entry(queue, channel="phone", source=f"telephony:{self.provider}", source_id=ref)
        return await self.report(ref, "Delivered", seq, entry)

    async def report(self, ref: str, event: Any, seq: int, entry: c.Entry | None = None) -> c.Reply:
        report = c.LegReport(ref, event, seq, "normal", entry)
        return await self.ask(c.ReportLegs(self.provider, (report,)), actor="provider")

    async def seat(self, agent_id: str) -> None:
        """Ready, at a desk that answers, with a phone that is registered."""
        await self.ask(c.DeviceReach(agent_id, "desk", True))
        await self.ask(c.ReportPhones(self.provider, (agent_id,)))
        await self.ask(c.ChooseState(agent_id, "ready"))

    async def act(self, act: Any, segment_id: str, agent_id: str) -> c.Reply:
        return await self.ask(c.ActOnSegment(act, segment_id, agent_id), actor=f"user:{agent_id}")


@contextlib.asynccontextmanager
async def open_board(
    url: str,
    *,
    speed: int = 1,
    agents: int = 4,
    config: Config | None = None,
    proofs: tuple[Proof, ...] = (),
    on_closed: tuple[Callable[[Switchboard], None], ...] = (),
    more_queues: int = 0,
) -> AsyncIterator[Board]:
    """`more_queues` of the first company, after the one of each company."""
    centre = await furnish(url, agents=agents)
    await _furnish_queues(url, centre, more_queues)
    await configure(url, centre, config or {})
    clock = MovedClock(speed=speed)

    async def read_clock() -> BusinessClock:
        return clock

    switchboard = Switchboard(1, "test", WriterSession(url), read_clock)
    switchboard.on_turn += proofs
    switchboard.on_closed += on_closed
    loop = asyncio.create_task(switchboard.run())
    board = Board(switchboard, centre, url, clock)
    beating = asyncio.create_task(_desks_answer(board))
    try:
        await board.ask(c.ApplyConfig(99))
        yield board
    finally:
        beating.cancel()
        switchboard.stop()
        await asyncio.wait_for(loop, 10)


async def _desks_answer(board: Board) -> None:
    while True:
        board.switchboard.heard(board.centre.agent_ids)
        await asyncio.sleep(1)


async def _furnish_queues(url: str, centre: Centre, more: int) -> None:
    conn = await asyncpg.connect(url)
    try:
        for n in range(more):
            queue_id, company_id = new_id(), centre.company_ids[0]
            await conn.execute(
                "INSERT INTO queue (id, company_id, domain_id, name) VALUES ($1, $2, 1, $3)",
                queue_id,
                company_id,
                f"queue {n + 2}",
            )
            await conn.execute(
                "INSERT INTO queue_version (queue_id, version, company_id, domain_id, config, state) "
                "VALUES ($1, 1, $2, 1, '{}', 'published')",
                queue_id,
                company_id,
            )
            centre.queue_ids.append(queue_id)
            centre.company_ids.append(company_id)
    finally:
        await conn.close()


async def configure(url: str, centre: Centre, config: Config) -> None:
    """Queue policies and grants, as the API would have written them."""
    conn = await asyncpg.connect(url)
    try:
        for n, queue_id in enumerate(centre.queue_ids):
            values = config(centre, n) if callable(config) else config
            await conn.execute(
                "UPDATE queue_version SET config = $2, state = 'published' WHERE queue_id = $1",
                queue_id,
                json.dumps(dict(values)),
            )
        await conn.execute("UPDATE queue SET current_version = 1")
        await conn.execute(
            "INSERT INTO role_grant (id, user_id, role) SELECT gen_random_uuid(), user_id, 'agent' FROM agent"
        )
        subjects = [("queue", q) for q in centre.queue_ids] + [("agent", a) for a in centre.agent_ids]
        for seq, (kind, subject) in enumerate(subjects, 1):
            await conn.execute(
                "INSERT INTO config_change (domain_id, seq, kind, subject_id) VALUES (1, $1, $2, $3)",
                seq,
                kind,
                subject,
            )
        await conn.execute("UPDATE domain SET config_seq = $1 WHERE id = 1", len(subjects))
    finally:
        await conn.close()


async def configured(board: "Board", conn: asyncpg.Connection, kind: str, subject_id: str) -> None:
    """Its row was changed, as the API changes it: the engine is told."""
    seq = await conn.fetchval("UPDATE domain SET config_seq = config_seq + 1 WHERE id = 1 RETURNING config_seq")
    await conn.execute(
        "INSERT INTO config_change (domain_id, seq, kind, subject_id) VALUES (1, $1, $2, $3)", seq, kind, subject_id
    )
    await board.ask(c.ApplyConfig(seq))


async def may_call(board: "Board", **rules: Any) -> None:
    """The first company calls in its own region, by an Asterisk that nobody plays."""
    company_id = board.centre.company_ids[0]
    dialling = {"by": new_id(), "caller_id": "+4930555001", **rules}
    conn = await asyncpg.connect(board.url)
    try:
        await conn.execute(
            "UPDATE company SET region = 'DE', dialling = $2::jsonb WHERE id = $1", company_id, json.dumps(dialling)
        )
        await configured(board, conn, "company", company_id)
    finally:
        await conn.close()


async def rebuilt_engine(url: str) -> tuple[Engine, Any]:
    """The engine as a new writer would have it, and the records it was made of."""
    conn = await asyncpg.connect(url)
    try:
        records = await read_records(conn, 1)
    finally:
        await conn.close()
    return Engine.from_records(records, new_id), records
