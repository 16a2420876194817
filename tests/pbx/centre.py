"""A centre with a real PBX: a server, an Asterisk, one company with a queue and a flow, and desks of agents."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from app.launch import operator_key
from floor.agent import Desk, Manner
from floor.company import AgentWish, CompanyWish, Premises, QueueWish, Wish, establish
from floor.crowd import Tickets
from floor.http_line import Place
from floor.ledger import Ledger
from floor.rest import Rest
from tests.pbx.pbx import APPLICATION, ARI_PASSWORD, ARI_USER, Pbx, Room
from tests.pbx.sip import Parties
from tests.serving import Server

NUMBER, PLAIN = "+4930555001", "+4930555002"  # into the flow; straight into the queue
QUEUE = {"promise_s": 20, "limit_s": 60, "offer_timeout_s": 8, "reoffer_pause_s": 1, "wrap_up_s": 1, "max_offers": 9}
FLOW = """\
flow: reception
languages: [en]
start: menu
prompts:
  menu: {en: press}
  wait: {en: wait}
  leave: {en: speak}
  bye: {en: bye}
nodes:
  menu: {menu: menu, keys: {1: sales, 2: message, 3: bye}, first_s: 3, tries: 2}
  sales: {enqueue: Sales, say: wait, on: {limit: message, closed: bye}}
  message: {voicemail: leave, next: bye, max_s: 10}
  bye: {hang_up: bye}
"""
WITHIN_S = 15.0
PEOPLE = ("anna", "ben", "cara", "dora", "emil", "finn", "gina", "hugo")


class Hands(Desk):
    """Takes what is offered and wraps up; what is done in between, the test says."""

    def _act(self, segment_id: str, record: dict[str, Any]) -> None:
        if record["state"] in ("offered", "wrap_up"):
            super()._act(segment_id, record)


@dataclass(slots=True)
class Centre:
    server: Server
    pbx: Pbx
    sip: Parties
    rest: Rest
    premises: Premises
    database_url: str
    desks: dict[str, Desk] = field(default_factory=dict)

    async def fetch(self, sql: str, *values: Any) -> list[Mapping[str, Any]]:
        conn = await asyncpg.connect(self.database_url)
        try:
            return list(await conn.fetch(sql, *values))
        finally:
            await conn.close()

    async def until(self, what: Callable[[], Any], seconds: float = WITHIN_S, why: str = "") -> Any:
        until_s = time.monotonic() + seconds
        while True:
            found = what()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            assert time.monotonic() < until_s, f"not within {seconds} s: {why or what}"
            await asyncio.sleep(0.05)

    def segments(self, login: str = "anna") -> list[Mapping[str, Any]]:
        """What this agent's desk shows."""
        return list(self.desks[login].desk.segments.values())

    async def until_state(self, state: str, login: str = "anna", seconds: float = WITHIN_S) -> str:
        """The id of the agent's segment once it is in this state."""
        desk = self.desks[login].desk

        def found() -> str | None:
            return next((key for key, record in desk.segments.items() if record["state"] == state), None)

        return str(await self.until(found, seconds, f"{login} never had a segment {state}: {desk.segments}"))

    async def contacts(self) -> list[Mapping[str, Any]]:
        return await self.fetch("SELECT * FROM contact ORDER BY arrived_at")

    async def rest_a_while(self, seconds: float) -> None:
        """They talk."""
        await asyncio.sleep(seconds)

    async def until_picked_up(self, role: str) -> None:
        """Whether we live or not: until a leg of this role is up in Asterisk."""

        async def is_up() -> bool:
            legs = await self.fetch("SELECT provider_ref FROM leg WHERE role = $1", role)
            return bool({leg["provider_ref"] for leg in legs} & set(await asyncio.to_thread(self.pbx.up)))

        await self.until(is_up, why=f"the {role} picks up")

    async def who_is_in(self) -> list[str]:
        """Who hears whom: 'caller', 'outside' and logins of agents whose channels are in a bridge, sorted."""
        inside = set(await asyncio.to_thread(self.pbx.bridged))
        logins = {agent_id: login for login, agent_id in self.premises.agents.items()}
        legs = await self.fetch("SELECT provider_ref, role, agent_id::text FROM leg WHERE state <> 'cleared'")
        outside = {"outside": "outside"}
        return sorted(
            outside.get(leg["role"], logins.get(leg["agent_id"], "caller"))
            for leg in legs
            if leg["provider_ref"] in inside
        )

    async def bridges(self) -> list[list[str]]:
        """Who is in each bridge: 'caller', 'agent', 'monitor', or another channel's id."""
        legs = await self.fetch("SELECT provider_ref, role FROM leg WHERE state <> 'cleared'")
        roles = {leg["provider_ref"]: "caller" if leg["role"] == "customer" else leg["role"] for leg in legs}
        found = await asyncio.to_thread(self.pbx.bridges)
        return [[roles.get(channel, channel) for channel in members] for members in found]

    async def nothing_is_left(self, seconds: float = WITHIN_S) -> None:
        """No channel, bridge, leg, segment or effect is left over."""

        async def left() -> dict[str, Any]:
            found: dict[str, Any] = dict(await asyncio.to_thread(self.pbx.left))
            found["legs"] = await self.fetch("SELECT * FROM leg WHERE state <> 'cleared'")
            found["contacts"] = await self.fetch("SELECT id FROM contact WHERE state <> 'closed'")
            found["segments"] = await self.fetch(
                "SELECT id, state FROM segment WHERE state IN ('offered', 'connecting', 'talking', 'held', 'wrap_up')"
            )
            found["effects"] = await self.fetch("SELECT kind, state, args FROM effect WHERE state IN ('due', 'sent')")
            return {name: things for name, things in found.items() if things}

        until_s = time.monotonic() + seconds
        while things := await left():
            assert time.monotonic() < until_s, f"left over: {things}"
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def centre(
    pbx: Pbx,
    database_url: str,
    folder: Path,
    *,
    manner: Manner | None = None,
    agents: int = 2,
    flow: str = FLOW,
    redis_url: str | None = None,
    dialling: Mapping[str, Any] | None = None,
    notice: Mapping[str, str] | None = None,
    password: str | None = None,
    settings: Mapping[str, str] | None = None,
    dial_out: str | None = None,
    **config: Any,
) -> AsyncIterator[Centre]:
    """`settings`: of the server, by their names; `config`: of the queue, beside the usual; `notice`: of the company."""
    environment = {"JACKFIELD_HOME": str(folder / "home"), **(settings or {})}
    server = Server(database_url, folder / "server.log", redis_url=redis_url, environment=environment)
    server.start()
    sip = Parties(folder, pbx.sip_port, pbx.next_room())
    try:
        await server.until_ready()
        key = await operator_key(database_url, "test")
        async with Rest(server.url, key) as rest:
            premises = await establish(rest, _wish(sip.room, agents, config, password))
            way = dial_out or f"PJSIP/{{number}}@{sip.room.outside}"
            await _lead_in(rest, premises, pbx, way, flow, dialling, notice)
            made = Centre(server, pbx, sip, rest, premises, database_url)
            place = Place.of(server.url)
            tickets = Tickets(place, key)
            ledger = Ledger(folder / "agents.ndjson")
            for login, agent_id in premises.agents.items():
                desk = Hands(
                    agent_id, place, tickets.for_one, ledger=ledger, manner=manner or Manner(think_s=lambda: 0.1)
                )
                await desk.sit_down()
                made.desks[login] = desk
            try:
                await made.until(lambda: _phones_up(made), why="the phones are registered")
                yield made
            finally:
                for desk in made.desks.values():
                    await desk.leave()
                tickets.close()
                ledger.close()
    finally:
        sip.end()
        server.kill()


