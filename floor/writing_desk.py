"""What does an agent do with a chat or a mail? Read what is written, answer each message, and end it when it is quiet.

Several at once: each is a task of its own beside the desk. Before a chat is finished what was said last is read.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from floor.agent import Desk, situation
from floor.pen import Pen

LOOK_S = 0.05
WRITTEN = ("chat", "email")


def _as_to(text: str) -> str:
    return f"As to {text[:40]}: yes"


@dataclass(frozen=True, slots=True)
class Words:
    """What agents write. `reply`: to a message of a chat."""

    hello: str = "What can I do for you?"
    letter: str = "Thank you. It is done."
    reply: Callable[[str], str] = _as_to


class WritingDesk(Desk):
    def __init__(self, *args: Any, pen: Pen, words: Words, **more: Any) -> None:
        super().__init__(*args, **more)
        self._pen, self._words = pen, words
        self._works: dict[str, asyncio.Task[None]] = {}  # by segment
        self._read_to: dict[str, int] = {}  # by segment of a chat

    @property
    def is_idle(self) -> bool:
        return super().is_idle and not self._works

    async def leave(self) -> None:
        for work in list(self._works.values()):
            work.cancel()
        await super().leave()

    def _talk(self, segment_id: str, channel: str) -> None:
        if channel not in WRITTEN:
            super()._talk(segment_id, channel)
            return
        self._offered_s.pop(segment_id, None)
        contact_id = str(self.desk.segments[segment_id]["contact_id"])
        begin = self._chat if channel == "chat" else self._mail
        self._work(segment_id, begin(segment_id, contact_id))

    def _act(self, segment_id: str, record: dict[str, Any]) -> None:
        if record["state"] != "wrap_up" or record["channel"] != "chat":
            super()._act(segment_id, record)
            return
        now = situation(record)
        self._timers[segment_id, now] = None
        self._work(segment_id, self._last_words(segment_id, str(record["contact_id"]), now))

    def _work(self, segment_id: str, work: Coroutine[Any, Any, None]) -> None:
        before = self._works.get(segment_id)

        async def one_after_the_other() -> None:
            if before is not None:
                await asyncio.wait({before})
            await work

        task = asyncio.create_task(one_after_the_other())
        self._works[segment_id] = task
        task.add_done_callback(lambda done: self._over(segment_id, done))

    def _over(self, segment_id: str, done: asyncio.Task[None]) -> None:
        if self._works.get(segment_id) is done:
            del self._works[segment_id]
        if not done.cancelled():
            done.result()

    def _talks(self, segment_id: str) -> bool:
        return self.desk.segments.get(segment_id, {}).get("state") == "talking"

    # --- a chat -------------------------------------------------------------------------------------------------------

    async def _chat(self, segment_id: str, contact_id: str) -> None:
        self._read_to.setdefault(segment_id, 0)
        quiet_s = self._manner.handle_s("chat")
        if await self._pen.log_in():
            await self._pen.say(contact_id, self._words.hello)
        quiet_since_s = time.monotonic()
        while self._talks(segment_id):
            said = int(self.desk.records.get(f"chat/{contact_id}", {}).get("n", 0))
            if said > self._read_to[segment_id]:
                for item in await self._read(segment_id, contact_id):
                    if item["sender"] == "customer" and self._talks(segment_id):
                        await asyncio.sleep(self._manner.think_s())
                        await self._pen.say(contact_id, self._words.reply(item["body"]))
                        quiet_since_s = time.monotonic()
            elif time.monotonic() - quiet_since_s > quiet_s:
                self.do("end", segment_id)
                return
            await asyncio.sleep(LOOK_S)

    async def _read(self, segment_id: str, contact_id: str) -> list[dict[str, Any]]:
        items = await self._pen.read(contact_id, segment_id, self._read_to[segment_id])
        if items:
            self._read_to[segment_id] = items[-1]["n"]
        return items

    async def _last_words(self, segment_id: str, contact_id: str, now: str) -> None:
        await asyncio.sleep(self._manner.after_call_s())
        self._read_to.setdefault(segment_id, 0)  # it may have been over before this page was back
        await self._read(segment_id, contact_id)
        self._do_if_still(segment_id, now, "finish")

    # --- a mail -------------------------------------------------------------------------------------------------------

    async def _mail(self, segment_id: str, contact_id: str) -> None:
        await asyncio.sleep(self._manner.handle_s("email"))
        if self._talks(segment_id) and await self._pen.log_in():
            await self._pen.answer(contact_id, self._words.letter)
        if self._talks(segment_id):
            self.do("end", segment_id)
