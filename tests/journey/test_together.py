"""A colleague is asked, takes over, joins, is left: what stands in the records, and what the provider is asked."""

import pytest

from app import commands as c
from app.switchboard import new_id
from tests.journey.board import open_board
from tests.journey.story import chat, nothing_is_left, rows
from tests.journey.trio import trio


async def test_a_colleague_is_asked_while_the_customer_is_held(database: str) -> None:
    async with trio(database) as t:
        reply = await t.consult(0, 1)
        asked = await t.tell()
        await t.do(1, "accept")
        accepted = await t.tell()
        await t.hears(1, "Established")
        unheard = (await t.tell()).asked
        await t.hears(None, "Held")
        told, parts = await t.tell(), await t.parts()

    assert reply.status == 200
    assert asked.asked[-1] == "hold customer"
    assert asked.segments == [(0, "talking", None), (1, "offered", None)]
    assert accepted.asked[-1] == "ring consult"
    assert "join consult" not in unheard, "not before the customer is held"
    assert told.asked[-1] == "join consult"
    assert parts == [(0, "primary", "held"), (1, "consult", "talking")]
    assert told.stays == ["answered"]


async def test_a_consultation_that_is_completed_leaves_the_customer_with_the_colleague(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        first = t.leg(0)
        reply = await t.do(0, "complete")
        completed, asked = await t.parts(), (await t.tell()).asked
        await t.hears(None, "Retrieved")
        await t.call.report((first.provider_ref, "ConnectionCleared"))
        talking = await t.parts()
        await t.everybody_hangs_up()
        told = await t.tell()
        nothing_is_left(t.board)

    assert reply.status == 200
    assert completed == [(0, "primary", "wrap_up"), (1, "primary", "held")]
    assert asked[-2:] == ["hang_up agent", "retrieve customer"]
    assert talking == [(0, "primary", "wrap_up"), (1, "primary", "talking")]
    assert (told.state, told.outcome, told.stays) == ("closed", "handled", ["answered"])


# --- the colleague does not come, or the provider does not obey -------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "end"),
    [
        ("declines", (1, "consult", "declined")),
        ("does not answer", (1, "consult", "expired")),
        ("has a phone that says nothing", (1, "consult", "failed")),
        ("has a phone that cannot be rung", (1, "consult", "failed")),
        ("goes away", (1, "consult", "withdrawn")),
        ("is let go before an answer", (1, "consult", "withdrawn")),
    ],
)
async def test_when_the_colleague_does_not_come_the_customer_is_held_by_whom_they_had(
    database: str, how: str, end: tuple[int, str, str]
) -> None:
    async with trio(database) as t:
        await t.consult(0, 1)
        await t.hears(None, "Held")
        match how:
            case "declines":
                await t.do(1, "decline")
            case "does not answer":
                await t.board.let_pass(21)
            case "has a phone that says nothing":
                await t.do(1, "accept")
                await t.board.let_pass(11)
            case "has a phone that cannot be rung":
                await t.do(1, "accept")
                await t.effect_fails("telephony.ring")
            case "goes away":
                await t.board.ask(c.ChooseState(t.agent(1), "away", "break"))
            case _:
                await t.do(0, "return")
        parts = await t.parts()
        await t.do(0, "retrieve")
        await t.hears(None, "Retrieved")
        talking = await t.parts()
        again = await t.consult(0, 2)
        await t.everybody_hangs_up()
        told = await t.tell()
        nothing_is_left(t.board)

    assert parts == [(0, "primary", "held"), end]
    assert talking[0] == (0, "primary", "talking")
    assert again.status == 200, "and somebody else may be asked"
    assert (told.state, told.outcome, told.stays) == ("closed", "handled", ["answered"])


