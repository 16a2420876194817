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

WIDTH, LINES, INK_ROWS, GAP_ROWS = 1728, 24, 14, 22
MARGIN, LINE_BYTES = 16, WIDTH // 8
ROWS = LINES * (INK_ROWS + GAP_ROWS)
PACK_BITS, RUN_MAX = 32773, 128
TIMEOUT_S = 5.0
AGAIN_S = 0.4
TRIES = 200


def tiff(pages: int, chance: random.Random) -> bytes:
    """Black and white; each page is another, of lines that look like words."""
    made = bytearray(b"II*\0\0\0\0\0")
    link = 4  # where the offset of the next page's directory stands
    for _ in range(pages):
        points, at = _page(chance), len(made)
        made += points + bytes(len(points) % 2) + struct.pack("<IIII", 204, 1, 196, 1)
        struct.pack_into("<I", made, link, len(made))
        resolution = len(made) - 16
        entries = (
            (256, 3, WIDTH), (257, 3, ROWS), (258, 3, 1), (259, 3, PACK_BITS), (262, 3, 0), (273, 4, at), (277, 3, 1),
            (278, 3, ROWS), (279, 4, len(points)), (282, 5, resolution), (283, 5, resolution + 8), (296, 3, 2),
        )  # fmt: skip
        made += struct.pack("<H", len(entries))
        for tag, kind, value in entries:
            made += struct.pack("<HHII", tag, kind, 1, value)
        link = len(made)
        made += b"\0\0\0\0"
    return bytes(made)


def _page(chance: random.Random) -> bytes:
    blank = _packed(bytes(LINE_BYTES))
    return b"".join(_packed(_words(chance)) * INK_ROWS + blank * GAP_ROWS for _ in range(LINES))


def _words(chance: random.Random) -> bytes:
    """A row of points through a line of text."""
    row = bytearray(MARGIN)
    while len(row) < LINE_BYTES - MARGIN - 10:
        row += b"\xff" * chance.randrange(2, 9) + b"\0"
    return bytes(row.ljust(LINE_BYTES, b"\0"))


def _packed(row: bytes) -> bytes:
    """PackBits, runs alone."""
    made, at = bytearray(), 0
    while at < len(row):
        run = 1
        while run < RUN_MAX and at + run < len(row) and row[at + run] == row[at]:
            run += 1
        made += bytes((257 - run if run > 1 else 0, row[at]))
        at += run
    return bytes(made)


@dataclass(slots=True)
class FaxMachine:
    server: str
    key: str
    doors: Doors
    ledger: Ledger
    chance: random.Random
    faults: Faults

    async def send(self, caller: str | None = None) -> None:
        """One fax, from a number. Never raises because of the server."""
        pages = self.chance.randrange(1, 4)
        document = tiff(pages, self.chance)
        source_id = f"floor-{self.chance.getrandbits(64):x}"
        body = {
            "company_id": self.doors.company_id, "to": self.doors.fax, "source_id": source_id, "pages": pages,
            "from": caller or f"+4940{self.chance.randrange(10**7):07d}", "document": b64encode(document).decode(),
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
