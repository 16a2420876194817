"""Where do recordings, faxes and attachments lie when there is only a disk? In one folder, a file each.

A file is either whole or not there: it is written beside, forced to the disk and renamed.
"""

import asyncio
import os
import secrets
from pathlib import Path, PurePosixPath


class UnsafeLocation(ValueError):
    """A location that would leave the folder."""


class FileBlobs:
    """The adapter of app.ports.BlobStore for a local folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, location: str, content: bytes) -> None:
        """Overwrites. Raises OSError (no space, no right)."""
        await asyncio.to_thread(_write, self._path(location), content)

    async def get(self, location: str) -> bytes:
        """Raises FileNotFoundError."""
        return await asyncio.to_thread(self._path(location).read_bytes)

    async def delete(self, location: str) -> None:
        """A file that is gone already is no error."""
        await asyncio.to_thread(self._path(location).unlink, missing_ok=True)

    async def exists(self, location: str) -> bool:
        return await asyncio.to_thread(self._path(location).is_file)

    def _path(self, location: str) -> Path:
        parts = PurePosixPath(location).parts
        if not parts or location.startswith("/") or "\x00" in location or any(part == ".." for part in parts):
            raise UnsafeLocation(location)
        return self._folder.joinpath(*parts)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(beside, "xb", opener=_private) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
