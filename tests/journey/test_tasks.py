"""Planned work begins at its time, in its queue's hours, whatever dies meanwhile; it can be put off or given up."""

from typing import Any

import asyncpg

from app import commands as c
from app.switchboard import new_id
from contacts.stay import Wishes
from contacts.words import SECOND_US
from tests.journey.board import Board, configured, open_board, rebuilt_engine
from tests.journey.story import nothing_is_left, rows, tell, we_die

HOUR_S = 3600


def plan(board: Board, in_s: float, queue: int = 0, **about: Any) -> c.PlanTask:
    entry = board.entry(queue, channel="task", collected={"subject": "Call the bank"}, **about)
    return c.PlanTask(entry, "follow_up", board.clock.now_us() + round(in_s * SECOND_US))


async def test_work_waits_for_its_time_and_then_in_its_queue_like_anything_else(database: str) -> None:
    async with open_board(database) as board:
        anna = board.centre.agent_ids[0]
        await board.seat(anna)
        wish = plan(board, HOUR_S)
        made = await board.ask(wish)
        await board.let_pass(HOUR_S - 5)
        early = await tell(board, wish.entry.contact_id)
        await board.let_pass(6)
        due = await tell(board, wish.entry.contact_id)
        (segment,) = board.switchboard.house.segments(wish.entry.contact_id)  # type: ignore[union-attr]
        for act in ("accept", "end", "finish"):
            await board.act(act, segment.id, anna)
        done = await tell(board, wish.entry.contact_id)
        nothing_is_left(board)

    assert (made.status, made.body["state"]) == (201, "open")
    assert (early.state, early.stays, early.events) == ("open", [], ["contact.arrived", "contact.planned"])
    assert due.stays == [None]
    assert due.segments == [(0, "offered", None)]
    assert (done.state, done.outcome, done.stays) == ("closed", "handled", ["answered"])


async def test_what_is_due_already_waits_at_once_and_a_repeat_plans_nothing_twice(database: str) -> None:
    async with open_board(database) as board:
        wish = plan(board, -HOUR_S)
        await board.ask(wish)
        again = await board.ask(wish)
        told = await tell(board, wish.entry.contact_id)
        (number,) = await rows(board, "SELECT count(*) FROM contact")

    assert told.stays == [None]
    assert (again.status, again.body["contact_id"], number["count"]) == (200, wish.entry.contact_id, 1)


async def test_its_time_outlives_the_writer(database: str) -> None:
    """A new one reads it from the contact's row; overdue work begins at once."""
    async with open_board(database) as board:
        wish = plan(board, HOUR_S)
        await board.ask(wish)
        _, records = await rebuilt_engine(database)
        house = board.switchboard.house
        assert house is not None
        was = house.next_again()
        await we_die(board)
        await board.let_pass(HOUR_S + 1)
        rebuilt = board.switchboard.house
        told = await tell(board, wish.entry.contact_id)

    assert was == (wish.due_us, wish.entry.contact_id)
    assert wish.entry.contact_id in records.contacts
    assert rebuilt is not house
    assert told.stays == [None]


async def test_work_of_a_closed_hour_begins_when_its_queue_opens(database: str) -> None:
    hours = {"zone": "Europe/Berlin", "weekly": {"mon": ["08:00-12:00"]}}
    async with open_board(database, config={"hours": hours}) as board:
        wish = plan(board, 60)
        await board.ask(wish)
        await board.let_pass(61)
        waits = await tell(board, wish.entry.contact_id)
        house = board.switchboard.house
        assert house is not None
        opens = house.next_again()
        assert opens is not None
        await board.let_pass((opens[0] - board.clock.now_us()) / SECOND_US + 1)
        told = await tell(board, wish.entry.contact_id)

    if waits.stays:  # the test ran in that hour
        return
    assert waits.state == "open"
    assert opens[1] == wish.entry.contact_id
    assert told.stays == [None]


