"""Does every figure of the live view equal the one recomputed from the tables, also after a restart and a midnight?"""

from collections import defaultdict
from dataclasses import replace
from random import Random
from typing import Any

import asyncpg
import pytest

from analytics import metrics
from analytics.facts import Ratio, SegmentFact, StayFact
from analytics.tally import tally
from analytics.today import local_day
from app import live_figures
from app.follower import Follower
from app.store import figures
from screenpop.live import queues_of
from screenpop.model import ReadModel
from screenpop.scope import ALL
from tests.journey.board import Board
from tests.journey.test_feeds import follower_of, until
from tests.journey.test_floor_feed import change, play, staffed

STEPS = 200
NOBODY: dict[str, set[str]] = {}

# Written once more, from what the words mean.
STATE_AFTER = {
    "segment.offered": "offered", "segment.accepted": "connecting", "segment.connected": "talking",
    "segment.held": "held", "segment.retrieved": "talking", "segment.parked": "parked", "segment.unparked": "talking",
    "segment.ended": "wrap_up", "segment.finished": "done", "segment.declined": "declined",
    "segment.expired": "expired", "segment.withdrawn": "withdrawn", "segment.failed": "failed",
}  # fmt: skip
WORK = {"connecting", "talking", "held", "wrap_up"}


async def tallied(follower: Follower, queue_id: str, begin_us: int, now_us: int) -> dict[str, Any]:
    """By the functions of the reports, on rows read afresh."""
    queue = follower.model.names.queues[queue_id]
    async with follower.database.engine.connect() as conn:
        stays = await figures.stays(conn, [queue_id], begin_us, now_us + 1)
        segments = await figures.segments(conn, [queue_id], begin_us, now_us + 1)
    made = tally(
        [StayFact(*row[:6]) for row in stays], follower.today.by[queue_id], [SegmentFact(*row) for row in segments]
    )
    assert made.by.service_level_s == queue.service_level_s
    return live_figures.of_tallies([made])


async def occupied(board: Board, begin_us: int, now_us: int, agent_ids: set[str]) -> Ratio:
    """(work, ready) of these agents since then, from the log of all days."""
    conn = await asyncpg.connect(board.url)
    try:
        rows = await conn.fetch(
            "SELECT (extract(epoch FROM at) * 1000000)::bigint AS at, kind, segment_id::text AS segment, "
            "agent_id::text AS agent, data ->> 'chosen' AS chosen FROM event "
            "WHERE agent_id = ANY($1::uuid[]) ORDER BY seq",
            list(agent_ids),
        )
    finally:
        await conn.close()
    spells: dict[str, list[tuple[int, str]]] = defaultdict(list)  # of a segment, or of an agent's choice
    for row in rows:
        if row["kind"] in STATE_AFTER:
            spells[f"segment/{row['segment']}"].append((row["at"], STATE_AFTER[row["kind"]]))
        elif row["kind"] == "agent.chose":
            spells[f"agent/{row['agent']}"].append((row["at"], row["chosen"]))
    spans = {"work": 0, "ready": 0}
    for about, changes in spells.items():
        kind, wanted = ("work", WORK) if about.startswith("segment/") else ("ready", {"ready"})
        for (at_us, state), (until_us, _) in zip(changes, [*changes[1:], (now_us, "")], strict=True):
            if state in wanted:
                spans[kind] += max(0, until_us - max(at_us, begin_us))
    return Ratio(spans["work"], spans["ready"])


