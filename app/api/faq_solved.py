"""How many of the visitors who asked the FAQ needed no agent? The figures of reports, of all queues of a company."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from analytics.facts import AskFact
from analytics.metrics import METRICS
from analytics.tally import Tally
from app.api.access import Caller
from app.api.fields import Given, Id, Shown
from app.api.figures import FigureShown, Instant, figure_shown
from app.api.problems import invalid
from app.store import faq_asks

router = APIRouter(prefix="/v1/faq", tags=["faq"])

INTERVAL_DEFAULT_US = 30 * 24 * 3600 * 1_000_000
SHOWN = ("asked", "asked_in_vain", "solved_without_agent")


class SolvedQuery(Given):
    """Visitors who asked first in [from, to), in business time; by default in the last 30 days."""

    model_config = ConfigDict(extra="forbid", strict=False)

    company_id: Id | None = None
    from_ms: Instant | None = Field(None, alias="from")
    to_ms: Instant | None = Field(None, alias="to")


class SolvedShown(Shown):
    from_ms: int
    to_ms: int
    figures: list[FigureShown]


@router.get("/solved")
async def read_faq_solved(query: Annotated[SolvedQuery, Query()], access: Caller) -> SolvedShown:
    """Each with its definition; computed by the same functions as in reports."""
    to_us = access.doors.now_us() if query.to_ms is None else query.to_ms * 1000
    from_us = to_us - INTERVAL_DEFAULT_US if query.from_ms is None else query.from_ms * 1000
    if from_us > to_us:
        raise invalid("/to", "an instant after from", "figures.interval", "query")
    company_ids = access.narrowed(query.company_id)
    async with access.reading() as conn:
        queue_ids = await faq_asks.queues_of(conn, company_ids)
        asks = await faq_asks.of_queues(conn, queue_ids, from_us, to_us)
    if len(asks) > faq_asks.ASKS_MAX:
        raise invalid("/from", "a shorter interval", "figures.too_many", "query")
    tally = Tally()
    for ask in asks:
        tally.add_ask(AskFact(*ask))
    figures = [figure_shown(metric, [tally]) for metric in METRICS if metric.key in SHOWN]
    return SolvedShown(from_ms=from_us // 1000, to_ms=to_us // 1000, figures=figures)
