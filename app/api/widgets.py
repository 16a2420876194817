"""On which sites does a company chat? A widget has a public key, the sites that may show it, and a queue."""

import re
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Caller
from app.api.acts import acting, new_id
from app.api.fields import CompanyPageQuery, Given, Id, Language, Name, PathId, Shown, Version, sure_ms, untouched
from app.api.named import found, require_company, require_queue
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid, not_found
from app.store import mailboxes, widgets

router = APIRouter(prefix="/v1/widgets", tags=["chat"])

IDLE_WARN_S, IDLE_CLOSE_S = 180, 300
KEY_BYTES = 16

ORIGIN = r"^https?://(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?$"

Origin = Annotated[
    str,
    StringConstraints(max_length=270, pattern=ORIGIN),
    Field(
        description="As browsers send it: scheme, host and port, in small letters", examples=["https://shop.example"]
    ),
]
Origins = Annotated[list[Origin], Field(min_length=1, max_length=20, description="Sites that may show it; no other")]
Question = Literal["name", "email", "topic"]
Questions = Annotated[list[Question], Field(max_length=3, description="What visitors are asked before the chat")]
Callbacks = Annotated[bool, Field(description="Visitors may ask to be called, on the page `/call#<key>`")]
AnswersFirst = Annotated[bool, Field(description="Questions are answered from the FAQ before an agent is needed")]
TellsWait = Annotated[bool, Field(description="Who waits is told how long it will probably take")]
TellsPosition = Annotated[bool, Field(description="Who waits is told how many are before them")]
MailboxId = Annotated[Id | None, Field(description="By which what was said is sent to visitors who ask for it")]
WarnS = Annotated[int, Field(ge=5, le=86_400, description="Silent for so long after the agent, they are asked")]
CloseS = Annotated[int, Field(ge=10, le=172_800, description="Silent for so long after the agent, the chat is over")]


class NewWidget(Given):
    company_id: Id
    name: Name = Field(description="Visitors see it")
    queue_id: Id
    language: Language = "en"
    origins: Origins
    questions: Questions = Field([])
    callbacks: Callbacks = False
    answers_first: AnswersFirst = True
    tells_wait: TellsWait = True
    tells_position: TellsPosition = False
    mailbox_id: MailboxId = None
    idle_warn_s: WarnS = IDLE_WARN_S
    idle_close_s: CloseS = IDLE_CLOSE_S

    @model_validator(mode="after")
    def _in_order(self) -> "NewWidget":
        _require_order(self.idle_warn_s, self.idle_close_s)
        return self


class WidgetChange(Given):
    version: Version
    name: Name = untouched()
    queue_id: Id = untouched()
    language: Language = untouched()
    origins: Origins = untouched()
    questions: Questions = untouched()
    callbacks: Callbacks = untouched()
    answers_first: AnswersFirst = untouched()
    tells_wait: TellsWait = untouched()
    tells_position: TellsPosition = untouched()
    mailbox_id: MailboxId = untouched()
    idle_warn_s: WarnS = untouched()
    idle_close_s: CloseS = untouched()


class WidgetShown(Shown):
    """`key` stands in the site's page: `<script src="https://…/widget.js" data-key="…" async></script>`."""

    id: Id
    company_id: Id
    key: str
    name: str
    queue_id: Id
    language: str
    origins: list[str]
    questions: list[Question]
    callbacks: bool
    answers_first: bool
    tells_wait: bool
    tells_position: bool
    mailbox_id: Id | None
    idle_warn_s: int
    idle_close_s: int
    created_ms: int
    version: int


def _require_order(warn_s: int, close_s: int) -> None:
    if close_s <= warn_s:
        raise PydanticCustomError("idle", "idle_close_s must be later than idle_warn_s", {"text_key": "widget.idle"})


def _shown(row: Mapping[str, Any]) -> WidgetShown:
    names = WidgetShown.model_fields.keys() - {"created_ms"}
    return WidgetShown(**{name: row[name] for name in names}, created_ms=sure_ms(row["created_at"]))


@router.get("")
async def list_widgets(page: CompanyPageQuery, access: Caller) -> Page[WidgetShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        return page_of(await widgets.page(conn, company_ids, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_widget(body: NewWidget, access: Caller) -> WidgetShown:
    access.require_company(body.company_id)
    async with acting(access) as act:
        await require_company(act.conn, body.company_id)
        await require_queue(act.conn, body.queue_id, body.company_id)
        await _require_mailbox(act.conn, body.mailbox_id, body.company_id)
        values = {"id": new_id(), "key": secrets.token_urlsafe(KEY_BYTES), **body.model_dump()}
        row = await widgets.add(act.conn, values)
        await act.record("widget.created", "widget", row["id"], company_id=body.company_id, after=body.model_dump())
    return _shown(row)


@router.get("/{widget_id}")
async def read_widget(widget_id: PathId, access: Caller) -> WidgetShown:
    async with access.reading() as conn:
        row = found(await widgets.read(conn, widget_id, access.companies), "widget")
    return _shown(row)


@router.patch("/{widget_id}")
async def change_widget(widget_id: PathId, body: WidgetChange, access: Caller) -> WidgetShown:
    async with acting(access) as act:
        before = found(await widgets.lock(act.conn, widget_id, access.companies), "widget")
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        await require_queue(act.conn, fields.get("queue_id"), before["company_id"])
        await _require_mailbox(act.conn, fields.get("mailbox_id"), before["company_id"])
        after = {**before, **fields}
        if after["idle_close_s"] <= after["idle_warn_s"]:
            raise invalid("/idle_close_s", "later than idle_warn_s", "widget.idle")
        row = await widgets.change(act.conn, widget_id, fields)
        of = row["company_id"]
        await act.record("widget.changed", "widget", widget_id, company_id=of, before=before, after=fields)
    return _shown(row)


@router.delete("/{widget_id}", status_code=204)
async def delete_widget(widget_id: PathId, access: Caller) -> None:
    """No site shows it any more; chats that are open go on at the agent's desk."""
    async with acting(access) as act:
        row = found(await widgets.lock(act.conn, widget_id, access.companies), "widget")
        await widgets.archive(act.conn, widget_id)
        await act.record("widget.deleted", "widget", widget_id, company_id=row["company_id"])


async def _require_mailbox(conn: AsyncConnection, mailbox_id: str | None, company_id: str) -> None:
    if mailbox_id is not None and await mailboxes.read(conn, mailbox_id, {company_id}) is None:
        raise not_found("mailbox", "/mailbox_id")


def is_origin(text: str | None) -> bool:
    return text is not None and len(text) <= 270 and re.fullmatch(ORIGIN, text) is not None
