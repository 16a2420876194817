"""How do the demo's agents work? By shifts, with breaks and reasons; now and then one hands a caller on.

What a supervisor chooses for one of them stands for OBEY_S; then they go by their shift again.
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from floor.agent import Chosen, Desk, Manner
from floor.demo_day import Shift, hour_at, is_on

LOOK_EVERY_S = 4.0  # at the shifts
OBEY_S = 120.0
BREAKS_AT_ONCE = 2
BREAK_CHANCE = 0.01  # of somebody at work, at each look
TRANSFER_CHANCE = 0.08  # at each look
# reason -> shortest and longest real seconds
BREAKS: Mapping[str, tuple[float, float]] = {
    "break": (40, 120), "meal": (120, 240), "meeting": (60, 180), "training": (60, 180), "paperwork": (20, 60),
}  # fmt: skip

Wish = tuple[Chosen, str | None]


@dataclass(slots=True)
class Pace:
    """Before the visitors look, the past is caught up with: everybody is quick then."""

    hurry: bool = False


def manner(pace: Pace) -> Manner:
    chance = random.Random()
    return Manner(
        think_s=lambda: chance.uniform(0.05, 0.2) if pace.hurry else chance.uniform(1.5, 5.0),
        handle_s=lambda channel: chance.uniform(0.1, 0.4) if pace.hurry else chance.lognormvariate(3.6, 0.5),
        after_call_s=lambda: 0.05 if pace.hurry else chance.uniform(3.0, 15.0),
        decline_share=0.02,
        ignore_share=0.008,
        hold_share=0.05,
        chance=chance,
        insists=False,
    )


@dataclass(slots=True)
class Staff:
    """`shifts` and `desks` by login; `elsewhere`: for each queue, those of its company to which one may hand on."""

    desks: Mapping[str, Desk]
    shifts: Mapping[str, Shift]
    elsewhere: Mapping[str, list[str]]
    pace: Pace
    chance: random.Random = field(default_factory=random.Random)
    _away: dict[str, tuple[str, float]] = field(default_factory=dict)  # login -> reason and until when
    _asked: dict[str, tuple[Wish, float]] = field(default_factory=dict)  # login -> what and when

    async def work(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        opened_s = loop.time()
        while True:
            self.look(hour_at(loop.time() - opened_s), loop.time())
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self, hour: float, now_s: float) -> None:
        for login in self.desks:
            self._ask(login, self._wish(login, hour, now_s), now_s)
        if not self.pace.hurry and self.chance.random() < TRANSFER_CHANCE:
            self._hand_on()

    def _wish(self, login: str, hour: float, now_s: float) -> Wish:
        if self.pace.hurry:
            return "ready", None
        if not is_on(self.shifts[login], hour):
            self._away.pop(login, None)
            return "offline", None
        reason, until_s = self._away.get(login, ("", 0.0))
        if until_s > now_s:
            return "away", reason
        self._away.pop(login, None)
        if len(self._away) < BREAKS_AT_ONCE and self.chance.random() < BREAK_CHANCE:
            reason = self.chance.choice(list(BREAKS))
            self._away[login] = reason, now_s + self.chance.uniform(*BREAKS[reason])
            return "away", reason
        return "ready", None

    def _ask(self, login: str, wish: Wish, now_s: float) -> None:
        asked, at_s = self._asked.get(login, (None, 0.0))
        me = self.desks[login].desk.me
        is_so = me.get("next_chosen") or (me.get("chosen"), me.get("reason")) == wish
        if asked == wish and (is_so or now_s - at_s < OBEY_S):
            return
        self._asked[login] = wish, now_s
        self.desks[login].choose(*wish)

    def _hand_on(self) -> None:
        """A caller of somebody's goes to another queue: it was not for them."""
        talking = [
            (desk, segment_id, record)
            for desk in self.desks.values()
            for segment_id, record in desk.desk.segments.items()
            if _is_call(record) and self.elsewhere.get(record["queue_id"])
        ]
        if talking:
            desk, segment_id, record = self.chance.choice(talking)
            desk.do("transfer", segment_id, queue=self.chance.choice(self.elsewhere[record["queue_id"]]))


def _is_call(record: Mapping[str, Any]) -> bool:
    return (record["state"], record["channel"], record["role"]) == ("talking", "phone", "primary")
