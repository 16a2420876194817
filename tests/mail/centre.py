"""A centre with real mailboxes: a server, one company with a queue for mails, and desks of agents who are logged in."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from app.launch import operator_key
from floor.agent import Desk, Manner
from floor.company import AgentWish, CompanyWish, CustomerWish, Premises, QueueWish, Wish, establish
from floor.crowd import Tickets
from floor.http_line import Place
from floor.ledger import Ledger
from floor.rest import Rest
from tests.mail.post_office import ALICE, PASSWORD, SUPPORT, PostOffice
from tests.serving import Server

LOGIN_PASSWORD = "correct horse battery staple"
DAY_S = 86_400
QUEUE = {"promise_s": DAY_S, "limit_s": 30 * DAY_S, "offer_timeout_s": 30, "reoffer_pause_s": 1, "wrap_up_s": 60}
WITHIN_S = 20.0
INSIDE = {"JACKFIELD_ENDPOINTS_INSIDE": "1"}


class Hands(Desk):
    """Takes what is offered; what is done then, the test says."""

    def _act(self, segment_id: str, record: dict[str, Any]) -> None:
        if record["state"] == "offered":
            super()._act(segment_id, record)


@dataclass(slots=True)
class Centre:
    server: Server
    office: PostOffice
    rest: Rest
    premises: Premises
    company_id: str
    queue_id: str
    boxes: dict[str, dict[str, Any]] = field(default_factory=dict)
    desks: dict[str, Desk] = field(default_factory=dict)
    browsers: dict[str, httpx2.AsyncClient] = field(default_factory=dict)

    async def add_box(self, address: str = SUPPORT, **more: Any) -> dict[str, Any]:
        body = box_of(self.office, self.company_id, self.queue_id, address) | more
        self.boxes[address] = await self.rest.post("/v1/mailboxes", body)
        return self.boxes[address]

    async def fetch(self, sql: str, *values: Any) -> list[Mapping[str, Any]]:
        conn = await asyncpg.connect(self.server.database_url)
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
            log = self.server.log.read_text()[-1500:]
            assert time.monotonic() < until_s, f"not within {seconds} s: {why or what}\n{log}"
            await asyncio.sleep(0.05)

    async def contacts(self) -> list[Mapping[str, Any]]:
        return await self.fetch("SELECT * FROM contact ORDER BY arrived_at, id")

    async def mails(self, where: str = "true") -> list[Mapping[str, Any]]:
        return await self.fetch(f"SELECT * FROM mail WHERE {where} ORDER BY id")

    async def until_delivered(self, count: int, seconds: float = WITHIN_S) -> list[Mapping[str, Any]]:
        """Mails that came and belong somewhere."""

        delivered = "direction = 'in' AND state = 'delivered'"

        async def there() -> bool:
            (found,) = await self.fetch(f"SELECT count(*) FROM mail WHERE {delivered}")
            return bool(found["count"] >= count)

        await self.until(there, seconds, f"{count} mails are delivered")
        return await self.mails(delivered)

    async def until_state(self, state: str, login: str = "anna") -> dict[str, Any]:
        """The agent's segment once it is in this state."""
        desk = self.desks[login].desk

        def found() -> dict[str, Any] | None:
            return next((each for each in desk.segments.values() if each["state"] == state), None)

        return dict(await self.until(found, why=f"{login} has a segment {state}: {desk.segments}"))

    async def answer(
        self, contact_id: str, login: str = "anna", expect: int = 201, key: str | None = None, **body: Any
    ) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/v1/contacts/{contact_id}/mails"
        answer = await self.browsers[login].post(path, json={"text": "Here you are."} | body, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def shown(self, contact_id: str, login: str = "anna") -> list[dict[str, Any]]:
        """What this agent's page shows of the contact's threads."""
        answer = await self.browsers[login].get(f"/v1/contacts/{contact_id}/mails")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def served(self, login: str = "anna") -> str:
        """The agent has taken a contact: its id."""
        return str((await self.until_state("talking", login))["contact_id"])

    async def end(self, login: str = "anna") -> None:
        """The agent is done with what they have."""
        segment = await self.until_state("talking", login)
        self.desks[login].do("end", segment["id"])
        self.desks[login].do("finish", (await self.until_state("wrap_up", login))["id"])
        await self.until(lambda: segment["id"] not in self.desks[login].desk.segments, why="it is over")


def box_of(office: PostOffice, company_id: str, queue_id: str, address: str = SUPPORT) -> dict[str, Any]:
    return {
        "company_id": company_id,
        "queue_id": queue_id,
        "address": address,
        "username": address,
        "password": PASSWORD,
        "imap_host": "127.0.0.1",
        "imap_port": office.ports["imap"],
        "imap_tls": "none",
        "smtp_host": "127.0.0.1",
        "smtp_port": office.ports["smtp"],
        "smtp_tls": "none",
        "sender_name": "Acme",
        "signature": "Acme Support",
    }


@contextlib.asynccontextmanager
async def centre(
    office: PostOffice,
    database_url: str,
    folder: Path,
    *,
    agents: int = 0,
    box: Mapping[str, Any] | None = None,
    settings: Mapping[str, str] = INSIDE,
) -> AsyncIterator[Centre]:
    """`box`: of the mailbox support@example.test, beside the usual."""
    environment = {"JACKFIELD_HOME": str(folder / "home"), **settings}
    server = Server(database_url, folder / "server.log", environment=environment)
    server.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(server.kill)
        await server.until_ready()
        key = await operator_key(database_url, "test")
        rest = await stack.enter_async_context(Rest(server.url, key))
        premises = await establish(rest, _wish(agents))
        company_id, queue_id = premises.companies["acme"], premises.queues["acme", "Mails"]
        made = Centre(server, office, rest, premises, company_id, queue_id)
        place = Place.of(server.url)
        tickets = Tickets(place, key)
        stack.callback(tickets.close)
        for login, agent_id in premises.agents.items():
            desk = Hands(agent_id, place, tickets.for_one, ledger=Ledger(), manner=Manner(think_s=lambda: 0.05))
            await desk.sit_down()
            stack.push_async_callback(desk.leave)
            made.desks[login] = desk
            browser = await stack.enter_async_context(httpx2.AsyncClient(base_url=server.url, timeout=20))
            answer = await browser.post("/v1/session", json={"login": login, "password": LOGIN_PASSWORD})
            assert answer.status_code == 200, answer.text
            browser.headers["x-csrf-token"] = answer.json()["csrf"]
            made.browsers[login] = browser
        await made.add_box(**(box or {}))
        yield made


def _wish(agents: int) -> Wish:
    people = [
        AgentWish(login, login.title(), companies=("acme",), password=LOGIN_PASSWORD)
        for login in ("anna", "ben")[:agents]
    ]
    alice = CustomerWish("Alice", 80, (("email", ALICE),))
    company = CompanyWish("acme", "Acme", queues=(QueueWish("Mails", QUEUE),), customers=(alice,))
    return Wish(companies=(company,), agents=tuple(people))


async def run(here: Centre, sql: str) -> None:
    """As the owner of the tables."""
    conn = await asyncpg.connect(here.server.database_url)
    try:
        await conn.execute(sql)
    finally:
        await conn.close()


def failing(what: str, table: str, when: str = "true") -> str:
    """A trigger that is in a statement's way, as if the process had died there."""
    return f"""
        CREATE FUNCTION in_the_way() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN RAISE EXCEPTION $$in the way$$; END';
        CREATE TRIGGER in_the_way BEFORE {what} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION in_the_way();
    """
