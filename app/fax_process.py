"""How is a fax or a document read that anybody may have made? In a process of its own, with bounds.

What breaks it, or takes too long or too much, breaks nothing else. At most two at a time: a server has other things to
do as well.
"""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

AT_ONCE = 2
MEMORY_BYTES = 1_536 * 1_048_576
CPU_S = 30
# By its own fault, or at its bounds; whatever else ends it is no word about what was read.
OF_ITS_OWN = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGXCPU)

_turns: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


class TookTooLong(Exception):
    """It is ended."""


@dataclass(frozen=True, slots=True)
class Made:
    status: int  # below 0: of the signal that has ended it
    out: bytes
    said: list[str]  # line by line, to stderr

    @property
    def broke(self) -> bool:
        return self.status in [-number for number in OF_ITS_OWN]


async def run(module: str, *words: str, given: bytes, seconds: float) -> Made:
    """`python -m module words…` with `given` to read. Raises TookTooLong, counted from when its turn came."""
    async with _turns_of(asyncio.get_running_loop()):
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *words, cwd=Path(__file__).resolve().parent.parent,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(seconds):
                out, said = await made.communicate(given)
        except TimeoutError:
            raise TookTooLong(module) from None
        finally:
            if made.returncode is None:
                made.kill()
                await made.wait()
    assert made.returncode is not None, "it has ended"
    return Made(made.returncode, out, said.decode("utf-8", "replace").splitlines())


def _turns_of(loop: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
    for ended in [each for each in _turns if each.is_closed()]:
        del _turns[ended]
    return _turns.setdefault(loop, asyncio.Semaphore(AT_ONCE))


def bounded() -> None:
    """This process: from here on it takes so much and no more."""
    import resource  # which not every system has

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
