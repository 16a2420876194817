"""Of which wires may a provider be asked right after a takeover? Not of one that it has not been told of yet."""

from app import commands as c
from app.sweeps import is_on_its_way
from tests.journey.board import open_board
from tests.journey.story import call


async def test_a_wire_is_asked_about_when_the_provider_knows_of_it(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        made = await call(board, "connecting")
        house = board.switchboard.house
        assert house is not None
        before = {leg.role: is_on_its_way(house, leg) for leg in house.legs(made.contact_id)}
        await board.ask(c.ReportEffects(done=tuple(effect.id for effect in house.effects(made.contact_id))))
        after = {leg.role: is_on_its_way(house, leg) for leg in house.legs(made.contact_id)}

    assert before == {"customer": False, "agent": True}
    assert after == {"customer": False, "agent": False}
