"""Which faxes came and went, what stands on their pages, and how is one sent? Who looks is in the audit."""

import asyncio
import base64
import binascii
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app import fax_pages
from app.api.access import Access, Caller
from app.api.acts import acting, new_id
from app.api.calling import Number
from app.api.commanding import RequiredIdempotencyKey, command
from app.api.fields import Given, Id, Language, Line, PathId, Shown, Text, sure_ms
from app.api.problems import invalid, not_found
from app.commands import Entry, SendFax
from app.fax_cover import Cover, cover_pages, joined, pages_of
from app.fax_paper import NotSendable, as_paper
from app.rights import SUPERVISING, Forbidden, companies_of
from app.store import blobs, companies, contacts, customers, faxes
from app.store.blobs import NewBlob
from app.store.faxes import Reader
from contacts.identify import canonical_phone, identify
from contacts.words import DAY_US

router = APIRouter(tags=["faxes"])

DOCUMENT_CHARACTERS_MAX = 7_600_000  # 5.7 MB
State = Literal["received", "sending", "waiting", "sent", "failed"]
_WHY = {
    "unreadable": "no PDF, TIFF, PNG or JPEG that can be read",
    "no_font": "no font of this server has all of its signs",
    "too_many_pages": "more than 50 pages",
}
_NO_STORE = {"Cache-Control": "private, no-store"}

Document = Annotated[
    str,
    StringConstraints(min_length=4, max_length=DOCUMENT_CHARACTERS_MAX, pattern="^[A-Za-z0-9+/]+={0,2}$"),
    Field(description="a PDF, a TIFF, a PNG or a JPEG, in base64; at most 50 pages"),
]
Page = Annotated[int, Field(ge=1, le=fax_pages.PAGES_MAX)]
Width = Annotated[int | None, Query(ge=16, le=fax_pages.WIDTH_MAX, description="of the image, in points")]


class FaxShown(Shown):
    """`waiting`: it was not taken and is tried again at `again_ms`. `complete`: its sender said that it was all.
    `station`: as the other machine calls itself, on whose word alone. `number`: of the other side.
    """

    id: Id
    contact_id: Id
    direction: Literal["in", "out"]
    state: State
    pages: int
    complete: bool
    at_ms: int
    tries: int | None
    cause: str | None
    again_ms: int | None
    took_s: int | None
    station: str
    tries_max: int | None
    number: str | None
    own_number: str | None
    legal_hold: bool


class Faxes(Shown):
    items: list[FaxShown]


class CoverText(Given):
    """A page of its own before the document, or alone."""

    text: Annotated[Text, Field(min_length=1)]
    to: Line = ""
    sender: Line = ""
    language: Language = "en"


class NewFax(Given):
    """Where faxes may be sent, how often and at which cost is the company's rule for calls. `contact_id`: the contact
    that it answers.
    """

    company_id: Id
    to: Number
    document: Document | None = None
    cover: CoverText | None = None
    subject: Line | None = None
    contact_id: Id | None = None

    @model_validator(mode="after")
    def _has_pages(self) -> "NewFax":
        if self.document is None and self.cover is None:
            raise PydanticCustomError("fax", "expected a document or a cover", {"text_key": "fax.empty"})
        return self


class FaxMade(Shown):
    id: Id
    contact_id: Id


def _shown(row: Mapping[str, Any]) -> FaxShown:
    stands = row["stands"] or {}
    names = ("contact_id", "direction", "pages", "complete", "took_s", "station")
    again_us = stands.get("again_us")
    return FaxShown(
        id=row["blob_id"],
        state=_state(row, stands),
        at_ms=sure_ms(row["at"]),
        tries=stands.get("tries"),
        tries_max=stands.get("max"),
        number=row["other_number"],
        own_number=row["number"],
        legal_hold=row["legal_hold"],
        cause=stands.get("cause"),
        again_ms=None if again_us is None else again_us // 1000,
        **{name: row[name] for name in names},
    )


