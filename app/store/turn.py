"""How is a turn written: all of it or nothing, and only by the holder of the epoch?

Two round trips on the writer's own connection: the answers already given, then one statement (turn_statement.py).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from app.store import turn_parts as parts
from app.store.arrays import AS_TEXT
from app.store.erasure import blank_written
from app.store.faults import ConnectionLost, DataError, FenceLost, told_apart
from app.store.turn_statement import Part, statement
from app.store.writer import WriterSession
from contacts.records import Draft
from contacts.segment import OVER, Segment

Key = tuple[str, str]  # (principal, command id)
StoredAnswer = tuple[int, dict[str, Any], bytes]  # (status, body, hash of the request's body)

__all__ = ["ConnectionLost", "DataError", "FenceLost", "answers", "commit"]

ANSWERS = """
SELECT c.principal, c.id, c.reply, c.body_hash
FROM unnest($1::text[], $2::text[]) AS k(principal, id)
JOIN command c ON c.principal = k.principal AND c.id = k.id
"""

_statements: dict[tuple[int, tuple[str, ...]], str] = {}  # as many as there are kinds of turns


async def answers(conn: asyncpg.Connection, keys: Sequence[Key]) -> dict[Key, StoredAnswer]:
    """Which of these commands were answered, and how. Raises DataError (an id that is no text) or ConnectionLost."""
    with told_apart():
        rows = await conn.fetch(ANSWERS, [principal for principal, _ in keys], [command for _, command in keys])
    found: dict[Key, StoredAnswer] = {}
    for row in rows:
        reply = json.loads(row["reply"])
        found[row["principal"], row["id"]] = (reply["status"], reply["body"], row["body_hash"])
    return found


async def commit(session: WriterSession, draft: Draft, first_seq: int) -> None:
    """One transaction. Raises FenceLost or DataError (nothing was written), ConnectionLost (unknown)."""
    query, arguments = as_statement(draft, session.domain_id, session.epoch, first_seq)
    erased = [event for event in draft.events if event.kind == "customer.erased"]
    with told_apart():
        if not erased:
            fence = await session.conn.fetchrow(query, *arguments)
        else:
            async with session.conn.transaction():
                fence = await session.conn.fetchrow(query, *arguments)
                if fence is not None:
                    for event in erased:
                        await blank_written(session.conn, str(event.company_id), str(event.data["customer_id"]))
    if fence is None:
        raise FenceLost


def as_statement(draft: Draft, domain_id: int, epoch: int, first_seq: int) -> tuple[str, list[Any]]:
    """The statement for what this draft holds, and its arguments. Raises DataError for JSON beyond its bound."""
    groups = [(part, rows) for part, rows in _groups(draft) if rows]
    # A plan made for empty tables is a bad one for full ones: whenever the log has doubled, all are made anew.
    kind = (first_seq.bit_length(), tuple(part.name for part, _ in groups))
    query = _statements.get(kind)
    if query is None:
        query = _statements[kind] = f"/* {kind[0]} */ " + statement([part for part, _ in groups])
    arguments: list[Any] = [domain_id, epoch, first_seq, first_seq + len(draft.events) - 1]
    for part, rows in groups:
        for field in part.fields:
            of = field.of
            arguments.append(AS_TEXT[field.kind]([of(row) for row in rows]))
    return query, arguments


def _groups(draft: Draft) -> list[tuple[Part, Sequence[Any]]]:
    """Changes before births: a key that one gives up may be taken by the other."""
    new = draft.new_ids
    return [
        (parts.NEW_EVENT, draft.events),
        *_split(draft.contacts, new, parts.CHANGED_CONTACT, parts.NEW_CONTACT),
        *_split(draft.stays, new, parts.CHANGED_STAY, parts.NEW_STAY),
        *_segments(draft.segments, new),
        *_split(draft.legs, new, parts.CHANGED_LEG, parts.NEW_LEG),
        *_split(draft.effects, new, parts.CHANGED_EFFECT, parts.NEW_EFFECT),
        (parts.AGENT, list(draft.agents.values())),
        (parts.NEW_LINK, draft.links),
        (parts.NEW_REPLY, draft.replies),
        (parts.NEW_DECISION, draft.decisions),
        (parts.CONFIG, list(draft.config.values())),
        (parts.COUNTERS, [] if draft.engine_state is None else [draft.engine_state]),
    ]


def _split(rows: Mapping[str, Any], new: set[str], changed: Part, born: Part) -> list[tuple[Part, Sequence[Any]]]:
    old_rows = [row for row_id, row in rows.items() if row_id not in new]
    new_rows = [row for row_id, row in rows.items() if row_id in new]
    return [(changed, old_rows), (born, new_rows)]


def _segments(rows: Mapping[str, Segment], new: set[str]) -> list[tuple[Part, Sequence[Any]]]:
    """Those that are over come first: the next may take their place in the stay."""
    (changed, old_rows), birth = _split(rows, new, parts.CHANGED_SEGMENT, parts.NEW_SEGMENT)
    return [(changed, sorted(old_rows, key=lambda segment: segment.state not in OVER)), birth]
