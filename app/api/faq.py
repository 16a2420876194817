"""What does a company answer to what it is often asked? Entries in two languages, written by supervisors."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.access import Caller
from app.api.acts import Act, acting, new_id
from app.api.faq_given import (
    FaqChange,
    FaqLanguage,
    FaqsMade,
    FaqState,
    NewFaq,
    NewFaqs,
    Tag,
    bring_in,
    columns_of,
    require_order,
)
from app.api.fields import CompanyPaging, Id, PathId, Shown, ms, sure_ms
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import not_found
from app.questions import index
from app.store import companies, faq
from app.store.rows import Row

router = APIRouter(prefix="/v1/faq", tags=["faq"])

_OPEN = ("language", "key", "tags", "state", "valid_from", "valid_until")  # shown in the audit; texts are not


class FaqPaging(CompanyPaging):
    language: FaqLanguage | None = None
    state: FaqState | None = None
    tag: Tag | None = None


class FaqShown(Shown):
    """`helpful` and `unhelpful`: so many people said so."""

    id: Id
    company_id: Id
    key: str | None
    language: FaqLanguage
    question: str
    answer: str
    variants: list[str]
    tags: list[str]
    state: FaqState
    valid_from_ms: int | None
    valid_until_ms: int | None
    helpful: int
    unhelpful: int
    created_ms: int
    version: int


def _shown(row: Mapping[str, Any], said: tuple[int, int] = (0, 0)) -> FaqShown:
    names = ("id", "company_id", "key", "language", "question", "answer", "variants", "tags", "state", "version")
    return FaqShown(
        **{name: row[name] for name in names},
        valid_from_ms=ms(row["valid_from"]),
        valid_until_ms=ms(row["valid_until"]),
        helpful=said[0],
        unhelpful=said[1],
        created_ms=sure_ms(row["created_at"]),
    )


@router.get("")
async def list_faq(page: Annotated[FaqPaging, Query()], access: Caller) -> Page[FaqShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        found = await faq.page(conn, company_ids, page.after, page.limit, page.language, page.state, page.tag)
        said = await faq.feedback(conn, [row["id"] for row in found])
    return page_of(found, page.limit, lambda row: _shown(row, said.get(row["id"], (0, 0))))


@router.post("", status_code=201)
async def create_faq(body: NewFaq, access: Caller) -> FaqShown:
    access.require_company(body.company_id)
    values = columns_of(body.model_dump())
    require_order(values)
    async with acting(access) as act:
        if await companies.read(act.conn, body.company_id) is None:
            raise not_found("company", "/company_id")
        row = await faq.add(act.conn, {"id": new_id(), **values})
        await index(act.conn, [row])
        await act.record("faq.created", "faq_entry", row["id"], company_id=body.company_id, after=_open(values))
    return _shown(row)


@router.post("/bulk")
async def import_faq(body: NewFaqs, access: Caller) -> FaqsMade:
    """All or none; repeating is safe. A refusal names the rows at fault, the first 32 of them."""
    return await bring_in(access, body)


@router.get("/{faq_id}")
async def read_faq(faq_id: PathId, access: Caller) -> FaqShown:
    async with access.reading() as conn:
        row = await faq.read(conn, faq_id, access.companies)
        if row is None:
            raise not_found("entry", "/faq_id", "path")
        said = await faq.feedback(conn, [faq_id])
    return _shown(row, said.get(faq_id, (0, 0)))


@router.patch("/{faq_id}")
async def change_faq(faq_id: PathId, body: FaqChange, access: Caller) -> FaqShown:
    async with acting(access) as act:
        before = await _locked(act, faq_id)
        require_current(before, body.version, _shown(before))
        fields = columns_of(changed_fields(body))
        require_order({**before, **fields})
        row = await faq.change(act.conn, faq_id, fields)
        await index(act.conn, [row])
        more = {"fields": sorted(fields)}
        of, was, now = row["company_id"], _open(before), _open(fields)
        await act.record("faq.changed", "faq_entry", faq_id, company_id=of, before=was, after=now, more=more)
        said = await faq.feedback(act.conn, [faq_id])
    return _shown(row, said.get(faq_id, (0, 0)))


@router.delete("/{faq_id}", status_code=204)
async def delete_faq(faq_id: PathId, access: Caller) -> None:
    """Gone for good, with what was said of it; whoever may want it back archives it instead."""
    async with acting(access) as act:
        before = await _locked(act, faq_id)
        await faq.remove(act.conn, faq_id)
        await act.record("faq.deleted", "faq_entry", faq_id, company_id=before["company_id"])


def _open(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _OPEN if name in values}


async def _locked(act: Act, faq_id: str) -> Row:
    row = await faq.lock(act.conn, faq_id, act.access.companies)
    if row is None:
        raise not_found("entry", "/faq_id", "path")
    return row
