"""To whom can a contact be put through? What an agent needs beside their own desk: colleagues, and open queues."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from app.api.access import Caller
from app.api.fields import Given, Id, Line, Shown, ms
from app.store import colleagues, skills
from contacts.presence import Chosen
from routing.messages import Capacity

router = APIRouter(prefix="/v1", tags=["colleagues"])


class ColleaguesQuery(Given):
    """`q`: a part of the name or of the team's."""

    model_config = ConfigDict(extra="forbid", strict=False)

    company_id: Id | None = None
    q: Line = ""


class OpenQueuesQuery(Given):
    model_config = ConfigDict(extra="forbid", strict=False)

    company_id: Id | None = None


class ColleagueShown(Shown):
    """`reachable`: desk and phone answer; `free`: there and with room for one more call, so an offer would come."""

    agent_id: Id
    name: str
    team: str | None
    chosen: Chosen
    reason: str | None
    reachable: bool
    free: bool
    skills: dict[str, int]


class ColleaguesShown(Shown):
    items: list[ColleagueShown] = Field(max_length=colleagues.COLLEAGUES_MAX)


class OpenQueueShown(Shown):
    """`closed`: takes no new contacts."""

    queue_id: Id
    company_id: Id
    name: str
    closed: bool
    waiting: int
    longest_since_ms: int | None


class OpenQueuesShown(Shown):
    items: list[OpenQueueShown]


@router.get("/colleagues")
async def list_colleagues(query: Annotated[ColleaguesQuery, Query()], access: Caller) -> ColleaguesShown:
    company_ids = access.narrowed(query.company_id)
    async with access.reading() as conn:
        found = await colleagues.colleagues(conn, company_ids, query.q)
        ids = [row["id"] for row in found]
        held = await colleagues.held(conn, ids)
        levels = await skills.of_agents(conn, ids)
    return ColleaguesShown(items=[_colleague(row, held[row["id"]], levels[row["id"]]) for row in found])


def _colleague(row: Mapping[str, Any], held: Sequence[str], levels: dict[str, int]) -> ColleagueShown:
    reachable = bool(row["desk_reachable"] and row["phone_reachable"])
    is_there = row["chosen"] == "ready" and reachable and not row["not_responding"] and row["next_chosen"] is None
    return ColleagueShown(
        agent_id=row["id"],
        name=row["name"],
        team=row["team"],
        chosen=row["chosen"] or "offline",
        reason=row["reason"],
        reachable=reachable,
        free=is_there and _has_room(row["capacity"] or {}, held),
        skills=levels,
    )


def _has_room(capacity: Mapping[str, Any], held: Sequence[str]) -> bool:
    """For one more call."""
    default = Capacity()
    costs = {**default.costs, **capacity.get("costs", {})}
    maxima = {**default.maxima, **capacity.get("maxima", {})}
    units = sum(costs[channel] for channel in [*held, "phone"])
    return units <= int(capacity.get("units", default.units)) and held.count("phone") < int(maxima["phone"])


@router.get("/queues-open")
async def list_open_queues(query: Annotated[OpenQueuesQuery, Query()], access: Caller) -> OpenQueuesShown:
    company_ids = access.narrowed(query.company_id)
    async with access.reading() as conn:
        found = await colleagues.open_queues(conn, company_ids)
    return OpenQueuesShown(
        items=[
            OpenQueueShown(
                queue_id=row["id"],
                company_id=row["company_id"],
                name=row["name"],
                closed=row["closed_at"] is not None,
                waiting=row["waiting"] or 0,
                longest_since_ms=ms(row["since"]),
            )
            for row in found
        ]
    )
