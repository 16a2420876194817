"""What a caller is told while they wait is said when they can hear it: it is put off until then, and not left out."""

import json

from app import commands as c
from contacts.effect import ARI
from tests.journey.board import Board, open_board
from tests.journey.story import Call, rows

ID_OF_NOBODY = "01a2075d-6b13-72af-99f5-300730788cbb"
ANNOUNCE = {"announce": {"first_s": 5, "every_s": 60}}


async def test_what_a_caller_is_told_first_stays_with_their_wait(database: str) -> None:
    """Nobody was served yet and one agent is there: it is a guess. What they are told later changes nothing."""
    async with open_board(database, agents=2, config=ANNOUNCE | {"limit_s": 600}) as board:
        board.provider = f"{ARI}{board.provider}"
        await board.seat(board.centre.agent_ids[0])
        busy = await Call(board).arrive()
        await busy.act("accept")
        await busy.both("Established")
        call = await Call(board).arrive()
        await call.report((call.ref, "Established"))
        await board.let_pass(6)
        (first,) = await rows(board, "SELECT told FROM stay WHERE contact_id = $1", call.contact_id)
        (text,) = await said(board)
        (effect,) = await rows(board, "SELECT id::text FROM effect WHERE args ? 'announce'")
        heard = c.ReportHeard(board.provider, effect["id"], "done", "", 3.0)
        await board.ask(heard, actor="provider")
        await board.let_pass(61)
        (later,) = await rows(board, "SELECT told FROM stay WHERE contact_id = $1", call.contact_id)
        texts = await said(board)

    told = json.loads(first["told"])
    assert text == f"All our people are busy. You will probably wait up to {told['high_us'] // 60_000_000} minutes."
    assert (told["low_us"], told["high_us"] % 60_000_000) == (0, 0)
    assert len(texts) == 2
    assert later == first


async def said(board: Board) -> list[str]:
    found = await rows(board, "SELECT args FROM effect WHERE args ? 'announce' ORDER BY id")
    return [json.loads(row["args"])["prompts"][0]["text"] for row in found]


async def test_whoever_is_not_answered_in_time_is_told_as_soon_as_they_are(database: str) -> None:
    async with open_board(database, agents=1, config=ANNOUNCE) as board:
        board.provider = f"{ARI}{board.provider}"
        call = await Call(board).arrive()
        await board.let_pass(6)
        unanswered = await said(board)
        await call.report((call.ref, "Established"))
        await board.let_pass(2)
        answered = await said(board)
        await board.let_pass(20)
        later = await said(board)

    assert unanswered == []
    assert len(answered) == 1
    assert later == answered, "the next comes at its own instant"


async def test_what_a_visitors_page_told_first_stays_with_their_wait_too(database: str) -> None:
    async with open_board(database, agents=1) as board:
        call = await Call(board).arrive()
        for low_us, high_us in ((60_000_000, 180_000_000), (0, 60_000_000)):
            answer = await board.ask(c.TellWait(call.contact_id, low_us, high_us), actor="system")
        nobody = await board.ask(c.TellWait(ID_OF_NOBODY, 0, 60_000_000), actor="system")
        (row,) = await rows(board, "SELECT told FROM stay WHERE contact_id = $1", call.contact_id)

    told = json.loads(row["told"])
    assert (told["low_us"], told["high_us"]) == (60_000_000, 180_000_000)
    assert (answer.status, nobody.status) == (200, 200)
