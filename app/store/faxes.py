"""Which faxes are there of a contact, where are their pages, and how does one of ours stand?"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.ports import BlobStore
from app.store import blobs, rows
from app.store.blobs import NewBlob
from app.store.rows import Row
from app.store.scope import Companies, within
from app.store.tables import blob, company, contact, contact_link, customer, fax, segment

OF_CONTACT_MAX = 50  # of one answer
SWEPT_MAX = 500  # of one sweep
MEDIA_TYPE = "image/tiff"
_HELD = (fax, blob.c.company_id, blob.c.state, blob.c.location, blob.c.sha256, blob.c.id)
_STANDS = (
    contact.c.state.label("contact_state"), contact.c.outcome, contact.c.ivr["fax"].label("stands"), contact.c.number,
    contact.c.collected["from"].astext.label("other_number"), blob.c.legal_hold,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """Who wants to see faxes: all of the companies that they supervise; of those that they serve as an agent the ones
    of contacts that they have or had, and the ones that they sent.
    """

    supervises: Companies
    serves: Companies
    agent_id: str | None


async def pages_kept(conn: AsyncConnection, blob_id: str) -> int | None:
    """None: it is not in our files yet."""
    return (await conn.execute(select(fax.c.pages).where(fax.c.blob_id == blob_id))).scalar_one_or_none()


async def keep(
    engine: AsyncEngine, files: BlobStore, blob_id: str, contact_id: str, pages: bytes, count: int, about: Row
) -> None:
    """One that came: row, file, row. `blob_id`: of the effect that received it; `about`: what its sender said."""
    async with engine.begin() as conn:
        company_id = (await conn.execute(select(contact.c.company_id).where(contact.c.id == contact_id))).scalar_one()
        new = NewBlob(blob_id, company_id, "fax", MEDIA_TYPE, "fax", contact_id=contact_id)
        if await blobs.read(conn, blob_id, None) is None:
            await blobs.expect(conn, new)
    await files.put(new.location, pages)
    async with engine.begin() as conn:
        await blobs.arrived(conn, blob_id, pages)
        await _add(conn, {"blob_id": blob_id, "contact_id": contact_id, "direction": "in", "pages": count, **about})


async def came(conn: AsyncConnection, blob_id: str, contact_id: str, count: int, complete: bool) -> None:
    """One that a fax server brought: its pages are this contact's from now on. Twice is as once."""
    values = {"contact_id": contact_id, "delete_after": None}
    await conn.execute(update(blob).where(blob.c.id == blob_id, blob.c.contact_id.is_(None)).values(**values))
    about = {"direction": "in", "pages": count, "complete": complete}
    await _add(conn, {"blob_id": blob_id, "contact_id": contact_id, **about})


async def of_try(conn: AsyncConnection, company_id: str, source: str, source_id: str) -> Row | None:
    """{"contact_id", "document"} of one that was brought before, open or over."""
    document = contact.c.ivr["fax"]["document"].astext.label("document")
    wanted = select(contact.c.id.label("contact_id"), document).where(
        contact.c.company_id == company_id, contact.c.source == source, contact.c.source_id == source_id
    )
    return await rows.first(conn, wanted)


async def is_erased(conn: AsyncConnection, contact_id: str) -> bool:
    """Whose contact it was is erased. Until the transaction ends nobody erases them."""
    whose = select(customer.c.erased_at).join(
        contact, and_(contact.c.company_id == customer.c.company_id, contact.c.customer_id == customer.c.id)
    )
    erased_at = (
        await conn.execute(whose.where(contact.c.id == contact_id).with_for_update(read=True, of=customer))
    ).scalar_one_or_none()
    blanked = exists().where(contact.c.id == contact_id, contact.c.source_id.startswith("erased:"))
    return erased_at is not None or bool((await conn.execute(select(blanked))).scalar_one())


async def belongs(conn: AsyncConnection, blob_id: str, contact_id: str, count: int) -> None:
    """One of ours: its pages are this contact's from now on. Twice is as once."""
    values = {"contact_id": contact_id, "delete_after": None}
    await conn.execute(update(blob).where(blob.c.id == blob_id).values(**values))
    about = {"direction": "out", "pages": count, "complete": True}
    await _add(conn, {"blob_id": blob_id, "contact_id": contact_id, **about})


async def _add(conn: AsyncConnection, values: Row) -> None:
    await conn.execute(insert(fax).values(**values).on_conflict_do_nothing())


async def confirmed(conn: AsyncConnection, blob_id: str, took_s: int, station: str) -> None:
    """How the machine calls itself that took it, or did not to its end."""
    await conn.execute(update(fax).where(fax.c.blob_id == blob_id).values(took_s=took_s, station=station))


async def sender(conn: AsyncConnection, contact_id: str) -> str:
    """The number of ours that the other machine shows."""
    return (await conn.execute(select(contact.c.number).where(contact.c.id == contact_id))).scalar_one() or ""


async def of_contact(conn: AsyncConnection, contact_id: str, seen_by: Reader) -> list[Row]:
    """Those that are there still, in their order; also those that were sent to answer it."""
    link = contact_link.c
    answers = select(link.from_id).where(link.to_id == contact_id, link.kind == "reply_to")
    wanted = (
        select(*_HELD, *_STANDS)
        .join(blob, blob.c.id == fax.c.blob_id)
        .join(contact, contact.c.id == fax.c.contact_id)
        .where(or_(fax.c.contact_id == contact_id, fax.c.contact_id.in_(answers)), blob.c.state != "erased")
        .where(_sees(seen_by))
        .order_by(fax.c.at, fax.c.blob_id)
    )
    return await rows.every(conn, wanted.limit(OF_CONTACT_MAX))


async def read(conn: AsyncConnection, blob_id: str, seen_by: Reader) -> Row | None:
    """With its blob's columns."""
    wanted = (
        select(*_HELD, *_STANDS)
        .join(blob, blob.c.id == fax.c.blob_id)
        .join(contact, contact.c.id == fax.c.contact_id)
        .where(fax.c.blob_id == blob_id, blob.c.state != "erased", _sees(seen_by))
    )
    return await rows.first(conn, wanted)


async def outlived(conn: AsyncConnection) -> list[str]:
    """Those that their company has kept as long as it wants to. What is still on its way stays, and what is held."""
    since = func.clock_timestamp() - company.c.fax_days * text("interval '1 day'")
    wanted = (
        select(fax.c.blob_id)
        .join(blob, blob.c.id == fax.c.blob_id)
        .join(contact, contact.c.id == fax.c.contact_id)
        .join(company, company.c.id == blob.c.company_id)
        .where(company.c.fax_days.is_not(None), fax.c.at < since, contact.c.state == "closed")
        .where(blob.c.state != "erased", blob.c.legal_hold.is_(False))
        .order_by(fax.c.at)
    )
    return list((await conn.execute(wanted.limit(SWEPT_MAX))).scalars())


async def delete_outlived(engine: AsyncEngine, files: BlobStore) -> int:
    """Returns how many went."""
    async with engine.connect() as conn:
        found = await outlived(conn)
    return await blobs.erase(engine, files, found)


def _sees(reader: Reader) -> ColumnElement[bool]:
    whole = within(reader.supervises, blob)
    if reader.agent_id is None:
        return whole
    had = exists().where(segment.c.contact_id == fax.c.contact_id, segment.c.agent_id == reader.agent_id)
    theirs = or_(had, contact.c.ivr["fax"]["agent_id"].astext == reader.agent_id)
    return or_(whole, and_(within(reader.serves, blob), theirs))
