"""What do callers hear and choose? A flow's text stands in immutable versions, of which one is in force."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from app.api.access import Access, Caller
from app.api.acts import Act, acting, new_id
from app.api.fields import CompanyPageQuery, Given, Id, Name, PathId, Shown, sure_ms
from app.api.pages import Page, page_of
from app.api.problems import not_found
from app.api.queues import PathVersion, Reason, VersionQuery
from app.problems import FieldError, Problem
from app.store import companies, flows, prompts
from ivr.check import check, serious
from ivr.load import BYTES_MAX
from ivr.load import Problem as FlowProblem

router = APIRouter(prefix="/v1/flows", tags=["flows"])

FlowText = Annotated[str, StringConstraints(min_length=1, max_length=BYTES_MAX)]
PROBLEMS_SHOWN_MAX = 100


class NewFlow(Given):
    """`publish` false leaves version 1 a draft: what is wrong with a draft is told and kept."""

    company_id: Id
    name: Name
    text: FlowText
    publish: bool = True
    reason: Reason | None = None


class NewFlowVersion(Given):
    text: FlowText
    publish: bool = False
    reason: Reason | None = None


class TextGiven(Given):
    company_id: Id
    text: FlowText


class FlowShown(Shown):
    id: Id
    company_id: Id
    name: str
    current_version: int | None
    created_ms: int
    version: int


class ProblemShown(Shown):
    """`line` counts from 1. What is not serious can be published."""

    line: int
    text_key: str
    detail: str
    serious: bool


class FlowVersionListed(Shown):
    flow_id: Id
    version: int
    state: Literal["draft", "published", "retired"]
    author_id: Id | None
    reason: str | None
    created_ms: int


class FlowVersionShown(FlowVersionListed):
    text: str
    problems: list[ProblemShown]


class FlowChecked(Shown):
    problems: list[ProblemShown]


def _shown(row: Mapping[str, Any]) -> FlowShown:
    names = ("id", "company_id", "name", "current_version", "version")
    return FlowShown(**{name: row[name] for name in names}, created_ms=sure_ms(row["created_at"]))


def _listed(row: Mapping[str, Any]) -> FlowVersionListed:
    names = ("flow_id", "version", "state", "author_id", "reason")
    return FlowVersionListed(**{name: row[name] for name in names}, created_ms=sure_ms(row["created_at"]))


async def _version(access: Access, row: Mapping[str, Any]) -> FlowVersionShown:
    found = await _checked(access, row["company_id"], row["text"])
    return FlowVersionShown(**_listed(row).model_dump(), text=row["text"], problems=_problems_shown(found))


async def _checked(access: Access, company_id: str, text: str) -> list[FlowProblem]:
    async with access.reading() as conn:
        recorded = await prompts.recorded(conn, company_id)
    return check(text, recorded)


def _problems_shown(found: Iterable[FlowProblem]) -> list[ProblemShown]:
    return [
        ProblemShown(line=each.line, text_key=each.text_key, detail=each.detail, serious=each.serious) for each in found
    ][:PROBLEMS_SHOWN_MAX]


@router.post("/check")
async def check_flow(body: TextGiven, access: Caller) -> FlowChecked:
    """What is wrong with a text, before it is stored."""
    access.require_company(body.company_id)
    return FlowChecked(problems=_problems_shown(await _checked(access, body.company_id, body.text)))


@router.get("")
async def list_flows(page: CompanyPageQuery, access: Caller) -> Page[FlowShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        return page_of(await flows.page(conn, company_ids, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_flow(body: NewFlow, access: Caller) -> FlowShown:
    access.require_company(body.company_id)
    if body.publish:
        await _require_in_order(access, body.company_id, body.text)
    async with acting(access) as act:
        if await companies.read(act.conn, body.company_id) is None:
            raise not_found("company", "/company_id")
        values = {"id": new_id(), "company_id": body.company_id, "name": body.name}
        row = await flows.add(act.conn, values)
        await _add_version(act, row, 1, body.text, body.reason)
        await act.record("flow.created", "flow", row["id"], company_id=body.company_id, after=values)
        if body.publish:
            row = await _publish(act, row, 1)
    return _shown(row)


@router.get("/{flow_id}")
async def read_flow(flow_id: PathId, access: Caller) -> FlowShown:
    return _shown(await _live(access, flow_id))


@router.delete("/{flow_id}", status_code=204)
async def archive_flow(flow_id: PathId, access: Caller) -> None:
    async with acting(access) as act:
        before = await _locked(act, flow_id)
        await flows.archive(act.conn, flow_id)
        await act.record("flow.archived", "flow", flow_id, company_id=before["company_id"])


# --- versions ---------------------------------------------------------------------------------------------------------


@router.get("/{flow_id}/versions")
async def list_flow_versions(
    flow_id: PathId, query: Annotated[VersionQuery, Query()], access: Caller
) -> Page[FlowVersionListed]:
    async with access.reading() as conn:
        if await flows.read(conn, flow_id, access.companies) is None:
            raise not_found("flow", "/flow_id", "path")
        found = await flows.versions(conn, flow_id, query.before, query.limit)
    return page_of(found, query.limit, _listed, key="version")


@router.post("/{flow_id}/versions", status_code=201)
async def create_flow_version(flow_id: PathId, body: NewFlowVersion, access: Caller) -> FlowVersionShown:
    """A version never changes; it comes into force when it is published."""
    if body.publish:
        await _require_in_order(access, (await _live(access, flow_id))["company_id"], body.text)
    async with acting(access) as act:
        flow = await _locked(act, flow_id)
        number = await flows.newest_version(act.conn, flow_id) + 1
        row = await _add_version(act, flow, number, body.text, body.reason)
        if body.publish:
            await _publish(act, flow, number)
            row = {**row, "state": "published"}
    return await _version(access, row)


@router.get("/{flow_id}/versions/{version}")
async def read_flow_version(flow_id: PathId, version: PathVersion, access: Caller) -> FlowVersionShown:
    async with access.reading() as conn:
        if await flows.read(conn, flow_id, access.companies) is None:
            raise not_found("flow", "/flow_id", "path")
        row = await flows.version(conn, flow_id, version)
    if row is None:
        raise not_found("version", "/version", "path")
    return await _version(access, row)


@router.post("/{flow_id}/versions/{version}/publish")
async def publish_flow_version(flow_id: PathId, version: PathVersion, access: Caller) -> FlowVersionShown:
    """An older version may be published again: that is how one goes back. Calls go on in the version they began in."""
    await _live(access, flow_id)
    async with access.reading() as conn:
        row = await flows.version(conn, flow_id, version)
    if row is None:
        raise not_found("version", "/version", "path")
    await _require_in_order(access, row["company_id"], row["text"])
    async with acting(access) as act:
        await _publish(act, await _locked(act, flow_id), version)
    return await _version(access, {**row, "state": "published"})


async def _live(access: Access, flow_id: str) -> Mapping[str, Any]:
    async with access.reading() as conn:
        row = await flows.read(conn, flow_id, access.companies)
    if row is None:
        raise not_found("flow", "/flow_id", "path")
    return row


async def _require_in_order(access: Access, company_id: str, text: str) -> None:
    """Raises Problem 422 that names each line at fault, recordings among them that are not there."""
    found = await _checked(access, company_id, text)
    if serious(found):
        wrong = [FieldError("/text", each.detail, each.text_key, line=each.line) for each in found if each.serious]
        raise Problem(422, "flow.problems", "The flow cannot be published", wrong)


async def _add_version(act: Act, flow: Mapping[str, Any], number: int, text: str, reason: str | None) -> dict[str, Any]:
    principal = act.access.principal
    row = await flows.add_version(
        act.conn,
        {
            "flow_id": flow["id"],
            "version": number,
            "company_id": flow["company_id"],
            "text": text,
            "author_id": principal.id if principal.kind == "user" else None,
            "reason": reason,
        },
    )
    more = {"version": number}
    await act.record("flow.version_created", "flow", flow["id"], company_id=flow["company_id"], more=more)
    return row


async def _publish(act: Act, flow: Mapping[str, Any], number: int) -> dict[str, Any]:
    row = await flows.publish(act.conn, flow["id"], number)
    await act.record(
        "flow.version_published",
        "flow",
        flow["id"],
        company_id=flow["company_id"],
        before={"current_version": flow["current_version"]},
        after={"current_version": number},
    )
    return row


async def _locked(act: Act, flow_id: str) -> dict[str, Any]:
    row = await flows.lock(act.conn, flow_id, act.access.companies)
    if row is None:
        raise not_found("flow", "/flow_id", "path")
    return row
