"""What of today is in the tables, for a follower that begins? As of one snapshot, so that the log goes on from there.

Set-based, by the indexes there are: stays by queue and arrival; the log by number, whose instants never go back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.store.configuration import read_former
from app.store.faults import told_apart
from app.store.instants import read, written
from app.store.rebuild import as_stay, read_records
from contacts.records import Records
from contacts.stay import Stay

ROWS_AT_ONCE = 10_000

# (queue, queued, ended, how, connected, end of the first conversation) of stays that have ended.
STAYS = f"""
SELECT w.queue_id::text, {read("w.queued_at")}, {read("w.ended_at")}, w."end", {read("first.connected_at")},
    {read("first.ended_at")}
FROM unnest($1::uuid[], $2::bigint[]) AS q(id, begin_us)
JOIN stay w ON w.queue_id = q.id AND w.queued_at >= {written("q.begin_us")} AND w.ended_at IS NOT NULL
LEFT JOIN LATERAL (
    SELECT s.connected_at, s.ended_at FROM segment s
    WHERE s.contact_id = w.contact_id AND s.stay_id = w.id AND s.connected_at IS NOT NULL
    ORDER BY s.connected_at LIMIT 1
) first ON true
"""
# (queue, contact, role, connected, ended, done, parked) of segments whose wrap-up is over.
SEGMENTS = f"""
SELECT w.queue_id::text, s.contact_id::text, s.role, {read("s.connected_at")}, {read("s.ended_at")},
    {read("coalesce(s.wrap_up_until, s.ended_at)")}, s.parked_us
FROM unnest($1::uuid[], $2::bigint[]) AS q(id, begin_us)
JOIN stay w ON w.queue_id = q.id AND w.queued_at >= {written("q.begin_us")}
JOIN segment s ON s.contact_id = w.contact_id AND s.stay_id = w.id
WHERE s.state = 'done' AND s.connected_at IS NOT NULL
"""
# (queue, stay, queued, replied, channel) of what a person has replied to.
REPLIES = f"""
SELECT w.queue_id::text, w.id::text, {read("w.queued_at")}, {read("first.at")}, c.channel
FROM unnest($1::uuid[], $2::bigint[]) AS q(id, begin_us)
JOIN stay w ON w.queue_id = q.id AND w.queued_at >= {written("q.begin_us")}
JOIN contact c ON c.id = w.contact_id AND c.channel IN ('chat', 'email', 'fax', 'message')
JOIN LATERAL (SELECT min(e.at) AS at FROM event e WHERE e.kind = 'contact.replied' AND e.stay_id = w.id) first
    ON first.at IS NOT NULL
"""
# Added up by what it was: time is linear in the instants, so a day of millions of events is a few rows an agent.
CHANGES = f"""
SELECT agent_id::text, kind, was, chosen, count(*), sum(at_us)::text, max(at_us)
FROM (
    SELECT agent_id, kind, data ->> 'was' AS was, data ->> 'chosen' AS chosen, {read("at")} AS at_us
    FROM event WHERE domain_id = $1 AND seq >= $2 AND kind = ANY($3::text[]) AND agent_id IS NOT NULL
) e
GROUP BY agent_id, kind, was, chosen
"""
INSTANT = f"SELECT {read('at')} FROM event WHERE domain_id = $1 AND seq >= $2 ORDER BY seq LIMIT 1"
STAYS_OF_SEGMENTS = f"""
SELECT id::text, contact_id::text, domain_id, queue_id::text, queue_version, requirement, place_us,
    {read("queued_at")}, {read("promise_at")}, {read("limit_at")}, wishes, {read("ended_at")}, "end", routing, told
FROM stay WHERE id = ANY($1::uuid[])
"""


@dataclass(slots=True)
class Stand:
    """How a domain stands, and what has happened today."""

    records: Records
    stays_of_segments: list[Stay]
    stays: list[tuple[Any, ...]] = field(default_factory=list)
    segments: list[tuple[Any, ...]] = field(default_factory=list)
    replies: list[tuple[Any, ...]] = field(default_factory=list)
    changes: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)  # since each begin of a day
    former: dict[str, Any] = field(default_factory=dict)  # profiles of agents in them who are gone


async def read_stand(
    conn: asyncpg.Connection, domain_id: int, begins: Mapping[str, int], kinds: Sequence[str]
) -> Stand:
    """`begins`: when today began, by queue; `kinds` of events that change agents' time. Raises ConnectionLost."""
    with told_apart():
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            return await _read_stand(conn, domain_id, begins, kinds)


async def _read_stand(
    conn: asyncpg.Connection, domain_id: int, begins: Mapping[str, int], kinds: Sequence[str]
) -> Stand:
    records = await read_records(conn, domain_id)
    answered = [s.stay_id for s in records.segments.values() if s.stay_id not in records.stays]
    stand = Stand(records, [as_stay(row) for row in await conn.fetch(STAYS_OF_SEGMENTS, answered)])
    if begins:
        queues = (list(begins), list(begins.values()))
        stand.stays = await _all(conn, STAYS, *queues)
        stand.segments = await _all(conn, SEGMENTS, *queues)
        stand.replies = await _all(conn, REPLIES, *queues)
        for begin_us in set(begins.values()):
            first = await first_since(conn, domain_id, begin_us, records.last_seq)
            stand.changes[begin_us] = await _all(conn, CHANGES, domain_id, first, list(kinds))
        worked = {row[0] for rows in stand.changes.values() for row in rows}
        here = {subject_id for (kind, subject_id), of in records.config.items() if kind == "agent" and of.values}
        stand.former = await read_former(conn, domain_id, worked - here)
    return stand


async def first_since(conn: asyncpg.Connection, domain_id: int, at_us: int, last_seq: int) -> int:
    """The number of the first event at or after this instant; one more than the last if there is none."""
    low, high = 1, last_seq + 1
    while low < high:
        middle = (low + high) // 2
        found = await conn.fetchval(INSTANT, domain_id, middle)
        if found is None or found >= at_us:
            high = middle
        else:
            low = middle + 1
    return low


async def _all(conn: asyncpg.Connection, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """Piece by piece, so that nobody else waits long for the processor."""
    rows: list[tuple[Any, ...]] = []
    async for row in conn.cursor(query, *arguments, prefetch=ROWS_AT_ONCE):
        rows.append(tuple(row))
    return rows
