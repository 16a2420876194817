"""A customer wishes to be called: at once or at a time of theirs, in their own day; put off, given up, asked twice."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app import call_hours
from app import commands as c
from contacts.hours import WEEKDAYS, read_hours
from contacts.words import DAY_US, SECOND_US
from tests.journey.board import Board, may_call, open_board, rebuilt_engine
from tests.journey.story import Call, nothing_is_left, rows, tell, we_die

HOUR_S = 3600
NEW_YORK, BERLIN, SHANGHAI = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
NUMBER = "+4930777001"
OPEN = {"zone": "Europe/Berlin", "weekly": {day: ["00:00-24:00"] for day in WEEKDAYS}}


def instant(zone: ZoneInfo, *at: int) -> int:
    return round(datetime(*at, tzinfo=zone).timestamp()) * SECOND_US  # type: ignore[misc,arg-type]


def wish(board: Board, in_s: float | None = None, number: str = NUMBER, zone: str | None = None) -> c.RequestCallback:
    at_us = None if in_s is None else board.clock.now_us() + round(in_s * SECOND_US)
    return c.RequestCallback(board.entry(channel="phone", direction="out"), number, (), at_us, zone)


async def waits_for(board: Board) -> list[str | None]:
    """How each wait of all callbacks ended."""
    return [row["end"] for row in await rows(board, 'SELECT "end" FROM stay ORDER BY id')]


async def test_a_callback_at_a_time_of_theirs_waits_from_then_on_and_from_no_earlier(database: str) -> None:
    """A caller who comes meanwhile is before it."""
    async with open_board(database) as board:
        await may_call(board)
        wished = wish(board, HOUR_S)
        made = await board.ask(wished)
        await board.let_pass(HOUR_S - 5)
        before = await waits_for(board)
        caller = await Call(board).arrive()
        await board.let_pass(6)
        places = await rows(board, "SELECT contact_id::text, place_us FROM stay ORDER BY place_us")

    assert (made.status, made.body["at_us"]) == (201, wished.at_us)
    assert before == []
    assert [row["contact_id"] for row in places] == [caller.contact_id, wished.entry.contact_id]


async def test_a_time_that_has_passed_is_now_and_gets_nobody_ahead(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board)
        caller = await Call(board).arrive()
        wished = wish(board, -30 * HOUR_S)
        await board.ask(wished)
        places = await rows(board, "SELECT contact_id::text FROM stay ORDER BY place_us")

    assert [row["contact_id"] for row in places] == [caller.contact_id, wished.entry.contact_id]


async def test_requested_twice_is_one_and_given_up_twice_is_none(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board)
        first, second = wish(board, HOUR_S), wish(board, 2 * HOUR_S)
        made, again = await board.ask(first), await board.ask(second)
        given_up = await board.ask(c.ChangeCallback(first.entry.contact_id, None))
        twice = await board.ask(c.ChangeCallback(first.entry.contact_id, None))
        await board.let_pass(3 * HOUR_S)
        told = await tell(board, first.entry.contact_id)
        nothing_is_left(board)

    assert made.body["already"] is False
    assert (again.status, again.body["already"], again.body["contact_id"]) == (200, True, first.entry.contact_id)
    assert again.body["at_us"] == first.at_us, "it stays where it was"
    assert (given_up.status, twice.status, twice.body["text_key"]) == (200, 404, "callback.over")
    assert (told.state, told.outcome, told.stays) == ("closed", "cleared", [])


async def test_one_that_waits_already_can_be_put_off_and_given_up(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board)
        wished = wish(board)
        await board.ask(wished)
        at_us = board.clock.now_us() + HOUR_S * SECOND_US
        put_off = await board.ask(c.ChangeCallback(wished.entry.contact_id, at_us))
        first = await waits_for(board)
        await board.let_pass(HOUR_S + 1)
        second = await waits_for(board)
        given_up = await board.ask(c.ChangeCallback(wished.entry.contact_id, None))
        third = await waits_for(board)

    assert (put_off.status, put_off.body["at_us"]) == (200, at_us)
    assert (first, second, third) == (["cleared"], ["cleared", None], ["cleared", "cleared"])
    assert given_up.status == 200


async def test_one_that_is_offered_this_moment_is_not_taken_back(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board)
        await board.seat(board.centre.agent_ids[0])
        wished = wish(board)
        await board.ask(wished)
        refused = await board.ask(c.ChangeCallback(wished.entry.contact_id, None))
        told = await tell(board, wished.entry.contact_id)

    assert (refused.status, refused.body["text_key"]) == (409, "callback.under_way")
    assert told.segments == [(0, "offered", None)]


async def test_a_customer_who_reaches_an_agent_meanwhile_is_not_called(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board)
        await board.seat(board.centre.agent_ids[0])
        wished = wish(board, HOUR_S)
        await board.ask(wished)
        caller = Call(board)
        entry = board.entry(
            channel="phone", source=f"telephony:{board.provider}", source_id=caller.ref, collected={"from": NUMBER}
        )
        reply = await board.report(caller.ref, "Delivered", 1, entry)
        caller.contact_id, caller.seqs[caller.ref] = reply.body["contacts"][caller.ref], 1
        await caller.act("accept")
        await caller.both("Established")
        told = await tell(board, wished.entry.contact_id)
        await board.let_pass(2 * HOUR_S)
        later = await tell(board, wished.entry.contact_id)

    assert (told.state, told.outcome) == ("closed", "cleared")
    assert later.stays == []


async def test_as_many_as_a_half_hour_holds_and_not_one_more(database: str) -> None:
    """Whoever puts theirs off needs room as well; another half hour has its own."""
    async with open_board(database) as board:
        await may_call(board, per_slot=2)
        slot_us = call_hours.slot_of(board.clock.now_us()) + 2 * call_hours.SLOT_US
        in_s = (slot_us - board.clock.now_us()) / SECOND_US
        wishes = [wish(board, in_s + 60 * n, f"+493077700{n}") for n in range(3)]
        answers = [await board.ask(each) for each in wishes]
        elsewhere = wish(board, in_s + 1800, "+4930777009")
        free = await board.ask(elsewhere)
        moved = await board.ask(c.ChangeCallback(elsewhere.entry.contact_id, slot_us))
        same = await board.ask(c.ChangeCallback(wishes[0].entry.contact_id, slot_us + 1))

    assert [answer.status for answer in answers] == [201, 201, 409]
    assert (answers[2].body["text_key"], answers[2].body["field"]) == ("callback.slot_full", "at_ms")
    assert (free.status, moved.status, same.status) == (201, 409, 200)


async def test_its_time_outlives_the_writer(database: str) -> None:
    async with open_board(database) as board:
        await may_call(board)
        wished = wish(board, HOUR_S)
        await board.ask(wished)
        house = board.switchboard.house
        assert house is not None
        was = house.next_again()
        _, records = await rebuilt_engine(database)
        await we_die(board)
        await board.let_pass(HOUR_S + 1)
        waits = await waits_for(board)

    assert was == (wished.at_us, wished.entry.contact_id)
    assert records.contacts[wished.entry.contact_id].ivr["reach"]["again_us"] == wished.at_us
    assert waits == [None]


async def test_nobody_is_rung_in_their_night(database: str) -> None:
    """The wait begins when their day does, whenever that is by our clock."""
    async with open_board(database, config={"hours": OPEN}) as board:
        await may_call(board)
        for n, zone in enumerate(("Asia/Shanghai", "America/New_York", "Pacific/Auckland", "Europe/Berlin")):
            await board.ask(wish(board, number=f"+493077{n + 1000}", zone=zone))
        now_us = board.clock.now_us()
        found = await rows(
            board,
            "SELECT ivr -> 'reach' ->> 'zone' AS zone, (ivr -> 'reach' ->> 'again_us')::bigint AS again FROM contact",
        )

    assert len(found) == 4
    for row in found:
        is_day = call_hours.local_day(row["zone"]).is_open(now_us)
        assert (row["again"] is None) == is_day, row
        if row["again"] is not None:
            local = datetime.fromtimestamp(row["again"] / 1e6, ZoneInfo(row["zone"]))
            assert (local.hour, local.minute) == (8, 0)


@pytest.mark.parametrize(
    ("zone", "night", "morning"),
    [
        # The clocks go back in the night of the 1st of November 2026, and forward in that of the 14th of March 2027.
        (NEW_YORK, (2026, 10, 31, 23, 30), (2026, 11, 1, 8)),
        (NEW_YORK, (2027, 3, 13, 22), (2027, 3, 14, 8)),
        (BERLIN, (2026, 10, 24, 23), (2026, 10, 25, 8)),
        (SHANGHAI, (2026, 11, 1, 3), (2026, 11, 1, 8)),
    ],
)
def test_their_day_begins_at_eight_also_where_the_clocks_changed_in_the_night(
    zone: ZoneInfo, night: tuple[int, ...], morning: tuple[int, ...]
) -> None:
    assert call_hours.not_before(str(zone), instant(zone, *night)) == instant(zone, *morning)


def test_slots_are_open_half_hours_of_the_queue_and_of_their_day_over_a_change_of_clocks() -> None:
    """By hand: Berlin 9 to 17 h is New York 4 to 12 h in the week between the two changes (25th and 31st of October
    2026), and 3 to 11 h before and after it. So their day leaves four hours in that week, else three.
    """
    hours = read_hours({"zone": "Europe/Berlin", "weekly": {day: ["09:00-17:00"] for day in WEEKDAYS}})

    def of(*day: int) -> list[str]:
        begin_us = instant(NEW_YORK, *day)
        found = call_hours.slots(hours, "America/New_York", begin_us, begin_us + DAY_US, {}, 2)
        return [f"{datetime.fromtimestamp(slot.at_us / 1e6, NEW_YORK):%H:%M}" for slot in found]

    before = ["08:00", "08:30", "09:00", "09:30", "10:00", "10:30"]
    assert of(2026, 10, 23) == before
    assert of(2026, 10, 27) == [*before, "11:00", "11:30"]
    assert of(2026, 11, 3) == before


def test_a_slot_says_how_many_may_still_be_called_in_it() -> None:
    begin_us = instant(BERLIN, 2026, 11, 3, 12)
    taken = {begin_us: 1, begin_us + call_hours.SLOT_US: 5}
    found = list(call_hours.slots(None, None, begin_us - 1, begin_us + 3 * call_hours.SLOT_US, taken, 2))

    assert [slot.free for slot in found] == [1, 0, 2]
    assert found[0].at_us == begin_us
