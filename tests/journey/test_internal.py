"""A call between colleagues: the caller's phone, then the other's desk; whoever goes ends it, and nothing is left."""

import pytest

from app import commands as c
from contacts.segment import Segment
from tests.journey.board import Board, open_board
from tests.journey.story import Told, nothing_is_left, rows, tell
from tests.journey.test_outside import company_calls


class Pair:
    """Agent 0 calls agent 1."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.contact_id = ""
        self.seq = 0

    async def call(self, to: int = 1) -> c.Reply:
        entry = self.board.entry(direction="internal", channel="phone")
        command = c.CallColleague(entry, self.board.centre.agent_ids[0], self.board.centre.agent_ids[to])
        reply = await self.board.ask(command)
        self.contact_id = str(reply.body.get("contact_id", ""))
        return reply

    def segment(self, number: int) -> Segment | None:
        house = self.board.switchboard.house
        assert house is not None
        mine = [s for s in house.segments(self.contact_id) if s.agent_id == self.board.centre.agent_ids[number]]
        return mine[-1] if mine else None

    async def report(self, number: int, event: str) -> None:
        house = self.board.switchboard.house
        assert house is not None
        agent_id = self.board.centre.agent_ids[number]
        (leg,) = [each for each in house.legs(self.contact_id) if each.agent_id == agent_id]
        self.seq += 1
        report = c.LegReport(leg.provider_ref, event, self.seq, "normal")  # type: ignore[arg-type]
        await self.board.ask(c.ReportLegs(self.board.provider, (report,)), actor="provider")

    async def act(self, number: int, what: str) -> c.Reply:
        segment = self.segment(number)
        assert segment is not None
        return await self.board.act(what, segment.id, segment.agent_id)

    async def they_talk(self) -> None:
        await self.call()
        await self.report(0, "Established")
        await self.act(1, "accept")
        await self.report(1, "Established")

    async def all_hang_up(self) -> Told:
        house = self.board.switchboard.house
        assert house is not None
        for number in (0, 1):
            if any(leg.agent_id == self.board.centre.agent_ids[number] for leg in house.legs(self.contact_id)):
                await self.report(number, "ConnectionCleared")
        for segment in house.segments(self.contact_id):
            await self.board.act("finish", segment.id, segment.agent_id)
        nothing_is_left(self.board)
        return await tell(self.board, self.contact_id)


async def pair(board: Board) -> Pair:
    board.provider = f"asterisk:{board.provider}"
    await company_calls(board)
    for agent_id in board.centre.agent_ids[:2]:
        await board.seat(agent_id)
    return Pair(board)


async def test_both_talk_and_no_queue_has_served_anybody(database: str) -> None:
    async with open_board(database, agents=3) as board:
        two = await pair(board)
        begun = await two.call()
        first = (await tell(board, two.contact_id)).segments
        await two.report(0, "Established")
        asked = (await tell(board, two.contact_id)).segments
        await two.act(1, "accept")
        await two.report(1, "Established")
        talking = await tell(board, two.contact_id)
        may = [await two.act(1, "hold"), await two.act(0, "transfer")]
        await two.act(0, "leave")
        then = await tell(board, two.contact_id)
        told = await two.all_hang_up()
        roles = await rows(board, "SELECT role FROM segment")

    assert begun.status == 201
    assert first == [(0, "connecting", None)]
    assert asked == [(0, "talking", None), (1, "offered", None)]
    assert talking.segments == [(0, "talking", None), (1, "talking", None)]
    assert talking.asked.count("join consult") == 2
    assert [each.status for each in may] == [409, 409]
    assert then.asked[-2:] == ["hang_up consult", "hang_up consult"]
    assert (told.outcome, told.stays) == ("handled", ["internal"])
    assert {row["role"] for row in roles} == {"consult"}


@pytest.mark.parametrize("who", [0, 1])
async def test_whoever_hangs_up_ends_it_for_both(database: str, who: int) -> None:
    async with open_board(database, agents=3) as board:
        two = await pair(board)
        await two.they_talk()
        await two.report(who, "ConnectionCleared")
        asked = (await tell(board, two.contact_id)).asked
        told = await two.all_hang_up()

    assert "hang_up consult" in asked
    assert told.outcome == "handled"


@pytest.mark.parametrize("how", ["decline", "expire", "their phone", "hang up", "gone"])
async def test_who_does_not_come_leaves_nothing(database: str, how: str) -> None:
    async with open_board(database, agents=3) as board:
        two = await pair(board)
        await two.call()
        if how == "gone":
            await board.ask(c.ChooseState(board.centre.agent_ids[1], "away"))
        await two.report(0, "Established")
        match how:
            case "decline":
                await two.act(1, "decline")
            case "expire":
                await board.let_pass(60)
            case "their phone":
                await two.act(1, "accept")
                await two.report(1, "ConnectionCleared")
            case "hang up":
                await two.report(0, "ConnectionCleared")
        if how != "hang up":
            assert (await tell(board, two.contact_id)).asked[-1] == "hang_up consult"
        told = await two.all_hang_up()

    assert told.outcome == "failed"


async def test_without_wrap_up_nothing_is_left_either(database: str) -> None:
    """Whoever called hangs up before the colleague has said anything."""
    async with open_board(database, agents=3, config={"wrap_up_s": 0}) as board:
        two = await pair(board)
        await two.call()
        await two.report(0, "Established")
        await two.report(0, "ConnectionCleared")
        told = await tell(board, two.contact_id)
        nothing_is_left(board)

    assert (told.state, told.outcome) == ("closed", "failed")


async def test_a_supervisor_who_listens_is_not_brought_in(database: str) -> None:
    async with open_board(database, agents=3) as board:
        two = await pair(board)
        await board.seat(board.centre.agent_ids[2])
        await two.call()
        await two.report(0, "Established")
        mine = two.segment(0)
        assert mine is not None
        listening = await board.ask(c.Monitor(mine.id, board.centre.agent_ids[2], "listen"))
        await two.act(1, "accept")
        await two.report(1, "Established")
        told = await tell(board, two.contact_id)
        await two.report(2, "ConnectionCleared")
        await two.all_hang_up()

    assert listening.status == 200
    assert [each for each in told.asked if each.startswith("join")] == ["join consult", "join consult"]


async def test_nobody_is_told_a_longer_wait_for_it(database: str) -> None:
    async with open_board(database, agents=3, config={"announce": {"first_s": 5, "every_s": 60}}) as board:
        two = await pair(board)
        await two.they_talk()
        house = board.switchboard.house
        assert house is not None
        waits = house.waits_of(board.centre.queue_ids[0])
        known = len(waits.of)
        await two.all_hang_up()

    assert known == 0


async def test_a_phone_that_is_not_picked_up_ends_it(database: str) -> None:
    async with open_board(database, agents=3) as board:
        two = await pair(board)
        await two.call()
        await two.report(0, "ConnectionCleared")
        told = await tell(board, two.contact_id)
        nothing_is_left(board)

    assert (told.state, told.outcome, told.stays) == ("closed", "failed", ["internal"])


async def test_who_cannot_be_called_is_said_and_nothing_is_begun(database: str) -> None:
    async with open_board(database, agents=3) as board:
        two = await pair(board)
        oneself, away = await two.call(0), await two.call(2)
        entry = board.entry(direction="internal", channel="phone")
        nobody = await board.ask(c.CallColleague(entry, board.centre.agent_ids[0], entry.contact_id))
        await two.they_talk()
        busy = await Pair(board).call()
        contact_id = two.contact_id
        await two.all_hang_up()
        made = await rows(board, "SELECT id::text FROM contact")

    refused = [(each.status, each.body["text_key"]) for each in (oneself, away, nobody, busy)]
    assert refused == [
        (409, "agent.oneself"), (409, "agent.not_ready"), (404, "agent.unknown"), (409, "dial.busy"),
    ]  # fmt: skip
    assert [row["id"] for row in made] == [contact_id]
