"""How does a visitor of a site come in, or leave a message? The public doors of the chat widget.

What is said in the chat goes over the visitor's own websocket (app/api/visitors.py).
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from app import chat_tokens
from app.api.access import Access, Caller
from app.api.acts import new_id
from app.api.fields import NO_CONTROLS, Given, Id, Language, Shown, Text
from app.api.messages import OwnId
from app.api.problems import invalid, not_found, reply_problem
from app.api.widgets import Question
from app.chat_tokens import Visitor
from app.commands import Arrive, Command, Entry, Envelope, PlanTask, Reply, hash_of
from app.problems import FieldError, Problem
from app.store import chats, customers, faq, faq_asks, queues, widgets
from app.store.rows import Row
from contacts.customer import AddressKind
from contacts.hours import read_hours
from contacts.identify import canonical, identify

router = APIRouter(prefix="/v1/chat", tags=["chat"])

SUBJECT_MAX = 200

Key = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{10,40}$"), Field(description="Of the widget")]
Token = Annotated[str, StringConstraints(min_length=20, max_length=chat_tokens.TOKEN_MAX, pattern="^[!-~]+$")]
Page = Annotated[str, StringConstraints(max_length=1000, pattern="^[!-~]*$"), Field(description="Where the visitor is")]
Answer = Annotated[str, StringConstraints(max_length=200, pattern=NO_CONTROLS, strip_whitespace=True)]
Email = Annotated[str, StringConstraints(min_length=3, max_length=254, pattern="^[^@\\s]+@[^@\\s]+$")]

Asked = Annotated[
    OwnId | None, Field(description="As the page named its asking of the FAQ: the visitor came to an agent after all")
]


class Look(Given):
    key: Key
    token: Token | None = Field(None, description="What an earlier visit was answered")


class Looked(Shown):
    """`talks`: the visitor's chat is still open. Outside the hours a message can be left. `answers_first`: the FAQ is
    asked before an agent is. `transcripts`: what was said is sent by mail to whoever asks for it."""

    name: str
    language: str
    questions: list[Question]
    is_open: bool
    talks: bool
    answers_first: bool
    transcripts: bool


class Start(Look):
    id: OwnId = Field(description="Of this try, made by the page: the same one is never two chats")
    page: Page = ""
    language: Language | None = None
    answers: dict[Question, Answer] = Field({})
    asked: Asked = None


class Started(Shown):
    """`token` and `contact_id` null: nobody is there at this hour. `resumed`: it was open already."""

    is_open: bool
    resumed: bool
    contact_id: Id | None
    token: str | None


class Leave(Look):
    id: OwnId = Field(description="Of this message, made by the page: the same one is never two messages")
    email: Email
    name: Answer = ""
    text: Annotated[Text, Field(min_length=1)]
    page: Page = ""
    language: Language | None = None
    asked: Asked = None


class Left(Shown):
    """It waits in the queue as work, and is answered in its hours."""

    contact_id: Id


@dataclass(frozen=True, slots=True)
class Visit:
    access: Access
    widget: Row
    visitor: Visitor

    @property
    def principal(self) -> str:
        return f"widget:{self.widget['id']}"


@router.post("/look")
async def look_at_widget(body: Look, request: Request, access: Caller) -> Looked:
    """What the site's page shows before anybody says a word."""
    visit = await visit_of(access, request, body)
    return Looked(
        name=visit.widget["name"],
        language=visit.widget["language"],
        questions=visit.widget["questions"],
        is_open=await _is_open(visit),
        talks=await _talks(visit),
        transcripts=visit.widget["mailbox_id"] is not None,
        answers_first=visit.widget["answers_first"] and await _has_answers(visit),
    )


@router.post("/start")
async def start_chat(body: Start, request: Request, access: Caller) -> Started:
    """A chat waits in the widget's queue; one that is open goes on. A repeat of the same try is answered the same."""
    visit = await visit_of(access, request, body, body.id)
    if await _talks(visit):
        assert body.token is not None
        return Started(is_open=True, resumed=True, contact_id=visit.visitor.contact_id, token=body.token)
    if not await _is_open(visit):
        return Started(is_open=False, resumed=False, contact_id=None, token=None)
    of, visitor_id = visit.widget, visit.visitor.visitor_id
    collected: dict[str, str] = {"page": body.page}
    collected |= {str(name): said for name, said in body.answers.items()}
    if "email" in collected:  # in the one spelling by which an erasure finds it
        collected["email"] = canonical("email", collected["email"]) or collected["email"]
    entry = await _entry(visit, body.id, "visitor", visitor_id, collected, body.language)
    made = await _command(visit, body.id, await request.body(), Arrive(entry))
    if made["state"] == "closed":  # the writer knows of an hour that has just ended, or of a door that was shut
        return Started(is_open=False, resumed=False, contact_id=None, token=None)
    contact_id = made["contact_id"]
    async with access.reading() as conn:
        await chats.begin(conn, contact_id, of["company_id"], of["id"], visitor_id)
    await _went_on(visit, body.asked, contact_id)
    token = chat_tokens.issue(access.porter.signing_key, Visitor(of["id"], visitor_id, contact_id))
    return Started(is_open=True, resumed=False, contact_id=contact_id, token=token)