def _state(row: Mapping[str, Any], stands: Mapping[str, Any]) -> State:
    """One whose contact is over says it by that: what stood beside it may have been erased."""
    if row["direction"] == "in":
        return "received"
    if row["contact_state"] == "closed":
        return "sent" if row["outcome"] == "handled" else "failed"
    return "waiting" if stands.get("state") == "waiting" else "sending"


def _reader(access: Access) -> Reader:
    try:
        supervises = companies_of(access.principal, SUPERVISING)
    except Forbidden:
        supervises = frozenset()
    return Reader(supervises, access.companies, access.principal.agent_id)


@router.get("/v1/contacts/{contact_id}/faxes")
async def list_faxes(contact_id: PathId, access: Caller) -> Faxes:
    """In their order. Of an agent those that they may see."""
    async with access.reading() as conn:
        if await contacts.read(conn, contact_id, access.companies) is None:
            raise not_found("contact", "/contact_id", "path")
        found = await faxes.of_contact(conn, contact_id, _reader(access))
    return Faxes(items=[_shown(row) for row in found])


@router.get("/v1/faxes/{fax_id}")
async def read_fax(fax_id: PathId, access: Caller) -> FaxShown:
    async with access.reading() as conn:
        row = await faxes.read(conn, fax_id, _reader(access))
    if row is None:
        raise not_found("fax", "/fax_id", "path")
    return _shown(row)


@router.get("/v1/faxes/{fax_id}/pages/{page}", response_class=Response, responses={200: {"content": {"image/png": {}}}})
async def read_fax_page(fax_id: PathId, page: Page, access: Caller, width: Width = None) -> Response:
    """A page as an image, in its right proportions; counted from 1."""
    tiff = await _pages(fax_id, access, "fax.seen")
    try:
        image = await fax_pages.image(tiff, page, width)
    except fax_pages.NoSuchPage:
        raise not_found("page", "/page", "path") from None
    return Response(image, media_type="image/png", headers=_NO_STORE)


@router.get(
    "/v1/faxes/{fax_id}/document", response_class=Response, responses={200: {"content": {"application/pdf": {}}}}
)
async def read_fax_document(fax_id: PathId, access: Caller) -> Response:
    """All pages as a PDF."""
    tiff = await _pages(fax_id, access, "fax.taken")
    try:
        document = await fax_pages.pdf(tiff)
    except fax_pages.NoSuchPage:
        raise not_found("fax", "/fax_id", "path") from None
    name = {"Content-Disposition": f'attachment; filename="fax-{fax_id}.pdf"'}
    return Response(document, media_type="application/pdf", headers=_NO_STORE | name)


async def _pages(fax_id: str, access: Access, action: str) -> bytes:
    async with acting(access) as act:
        row = await faxes.read(act.conn, fax_id, _reader(access))
        if row is None or access.doors.files is None:
            raise not_found("fax", "/fax_id", "path")
        await act.record(action, "fax", fax_id, company_id=row["company_id"])
    try:
        return await blobs.content(access.doors.files, row)
    except blobs.NotWhole:
        raise not_found("fax", "/fax_id", "path") from None


class FaxHold(Given):
    legal_hold: bool


@router.post("/v1/faxes/{fax_id}/legal-hold", status_code=204)
async def hold_fax(fax_id: PathId, body: FaxHold, access: Caller) -> None:
    """A legal hold outlives retention and erasure."""
    async with acting(access) as act:
        row = await faxes.read(act.conn, fax_id, _reader(access))
        if row is None:
            raise not_found("fax", "/fax_id", "path")
        await blobs.hold(act.conn, fax_id, access.companies, body.legal_hold)
        await act.record("fax.held", "fax", fax_id, company_id=row["company_id"], after=body.model_dump())


# --- sending ----------------------------------------------------------------------------------------------------------


