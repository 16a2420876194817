"""After every turn of a seeded floor: what the database holds makes the same engine and the same records."""

import asyncio
import contextlib
import json
from collections import deque
from dataclasses import dataclass
from random import Random
from typing import Any

import asyncpg
import pytest

from app import commands as c
from app.house import House
from app.store.rebuild import read_records
from app.switchboard import Switchboard, new_id
from contacts.acts import Act, possible
from contacts.words import SECOND_US, WRITTEN
from routing.engine import Engine
from tests.faults.seeds import soak_seeds
from tests.journey.board import Board, may_call, open_board
from tests.journey.story import call, chat
from tests.store.centre import Centre

CONFIG = {
    "offer_timeout_s": 6,
    "promise_s": 20,
    "limit_s": 60,
    "wrap_up_s": 10,
    "reoffer_pause_s": 5,
    "max_offers": 3,
    "head_start": [[50, 30]],
    "interrupted_by": ["phone"],
}
STEPS = 250
TOGETHER: frozenset[Act] = frozenset({"consult", "swap", "complete", "return", "conference", "leave", "transfer"})
REPORTED = {
    "telephony.hold": "Held", "telephony.retrieve": "Retrieved", "telephony.ring": "Established",
    "telephony.hang_up": "ConnectionCleared",
}  # fmt: skip


def config(centre: Centre, n: int) -> dict[str, Any]:
    """The second queue has no wrap-up; the first flows over into the third, and that one takes messages."""
    if n == 0:
        return CONFIG | {"last_step": {"kind": "overflow", "queue_id": centre.queue_ids[2]}}
    return CONFIG | ({"wrap_up_s": 0, "max_offers": 2, "unwanted_step": {"kind": "voicemail"}} if n == 1 else {})


KEPT = ("contacts", "stays", "segments", "legs", "agents", "effects", "config")


@dataclass(slots=True)
class Held:
    """The house as it stood at the end of a turn; the next one may be decided before this one is written."""

    digest: str
    dump: dict[str, Any]
    records: dict[str, Any]
    planned: set[str]
    ours: set[str]

    @classmethod
    def of(cls, switchboard: Switchboard) -> "Held":
        house = switchboard.house
        assert house is not None
        records: dict[str, Any] = {name: dict(getattr(house.records, name)) for name in KEPT}
        records |= {"last_seq": house.records.last_seq, "config_seq": house.records.config_seq}
        return cls(house.engine.digest(), house.engine.dump(), records, set(house.planned), set(house.ours))


class Proof:
    """Reads the database on a connection of its own after each turn."""

    def __init__(self, url: str, seed: int) -> None:
        self.url, self.seed, self.turns, self.ahead = url, seed, 0, 0
        self.conn: asyncpg.Connection | None = None
        self.held: deque[Held] = deque()

    async def aclose(self) -> None:
        if self.conn is not None:
            await self.conn.close()

    def closed(self, switchboard: Switchboard) -> None:
        self.held.append(Held.of(switchboard))

    async def __call__(self, switchboard: Switchboard) -> None:
        if self.conn is None:
            self.conn = await asyncpg.connect(self.url)
        records = await read_records(self.conn, 1)
        engine = Engine.from_records(records, new_id)
        while self.held[0].records["last_seq"] < records.last_seq:
            self.held.popleft()  # what wrote nothing, or was written apart
        held = self.held.popleft()
        self.turns += 1
        house = switchboard.house
        assert house is not None
        self.ahead += house.engine.digest() != held.digest
        if engine.digest() != held.digest:
            stored, dump = _flat(engine.dump()), _flat(held.dump)
            differences = {k: (stored.get(k), dump.get(k)) for k in stored | dump if stored.get(k) != dump.get(k)}
            raise AssertionError(f"seed {self.seed}, turn {self.turns}: (stored, held) {differences}")
        for name, value in held.records.items():
            assert getattr(records, name) == value, f"seed {self.seed}, {name}"
        anew = House(records, engine, new_id)
        assert set(anew.planned) == held.planned, f"seed {self.seed}: work that waits for its time"
        assert set(anew.ours) == held.ours, f"seed {self.seed}: calls of ours"


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in _flat(inner, f"{path}/{key}").items()}
    if isinstance(value, list):
        return {k: v for n, inner in enumerate(value) for k, v in _flat(inner, f"{path}/{n}").items()}
    return {path: json.dumps(value, default=str)}


