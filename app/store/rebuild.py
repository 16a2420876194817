"""What does a new writer read to go on where the last one ended? Everything open in its domain, as of one instant.

Set-based, by partial indexes: the cost grows with what is open, not with what has ever been. Tables that the API writes
are not read (but queue ids through the stay): configuration comes from config_applied, as the last writer applied it.
"""

import json
from typing import Any

import asyncpg

from app.store.faults import told_apart
from app.store.instants import read, written
from contacts.contact import Contact
from contacts.effect import Effect
from contacts.leg import Leg
from contacts.presence import AgentState
from contacts.records import CLEARED_LEGS_MAX, WAITS_KEPT, ConfigValue, DialGrant, Records
from contacts.segment import Segment
from contacts.stay import Stay, Told, Wishes
from contacts.words import DAY_US

# A closed contact is kept while somebody still works on it (wrap-up).
CONTACTS = f"""
WITH wanted AS (
    SELECT id FROM contact WHERE domain_id = $1 AND state = 'open'
    UNION
    SELECT contact_id FROM segment
    WHERE domain_id = $1 AND state NOT IN ('done', 'declined', 'expired', 'withdrawn', 'failed')
)
SELECT c.id::text, c.company_id::text, c.domain_id, c.channel, c.direction, c.state, c.source, c.source_id,
    {read("c.arrived_at")}, c.customer_id::text, c.number, c.value, c.case_id::text, {read("c.closed_at")}, c.outcome,
    c.collected, c.ivr
FROM wanted JOIN contact c USING (id) ORDER BY c.id
"""
STAYS = f"""
SELECT id::text, contact_id::text, domain_id, queue_id::text, queue_version, requirement, place_us,
    {read("queued_at")}, {read("promise_at")}, {read("limit_at")}, wishes, {read("ended_at")}, "end", routing, told
FROM stay WHERE domain_id = $1 AND ended_at IS NULL ORDER BY id
"""
SEGMENTS = f"""
SELECT s.id::text, s.contact_id::text, s.stay_id::text, w.queue_id::text, s.domain_id, s.agent_id::text, s.role,
    s.state, {read("s.offered_at")}, {read("s.expires_at")}, s.exclusive, s.manual, {read("s.connected_at")},
    {read("s.ended_at")}, {read("s.wrap_up_until")}, s."end", s.interrupted, s.parked_us
FROM segment s JOIN stay w ON w.id = s.stay_id
WHERE s.domain_id = $1 AND s.state NOT IN ('done', 'declined', 'expired', 'withdrawn', 'failed') ORDER BY s.id
"""
LEGS = f"""
SELECT id::text, domain_id, contact_id::text, provider, provider_ref, role, state, agent_id::text, last_rank,
    coalesce({read("checked_at")}, 0), {read("ended_at")}
FROM leg WHERE domain_id = $1 AND state <> 'cleared' ORDER BY id
"""
# Their names alone: a late report about one of them changes nothing.
CLEARED_LEGS = """
SELECT provider, provider_ref FROM leg WHERE domain_id = $1 AND state = 'cleared' ORDER BY ended_at DESC LIMIT $2
"""
EFFECTS = f"""
SELECT id::text, domain_id, contact_id::text, leg_id::text, kind, once, provider, args, state, {read("not_after")},
    tries
FROM effect WHERE domain_id = $1 AND state IN ('due', 'sent') ORDER BY id
"""
AGENTS = f"""
SELECT agent_id::text, domain_id, chosen, reason, next_chosen, not_responding, set_by, {read("since")},
    {read("last_ended_at")}, desk_reachable, {read("desk_silent_since")}, phone_reachable
FROM agent_state WHERE domain_id = $1 ORDER BY agent_id
"""
# The last waits of each queue that tells its callers how long it will take.
WAITS = f"""
SELECT last.queue_id::text, last.ended_us - last.queued_us, last."end" = 'answered'
FROM config_applied a
CROSS JOIN LATERAL (
    SELECT queue_id, {read("queued_at")} AS queued_us, {read("ended_at")} AS ended_us, "end"
    FROM stay
    WHERE queue_id = a.subject_id::uuid AND ended_at IS NOT NULL AND "end" NOT IN ('dialled', 'internal', 'cleared')
    ORDER BY queued_at DESC LIMIT {WAITS_KEPT}
) last
WHERE a.domain_id = $1 AND a.kind = 'queue' AND jsonb_typeof(a."values" -> 'announce') = 'object'
ORDER BY last.ended_us
"""
# By business time: a day before now, wherever the clock stands.
DIAL_GRANTS = f"""
SELECT company_id::text, {read("arrived_at")}, coalesce(collected ->> 'from', ''),
    coalesce(ivr -> 'reach', ivr -> 'fax') ->> 'agent_id',
    ARRAY(SELECT jsonb_array_elements_text(coalesce(ivr -> 'reach' -> 'sources', '[]'))),
    coalesce((coalesce(ivr -> 'reach', ivr -> 'fax') ->> 'cost')::int, 0)
FROM contact
WHERE domain_id = $1 AND direction = 'out' AND arrived_at >= {written("$2::bigint")}
    AND NOT coalesce((ivr -> 'reach' ->> 'always')::boolean, false)
UNION ALL
SELECT c.company_id::text, (d ->> 'at_us')::bigint, d ->> 'number', d ->> 'agent_id', '{{}}'::text[],
    (d ->> 'cost')::int
FROM contact c CROSS JOIN LATERAL jsonb_array_elements(c.ivr -> 'dialled') d
WHERE c.domain_id = $1 AND c.ivr ? 'dialled' AND c.arrived_at >= {written("$2::bigint")} - interval '1 day'
    AND (d ->> 'at_us')::bigint >= $2
ORDER BY 2
"""
CONFIG = 'SELECT kind, subject_id, seq, "values" FROM config_applied WHERE domain_id = $1 ORDER BY kind, subject_id'
COUNTERS = "SELECT data FROM engine_state WHERE domain_id = $1"
LAST_EVENT = f"SELECT seq, {read('at')} FROM event WHERE domain_id = $1 ORDER BY seq DESC LIMIT 1"


