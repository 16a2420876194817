"""Who sends faxes to a company? Machines behind a fax server, which brings each to the door until it is taken."""

import asyncio
import hashlib
import random
import struct
from base64 import b64encode
from dataclasses import dataclass

import httpx2

from floor.doors import Doors
from floor.faults import Faults
from floor.ledger import Ledger

WIDTH, ROWS = 1728, 16
TIMEOUT_S = 5.0
AGAIN_S = 0.4
TRIES = 200


def tiff(pages: int, chance: random.Random) -> bytes:
    """Black and white, uncompressed; each page is another."""
    made = bytearray(b"II*\0\0\0\0\0")
    link = 4  # where the offset of the next page's directory stands
    for _ in range(pages):
        points = chance.randbytes(WIDTH // 8 * ROWS)
        at = len(made)
        made += points + struct.pack("<IIII", 204, 1, 196, 1)
        resolution = at + len(points)
        struct.pack_into("<I", made, link, len(made))
        entries = (
            (256, 3, WIDTH), (257, 3, ROWS), (258, 3, 1), (259, 3, 1), (262, 3, 0), (273, 4, at), (277, 3, 1),
            (278, 3, ROWS), (279, 4, len(points)), (282, 5, resolution), (283, 5, resolution + 8), (296, 3, 2),
        )  # fmt: skip
        made += struct.pack("<H", len(entries))
        for tag, kind, value in entries:
            made += struct.pack("<HHII", tag, kind, 1, value)
        link = len(made)
        made += b"\0\0\0\0"
    return bytes(made)


@dataclass(slots=True)
class FaxMachine:
    server: str
    key: str
    doors: Doors
    ledger: Ledger
    chance: random.Random
    faults: Faults

    async def send(self) -> None:
        """One fax. Never raises because of the server."""
        pages = self.chance.randrange(1, 4)
        document = tiff(pages, self.chance)
        source_id = f"floor-{self.chance.getrandbits(64):x}"
        body = {
            "company_id": self.doors.company_id, "to": self.doors.fax, "source_id": source_id, "pages": pages,
            "from": f"+4940{self.chance.randrange(10**7):07d}", "document": b64encode(document).decode(),
        }  # fmt: skip
        self.ledger.write("fax_sent", id=source_id, sha256=hashlib.sha256(document).hexdigest(), pages=pages)
        again = self.faults.strikes(self.faults.repeat_share)
        headers = {"authorization": f"Bearer {self.key}"}
        async with httpx2.AsyncClient(base_url=self.server, headers=headers, timeout=TIMEOUT_S) as client:
            for _ in range(TRIES):
                answer = await self._post(client, body)
                if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                    told = answer.json()
                    about = {"contact": told.get("contact_id"), "fax": told.get("id")}
                    self.ledger.write("fax_taken", id=source_id, status=answer.status_code, **about)
                    if not again:
                        return
                    again = False
                await asyncio.sleep(AGAIN_S * (0.5 + self.chance.random()))
        self.ledger.write("fax_given_up", id=source_id)

    async def _post(self, client: httpx2.AsyncClient, body: dict[str, object]) -> httpx2.Response | None:
        try:
            return await client.post("/v1/fax-receptions", json=body)
        except httpx2.HTTPError:
            return None