@pytest.mark.parametrize("seed", range(3))
async def test_the_database_makes_the_same_house_after_every_turn(database: str, seed: int) -> None:
    await prove_every_turn(database, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1000 + soak_seeds()))
async def test_the_database_makes_the_same_house_for_many_seeds(database: str, seed: int) -> None:
    await prove_every_turn(database, seed)


async def prove_every_turn(database: str, seed: int) -> None:
    proof = Proof(database, seed)
    async with (
        contextlib.aclosing(proof),
        open_board(
            database, speed=20, agents=6, config=config, more_queues=1, proofs=(proof,), on_closed=(proof.closed,)
        ) as board,
    ):
        chance = Random(seed)
        for agent_id in board.centre.agent_ids:
            await board.seat(agent_id)
            if agent_id == board.centre.agent_ids[0]:  # nobody else is there yet: one is interrupted in any case
                await chat(board, "talking", channel="email")
                await call(board, "offered")
        await may_call(board, retry_delay_s=5, per_number_day=1000, per_slot=1000, cost_cap_day=1_000_000)
        refs: dict[str, int] = {}
        for _ in range(STEPS):
            await asyncio.gather(*(something(board, chance, refs) for _ in range(chance.choice([1, 1, 3]))))
            if chance.random() < 0.2:
                await asyncio.sleep(chance.random() / 10)

        events = await _count(database, "event")
        assert proof.turns >= STEPS / 2
        assert proof.ahead > 0, "some turn was decided while another was written"
        assert events > STEPS, "an empty floor proves nothing"
        assert await _count(database, "event WHERE data ->> 'interrupted' = 'true'"), "nothing was interrupted"
        assert board.switchboard.counts.rebuilds == 1, "no turn was refused or lost"
        assert board.switchboard.counts.idle_with_work == 0


async def _count(url: str, table: str) -> int:
    conn = await asyncpg.connect(url)
    try:
        return int(await conn.fetchval(f"SELECT count(*) FROM {table}"))
    finally:
        await conn.close()


async def something(board: Board, chance: Random, refs: dict[str, int]) -> None:
    """One thing that a caller, an agent, a provider or the wire may do, legal or not."""
    house = board.switchboard.house
    assert house is not None
    records = house.records
    match chance.choice(
        ["call", "call", "chat", "act", "act", "act", "wire", "wire", "wire", "leave", "agent", "again", "transfer"]
        + ["together"] * 3
        + ["later", "later", "put_off", "written", "written"]
    ):
        case "call":
            ref = new_id()
            refs[ref] = 1
            await board.caller(ref, chance.randrange(2))
        case "chat":
            value = chance.randrange(101)
            await board.ask(
                c.Arrive(board.entry(chance.randrange(2), value=value, channel=chance.choice(["chat", "email"])))
            )
        case "written":
            offers = [s for s in records.segments.values() if s.state == "offered"]
            written = [s for s in offers if house.contact(s.contact_id).channel in WRITTEN]
            await asyncio.gather(*(board.act("accept", s.id, s.agent_id) for s in written))
        case "act" if records.segments:
            segment = chance.choice(list(records.segments.values()))
            likely = {"offered": "accept", "talking": "end", "wrap_up": "finish", "parked": "unpark"}
            act = (
                likely.get(segment.state, "decline")
                if chance.random() < 0.8
                else chance.choice(["decline", "park", "hold"])
            )
            await board.act(act, segment.id, segment.agent_id)
        case "transfer" if records.segments:
            segment = chance.choice(list(records.segments.values()))
            await board.ask(c.TransferToQueue(segment.id, segment.agent_id, chance.choice(board.centre.queue_ids)))
        case "together" if records.segments:
            await together(board, chance)
        case "wire" if records.legs:
            leg = chance.choice(list(records.legs.values()))
            event = chance.choice(
                ["Established"] * 4 + ["ConnectionCleared", "Held", "Retrieved", "Failed", "Delivered"]
            )
            seq = leg.last_rank + chance.choice([1, 1, 1, 2, 0])
            await board.report(leg.provider_ref, event, max(seq, 1))
        case "later":
            await later(board, chance)
        case "put_off" if house.planned or house.ours:
            at_us = chance.choice([None, board.clock.now_us() + chance.randrange(30) * SECOND_US])
            of = chance.choice([*house.planned, *house.ours])
            await board.ask((c.ChangeTask if of in house.planned else c.ChangeCallback)(of, at_us))
        case "leave" if records.contacts:
            await board.ask(c.CustomerLeft(chance.choice(list(records.contacts))))
        case "agent":
            agent_id = chance.choice(board.centre.agent_ids)
            await board.ask(
                chance.choice(
                    [
                        c.ChooseState(agent_id, "ready"),
                        c.ChooseState(agent_id, "ready"),
                        c.ChooseState(agent_id, "away", "break"),
                        c.ChooseState(agent_id, "offline", when="next"),
                        c.ClearNotResponding(agent_id),
                        c.ClearNotResponding(agent_id),
                        c.DeviceReach(agent_id, "desk", True),
                        c.DeviceReach(agent_id, "desk", False),
                        c.ReportPhones(board.provider, (agent_id,)),
                    ]
                )
            )
        case _:
            due = tuple(e.id for e in list(records.effects.values())[:3])
            await board.ask(c.ReportEffects(due))


