"""Does a caller hear what the company has written, in their language, as it is in force now?"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from app.look_ups import SPOKEN_CHARACTERS_MAX, LookUps, Question, find_answer, spoken_part
from app.store import faq
from app.store.database import Database
from app.switchboard import new_id
from tests.journey.board import Board, open_board
from tests.journey.story import rows
from tests.journey.test_self_service import Walk, published

FLOW = """\
flow: main
languages: [en]
start: often
nodes:
  often: {faq_menu: letting, most: 2, next: hours, none: hours}
  hours: {faq: hours, next: bye, none: bye}
  bye: {hang_up: ''}
"""
WITHIN_S = 8.0


def entry(key: str, **more: Any) -> dict[str, Any]:
    given = {"key": key, "language": "en", "question": f"{key}?", "answer": f"**{key}**!", "state": "published"}
    return given | {"tags": ["letting"]} | more


@dataclass(slots=True)
class Desk:
    board: Board
    database: Database
    company_id: str

    async def write(self, *entries: dict[str, Any]) -> list[str]:
        async with self.database.engine.begin() as conn:
            made = [await faq.add(conn, {"id": new_id(), "company_id": self.company_id, **each}) for each in entries]
        return [row["id"] for row in made]

    async def finds(self, **by: str) -> dict[str, str] | None:
        return await find_answer(self.database.engine, Question("q", "c", self.company_id, "", {"language": "en"} | by))

    async def says(self, verb: str, times: int) -> list[str]:
        """The texts of what is said last, once so much was said."""
        query = f"SELECT args FROM effect WHERE kind = 'telephony.{verb}' ORDER BY id"
        async with asyncio.timeout(WITHIN_S):
            while len(said := await rows(self.board, query)) < times:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return [prompt["text"] for prompt in json.loads(said[-1]["args"])["prompts"]]


@contextlib.asynccontextmanager
async def open_desk(database_url: str) -> AsyncIterator[Desk]:
    async with open_board(database_url) as board:
        database = Database.connect(database_url, connections=4)
        switchboard = board.switchboard
        look = {"faq": partial(find_answer, database.engine)}
        carrier = LookUps(switchboard.submit, look, lambda _: {}, lambda at_us: switchboard.clock.real_s_until(at_us))
        switchboard.on_committed.append(carrier.committed)
        try:
            yield Desk(board, database, board.centre.company_ids[0])
        finally:
            await carrier.stop()
            await database.dispose()


async def test_a_caller_chooses_a_question_and_hears_its_answer(database: str) -> None:
    async with open_desk(database) as desk:
        await desk.write(entry("deposit"), entry("pets"), entry("third"), entry("hours", tags=[]))
        walk = await Walk(desk.board).begin(await published(desk.board, FLOW))
        offered = await desk.says("collect", 1)
        await walk.says("keys", "2")
        answered = await desk.says("collect", 2)
        await walk.says("silence")
        hours = await desk.says("play", 1)

    assert offered == ["deposit? Press 1.", "pets? Press 2."]
    assert answered == ["pets!", "To hear it again, press star."]
    assert hours == ["hours!"]


async def test_only_what_is_published_and_valid_in_that_language_is_told(database: str) -> None:
    async with open_desk(database) as desk:
        draft, over, chinese, good = await desk.write(
            entry("draft", state="draft"), entry("over", valid_until=1_000_000), entry("good", language="zh-CN"),
            entry("good"),
        )  # fmt: skip

        assert await desk.finds(tag="letting", most="5") == {"id.1": good, "question.1": "good?"}
        assert await desk.finds(tag="selling", most="5") is None
        assert await desk.finds(key="good") == {"text": "good!"}
        assert await desk.finds(id=chinese, language="zh-CN") == {"text": "good!"}
        for by in ({"id": draft}, {"id": over}, {"id": chinese}, {"key": "other"}, {"key": "good", "language": "de"}):
            assert await desk.finds(**by) is None


async def test_another_companys_answer_is_told_to_nobody(database: str) -> None:
    async with open_desk(database) as desk:
        (mine,) = await desk.write(entry("deposit"))
        desk.company_id = desk.board.centre.company_ids[1]

        assert await desk.finds(id=mine) is None
        assert await desk.finds(key="deposit") is None


@pytest.mark.parametrize("sentence", ["This is one. ", "这是一句。"])
def test_a_long_answer_is_told_to_the_end_of_a_sentence(sentence: str) -> None:
    text = sentence * 400
    told = spoken_part(text)

    assert len(told) <= SPOKEN_CHARACTERS_MAX
    assert told.strip()[-1] in ".。"
    assert spoken_part("x" * 5_000) == "x" * SPOKEN_CHARACTERS_MAX
    assert spoken_part("short") == "short"
