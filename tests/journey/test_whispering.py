"""What an agent is told before they have a call: in their language, in the queue's words, and connecting may take so
much longer."""

import json
from typing import Any

import asyncpg
import pytest

from contacts.effect import ARI
from tests.journey.board import Board, configured, open_board
from tests.journey.story import Call, rows

WHISPER = {"whisper": True}
OWN = {"whisper": {"de": "Stammkunden, {queue}", "zh-CN": "贵宾"}}


async def speaks(board: Board, language: str) -> None:
    """The agents' language becomes this one."""
    conn = await asyncpg.connect(board.url)
    try:
        await conn.execute("UPDATE app_user SET language = $1", language)
        await configured(board, conn, "agent", board.centre.agent_ids[0])
    finally:
        await conn.close()


async def told(board: Board) -> list[tuple[str, str]] | None:
    """(language, text)…; None: nothing."""
    (connect,) = await rows(board, "SELECT args FROM effect WHERE kind = 'telephony.connect'")
    prompts = json.loads(connect["args"]).get("whisper")
    return prompts and [(prompt["language"], prompt["text"]) for prompt in prompts]


@pytest.mark.parametrize(
    ("config", "language", "expected"),
    [
        (WHISPER, "en", [("en", "A call for queue.")]),
        (WHISPER, "en-GB", [("en", "A call for queue.")]),
        (WHISPER, "zh-CN", [("zh-CN", "queue来电。")]),
        (WHISPER, "zh-TW", [("zh-CN", "queue来电。")]),
        (WHISPER, "fr", [("en", "A call for queue.")]),
        (OWN, "de-AT", [("de", "Stammkunden, queue")]),
        (OWN, "zh-CN", [("zh-CN", "贵宾")]),
        (OWN, "fr", [("de", "Stammkunden, queue")]),
        ({"whisper": False}, "en", None),
        ({}, "en", None),
    ],
)
async def test_it_is_said_in_the_agents_language(database: str, config: Any, language: str, expected: Any) -> None:
    async with open_board(database, agents=1, config=config) as board:
        board.provider = f"{ARI}{board.provider}"
        await speaks(board, language)
        await board.seat(board.centre.agent_ids[0])
        await Call(board).until("connecting")

        assert await told(board) == expected


async def test_a_telephone_system_by_webhooks_is_told_nothing_of_it(database: str) -> None:
    async with open_board(database, agents=1, config=WHISPER) as board:
        await board.seat(board.centre.agent_ids[0])
        await Call(board).until("connecting")

        assert await told(board) is None


@pytest.mark.parametrize(("config", "limit_s"), [({}, 10), (WHISPER, 16)], ids=["without", "with"])
async def test_connecting_may_take_so_much_longer(database: str, config: Any, limit_s: int) -> None:
    async with open_board(database, agents=1, config=config) as board:
        board.provider = f"{ARI}{board.provider}"
        await board.seat(board.centre.agent_ids[0])
        await Call(board).until("connecting")
        await board.let_pass(limit_s - 2)
        before = await rows(board, "SELECT state FROM segment")
        await board.let_pass(2.5)
        after = await rows(board, 'SELECT state, "end" FROM segment')

    assert [row["state"] for row in before] == ["connecting"]
    assert [(row["state"], row["end"]) for row in after] == [("failed", "connect_timeout")]
