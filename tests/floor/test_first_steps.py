"""Does the administrator's tour in docs/first-steps.md lead to a company that takes a contact, word for word?"""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.launch import operator_key
from floor.agent import Desk, Manner
from floor.demo_company import PASSWORD, PURPOSES
from floor.http_line import Place
from floor.ledger import Ledger
from tests.serving import Server, api_of

GUIDE = Path(__file__).parents[2] / "docs" / "first-steps.md"
OWN_PLACE = re.compile(r"^export (JACKFIELD|KEY)=.*$", re.MULTILINE)  # where the reader's server and key are
TAKEN_S = 60.0


def commands() -> str:
    """What stands indented under the administrator's heading."""
    (section,) = re.findall(r"^## The administrator$(.*?)^## ", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    return OWN_PLACE.sub("", "\n".join(lines))


def follow(server: Server, key: str) -> subprocess.CompletedProcess[str]:
    script = f"set -euo pipefail\n{commands()}\nprintf '\\ncontact=%s\\n' \"$CONTACT\"\n"
    environment = {**os.environ, "JACKFIELD": server.url, "KEY": key}
    return subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=120)


@contextlib.asynccontextmanager
async def seat_of(server: Server, login: str, password: str) -> AsyncIterator[Desk]:
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as client:
        session = (await client.post("/v1/session", json={"login": login, "password": password})).json()

        async def ticket(agent_id: str) -> str:
            answer = await client.post("/v1/session/ticket", headers={"X-CSRF-Token": session["csrf"]})
            return str(answer.json()["ticket"])

        manner = Manner(handle_s=lambda channel: 0.1)
        desk = Desk(session["user"]["agent_id"], Place.of(server.url), ticket, ledger=Ledger(None), manner=manner)
        await desk.sit_down()
        yield desk
        await desk.leave()


async def closed(api: Any, contact_id: str) -> dict[str, Any]:
    async with asyncio.timeout(TAKEN_S):
        while True:
            story: dict[str, Any] = await api.get(f"/v1/contacts/{contact_id}")
            if story["contact"]["state"] == "closed":
                return story
            await asyncio.sleep(0.1)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl: apt-get install curl")
async def test_whoever_follows_the_guide_has_a_company_that_serves_its_first_customer(server: Server):
    key = await operator_key(server.database_url, "guide")
    async with api_of(server, key) as api:
        await api.post("/v1/companies", {"slug": "first", "name": "Another company"})
    done = await asyncio.to_thread(follow, server, key)
    assert done.returncode == 0, done.stdout + done.stderr
    (contact_id,) = re.findall(r"^contact=(\S+)$", done.stdout, re.MULTILINE)
    (password,) = re.findall(r'"login": "lena".*"password": "([^"]+)"', commands())
    async with seat_of(server, "lena", password) as desk, api_of(server, key) as api:
        desk.choose("ready")
        story = await closed(api, contact_id)
        customer = await api.get(f"/v1/customers/{story['contact']['customer_id']}")

    assert [segment["agent_id"] for segment in story["segments"]] == [desk.agent_id]
    assert story["contact"]["outcome"] == "handled"
    assert (customer["name"], customer["value_terms"]) == ("Grace Okafor", {"turnover": 60, "loyalty": 25})
    assert re.findall(r'"slug":"([^"]+)"', done.stdout) == ["linden"], "its own key knows no other"


def test_the_tour_names_the_logins_that_the_demo_prints():
    text = GUIDE.read_text()

    assert f"`{PASSWORD}`" in text
    assert all(re.search(rf"\b{login}\b", text) for login in PURPOSES)
