"""Is this the password? Argon2 in threads, few at a time, and an unknown login costs what a known one costs."""

import asyncio

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

AT_ONCE_MAX = 2  # a hash takes 64 MiB and a core
WAITING_MAX = 256  # beyond it the asker is told to come back
PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 10, 200

# Of a password that nobody has: compared with when the login is unknown, so that both answers take the same time.
_NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$7sEF2eZY6c7Y7j2IWB6uUg$1cmOCmas4ZTLk5jctY3EYFGCvnzNqsr9Gtf60VnhU58"


class PasswordsBusy(Exception):
    """Too many are being checked just now."""


class Passwords:
    """One per process: the bound on threads and memory is shared by all who log in."""

    def __init__(self) -> None:
        self._hash = PasswordHash((Argon2Hasher(),))
        self._turn = asyncio.Semaphore(AT_ONCE_MAX)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Raises PasswordsBusy."""
        return await self._in_thread(password, None) or ""

    async def verify(self, password: str, stored: str | None) -> bool:
        """`stored` None: an unknown login, or a user without a password. Raises PasswordsBusy."""
        return await self._in_thread(password, stored or _NOBODYS_HASH) is not None and stored is not None

    async def _in_thread(self, password: str, stored: str | None) -> str | None:
        if self._waiting >= WAITING_MAX:
            raise PasswordsBusy
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self._work, password, stored)
        finally:
            self._waiting -= 1

    def _work(self, password: str, stored: str | None) -> str | None:
        if stored is None:
            return self._hash.hash(password)
        try:
            return stored if self._hash.verify(password, stored) else None
        except PwdlibError:
            return None
