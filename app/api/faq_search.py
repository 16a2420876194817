"""Which entry answers a question, was it helpful, and to which questions is there none?

A question is asked by POST: it may hold what is personal, and addresses are logged by whoever is on the way.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import to_json

from analytics.asked import GROUP_WORDS_MAX, GROUPS_MAX, WORD_LENGTH_MAX
from analytics.plain_text import masked, plain
from analytics.terms import language_of
from app.api.access import Access, Caller
from app.api.acts import acting, new_id
from app.api.faq_given import FaqLanguage, Tag
from app.api.fields import NO_CONTROLS, CompanyPageQuery, Given, Id, PathId, Shown, sure_ms
from app.api.pages import Page, page_of
from app.api.problems import not_found, stale
from app.questions import find
from app.store import companies, faq, faq_search
from app.store.rows import Row

router = APIRouter(prefix="/v1/faq", tags=["faq"])

ASKED_MAX = 300
FOUND, FOUND_MAX = 5, 10
UNANSWERED_SHOWN, UNANSWERED_SHOWN_MAX = 50, 200
SYNONYMS_BYTES_MAX = 32 * 1024
_LINES = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"

Word = Annotated[str, StringConstraints(min_length=1, max_length=WORD_LENGTH_MAX, pattern=NO_CONTROLS)]
Group = Annotated[list[Word], Field(min_length=2, max_length=GROUP_WORDS_MAX)]


def _bounded(groups: list[list[str]]) -> list[list[str]]:
    if len(to_json(groups)) > SYNONYMS_BYTES_MAX:
        raise ValueError(f"at most {SYNONYMS_BYTES_MAX} bytes")
    return groups


Groups = Annotated[list[Group], Field(max_length=GROUPS_MAX), AfterValidator(_bounded)]


class QuestionAsked(Given):
    """`language` null: that of the question. `note` false: what has no answer is not put down for the editors."""

    company_id: Id
    text: Annotated[str, StringConstraints(min_length=1, max_length=ASKED_MAX, pattern=_LINES)]
    language: FaqLanguage | None = None
    tag: Tag | None = None
    limit: int = Field(FOUND, ge=1, le=FOUND_MAX)
    note: bool = True


class AnswerFound(Shown):
    """`answer_plain`: as it is copied and read aloud. `fit`: how well it answers; comparable within one company.
    `sure` false: it may answer it, somebody has to judge."""

    id: Id
    key: str | None
    language: FaqLanguage
    question: str
    answer: str
    answer_plain: str
    tags: list[str]
    fit: float
    sure: bool


class AnswersFound(Shown):
    """The best first. None that is sure: there is no answer, and the question is put down for the editors."""

    items: list[AnswerFound]
    language: FaqLanguage


class FeedbackGiven(Given):
    helpful: bool


class UnansweredQuery(Given):
    model_config = ConfigDict(extra="forbid", strict=False)

    company_id: Id | None = None
    language: FaqLanguage | None = None
    limit: int = Field(UNANSWERED_SHOWN, ge=1, le=UNANSWERED_SHOWN_MAX)


class UnansweredShown(Shown):
    """`text`: without numbers and addresses."""

    id: Id
    company_id: Id
    language: FaqLanguage
    text: str
    times: int
    last_ms: int


class UnansweredList(Shown):
    items: list[UnansweredShown]


class SynonymsKept(Given):
    """`version`: the one that was read, 0 for the first list of a language."""

    company_id: Id
    language: FaqLanguage
    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    groups: Groups


class SynonymsShown(Shown):
    """Beside these the words that every company uses alike are known."""

    id: Id
    company_id: Id
    language: FaqLanguage
    groups: list[list[str]]
    version: int


def _found(row: Row) -> AnswerFound:
    names = ("id", "key", "language", "question", "answer", "tags")
    shown = {name: row[name] for name in names}
    return AnswerFound(**shown, answer_plain=plain(row["answer"]), fit=round(row["fit"], 3), sure=row["sure"])


@router.post("/search")
async def search_faq(body: QuestionAsked, access: Caller) -> AnswersFound:
    access.require_company(body.company_id)
    language: Any = body.language or language_of(body.text)
    async with access.reading() as conn:
        if await companies.read(conn, body.company_id) is None:
            raise not_found("company", "/company_id")
        found = await find(conn, body.company_id, body.text, language=language, tag=body.tag, limit=body.limit)
    if not any(row["sure"] for row in found) and body.note and (asked := masked(body.text)):
        await _note(access, body.company_id, language, asked)
    return AnswersFound(items=[_found(row) for row in found], language=language)


async def _note(access: Access, company_id: str, language: str, asked: str) -> None:
    async with access.doors.database.engine.begin() as conn:
        values = {"id": new_id(), "company_id": company_id, "language": language, "text": asked}
        await faq_search.note_unanswered(conn, values)


@router.post("/{faq_id}/feedback", status_code=204)
async def rate_faq(faq_id: PathId, body: FeedbackGiven, access: Caller) -> None:
    """The last word of each person or program counts."""
    async with acting(access) as act:
        row = await faq.read(act.conn, faq_id, access.companies)
        if row is None:
            raise not_found("entry", "/faq_id", "path")
        await faq.keep_feedback(act.conn, row, access.principal.name, body.helpful)
        more = {"helpful": body.helpful}
        await act.record("faq.rated", "faq_entry", faq_id, company_id=row["company_id"], more=more)


# --- what nobody answered ---------------------------------------------------------------------------------------------


@router.get("/unanswered")
async def list_faq_unanswered(query: Annotated[UnansweredQuery, Query()], access: Caller) -> UnansweredList:
    """What was asked most often first; forgotten when nobody has asked it for 90 days."""
    company_ids = access.narrowed(query.company_id)
    async with access.reading() as conn:
        found = await faq_search.unanswered(conn, company_ids, query.language, query.limit)
    return UnansweredList(items=[_unanswered(row) for row in found])


def _unanswered(row: Row) -> UnansweredShown:
    names = ("id", "company_id", "language", "text", "times")
    return UnansweredShown(**{name: row[name] for name in names}, last_ms=sure_ms(row["last_at"]))


@router.delete("/unanswered/{unanswered_id}", status_code=204)
async def delete_faq_unanswered(unanswered_id: PathId, access: Caller) -> None:
    """It is answered now, or nothing to answer."""
    async with acting(access) as act:
        row = await faq_search.remove_unanswered(act.conn, unanswered_id, access.companies)
        if row is None:
            raise not_found("question", "/unanswered_id", "path")
        await act.record("faq.unanswered_removed", "faq_unanswered", unanswered_id, company_id=row["company_id"])


# --- words that mean the same -----------------------------------------------------------------------------------------


@router.get("/synonyms")
async def list_faq_synonyms(page: CompanyPageQuery, access: Caller) -> Page[SynonymsShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        found = await faq_search.synonyms_page(conn, company_ids, page.after, page.limit)
    return page_of(found, page.limit, _synonyms)


def _synonyms(row: Mapping[str, Any]) -> SynonymsShown:
    return SynonymsShown(**{name: row[name] for name in ("id", "company_id", "language", "groups", "version")})


@router.post("/synonyms")
async def keep_faq_synonyms(body: SynonymsKept, access: Caller) -> SynonymsShown:
    """In force at once. A stale version gets 409 with the list as it is now."""
    access.require_company(body.company_id)
    async with acting(access) as act:
        if await companies.read(act.conn, body.company_id) is None:
            raise not_found("company", "/company_id")
        values = {"id": new_id(), **body.model_dump(exclude={"version"})}
        row = await faq_search.keep_synonyms(act.conn, values, body.version)
        if row is None:
            now = await faq_search.synonyms(act.conn, body.company_id, body.language)
            raise stale(body.version, _synonyms(now).model_dump() if now else {"version": 0, "groups": []})
        more = {"language": body.language, "groups": len(body.groups)}
        await act.record("faq.synonyms_kept", "faq_synonyms", row["id"], company_id=body.company_id, more=more)
    return _synonyms(row)
