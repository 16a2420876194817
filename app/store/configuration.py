"""How does a change of configuration reach the engine?

Whoever changes a subject records it in the same transaction under the domain's next number; the writer reads what it
lacks and keeps what it applied (config_applied). Numbers are gapless in the order of commits: the domain's row is
locked until then.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.faults import told_apart
from app.store.tables import config_change, domain
from contacts.records import ConfigKind, ConfigValue

# What of a queue's version is for the engine; targets of reports and the like stay outside.
QUEUE_FIELDS = frozenset(
    {
        "requirement", "rate", "head_start", "promise_s", "limit_s", "last_step", "unwanted_step", "widen",
        "offer_timeout_s", "reoffer_pause_s", "max_offers", "wrap_up_s", "offers_at_once", "agent_order",
        "interrupted_by",
    }
)  # fmt: skip
# Not the engine's: what happens to its callers.
JOURNEY_FIELDS = frozenset({"hours", "recording", "recording_channels", "ring", "when_lost", "announce", "whisper"})
CHANGES_MAX = 10_000  # of one reading; the next turn reads the rest

CHANGED = """
SELECT kind, subject_id, max(seq) AS seq FROM (
    SELECT kind, subject_id, seq FROM config_change WHERE domain_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
) recent
GROUP BY kind, subject_id ORDER BY max(seq)
"""
DOMAIN = "SELECT policy FROM domain WHERE id = $1"
QUEUES = """
SELECT q.id::text, q.company_id::text, q.name, v.version, v.config,
    q.closed_at IS NOT NULL OR q.archived_at IS NOT NULL AS closed
FROM unnest($2::uuid[]) AS changed(id)
JOIN queue q ON q.id = changed.id
JOIN queue_version v ON v.queue_id = q.id AND v.version = q.current_version
WHERE q.domain_id = $1
"""
COMPANIES = """
SELECT id::text, region, dialling, recording_notice FROM company
WHERE id = ANY($1::uuid[]) AND archived_at IS NULL
"""
# One who may serve all companies is granted each of them by name: the engine knows no "all".
FORMER = """
SELECT a.id::text, a.capacity, u.language,
    (SELECT coalesce(json_object_agg(s.name, k.level), '{}') FROM agent_skill k JOIN skill s ON s.id = k.skill_id
        WHERE k.agent_id = a.id AND s.archived_at IS NULL) AS skills,
    (SELECT coalesce(json_agg(DISTINCT c.id), '[]') FROM role_grant g
        JOIN company c ON c.id = coalesce(g.company_id, c.id)
        WHERE g.user_id = a.user_id AND g.role = 'agent' AND c.archived_at IS NULL) AS company_ids,
    (SELECT coalesce(json_agg(DISTINCT c.id), '[]') FROM role_grant g
        JOIN company c ON c.id = coalesce(g.company_id, c.id)
        WHERE g.user_id = a.user_id AND g.role <> 'agent' AND c.archived_at IS NULL) AS supervises
FROM unnest($2::uuid[]) AS changed(id)
JOIN agent a ON a.id = changed.id
JOIN app_user u ON u.id = a.user_id
WHERE a.domain_id = $1
"""
AGENTS = FORMER + "AND a.archived_at IS NULL AND u.disabled_at IS NULL"


async def record_change(
    conn: AsyncConnection, domain_id: int, company_id: str | None, kind: ConfigKind, subject_id: str
) -> int:
    """In the transaction of the change itself; returns its number, for ApplyConfig after the commit."""
    return await record_changes(conn, domain_id, company_id, kind, [subject_id])


async def record_changes(
    conn: AsyncConnection, domain_id: int, company_id: str | None, kind: ConfigKind, subject_ids: Sequence[str]
) -> int:
    """Several subjects of one kind at once; returns the last number."""
    raised = update(domain).where(domain.c.id == domain_id)
    raised_by = raised.values(config_seq=domain.c.config_seq + len(subject_ids)).returning(domain.c.config_seq)
    last = int((await conn.execute(raised_by)).scalar_one())
    first = last - len(subject_ids) + 1
    rows = [
        {"domain_id": domain_id, "seq": first + n, "company_id": company_id, "kind": kind, "subject_id": subject_id}
        for n, subject_id in enumerate(subject_ids)
    ]
    if rows:
        await conn.execute(insert(config_change), rows)
    return last


async def last_change(conn: AsyncConnection, domain_id: int) -> int:
    """The number of the newest change; 0: nothing was ever configured."""
    return int((await conn.execute(select(domain.c.config_seq).where(domain.c.id == domain_id))).scalar_one())


async def read_changes(conn: asyncpg.Connection, domain_id: int, after_seq: int) -> list[ConfigValue]:
    """The current value of each subject changed after `after_seq`, in the order of its last change; None = gone."""
    with told_apart():
        # Of one snapshot: a change between the list and the values has a number of its own.
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            changed = await conn.fetch(CHANGED, domain_id, after_seq, CHANGES_MAX)
            ids: dict[str, list[str]] = {"domain": [], "queue": [], "agent": [], "company": []}
            for kind, subject_id, _ in changed:
                ids[kind].append(subject_id)
            values: dict[tuple[str, str], Mapping[str, Any]] = {}
            if ids["domain"]:
                policy = await conn.fetchval(DOMAIN, domain_id)
                values["domain", str(domain_id)] = json.loads(policy)
            if ids["queue"]:
                for row in await conn.fetch(QUEUES, domain_id, ids["queue"]):
                    values["queue", row["id"]] = _queue(row)
            if ids["agent"]:
                for row in await conn.fetch(AGENTS, domain_id, ids["agent"]):
                    values["agent", row["id"]] = _agent(row)
            if ids["company"]:
                for row in await conn.fetch(COMPANIES, ids["company"]):
                    values["company", row["id"]] = _company(row)
    return [ConfigValue(kind, subject_id, seq, values.get((kind, subject_id))) for kind, subject_id, seq in changed]


async def read_former(conn: asyncpg.Connection, domain_id: int, agent_ids: Collection[str]) -> dict[str, Any]:
    """Profiles by agent, be they archived or not."""
    return {row["id"]: _agent(row) for row in await conn.fetch(FORMER, domain_id, list(agent_ids))}


def _company(row: asyncpg.Record) -> dict[str, Any]:
    return {
        **json.loads(row["dialling"]),
        "region": row["region"],
        "recording_notice": json.loads(row["recording_notice"]),
    }


def _queue(row: asyncpg.Record) -> dict[str, Any]:
    config = {name: value for name, value in json.loads(row["config"]).items() if name in QUEUE_FIELDS | JOURNEY_FIELDS}
    return {
        **config,
        "name": row["name"],
        "queue_id": row["id"],
        "company_id": row["company_id"],
        "version": row["version"],
        "closed": row["closed"],
    }


def _agent(row: asyncpg.Record) -> dict[str, Any]:
    value: dict[str, Any] = {
        "agent_id": row["id"],
        "language": row["language"],
        "skills": json.loads(row["skills"]),
        "company_ids": json.loads(row["company_ids"]),
    }
    capacity, supervises = json.loads(row["capacity"]), json.loads(row["supervises"])
    return value | ({"capacity": capacity} if capacity else {}) | ({"supervises": supervises} if supervises else {})
