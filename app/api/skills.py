"""Which skills can an agent have? Requirements name them, so a name never changes."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import StringConstraints

from app.api.access import Caller
from app.api.acts import acting, new_id
from app.api.fields import Given, Id, Line, PageQuery, PathId, Shown, Version
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid, not_found
from app.problems import Problem
from app.store import skills

router = APIRouter(prefix="/v1/skills", tags=["skills"])

SkillName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,62}$")]
_WORDS = frozenset({"and", "or", "not"})  # of requirement expressions


class NewSkill(Given):
    name: SkillName
    label: Line | None = None


class SkillChange(Given):
    version: Version
    label: Line | None


class SkillShown(Shown):
    id: Id
    name: str
    label: str | None
    archived: bool
    version: int


def _shown(row: Mapping[str, Any]) -> SkillShown:
    archived = row["archived_at"] is not None
    return SkillShown(id=row["id"], name=row["name"], label=row["label"], archived=archived, version=row["version"])


@router.get("")
async def list_skills(page: PageQuery, access: Caller) -> Page[SkillShown]:
    async with access.reading() as conn:
        return page_of(await skills.page(conn, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_skill(body: NewSkill, access: Caller) -> SkillShown:
    if body.name in _WORDS:
        raise invalid("/name", f"'{body.name}' is a word of requirement expressions", "skill.reserved")
    async with acting(access) as act:
        row = await skills.add(act.conn, {"id": new_id(), **body.model_dump()})
        await act.record("skill.created", "skill", row["id"], after=body.model_dump())
    return _shown(row)


@router.get("/{skill_id}")
async def read_skill(skill_id: PathId, access: Caller) -> SkillShown:
    async with access.reading() as conn:
        row = await skills.read(conn, skill_id)
    if row is None:
        raise not_found("skill", "/skill_id", "path")
    return _shown(row)


@router.patch("/{skill_id}")
async def change_skill(skill_id: PathId, body: SkillChange, access: Caller) -> SkillShown:
    async with acting(access) as act:
        before = await skills.lock(act.conn, skill_id)
        if before is None:
            raise not_found("skill", "/skill_id", "path")
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        row = await skills.change(act.conn, skill_id, fields)
        await act.record("skill.changed", "skill", skill_id, before=before, after=fields)
    return _shown(row)


@router.delete("/{skill_id}", status_code=204)
async def delete_skill(skill_id: PathId, access: Caller) -> None:
    """Archived, once no agent has it any more."""
    async with acting(access) as act:
        if await skills.lock(act.conn, skill_id) is None:
            raise not_found("skill", "/skill_id", "path")
        if await skills.is_used(act.conn, skill_id):
            raise Problem(409, "skill.in_use", "Some agents still have this skill")
        await skills.archive(act.conn, skill_id)
        await act.record("skill.archived", "skill", skill_id)
