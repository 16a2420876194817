"""What do agents say again and again? Texts kept by supervisors, found and filled in at the desk."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import Act, acting, new_id
from app.api.contacts_seen import require_contact
from app.api.faq_given import Answer, FaqLanguage
from app.api.fields import NO_CONTROLS, CompanyPaging, Given, Id, PathId, Shown, Version, sure_ms, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import not_found
from app.canned_words import filled, nameless, unknown_in
from app.problems import ERRORS_MAX, FieldError, Problem
from app.store import canned_answers, companies, queues
from app.store.rows import Row

router = APIRouter(prefix="/v1/canned-answers", tags=["canned answers"])

NAME_CHARACTERS_MAX = 100
SOUGHT_CHARACTERS_MAX = 100
_OPEN = ("queue_id", "language")  # shown in the audit; texts are not


def _stripped(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text.strip()


CannedName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=NAME_CHARACTERS_MAX, pattern=NO_CONTROLS),
    AfterValidator(_stripped),
]
Sought = Annotated[str, StringConstraints(max_length=SOUGHT_CHARACTERS_MAX, pattern=NO_CONTROLS)]


class NewCannedAnswer(Given):
    """`text`: plain, with `{customer}`, `{agent}`, `{company}` and `{queue}` where they are to be filled in. Without
    `queue_id` or `language` it is for all of them."""

    company_id: Id
    name: CannedName
    text: Answer
    queue_id: Id | None = None
    language: FaqLanguage | None = None


class CannedAnswerChange(Given):
    version: Version
    name: CannedName = untouched()
    text: Answer = untouched()
    queue_id: Id | None = untouched()
    language: FaqLanguage | None = untouched()


class CannedAnswerShown(Shown):
    id: Id
    company_id: Id
    queue_id: Id | None
    language: FaqLanguage | None
    name: str
    text: str
    created_ms: int
    version: int


class CannedPaging(CompanyPaging):
    queue_id: Id | None = None
    language: FaqLanguage | None = None


class CannedSearch(Given):
    contact_id: Id
    text: Sought = ""
    language: FaqLanguage | None = None


class CannedFound(Shown):
    """`text`: as it is said in this contact."""

    id: Id
    name: str
    text: str
    language: FaqLanguage | None


class CannedFoundList(Shown):
    items: list[CannedFound] = Field(max_length=canned_answers.FOUND_MAX)


@router.get("")
async def list_canned_answers(page: Annotated[CannedPaging, Query()], access: Caller) -> Page[CannedAnswerShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        if page.queue_id is not None and await queues.read(conn, page.queue_id, company_ids) is None:
            raise not_found("queue", "/queue_id", "query")
        found = await canned_answers.page(conn, company_ids, page.after, page.limit, page.queue_id, page.language)
    return page_of(found, page.limit, _shown)


@router.post("", status_code=201)
async def create_canned_answer(body: NewCannedAnswer, access: Caller) -> CannedAnswerShown:
    access.require_company(body.company_id)
    _require_known(body.text)
    async with acting(access) as act:
        if await companies.read(act.conn, body.company_id) is None:
            raise not_found("company", "/company_id")
        await _require_queue(act, body.company_id, body.queue_id)
        row = await canned_answers.add(act.conn, {"id": new_id(), **body.model_dump()})
        await _record(act, "created", row, after=_open(row))
    return _shown(row)


@router.post("/search")
async def search_canned_answers(body: CannedSearch, access: Caller) -> CannedFoundList:
    """For a contact that the asker may see, filled in for it, the nearest first; without text all, at most 20."""
    async with access.reading() as conn:
        await _require_contact(conn, access, body.contact_id)
        about = await canned_answers.about(conn, body.contact_id)
        found = await canned_answers.find(conn, about["company_id"], about["queue_id"], body.language, body.text)
        user = access.principal.id if access.principal.kind == "user" else None
        agent = "" if user is None else await canned_answers.name_of(conn, user)
    return CannedFoundList(items=[_found(row, about, agent) for row in found])


@router.get("/{canned_answer_id}")
async def read_canned_answer(canned_answer_id: PathId, access: Caller) -> CannedAnswerShown:
    async with access.reading() as conn:
        row = await canned_answers.read(conn, canned_answer_id, access.companies)
    if row is None:
        raise not_found("canned answer", "/canned_answer_id", "path")
    return _shown(row)


@router.patch("/{canned_answer_id}")
async def change_canned_answer(canned_answer_id: PathId, body: CannedAnswerChange, access: Caller) -> CannedAnswerShown:
    async with acting(access) as act:
        before = await _locked(act, canned_answer_id)
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        _require_known(fields.get("text", ""))
        await _require_queue(act, before["company_id"], fields.get("queue_id"))
        row = await canned_answers.change(act.conn, canned_answer_id, fields)
        await _record(act, "changed", row, before=_open(before), after=_open(fields), more={"fields": sorted(fields)})
    return _shown(row)


@router.delete("/{canned_answer_id}", status_code=204)
async def delete_canned_answer(canned_answer_id: PathId, access: Caller) -> None:
    """Gone for good; what was said with it stays."""
    async with acting(access) as act:
        before = await _locked(act, canned_answer_id)
        await canned_answers.remove(act.conn, canned_answer_id)
        await _record(act, "deleted", before)


def _shown(row: Mapping[str, Any]) -> CannedAnswerShown:
    names = ("id", "company_id", "queue_id", "language", "name", "text", "version")
    return CannedAnswerShown(**{name: row[name] for name in names}, created_ms=sure_ms(row["created_at"]))


def _found(row: Mapping[str, Any], about: Mapping[str, Any], agent: str) -> CannedFound:
    customer = about["customer"] or about["said"] or nameless(row["language"] or about["language"])
    values = {"customer": customer, "agent": agent, "company": about["company"], "queue": about["queue"] or ""}
    return CannedFound(id=row["id"], name=row["name"], text=filled(row["text"], values), language=row["language"])


def _open(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _OPEN if name in values}


async def _record(act: Act, what: str, row: Mapping[str, Any], **told: Any) -> None:
    await act.record(f"canned_answer.{what}", "canned_answer", row["id"], company_id=row["company_id"], **told)


def _require_known(text: str) -> None:
    """Raises Problem 422 with each name that stands for nothing."""
    unknown = unknown_in(text)
    errors = [FieldError("/text", f"{{{name}}} stands for nothing", "canned.unknown_variable") for name in unknown]
    if errors:
        names = unknown[:ERRORS_MAX]
        title = "Some fields are not as expected"
        raise Problem(422, "validation.failed", title, errors[:ERRORS_MAX], unknown_variables=names)


async def _require_queue(act: Act, company_id: str, queue_id: str | None) -> None:
    if queue_id is not None and await queues.read(act.conn, queue_id, {company_id}) is None:
        raise not_found("queue", "/queue_id")


async def _require_contact(conn: AsyncConnection, access: Access, contact_id: str) -> None:
    try:
        await require_contact(conn, access, contact_id)
    except Problem:
        raise not_found("contact", "/contact_id") from None


async def _locked(act: Act, canned_answer_id: str) -> Row:
    row = await canned_answers.lock(act.conn, canned_answer_id, act.access.companies)
    if row is None:
        raise not_found("canned answer", "/canned_answer_id", "path")
    return row
