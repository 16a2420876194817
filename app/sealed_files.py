"""How do files lie on the disk? Sealed: who steals the disk has not heard a call."""

import asyncio
from dataclasses import dataclass

from app.ports import BlobStore
from app.seals import BrokenSeal, seal_file, unseal_file


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """A BlobStore around another. A file under another key is as one that is not there."""

    files: BlobStore
    signing_key: bytes

    async def put(self, location: str, content: bytes) -> None:
        await self.files.put(location, await asyncio.to_thread(seal_file, self.signing_key, content))

    async def get(self, location: str) -> bytes:
        """Raises FileNotFoundError."""
        sealed = await self.files.get(location)
        try:
            return await asyncio.to_thread(unseal_file, self.signing_key, sealed)
        except BrokenSeal as broken:
            raise FileNotFoundError(location) from broken

    async def delete(self, location: str) -> None:
        await self.files.delete(location)

    async def exists(self, location: str) -> bool:
        return await self.files.exists(location)
