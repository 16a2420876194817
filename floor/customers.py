"""Who writes to a company, through its public doors alone? Visitors who chat, people who mail, machines that fax."""

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass, field

from floor.doors import Doors
from floor.faults import Faults
from floor.fax_machine import FaxMachine
from floor.ledger import Ledger
from floor.letters import Letters
from floor.visitor import Matter, Visitor


@dataclass(slots=True)
class Customers:
    server: str
    key: str
    ledger: Ledger
    chance: random.Random
    faults: Faults
    letters: Letters = field(init=False)
    doors: Doors | None = None  # once they are open
    wrong: list[BaseException] = field(default_factory=list)  # what failed in the floor itself
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.letters = Letters(self.ledger, self.chance, self.faults, self._spawn)

    def enter_by(self, doors: Doors) -> None:
        self.doors = self.letters.doors = doors

    @property
    def is_busy(self) -> bool:
        return bool(self._tasks)

    def chat(self, matter: Matter | None = None) -> None:
        assert self.doors is not None
        chance = self.chance
        if matter is None:
            says = [f"message {n} {chance.getrandbits(32):x}" for n in range(1, chance.randrange(2, 5))]
            matter = Matter(says, chance.uniform(2.0, 8.0), chance.uniform(0.05, 0.4), stays=chance.random() < 0.5)
        visitor = Visitor(
            self.server, self.doors, matter, ledger=self.ledger, chance=random.Random(chance.getrandbits(64)),
            faults=self.faults,
        )  # fmt: skip
        self._spawn(visitor.come())

    def mail(self, sender: str | None = None, subject: str | None = None) -> None:
        self.letters.write(sender, subject)

    def fax(self, caller: str | None = None) -> None:
        assert self.doors is not None
        own = random.Random(self.chance.getrandbits(64))
        self._spawn(FaxMachine(self.server, self.key, self.doors, self.ledger, own, self.faults).send(caller))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (wrong := task.exception()) is not None:
            self.wrong.append(wrong)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*list(self._tasks), return_exceptions=True)
        await self.letters.stop()