@router.post("/leave", status_code=201)
async def leave_message(body: Leave, request: Request, access: Caller) -> Left:
    """At any hour. It is work in the widget's queue, and waits there for its hours."""
    visit = await visit_of(access, request, body, body.id)
    email = canonical("email", body.email)
    if email is None:
        raise invalid("/email", "an e-mail address", "chat.email")
    collected = {
        "subject": visit.widget["name"][:SUBJECT_MAX], "task": "follow_up", "note": body.text,
        "name": body.name, "page": body.page,
    }  # fmt: skip
    entry = await _entry(visit, body.id, "email", email, collected, body.language)
    wish = PlanTask(entry, "follow_up", access.doors.now_us())
    contact_id = (await _command(visit, body.id, await request.body(), wish))["contact_id"]
    await _went_on(visit, body.asked, contact_id)
    return Left(contact_id=contact_id)


async def visit_of(access: Access, request: Request, body: Look, try_id: str | None = None) -> Visit:
    """Raises Problem 401, 403, 404 and 429."""
    address = request.client.host if request.client else "unknown"
    await access.porter.limiting.look(address)
    async with access.reading() as conn:
        of = await widgets.by_key(conn, body.key)
    if of is None:
        raise not_found("widget", "/key")
    require_site(of, request.headers.get("origin"))
    visitor = Visitor(of["id"], name_of(access.porter.signing_key, "visitor", of["id"], try_id or ""))
    if body.token is not None:
        known = chat_tokens.read(access.porter.signing_key, body.token)
        if known is None or known.widget_id != of["id"]:
            raise Problem(401, "chat.token", "This token is none of this widget's")
        visitor = known
    if try_id is not None:
        await access.porter.limiting.come_in(visitor.visitor_id if body.token else None, address)
    return Visit(access, of, visitor)


def require_site(widget: Row, origin: str | None) -> None:
    """Raises Problem 403."""
    if origin not in widget["origins"]:
        error = FieldError("/origin", "a site that may show this widget", "chat.origin", "header")
        raise Problem(403, "chat.origin", "This site may not show this widget", [error])


def name_of(signing_key: bytes, kind: str, widget_id: str, own_id: str) -> str:
    """Ours for what a page named itself: who tries again, because no answer came, is the same visitor."""
    return str(UUID(bytes=hmac.new(signing_key, f"{kind}:{widget_id}:{own_id}".encode(), sha256).digest()[:16]))


async def _has_answers(visit: Visit) -> bool:
    async with visit.access.reading() as conn:
        return await faq.has_published(conn, visit.widget["company_id"])


async def _went_on(visit: Visit, asked: str | None, contact_id: str) -> None:
    """Whoever asked the FAQ before has come to an agent."""
    if asked is None:
        return
    ask_id = name_of(visit.access.porter.signing_key, "ask", visit.widget["id"], asked)
    async with visit.access.reading() as conn:
        await faq_asks.went_on(conn, ask_id, visit.widget["company_id"], contact_id)


async def _talks(visit: Visit) -> bool:
    if (contact_id := visit.visitor.contact_id) is None:
        return False
    async with visit.access.reading() as conn:
        found = await chats.standing(conn, contact_id)
    return found is not None and found["is_open"] and (found["waits"] or found["agent"] is not None)


async def _is_open(visit: Visit) -> bool:
    """A queue without a published version serves nobody yet."""
    async with visit.access.reading() as conn:
        queue = await queues.current(conn, visit.widget["queue_id"], {visit.widget["company_id"]})
    if queue is None or queue["config"] is None:
        return False
    hours = queue["config"].get("hours")
    return hours is None or read_hours(hours).is_open(visit.access.doors.now_us())


async def _entry(
    visit: Visit, try_id: str, kind: AddressKind, address: str, collected: Mapping[str, Any], language: str | None
) -> Entry:
    of = visit.widget
    async with visit.access.reading() as conn:
        known = await customers.known_by(conn, of["company_id"], kind, address)
    unique = identify(address, [found for found, _ in known.values()]).unique
    return Entry(
        contact_id=new_id(),
        company_id=of["company_id"],
        channel="chat" if kind == "visitor" else "task",
        queue_id=of["queue_id"],
        source=visit.principal,
        source_id=try_id,
        customer_id=unique.customer_id if unique else None,
        value=known[unique.customer_id][1] if unique else 0,
        language=language or of["language"],
        collected={"from": address, **{name: value for name, value in collected.items() if value}},
    )


async def _command(visit: Visit, try_id: str, body: bytes, wish: Command) -> Mapping[str, Any]:
    """Raises Problem with the writer's refusal, and NoWriter."""
    envelope = Envelope(visit.principal, try_id, hash_of(body), wish, "customer")
    reply: Reply = await visit.access.doors.submit(envelope)
    if reply.status >= 400:
        raise reply_problem(reply)
    return reply.body
