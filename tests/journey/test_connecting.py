"""Connected is what the provider reports: nothing else makes a conversation."""

from app import commands as c
from app.switchboard import new_id
from tests.journey.board import open_board
from tests.journey.story import call, tell


async def test_accepting_reserves_the_agent_and_asks_the_provider(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "connecting")
        told = await tell(board, one.contact_id)

    assert told.segments == [(0, "connecting", None)]
    assert told.stays == [None], "the wait goes on until somebody speaks"
    assert told.asked == ["connect customer"]
    assert told.legs == {"customer": "delivered", "agent": "initiated"}


async def test_one_established_leg_is_not_a_conversation(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "connecting")
        await one.report((one.agent_ref, "Established"))
        half = await tell(board, one.contact_id)
        await one.report((one.ref, "Established"))
        whole = await tell(board, one.contact_id)

    assert half.segments == [(0, "connecting", None)]
    assert whole.segments == [(0, "talking", None)]
    assert whole.stays == ["answered"]


async def test_the_customers_leg_may_be_established_first(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "connecting")
        await one.report((one.ref, "Established"))
        half = await tell(board, one.contact_id)
        await one.report((one.agent_ref, "Established"))
        whole = await tell(board, one.contact_id)

    assert half.segments == [(0, "connecting", None)]
    assert whole.segments == [(0, "talking", None)]


async def test_a_silent_provider_connects_nobody_and_costs_the_caller_no_place(database: str) -> None:
    """After the connect limit the segment failed, the caller waits at the old place, the phone is unreachable."""
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "connecting")
        house = board.switchboard.house
        assert house is not None
        before = house.waiting_stay(one.contact_id)
        await board.let_pass(9)
        still = await tell(board, one.contact_id)
        await board.let_pass(1.5)
        told = await tell(board, one.contact_id)
        after = house.waiting_stay(one.contact_id)

        assert still.segments == [(0, "connecting", None)]
        assert told.segments == [(0, "failed", "connect_timeout")]
        assert told.stays == [None]
        assert before is not None
        assert after is not None
        assert (after.id, after.place_us) == (before.id, before.place_us)
        assert "segment.connected" not in told.events
        assert told.asked == ["connect customer", "hang_up agent"]
        agent = house.records.agents[board.centre.agent_ids[0]]
        assert not agent.phone_reachable
        assert agent.chosen == "ready", "nobody changes what the agent chose"


async def test_established_after_the_connect_limit_connects_nobody(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "connecting")
        ref = one.agent_ref
        await board.let_pass(11)
        await one.report((ref, "Established"), (one.ref, "Established"))
        told = await tell(board, one.contact_id)

    assert told.segments == [(0, "failed", "connect_timeout")]
    assert told.stays == [None]


async def test_a_phone_that_cannot_be_reached_fails_at_once_and_another_agent_is_asked(database: str) -> None:
    async with open_board(database) as board:
        first, second = board.centre.agent_ids[:2]
        await board.seat(first)
        one = await call(board, "connecting")
        await board.seat(second)
        await one.report((one.agent_ref, "Failed"))
        told = await tell(board, one.contact_id)

    assert told.segments == [(0, "failed", "provider"), (1, "offered", None)]


async def test_a_connect_command_that_the_provider_refuses_frees_the_agent_at_once(database: str) -> None:
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "connecting")
        house = board.switchboard.house
        assert house is not None
        effect = next(e for e in house.effects(one.contact_id) if e.kind == "telephony.connect")
        await board.ask(c.ReportEffects(failed=(effect.id,)))
        told = await tell(board, one.contact_id)

    assert told.segments == [(0, "failed", "provider"), (0, "offered", None)], "nobody else is there to be asked"
    assert told.stays == [None]


async def test_a_call_ends_for_its_agent_when_nobody_takes_the_hang_up(database: str) -> None:
    """A provider that is dead or archived leaves no agent busy for ever."""
    async with open_board(database) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await call(board, "talking")
        house = board.switchboard.house
        assert house is not None
        (segment,) = house.segments(one.contact_id)
        await board.act("end", segment.id, segment.agent_id)
        asked = tuple(e.id for e in house.effects(one.contact_id) if e.kind == "telephony.hang_up")
        await board.ask(c.ReportEffects(failed=asked))
        told = await tell(board, one.contact_id)

    assert [state for _, state, _ in told.segments] == ["wrap_up"]
    assert set(told.legs.values()) == {"cleared"}


async def test_a_provider_of_one_company_knows_no_agents_of_others(database: str) -> None:
    async with open_board(database) as board:
        agent_id, house = board.centre.agent_ids[0], board.switchboard.house
        assert house is not None
        foreign = await board.ask(c.ReportPhones(board.provider, (agent_id,), company_id=new_id()))
        after_foreign = house.engine.agent_state(agent_id).phone_reachable
        own = await board.ask(c.ReportPhones(board.provider, (agent_id,), company_id=board.centre.company_ids[0]))
        after_own = house.engine.agent_state(agent_id).phone_reachable

    assert (foreign.body["unknown"], after_foreign) == ([agent_id], False)
    assert (own.body["unknown"], after_own) == ([], True)
