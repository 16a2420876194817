"""Where does Asterisk find the recordings that flows name? Beside what was spoken: a file each, made when it is first
played from what the company has uploaded.

What lies there is a copy: what was not played for a day goes, and comes again when it is wanted.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import uuid_utils

from ivr.wave_file import read_wave, written

FOUND_S = 5.0  # of a caller's silence
PLAYED_AGAIN_S = 3_600.0  # so often is it noted that a file is played
UNPLAYED_S = 86_400.0
SUFFIXES = {8_000: ".wav", 16_000: ".wav16"}  # as Asterisk names what it can play


class NotThere(Exception):
    """Nobody has uploaded it, it was deleted, or its file is not whole."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    id: str
    rate: int
    content: Callable[[], Awaitable[bytes]]


Find = Callable[[str, str, str], Awaitable[Uploaded | None]]  # contact, file, language


@dataclass(slots=True)
class Recordings:
    folder: Path
    find: Find
    _swept_s: float = 0.0

    async def path(self, contact_id: str, name: str, language: str) -> Path:
        """The file of what this contact's flow calls so. Raises NotThere."""
        try:
            async with asyncio.timeout(FOUND_S):
                found = await self.find(contact_id, name, language)
                if found is not None:
                    return await self._file(found)
        except Exception as broken:  # whatever it is, a caller waits for it
            raise NotThere(f"{name} in {language}: {broken!r}"[:200]) from broken
        raise NotThere(f"{name} in {language}")

    async def _file(self, found: Uploaded) -> Path:
        path = self.folder / found.id[-2:] / f"{found.id}{SUFFIXES[found.rate]}"
        if not path.exists():
            sound = written(read_wave(await found.content()))
            await asyncio.to_thread(self._write, path, sound)
        elif time.time() - path.stat().st_mtime > PLAYED_AGAIN_S:
            path.touch()
        return path

    def _write(self, path: Path, sound: bytes) -> None:
        """Written beside and moved: nobody plays half a file."""
        self._sweep()
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{uuid_utils.uuid4()}.half")  # others may write the same at this moment
        half.write_bytes(sound)
        half.replace(path)

    def _sweep(self) -> None:
        now_s = time.time()
        if now_s - self._swept_s < PLAYED_AGAIN_S:
            return
        self._swept_s = now_s
        for path in self.folder.glob("*/*.*"):
            if now_s - path.stat().st_mtime > UNPLAYED_S:
                path.unlink(missing_ok=True)
