"""How is it noticed that something has come? The server says so by IDLE; where that cannot be relied on, one looks.

IDLE is renewed every IDLE_S, long before the 29 minutes of RFC 2177, and each renewal looks as well: a server that
says nothing, or a line that was cut in silence, costs at most so long. After SILENT_MAX of them one looks by the
second for MISTRUSTED_S.
"""

import asyncio
import socket
import time
from dataclasses import dataclass

from app.channels.mail.access import MailTrouble
from app.channels.mail.imap import Inbox

POLL_EVERY_S = 1.5
IDLE_S = 120.0
SILENT_MAX = 2
MISTRUSTED_S = 3_600.0


@dataclass(slots=True)
class Watching:
    """Of one mailbox, over all its connections. `is_told`: the last wait ended with a word of the server's."""

    idle_s: float = IDLE_S
    is_told: bool = True
    silent: int = 0
    _look_until_s: float = 0.0

    @property
    def looks(self) -> bool:
        """Whether it looks by the second, though the server may offer to say it."""
        return time.monotonic() < self._look_until_s

    async def until_something(self, inbox: Inbox) -> None:
        """No thread waits. Raises MailTrouble."""
        if self.looks or not await asyncio.to_thread(inbox.idle_begins):
            self.is_told = True  # nobody promised to say anything
            await asyncio.sleep(POLL_EVERY_S)
            return
        heard_on = inbox.socket
        self.is_told = heard_on is None or await _is_readable(heard_on, self.idle_s)
        try:
            await asyncio.to_thread(inbox.idle_ends)
        except MailTrouble:
            self.found(1)
            self.is_told = True
            raise

    def found(self, count: int) -> None:
        """So many new mails after the wait, or a line that no longer answers: silence about them is remembered."""
        if self.is_told:
            self.silent = 0 if count else self.silent
            return
        if count:
            self.silent += 1
        if self.silent >= SILENT_MAX:
            self.silent, self._look_until_s = 0, time.monotonic() + MISTRUSTED_S


async def _is_readable(line: socket.socket, within_s: float) -> bool:
    loop, heard, number = asyncio.get_running_loop(), asyncio.Event(), line.fileno()
    loop.add_reader(number, heard.set)
    try:
        async with asyncio.timeout(within_s):
            await heard.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(number)
    return True
