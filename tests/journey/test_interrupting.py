"""A call interrupts a mail, which is parked and returns first: in the records, the log, and after our death."""

import asyncio
from typing import Any

import pytest

from tests.journey.board import Board, open_board
from tests.journey.story import call, chat, rows, tell, we_die

MAY = {"interrupted_by": ["phone"], "wrap_up_s": 30}
PARKED = """
SELECT e.actor, e.kind, e.data ->> 'interrupted' AS interrupted, e.data ->> 'by_segment_id' AS by
FROM event e WHERE e.segment_id = $1 AND e.kind IN ('segment.parked', 'segment.unparked') ORDER BY e.seq
"""
SEGMENT = "SELECT state, interrupted, parked_us FROM segment WHERE id = $1"


async def segment(board: Board, segment_id: str) -> dict[str, Any]:
    (row,) = await rows(board, SEGMENT, segment_id)
    return dict(row)


@pytest.mark.parametrize("dies", [False, True], ids=["", "through our death"])
async def test_a_mail_is_parked_for_a_call_and_returns_after_its_wrap_up(database: str, dies: bool) -> None:
    async with open_board(database, config=MAY) as board:
        await board.seat(board.centre.agent_ids[0])
        mail = await chat(board, "talking", channel="email")
        mail_segment = mail.segment[0]
        one = await call(board, "offered")
        call_segment = one.segment[0]
        interrupted = await segment(board, mail_segment)
        if dies:
            await we_die(board)
        await one.act("accept")
        await one.both("Established")
        await board.let_pass(60)
        await one.report((one.agent_ref, "ConnectionCleared"), (one.ref, "ConnectionCleared"))
        in_wrap_up = await segment(board, mail_segment)
        if dies:
            await we_die(board)
        await board.act("finish", call_segment, board.centre.agent_ids[0])
        back = await segment(board, mail_segment)
        told = await rows(board, PARKED, mail_segment)
        await mail.act("end")
        ended = await tell(board, mail.contact_id)

    assert (interrupted["state"], interrupted["interrupted"]) == ("parked", True)
    assert (in_wrap_up["state"], in_wrap_up["interrupted"]) == ("parked", True)
    assert (back["state"], back["interrupted"]) == ("talking", False)
    assert back["parked_us"] >= 60_000_000
    assert [tuple(row) for row in told] == [
        ("engine", "segment.parked", "true", call_segment), ("engine", "segment.unparked", None, None),
    ]  # fmt: skip
    assert ended.segments[-1][1] == "wrap_up"


async def test_a_mail_parked_for_a_caller_who_hangs_up_returns_at_once(database: str) -> None:
    async with open_board(database, config=MAY) as board:
        await board.seat(board.centre.agent_ids[0])
        mail = await chat(board, "talking", channel="email")
        one = await call(board, "offered")
        await one.report((one.ref, "ConnectionCleared"))
        back = await segment(board, mail.segment[0])

    assert (back["state"], back["interrupted"]) == ("talking", False)


async def test_a_mail_that_its_agent_takes_up_again_is_theirs_to_return(database: str) -> None:
    async with open_board(database, config=MAY) as board:
        await board.seat(board.centre.agent_ids[0])
        mail = await chat(board, "talking", channel="email")
        one = await call(board, "offered")
        reply = await mail.act("unpark")
        back = await segment(board, mail.segment[0])
        told = await rows(board, PARKED, mail.segment[0])

    assert reply.status == 200
    assert (back["state"], back["interrupted"]) == ("talking", False)
    assert told[-1]["actor"].startswith("user:")
    assert one.contact_id


async def test_a_queue_that_says_nothing_is_not_interrupted(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        mail = await chat(board, "talking", channel="email")
        one = await call(board, "waiting")
        told = await tell(board, one.contact_id)
        held = await segment(board, mail.segment[0])

    assert told.segments == []
    assert held["state"] == "talking"


async def test_calls_and_mails_that_come_at_once_never_exceed_anybody_s_capacity(database: str) -> None:
    """Forty come at once to four agents who all accept at once; each agent has one call at most, and mails beside it
    only parked."""
    held = """
        SELECT s.agent_id, count(*) FILTER (WHERE c.channel = 'phone') AS calls,
            count(*) FILTER (WHERE c.channel = 'email') AS mails
        FROM segment s JOIN contact c ON c.id = s.contact_id
        WHERE s.state IN ('offered', 'connecting', 'talking', 'held', 'wrap_up') GROUP BY s.agent_id
    """
    async with open_board(database, config=MAY) as board:
        for agent_id in board.centre.agent_ids:
            await board.seat(agent_id)
        mails = await asyncio.gather(*(chat(board, "waiting", channel="email") for _ in range(20)))
        accepts = [board.act("accept", s.id, s.agent_id) for s in offers(board)]
        calls = [call(board, "waiting") for _ in range(20)]
        await asyncio.gather(*accepts, *calls)
        seen = await rows(board, held)
        for _ in range(5):
            await asyncio.gather(*(board.act("accept", s.id, s.agent_id) for s in offers(board)))
            seen += await rows(board, held)
        parked = await rows(board, "SELECT 1 FROM segment WHERE interrupted")

    assert len(mails) == 20
    assert parked, "nothing was interrupted: this proves nothing"
    assert {row["calls"] for row in seen} <= {0, 1}
    assert all(row["calls"] * 100 + row["mails"] * 20 <= 100 for row in seen)
    assert any(row["calls"] for row in seen)


def offers(board: Board) -> list[Any]:
    house = board.switchboard.house
    assert house is not None
    return [each for each in house.records.segments.values() if each.state == "offered"]
