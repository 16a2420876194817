"""Is a visitor's question answered from the FAQ, so that nobody has to be asked? Public doors of the chat widget.

Only what is surely an answer is told; nobody is there who could judge the rest. What has none goes to the editors, as
everywhere. Of the question itself nothing else is kept: a row says that somebody asked, and what came of it.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from analytics.plain_text import masked, plain
from analytics.terms import language_of
from app.api.access import Caller
from app.api.acts import new_id
from app.api.chat import Look, name_of, visit_of
from app.api.faq_given import FaqLanguage
from app.api.faq_search import ASKED_MAX
from app.api.fields import Id, Shown
from app.api.messages import OwnId
from app.api.problems import not_found
from app.questions import find
from app.store import faq, faq_asks, faq_search
from app.store.rows import Row

router = APIRouter(prefix="/v1/chat", tags=["chat"])

ANSWERS_MAX = 3

_TEXT = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"


class Ask(Look):
    id: OwnId = Field(description="Of this visitor's asking, made by the page: who asks again with it is counted once")
    text: Annotated[str, StringConstraints(min_length=1, max_length=ASKED_MAX, pattern=_TEXT)]


class WidgetAnswer(Shown):
    """Plain text: whoever shows it takes nothing in it for markup."""

    id: Id
    question: str
    answer: str


class WidgetAnswers(Shown):
    """The best first. None: there is no sure answer."""

    items: list[WidgetAnswer]
    language: FaqLanguage


class Helpful(Look):
    id: OwnId = Field(description="As the page named its asking")
    faq_id: Id


@router.post("/ask")
async def ask_at_widget(body: Ask, request: Request, access: Caller) -> WidgetAnswers:
    """Up to three answers that are sure."""
    visit = await visit_of(access, request, body)
    await access.porter.limiting.search(request.client.host if request.client else "unknown")
    of = visit.widget
    language: Any = language_of(body.text)
    async with access.reading() as conn:
        found = await find(conn, of["company_id"], body.text, language=language, limit=ANSWERS_MAX)
    sure = [row for row in found if row["sure"]]
    asked = {
        "id": name_of(access.porter.signing_key, "ask", of["id"], body.id),
        **{name: of[name] for name in ("company_id", "queue_id")},
        "widget_id": of["id"],
        "language": language,
        "asked_at": access.doors.now_us(),
        "found": bool(sure),
    }
    async with access.doors.database.engine.begin() as conn:
        await faq_asks.ask(conn, asked)
        if not sure and (text := masked(body.text)):
            wanted = {"id": new_id(), "company_id": of["company_id"], "language": language, "text": text}
            await faq_search.note_unanswered(conn, wanted)
    return WidgetAnswers(items=[_shown(row) for row in sure], language=language)


@router.post("/helpful", status_code=204)
async def tell_helpful(body: Helpful, request: Request, access: Caller) -> None:
    """It answered their question. Counts as one voice for the entry, too."""
    visit = await visit_of(access, request, body)
    company_id = visit.widget["company_id"]
    ask_id = name_of(access.porter.signing_key, "ask", visit.widget["id"], body.id)
    async with access.doors.database.engine.begin() as conn:
        entry = await faq.read(conn, body.faq_id, {company_id})
        if entry is None or entry["state"] != "published":
            raise not_found("entry", "/faq_id")
        if not await faq_asks.helped(conn, ask_id, company_id):
            raise not_found("question", "/id")
        await faq.keep_feedback(conn, entry, f"visitor:{ask_id}", helpful=True)


def _shown(row: Row) -> WidgetAnswer:
    return WidgetAnswer(id=row["id"], question=row["question"], answer=plain(row["answer"]))
