"""Which files belong to which contact, are they whole, and when do they go?

The row is written before the file: a file that nobody knows of cannot be. What is expected and never came is found by a
sweep, and a file is only given out if it is the one that was stored (sha256).
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.ports import BlobStore
from app.store import rows
from app.store.rows import Row
from app.store.scope import Companies, within
from app.store.tables import blob

EXPECTED_FOR = text("interval '1 hour'")  # then a file that is not there is missing
SWEPT_MAX = 500  # of one sweep


class NotWhole(Exception):
    """The file is missing, or not the one that was stored."""


@dataclass(frozen=True, slots=True)
class NewBlob:
    id: str
    company_id: str
    kind: str  # 'recording', 'fax', 'attachment' …
    media_type: str
    retention: str  # the rule by which it goes
    contact_id: str | None = None
    filename: str | None = None
    delete_after_us: int | None = None  # None = kept until somebody says otherwise

    @property
    def location(self) -> str:
        """Two levels of folders from the end of the id, which is random: no folder grows without bound."""
        return f"{self.company_id}/{self.id[-2:]}/{self.id}"


async def store(engine: AsyncEngine, files: BlobStore, new: NewBlob, content: bytes) -> None:
    """Row, file, row: whatever dies in between, the sweep knows of it."""
    async with engine.begin() as conn:
        await expect(conn, new)
    await files.put(new.location, content)
    async with engine.begin() as conn:
        await arrived(conn, new.id, content)


async def expect(conn: AsyncConnection, new: NewBlob) -> None:
    await conn.execute(
        insert(blob).values(
            id=new.id,
            company_id=new.company_id,
            contact_id=new.contact_id,
            kind=new.kind,
            media_type=new.media_type,
            filename=new.filename,
            location=new.location,
            state="expected",
            retention=new.retention,
            delete_after=new.delete_after_us,
        )
    )


async def arrived(conn: AsyncConnection, blob_id: str, content: bytes) -> None:
    """One that was erased in the meantime stays erased."""
    known = blob.c.id == blob_id
    stored = update(blob).where(known, blob.c.state.in_(("expected", "missing")))
    await conn.execute(stored.values(state="stored", sha256=_hash(content), size_bytes=len(content)))


async def read(conn: AsyncConnection, blob_id: str, companies: Companies) -> Row | None:
    return await rows.first(conn, select(blob).where(blob.c.id == blob_id, within(companies, blob)))


async def lock(conn: AsyncConnection, blob_id: str) -> Row | None:
    """Until the transaction ends nothing else stores or erases it."""
    return await rows.first(conn, rows.locked(blob, blob_id))


async def expect_again(conn: AsyncConnection, blob_id: str, delete_after_us: int) -> None:
    """One that was swept away and is brought again."""
    values = {"state": "expected", "delete_after": delete_after_us}
    await conn.execute(update(blob).where(blob.c.id == blob_id, blob.c.state == "erased").values(**values))


async def content(files: BlobStore, row: Row) -> bytes:
    """Raises NotWhole."""
    if row["state"] != "stored":
        raise NotWhole(f"blob {row['id']} is {row['state']}")
    try:
        found = await files.get(row["location"])
    except FileNotFoundError as gone:
        raise NotWhole(f"blob {row['id']}: no file") from gone
    if _hash(found) != row["sha256"]:
        raise NotWhole(f"blob {row['id']}: another content")
    return found


async def hold(conn: AsyncConnection, blob_id: str, companies: Companies, held: bool) -> bool:
    """A legal hold outlives retention and erasure. False: no such blob."""
    held_by = update(blob).where(blob.c.id == blob_id, within(companies, blob)).values(legal_hold=held)
    return (await conn.execute(held_by)).rowcount == 1


async def keep_until(conn: AsyncConnection, blob_id: str, until_us: int | None) -> None:
    """Another instant to go at; None: kept until somebody says otherwise."""
    await conn.execute(update(blob).where(blob.c.id == blob_id).values(delete_after=until_us))


# --- sweeps -----------------------------------------------------------------------------------------------------------


async def find_missing(engine: AsyncEngine, files: BlobStore) -> int:
    """Expected for an hour: either the file is there after all, or it is missing. Returns how many are missing."""
    async with engine.begin() as conn:
        wanted = select(blob.c.id, blob.c.location).where(
            blob.c.state == "expected", blob.c.created_at < func.clock_timestamp() - EXPECTED_FOR
        )
        late = (await conn.execute(wanted.order_by(blob.c.created_at).limit(SWEPT_MAX))).all()
    missing = 0
    for blob_id, location in late:
        there = await files.exists(location)
        async with engine.begin() as conn:
            if there:
                await arrived(conn, blob_id, await files.get(location))
            else:
                lost = update(blob).where(blob.c.id == blob_id, blob.c.state == "expected")
                missing += (await conn.execute(lost.values(state="missing"))).rowcount
    return missing


async def delete_due(engine: AsyncEngine, files: BlobStore) -> int:
    """What has outlived its retention and is not held. Returns how many went."""
    is_due = blob.c.delete_after < func.clock_timestamp()
    async with engine.begin() as conn:
        due = select(blob.c.id).where(blob.c.state != "erased", is_due, blob.c.legal_hold.is_(False))
        ids = list((await conn.execute(due.order_by(blob.c.delete_after).limit(SWEPT_MAX))).scalars())
    return await erase(engine, files, ids, is_due)  # in the meantime a mail may have taken one


async def erase(engine: AsyncEngine, files: BlobStore, blob_ids: list[str], *still: ColumnElement[bool]) -> int:
    """The file goes first: a row that says erased must be true. What is held stays, and of which `still` is wrong."""
    erased = 0
    for blob_id in blob_ids:
        async with engine.begin() as conn:
            locked = rows.locked(blob, blob_id, blob.c.legal_hold.is_(False), blob.c.state != "erased", *still)
            row = await rows.first(conn, locked)
            if row is None:
                continue
            await files.delete(row["location"])
            gone = {"state": "erased", "filename": None, "sha256": None, "size_bytes": None}
            await conn.execute(update(blob).where(blob.c.id == blob_id).values(**gone))
            erased += 1
    return erased


async def of_customer(conn: AsyncConnection, contact_ids: list[str]) -> list[str]:
    """Blobs of these contacts that still hold something, but for those under a legal hold."""
    wanted = select(blob.c.id).where(
        blob.c.contact_id.in_(contact_ids),
        or_(blob.c.state != "erased", blob.c.filename.is_not(None)),
        blob.c.legal_hold.is_(False),
    )
    return list((await conn.execute(wanted)).scalars())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
