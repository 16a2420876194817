"""Where may a name of the open internet lead? Nowhere into our own network."""

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from app.reach import is_public


class PublicNames(AbstractResolver):
    """Asked at every connection, for names can be led elsewhere."""

    def __init__(self) -> None:
        self._usual = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._usual.resolve(host, port, family)
        public = [each for each in found if is_public(each["host"])]
        if not public:
            raise OSError(None, "it leads into the installation's own network")
        return public

    async def close(self) -> None:
        await self._usual.close()
