"""Does the floor work against the real server: unruly agents, the demo's companies, the load generator?"""

import asyncio
import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.launch import operator_key
from floor import demo_company, demo_customers, load
from floor.agent import Manner
from floor.caller import Caller, Errand
from floor.company import AgentWish, CompanyWish, QueueWish, Wish, establish
from floor.demo_company import FIRM
from floor.demo_customers import MANY, OTHER
from floor.opening import Floor, open_floor
from floor.rest import Rest
from tests.serving import Server

NUMBER = "+4930555010100"
AUDIT = Path(__file__).parents[1] / "audit.py"


def small_wish() -> Wish:
    config = {"offer_timeout_s": 2, "reoffer_pause_s": 1, "max_offers": 50, "wrap_up_s": 10, "promise_s": 3}
    queue = QueueWish(name="Sales", numbers={NUMBER: "phone"}, config=config)
    agents = [AgentWish(login=f"agent{n}", name=f"Agent {n}", phone=f"SIP/{n}") for n in range(5)]
    return Wish(companies=[CompanyWish(slug="acme", name="Acme", region="DE", queues=[queue])], agents=agents)


async def quiet(floor: Floor, within_s: float = 90) -> None:
    async with asyncio.timeout(within_s):
        while not floor.is_quiet:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)  # what became of the last effects is committed


def audited(folder: Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run([sys.executable, str(AUDIT), str(folder)], capture_output=True, text=True, timeout=60)
    said = json.loads(done.stdout)
    return done.returncode, {kind: said[kind] for kind in said if isinstance(said[kind], int) and said[kind]}


async def test_agents_who_decline_ignore_hold_and_lose_their_line_lose_no_call(server: Server, tmp_path: Path):
    """The auditor reconciles; every caller with patience is served."""
    chance = random.Random(5)
    (tmp_path / "database_url").write_text(server.database_url)

    def manner(login: str) -> Manner:
        own = random.Random(login)
        return Manner(
            decline_share=0.2, ignore_share=0.05, hold_share=0.3, think_s=lambda: own.random() / 10, chance=own
        )

    ends: list[str] = []
    key = await operator_key(server.database_url, "floor")
    async with open_floor(server.url, key, small_wish(), out=tmp_path, manner=manner) as floor:
        for desk in floor.crowd.desks.values():
            desk.choose("ready")
        for _ in range(30):
            errand = Errand(None, NUMBER, patience_s=60, talk_s=chance.random() / 5)
            Caller(errand, floor.provider, lambda caller, end: ends.append(end)).call()
            await asyncio.sleep(chance.random() / 10)
            if chance.random() < 0.2:
                chance.choice(list(floor.crowd.desks.values())).drop_line()
        await quiet(floor)
        floor.callers.write("end", drained=True)
        reconnects = sum(desk.reconnects for desk in floor.crowd.desks.values())

    assert ends == ["served"] * 30
    assert reconnects > 0
    assert await asyncio.to_thread(audited, tmp_path) == (0, {})


async def test_a_second_start_of_the_demo_finds_everything_the_first_one_made(server: Server):
    key = await operator_key(server.database_url, "demo")
    async with Rest(server.url, key) as rest:
        first = await establish(rest, demo_company.wish())
        second = await establish(rest, demo_company.wish())
        customers = [item async for item in rest.every("/v1/customers", company_id=first.companies[OTHER])]

    assert first.made > 100
    assert second.made == 0
    assert second.agents == first.agents
    assert len(first.agents) == 24 + 1
    assert len(customers) == MANY[OTHER]


async def test_a_start_that_was_cut_off_goes_on_where_it_ended(server: Server):
    """Customers come in by slices, whole or not at all; the next start brings in those that are missing."""
    key = await operator_key(server.database_url, "demo")
    wish = demo_company.wish()
    begun = replace(wish, agents=[], companies=[replace(wish.companies[0], customers=demo_customers.of_firm()[:500])])
    async with Rest(server.url, key) as rest:
        await establish(rest, begun)
        found = await establish(rest, wish)
        names = [item["name"] async for item in rest.every("/v1/customers", company_id=found.companies[FIRM])]

    assert names == [customer.name for customer in demo_customers.of_firm()]


@pytest.mark.parametrize("mode", ["closed", "poisson"])
async def test_the_generator_carries_calls_through_their_whole_life(mode: load.Mode, server: Server):
    key = await operator_key(server.database_url, "load")
    wanted = load.Load(mode=mode, agents=20, in_flight=10, rate=20, talk_s=0.1, warm_up_s=0.5, seconds=2)
    found = await load.run(wanted, server.url, key)

    assert found["refused"] == 0, found["problem"]
    assert found["lifecycles"] > 5
    assert found["offers_measured"] > 5
    assert found["offer_latency_ms"]["p50"] > 0
    assert found["per_lifecycle"]["provider_commands"] > 1
