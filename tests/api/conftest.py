"""What do the tests of the doors share? The real API on a real database, and people and programs who come in."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from app.api.acts import new_id
from app.api.app import build_api
from app.commands import (
    Arrive,
    ChangeTask,
    Command,
    CustomerLeft,
    Envelope,
    PlanTask,
    Reply,
    RequestCallback,
    SendFax,
    TakeFax,
)
from app.first_users import add_key
from app.ports import Doors, NoWriter
from app.settings import Settings
from app.store.database import Database
from app.store.files import FileBlobs

URL = "http://jackfield.test"
ID = "01a2075d-6b13-72af-99f5-300730788cbb"


@dataclass(slots=True)
class Writer:
    """Stands at the port's other side: keeps what was submitted and says yes; `away`: nobody is there."""

    envelopes: list[Envelope] = field(default_factory=list)
    away: bool = False
    fax_contact_id: str | None = None  # of a fax that is sent, where it is to be there
    answers: dict[type, Reply] = field(default_factory=dict)

    async def submit(self, envelope: Envelope) -> Reply:
        if self.away:
            raise NoWriter
        self.envelopes.append(envelope)
        command = envelope.command
        if type(command) in self.answers:
            return self.answers[type(command)]
        if isinstance(command, Arrive):
            return Reply(201, {"contact_id": command.entry.contact_id, "state": "open"}, 7)
        if isinstance(command, CustomerLeft):
            return Reply(200, {"contact_id": command.contact_id, "state": "closed"}, 8)
        if isinstance(command, RequestCallback):
            return Reply(201, {"contact_id": command.entry.contact_id, "already": False}, 9)
        if isinstance(command, PlanTask):
            return Reply(201, {"contact_id": command.entry.contact_id, "state": "open"}, 10)
        if isinstance(command, ChangeTask):
            return Reply(200, {"contact_id": command.contact_id, "state": "open"}, 11)
        if isinstance(command, SendFax | TakeFax):  # without a contact: as a repeat of what was sent before
            contact_id = self.fax_contact_id or command.entry.contact_id
            return Reply(201, {"contact_id": contact_id, "document": command.document if self.fax_contact_id else ID})
        return Reply(200, {}, 7)

    def of(self, kind: type[Command]) -> list[Any]:
        return [envelope.command for envelope in self.envelopes if isinstance(envelope.command, kind)]


@dataclass(slots=True)
class House:
    """The doors, whoever stands behind them, and a client for each asker."""

    client: httpx2.AsyncClient  # without a key
    operator: httpx2.AsyncClient
    database: Database
    writer: Writer
    app: Any
    files: FileBlobs

    async def client_of(self, role: str, *company_ids: str) -> httpx2.AsyncClient:
        async with self.database.engine.begin() as conn:
            key = await add_key(conn, role, role, list(company_ids) or None)  # type: ignore[arg-type]
        return httpx2.AsyncClient(
            transport=self.client._transport, base_url=URL, headers={"Authorization": f"Bearer {key}"}
        )

    async def make(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.operator.post(f"/v1/{path}", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self.database.engine.connect() as conn:
            return [dict(row) for row in (await conn.exec_driver_sql(query, arguments)).mappings()]


def settings_of(database: str, home: Path, **more: Any) -> Settings:
    return Settings(database_url=database, home=home, secret_key="0123456789abcdef" * 4, **more)  # type: ignore[arg-type]


@pytest.fixture
def more_settings() -> dict[str, Any]:
    """What a test sets otherwise."""
    return {}


@asynccontextmanager
async def open_house(database: str, home: Path, **more_settings: Any) -> AsyncIterator[House]:
    db, writer = Database.connect(database, connections=4), Writer()
    settings = settings_of(database, home, **more_settings)
    doors = Doors(
        settings,
        db,
        writer.submit,
        lambda: time.time_ns() // 1000,
        files=FileBlobs(settings.blobs),
        look=lambda _scope: {"pos": 0, "records": {}, "figures": {}},
    )
    app = build_api(doors)
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=URL) as client:
        house = House(client, client, db, writer, app, FileBlobs(settings.blobs))
        house.operator = await house.client_of("operator")
        yield house
    await db.dispose()


@pytest_asyncio.fixture
async def house(database: str, tmp_path: Path, more_settings: dict[str, Any]) -> AsyncIterator[House]:
    async with open_house(database, tmp_path, **more_settings) as house:
        yield house


@pytest_asyncio.fixture
async def company(house: House) -> dict[str, Any]:
    """Its slug is its own: some files share a database."""
    wish = {"slug": f"acme-{new_id()[-12:]}", "name": "Acme", "region": "DE", "zone": "Europe/Berlin"}
    return await house.make("companies", wish)
