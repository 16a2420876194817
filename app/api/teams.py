"""Which teams do agents and supervisors belong to?"""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from app.api.access import Caller
from app.api.acts import acting, new_id
from app.api.fields import Given, Id, Name, PageQuery, PathId, Shown, Version
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import not_found
from app.store import teams

router = APIRouter(prefix="/v1/teams", tags=["teams"])


class NewTeam(Given):
    name: Name


class TeamChange(Given):
    version: Version
    name: Name


class TeamShown(Shown):
    id: Id
    name: str
    archived: bool
    version: int


def _shown(row: Mapping[str, Any]) -> TeamShown:
    return TeamShown(id=row["id"], name=row["name"], archived=row["archived_at"] is not None, version=row["version"])


@router.get("")
async def list_teams(page: PageQuery, access: Caller) -> Page[TeamShown]:
    async with access.reading() as conn:
        return page_of(await teams.page(conn, page.after, page.limit), page.limit, _shown)


@router.post("", status_code=201)
async def create_team(body: NewTeam, access: Caller) -> TeamShown:
    async with acting(access) as act:
        row = await teams.add(act.conn, {"id": new_id(), "name": body.name})
        await act.record("team.created", "team", row["id"], after={"name": body.name})
    return _shown(row)


@router.get("/{team_id}")
async def read_team(team_id: PathId, access: Caller) -> TeamShown:
    async with access.reading() as conn:
        row = await teams.read(conn, team_id)
    if row is None:
        raise not_found("team", "/team_id", "path")
    return _shown(row)


@router.patch("/{team_id}")
async def change_team(team_id: PathId, body: TeamChange, access: Caller) -> TeamShown:
    async with acting(access) as act:
        before = await teams.lock(act.conn, team_id)
        if before is None:
            raise not_found("team", "/team_id", "path")
        require_current(before, body.version, _shown(before))
        fields = changed_fields(body)
        row = await teams.change(act.conn, team_id, fields)
        await act.record("team.changed", "team", team_id, before=before, after=fields)
    return _shown(row)


@router.delete("/{team_id}", status_code=204)
async def delete_team(team_id: PathId, access: Caller) -> None:
    """It is archived: grants and agents that name it keep it."""
    async with acting(access) as act:
        before = await teams.lock(act.conn, team_id)
        if before is None:
            raise not_found("team", "/team_id", "path")
        await teams.archive(act.conn, team_id)
        await act.record("team.archived", "team", team_id)
