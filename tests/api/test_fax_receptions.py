"""A fax server brings a fax: one contact with its pages, however often it is brought; or it is said what is wrong."""

import asyncio
import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from app.sealed_files import SealedFiles
from app.store import blobs
from app.store.database import Database
from app.store.files import FileBlobs
from tests.api.conftest import House
from tests.api.furnished import fax_pages
from tests.serving import SECRET, Server, api_of

NUMBER = "+4930999001"
FAX = """
SELECT fax.contact_id::text, direction, pages, complete, sha256 FROM fax JOIN blob ON blob.id = fax.blob_id
 WHERE blob.contact_id = fax.contact_id AND delete_after IS NULL
"""
DOC = Path(__file__).parents[2] / "docs" / "fax.md"


@pytest_asyncio.fixture
async def server(database: str, tmp_path: Path) -> AsyncIterator[Server]:
    """With a folder for its files that a test finds."""
    environment = {"JACKFIELD_BLOB_DIR": str(tmp_path / "blobs")}
    started = Server(database, tmp_path / "server.log", environment=environment)
    started.start()
    try:
        await started.until_ready()
        yield started
    finally:
        started.kill()


def a_fax(company_id: str, **about: Any) -> dict[str, Any]:
    document = base64.b64encode(about.pop("tiff", None) or fax_pages(2)).decode()
    return {"company_id": company_id, "to": NUMBER, "source_id": "fax1-1", "document": document} | about


async def furnished(api: Any, slug: str = "acme") -> tuple[str, str]:
    """(company, queue): its faxes wait."""
    company = (await api.post("/v1/companies", {"slug": slug, "name": "Acme", "region": "DE"}))["id"]
    queue = (await api.post("/v1/queues", {"company_id": company, "name": "Faxes", "config": {}}))["id"]
    await api.post("/v1/numbers", {"company_id": company, "address": NUMBER, "kind": "fax", "queue_id": queue})
    address = {"kind": "phone", "address": "+4940123456"}
    customer = {"company_id": company, "name": "Alice", "value": 70, "addresses": [address]}
    await api.post("/v1/customers", customer)
    return company, queue


async def rows(server: Server, sql: str) -> list[dict[str, Any]]:
    conn = await asyncpg.connect(server.database_url)
    try:
        return [dict(row) for row in await conn.fetch(sql)]
    finally:
        await conn.close()


async def test_a_fax_that_is_brought_again_and_again_is_one_contact_with_its_pages_also_when_it_is_over(
    server: Server, api: Any
) -> None:
    company, queue = await furnished(api)
    body = a_fax(company, **{"from": "040 123456", "pages": 3})
    made = await api.post("/v1/fax-receptions", body, expect=201)
    again = await asyncio.gather(*(api.post("/v1/fax-receptions", body, expect=200) for _ in range(3)))
    (contact,) = await rows(
        server, "SELECT id::text, channel, state, customer_id, value, number, collected FROM contact"
    )
    (stay,) = await rows(server, "SELECT queue_id::text FROM stay")
    (fax,) = await rows(server, FAX)
    listed = await api.get(f"/v1/contacts/{made['contact_id']}/faxes")
    await api.post(f"/v1/contacts/{made['contact_id']}/leave")
    late = await api.post("/v1/fax-receptions", body, expect=200)
    contacts = await rows(server, "SELECT state FROM contact")

    assert again == [made] * 3
    assert late == made
    assert [each["state"] for each in contacts] == ["closed"]
    assert (contact["id"], contact["channel"], contact["state"]) == (made["contact_id"], "fax", "open")
    assert contact["customer_id"] is not None
    assert (contact["value"], contact["number"]) == (70, NUMBER)
    assert json.loads(contact["collected"]) == {"from": "+4940123456"}
    assert stay["queue_id"] == queue
    assert (fax["contact_id"], fax["direction"], fax["pages"], fax["complete"]) == (made["contact_id"], "in", 2, False)
    assert fax["sha256"] == hashlib.sha256(base64.b64decode(body["document"])).hexdigest()
    assert [(each["id"], each["state"], each["pages"]) for each in listed["items"]] == [(made["id"], "received", 2)]


async def swept(server: Server, more: str = "SELECT 1") -> None:
    """As death between the turn and what makes the pages the contact's, and a day, have left it."""
    conn = await asyncpg.connect(server.database_url)
    try:
        await conn.execute("DELETE FROM fax")
        await conn.execute("UPDATE blob SET contact_id = NULL, delete_after = now() - interval '1 hour'")
        await conn.execute(more)
    finally:
        await conn.close()
    database = Database.connect(server.database_url, connections=1)
    files = SealedFiles(FileBlobs(Path(server.environment["JACKFIELD_BLOB_DIR"])), SECRET.encode())
    try:
        assert await blobs.delete_due(database.engine, files) == 1
    finally:
        await database.dispose()


async def test_pages_that_were_swept_away_before_they_were_the_contact_s_come_with_the_repeat(
    server: Server, api: Any
) -> None:
    company, _ = await furnished(api)
    body = a_fax(company)
    made = await api.post("/v1/fax-receptions", body, expect=201)
    await swept(server)
    again = await api.post("/v1/fax-receptions", body, expect=200)
    found = await rows(server, FAX)
    page = await api.client.get(f"/v1/faxes/{made['id']}/pages/2")
    other = await api.post("/v1/fax-receptions", a_fax(company, tiff=fax_pages(3)), expect=409)

    assert again == made
    assert [(each["contact_id"], each["pages"]) for each in found] == [(made["contact_id"], 2)]
    assert (page.status_code, page.headers["content-type"]) == (200, "image/png")
    assert other["errors"][0]["text_key"] == "fax.other_pages"


