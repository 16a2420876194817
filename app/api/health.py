"""Does this process live, can it serve, and what does it count?"""

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from app.api.access import Caller
from app.api.fields import Shown
from app.api.problems import unavailable
from app.store import health

router = APIRouter(tags=["operation"])

WRITER_FRESH_S = 2.0
MEASURE_QUEUES_MAX = 5_000

_waiting = Gauge("acd_queue_waiting", "Stays that wait now", ["queue"])
_longest = Gauge("acd_queue_longest_wait_seconds", "Age of the oldest waiting stay, in business time", ["queue"])
_agents = Gauge("acd_agents", "Agents by what they chose", ["chosen"])
_counts = Gauge("acd_process_counts", "Counted by this process since it began", ["what"])
_open = Gauge("acd_contacts_open", "Open contacts")


class Alive(Shown):
    status: Literal["alive"] = "alive"


class Ready(Shown):
    status: Literal["ready"] = "ready"


@router.get("/healthz")
async def healthz(access: Caller) -> Alive:
    return Alive()


@router.get("/readyz")
async def readyz(access: Caller) -> Ready:
    """The database answers with tables of this version and a writer has beaten within 2 s; if not, 503 says which."""
    async with access.reading() as conn:
        stands_at, age_s = await health.revision(conn), await health.beat_age_s(conn)
    if stands_at != health.wanted_revision():
        raise unavailable("database.migrations", "The tables are of another version; run `jackfield migrate`")
    known_s = await access.doors.writer_age_s()
    age_s = known_s if known_s is not None else age_s
    if age_s is None or age_s > WRITER_FRESH_S:
        raise unavailable("writer.none", "No process decides just now")
    return Ready()


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(access: Caller) -> Response:
    """Prometheus. Labels are bounded: queues, operations and states, never customers or contacts."""
    now_s = access.doors.now_us() / 1e6
    async with access.reading() as conn:
        waiting = await health.waiting(conn, MEASURE_QUEUES_MAX)
        chosen = await health.agents_by_choice(conn)
        _open.set(await health.open_contacts(conn))
    _waiting.clear()
    _longest.clear()
    for queue_id, count, oldest_us in waiting:
        _waiting.labels(queue_id).set(count)
        _longest.labels(queue_id).set(max(0.0, now_s - oldest_us / 1e6))
    for choice in ("ready", "away", "offline"):
        _agents.labels(choice).set(chosen.get(choice, 0))
    for what, count in access.doors.counts().items():
        _counts.labels(what).set(count)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
