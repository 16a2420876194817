"""Does a simulated desk do what protocol.md asks of a page? The other side is a scripted server."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets

from floor.agent import Desk, Manner
from floor.desk import DeskRecords
from floor.http_line import Place
from floor.ledger import Ledger

AGENT = "01890000-0000-7000-8000-000000000001"
ME = {"chosen": "ready", "next_chosen": None, "not_responding": False}


def offer(state: str = "offered", channel: str = "phone") -> dict[str, Any]:
    return {"segment/s1": {"id": "s1", "contact_id": "c1", "channel": channel, "state": state}}


class Script:
    """One connection of the server: what came is in `heard`, in order."""

    def __init__(self, connection: websockets.ServerConnection, heard: list[dict[str, Any]]) -> None:
        self.connection, self.heard = connection, heard

    async def say(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def hear(self) -> dict[str, Any]:
        frame = json.loads(await asyncio.wait_for(self.connection.recv(), 5))
        self.heard.append(frame)
        return frame  # type: ignore[no-any-return]

    async def snapshot(self, pos: int, records: dict[str, Any]) -> None:
        await self.say(t="snapshot", feed="desk", pos=pos, why="new", records={"me": ME} | records)


@asynccontextmanager
async def desk_at(
    play: Callable[[Script, int], Awaitable[None]], ledger: Ledger | None = None, **manner: Any
) -> AsyncIterator[tuple[Desk, list[dict[str, Any]], asyncio.Event]]:
    """`play` is called for each connection with its number; `done` is set when one returns."""
    heard: list[dict[str, Any]] = []
    done, numbers = asyncio.Event(), iter(range(1, 100))

    async def serve(connection: websockets.ServerConnection) -> None:
        number, script = next(numbers), Script(connection, heard)
        await script.hear()
        await script.say(t="welcome", v=1, now_ms=1, session="x", limits={})
        await play(script, number)
        done.set()
        await connection.wait_closed()

    async def ticket(agent_id: str) -> str:
        return "ticket"

    async with websockets.serve(serve, "127.0.0.1", 0, compression=None) as server:
        place = Place("127.0.0.1", server.sockets[0].getsockname()[1])
        desk = Desk(AGENT, place, ticket, ledger=ledger or Ledger(), manner=Manner(reconnect_s=0.01, **manner))
        await desk.sit_down()
        yield desk, heard, done
        await desk.leave()


async def test_a_desk_accepts_an_offer_finishes_the_wrap_up_and_answers_pings():
    async def play(server: Script, number: int) -> None:
        await server.snapshot(10, {})
        await server.say(t="turn", feed="desk", prev=10, pos=12, put=offer())
        accept = await server.hear()
        await server.say(t="done", id=accept["id"], pos=13, result={})
        await server.say(t="turn", feed="desk", prev=12, pos=13, put=offer("talking"))
        await server.say(t="ping", n=7, pos={"desk": 20})
        assert await server.hear() == {"t": "pong", "n": 7}
        await server.say(t="turn", feed="desk", prev=20, pos=21, put=offer("wrap_up"))
        finish = await server.hear()
        await server.say(t="done", id=finish["id"], pos=22, result={})
        await server.say(t="turn", feed="desk", prev=21, pos=22, put={}, drop=["segment/s1"])
        await server.say(t="ping", n=8)
        await server.hear()

    async with desk_at(play) as (desk, heard, done):
        await asyncio.wait_for(done.wait(), 5)

    assert [frame.get("what", frame["t"]) for frame in heard] == ["hello", "accept", "pong", "finish", "pong"]
    assert heard[0]["feeds"] == [{"feed": "desk", "pos": None}]
    assert desk.is_idle
    assert (desk.desk.pos, desk.gaps) == (22, 0)


async def test_a_command_whose_answer_was_cut_off_is_sent_again_with_its_id_after_a_reconnect():
    async def play(server: Script, number: int) -> None:
        if number == 1:
            await server.snapshot(10, offer())
            await server.hear()
            server.connection.transport.abort()
            return
        await server.say(t="turn", feed="desk", prev=10, pos=14, put={})
        again = await server.hear()
        await server.say(t="done", id=again["id"], pos=15, result={})
        await server.say(t="ping", n=1)
        await server.hear()
        finished.set()

    finished = asyncio.Event()
    async with desk_at(play) as (desk, heard, _):
        await asyncio.wait_for(finished.wait(), 5)

    hellos = [frame for frame in heard if frame["t"] == "hello"]
    accepts = [frame for frame in heard if frame.get("what") == "accept"]
    assert [hello["feeds"][0]["pos"] for hello in hellos] == [None, 10]
    assert len(accepts) == 2
    assert accepts[0] == accepts[1]
    assert desk.reconnects == 1


async def test_a_turn_that_does_not_fit_makes_the_page_resume_from_its_own_position():
    async def play(server: Script, number: int) -> None:
        await server.snapshot(10, {})
        await server.say(t="turn", feed="desk", prev=11, pos=12, put=offer())
        resume = await server.hear()
        await server.say(t="turn", feed="desk", prev=resume["pos"], pos=12, put=offer())
        await server.hear()

    async with desk_at(play) as (desk, heard, done):
        await asyncio.wait_for(done.wait(), 5)

    assert [frame.get("what", frame["t"]) for frame in heard] == ["hello", "resume", "accept"]
    assert heard[1]["pos"] == 10
    assert desk.gaps == 1


async def test_a_refusal_that_may_be_tried_again_is_and_a_final_one_is_not():
    async def play(server: Script, number: int) -> None:
        await server.snapshot(10, offer())
        first = await server.hear()
        await server.say(t="refused", id=first["id"], problem={"status": 503}, retry=True)
        second = await server.hear()
        await server.say(t="refused", id=second["id"], problem={"status": 409}, retry=False)
        await server.say(t="turn", feed="desk", prev=10, pos=12, put={}, drop=["segment/s1"])
        await server.say(t="ping", n=1)
        await server.hear()

    async with desk_at(play) as (desk, heard, done):
        await asyncio.wait_for(done.wait(), 5)

    assert heard[1] == heard[2]
    assert heard[3]["t"] == "pong"
    assert desk.is_idle


@pytest.mark.parametrize(("channel", "what"), [("chat", "end"), ("email", "end")])
async def test_a_written_contact_is_ended_by_the_agent(channel, what):
    async def play(server: Script, number: int) -> None:
        await server.snapshot(10, offer("talking", channel))
        await server.hear()

    async with desk_at(play, handle_s=lambda channel: 0.0) as (_, heard, done):
        await asyncio.wait_for(done.wait(), 5)

    assert heard[1]["what"] == what


async def test_a_flagged_agent_who_wants_to_work_clears_the_flag(tmp_path):
    async def play(server: Script, number: int) -> None:
        await server.snapshot(10, {})
        chosen = await server.hear()
        await server.say(t="done", id=chosen["id"], pos=11, result={})
        await server.say(t="turn", feed="desk", prev=10, pos=11, put={"me": ME | {"not_responding": True}})
        await server.hear()

    ledger = Ledger(tmp_path / "agents.ndjson")
    async with desk_at(play, ledger) as (desk, heard, done):
        desk.choose("ready")
        await asyncio.wait_for(done.wait(), 5)
    ledger.close()

    facts = [json.loads(line) for line in (tmp_path / "agents.ndjson").read_text().splitlines()]
    assert [frame.get("what") for frame in heard] == [None, "choose", "clear_flag"]
    assert [fact["what"] for fact in facts] == ["frame", "sent", "done", "frame", "sent"]
    assert facts[1]["id"] == facts[2]["id"] == heard[1]["id"]


def test_a_snapshot_in_parts_counts_when_the_last_part_is_there():
    desk = DeskRecords(pos=5, records={"segment/old": {"state": "talking"}})
    first = {"t": "snapshot", "pos": 9, "part": 1, "of": 2, "records": {"me": ME}}
    second = {"t": "snapshot", "pos": 9, "part": 2, "of": 2, "records": offer()}

    assert desk.apply(first) == "part"
    assert "segment/old" in desk.records
    assert desk.apply(second) == "applied"
    assert desk.pos == 9
    assert set(desk.records) == {"me", "segment/s1"}
