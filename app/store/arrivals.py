"""Which company, queue and customers do the two addresses of a call lead to? One query for a whole webhook.

The hottest read of all: on connections of its own, prepared once and without a transaction around it.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.store.database import API_SETTINGS, CONNECT_TIMEOUT_S

CONNECTIONS_MAX = 4


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


_REACHED = """
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
  FROM unnest($1::int[], $2::text[], $3::text[]) AS call(n, called, caller)
  JOIN number ON number.kind = 'phone' AND number.address = call.called AND number.archived_at IS NULL
  LEFT JOIN queue ON queue.company_id = number.company_id AND queue.id = number.queue_id
  LEFT JOIN queue_version ON queue_version.queue_id = queue.id AND queue_version.version = queue.current_version
"""


@dataclass(slots=True)
class LookUps:
    url: str
    _pool: asyncpg.Pool | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def reached(self, calls: Sequence[tuple[str, str | None]]) -> list[Reached | None]:
        """For each (called, caller): where it leads; None for a number nobody has."""
        pool = self._pool or await self._open()
        rows = await pool.fetch(
            _REACHED, list(range(len(calls))), [called for called, _ in calls], [caller for _, caller in calls]
        )
        answer: list[Reached | None] = [None] * len(calls)
        for row in rows:
            answer[row["n"]] = _as_reached(row)
        return answer

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.url,
                    min_size=1,
                    max_size=CONNECTIONS_MAX,
                    timeout=CONNECT_TIMEOUT_S,
                    command_timeout=CONNECT_TIMEOUT_S,
                    server_settings=API_SETTINGS,
                )
        return self._pool


def _as_reached(row: asyncpg.Record) -> Reached:
    return Reached(
        company_id=str(row["company_id"]),
        address=row["address"],
        queue_id=None if row["queue_id"] is None else str(row["queue_id"]),
        queue_version=row["current_version"],
        queue_closed=bool(row["queue_closed"]),
        language=row["language"],
        hours=None if row["hours"] is None else json.loads(row["hours"]),
        customers=tuple(
            (str(customer), level, source, int(value))
            for customer, level, source, value in json.loads(row["customers"] or "[]")
        ),
    )
