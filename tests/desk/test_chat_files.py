"""Do files of visitors and agents come over whole, and is nothing taken that is not what it says?"""

import asyncio
import base64
import uuid
from typing import Any

import httpx2
import pytest

from app.api.chat_files import FILE_BYTES_MAX
from app.store.chat_files import FILES_MAX
from tests.desk.conftest import Desks
from tests.desk.test_visitors import agent_of, site_of, talk
from tests.desk.visitor import Site

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PDF = b"%PDF-1.7\n\x00\xff"
TEXT = "Größe: 42 €\n你好\n".encode()


def file(content: bytes, name: str = "a.png", own_id: str | None = None) -> dict[str, str]:
    return {"id": own_id or str(uuid.uuid4()), "name": name, "content": base64.b64encode(content).decode()}


@pytest.fixture
async def site(desks: Desks) -> Site:
    return await site_of(desks)


def client_of(api: Any) -> httpx2.AsyncClient:
    return api.client  # type: ignore[no-any-return]


async def test_files_come_over_whole_to_be_kept_and_never_to_be_opened(desks: Desks, site: Site) -> None:
    contact_id, _, api, page = await talk(desks, site)
    sent = await site.post("attach", **file(PNG, "my house.png"))
    answered = await client_of(api).post(f"/v1/contacts/{contact_id}/files", json=file(PDF, "../../lease.pdf"))
    await page.until_has(2)
    shown = (await api.get(f"/v1/contacts/{contact_id}/messages"))["items"]
    to_agent = await client_of(api).get(f"/v1/contacts/{contact_id}/files/1")
    to_visitor = await site.post("file", n=2)

    assert (sent.status_code, answered.status_code) == (201, 201), (sent.text, answered.text)
    assert [each["file"]["name"] for each in shown] == ["my house.png", "lease.pdf"]
    assert page.messages[2]["file"] == {"name": "lease.pdf", "media_type": "application/pdf", "size_bytes": len(PDF)}
    assert (to_agent.content, to_visitor.content) == (PNG, PDF)
    for answer in (to_agent, to_visitor):
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "name", "key"),
    [
        (b"MZ\x90\x00" + bytes(100), "picture.png", "chat.file_kind"),
        (b"\x7fELF" + bytes(100), "a.pdf", "chat.file_kind"),
        (b"PK\x03\x04" + bytes(100), "a.txt", "chat.file_kind"),
        (b"\xff\xfea\x00", "a.txt", "chat.file_kind"),
        (b"\x89PNG\r\n\x1a\n" + bytes(FILE_BYTES_MAX), "a.png", "chat.file_too_large"),
    ],
)
async def test_what_is_no_image_pdf_or_text_by_its_own_bytes_is_refused(
    desks: Desks, site: Site, content: bytes, name: str, key: str
) -> None:
    contact_id, _, api, _ = await talk(desks, site)
    refused = await site.post("attach", **file(content, name))
    items = (await api.get(f"/v1/contacts/{contact_id}/messages"))["items"]

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["text_key"] == key
    assert items == []


async def test_a_program_that_is_called_a_text_is_named_for_what_it_is(desks: Desks, site: Site) -> None:
    contact_id, _, api, _ = await talk(desks, site)
    await site.post("attach", **file(PNG, "invoice.exe"))
    await site.post("attach", **file(b"<script>alert(1)</script>", "page.html"))
    shown = (await api.get(f"/v1/contacts/{contact_id}/messages"))["items"]

    assert [(each["file"]["name"], each["file"]["media_type"]) for each in shown] == [
        ("invoice.exe.png", "image/png"), ("page.html.txt", "text/plain"),
    ]  # fmt: skip


async def test_a_chat_has_at_most_ten_files_also_when_they_come_at_once(desks: Desks, site: Site) -> None:
    contact_id, _, api, page = await talk(desks, site)
    for n in range(FILES_MAX - 2):
        answer = await client_of(api).post(f"/v1/contacts/{contact_id}/files", json=file(TEXT, f"{n}.txt"))
        assert answer.status_code == 201, answer.text
    answers = await asyncio.gather(*(site.post("attach", **file(TEXT, f"v{n}.txt")) for n in range(4)))
    await page.until_has(FILES_MAX)

    assert sorted(each.status_code for each in answers) == [201, 201, 422, 422]
    assert {each.json()["errors"][0]["text_key"] for each in answers if each.status_code == 422} == {
        "chat.too_many_files"
    }


async def test_a_file_that_is_sent_again_stands_there_once(desks: Desks, site: Site) -> None:
    contact_id, _, api, _ = await talk(desks, site)
    again = file(TEXT, "a.txt")
    answers = await asyncio.gather(*(site.post("attach", **again) for _ in range(2)))
    answers.append(await site.post("attach", **again))

    assert {each.json()["n"] for each in answers} == {1}
    assert len((await api.get(f"/v1/contacts/{contact_id}/messages"))["items"]) == 1


async def test_nobody_else_gets_a_file(desks: Desks, site: Site) -> None:
    contact_id, _, _, _ = await talk(desks, site)
    await site.post("attach", **file(TEXT, "a.txt"))
    other = await site_of(desks)
    await other.start()
    stranger = await other.post("file", n=1)
    _, colleague = await agent_of(desks)
    forbidden = await client_of(colleague).get(f"/v1/contacts/{contact_id}/files/1")

    assert stranger.status_code == 404
    assert forbidden.status_code in (403, 404)