def _wish(room: Room, agents: int, config: Mapping[str, Any], password: str | None) -> Wish:
    people = [
        AgentWish(login, login.title(), companies=("acme",), phone=f"PJSIP/{phone}", password=password)
        for login, phone in zip(PEOPLE[:agents], room.phones, strict=False)
    ]
    queue = QueueWish("Sales", {**QUEUE, **config}, {PLAIN: "phone"})
    return Wish(
        companies=(CompanyWish("acme", "Acme", queues=(queue,)),),
        agents=tuple(people),
        provider="unused",
        command_url="http://127.0.0.1:9/",
    )


async def _lead_in(
    rest: Rest,
    premises: Premises,
    pbx: Pbx,
    dial_out: str,
    flow: str,
    dialling: Mapping[str, Any] | None,
    notice: Mapping[str, str] | None,
) -> None:
    company_id = premises.companies["acme"]
    made = await rest.post("/v1/flows", {"company_id": company_id, "name": "Reception", "text": flow})
    await rest.post("/v1/numbers", {"company_id": company_id, "address": NUMBER, "flow_id": made["id"]})
    access = {"name": "pbx", "url": pbx.url, "username": ARI_USER, "password": ARI_PASSWORD, "application": APPLICATION}
    made = await rest.post("/v1/asterisks", access | {"dial_out": dial_out})
    company = await rest.get(f"/v1/companies/{company_id}")
    calls = {"by": made["id"], "caller_id": NUMBER, "retry_delay_s": 1, **(dialling or {})}
    change = {
        "version": company["version"],
        "region": "DE",
        "dialling": calls,
        "recording_notice": dict(notice or {}),
    }
    await rest.ask("PATCH", f"/v1/companies/{company_id}", change)


async def _phones_up(centre: Centre) -> bool:
    return all(desk.desk.me.get("phone_reachable") for desk in centre.desks.values())
