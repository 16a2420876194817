"""A server with one fault planted: python -m tests.faults.planted FAULT serve …

Each fault wraps one function before the command line runs; the product itself knows nothing of it. The auditor has to
find every one of them, and nothing when FAULT is `nothing`.
"""

import itertools
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from app import journey, switchboard
from app.house import House
from app.store import turn, turn_statement
from app.store.writer import WriterSession
from contacts.records import Draft
from routing import messages as m
from routing.engine import Engine

Commit = Callable[[WriterSession, Draft, int], Awaitable[None]]


def nothing() -> None:
    """The same program, sound."""


def dropped_commit() -> None:
    """Every now and then a turn is answered and never written."""
    commit, turns = turn.commit, itertools.count(1)

    async def dropping(session: WriterSession, draft: Draft, first_seq: int) -> None:
        if draft.contacts and draft.replies and next(turns) % 8 == 0:
            return
        await commit(session, draft, first_seq)

    switchboard.store_turn.commit = dropping


def doubled_offer() -> None:
    """What is offered to one agent is offered to another as well (the test takes the database's own guard away)."""
    offered, offers = journey.offered, itertools.count(1)

    def doubling(house: House, told: m.Offered) -> None:
        offered(house, told)
        others = [agent_id for agent_id in house.records.agents if agent_id != told.agent_id]
        if others and next(offers) % 8 == 0:
            offered(house, replace(told, segment_id=house.new_id(), agent_id=others[0]))

    journey.offered = doubling


def stale_epoch() -> None:
    """An old epoch passes the fence: every fifth turn is written by a writer who lost the domain long ago."""
    fence = turn_statement.FENCE.replace("SELECT domain_id, epoch,", "SELECT domain_id, $2::bigint AS epoch,")
    turn_statement.FENCE = fence.replace("epoch = $2 FOR SHARE", "epoch >= $2 FOR SHARE")
    assert "epoch >= $2" in turn_statement.FENCE
    commit, turns = turn.commit, itertools.count(1)

    async def stale(session: WriterSession, draft: Draft, first_seq: int) -> None:
        old = next(turns) % 5 == 0
        session.epoch -= old
        try:
            await commit(session, draft, first_seq)
        finally:
            session.epoch += old

    switchboard.store_turn.commit = stale


def forgotten_deadline() -> None:
    """Nobody wakes the engine when something is due."""
    Engine.next_deadline = lambda self: None  # type: ignore[method-assign]


FAULTS: dict[str, Callable[[], Any]] = {
    fault.__name__: fault for fault in (nothing, dropped_commit, doubled_offer, stale_epoch, forgotten_deadline)
}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in FAULTS:
        sys.exit(f"usage: python -m tests.faults.planted {'|'.join(FAULTS)} serve …")
    FAULTS[sys.argv.pop(1)]()
    from app.cli import app

    app()
