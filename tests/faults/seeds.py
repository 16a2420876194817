"""How many seeds are played, and how many at a time?"""

import asyncio
import os
from collections.abc import Awaitable, Callable

SEEDS = 5
AT_A_TIME = 5


async def seeded(play: Callable[[int], Awaitable[None]], at_a_time: int = AT_A_TIME) -> None:
    """Each seed by itself, some at a time; every one that fails is told."""
    gate = asyncio.Semaphore(at_a_time)

    async def one(seed: int) -> None:
        async with gate:
            await play(seed)

    results = await asyncio.gather(*(one(seed) for seed in range(SEEDS)), return_exceptions=True)
    wrong = [result for result in results if isinstance(result, BaseException)]
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} of {SEEDS} seeds", [w for w in wrong if isinstance(w, Exception)])


def soak_seeds() -> int:
    return int(os.environ.get("SOAK_SEEDS", "200"))
