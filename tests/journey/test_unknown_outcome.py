"""A turn that was committed, and whose answer never came: whoever carries it out hears of it all the same."""

from contacts.effect import Effect
from tests.faults.cut_line import Line
from tests.journey.board import open_board
from tests.journey.story import call


async def test_what_was_decided_in_a_turn_without_an_answer_is_carried_out(database: str) -> None:
    line = Line(database)
    await line.open()
    told: list[list[Effect]] = []
    try:
        async with open_board(line.url) as board:

            async def holding(holds: bool) -> None:
                house = board.switchboard.house
                if holds and house is not None:
                    told.append(list(house.records.effects.values()))

            board.switchboard.on_holding.append(holding)
            await board.seat(board.centre.agent_ids[0])
            one = await call(board, "offered")
            line.arm("after it was done", b"segment.accepted")
            reply = await one.act("accept")
    finally:
        await line.close()

    assert reply.status == 200
    assert line.cuts == 1
    assert [effect.kind for effect in told[-1]] == ["telephony.connect"]
