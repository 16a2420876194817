"""Where do faxes come from and go to that an Asterisk receives and sends? From its folder into our files, and back."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app import fax_pages
from app.channels.asterisk.faxes import Said
from app.ports import BlobStore
from app.store import blobs, faxes
from contacts.effect import Effect


@dataclass(frozen=True, slots=True)
class FaxFiles:
    engine: AsyncEngine
    files: BlobStore

    async def keep(self, effect: Effect, pages: bytes, said: Said | None) -> int:
        """How many pages it has that can be read; with none nothing is kept. Kept twice it is one."""
        async with self.engine.connect() as conn:
            kept = await faxes.pages_kept(conn, effect.id)
        if kept is not None:
            return kept
        found = await fax_pages.count(pages)
        if found.count:
            about = _about(said, found.is_whole)
            await faxes.keep(self.engine, self.files, effect.id, effect.contact_id, pages, found.count, about)
        return found.count

    async def paper(self, effect: Effect) -> tuple[bytes, str]:
        """The pages, and the number of whoever sends them."""
        document = str(effect.args["document"])
        async with self.engine.begin() as conn:
            # The API says so as well; it may have died between the two.
            await faxes.belongs(conn, document, effect.contact_id, int(effect.args["pages"]))
            row = await blobs.read(conn, document, None)
            station = await faxes.sender(conn, effect.contact_id)
        assert row is not None, "a fax of ours has pages"
        return await blobs.content(self.files, row), station

    async def sent(self, effect: Effect, said: Said) -> None:
        async with self.engine.begin() as conn:
            await faxes.confirmed(conn, str(effect.args["document"]), said.took_s, said.station)


def _about(said: Said | None, is_whole: bool) -> dict[str, Any]:
    if said is None:
        return {"complete": False}
    return {"complete": said.is_success and is_whole, "took_s": said.took_s, "station": said.station}
