"""Which recordings are there of a contact, and where is their sound?"""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.ports import BlobStore
from app.store import blobs, rows
from app.store.blobs import NewBlob
from app.store.rows import Row
from app.store.scope import Companies, within
from app.store.tables import blob, company, contact, recording
from contacts.words import DAY_US

PARTS_MAX = 500  # of one contact, of one answer


async def keep(engine: AsyncEngine, files: BlobStore, values: Mapping[str, Any], sound: bytes) -> None:
    """Row, file, row. `values`: the recording's columns; its blob_id is an effect's: twice is as once."""
    async with engine.begin() as conn:
        if await rows.first(conn, select(recording.c.blob_id).where(recording.c.blob_id == values["blob_id"])):
            return
        wanted = select(company.c.id, company.c.recording_days).join(contact, contact.c.company_id == company.c.id)
        company_id, days = (await conn.execute(wanted.where(contact.c.id == values["contact_id"]))).one()
    new = NewBlob(
        values["blob_id"], company_id, values["kind"], "audio/wav", "recording", contact_id=values["contact_id"],
        delete_after_us=None if days is None else time.time_ns() // 1000 + days * DAY_US,
    )  # fmt: skip
    async with engine.begin() as conn:
        if await blobs.read(conn, new.id, None) is None:
            await blobs.expect(conn, new)
    await files.put(new.location, sound)
    async with engine.begin() as conn:
        await blobs.arrived(conn, new.id, sound)
        await conn.execute(insert(recording).values(**values))


async def of_contact(conn: AsyncConnection, contact_id: str, companies: Companies) -> list[Row]:
    """In their order; those erased are not there any more."""
    wanted = (
        select(recording, blob.c.size_bytes, blob.c.state, blob.c.legal_hold)
        .join(blob, blob.c.id == recording.c.blob_id)
        .where(recording.c.contact_id == contact_id, within(companies, blob), blob.c.state != "erased")
        .order_by(recording.c.part, recording.c.blob_id)
    )
    return await rows.every(conn, wanted.limit(PARTS_MAX))


async def read(conn: AsyncConnection, blob_id: str, companies: Companies) -> Row | None:
    """With its blob's columns."""
    wanted = (
        select(blob, recording.c.part, recording.c.kind.label("of"))
        .join(recording, recording.c.blob_id == blob.c.id)
        .where(blob.c.id == blob_id, within(companies, blob))
    )
    return await rows.first(conn, wanted)