async def test_pages_of_somebody_who_was_erased_meanwhile_do_not_come_back(server: Server, api: Any) -> None:
    company, _ = await furnished(api)
    body = a_fax(company, **{"from": "040 123456"})
    made = await api.post("/v1/fax-receptions", body, expect=201)
    await swept(server, "UPDATE customer SET erased_at = now(), blanked_at = now()")
    again = await api.post("/v1/fax-receptions", body, expect=200)
    kept = await rows(server, "SELECT state, sha256 FROM blob")

    assert again == made
    assert await rows(server, "SELECT blob_id FROM fax") == []
    assert kept == [{"state": "erased", "sha256": None}]


async def test_a_fax_is_one_contact_also_where_the_server_s_key_was_renewed_between(server: Server, api: Any) -> None:
    company, _ = await furnished(api)
    made = await api.post("/v1/fax-receptions", a_fax(company), expect=201)
    async with api_of(server) as renewed:
        again = await renewed.post("/v1/fax-receptions", a_fax(company), expect=200)
    sources = await rows(server, "SELECT source FROM contact")

    assert again == made
    assert sources == [{"source": f"fax:{NUMBER}"}]


async def test_another_fax_under_the_same_id_is_not_taken_for_the_first(server: Server, api: Any) -> None:
    company, _ = await furnished(api)
    await api.post("/v1/fax-receptions", a_fax(company), expect=201)
    other = await api.post("/v1/fax-receptions", a_fax(company, tiff=fax_pages(3)), expect=409)
    contacts = await rows(server, "SELECT id FROM contact")

    assert other["errors"][0]["text_key"] == "fax.other_pages"
    assert len(contacts) == 1


@pytest.mark.parametrize(
    ("more", "status", "pointer", "text_key"),
    [
        ({"document": base64.b64encode(b"%PDF-1.7 and more").decode()}, 422, "/document", "fax.no_pages"),
        ({"document": base64.b64encode(fax_pages()[:60]).decode()}, 422, "/document", "fax.no_pages"),
        ({"document": "not base64!"}, 422, "/document", None),
        ({"document": "AAAAA"}, 422, "/document", "fax.no_pages"),
        ({"to": "+4930999002"}, 404, "/to", None),
        ({"to": "four"}, 404, "/to", None),
        ({"source_id": ""}, 422, "/source_id", None),
        ({"source_id": "x" * 65}, 422, "/source_id", None),
        ({"pages": 0}, 422, "/pages", None),
        ({"company_id": "01a2075d-6b13-72af-99f5-300730788cbb"}, 404, "/company_id", None),
    ],
)
async def test_what_is_no_fax_or_for_nobody_is_refused_with_its_field(
    house: House, company: dict[str, Any], more: dict[str, Any], status: int, pointer: str, text_key: str | None
) -> None:
    queue = await house.make("queues", {"company_id": company["id"], "name": "Faxes"})
    await house.make(
        "numbers", {"company_id": company["id"], "address": NUMBER, "kind": "fax", "queue_id": queue["id"]}
    )
    answer = await house.operator.post("/v1/fax-receptions", json=a_fax(company["id"]) | more)
    kept = await house.rows("SELECT id FROM blob")
    (error,) = answer.json()["errors"]

    assert (answer.status_code, error["pointer"], kept) == (status, pointer, [])
    assert text_key is None or error["text_key"] == text_key


async def test_a_fax_that_is_too_large_is_413(house: House, company: dict[str, Any]) -> None:
    answer = await house.operator.post("/v1/fax-receptions", json=a_fax(company["id"], document="A" * 9_000_000))

    assert answer.status_code == 413


async def test_the_script_of_the_manual_brings_a_fax_through_a_kill_once(
    server: Server, api: Any, tmp_path: Path
) -> None:
    """FaxDispatch as it stands in docs/fax.md, with what HylaFAX sets; the server stops, is killed, comes back."""
    if shutil.which("curl") is None:
        pytest.skip("no curl: apt-get install curl")
    company, _ = await furnished(api)
    key = api.client.headers["authorization"]
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/jackfield.header").write_text(f"Authorization: {key}\n")
    (tmp_path / "fax.tif").write_bytes(fax_pages(2))
    script = DOC.read_text().split("```sh\n")[1].split("```")[0].replace("--retry-delay 15", "--retry-delay 1")
    first, rest = script.split("\n", 1)
    assert first.startswith("JACKFIELD=")
    (tmp_path / "FaxDispatch").write_text(f"JACKFIELD={server.url} COMPANY={company} NUMBER={NUMBER}\n{rest}")
    told = {"FILE": "fax.tif", "CIDNUMBER": "040123456", "COMMID": "000000042", "MSG": ""}
    server.signal(signal.SIGSTOP)
    calling = await asyncio.create_subprocess_exec(
        "sh", "-ec", '. ./FaxDispatch; echo "to:${SENDTO:-}"', cwd=tmp_path, env={**os.environ, **told},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    await asyncio.sleep(0.5)
    server.kill()
    server.start()
    said, _ = await calling.communicate()
    contacts = await rows(server, "SELECT collected FROM contact")
    faxes = await rows(server, "SELECT pages, complete FROM fax")

    assert said.decode().endswith("to:\n"), said
    assert [json.loads(each["collected"]) for each in contacts] == [{"from": "+4940123456"}]
    assert faxes == [{"pages": 2, "complete": True}]