async def read_records(conn: asyncpg.Connection, domain_id: int) -> Records:
    """One snapshot. Raises ConnectionLost."""
    with told_apart():
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            # First everything off the wire, then into records: no transaction waits for our own work.
            contacts = await conn.fetch(CONTACTS, domain_id)
            stays = await conn.fetch(STAYS, domain_id)
            segments = await conn.fetch(SEGMENTS, domain_id)
            legs = await conn.fetch(LEGS, domain_id)
            cleared = await conn.fetch(CLEARED_LEGS, domain_id, CLEARED_LEGS_MAX)
            effects = await conn.fetch(EFFECTS, domain_id)
            agents = await conn.fetch(AGENTS, domain_id)
            config = await conn.fetch(CONFIG, domain_id)
            counters = await conn.fetchval(COUNTERS, domain_id)
            last_event = await conn.fetchrow(LAST_EVENT, domain_id)
            waits = await conn.fetch(WAITS, domain_id)
            since_us = (last_event[1] if last_event else 0) - DAY_US
            grants = await conn.fetch(DIAL_GRANTS, domain_id, max(since_us, 0))
    values = [ConfigValue(kind, subject, seq, _json_or_none(raw)) for kind, subject, seq, raw in config]
    last_seq, last_at_us = last_event or (0, 0)
    return Records(
        domain_id,
        contacts={row[0]: _contact(row) for row in contacts},
        stays={row[0]: as_stay(row) for row in stays},
        segments={row[0]: Segment(*row) for row in segments},
        legs={row[0]: Leg(*row) for row in legs},
        cleared_legs=dict.fromkeys((provider, ref) for provider, ref in reversed(cleared)),
        effects={row[0]: _effect(row) for row in effects},
        agents={row[0]: AgentState(*row) for row in agents},
        config={(value.kind, value.subject_id): value for value in values},
        engine_state={} if counters is None else json.loads(counters),
        waits=[tuple(row) for row in waits],
        dial_grants=[_dial_grant(*row) for row in grants],
        config_seq=max((value.seq for value in values), default=0),
        last_seq=last_seq,
        last_at_us=last_at_us,
    )


def _json(raw: str) -> Any:
    return {} if raw == "{}" else json.loads(raw)


def _json_or_none(raw: str | None) -> Any:
    return None if raw is None else json.loads(raw)


def _contact(row: asyncpg.Record) -> Contact:
    fields = list(row)
    fields[-2], fields[-1] = _json(fields[-2]), _json(fields[-1])
    return Contact(*fields)


def as_wishes(raw: str) -> Wishes:
    if raw == "{}":
        return Wishes()
    stored = json.loads(raw)
    return Wishes(stored["preferred_agent_id"], tuple(stored["excluded_agent_ids"]), stored["only_agent_id"])


def as_stay(row: asyncpg.Record) -> Stay:
    fields = list(row)
    fields[-5], fields[-2] = as_wishes(fields[-5]), _json(fields[-2])
    fields[-1] = None if fields[-1] is None else Told(**_json(fields[-1]))
    return Stay(*fields)


def _dial_grant(
    company_id: str, at_us: int, number: str, agent_id: str | None, sources: list[str], cost: int
) -> DialGrant:
    return DialGrant(company_id, at_us, number, agent_id, tuple(sources), cost)


def _effect(row: asyncpg.Record) -> Effect:
    fields = list(row)
    fields[7] = _json(fields[7])
    return Effect(*fields)
