"""Is the time to the first human reply the queue's open time, live and in reports, over a restart, for a stranger?"""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.floor.test_replay_figures import recomputed
from tests.mail.centre import QUEUE, Centre, centre
from tests.mail.post_office import PostOffice, letter

Database = Callable[[], str]
OPEN = ["00:00-24:00"]
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _hours(is_open: bool) -> dict[str, Any]:
    """All the time, or on no day near this one."""
    days = (datetime.now(UTC).date() + timedelta(days=n) for n in range(-1, 3))
    shut = {} if is_open else {day.isoformat(): [] for day in days}
    return {"zone": "UTC", "weekly": dict.fromkeys(WEEK, OPEN), "exceptions": shut}


async def _figures(here: Centre) -> tuple[dict[str, Any], dict[str, Any]]:
    """(live, report) of the queue."""
    live = await here.rest.get("/v1/live")
    report = await here.rest.get(f"/v1/figures?queue_id={here.queue_id}")
    folder = here.server.log.parent
    (folder / "live.json").write_text(json.dumps(live))
    (folder / "figures.json").write_text(json.dumps(report))
    (folder / "database_url").write_text(here.server.database_url)
    (queue,) = report["queues"]
    return live["figures"][f"queue/{here.queue_id}"], {each["key"]: each for each in queue["figures"]}


async def _replied(here: Centre, count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    async def so_many() -> bool:
        live, _ = await _figures(here)
        return bool(live["replied"] == count)

    await here.until(so_many, why=f"{count} were replied to")
    return await _figures(here)


async def test_a_mail_answered_outside_the_hours_took_no_time_and_an_acknowledgement_is_no_answer(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1, box={"acknowledge": True}) as here:
        path = f"/v1/queues/{here.queue_id}/versions"
        config = QUEUE | {"service_level_s": 86_400, "hours": _hours(is_open=False)}
        await here.rest.post(path, {"config": config, "publish": True})
        here.desks["anna"].choose("ready")
        office.send(letter())
        contact_id = await here.served()
        await asyncio.to_thread(office.until_there, 1)  # the acknowledgement
        before, _ = await _figures(here)
        await here.answer(contact_id)
        await here.answer(contact_id, text="And this.")
        shut, reported = await _replied(here, 1)
        told = await recomputed(tmp_path)
        here.server.kill()
        here.server.start()
        await here.server.until_ready()
        after, _ = await _replied(here, 1)
        await here.rest.post(path, {"config": config | {"hours": _hours(is_open=True)}, "publish": True})

        async def took_time() -> bool:
            live, _ = await _figures(here)
            return bool(live["reply_wait_ms"])

        await here.until(took_time, why="the hours are others")
        anew, reported_anew = await _figures(here)
        told_anew = await recomputed(tmp_path)

    assert (before["answered"], before["replied"], before["reply_level_bp"]) == (1, 0, None)
    assert (shut["replied"], shut["reply_level_bp"], shut["reply_wait_ms"]) == (1, 10_000, 0)
    assert (reported["replied"]["value"], reported["reply_wait"]["value"]) == (1, 0)
    assert (reported["reply_level"]["part"], reported["reply_level"]["whole"]) == (1, 1)
    assert {name: after[name] for name in after if name.startswith("repl")} == {
        name: shut[name] for name in shut if name.startswith("repl")
    }
    assert anew["reply_wait_ms"] == reported_anew["reply_wait"]["value"] > anew["asa_ms"] > 0
    for _, said in (told, told_anew):  # within a millisecond, a share of so few seconds is more than one number
        assert said["compared"] > 60
        assert [each for each in said["shown"] if each["figure"] != "occupancy_bp"] == []
