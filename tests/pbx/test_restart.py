"""We die, or Asterisk does, in the midst of calls."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.bus import redis_server
from tests.pbx.centre import PLAIN, Centre, centre
from tests.pbx.pbx import Pbx
from tests.serving import Server, connects_within

TALKING, WAITING, IN_THE_GAP = 6, 44, 20
LIVE = """
SELECT count(*) FILTER (WHERE role = 'customer') AS callers, count(*) FILTER (WHERE role = 'agent') AS agents
FROM leg WHERE state <> 'cleared'
"""


async def test_calls_go_on_while_we_are_dead_and_are_found_again(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """Nobody is dropped, nobody is rung twice; who calls in the gap hears it ring and is queued."""
    async with centre(pbx, new_database(), tmp_path, agents=TALKING) as here:
        for n, login in enumerate(here.desks, 1):
            here.desks[login].choose("ready")
            here.sip.phone("until", of=n)
        callers = here.sip.call(PLAIN, "until", times=TALKING + WAITING)
        for login in here.desks:
            await here.until_state("talking", login)
        await here.until(lambda: _waiting(here, WAITING), why="the others wait")
        before = set(await asyncio.to_thread(lambda: pbx.left()["channels"]))

        here.server.kill()
        in_the_gap = here.sip.call(PLAIN, "until", times=IN_THE_GAP, number="+4930777002")
        await asyncio.sleep(2.0)
        assert before <= set(await asyncio.to_thread(lambda: pbx.left()["channels"])), "nobody is dropped"
        here.server.start()
        await here.server.until_ready()
        began_s = time.monotonic()
        await here.until(lambda: _waiting(here, WAITING + IN_THE_GAP), 40, "who called in the gap is queued")
        found_s = time.monotonic() - began_s
        (live,) = await here.fetch(LIVE)
        assert before <= set(await asyncio.to_thread(lambda: pbx.left()["channels"])), "nobody is dropped"
        assert (live["callers"], live["agents"]) == (TALKING + WAITING + IN_THE_GAP, TALKING)
        (rung,) = await here.fetch("SELECT count(*) FROM effect WHERE kind = 'telephony.connect'")
        assert rung["count"] == TALKING, "each phone was rung once"

        contacts = await here.fetch("SELECT id FROM contact WHERE state = 'open'")
        for contact in contacts:
            await here.rest.post(f"/v1/contacts/{contact['id']}/leave", {})
        await callers.over()
        await in_the_gap.over()
        await here.nothing_is_left()
    print({"found_s": round(found_s, 2)})


async def test_an_agent_who_picks_up_while_we_are_dead_has_the_call(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    """The phone rang when we died; nobody is rung twice. A loaded machine may need long to be back."""
    database = new_database()
    await connects_within(database, 60)
    async with centre(pbx, database, tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        here.sip.phone("until", ring_ms=1000)
        here.sip.call(PLAIN, "until")
        await here.until(lambda: _rings(here), why="anna's phone rings")
        here.server.kill()
        await here.until_picked_up("agent")
        here.server.start()
        await here.server.until_ready()
        mine = await here.until_state("talking")
        assert await here.who_is_in() == ["anna", "caller"]
        (rung,) = await here.fetch("SELECT count(*) FROM effect WHERE kind = 'telephony.connect'")
        assert rung["count"] == 1
        here.desks["anna"].do("end", mine)
        await here.nothing_is_left()


async def _rings(here: Centre) -> bool:
    return bool(await here.fetch("SELECT 1 FROM leg WHERE role = 'agent' AND state = 'delivered'"))


async def _waiting(here: Centre, number: int) -> bool:
    rows = await here.fetch("SELECT count(*) FROM stay WHERE ended_at IS NULL")
    return bool(rows[0]["count"] == number)


async def test_after_a_restart_of_asterisk_agents_are_free_again(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    """A PBX of its own: it is killed."""
    (tmp_path / "pbx").mkdir()
    pbx = Pbx.configured(tmp_path / "pbx")
    pbx.start()
    try:
        async with centre(pbx, new_database(), tmp_path, agents=1) as here:
            here.desks["anna"].choose("ready")
            phone = here.sip.phone("until")
            here.sip.call(PLAIN, "until")
            await here.until_state("talking")
            pbx.stop(signal.SIGKILL)
            pbx.start()
            await here.until(lambda: not here.segments(), why="anna is free again")
            legs = await here.fetch("SELECT state FROM leg")
            (contact,) = await here.contacts()
            phone.kill()
            here.sip.phone("until")
            again = here.sip.call(PLAIN, "pause 1500", "bye")
            await here.until_state("talking")
            await again.over()
            await here.nothing_is_left()
        assert {leg["state"] for leg in legs} == {"cleared"}
        assert contact["outcome"] == "handled"
    finally:
        pbx.stop(signal.SIGKILL)


async def test_whoever_is_cut_off_is_called_back_where_the_queue_says_so(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    """One who waited and one who spoke, each at the place that they had."""
    (tmp_path / "pbx").mkdir()
    pbx = Pbx.configured(tmp_path / "pbx")
    pbx.start()
    try:
        async with centre(pbx, new_database(), tmp_path, agents=1, when_lost="callback") as here:
            here.desks["anna"].choose("ready")
            phone = here.sip.phone("until")
            here.sip.call(PLAIN, "until", number="+4930777001")
            await here.until_state("talking")
            here.sip.call(PLAIN, "until", number="+4930777002")
            await here.until(lambda: _waiting(here, 1), why="the second waits")
            pbx.stop(signal.SIGKILL)
            phone.kill()
            here.sip.phone("until", times=2)
            outside = here.sip.outside("pause 500", "bye", times=2)
            pbx.start()
            await outside.over(60)
            await here.nothing_is_left()
            contacts = await here.contacts()
            ends = await here.fetch('SELECT "end" FROM stay ORDER BY queued_at, id')
        told = [(contact["direction"], contact["outcome"]) for contact in contacts]
        assert sorted(told) == [("in", "called_back"), ("in", "handled"), ("out", "handled"), ("out", "handled")]
        assert sorted(row["end"] for row in ends) == ["answered", "called_back", "dialled", "dialled"]
    finally:
        pbx.stop(signal.SIGKILL)


@pytest.mark.redis
async def test_a_process_that_stands_by_holds_no_connection_to_asterisk(
    pbx: Pbx, new_database: Callable[[], str], tmp_path: Path
) -> None:
    database = new_database()
    async with redis_server(tmp_path) as bus, centre(pbx, database, tmp_path, agents=1, redis_url=bus.url) as here:
        second = Server(database, tmp_path / "second.log", redis_url=bus.url)
        second.start()
        try:
            await second.until_ready()
            assert _connections(here.server.pid, pbx.http_port) == 1
            assert _connections(second.pid, pbx.http_port) == 0
            here.server.signal(signal.SIGSTOP)
            try:
                await here.until(lambda: _connections(second.pid, pbx.http_port) == 1, why="the second took over")
            finally:
                here.server.signal(signal.SIGCONT)
            await here.until(lambda: _connections(here.server.pid, pbx.http_port) == 0, why="the first let go")
        finally:
            second.kill()


def _connections(pid: int, port: int) -> int:
    """Established ones of this process to this port of the machine."""
    held = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            held.add(os.readlink(descriptor))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    theirs = [line for line in lines if line[2].endswith(f":{port:04X}") and line[3] == "01"]
    return sum(f"socket:[{line[9]}]" in held for line in theirs)