async def test_work_is_put_off_or_given_up_until_its_time_has_come(database: str) -> None:
    async with open_board(database) as board:
        wish, other = plan(board, HOUR_S), plan(board, HOUR_S)
        await board.ask(wish)
        await board.ask(other)
        put_off = await board.ask(c.ChangeTask(wish.entry.contact_id, wish.due_us + HOUR_S * SECOND_US))
        given_up = await board.ask(c.ChangeTask(other.entry.contact_id, None))
        await board.let_pass(HOUR_S + 1)
        later = await tell(board, wish.entry.contact_id)
        await board.let_pass(HOUR_S)
        due = await tell(board, wish.entry.contact_id)
        gone = await tell(board, other.entry.contact_id)
        too_late = await board.ask(c.ChangeTask(wish.entry.contact_id, None))
        foreign = await board.ask(c.ChangeTask(wish.entry.contact_id, None, (new_id(),)))
        over = await board.ask(c.ChangeTask(other.entry.contact_id, None))

    assert (put_off.status, given_up.status) == (200, 200)
    assert later.stays == []
    assert due.stays == [None]
    assert (gone.state, gone.outcome, gone.stays) == ("closed", "cleared", [])
    assert [(no.status, no.body["text_key"]) for no in (too_late, foreign, over)] == [
        (409, "task.begun"), (404, "contact.not_open"), (404, "contact.not_open"),
    ]  # fmt: skip


async def test_whoever_is_preferred_is_asked_first(database: str) -> None:
    async with open_board(database) as board:
        for agent_id in board.centre.agent_ids:
            await board.seat(agent_id)
        last = board.centre.agent_ids[-1]
        wish = plan(board, 10, wishes=Wishes(preferred_agent_id=last))
        await board.ask(wish)
        await board.let_pass(11)
        told = await tell(board, wish.entry.contact_id)

    assert told.segments == [(len(board.centre.agent_ids) - 1, "offered", None)]


async def test_a_follow_up_names_what_it_follows(database: str) -> None:
    async with open_board(database) as board:
        first = await board.ask(c.Arrive(board.entry(queue_id=None, closed_outcome="closed_hours")))
        wish = plan(board, HOUR_S)
        followed = str(first.body["contact_id"])
        await board.ask(c.PlanTask(wish.entry, "follow_up", wish.due_us, followed))
        (link,) = await rows(board, "SELECT from_id::text, to_id::text, kind FROM contact_link")

    assert tuple(link) == (wish.entry.contact_id, followed, "follow_up_of")


async def test_work_for_a_queue_that_takes_nobody_is_kept_and_tried_again(database: str) -> None:
    async with open_board(database) as board:
        wish = plan(board, 60)
        await board.ask(wish)
        queue_id = board.centre.queue_ids[0]
        await _close(board, queue_id)
        await board.let_pass(61)
        kept = await tell(board, wish.entry.contact_id)
        await _close(board, queue_id, is_closed=False)
        await board.let_pass(901)
        told = await tell(board, wish.entry.contact_id)

    assert (kept.state, kept.stays) == ("open", [])
    assert told.stays == [None]


async def _close(board: Board, queue_id: str, is_closed: bool = True) -> None:
    conn = await asyncpg.connect(board.url)
    try:
        await conn.execute(
            "UPDATE queue SET closed_at = CASE WHEN $2 THEN now() END WHERE id = $1", queue_id, is_closed
        )
        await configured(board, conn, "queue", queue_id)
    finally:
        await conn.close()


async def test_what_was_planned_for_a_customer_who_is_erased_is_given_up(database: str) -> None:
    async with open_board(database) as board:
        customer_id = new_id()
        company_id = board.centre.company_ids[0]
        await rows(
            board, "INSERT INTO customer (id, company_id, kind, name) VALUES ($1, $2, 'person', 'x')",
            customer_id, company_id,
        )  # fmt: skip
        wish = plan(board, HOUR_S, customer_id=customer_id)
        await board.ask(wish)
        await board.ask(c.EraseCustomer(customer_id, company_id))
        told = await tell(board, wish.entry.contact_id)
        (row,) = await rows(board, "SELECT collected FROM contact")

    assert (told.state, told.outcome) == ("closed", "cleared")
    assert row["collected"] == "{}"
