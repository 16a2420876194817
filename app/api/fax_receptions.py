"""How does a fax server of the company's, such as HylaFAX, bring a fax? It is acknowledged when it is a contact.

The server's own id says which try it is: sent again for as long as nobody acknowledged it, it is one contact. Whatever
died in between, the pages become the contact's with the repeat.
"""

import base64
import binascii
import hashlib
import time
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from app import fax_pages
from app.api.access import Access, Caller
from app.api.acts import new_id
from app.api.calling import Number
from app.api.commanding import IdempotencyKey, command
from app.api.faxes import DOCUMENT_CHARACTERS_MAX, FaxMade
from app.api.fields import Given, Id
from app.api.problems import invalid, not_found
from app.commands import Entry, TakeFax
from app.fax_pages import Pages
from app.problems import FieldError, Problem
from app.store import blobs, companies, customers, faxes, numbers
from app.store.blobs import NewBlob
from contacts.identify import canonical_phone, identify
from contacts.words import DAY_US

router = APIRouter(tags=["faxes"])

BASE64 = "^[A-Za-z0-9+/]+={0,2}$"

Tiff = Annotated[
    str,
    StringConstraints(min_length=4, max_length=DOCUMENT_CHARACTERS_MAX, pattern=BASE64),
    Field(
        description="a TIFF in base64, as fax machines send it; what stands behind page 200, or behind row 600,000 of "
        "all pages, is left out"
    ),
]
SourceId = Annotated[
    str, StringConstraints(pattern="^[!-~]{1,64}$"), Field(description="of the fax server: one fax, one id")
]


class FaxReception(Given):
    """`to`: a number of the company's of kind `fax`. `pages`: how many the fax server counted; where fewer can be read
    the fax is not `complete`, nor where one is left out because it, or all of them, are too long.
    """

    company_id: Id
    to: Number
    from_: Number | None = Field(None, alias="from")
    source_id: SourceId
    document: Tiff
    pages: Annotated[int, Field(ge=1, le=10_000)] | None = None


@router.post("/v1/fax-receptions", status_code=201)
async def receive_fax(
    body: FaxReception, request: Request, response: Response, access: Caller, key: IdempotencyKey = None
) -> FaxMade:
    """A fax came. 201: it is a contact; 200: it was one already."""
    access.require_company(body.company_id)
    pages, found = await _read(body.document)
    count, complete = found.count, found.is_whole and (body.pages is None or found.count >= body.pages)
    entry = await _entry(access, body)
    async with access.reading() as conn:
        before = await faxes.of_try(conn, entry.company_id, entry.source, entry.source_id)
    made: Mapping[str, Any] | None = before
    if made is None:
        # Until it is somebody's it is one that goes by itself: nothing is left of a process that dies between.
        kept = NewBlob(new_id(), body.company_id, "fax", faxes.MEDIA_TYPE, "fax", delete_after_us=_tomorrow_us())
        assert access.doors.files is not None, "every process has a place for files"
        await blobs.store(access.doors.database.engine, access.doors.files, kept, pages)
        wish = TakeFax(entry, kept.id, count, complete)
        reply = await command(access, wish, key, await request.body())
        response.status_code, made = reply.status, reply.body
    else:
        response.status_code = 200
    await _belongs(access, body.company_id, made, pages, count, complete)
    return FaxMade(id=made["document"], contact_id=made["contact_id"])


async def _belongs(
    access: Access, company_id: str, made: Mapping[str, Any], pages: bytes, count: int, complete: bool
) -> None:
    """Pages that went meanwhile, because they were nobody's yet, are stored again. Raises Problem 409: another fax
    came under this id.
    """
    engine, files = access.doors.database.engine, access.doors.files
    assert files is not None, "every process has a place for files"
    blob_id, contact_id = made["document"], made["contact_id"]
    async with engine.begin() as conn:
        if await faxes.pages_kept(conn, blob_id) is None and not await faxes.is_erased(conn, contact_id):
            await blobs.expect_again(conn, blob_id, _tomorrow_us())
    async with engine.begin() as conn:
        row = await blobs.lock(conn, blob_id)
        if row is None or row["state"] == "erased" or await faxes.is_erased(conn, contact_id):
            return
        if row["state"] != "stored":
            await files.put(row["location"], pages)
            await blobs.arrived(conn, blob_id, pages)
        elif row["sha256"] != hashlib.sha256(pages).hexdigest():
            error = FieldError("/source_id", "the id of another fax", "fax.other_pages")
            raise Problem(409, "fax.other_pages", "Another fax came under this id", [error])
        await faxes.came(conn, blob_id, contact_id, count, complete)


def _tomorrow_us() -> int:
    return time.time_ns() // 1000 + DAY_US


async def _read(document: str) -> tuple[bytes, Pages]:
    try:
        tiff = base64.b64decode(document, validate=True)
    except binascii.Error:
        raise invalid("/document", "not in base64", "fax.no_pages") from None
    found = await fax_pages.count(tiff)
    if found.count == 0:
        raise invalid("/document", "a TIFF with at least one page that can be read", "fax.no_pages")
    return tiff, found


async def _entry(access: Access, body: FaxReception) -> Entry:
    """Raises Problem 404."""
    async with access.reading() as conn:
        company = await companies.read(conn, body.company_id)
        if company is None:
            raise not_found("company", "/company_id")
        called = canonical_phone(body.to, company["region"]) or body.to
        number = await numbers.reached(conn, ("fax",), called, {body.company_id})
        if number is None:
            raise not_found("number", "/to")
        caller = canonical_phone(body.from_, company["region"]) if body.from_ else None
        known = await customers.known_by(conn, body.company_id, "phone", caller) if caller else {}
    unique = identify(caller, [found for found, _ in known.values()]).unique
    return Entry(
        contact_id=new_id(),
        company_id=body.company_id,
        channel="fax",
        queue_id=number["queue_id"],
        source=f"fax:{number['address']}",  # whichever key brings it
        source_id=body.source_id,
        number=number["address"],
        customer_id=unique.customer_id if unique else None,
        value=known[unique.customer_id][1] if unique else 0,
        language=number["language"],
        collected={"from": caller or body.from_} if body.from_ else {},
    )
