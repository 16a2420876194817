"""Does one command give a living contact centre, also after kill -9, with a seat that is offered work?"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.store.embedded import socket_folder
from floor.agent import Desk, Manner
from floor.demo_company import FIRM, OTHER, PASSWORD
from floor.http_line import Place
from floor.ledger import Ledger
from tests.serving import port_to_come_back_to

OPEN_S = 240.0  # the first start; what it takes is measured elsewhere
OFFER_S = 90.0
UNDECIDED = Manner(ignore_share=1.0)


@dataclass(slots=True)
class Demo:
    """`jackfield demo` in a process group of its own, as a terminal starts it."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def told(self) -> str:
        return (self.home / "told").read_text(errors="replace")

    def start(self) -> None:
        environment = {**os.environ, "JACKFIELD_HOME": str(self.home), "COLUMNS": "100"}
        command = [sys.executable, "-m", "app.cli", "demo", "--port", str(self.port)]
        with (self.home / "told").open("wb") as out:
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)

    async def until(self, words: str) -> None:
        deadline = time.monotonic() + OPEN_S
        while words not in self.told:
            assert self.process is not None
            assert self.process.poll() is None, self.told
            assert time.monotonic() < deadline, self.told
            await asyncio.sleep(0.1)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """The server alone: what it started has to notice."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    async def stop(self) -> int:
        self.signal(signal.SIGINT)
        assert self.process is not None
        return await asyncio.to_thread(self.process.wait, 60)


@pytest.fixture
def demo() -> Iterator[Demo]:
    """Its home is no folder of pytest's: root's PostgreSQL is another user, whom pytest shuts out."""
    home = Path(tempfile.mkdtemp(prefix="jackfield-demo-")).resolve()
    demo = Demo(home, port_to_come_back_to())
    yield demo
    if demo.process is not None and demo.process.poll() is None:
        demo.signal(signal.SIGTERM)
        demo.process.wait(60)
    shutil.rmtree(socket_folder(home / "demo"), ignore_errors=True)
    shutil.rmtree(home)


@contextlib.asynccontextmanager
async def logged_in(demo: Demo, login: str) -> Any:
    async with httpx2.AsyncClient(base_url=demo.url, timeout=30) as client:
        answer = await client.post("/v1/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code in (200, 201), answer.text
        yield client


async def companies_of(demo: Demo, login: str) -> list[str]:
    async with logged_in(demo, login) as client:
        return [each["slug"] for each in (await client.get("/v1/companies")).json()["items"]]


async def contacts_of(demo: Demo, login: str) -> list[dict[str, Any]]:
    async with logged_in(demo, login) as client:
        return list((await client.get("/v1/contacts", params={"limit": 200})).json()["items"])


async def written_by_the_doors(demo: Demo) -> set[str]:
    """The channels of which sara can read what a customer wrote and an agent answered, once there are all of them."""
    found: set[str] = set()
    until_s = time.monotonic() + OPEN_S
    async with logged_in(demo, "sara") as client:
        while found != {"chat", "email", "fax"} and time.monotonic() < until_s:
            for each in (await client.get("/v1/contacts", params={"limit": 200})).json()["items"]:
                if each["channel"] not in {"chat", "email", "fax"} - found:
                    continue
                what = {"chat": "messages", "email": "mails", "fax": "faxes"}[each["channel"]]
                items = (await client.get(f"/v1/contacts/{each['id']}/{what}")).json()["items"]
                sides = {item.get("sender") or item.get("direction") for item in items}
                if sides >= {"chat": {"customer", "agent"}, "email": {"in", "out"}, "fax": {"in"}}[each["channel"]]:
                    found.add(each["channel"])
            await asyncio.sleep(1.0)
    return found


async def offer_to_anna(demo: Demo) -> dict[str, Any]:
    """The visitor's seat: she logs in, is ready, and waits for what comes."""
    async with logged_in(demo, "anna") as client:
        session = (await client.get("/v1/session")).json()

        async def ticket(agent_id: str) -> str:
            answer = await client.post("/v1/session/ticket", headers={"X-CSRF-Token": session["csrf"]})
            return str(answer.json()["ticket"])

        desk = Desk(session["user"]["agent_id"], Place.of(demo.url), ticket, ledger=Ledger(None), manner=UNDECIDED)
        await desk.sit_down()
        try:
            desk.choose("ready")
            async with asyncio.timeout(OFFER_S):
                while not desk.desk.segments:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            return next(iter(desk.desk.segments.values()))
        finally:
            await desk.leave()


async def test_one_command_gives_a_centre_that_lives_on_after_kill_9(demo: Demo):
    demo.start()
    await demo.until("the day begins")
    first_told = demo.told
    seen = {login: await companies_of(demo, login) for login in ("anna", "sara", "oscar", "adam", "operator")}
    firms, others = await contacts_of(demo, "sara"), await contacts_of(demo, "oscar")
    offer = await offer_to_anna(demo)
    written = await written_by_the_doors(demo)
    demo.kill()
    demo.start()
    await demo.until("Ctrl-C stops everything")
    again = await offer_to_anna(demo)
    code = await demo.stop()

    assert set(re.findall(rf"(\w+) +│ {PASSWORD}", first_told)) == {*seen, "victor"}
    assert demo.url in first_told
    assert ("all new" in first_told, "as you left it" in demo.told) == (True, True)
    assert seen == {
        "anna": [FIRM], "sara": [FIRM], "oscar": [OTHER], "adam": [FIRM], "operator": [FIRM, OTHER],
    }  # fmt: skip
    assert written == {"chat", "email", "fax"}
    assert len(firms) == 200, "customers have a history at once"
    assert {each["company_id"] for each in firms}.isdisjoint({each["company_id"] for each in others})
    assert (offer["state"], again["state"]) == ("offered", "offered")
    assert (code, "the floor ended" in demo.told) == (0, False), demo.told
