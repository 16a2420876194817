"""A customer who wants to be called, and to be rung first: one call or none, by the rings that were asked for."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app import commands as c
from contacts.hours import WEEKDAYS
from contacts.words import SECOND_US
from tests.journey.board import Board, may_call, open_board
from tests.journey.story import Call, nothing_is_left, rows, tell, we_die

HOUR_S = 3600
NUMBER = "+4930777001"
NEW_YORK = ZoneInfo("America/New_York")  # the company lives in Berlin
OPEN = {"zone": "Europe/Berlin", "weekly": {day: ["00:00-24:00"] for day in WEEKDAYS}}


def wish(board: Board, in_s: float | None = None, zone: str | None = None) -> c.RequestCallback:
    at_us = None if in_s is None else board.clock.now_us() + round(in_s * SECOND_US)
    return c.RequestCallback(board.entry(channel="phone", direction="out"), NUMBER, (), at_us, zone, "customer")


async def rings(board: Board) -> int:
    """How often any customer's phone was to ring, by the effects."""
    query = """SELECT count(*) FROM effect e JOIN leg l ON l.id = e.leg_id
        WHERE e.kind = 'telephony.ring' AND l.role = 'customer'"""
    (row,) = await rows(board, query)
    return int(row["count"])


async def theirs(board: Board, contact_id: str, event: Any, cause: Any = "normal") -> None:
    """What Asterisk tells of their wire."""
    house = board.switchboard.house
    assert house is not None
    leg = [each for each in house.legs(contact_id) if each.role == "customer"][-1]
    report = c.LegReport(leg.provider_ref, event, leg.last_rank + 1, cause, None)
    await board.ask(c.ReportLegs(leg.provider, (report,)), actor="provider")


async def calls_in(board: Board) -> Call:
    """The same customer, by themselves, and an agent speaks with them."""
    caller = Call(board)
    entry = board.entry(
        channel="phone", source=f"telephony:{board.provider}", source_id=caller.ref, collected={"from": NUMBER}
    )
    reply = await board.report(caller.ref, "Delivered", 1, entry)
    caller.contact_id, caller.seqs[caller.ref] = reply.body["contacts"][caller.ref], 1
    await caller.act("accept")
    await caller.both("Established")
    return caller


@pytest.mark.parametrize("in_s", [None, HOUR_S])
async def test_asked_for_twice_their_phone_rings_once(database: str, in_s: float | None) -> None:
    """The second wish comes while it rings, or while it waits for its time; and again when they are on the line."""
    async with open_board(database) as board:
        await may_call(board)
        first = wish(board, in_s)
        made, again = await board.ask(first), await board.ask(wish(board, in_s))
        before = await rings(board)
        await board.let_pass(HOUR_S + 1 if in_s else 1)
        rung = await rings(board)
        await we_die(board)
        late = await board.ask(wish(board))
        await theirs(board, first.entry.contact_id, "Established")
        await board.let_pass(60)
        after = await rings(board)
        told = await tell(board, first.entry.contact_id)

    assert (made.status, again.status, again.body["already"]) == (201, 200, True)
    assert again.body["contact_id"] == late.body["contact_id"] == first.entry.contact_id
    assert (before, rung, after) == (0 if in_s else 1, 1, 1)
    assert told.stays == [None], "they wait on the line"


async def test_given_up_twice_their_phone_never_rings(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board)
        wished = wish(board, HOUR_S)
        await board.ask(wished)
        answers = [await board.ask(c.ChangeCallback(wished.entry.contact_id, None)) for _ in range(2)]
        await board.let_pass(3 * HOUR_S)
        told = await tell(board, wished.entry.contact_id)
        rung = await rings(board)
        nothing_is_left(board)

    assert [answer.status for answer in answers] == [200, 404]
    assert (told.state, told.outcome, told.stays, rung) == ("closed", "cleared", [], 0)


