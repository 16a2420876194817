"""Who serves: with which skills, how much at once, and what have they chosen?"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import DOMAIN_ID, Act, acting, new_id, some
from app.api.commanding import IdempotencyKey, command
from app.api.fields import Given, Id, PageQuery, PathId, Shown, Version, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid, not_found
from app.api.skills import SkillName
from app.api.users import BULK_MAX, MadeShown
from app.commands import ChooseState
from app.problems import FieldError, Problem, pointer_of
from app.rights import Forbidden, Grant
from app.softphones import phone_address_of
from app.store import agents, skills
from contacts.presence import Chosen
from contacts.words import Channel
from routing.messages import Capacity

router = APIRouter(prefix="/v1/agents", tags=["agents"])

SKILLS_MAX = 64

Level = Annotated[int, Field(ge=1, le=10)]
Skills = Annotated[dict[SkillName, Level], Field(max_length=SKILLS_MAX, description="Skill name to level, 1 to 10")]
PhoneAddress = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern="^[ -~]+$")]
Units = Annotated[int, Field(ge=0, le=10_000)]
Most = Annotated[int, Field(ge=0, le=50)]


class CapacityGiven(Given):
    """`units` in all; what one contact of a channel costs; how many of it at once. Other channels keep the default."""

    units: Annotated[int, Field(ge=1, le=10_000)] = 100
    costs: dict[Channel, Units] = Field({})
    maxima: dict[Channel, Most] = Field({})

    def values(self) -> dict[str, Any]:
        default = Capacity()
        return {
            "units": self.units,
            "costs": {**default.costs, **self.costs},
            "maxima": {**default.maxima, **self.maxima},
        }


class NewAgent(Given):
    """`softphone`: their page is the phone, and its `phone_address` is the server's to say."""

    user_id: Id
    team_id: Id | None = None
    phone_address: PhoneAddress | None = None
    softphone: bool = False
    capacity: CapacityGiven = CapacityGiven()
    skills: Skills = Field({})


class NewAgents(Given):
    items: list[NewAgent] = Field(min_length=1, max_length=BULK_MAX)


class AgentChange(Given):
    version: Version
    team_id: Id | None = untouched()
    phone_address: PhoneAddress | None = untouched()
    softphone: bool = untouched()
    capacity: CapacityGiven = untouched()
    skills: Skills = untouched()


class StateWanted(Given):
    chosen: Chosen
    reason: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern="^[a-z0-9_.-]+$")] | None = None
    when: Literal["now", "next"] = "now"


class AgentShown(Shown):
    """`applied`: the writer decides by it already; false: as soon as there is a writer; null: nothing has changed."""

    id: Id
    user_id: Id
    team_id: Id | None
    phone_address: str | None
    softphone: bool
    capacity: dict[str, Any]
    skills: dict[str, int]
    archived: bool
    version: int
    applied: bool | None = None


class Done(Shown):
    pos: int


def shown_agent(row: Mapping[str, Any], levels: Mapping[str, int], applied: bool | None = None) -> AgentShown:
    names = ("id", "user_id", "team_id", "phone_address", "softphone", "capacity", "version")
    return AgentShown(
        **{name: row[name] for name in names},
        skills=dict(levels),
        archived=row["archived_at"] is not None,
        applied=applied,
    )


@router.get("")
async def list_agents(page: PageQuery, access: Caller) -> Page[AgentShown]:
    """Those who may serve a company of the asker's."""
    async with access.reading() as conn:
        found = await agents.page(conn, access.companies, page.after, page.limit)
        levels = await skills.of_agents(conn, [row["id"] for row in found])
    return page_of(found, page.limit, lambda row: shown_agent(row, levels[row["id"]]))


@router.post("", status_code=201)
async def create_agent(body: NewAgent, access: Caller) -> AgentShown:
    made = await _create(access, [body])
    async with access.reading() as conn:
        row = await agents.read(conn, made.items[0])
    assert row is not None
    return shown_agent(row, body.skills, made.applied)


@router.post("/bulk", status_code=201)
async def create_agents(body: NewAgents, access: Caller) -> MadeShown:
    """All or none; the ids come in the order of the items."""
    return await _create(access, body.items, bulk=True)


async def _create(access: Access, wanted: Sequence[NewAgent], bulk: bool = False) -> MadeShown:
    for n, agent in enumerate(wanted):
        if agent.softphone and agent.phone_address is not None:
            raise _two_phones(["items", n, "phone_address"] if bulk else ["phone_address"])
    made = [_values(new_id(), agent) for agent in wanted]
    ids = [str(values["id"]) for values in made]
    async with acting(access) as act:
        levels = await _skill_levels(
            act, {agent_id: agent.skills for agent_id, agent in zip(ids, wanted, strict=True)}, bulk
        )
        await agents.add(act.conn, made)
        await skills.give(act.conn, levels)
        await act.record(
            "agent.created", "agent", None if bulk else ids[0], more={"count": len(ids), "agents": some(ids)}
        )
        await act.configured("agent", *ids)
    return MadeShown(items=ids, applied=act.applied)


