"""How well were customers served? Every number with its definition."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from analytics.metrics import METRICS, Ratio, StayFact, Thresholds
from app.api.access import Caller
from app.api.fields import MS_MAX, Given, Id, Shown
from app.api.problems import invalid, not_found
from app.store import figures, queues

router = APIRouter(prefix="/v1/figures", tags=["figures"])

INTERVAL_DEFAULT_MS = 24 * 3600 * 1000
QUEUES_MAX = 200

Instant = Annotated[int, Field(ge=0, le=MS_MAX // 1000)]


class FiguresQuery(Given):
    """Stays queued in [from, to), in business time; by default the last 24 hours."""

    model_config = ConfigDict(extra="forbid", strict=False)

    company_id: Id | None = None
    queue_id: Id | None = None
    from_ms: Instant | None = Field(None, alias="from")
    to_ms: Instant | None = Field(None, alias="to")


class FigureShown(Shown):
    """A count or a time in `value`; a ratio as `part` of `whole`, and in parts per million."""

    key: str
    unit: Literal["count", "ms", "ratio"]
    definition: str
    definition_key: str
    value: int | None = None
    part: int | None = None
    whole: int | None = None
    ppm: int | None = None


class QueueFigures(Shown):
    queue_id: Id
    queue: str
    company_id: Id
    service_level_s: int
    short_abandon_s: int
    figures: list[FigureShown]


class FiguresShown(Shown):
    """`closed_hours`: contacts that came while no queue was open for them, counted beside."""

    from_ms: int
    to_ms: int
    closed_hours: int
    queues: list[QueueFigures]


@router.get("")
async def read_figures(query: Annotated[FiguresQuery, Query()], access: Caller) -> FiguresShown:
    to_us = access.doors.now_us() if query.to_ms is None else query.to_ms * 1000
    from_us = to_us - INTERVAL_DEFAULT_MS * 1000 if query.from_ms is None else query.from_ms * 1000
    if from_us > to_us:
        raise invalid("/to", "an instant after from", "figures.interval", "query")
    company_ids = access.narrowed(query.company_id)
    async with access.reading() as conn:
        found = await queues.with_configs(conn, company_ids, query.queue_id, QUEUES_MAX)
        if query.queue_id is not None and not found:
            raise not_found("queue", "/queue_id", "query")
        rows = await figures.stays(conn, [queue["id"] for queue in found], from_us, to_us)
        closed = await figures.closed_hours(conn, company_ids, from_us, to_us)
    if len(rows) > figures.STAYS_MAX:
        raise invalid("/from", "a shorter interval, or one queue", "figures.too_many", "query")
    facts: dict[str, list[StayFact]] = {queue["id"]: [] for queue in found}
    for row in rows:
        facts[row.queue_id].append(StayFact(*row))
    return FiguresShown(
        from_ms=from_us // 1000,
        to_ms=to_us // 1000,
        closed_hours=closed,
        queues=await asyncio.to_thread(lambda: [_of_queue(queue, facts[queue["id"]]) for queue in found]),
    )


def _of_queue(queue: Mapping[str, Any], facts: Sequence[StayFact]) -> QueueFigures:
    by = Thresholds(**{name: queue["config"][name] for name in ("service_level_s", "short_abandon_s")})
    shown = []
    for metric in METRICS:
        value = metric.compute(facts, by)
        about: dict[str, Any] = {
            "key": metric.key,
            "unit": metric.unit,
            "definition": metric.definition,
            "definition_key": metric.definition_key,
        }
        if isinstance(value, Ratio):
            about |= {"part": value.part, "whole": value.whole, "ppm": value.ppm}
        else:
            about["value"] = value
        shown.append(FigureShown(**about))
    return QueueFigures(
        queue_id=queue["id"],
        queue=queue["name"],
        company_id=queue["company_id"],
        service_level_s=by.service_level_s,
        short_abandon_s=by.short_abandon_s,
        figures=shown,
    )