async def later(board: Board, chance: Random) -> None:
    """Work, or a call, that waits for its time; some of it is due in the past."""
    at_us = board.clock.now_us() + chance.randrange(-5, 30) * SECOND_US
    if chance.random() < 0.5:
        entry = board.entry(chance.randrange(2), channel="task", collected={"subject": "x"})
        await board.ask(c.PlanTask(entry, "follow_up", at_us))
    else:
        entry = board.entry(0, channel="phone", direction="out")
        wanted = chance.choice([None, at_us])
        number = f"+493077700{chance.randrange(10)}"
        first: Any = chance.choice(["agent", "customer"])
        await board.ask(c.RequestCallback(entry, number, (), wanted, None, first))


async def together(board: Board, chance: Random) -> None:
    """A colleague is asked, takes over, joins or is left; mostly by those who may, and the wires mostly follow."""
    house = board.switchboard.house
    assert house is not None
    segments = list(house.records.segments.values())
    calls = [s for s in segments if s.state in ("talking", "held") and house.contact(s.contact_id).channel == "phone"]
    segment = chance.choice(calls or segments)
    others = [s for s in house.segments(segment.contact_id) if s.id != segment.id]
    likely = sorted(possible(segment, others, house.contact(segment.contact_id).channel) & TOGETHER)
    act: Any = chance.choice(likely if likely and chance.random() < 0.9 else sorted(TOGETHER))
    colleague = chance.choice(board.centre.agent_ids)
    match act:
        case "consult":
            await board.ask(c.ConsultAgent(segment.id, segment.agent_id, colleague))
        case "transfer":
            await board.ask(c.TransferToAgent(segment.id, segment.agent_id, colleague, chance.random() < 0.5))
        case _:
            await board.act(act, segment.id, segment.agent_id)
    if chance.random() < 0.7:
        await the_wires_follow(board, segment.contact_id)


async def the_wires_follow(board: Board, contact_id: str) -> None:
    """The provider has done what it was asked, and who was asked for advice has picked up."""
    house = board.switchboard.house
    assert house is not None
    for segment in house.segments(contact_id):
        if segment.role == "consult" and segment.state == "offered":
            await board.act("accept", segment.id, segment.agent_id)
    for effect in house.effects(contact_id):
        leg = house.records.legs.get(effect.leg_id or "")
        if leg is not None and (event := REPORTED.get(effect.kind)):
            await board.report(leg.provider_ref, event, leg.last_rank + 1)
    await board.ask(c.ReportEffects(tuple(effect.id for effect in house.effects(contact_id))))
