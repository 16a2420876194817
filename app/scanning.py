"""Is a file harmful? A program of the installation's says so, such as `clamdscan --fdpass --no-summary -`.

It gets the file on its standard input and tells by its exit code: 0, nothing was found; 1, something was; anything
else, or nothing in time, is no answer. It is asked when somebody wants the file: what was not known when it came may be
known by then.
"""

import asyncio
import os
import shlex
from typing import Literal

Verdict = Literal["clean", "harmful", "unknown"]

SCAN_S = 30.0
AT_ONCE = 2  # programs of this kind are large
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"  # harmless, and known to all
_SAID: dict[int | None, Verdict] = {0: "clean", 1: "harmful"}

_turns = asyncio.Semaphore(AT_ONCE)


async def scan(program: str, content: bytes) -> Verdict:
    """`program`: with its arguments, as a shell would be told them; no shell is asked."""
    try:
        async with _turns, asyncio.timeout(SCAN_S):
            code = await _run(shlex.split(program), content)
    except (OSError, ValueError, TimeoutError):
        return "unknown"
    return _SAID.get(code, "unknown")


async def _run(arguments: list[str], content: bytes) -> int | None:
    quiet = asyncio.subprocess.DEVNULL
    running = await asyncio.create_subprocess_exec(
        *arguments, stdin=asyncio.subprocess.PIPE, stdout=quiet, stderr=quiet, env={"PATH": os.environ.get("PATH", "")}
    )
    try:
        await running.communicate(content)
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
    return running.returncode
