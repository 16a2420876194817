"""What do the tables say became of a contact? And the ways that most stories begin."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app import commands as c
from app.switchboard import new_id
from tests.journey.board import Board

END_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(slots=True)
class Told:
    """Everything of one contact, oldest first."""

    state: str
    outcome: str | None
    stays: list[str | None]  # how each wait ended; None = still waiting
    segments: list[tuple[int, str, str | None]]  # (number of the agent, state, why it ended)
    legs: dict[str, str]  # 'customer' or 'agent' of the latest leg -> state
    asked: list[str]  # what of the provider: 'connect customer', 'hang_up agent'
    events: list[str] = field(default_factory=list)


async def tell(board: Board, contact_id: str) -> Told:
    conn = await asyncpg.connect(board.url)
    try:
        contact = await conn.fetchrow("SELECT state, outcome FROM contact WHERE id = $1", contact_id)
        stays = await conn.fetch('SELECT "end" FROM stay WHERE contact_id = $1 ORDER BY id', contact_id)
        segments = await conn.fetch(
            'SELECT agent_id::text, state, "end" FROM segment WHERE contact_id = $1 ORDER BY id', contact_id
        )
        legs = await conn.fetch("SELECT role, state FROM leg WHERE contact_id = $1 ORDER BY id", contact_id)
        asked = await conn.fetch(
            "SELECT e.kind, l.role FROM effect e JOIN leg l ON l.id = e.leg_id WHERE e.contact_id = $1 ORDER BY e.id",
            contact_id,
        )
        events = await conn.fetch("SELECT kind FROM event WHERE contact_id = $1 ORDER BY seq", contact_id)
    finally:
        await conn.close()
    assert contact is not None, "no such contact"
    return Told(
        contact["state"],
        contact["outcome"],
        [row["end"] for row in stays],
        [(board.centre.agent_ids.index(row["agent_id"]), row["state"], row["end"]) for row in segments],
        {row["role"]: row["state"] for row in legs},
        [f"{row['kind'].removeprefix('telephony.')} {row['role']}" for row in asked],
        [row["kind"] for row in events],
    )


async def rows(board: Board, query: str, *arguments: Any) -> list[asyncpg.Record]:
    conn = await asyncpg.connect(board.url)
    try:
        return list(await conn.fetch(query, *arguments))
    finally:
        await conn.close()


async def we_die(board: Board) -> None:
    """And the next writer has what is in the database."""
    switchboard = board.switchboard
    before = switchboard.counts.rebuilds
    await rows(board, END_CONNECTIONS)
    async with asyncio.timeout(10):
        while switchboard.counts.rebuilds == before or not switchboard.holding or switchboard.house is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@dataclass(slots=True)
class Call:
    """A caller and the wires of the call, with the numbers the provider gives its reports."""

    board: Board
    ref: str = field(default_factory=new_id)
    contact_id: str = ""
    seqs: dict[str, int] = field(default_factory=dict)

    @property
    def agent_ref(self) -> str:
        """The provider's name of the latest wire to an agent."""
        house = self.board.switchboard.house
        assert house is not None
        return [leg.provider_ref for leg in house.legs(self.contact_id) if leg.role == "agent"][-1]

    @property
    def segment(self) -> tuple[str, str]:
        """(id, agent) of the latest live segment."""
        house = self.board.switchboard.house
        assert house is not None
        segment = house.segments(self.contact_id)[-1]
        return segment.id, segment.agent_id

    async def arrive(self, queue: int = 0) -> "Call":
        reply = await self.board.caller(self.ref, queue)
        self.contact_id = reply.body["contacts"][self.ref]
        self.seqs[self.ref] = 1
        return self

    async def report(self, *told: tuple[str, str]) -> c.Reply:
        """(wire, event)…: all in one webhook."""
        return await self.board.ask(self.webhook(*told), actor="provider")

    def webhook(self, *told: tuple[str, str]) -> c.ReportLegs:
        reports = []
        for ref, event in told:
            self.seqs[ref] = self.seqs.get(ref, 0) + 1
            reports.append(c.LegReport(ref, event, self.seqs[ref], "normal"))  # type: ignore[arg-type]
        return c.ReportLegs(self.board.provider, tuple(reports))

    async def act(self, what: Any) -> c.Reply:
        return await self.board.act(what, *self.segment)

    async def both(self, event: str) -> c.Reply:
        return await self.report((self.agent_ref, event), (self.ref, event))

    async def until(self, state: str) -> "Call":
        """waiting needs nobody at a desk; every other state somebody."""
        await self.arrive()
        if state in ("waiting", "offered"):
            return self
        await self.act("accept")
        if state == "connecting":
            return self
        await self.both("Established")
        if state == "held":
            await self.act("hold")
            await self.report((self.ref, "Held"))
        elif state == "wrap_up":
            await self.report((self.agent_ref, "ConnectionCleared"), (self.ref, "ConnectionCleared"))
        return self


async def call(board: Board, state: str = "waiting") -> Call:
    return await Call(board).until(state)


async def chat(board: Board, state: str = "waiting", queue: int = 0, **about: Any) -> Call:
    """A written contact: accepting is connecting."""
    entry = board.entry(queue, **about)
    reply = await board.ask(c.Arrive(entry))
    made = Call(board, contact_id=str(reply.body["contact_id"]))
    if state not in ("waiting", "offered"):
        await made.act("accept")
    if state == "parked":
        await made.act("park")
    elif state == "wrap_up":
        await made.act("end")
    return made


def nothing_is_left(board: Board) -> None:
    """Neither open records nor places where they were looked up by."""
    house = board.switchboard.house
    assert house is not None
    records = house.records
    left = {name: getattr(records, name) for name in ("contacts", "stays", "segments", "legs")}
    left |= {name: getattr(house, name) for name in ("stay_of", "segments_of", "legs_of", "leg_by_ref")}
    left |= {"contact_by_source": house.contact_by_source}
    open_still = [f"{name}: {value}" for name, value in left.items() if value]
    assert not open_still, open_still
