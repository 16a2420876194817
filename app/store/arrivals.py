"""Which company, queue and customers do the two addresses of a call lead to? One query for a whole webhook."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Reached:
    """A call's way in. `customers`: (customer id, level, source, value) of everybody known by the caller's address."""

    company_id: str
    address: str
    queue_id: str | None
    queue_version: int | None
    queue_closed: bool
    language: str | None
    hours: dict[str, Any] | None
    customers: tuple[tuple[str, str, str, int], ...]


_REACHED = text("""
SELECT call.n, number.company_id, number.address, number.queue_id, number.language,
       queue.current_version, queue.closed_at IS NOT NULL OR queue.archived_at IS NOT NULL AS queue_closed,
       queue_version.config -> 'hours' AS hours,
       (SELECT json_agg(json_build_array(found.customer_id, found.level, found.source, found.value))
          FROM (SELECT DISTINCT ON (a.customer_id) a.customer_id, a.level, a.source, customer.value
                  FROM customer_address a
                  JOIN customer ON customer.company_id = a.company_id AND customer.id = a.customer_id
                   AND customer.erased_at IS NULL AND customer.merged_into IS NULL
                 WHERE a.company_id = number.company_id AND a.kind = 'phone' AND a.address = call.caller
                 LIMIT 16) found) AS customers
  FROM unnest(CAST(:n AS int[]), CAST(:called AS text[]), CAST(:callers AS text[])) AS call(n, called, caller)
  JOIN number ON number.kind = 'phone' AND number.address = call.called AND number.archived_at IS NULL
  LEFT JOIN queue ON queue.company_id = number.company_id AND queue.id = number.queue_id
  LEFT JOIN queue_version ON queue_version.queue_id = queue.id AND queue_version.version = queue.current_version
""")


async def reached(conn: AsyncConnection, calls: Sequence[tuple[str, str | None]]) -> list[Reached | None]:
    """For each (called, caller): where it leads; None for a number nobody has."""
    asked = {
        "n": list(range(len(calls))),
        "called": [called for called, _ in calls],
        "callers": [caller for _, caller in calls],
    }
    answer: list[Reached | None] = [None] * len(calls)
    for row in (await conn.execute(_REACHED, asked)).mappings():
        found = row["customers"] or []
        found = json.loads(found) if isinstance(found, str) else found
        answer[row["n"]] = Reached(
            company_id=str(row["company_id"]),
            address=row["address"],
            queue_id=None if row["queue_id"] is None else str(row["queue_id"]),
            queue_version=row["current_version"],
            queue_closed=bool(row["queue_closed"]),
            language=row["language"],
            hours=json.loads(row["hours"]) if isinstance(row["hours"], str) else row["hours"],
            customers=tuple((str(c), level, source, int(value)) for c, level, source, value in found),
        )
    return answer
