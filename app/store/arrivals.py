"""Which company, queue and customers do the two addresses of a call lead to? Two queries for a whole webhook."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from app.store.database import Reads

Known = tuple[str, str, str, int]  # (customer id, level, source, value) of somebody known by the caller's address


@dataclass(frozen=True, slots=True)
class Way:
    """Where a number leads."""

    company_id: str
    address: str
    queue_id: str | None
    queue_version: int | None
    queue_closed: bool
    language: str | None
    hours: dict[str, Any] | None
    flow_id: str | None = None
    flow_version: int | None = None
    is_fax: bool = False
    fax_queue_id: str | None = None  # of a voice number that takes faxes, too


_WAYS = """
SELECT number.company_id, number.address, number.queue_id, number.language,
       queue.current_version, queue.closed_at IS NOT NULL OR queue.archived_at IS NOT NULL AS queue_closed,
       queue_version.config -> 'hours' AS hours, flow.id AS flow_id, flow.current_version AS flow_version,
       number.kind = 'fax' AS is_fax, fax.queue_id AS fax_queue_id
  FROM number
  LEFT JOIN number fax ON fax.kind = 'fax' AND number.kind = 'phone' AND fax.address = number.address
   AND fax.company_id = number.company_id AND fax.archived_at IS NULL
  LEFT JOIN flow ON flow.company_id = number.company_id AND flow.id = number.flow_id AND flow.archived_at IS NULL
  LEFT JOIN queue ON queue.company_id = number.company_id AND queue.id = number.queue_id
  LEFT JOIN queue_version ON queue_version.queue_id = queue.id AND queue_version.version = queue.current_version
 WHERE number.kind IN ('phone', 'fax') AND number.address = ANY ($1::text[]) AND number.archived_at IS NULL
 ORDER BY number.kind
"""
_KNOWN = """
SELECT caller.n, found.customer_id, found.level, found.source, found.value
  FROM unnest($1::int[], $2::uuid[], $3::text[]) AS caller(n, company_id, address)
 CROSS JOIN LATERAL (
       SELECT DISTINCT ON (a.customer_id) a.customer_id, a.level, a.source, customer.value
         FROM customer_address a
         JOIN customer ON customer.company_id = a.company_id AND customer.id = a.customer_id
          AND customer.erased_at IS NULL AND customer.merged_into IS NULL
        WHERE a.company_id = caller.company_id AND a.kind = 'phone' AND a.address = caller.address
        LIMIT 16) found
"""


@dataclass(frozen=True, slots=True)
class LookUps:
    reads: Reads

    async def ways(self, called: Sequence[str]) -> dict[str, Way]:
        """By number; one that nobody has is not there. Of one for voice and fax it is the voice's: that is last."""
        return {row["address"]: _as_way(row) for row in await self.reads.fetch(_WAYS, called)}

    async def known(self, callers: Sequence[tuple[str, str]]) -> list[list[Known]]:
        """For each (company id, address): everybody known by it, at most 16."""
        rows = await self.reads.fetch(
            _KNOWN,
            list(range(len(callers))),
            [company_id for company_id, _ in callers],
            [address for _, address in callers],
        )
        answer: list[list[Known]] = [[] for _ in callers]
        for row in rows:
            answer[row["n"]].append((str(row["customer_id"]), row["level"], row["source"], int(row["value"])))
        return answer


def _as_way(row: asyncpg.Record) -> Way:
    return Way(
        company_id=str(row["company_id"]),
        address=row["address"],
        queue_id=None if row["queue_id"] is None else str(row["queue_id"]),
        queue_version=row["current_version"],
        queue_closed=bool(row["queue_closed"]),
        language=row["language"],
        hours=row["hours"],
        flow_id=None if row["flow_id"] is None else str(row["flow_id"]),
        flow_version=row["flow_version"],
        is_fax=bool(row["is_fax"]),
        fax_queue_id=None if row["fax_queue_id"] is None else str(row["fax_queue_id"]),
    )
