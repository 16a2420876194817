"""A desk after any turn equals a fresh one; the same run is written down for the page's own tests."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.follower import Follower
from app.frames import encode
from app.frames_told import check
from app.store.database import Database
from screenpop import feed
from tests.journey.board import Board, open_board
from tests.journey.test_every_turn import CONFIG, something

STEPS = 150
RUN = Path(__file__).resolve().parents[2] / "build" / "feed.ndjson"


class Page:
    """What a browser tab does with frames, and the frames it got."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        check(encode(snapshot))
        self.pos: int = snapshot["pos"]
        self.first = snapshot
        self.frames: list[dict[str, Any]] = []
        self.records = feed.apply({}, snapshot)
        self.page_pos = snapshot["pos"]

    def send(self, frame: bytes) -> None:
        check(frame)
        told = json.loads(frame)
        assert told["prev"] == self.page_pos, "a page that missed nothing is never asked to resume"
        self.records = feed.apply(self.records, told)
        self.page_pos = told["pos"]
        self.frames.append(told)


async def frame_for(follower: Follower, view: feed.View, pos: int | None, why: str | None = None) -> dict[str, Any]:
    """All that brings a page to now, as one frame."""
    frames = list(await follower.frames_for(view, pos, why))
    whole = {name: value for name, value in frames[0].items() if name not in ("part", "of")}
    if whole["t"] == "snapshot" and len(frames) > 1:
        assert [(frame["part"], frame["of"]) for frame in frames] == [(n + 1, len(frames)) for n in range(len(frames))]
    for frame in frames[1:]:
        assert frame.get("prev") == whole.get("prev"), "before the last one the page stays where it stands"
        whole |= {name: whole[name] | frame[name] for name in ("records", "put") if name in frame}
        whole |= {"drop": [*whole.get("drop", ()), *frame["drop"]]} if "drop" in frame else {}
        whole["pos"] = frame["pos"]
    return whole


@contextlib.asynccontextmanager
async def follower_of(url: str, board: Board | None = None) -> AsyncIterator[Follower]:
    """With the clock of the board, where one is given."""
    database = Database.connect(url, connections=3)
    follower = Follower(database, 1)
    if board is not None:
        follower.business_us = board.clock.now_us
    await follower.start()
    loop = asyncio.create_task(follower.run())
    try:
        yield follower
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await database.dispose()


async def play(board: Board, chance: Random, steps: int) -> None:
    refs: dict[str, int] = {}
    for _ in range(steps):
        await something(board, chance, refs)


@pytest.mark.parametrize("seed", [11, 12])
async def test_a_desk_fed_by_turns_equals_a_fresh_one(database: str, seed: int) -> None:
    chance = Random(seed)
    async with open_board(database, speed=20, config=CONFIG) as board, follower_of(database) as near:
        board.switchboard.on_committed.append(near.committed)
        pages: dict[str, list[Page]] = {}
        checked = 0

        def look(*_: object) -> None:
            nonlocal checked
            for agent_id, opened in pages.items():
                fresh = near.model.snapshot(agent_id)
                for page in opened:
                    checked += 1
                    assert page.records == json.loads(json.dumps(fresh)), f"seed {seed}"

        board.switchboard.on_committed.append(look)
        for agent_id in board.centre.agent_ids:
            await board.seat(agent_id)
        for _ in range(4):  # pages are opened at different moments of the run
            for agent_id in board.centre.agent_ids:
                page = Page(await frame_for(near, agent_id, None))
                near.join(agent_id, page)
                pages.setdefault(agent_id, []).append(page)
            await play(board, chance, STEPS // 4)

        assert checked > STEPS
        assert sum(len(page.frames) for opened in pages.values() for page in opened) > STEPS // 3
        write_down(seed, pages, near)


@pytest.mark.parametrize("seed", [21])
async def test_a_follower_that_reads_the_log_shows_the_same_desks(database: str, seed: int) -> None:
    """Another process learns of turns by the bell alone."""
    async with (
        open_board(database, speed=20, config=CONFIG) as board,
        follower_of(database) as near,
        follower_of(database) as far,
    ):
        board.switchboard.on_committed += [near.committed, lambda _draft, _prev, pos: far.ring(pos)]
        for agent_id in board.centre.agent_ids:
            await board.seat(agent_id)
        pages = {a: Page(await frame_for(far, a, None)) for a in board.centre.agent_ids}
        for agent_id, page in pages.items():
            far.join(agent_id, page)
        await play(board, Random(seed), STEPS)
        await until(lambda: far.pos == near.pos)

        for agent_id, page in pages.items():
            assert page.records == json.loads(json.dumps(far.model.snapshot(agent_id)))
            assert _without_cards(page.records) == json.loads(json.dumps(_without_cards(near.model.snapshot(agent_id))))


def _without_cards(records: dict[str, Any]) -> dict[str, Any]:
    """A card is looked up only where the desk is open: `near` has nobody who looks."""
    return {key: record for key, record in records.items() if not key.startswith("card/")}


@pytest.mark.parametrize("seed", [31])
async def test_a_page_that_was_away_gets_one_turn_and_not_a_snapshot(database: str, seed: int) -> None:
    """From memory, and, when memory does not reach so far back, from the log."""
    async with open_board(database, speed=20, config=CONFIG) as board, follower_of(database) as near:
        board.switchboard.on_committed.append(near.committed)
        for agent_id in board.centre.agent_ids:
            await board.seat(agent_id)
        away = {a: Page(await frame_for(near, a, None)) for a in board.centre.agent_ids}
        await play(board, Random(seed), STEPS)
        for forget in (False, True):
            if forget:
                near.history.start(near.pos)
            for agent_id, page in away.items():
                frame = await frame_for(near, agent_id, page.pos)

                assert frame["t"] == "turn"
                assert (frame["prev"], frame["pos"]) == (page.pos, near.pos)
                assert feed.apply(page.records, frame) == near.model.snapshot(agent_id)


async def until(holds: Any) -> None:
    for _ in range(200):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not within 10 s")


def write_down(seed: int, pages: dict[str, list[Page]], follower: Follower) -> None:
    """For the page's own tests: the same frames through the store that people use."""
    RUN.parent.mkdir(exist_ok=True)
    with RUN.open("w" if seed == 11 else "a") as out:
        for agent_id, opened in pages.items():
            for n, page in enumerate(opened):
                fresh = feed.snapshot(follower.model, agent_id, page.page_pos, "new")
                told = {"name": f"seed {seed}, page {n}", "snapshot": page.first, "frames": page.frames, "fresh": fresh}
                out.write(json.dumps(told) + "\n")
