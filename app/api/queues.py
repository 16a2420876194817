"""Where do contacts wait? A queue's configuration is a row of immutable versions, of which one is in force."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field, StringConstraints

from app.api import queue_config
from app.api.access import Caller
from app.api.acts import DOMAIN_ID, Act, acting, new_id
from app.api.fields import (
    PAGE_DEFAULT,
    PAGE_MAX,
    CompanyPageQuery,
    Given,
    Id,
    Name,
    PathId,
    Shown,
    Version,
    ms,
    sure_ms,
    untouched,
)
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid, not_found
from app.api.queue_config import RATES_MAX, QueueConfig
from app.store import companies, queues

router = APIRouter(prefix="/v1/queues", tags=["queues"])

Reason = Annotated[str, StringConstraints(max_length=500)]
PathVersion = Annotated[int, Path(ge=1, le=2**31 - 1)]


class NewQueue(Given):
    """`publish` false leaves version 1 a draft: nobody can wait in the queue before a version is published."""

    company_id: Id
    name: Name
    config: QueueConfig = QueueConfig()
    publish: bool = True
    reason: Reason | None = None


class QueueChange(Given):
    """`closed`: it takes no new contacts; those that wait are served."""

    version: Version
    name: Name = untouched()
    closed: bool = untouched()


class NewVersion(Given):
    config: QueueConfig
    publish: bool = False
    reason: Reason | None = None


class QueueShown(Shown):
    """`version` counts changes of this record (for PATCH); `current_version` is the configuration in force."""

    id: Id
    company_id: Id
    name: str
    current_version: int | None
    closed: bool
    closing_message: str | None
    created_ms: int
    version: int
    applied: bool | None = None


class QueueVersionShown(Shown):
    queue_id: Id
    version: int
    state: Literal["draft", "published", "retired"]
    config: QueueConfig
    author_id: Id | None
    reason: str | None
    created_ms: int
    applied: bool | None = None


class VersionQuery(Given):
    """The newest first; `before` is the last version of the page before."""

    model_config = ConfigDict(extra="forbid", strict=False)

    limit: int = Field(PAGE_DEFAULT, ge=1, le=PAGE_MAX)
    before: int | None = Field(None, ge=1, le=2**31 - 1)


def shown_queue(row: Mapping[str, Any], applied: bool | None = None) -> QueueShown:
    names = ("id", "company_id", "name", "current_version", "closing_message", "version")
    return QueueShown(
        **{name: row[name] for name in names},
        closed=ms(row["closed_at"]) is not None,
        created_ms=sure_ms(row["created_at"]),
        applied=applied,
    )


def _version(row: Mapping[str, Any], applied: bool | None = None) -> QueueVersionShown:
    names = ("queue_id", "version", "state", "author_id", "reason")
    return QueueVersionShown(
        **{name: row[name] for name in names},
        config=QueueConfig.model_validate(queue_config.shown(row["config"])),
        created_ms=sure_ms(row["created_at"]),
        applied=applied,
    )


@router.get("")
async def list_queues(page: CompanyPageQuery, access: Caller) -> Page[QueueShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        return page_of(await queues.page(conn, company_ids, page.after, page.limit), page.limit, shown_queue)


@router.post("", status_code=201)
async def create_queue(body: NewQueue, access: Caller) -> QueueShown:
    access.require_company(body.company_id)
    queue_id = new_id()
    async with acting(access) as act:
        if await companies.read(act.conn, body.company_id) is None:
            raise not_found("company", "/company_id")
        await _check_config(act, body.config, queue_id, body.company_id, body.publish)
        values = {"id": queue_id, "company_id": body.company_id, "domain_id": DOMAIN_ID, "name": body.name}
        row = await queues.add(act.conn, values)
        await _add_version(act, row, 1, body.config, body.reason)
        await act.record("queue.created", "queue", queue_id, company_id=body.company_id, after=values)
        if body.publish:
            row = await _publish(act, row, 1)
    return shown_queue(row, act.applied)


@router.get("/{queue_id}")
async def read_queue(queue_id: PathId, access: Caller) -> QueueShown:
    async with access.reading() as conn:
        row = await queues.read(conn, queue_id, access.companies)
    if row is None:
        raise not_found("queue", "/queue_id", "path")
    return shown_queue(row)


@router.patch("/{queue_id}")
async def change_queue(queue_id: PathId, body: QueueChange, access: Caller) -> QueueShown:
    fields = changed_fields(body)
    closed = fields.pop("closed", None)
    async with acting(access) as act:
        before = await _locked(act, queue_id)
        require_current(before, body.version, shown_queue(before))
        row = await queues.change(act.conn, queue_id, fields, closed)
        after = fields if closed is None else {**fields, "closed": closed}
        await act.record("queue.changed", "queue", queue_id, company_id=row["company_id"], before=before, after=after)
        await act.configured("queue", queue_id, company_id=row["company_id"])
    return shown_queue(row, act.applied)


# --- versions ---------------------------------------------------------------------------------------------------------


@router.get("/{queue_id}/versions")
async def list_queue_versions(
    queue_id: PathId, query: Annotated[VersionQuery, Query()], access: Caller
) -> Page[QueueVersionShown]:
    async with access.reading() as conn:
        if await queues.read(conn, queue_id, access.companies) is None:
            raise not_found("queue", "/queue_id", "path")
        found = await queues.versions(conn, queue_id, query.before, query.limit)
    return page_of(found, query.limit, _version, key="version")


@router.post("/{queue_id}/versions", status_code=201)
async def create_queue_version(queue_id: PathId, body: NewVersion, access: Caller) -> QueueVersionShown:
    """A version never changes; it comes into force when it is published."""
    async with acting(access) as act:
        queue = await _locked(act, queue_id)
        await _check_config(act, body.config, queue_id, queue["company_id"], body.publish)
        number = await queues.newest_version(act.conn, queue_id) + 1
        row = await _add_version(act, queue, number, body.config, body.reason)
        if body.publish:
            await _publish(act, queue, number)
            row = {**row, "state": "published"}
    return _version(row, act.applied)


@router.get("/{queue_id}/versions/{version}")
async def read_queue_version(queue_id: PathId, version: PathVersion, access: Caller) -> QueueVersionShown:
    async with access.reading() as conn:
        if await queues.read(conn, queue_id, access.companies) is None:
            raise not_found("queue", "/queue_id", "path")
        row = await queues.version(conn, queue_id, version)
    if row is None:
        raise not_found("version", "/version", "path")
    return _version(row)


@router.post("/{queue_id}/versions/{version}/publish")
async def publish_queue_version(queue_id: PathId, version: PathVersion, access: Caller) -> QueueVersionShown:
    """An older version may be published again: that is how one goes back."""
    async with acting(access) as act:
        queue = await _locked(act, queue_id)
        row = await queues.version(act.conn, queue_id, version)
        if row is None:
            raise not_found("version", "/version", "path")
        config = QueueConfig.model_validate(queue_config.shown(row["config"]))
        await _check_config(act, config, queue_id, queue["company_id"], publish=True)
        await _publish(act, queue, version)
    return _version({**row, "state": "published"}, act.applied)


async def _check_config(act: Act, config: QueueConfig, queue_id: str, company_id: str, publish: bool) -> None:
    """What a configuration alone cannot know. Raises Problem 404 and 422."""
    for pointer, named in config.queue_ids():
        if named == queue_id:
            raise invalid(pointer, "a queue does not overflow into itself", "queue.overflow_to_itself")
        if not await queues.are_of(act.conn, [named], company_id):
            raise not_found("queue", pointer)
    if publish:
        rates = await queues.rates(act.conn, DOMAIN_ID, queue_id) | {config.rate}
        if len(rates) > RATES_MAX:
            expected = f"one of the {RATES_MAX} rates in force: {sorted(rates - {config.rate})}"
            raise invalid("/config/rate", expected, "queue.too_many_rates")


async def _add_version(
    act: Act, queue: Mapping[str, Any], number: int, config: QueueConfig, reason: str | None
) -> dict[str, Any]:
    principal = act.access.principal
    row = await queues.add_version(
        act.conn,
        {
            "queue_id": queue["id"],
            "version": number,
            "company_id": queue["company_id"],
            "domain_id": queue["domain_id"],
            "config": config.values(),
            "author_id": principal.id if principal.kind == "user" else None,
            "reason": reason,
        },
    )
    await act.record(
        "queue.version_created", "queue", queue["id"], company_id=queue["company_id"], more={"version": number}
    )
    return row


async def _publish(act: Act, queue: Mapping[str, Any], number: int) -> dict[str, Any]:
    row = await queues.publish(act.conn, queue["id"], number)
    await act.record(
        "queue.version_published",
        "queue",
        queue["id"],
        company_id=queue["company_id"],
        before={"current_version": queue["current_version"]},
        after={"current_version": number},
    )
    await act.configured("queue", queue["id"], company_id=queue["company_id"])
    return row


async def _locked(act: Act, queue_id: str) -> dict[str, Any]:
    row = await queues.lock(act.conn, queue_id, act.access.companies)
    if row is None:
        raise not_found("queue", "/queue_id", "path")
    return row
