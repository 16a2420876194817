"""How is work planned, seen while it waits for its time, put off or given up?

The writer keeps the time and lets it begin (app/tasks.py); from then on it is a contact like any other.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import new_id
from app.api.arriving import WishesGiven, check_wishes
from app.api.commanding import IdempotencyKey, command
from app.api.fields import NO_CONTROLS, CompanyPageQuery, Given, Id, Ms, PathId, Shown, Text, sure_ms
from app.api.pages import Page, page_of
from app.api.problems import invalid, not_found
from app.api.queue_config import RequirementText
from app.commands import ChangeTask, Entry, PlanTask, TaskKind
from app.rights import Forbidden, Right, companies_of
from app.store import contacts, customers, queues, tasks
from contacts.stay import Wishes
from contacts.words import DAY_US

AHEAD_MAX_US = 2 * 366 * DAY_US

AS_SUPERVISOR = Right("company", frozenset({"supervisor", "admin", "operator"}))

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])

Subject = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_CONTROLS, strip_whitespace=True)]
Due = Annotated[Ms, Field(description="Business time; within two years. Past or absent: at once")]


class NewTask(Given):
    """Work without a customer on the line. From its time on it waits in the queue, in the queue's hours."""

    company_id: Id
    queue_id: Id
    kind: TaskKind = "back_office"
    subject: Subject
    note: Text = ""
    due_ms: Due | None = None
    customer_id: Id | None = Field(None, description="Default: the customer of what it follows up")
    of_contact_id: Id | None = Field(None, description="The contact that it follows up")
    preferred_agent_id: Id | None = None
    requirement: RequirementText | None = None


class TaskMove(Given):
    due_ms: Due


class TaskMade(Shown):
    contact_id: Id
    state: str


class TaskShown(Shown):
    """`begins_ms` is later than `due_ms` where the queue was closed then."""

    id: Id
    company_id: Id
    queue_id: Id
    kind: TaskKind
    subject: str
    note: str
    due_ms: int
    begins_ms: int
    customer_id: Id | None
    preferred_agent_id: Id | None
    created_ms: int


@router.post("", status_code=201)
async def plan_task(
    body: NewTask, request: Request, response: Response, access: Caller, key: IdempotencyKey = None
) -> TaskMade:
    """Answered once it is stored. A repeat with the same key plans nothing twice."""
    access.require_company(body.company_id)
    due_us = _due_us(access, body.due_ms)
    async with access.reading() as conn:
        entry = await _entry(conn, access, body, key or new_id())
    wish = PlanTask(entry, body.kind, due_us, body.of_contact_id)
    reply = await command(access, wish, key, await request.body())
    response.status_code = reply.status
    return TaskMade(**reply.body)


@router.get("")
async def list_tasks(page: CompanyPageQuery, access: Caller) -> Page[TaskShown]:
    """What waits for its time, in the order in which it was planned."""
    async with access.reading() as conn:
        found = await tasks.planned(conn, access.narrowed(page.company_id), page.after, page.limit)
    return page_of(found, page.limit, _shown)


@router.get("/{task_id}")
async def read_task(task_id: PathId, access: Caller) -> TaskShown:
    """While it waits for its time; from then on it is a contact like any other."""
    async with access.reading() as conn:
        row = await contacts.read(conn, task_id, access.companies)
    if row is None or "again_us" not in row["ivr"].get("task", {}):
        raise not_found("task", "/task_id", "path")
    return _shown(row)


@router.post("/{task_id}/move")
async def move_task(
    task_id: PathId, body: TaskMove, request: Request, access: Caller, key: IdempotencyKey = None
) -> TaskMade:
    """Another time, while the one before has not come. An agent changes what they have planned themselves."""
    return await _changed(access, task_id, _due_us(access, body.due_ms), await request.body(), key)


@router.delete("/{task_id}")
async def cancel_task(task_id: PathId, access: Caller, key: IdempotencyKey = None) -> TaskMade:
    """It is given up, while its time has not come: closed as `cleared`."""
    return await _changed(access, task_id, None, b"", key)


async def _changed(access: Access, task_id: str, due_us: int | None, raw: bytes, key: str | None) -> TaskMade:
    async with access.reading() as conn:
        row = await contacts.read(conn, task_id, access.companies)
    if row is None or "task" not in row["ivr"]:
        raise not_found("task", "/task_id", "path")
    is_mine = row["source"] == f"api:{access.principal.id}"
    if not is_mine and not _supervises(access, row["company_id"]):
        raise Forbidden
    companies = None if access.companies is None else tuple(sorted(access.companies))
    # The address is part of what was asked: a key used for another task is another command.
    reply = await command(access, ChangeTask(task_id, due_us, companies), key, task_id.encode() + raw)
    return TaskMade(**reply.body)


def _supervises(access: Access, company_id: str) -> bool:
    try:
        theirs = companies_of(access.principal, AS_SUPERVISOR)
    except Forbidden:
        return False
    return theirs is None or company_id in theirs


def _due_us(access: Access, due_ms: int | None) -> int:
    """Raises Problem 422."""
    now_us = access.doors.now_us()
    due_us = now_us if due_ms is None else due_ms * 1000
    if due_us > now_us + AHEAD_MAX_US:
        raise invalid("/due_ms", "a time within two years", "task.too_far")
    return due_us


async def _entry(conn: AsyncConnection, access: Access, body: NewTask, key: str) -> Entry:
    """Raises Problem 404, and Forbidden for an agent who does not serve the company."""
    of = {body.company_id}
    if await queues.current(conn, body.queue_id, of) is None:
        raise not_found("queue", "/queue_id")
    customer_id = body.customer_id
    if body.of_contact_id is not None:
        followed = await contacts.read(conn, body.of_contact_id, of)
        if followed is None:
            raise not_found("contact", "/of_contact_id")
        customer_id = customer_id or followed["customer_id"]
    customer = await customers.read(conn, customer_id, of) if customer_id is not None else None
    if customer_id is not None and customer is None:
        raise not_found("customer", "/customer_id")
    await check_wishes(conn, of, WishesGiven(preferred_agent_id=body.preferred_agent_id), "")
    return Entry(
        contact_id=new_id(), company_id=body.company_id, channel="task", queue_id=body.queue_id,
        source=f"api:{access.principal.id}", source_id=key, customer_id=customer_id,
        value=customer["value"] if customer is not None else 0, requirement=body.requirement,
        wishes=Wishes(body.preferred_agent_id), collected=_collected(body),
    )  # fmt: skip


def _collected(body: NewTask) -> dict[str, Any]:
    """What the desk shows beside the work."""
    collected: dict[str, Any] = {"task": body.kind, "subject": body.subject}
    collected |= {"note": body.note} if body.note else {}
    return collected | ({"due_ms": body.due_ms} if body.due_ms is not None else {})


def _shown(row: Mapping[str, Any]) -> TaskShown:
    task, collected = row["ivr"]["task"], row["collected"]
    return TaskShown(
        id=row["id"],
        company_id=row["company_id"],
        queue_id=task["queue_id"],
        kind=task["kind"],
        subject=collected.get("subject", ""),
        note=collected.get("note", ""),
        due_ms=task["due_us"] // 1000,
        begins_ms=task["again_us"] // 1000,
        customer_id=row["customer_id"],
        preferred_agent_id=task["agent_id"],
        created_ms=sure_ms(row["arrived_at"]),
    )
