"""What has happened since a position of the log, and how do the rows that it names stand now?

A follower in another process than the writer's reads this way; rows are as they are now, which is never older than the
position that is returned with them.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import agent_state, config_applied, contact, domain, event, segment, stay
from contacts.contact import Contact
from contacts.events import Event
from contacts.presence import AgentState
from contacts.records import ConfigValue
from contacts.segment import Segment
from contacts.stay import Stay, Wishes

READ_EVENTS = 2_000  # at once


@dataclass(slots=True)
class LogTail:
    pos: int
    contacts: list[Contact] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    agents: list[AgentState] = field(default_factory=list)
    config: list[ConfigValue] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    touched: dict[str, set[str]] = field(default_factory=dict)  # agent -> keys of their desk


async def last_seq(conn: AsyncConnection, domain_id: int) -> int:
    newest = select(func.max(event.c.seq)).where(event.c.domain_id == domain_id)
    return int((await conn.execute(newest)).scalar() or 0)


async def read_tail(conn: AsyncConnection, domain_id: int, after: int, events_max: int) -> LogTail:
    """What at most `events_max` events after `after` named, as it stands now."""
    names = ("seq", "kind", "at", "actor", "contact_id", "stay_id", "segment_id", "agent_id", "data")
    wanted = (
        select(*(event.c[name] for name in names))
        .where(event.c.domain_id == domain_id, event.c.seq > after)
        .order_by(event.c.seq)
        .limit(min(events_max, READ_EVENTS))
    )
    events = (await conn.execute(wanted)).all()
    if not events:
        return LogTail(after)
    tail = LogTail(events[-1].seq, events=[_event(row) for row in events])
    tail.contacts = await _contacts(conn, {e.contact_id for e in events if e.contact_id})
    tail.stays = await _stays(conn, {e.stay_id for e in events if e.stay_id})
    tail.segments = await _segments(conn, {e.segment_id for e in events if e.segment_id})
    tail.agents = await _agents(conn, {e.agent_id for e in events if e.agent_id})
    if any(e.kind == "config.applied" for e in events):
        tail.config = await _config(conn, domain_id)
    for e in events:
        if e.agent_id:
            keys = tail.touched.setdefault(e.agent_id, {"me"})
            if e.segment_id:
                keys.add(f"segment/{e.segment_id}")
    return tail


async def agent_keys_since(conn: AsyncConnection, domain_id: int, agent_id: str, after: int) -> set[str]:
    """Records of an agent's desk that events after `after` touched."""
    wanted = (
        select(event.c.segment_id)
        .where(event.c.domain_id == domain_id, event.c.seq > after, event.c.agent_id == agent_id)
        .distinct()
    )
    found = (await conn.execute(wanted)).scalars()
    return {"me"} | {f"segment/{segment_id}" for segment_id in found if segment_id}


def _event(row: Any) -> Event:
    return Event(
        row.kind, row.at, row.actor, contact_id=row.contact_id, stay_id=row.stay_id, segment_id=row.segment_id,
        agent_id=row.agent_id, data=row.data,
    )  # fmt: skip


async def _contacts(conn: AsyncConnection, ids: Collection[str]) -> list[Contact]:
    if not ids:
        return []
    rows = (await conn.execute(select(contact).where(contact.c.id.in_(ids)))).mappings()
    return [
        Contact(
            id=row["id"],
            company_id=row["company_id"],
            domain_id=row["domain_id"],
            channel=row["channel"],
            direction=row["direction"],
            state=row["state"],
            source=row["source"],
            source_id=row["source_id"],
            arrived_us=row["arrived_at"],
            customer_id=row["customer_id"],
            number=row["number"],
            value=row["value"],
            case_id=row["case_id"],
            closed_us=row["closed_at"],
            outcome=row["outcome"],
            collected=row["collected"],
        )
        for row in rows
    ]


async def _stays(conn: AsyncConnection, ids: Collection[str]) -> list[Stay]:
    if not ids:
        return []
    rows = (await conn.execute(select(stay).where(stay.c.id.in_(ids)))).mappings()
    return [
        Stay(
            id=row["id"],
            contact_id=row["contact_id"],
            domain_id=row["domain_id"],
            queue_id=row["queue_id"],
            queue_version=row["queue_version"],
            requirement=row["requirement"],
            place_us=row["place_us"],
            queued_us=row["queued_at"],
            promise_us=row["promise_at"],
            limit_us=row["limit_at"],
            wishes=_wishes(row["wishes"]),
            ended_us=row["ended_at"],
            end=row["end"],
            routing=row["routing"],
        )
        for row in rows
    ]


def _wishes(values: dict[str, Any]) -> Wishes:
    return Wishes(
        values.get("preferred_agent_id"), tuple(values.get("excluded_agent_ids", ())), values.get("only_agent_id")
    )


async def _segments(conn: AsyncConnection, ids: Collection[str]) -> list[Segment]:
    if not ids:
        return []
    wanted = select(segment, stay.c.queue_id).join(stay, stay.c.id == segment.c.stay_id).where(segment.c.id.in_(ids))
    rows = (await conn.execute(wanted)).mappings()
    return [
        Segment(
            id=row["id"],
            contact_id=row["contact_id"],
            stay_id=row["stay_id"],
            queue_id=row["queue_id"],
            domain_id=row["domain_id"],
            agent_id=row["agent_id"],
            role=row["role"],
            state=row["state"],
            offered_us=row["offered_at"],
            expires_us=row["expires_at"],
            exclusive=row["exclusive"],
            manual=row["manual"],
            connected_us=row["connected_at"],
            ended_us=row["ended_at"],
            wrap_up_until_us=row["wrap_up_until"],
            end=row["end"],
            interrupted=row["interrupted"],
            parked_us=row["parked_us"],
        )
        for row in rows
    ]


async def _agents(conn: AsyncConnection, ids: Collection[str]) -> list[AgentState]:
    if not ids:
        return []
    rows = (await conn.execute(select(agent_state).where(agent_state.c.agent_id.in_(ids)))).mappings()
    return [
        AgentState(
            agent_id=row["agent_id"],
            domain_id=row["domain_id"],
            chosen=row["chosen"],
            reason=row["reason"],
            next_chosen=row["next_chosen"],
            not_responding=row["not_responding"],
            set_by=row["set_by"],
            since_us=row["since"],
            last_ended_us=row["last_ended_at"],
            desk_reachable=row["desk_reachable"],
            desk_silent_us=row["desk_silent_since"],
            phone_reachable=row["phone_reachable"],
        )
        for row in rows
    ]


async def _config(conn: AsyncConnection, domain_id: int) -> list[ConfigValue]:
    rows = (await conn.execute(select(config_applied).where(config_applied.c.domain_id == domain_id))).mappings()
    return [ConfigValue(row["kind"], row["subject_id"], row["seq"], row["values"]) for row in rows]


async def last_change(conn: AsyncConnection, domain_id: int) -> int:
    """The number of the last committed change of configuration."""
    wanted = select(domain.c.config_seq).where(domain.c.id == domain_id)
    return int((await conn.execute(wanted)).scalar() or 0)
