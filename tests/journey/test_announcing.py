"""What a caller is told while they wait is said when they can hear it: it is put off until then, and not left out."""

import json

from contacts.effect import ARI
from tests.journey.board import Board, open_board
from tests.journey.story import Call, rows

ANNOUNCE = {"announce": {"first_s": 5, "every_s": 60}}


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
