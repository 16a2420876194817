"""How well were customers served? Every number with its definition."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from analytics.facts import AskFact, Ratio, ReplyFact, SegmentFact, StayFact, Thresholds
from analytics.metrics import LIVE_METRICS, METRICS, VARIANTS, Metric, Tallies
from analytics.tally import Tally
from app.api.access import Caller
from app.api.fields import MS_MAX, Given, Id, Shown
from app.api.problems import invalid, not_found
from app.store import faq_asks, figures, queues
from contacts.hours import read_hours
from contacts.stay import Told

router = APIRouter(prefix="/v1/figures", tags=["figures"])
definitions_router = APIRouter(prefix="/v1/metrics", tags=["figures"])

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


class DefinitionShown(Shown):
    """What a number means: in English, and the key of the text for people. `live`: of this instant, in no report."""

    key: str
    unit: Literal["count", "ms", "ratio"]
    definition: str
    definition_key: str
    live: bool


class DefinitionsShown(Shown):
    items: list[DefinitionShown]
    service_level_variants: list[str]


@definitions_router.get("/definitions")
async def read_metric_definitions(access: Caller) -> DefinitionsShown:
    """Every figure of reports and of the live view; both compute it by the same function."""
    names = ("key", "unit", "definition", "definition_key")
    items = [
        DefinitionShown(**{name: getattr(metric, name) for name in names}, live=live)
        for live, metrics in ((False, METRICS), (True, LIVE_METRICS))
        for metric in metrics
    ]
    return DefinitionsShown(items=items, service_level_variants=list(VARIANTS))


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
        queue_ids = [queue["id"] for queue in found]
        stays = await figures.stays(conn, queue_ids, from_us, to_us)
        segments = await figures.segments(conn, queue_ids, from_us, to_us)
        asks = await faq_asks.of_queues(conn, queue_ids, from_us, to_us)
        replies = await figures.replies(conn, queue_ids, from_us, to_us)
        closed = await figures.closed_hours(conn, company_ids, from_us, to_us)
    if max(len(stays), len(segments), len(asks)) > figures.STAYS_MAX:
        raise invalid("/from", "a shorter interval, or one queue", "figures.too_many", "query")
    return FiguresShown(
        from_ms=from_us // 1000,
        to_ms=to_us // 1000,
        closed_hours=closed,
        queues=await asyncio.to_thread(lambda: _of_queues(found, stays, segments, replies, asks)),
    )


def _of_queues(
    found: Sequence[Mapping[str, Any]],
    stays: Sequence[figures.StayRow],
    segments: Sequence[figures.SegmentRow],
    replies: Sequence[figures.ReplyRow],
    asks: Sequence[faq_asks.AskRow],
) -> list[QueueFigures]:
    tallies = {queue["id"]: Tally(thresholds_of(queue["config"])) for queue in found}
    for stay in stays:
        told = Told(**stay.told) if stay.told is not None else None
        tallies[stay.queue_id].add_stay(StayFact(*stay[:-1], told=told))
    for segment in segments:
        tallies[segment.queue_id].add_segment(SegmentFact(*segment))
    for ask in asks:
        tallies[ask.queue_id].add_ask(AskFact(*ask))
    for reply in replies:
        tallies[reply.queue_id].add_reply(ReplyFact(*reply))
    return [_of_queue(queue, tallies[queue["id"]]) for queue in found]


def thresholds_of(config: Mapping[str, Any]) -> Thresholds:
    hours = config.get("hours")
    return Thresholds(config["service_level_s"], config["short_abandon_s"], read_hours(hours) if hours else None)


def _of_queue(queue: Mapping[str, Any], tally: Tally) -> QueueFigures:
    return QueueFigures(
        queue_id=queue["id"],
        queue=queue["name"],
        company_id=queue["company_id"],
        service_level_s=tally.by.service_level_s,
        short_abandon_s=tally.by.short_abandon_s,
        figures=[figure_shown(metric, [tally]) for metric in METRICS],
    )


def figure_shown(metric: Metric, of: Tallies) -> FigureShown:
    value = metric.compute(of)
    about: dict[str, Any] = {
        "key": metric.key,
        "unit": metric.unit,
        "definition": metric.definition,
        "definition_key": metric.definition_key,
    }
    if isinstance(value, Ratio):
        return FigureShown(**about, part=value.part, whole=value.whole, ppm=value.ppm)
    return FigureShown(**about, value=value)
