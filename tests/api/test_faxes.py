"""Faxes through the doors: who sees which pages, in which proportions; what can be sent, and what cannot."""

import base64
import io
from typing import Any

import httpx2
import pypdfium2
import pytest
from PIL import Image

from app.api.acts import new_id
from app.commands import SendFax
from app.sessions import CSRF_HEADER
from tests.api.conftest import House
from tests.api.furnished import fax_pages, insert_contact, insert_fax, insert_segment


def in_base64(document: bytes) -> str:
    return base64.b64encode(document).decode()


async def a_fax(house: House, company: dict[str, Any], **about: Any) -> tuple[str, str]:
    """(fax, contact)."""
    contact_id = await insert_contact(house, company["id"], channel="fax")
    return await insert_fax(house, company["id"], contact_id, **about), contact_id


async def an_agent(house: House, company: dict[str, Any], login: str) -> tuple[httpx2.AsyncClient, str]:
    """Logged in, and their id."""
    secret = "a-secret-that-is-long"
    user = await house.make(
        "users",
        {"login": login, "name": login, "password": secret, "grants": [{"role": "agent", "company_id": company["id"]}]},
    )
    agent = await house.make("agents", {"user_id": user["id"]})
    client = httpx2.AsyncClient(transport=house.client._transport, base_url=house.client.base_url)
    answer = await client.post("/v1/session", json={"login": login, "password": secret})
    assert answer.status_code in (200, 201), answer.text
    client.headers[CSRF_HEADER] = answer.json()["csrf"]
    return client, str(agent["id"])


@pytest.mark.parametrize(("dpi", "rows"), [((204, 196), 400), ((204, 98), 200)])
async def test_a_page_is_shown_as_wide_and_high_as_the_paper_was(
    house: House, company: dict[str, Any], dpi: tuple[int, int], rows: int
):
    """The points of a fax are no squares: of a coarse one half as many make the same height."""
    tiff = fax_pages(2, (1728, rows), dpi)
    fax_id, contact_id = await a_fax(house, company, pages=2, tiff=tiff)
    listed = (await house.operator.get(f"/v1/contacts/{contact_id}/faxes")).json()["items"]
    whole = await house.operator.get(f"/v1/faxes/{fax_id}/pages/2")
    small = await house.operator.get(f"/v1/faxes/{fax_id}/pages/1", params={"width": 120})
    pdf = await house.operator.get(f"/v1/faxes/{fax_id}/document")
    audit = await house.rows("SELECT action FROM audit WHERE subject_kind = 'fax' ORDER BY at")
    with pypdfium2.PdfDocument(pdf.content) as document:
        sizes_in = [tuple(side / 72 for side in document[n].get_size()) for n in range(len(document))]

    assert [(each["id"], each["state"], each["pages"], each["took_s"]) for each in listed] == [
        (fax_id, "received", 2, 42)
    ]
    assert whole.headers["content-type"] == "image/png"
    assert whole.headers["cache-control"] == "private, no-store"
    assert Image.open(io.BytesIO(whole.content)).size == (1728, round(400 * 204 / 196))
    assert Image.open(io.BytesIO(small.content)).size == (120, round(400 * 204 / 196 * 120 / 1728))
    assert sizes_in == [pytest.approx((1728 / 204, 400 / 196), abs=0.02)] * 2
    assert "attachment" in pdf.headers["content-disposition"]
    assert [row["action"] for row in audit] == ["fax.seen", "fax.seen", "fax.taken"]


async def test_a_page_that_is_not_there_is_404_and_a_file_that_is_none_shows_nothing(
    house: House, company: dict[str, Any]
):
    fax_id, _ = await a_fax(house, company)
    broken, _ = await a_fax(house, company, tiff=b"II*\0 and nothing more")
    answers = [
        await house.operator.get(path)
        for path in (f"/v1/faxes/{fax_id}/pages/2", f"/v1/faxes/{broken}/pages/1", f"/v1/faxes/{broken}/document")
    ]
    wrong = await house.operator.get(f"/v1/faxes/{fax_id}/pages/0")

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert wrong.status_code == 422