async def prove(board: Board, followers: dict[str, Follower], seed: int, gone: dict[str, set[str]] = NOBODY) -> None:
    """All of them at one instant, against the tables. `gone`: agents who served a queue today and were archived."""
    await until(lambda: len({f.pos for f in followers.values()}) == 1)
    pos, now_us = next(iter(followers.values())).pos, board.clock.now_us()
    shown = {}
    for name, follower in followers.items():
        follower.today.pass_time(now_us)
        shown[name] = live_figures.Round(follower.model, follower.today, now_us).of_scope(ALL)
    begin_us, _ = local_day("UTC", now_us)
    first = followers["near"]
    # Nothing may happen while the tables are read; if something did, the next look will do.
    fresh = {q: await tallied(first, q, begin_us, now_us) for q in board.centre.queue_ids}
    able = {q: agents_of(first.model, q) for q in board.centre.queue_ids}
    times = {q: await occupied(board, begin_us, now_us, able[q] | gone.get(q, set())) for q in able}
    house = board.switchboard.house
    if first.pos != pos or house is None or house.records.last_seq != pos:  # or is decided, and not yet written
        await prove(board, followers, seed, gone)
        return

    for name, found in shown.items():
        assert found == shown["near"], f"seed {seed}, {name}"
    for queue_id in board.centre.queue_ids:
        found = shown["near"][f"queue/{queue_id}"]
        assert {key: found[key] for key in fresh[queue_id]} == fresh[queue_id], f"seed {seed}"
        assert found["occupancy_bp"] == times[queue_id].bp, f"seed {seed}"
        assert found["waiting"] == sum(s.queue_id == queue_id for s in open_stays(board)), f"seed {seed}"
        assert sum(found["agents"].values()) == len(able[queue_id])
    assert shown["near"]["all"]["offered"] == sum(each["offered"] for each in fresh.values())


def agents_of(model: ReadModel, queue_id: str) -> set[str]:
    return {agent_id for agent_id in model.staff.profiles if queue_id in queues_of(model, agent_id)}


def open_stays(board: Board) -> list[Any]:
    assert board.switchboard.house is not None
    return list(board.switchboard.house.records.stays.values())


@pytest.mark.parametrize(("seed", "midnight"), [(81, False), (82, True)])
async def test_live_figures_equal_those_recomputed_from_the_tables(database: str, seed: int, midnight: bool) -> None:
    chance = Random(seed)

    async def nothing(_step: int) -> None: ...

    async with (
        staffed(database) as (board, _),
        follower_of(database, board) as near,
        follower_of(database, board) as far,
    ):
        board.switchboard.on_committed += [near.committed, lambda _draft, _prev, pos: far.ring(pos)]
        yesterday = replace(near.today.days["UTC"])
        if midnight:  # a minute before it, with everybody at their desks
            await board.let_pass((yesterday.end_us - board.clock.now_us()) // 1_000_000 - 60)
        await play(board, chance, STEPS // 2, nothing)
        await prove(board, {"near": near, "far": far}, seed)
        if midnight:
            await until(lambda: board.clock.now_us() > yesterday.end_us)
            near.today.pass_time(board.clock.now_us())
            assert near.today.days["UTC"].begin_us == yesterday.end_us
        async with follower_of(database, board) as middle:
            board.switchboard.on_committed.append(middle.committed)
            await play(board, chance, STEPS // 2, nothing)
            agent_id = board.centre.agent_ids[1]
            await change(board, "UPDATE agent SET team_id = NULL WHERE id = $1", agent_id, agent_id=agent_id)
            async with follower_of(database, board) as late:
                board.switchboard.on_committed.append(late.committed)
                followers = {"near": near, "far": far, "middle": middle, "late": late}
                await until(lambda: all(f.model.names.agents[agent_id].team_id is None for f in followers.values()))
                await prove(board, followers, seed)
                leaves = board.centre.agent_ids[0]
                gone = {q: {leaves} for q in board.centre.queue_ids if leaves in agents_of(near.model, q)}
                archived = "UPDATE agent SET archived_at = clock_timestamp() WHERE id = $1"
                await change(board, archived, leaves, agent_id=leaves)
                await until(lambda: all(leaves not in f.model.staff.profiles for f in followers.values()))
                async with follower_of(database, board) as last:
                    board.switchboard.on_committed.append(last.committed)
                    await prove(board, followers | {"last": last}, seed, gone)
                    await board.let_pass(3600)
                    await prove(board, followers | {"last": last}, seed, gone)

        begin_us, now_us = near.today.days["UTC"].begin_us, board.clock.now_us()
        assert midnight or (await occupied(board, begin_us, now_us, {leaves})).whole > 0
        every = live_figures.Round(near.model, near.today, now_us).of_scope(ALL)["all"]
        assert every["offered"] > 0
        assert every["occupancy_bp"]
        assert midnight or metrics.handled([near.today.tally(q) for q in board.centre.queue_ids]) > 0
