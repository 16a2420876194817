"""Does a live view that was fed by turns equal a fresh one, for each kind of viewer, wherever it was opened or cut?"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from app import commands as c
from app.follower import Follower
from app.frames import encode
from app.frames_told import check
from app.switchboard import new_id
from screenpop import feed
from screenpop.scope import ALL, Scope
from tests.journey.board import Board, configured, open_board
from tests.journey.test_every_turn import config, something
from tests.journey.test_feeds import RUN, Page, follower_of, frame_for, until

STEPS = 160
OPENED_EVERY = 8


class View(Page):
    """A live view: turns change its records, the latest figures replace those before."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        super().__init__(snapshot)
        self.figures: dict[str, Any] = {}
        self.pos = snapshot["pos"]

    def send(self, frame: bytes) -> None:
        check(frame)
        told = json.loads(frame)
        if told["t"] == "figures":
            self.figures |= told["put"]
        else:
            super().send(frame)


async def change(board: Board, statement: str, *arguments: Any, agent_id: str | None = None) -> None:
    """As the API writes it: the row first, then the engine is told."""
    conn = await asyncpg.connect(board.url)
    try:
        await conn.execute(statement, *arguments)
        if agent_id is not None:
            await configured(board, conn, "agent", agent_id)
    finally:
        await conn.close()


@asynccontextmanager
async def staffed(url: str) -> AsyncIterator[tuple[Board, dict[str, Scope]]]:
    """Six agents: two of the first team, two of the second, and two for the second company alone."""
    async with open_board(url, speed=20, agents=6, config=config, more_queues=1) as board:
        teams, agents = [new_id(), new_id()], board.centre.agent_ids
        for n, team_id in enumerate(teams):
            await change(board, "INSERT INTO team (id, name) VALUES ($1, $2)", team_id, f"team {n}")
            for agent_id in agents[2 * n : 2 * n + 2]:
                await change(board, "UPDATE agent SET team_id = $2 WHERE id = $1", agent_id, team_id, agent_id=agent_id)
        for agent_id in agents[4:]:
            await change(
                board,
                "UPDATE role_grant SET company_id = $2 WHERE user_id = (SELECT user_id FROM agent WHERE id = $1)",
                agent_id,
                board.centre.company_ids[1],
                agent_id=agent_id,
            )
        for agent_id in agents:
            await board.seat(agent_id)
        first, second, *_ = board.centre.company_ids
        yield (
            board,
            {
                "supervisor of all": ALL,
                "supervisor of a company": Scope.of([(second, None)]),
                "supervisor of a team": Scope.of([(first, teams[0])]),
                "supervisor of a team of every company": Scope.of([(None, teams[1])]),
                "supervisor of a company and a team of another": Scope.of([(first, None), (second, teams[1])]),
                "wallboard": Scope.of([(first, None)], frozenset({"queue"})),
            },
        )


async def play(board: Board, chance: Random, steps: int, after: Callable[[int], Any]) -> None:
    refs: dict[str, int] = {}
    for step in range(steps):
        await something(board, chance, refs)
        await after(step)