async def test_while_it_rings_it_is_not_given_up_and_then_it_rings_no_second_time(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board)
        wished = wish(board)
        await board.ask(wished)
        answers = [await board.ask(c.ChangeCallback(wished.entry.contact_id, None)) for _ in range(2)]
        await theirs(board, wished.entry.contact_id, "ConnectionCleared", "busy")
        given_up = await board.ask(c.ChangeCallback(wished.entry.contact_id, None))
        await board.let_pass(3 * HOUR_S)
        rung = await rings(board)
        nothing_is_left(board)

    assert {(answer.status, answer.body["text_key"]) for answer in answers} == {(409, "callback.under_way")}
    assert (given_up.status, rung) == (200, 1)


async def test_whoever_reaches_an_agent_before_their_time_is_not_rung(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board)
        await board.seat(board.centre.agent_ids[0])
        wished = wish(board, HOUR_S)
        await board.ask(wished)
        await calls_in(board)
        told = await tell(board, wished.entry.contact_id)
        await board.let_pass(3 * HOUR_S)
        rung = await rings(board)

    assert (told.state, told.outcome, rung) == ("closed", "cleared", 0)


async def test_whoever_reaches_an_agent_while_it_rings_is_rung_no_further_and_not_again(database: str) -> None:
    """They call from the number that is rung: it is busy, and nobody is to try it a second time."""
    async with open_board(database) as board:
        await may_call(board)
        await board.seat(board.centre.agent_ids[0])
        wished = wish(board)
        await board.ask(wished)
        await calls_in(board)
        told = await tell(board, wished.entry.contact_id)
        await theirs(board, wished.entry.contact_id, "ConnectionCleared", "busy")
        await board.let_pass(3 * HOUR_S)
        rung = await rings(board)
        later = await tell(board, wished.entry.contact_id)

    assert (told.asked, rung) == (["ring customer", "hang_up customer"], 1)
    assert (later.state, later.outcome, later.stays) == ("closed", "cleared", [])


async def test_whoever_is_not_there_and_then_reaches_an_agent_is_not_tried_again(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board, retry_delay_s=300)
        await board.seat(board.centre.agent_ids[0])
        wished = wish(board)
        await board.ask(wished)
        await theirs(board, wished.entry.contact_id, "ConnectionCleared", "busy")
        await calls_in(board)
        await board.let_pass(3 * HOUR_S)
        rung = await rings(board)
        told = await tell(board, wished.entry.contact_id)

    assert (told.state, told.outcome, rung) == ("closed", "cleared", 1)


def next_day_of(hours: int) -> date:
    """The next one in New York with so many hours: the clocks go forward on one of 23, and back on one of 25."""
    day = datetime.now(NEW_YORK).date() + timedelta(days=2)
    while midnight(day + timedelta(days=1)) - midnight(day) != hours * HOUR_S:
        day += timedelta(days=1)
    return day


def midnight(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).timestamp())


@pytest.mark.parametrize(("hours", "asked_for"), [(23, None), (23, 7), (23, 9), (25, None), (25, 7), (25, 9)])
async def test_over_a_change_of_their_clocks_it_rings_once_and_in_their_day(
    database: str, hours: int, asked_for: int | None
) -> None:
    """Asked for at ten in the evening before: at once, which is their night, or at an hour of the next day."""
    day = next_day_of(hours)
    at = datetime(day.year, day.month, day.day, max(8, asked_for or 0), tzinfo=NEW_YORK)
    async with open_board(database, config={"hours": OPEN}) as board:
        await may_call(board)

        async def until(instant_s: float) -> None:
            await board.let_pass(instant_s - board.clock.now_us() / SECOND_US)

        await until(midnight(day) - 2 * HOUR_S)
        in_s = None
        if asked_for is not None:
            wanted = datetime(day.year, day.month, day.day, asked_for, tzinfo=NEW_YORK)
            in_s = wanted.timestamp() - board.clock.now_us() / SECOND_US
        wished = wish(board, in_s, str(NEW_YORK))
        made = await board.ask(wished)
        await until(at.timestamp() - 5)
        before = await rings(board)
        await we_die(board)
        await until(at.timestamp() + 1)
        rung = await rings(board)
        await theirs(board, wished.entry.contact_id, "Established")
        await board.let_pass(2 * HOUR_S)
        after = await rings(board)

    assert made.status == 201
    assert (before, rung, after) == (0, 1, 1)
