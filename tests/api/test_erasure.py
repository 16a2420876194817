"""Is an erased customer gone from every table, log and file, with yesterday's figures unchanged?

Through the doors of a real server: its writer blanks its rows, its sweep all others. The dump is that of PostgreSQL.
"""

import asyncio
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from app.api.acts import new_id
from app.store import blobs
from app.store.database import Database
from app.store.files import FileBlobs
from tests.conftest import Postgres
from tests.serving import Api, Server, api_of

PATIENCE_S = 60

# Each is somewhere in what is made below, and nowhere else on earth.
PERSONAL = (
    "Grace Brewster",
    "Murray-Hopper",
    "491709876543",
    "491705554443",
    "grace@cobol.example",
    "order-for-grace-77",
    "moth-in-the-relay",
    "my nanosecond is lost",
    "scan-of-grace.pdf",
    "favourite-wire",
    "where is grace brewster murray-hopper",
)


async def dump(database_url: str) -> str:
    """Every row of every table, as text."""
    conn = await asyncpg.connect(database_url)
    try:
        names = await conn.fetch(
            "SELECT quote_ident(relname) AS name FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        whole = io.BytesIO()
        for row in names:
            await conn.copy_from_query(f"SELECT * FROM {row['name']}", output=whole)
    finally:
        await conn.close()
    return whole.getvalue().decode()


def found_in(text: str) -> list[str]:
    return [each for each in PERSONAL if each in text]


def files_below(folder: Path) -> str:
    return "\n".join(f"{file}\n{file.read_bytes()!r}" for file in folder.rglob("*") if file.is_file())


async def a_customer_with_a_past(api: Api, database: Database, files: FileBlobs) -> dict[str, Any]:
    company = await api.post("/v1/companies", {"slug": "acme", "name": "Acme", "region": "DE"})
    of = {"company_id": company["id"]}
    queue = await api.post("/v1/queues", of | {"name": "Service"})
    # A call from a number that was nobody's yet.
    wish = of | {"channel": "phone", "queue_id": queue["id"], "from": "0170 5554443"}
    early = await api.post("/v1/contacts", wish, headers={"Idempotency-Key": "early"})
    await api.post(f"/v1/contacts/{early['contact_id']}/leave")
    addresses = [
        {"kind": "phone", "address": "+491705554443"},
        {"kind": "phone", "address": "0170 9876543"},
        {"kind": "email", "address": "Grace@cobol.example"},
    ]
    customer = await api.post("/v1/customers", of | {"name": "Grace Brewster", "addresses": addresses})
    change = {"version": customer["version"], "name": "Grace Brewster Murray-Hopper"}
    await api.call("PATCH", f"/v1/customers/{customer['id']}", change)
    asked = "Where is Grace Brewster Murray-Hopper, 0170 9876543?"
    await api.post("/v1/faq/search", of | {"text": asked})
    contacts = []
    for n in range(2):
        wish = of | {
            "channel": "phone",
            "queue_id": queue["id"],
            "from": "+491709876543",
            "collected": {"note": "moth-in-the-relay"},
        }
        wish |= {"source_id": "order-for-grace-77"} if n else {}
        made = await api.post("/v1/contacts", wish, headers={"Idempotency-Key": f"call-{n}"})
        contacts.append(made["contact_id"])
        await api.post(f"/v1/contacts/{contacts[-1]}/leave")
    async with database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "INSERT INTO contact_message (contact_id, n, sender, body) VALUES ($1::text::uuid, 1, 'customer', $2)",
            (contacts[0], "hello, my nanosecond is lost"),
        )
        await conn.exec_driver_sql(
            "INSERT INTO customer_fact (company_id, customer_id, key, value, source) "
            "VALUES ($1::text::uuid, $2::text::uuid, 'likes', '\"favourite-wire\"', 'test')",
            (company["id"], customer["id"]),
        )
    new = blobs.NewBlob(new_id(), company["id"], "fax", "application/pdf", "default", contacts[0], "scan-of-grace.pdf")
    await blobs.store(database.engine, files, new, b"%PDF Grace Brewster")
    return {"customer_id": customer["id"], "queue_id": queue["id"], "company_id": company["id"], "contacts": contacts}


async def test_an_erased_customer_is_gone_from_every_table_log_and_file(
    new_database: Callable[[], str], postgres: Postgres, home: Path, tmp_path: Path
):
    server = Server(
        new_database(), tmp_path / "server.log", environment={"JACKFIELD_BLOB_DIR": str(tmp_path / "blobs")}
    )
    server.start()
    database = Database.connect(server.database_url, connections=2)
    try:
        await server.until_ready()
        async with api_of(server) as api:
            made = await a_customer_with_a_past(api, database, FileBlobs(tmp_path / "blobs"))
            until_ms = int(time.time() * 1000)
            interval = {"queue_id": made["queue_id"], "from": until_ms - 3_600_000, "to": until_ms + 1}
            figures = await api.get("/v1/figures", params=interval)
            before = await dump(server.database_url)
            taken_out_before = [await api.get(f"/v1/contacts/{each}/vcon") for each in made["contacts"]]

            erased = await api.call("DELETE", f"/v1/customers/{made['customer_id']}", expect=202)
            gone_at_once = await api.call("GET", f"/v1/customers/{made['customer_id']}", expect=404)
            deadline = time.monotonic() + PATIENCE_S
            while erased["state"] != "done" and time.monotonic() < deadline:
                await asyncio.sleep(0.2)
                erased = await api.call("DELETE", f"/v1/customers/{made['customer_id']}", expect=202)
            after = await dump(server.database_url)
            story = await api.get(f"/v1/contacts/{made['contacts'][0]}")
            taken_out = [await api.get(f"/v1/contacts/{each}/vcon") for each in made["contacts"]]
            figures_after = await api.get("/v1/figures", params=interval)
    finally:
        server.stop()
        await database.dispose()

    assert set(found_in(before)) == set(PERSONAL), "the test would prove nothing"
    assert gone_at_once["text_key"] == "not_found"
    assert erased["state"] == "done"
    assert found_in(after) == []
    assert found_in(server.log.read_text()) == []
    assert found_in(files_below(tmp_path / "blobs")) == []
    assert found_in(files_below(home / "postgres" / "log") if (home / "postgres").exists() else "") == []
    assert {"Grace Brewster Murray-Hopper", "+491709876543"} <= set(taken_out_before[0]["parties"][0].values())
    assert found_in(json.dumps(taken_out)) == []
    assert story["contact"]["customer_id"] == made["customer_id"]
    assert figures_after == figures
    assert next(each for each in figures["queues"][0]["figures"] if each["key"] == "abandoned")["value"] == 3