@pytest.mark.parametrize("seed", [51, 52])
async def test_a_floor_fed_by_turns_equals_a_fresh_one(database: str, seed: int) -> None:
    chance = Random(seed)
    async with staffed(database) as (board, scopes), follower_of(database, board) as near:
        board.switchboard.on_committed.append(near.committed)
        views: dict[str, list[View]] = {kind: [] for kind in scopes}

        def look(*_: object) -> None:
            """Now and then several turns go out as one."""
            if chance.random() < 0.7:
                near.floors.send_turns()
                compare()

        def compare() -> None:
            for kind, scope in scopes.items():
                fresh = as_sent(feed.snapshot(near.model, scope, near.pos, "new")["records"])
                for view in views[kind]:
                    assert view.records == fresh, f"seed {seed}, {kind}"

        board.switchboard.on_committed.append(look)

        async def open_some(step: int) -> None:
            if step % OPENED_EVERY == 0:
                for kind, scope in scopes.items():
                    view = View(await frame_for(near, scope, None))
                    near.join(scope, view)
                    views[kind].append(view)
            if step == STEPS // 2:
                await rename(board, near, chance)

        await play(board, chance, STEPS, open_some)
        near.floors.send_turns()
        compare()
        for kind in scopes:
            assert len(views[kind]) == STEPS // OPENED_EVERY
            assert kind == "wallboard" or any(len(view.frames) > STEPS // 10 for view in views[kind]), kind
        assert len({json.dumps(opened[0].frames) for opened in views.values()}) == len(scopes), "each sees its own"
        moved, dropped = f"agent/{board.centre.agent_ids[0]}", {}
        for kind, opened in views.items():
            dropped[kind] = set().union(*map(agents_dropped, opened))
            assert dropped[kind] <= set().union(*map(agents_shown, opened)), f"of others nobody is told: {kind}"
        assert [kind for kind, keys in dropped.items() if moved in keys] == ["supervisor of a team"]
        write_down(seed, views, scopes, near)


def agents_shown(view: View) -> set[str]:
    shown = set(view.first["records"]).union(*(frame["put"] for frame in view.frames))
    return {key for key in shown if key.startswith("agent/")}


def agents_dropped(view: View) -> set[str]:
    return {key for frame in view.frames for key in frame.get("drop", ()) if key.startswith("agent/")}


async def test_a_record_that_cannot_be_shown_holds_up_no_other_and_comes_as_soon_as_it_can(database: str) -> None:
    async with staffed(database) as (board, _), follower_of(database, board) as near:
        board.switchboard.on_committed.append(near.committed)
        broken, whole, *_ = board.centre.agent_ids
        key = f"agent/{broken}"
        watching = View(await frame_for(near, ALL, None))
        near.join(ALL, watching)
        profile = near.model.staff.profiles[broken]
        with capture_logs() as told:
            near.model.staff.profiles[broken] = {**profile, "capacity": {"units": "many"}}
            for agent_id in (broken, whole):
                await board.ask(c.ChooseState(agent_id, "away"))
            await until(lambda: watching.records[f"agent/{whole}"]["chosen"] == "away")
            late = View(await frame_for(near, ALL, None))
            await until(lambda: told)
            for _ in range(3):
                near.floors.send_turns()
            near.model.staff.profiles[broken] = profile
            await until(lambda: watching.records[key]["chosen"] == "away")
            resumed = feed.apply(late.records, await frame_for(near, ALL, late.pos))
        fresh = as_sent(feed.snapshot(near.model, ALL, near.pos, "new")["records"])

        assert late.records.keys() == fresh.keys() - {key}
        assert watching.records == as_sent(resumed) == fresh
        assert [line["some"] for line in told if line["log_level"] == "error"] == [{key: "ValueError"}]


async def rename(board: Board, near: Follower, chance: Random) -> None:
    """Names and teams change while people look."""
    await change(board, "UPDATE queue SET name = 'renamed' WHERE id = $1", board.centre.queue_ids[0])
    for agent_id, last in ((board.centre.agent_ids[0], "DESC"), (board.centre.agent_ids[4], "ASC")):
        other = f"(SELECT id FROM team ORDER BY id {last} LIMIT 1)"
        await change(board, f"UPDATE agent SET team_id = {other} WHERE id = $1", agent_id, agent_id=agent_id)
    await until(lambda: near.model.names.queues[board.centre.queue_ids[0]].name == "renamed")


@pytest.mark.parametrize(("seed", "at_once"), [(61, 1000), (62, 3)])
async def test_a_view_that_was_cut_anywhere_gets_a_turn_with_what_it_missed(
    database: str, monkeypatch: pytest.MonkeyPatch, seed: int, at_once: int
) -> None:
    """In one piece or in many; from memory, and beyond it a snapshot, for names are in no event."""
    monkeypatch.setattr(feed, "RECORDS_AT_ONCE", at_once)
    chance = Random(seed)
    async with staffed(database) as (board, scopes), follower_of(database, board) as near:
        board.switchboard.on_committed.append(near.committed)
        cuts: dict[str, list[View]] = {kind: [] for kind in scopes}

        async def cut(step: int) -> None:
            for kind, scope in scopes.items():
                cuts[kind].append(View(await frame_for(near, scope, None)))
            if step == STEPS // 2:
                await rename(board, near, chance)

        await play(board, chance, STEPS, cut)
        for kind, scope in scopes.items():
            for view in cuts[kind]:
                frame = await frame_for(near, scope, view.pos)
                fresh = as_sent(feed.snapshot(near.model, scope, near.pos, "new")["records"])

                assert (frame["t"], frame["prev"], frame["pos"]) == ("turn", view.pos, near.pos)
                assert as_sent(feed.apply(view.records, frame)) == fresh, f"seed {seed}, {kind}, from {view.pos}"
        near.history.start(near.pos)
        assert (await frame_for(near, ALL, cuts["supervisor of all"][0].pos))["why"] == "too_old"
        assert (await frame_for(near, ALL, near.pos + 1))["why"] == "gap"


@pytest.mark.parametrize("seed", [71])
async def test_every_process_shows_the_same_floor_before_and_after_a_restart(database: str, seed: int) -> None:
    """One that is handed turns, one that reads the log, one that begins in the middle, one that begins at the end."""
    async with (
        staffed(database) as (board, scopes),
        follower_of(database, board) as near,
        follower_of(database, board) as far,
    ):
        board.switchboard.on_committed += [near.committed, lambda _draft, _prev, pos: far.ring(pos)]

        async def nothing(_step: int) -> None: ...

        await play(board, Random(seed), STEPS // 2, nothing)
        async with follower_of(database, board) as middle:
            board.switchboard.on_committed.append(middle.committed)
            await play(board, Random(seed + 1), STEPS // 2, nothing)
            async with follower_of(database, board) as late:
                board.switchboard.on_committed.append(late.committed)
                await until(lambda: far.pos == near.pos == middle.pos == late.pos)
                for kind, scope in scopes.items():
                    shown = [feed.snapshot(f.model, scope, 0, "new") for f in (near, far, middle, late)]

                    assert shown[0] == shown[1] == shown[2] == shown[3], f"seed {seed}, {kind}"
                for agent_id in board.centre.agent_ids:
                    assert near.model.snapshot(agent_id) == late.model.snapshot(agent_id)


def as_sent(records: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(encode(records)))


def write_down(seed: int, views: dict[str, list[View]], scopes: dict[str, Scope], near: Follower) -> None:
    """For the page's own tests: the first, a middle and the last view of each kind."""
    RUN.parent.mkdir(exist_ok=True)
    with RUN.open("a") as out:
        for kind, opened in views.items():
            for n in (0, len(opened) // 2, -1):
                view = opened[n]
                fresh = feed.snapshot(near.model, scopes[kind], view.page_pos, "new")
                told = {"name": f"seed {seed}, {kind}, view {n}", "snapshot": view.first, "frames": view.frames}
                out.write(json.dumps(told | {"fresh": fresh}) + "\n")