async def test_a_colleague_who_cannot_be_brought_in_is_hung_up_and_the_customer_stays(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.effect_fails("telephony.join")
        told, parts = await t.tell(), await t.parts()
        await t.everybody_hangs_up()
        nothing_is_left(t.board)

    assert parts == [(0, "primary", "held"), (1, "consult", "wrap_up")]
    assert told.asked[-1] == "hang_up consult"


async def test_while_the_hold_is_not_reported_nobody_is_brought_in_and_one_can_go_back(database: str) -> None:
    async with trio(database) as t:
        await t.consult(0, 1)
        await t.do(1, "accept")
        await t.hears(1, "Established")
        waiting, asked = await t.parts(), (await t.tell()).asked
        completed = await t.do(0, "complete")
        await t.do(0, "return")
        back = await t.parts()

    assert waiting == [(0, "primary", "talking"), (1, "consult", "talking")]
    assert "join consult" not in asked
    assert completed.status == 409
    assert back == [(0, "primary", "talking"), (1, "consult", "wrap_up")]


async def test_when_the_first_agents_wire_breaks_before_the_hold_the_colleague_gets_the_customer(database: str) -> None:
    """Never held, so never brought in: now they are."""
    async with trio(database) as t:
        await t.consult(0, 1)
        await t.do(1, "accept")
        await t.hears(1, "Established")
        await t.hears(0, "ConnectionCleared")
        told, parts = await t.tell(), await t.parts()

    assert parts == [(0, "primary", "wrap_up"), (1, "primary", "talking")]
    assert told.asked[-1] == "join consult"


async def test_a_provider_that_does_not_give_the_customer_back_can_be_asked_again(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.do(0, "complete")
        await t.board.let_pass(60)
        still = await t.parts()
        again = await t.do(1, "retrieve")
        await t.hears(None, "Retrieved")
        parts = await t.parts()

    assert still[1] == (1, "primary", "held")
    assert again.status == 200
    assert parts[1] == (1, "primary", "talking")


# --- who may be asked, and what else is on the way --------------------------------------------------------------------


async def test_a_busy_colleague_may_be_asked_and_the_offer_is_marked(database: str) -> None:
    async with trio(database) as t:
        other = await t.other_call()  # given to agent 1
        await t.consult(0, 1)
        marked = await rows(t.board, "SELECT manual FROM segment WHERE role = 'consult'")
        load = t.board.switchboard.house.engine.load(t.agent(1))  # type: ignore[union-attr]
        above = t.board.switchboard.house.engine.above_capacity()  # type: ignore[union-attr]

    assert other.contact_id != t.contact_id
    assert marked[0]["manual"]
    assert load == 200
    assert above == [], "a person's act, and not ours"


@pytest.mark.parametrize(
    ("whom", "status", "text_key"),
    [("oneself", 409, "agent.oneself"), ("one at lunch", 409, "agent.not_ready"), ("nobody", 404, "agent.unknown")],
)
@pytest.mark.parametrize("act", ["consult", "transfer"])
async def test_who_cannot_be_given_it_is_not_asked(
    database: str, act: str, whom: str, status: int, text_key: str
) -> None:
    async with trio(database) as t:
        await t.board.ask(c.ChooseState(t.agent(2), "away", "lunch"))
        target = {"oneself": t.agent(0), "one at lunch": t.agent(2), "nobody": new_id()}[whom]
        mine, before = t.segment(0), await t.tell()
        wish: c.Command = c.ConsultAgent(mine.id, mine.agent_id, target)
        if act == "transfer":
            wish = c.TransferToAgent(mine.id, mine.agent_id, target)
        reply = await t.board.ask(wish)
        after = await t.tell()
        rebuilds = t.board.switchboard.counts.rebuilds

    assert (reply.status, reply.body["text_key"], reply.body["field"]) == (status, text_key, "agent")
    assert after == before
    assert rebuilds == 1


async def test_a_second_colleague_is_not_asked_beside_the_first(database: str) -> None:
    async with trio(database) as t:
        await t.consult(0, 1)
        reply = await t.consult(0, 2)

    assert reply.status == 409


@pytest.mark.parametrize("keep", [False, True])
async def test_a_transfer_may_keep_how_long_the_customer_has_waited(database: str, keep: bool) -> None:
    async with trio(database) as t:
        await t.board.let_pass(100)
        await t.to_agent(0, 1, keep=keep)
        stays = await rows(t.board, "SELECT place_us, routing, wishes FROM stay ORDER BY id")

    late_by = stays[1]["place_us"] - stays[0]["place_us"]
    assert late_by == 0 if keep else late_by >= 100_000_000
    assert t.agent(1) in stays[1]["wishes"]


async def test_three_are_in_conference_until_each_has_left(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.do(0, "conference")
        joined = await t.parts()
        await t.hears(None, "Retrieved")
        talking = await t.parts()
        first = t.leg(0)
        await t.do(0, "leave")
        left = await t.parts()
        await t.call.report((first.provider_ref, "ConnectionCleared"))
        await t.is_asked(2, by=1)
        await t.do(1, "conference")
        await t.hears(None, "Retrieved")
        again = await t.parts()
        await t.do(2, "leave")
        await t.do(1, "end")
        await t.everybody_hangs_up()
        told = await t.tell()
        nothing_is_left(t.board)

    assert joined == [(0, "primary", "held"), (1, "conference", "held")]
    assert talking == [(0, "primary", "talking"), (1, "conference", "talking")]
    assert left == [(0, "primary", "wrap_up"), (1, "primary", "talking")], "somebody always has the contact"
    assert again[1:] == [(1, "primary", "talking"), (2, "conference", "talking")]
    assert (told.state, told.outcome) == ("closed", "handled")


async def test_a_conference_is_held_and_taken_back_as_one(database: str) -> None:
    async with trio(database) as t:
        await t.is_asked(1)
        await t.do(0, "conference")
        await t.hears(None, "Retrieved")
        refused = await t.do(1, "hold")
        await t.do(0, "hold")
        await t.hears(None, "Held")
        held = await t.parts()
        await t.do(0, "leave")
        asked = (await t.tell()).asked
        await t.hears(None, "Retrieved")
        parts = await t.parts()

    assert refused.status == 409
    assert held == [(0, "primary", "held"), (1, "conference", "held")]
    assert asked[-2:] == ["hang_up agent", "retrieve customer"], "nobody is left on hold by somebody who went"
    assert parts[1] == (1, "primary", "talking")


async def test_a_transfer_does_not_lose_what_the_customer_is_worth(database: str) -> None:
    async with open_board(database, more_queues=1, config={"head_start": [[50, 60]]}) as board:
        await board.seat(board.centre.agent_ids[0])
        one = await chat(board, "talking", value=70)
        segment, agent = one.segment
        await board.ask(c.TransferToQueue(segment, agent, board.centre.queue_ids[-1]))
        head_starts = await rows(
            board, "SELECT extract(epoch FROM queued_at) * 1000000 - place_us AS us FROM stay ORDER BY id"
        )

    assert [int(row["us"]) for row in head_starts] == [60_000_000, 60_000_000]
