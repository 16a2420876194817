"""Who has changed what?"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from app.api.access import Caller
from app.api.fields import PAGE_DEFAULT, PAGE_MAX, Given, Id, Reference, Shown, sure_ms
from app.api.pages import Page, page_of
from app.api.problems import not_found
from app.store import audit

router = APIRouter(prefix="/v1/audit", tags=["audit"])


class AuditQuery(Given):
    """The newest first; `before` is the last id of the page before."""

    model_config = ConfigDict(extra="forbid", strict=False)

    company_id: Id | None = None
    subject_id: Reference | None = None
    limit: int = Field(PAGE_DEFAULT, ge=1, le=PAGE_MAX)
    before: Id | None = None


class AuditShown(Shown):
    id: Id
    company_id: Id | None
    at_ms: int
    actor_kind: str
    actor_id: str | None
    action: str
    subject_kind: str
    subject_id: str | None
    data: dict[str, Any]
    request_id: str | None


def _shown(row: Mapping[str, Any]) -> AuditShown:
    names = set(AuditShown.model_fields) - {"at_ms"}
    return AuditShown(at_ms=sure_ms(row["at"]), **{name: row[name] for name in names})


@router.get("")
async def list_audit(query: Annotated[AuditQuery, Query()], access: Caller) -> Page[AuditShown]:
    """Acts in the asker's companies; those on the installation itself are for operators."""
    company_ids = access.narrowed(query.company_id)
    async with access.reading() as conn:
        found = await audit.page(conn, company_ids, query.before, query.limit, query.subject_id)
    if query.subject_id is not None and query.before is None and not found:
        raise not_found("subject", "/subject_id", "query")
    return page_of(found, query.limit, _shown)