async def test_an_agent_sees_the_faxes_of_contacts_that_they_have_or_had_and_no_others(
    house: House, company: dict[str, Any]
):
    mine, contact_id = await a_fax(house, company)
    other, other_contact = await a_fax(house, company)
    client, agent_id = await an_agent(house, company, f"agent-{new_id()[-6:]}")
    queue = await house.make("queues", {"company_id": company["id"], "name": "Faxes"})
    await insert_segment(house, contact_id, queue["id"], agent_id)
    paths = ("", "/pages/1", "/document")
    seen = [(await client.get(f"/v1/faxes/{mine}{path}")).status_code for path in paths]
    hidden = [(await client.get(f"/v1/faxes/{other}{path}")).status_code for path in paths]
    listed = (await client.get(f"/v1/contacts/{other_contact}/faxes")).json()["items"]
    own = (await client.get(f"/v1/contacts/{contact_id}/faxes")).json()["items"]

    assert seen == [200, 200, 200]
    assert hidden == [404, 404, 404]
    assert (listed, [each["id"] for each in own]) == ([], [mine])


async def test_a_document_is_made_into_pages_and_the_writer_asked_to_send_them(house: House, company: dict[str, Any]):
    contact_id = await insert_contact(house, company["id"], channel="fax")
    house.writer.fax_contact_id = contact_id
    drawn = io.BytesIO()
    sheets = [Image.new("L", (1240, 1754), 255) for _ in range(3)]
    sheets[0].save(drawn, "PDF", resolution=150, save_all=True, append_images=sheets[1:])
    body = {
        "company_id": company["id"],
        "to": "030 777001",
        "document": in_base64(drawn.getvalue()),
        "subject": "Offer",
    }
    answer = await house.operator.post("/v1/faxes", json=body, headers={"Idempotency-Key": "one"})
    (wish,) = house.writer.of(SendFax)
    (blob,) = await house.rows("SELECT id::text, kind, state, contact_id::text, delete_after FROM blob")
    (fax,) = await house.rows("SELECT blob_id::text, direction, pages FROM fax")
    page = await house.operator.get(f"/v1/faxes/{answer.json()['id']}/pages/3")

    assert (answer.status_code, answer.json()["contact_id"]) == (201, contact_id)
    assert (wish.pages, wish.to, wish.entry.channel, wish.entry.collected) == (
        3,
        "030 777001",
        "fax",
        {"subject": "Offer"},
    )
    assert (blob["id"], blob["kind"], blob["state"]) == (wish.document, "fax", "stored")
    assert (blob["contact_id"], blob["delete_after"]) == (contact_id, None), "it stays with its contact"
    assert fax == {"blob_id": wish.document, "direction": "out", "pages": 3}
    assert abs(Image.open(io.BytesIO(page.content)).height - 1754 * 204 / 150) < 6, "A4 stays A4"


async def test_pages_of_a_request_that_was_sent_before_go_by_themselves(house: House, company: dict[str, Any]):
    """The writer answers with the fax of the first request: what this one has made is nobody's."""
    body = {"company_id": company["id"], "to": "+4930777001", "document": in_base64(fax_pages())}
    answer = await house.operator.post("/v1/faxes", json=body, headers={"Idempotency-Key": "again"})
    (blob,) = await house.rows("SELECT contact_id, delete_after FROM blob")

    assert answer.status_code == 201
    assert blob["contact_id"] is None
    assert blob["delete_after"] is not None


@pytest.mark.parametrize(
    ("document", "text_key"),
    [
        (b"neither nor", "fax.unreadable"),
        (b"%PDF-1.7 and nothing more", "fax.unreadable"),
        (b"II*\0 and nothing more", "fax.unreadable"),
        (fax_pages(51), "fax.too_many_pages"),
    ],
)
async def test_what_no_fax_can_be_made_of_is_refused_and_nothing_kept(
    house: House, company: dict[str, Any], document: bytes, text_key: str
):
    body = {"company_id": company["id"], "to": "+4930777001", "document": in_base64(document)}
    answer = await house.operator.post("/v1/faxes", json=body, headers={"Idempotency-Key": "bad"})

    assert answer.status_code == 422
    assert [(error["pointer"], error["text_key"]) for error in answer.json()["errors"]] == [("/document", text_key)]
    assert await house.rows("SELECT id FROM blob") == []
    assert house.writer.of(SendFax) == []


async def test_what_is_no_base64_or_names_another_company_s_contact_is_refused(house: House, company: dict[str, Any]):
    other = await house.make("companies", {"slug": f"other-{new_id()[-6:]}", "name": "Other"})
    theirs = await insert_contact(house, other["id"], channel="fax")
    body = {"company_id": company["id"], "to": "+4930777001", "document": in_base64(fax_pages())}
    bodies = [body | {"document": "AAAAA="}, body | {"document": "not!"}, body | {"contact_id": theirs}]
    answers = [
        await house.operator.post("/v1/faxes", json=each, headers={"Idempotency-Key": f"n{n}"})
        for n, each in enumerate(bodies)
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 404]