@router.post("/v1/faxes", status_code=201)
async def send_fax(
    body: NewFax, request: Request, response: Response, access: Caller, key: RequiredIdempotencyKey
) -> FaxMade:
    """Tried until it is there, or as often as the company's rules say; `GET /v1/faxes/{id}` says how it stands."""
    access.require_company(body.company_id)
    entry = await _entry(access, body, key)
    pages, count = await _pages_of(access, body)
    # Until it is somebody's it is one that goes by itself: nothing is left of a process that dies between.
    tomorrow_us = time.time_ns() // 1000 + DAY_US
    kept = NewBlob(new_id(), body.company_id, "fax", faxes.MEDIA_TYPE, "fax", delete_after_us=tomorrow_us)
    assert access.doors.files is not None, "every process has a place for files"
    await blobs.store(access.doors.database.engine, access.doors.files, kept, pages)
    wish = SendFax(entry, kept.id, count, body.to, access.principal.agent_id, body.contact_id)
    reply = await command(access, wish, key, await request.body())
    response.status_code = reply.status
    made = FaxMade(id=reply.body["document"], contact_id=reply.body["contact_id"])
    if made.id == kept.id:  # else it was sent by an earlier request of this key
        async with acting(access) as act:
            await faxes.belongs(act.conn, kept.id, made.contact_id, count)
            await act.record("fax.sent", "fax", kept.id, company_id=body.company_id, after={"pages": count})
    return made


async def _pages_of(access: Access, body: NewFax) -> tuple[bytes, int]:
    """Of cover and document. Raises Problem 422."""
    made = None if body.document is None else await _paper(body.document)
    if body.cover is None:
        assert made is not None, "the model has seen to it"
        return made
    try:
        cover = await _cover(access, body, body.cover)
        if made is None:
            return cover, len(await asyncio.to_thread(pages_of, cover))
        parts = [await asyncio.to_thread(pages_of, part) for part in (cover, made[0])]
        return await asyncio.to_thread(joined, parts), sum(map(len, parts))
    except NotSendable as wrong:
        word = str(wrong.args[0])
        raise invalid("/cover/text" if word == "no_font" else "/cover", _WHY[word], f"fax.{word}") from None


async def _cover(access: Access, body: NewFax, cover: CoverText) -> bytes:
    async with access.reading() as conn:
        company = await companies.read(conn, body.company_id)
    assert company is not None, "looked for before"
    now = datetime.fromtimestamp(access.doors.now_us() // 1_000_000, ZoneInfo(company["zone"]))
    to = " ".join(each for each in (cover.to, body.to) if each)
    told = Cover(
        cover.language, to, cover.sender or company["name"], f"{now:%Y-%m-%d %H:%M}", body.subject or "", cover.text
    )
    return await asyncio.to_thread(cover_pages, told, access.doors.settings.fax_font)


async def _paper(document: str) -> tuple[bytes, int]:
    try:
        return await as_paper(base64.b64decode(document, validate=True))
    except binascii.Error:
        raise invalid("/document", "not in base64", "fax.unreadable") from None
    except NotSendable as wrong:
        word = str(wrong.args[0])
        raise invalid("/document", _WHY[word], f"fax.{word}") from None


async def _entry(access: Access, body: NewFax, key: str) -> Entry:
    """Raises Problem 404."""
    async with access.reading() as conn:
        company = await companies.read(conn, body.company_id)
        if company is None:
            raise not_found("company", "/company_id")
        if body.contact_id is not None and await contacts.read(conn, body.contact_id, {body.company_id}) is None:
            raise not_found("contact", "/contact_id")
        number = canonical_phone(body.to, company["region"])
        known = await customers.known_by(conn, company["id"], "phone", number) if number else {}
    unique = identify(number, [found for found, _ in known.values()]).unique
    return Entry(
        contact_id=new_id(),
        company_id=body.company_id,
        channel="fax",
        direction="out",
        queue_id=None,
        source=f"api:{access.principal.id}",
        source_id=key,
        customer_id=unique.customer_id if unique else None,
        value=known[unique.customer_id][1] if unique else 0,
        collected={"subject": body.subject} if body.subject else {},
    )