def _values(agent_id: str, wanted: NewAgent) -> dict[str, Any]:
    values = wanted.model_dump(include={"user_id", "team_id", "phone_address", "softphone"})
    if wanted.softphone:
        values["phone_address"] = phone_address_of(agent_id)
    return {"id": agent_id, "domain_id": DOMAIN_ID, **values, "capacity": wanted.capacity.values()}


def _two_phones(steps: Sequence[str | int]) -> Problem:
    detail = "a softphone has the address that the server gives it"
    return invalid(pointer_of(steps), detail, "agent.softphone_address")


def _phone_changed(agent_id: str, was_softphone: bool, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a change makes of the address. Raises Problem 422: an agent has one phone."""
    is_softphone = fields.get("softphone", was_softphone)
    if is_softphone and fields.get("phone_address") is not None:
        raise _two_phones(["phone_address"])
    if is_softphone:
        return {"phone_address": phone_address_of(agent_id)} if {"softphone", "phone_address"} & fields.keys() else {}
    return {"phone_address": fields.get("phone_address")} if was_softphone else {}


async def _skill_levels(
    act: Act, wanted: Mapping[str, Mapping[str, int]], bulk: bool = False
) -> dict[str, dict[str, int]]:
    """Agent id -> skill id -> level. Raises Problem 404 for a skill nobody has made."""
    known = await skills.ids_by_name(act.conn, {name for levels in wanted.values() for name in levels})
    errors = [
        FieldError(pointer_of(["items", n, "skills", name] if bulk else ["skills", name]), "no such skill", "not_found")
        for n, levels in enumerate(wanted.values())
        for name in levels
        if name not in known
    ]
    if errors:
        raise Problem(404, "not_found", "There is no such skill", errors)
    return {agent_id: {known[name]: level for name, level in levels.items()} for agent_id, levels in wanted.items()}


@router.get("/{agent_id}")
async def read_agent(agent_id: PathId, access: Caller) -> AgentShown:
    async with access.reading() as conn:
        row = await agents.read(conn, agent_id)
        if row is None:
            raise not_found("agent", "/agent_id", "path")
        if not await agents.serves(conn, agent_id, access.companies):
            raise Forbidden
        levels = await skills.of_agents(conn, [agent_id])
    return shown_agent(row, levels[agent_id])


@router.patch("/{agent_id}")
async def change_agent(agent_id: PathId, body: AgentChange, access: Caller) -> AgentShown:
    """`skills`, where named, replaces all of the agent's skills."""
    fields = changed_fields(body)
    wanted = fields.pop("skills", None)
    if "capacity" in fields:
        fields["capacity"] = body.capacity.values()
    async with acting(access) as act:
        before = await agents.lock(act.conn, agent_id)
        if before is None or before["archived_at"] is not None:
            raise not_found("agent", "/agent_id", "path")
        had = (await skills.of_agents(act.conn, [agent_id]))[agent_id]
        require_current(before, body.version, shown_agent(before, had))
        fields |= _phone_changed(agent_id, before["softphone"], fields)
        if wanted is not None:
            await skills.give(act.conn, await _skill_levels(act, {agent_id: wanted}))
        row = await agents.change(act.conn, agent_id, fields)
        after = fields if wanted is None else {**fields, "skills": wanted}
        await act.record("agent.changed", "agent", agent_id, before={**before, "skills": had}, after=after)
        await act.configured("agent", agent_id)
    return shown_agent(row, had if wanted is None else wanted, act.applied)


@router.delete("/{agent_id}", status_code=204)
async def archive_agent(agent_id: PathId, access: Caller) -> None:
    """The agent serves no more; the records of what they did keep them."""
    async with acting(access) as act:
        before = await agents.lock(act.conn, agent_id)
        if before is None or before["archived_at"] is not None:
            raise not_found("agent", "/agent_id", "path")
        await agents.archive(act.conn, agent_id)
        await act.record("agent.archived", "agent", agent_id)
        await act.configured("agent", agent_id)


@router.post("/{agent_id}/state")
async def choose_agent_state(
    agent_id: PathId, body: StateWanted, request: Request, access: Caller, key: IdempotencyKey = None
) -> Done:
    """A supervisor chooses for an agent; it is audited, and the log names who did it."""
    async with acting(access) as act:
        row = await agents.lock(act.conn, agent_id)
        if row is None or row["archived_at"] is not None:
            raise not_found("agent", "/agent_id", "path")
        by = await grant_over(access, act.conn, row)
        await act.record("agent.state_chosen", "agent", agent_id, company_id=by.company_id, after=body.model_dump())
    wish = ChooseState(agent_id, body.chosen, body.reason, body.when, access.principal.id)
    reply = await command(access, wish, key, await request.body())
    return Done(pos=reply.pos)


async def grant_over(access: Access, conn: AsyncConnection, agent: Mapping[str, Any]) -> Grant:
    """By which the asker acts on this agent, one of a company before one of all: agents are the operator's, but the
    administrators of that company shall read what its supervisor did. Raises Forbidden where none reaches the agent's
    company and team.
    """
    for grant in sorted(access.principal.grants, key=lambda grant: (grant.company_id is None, grant.company_id or "")):
        if grant.role not in access.right.roles or grant.team_id not in (None, agent["team_id"]):
            continue
        if await agents.serves(conn, agent["id"], None if grant.company_id is None else {grant.company_id}):
            return grant
    raise Forbidden
