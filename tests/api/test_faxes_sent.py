"""Can a picture and a page of text be faxed, is what was sent seen beside what it answers, and do faxes go in time?"""

import io
import itertools
from typing import Any

import pytest
from PIL import Image, ImageDraw

from app.commands import SendFax
from app.fax_cover import BODY, COVER_PAGES_MAX, MARGIN, _sized, wrapped
from app.fax_paper import ACROSS
from app.store import blobs, faxes
from tests.api.conftest import House
from tests.api.furnished import fax_pages, insert_contact, insert_fax
from tests.api.test_faxes import in_base64

TEXT = "Dear Ms Lovelace,\n\nthe contract follows. Größe: 42 €.\n\nKind regards"


def picture(form: str, mode: str = "RGB") -> bytes:
    image = Image.new(mode, (800, 1000), (255, 255, 255, 0) if mode == "RGBA" else "white")
    ImageDraw.Draw(image).rectangle((100, 100, 700, 200), fill="black")
    made = io.BytesIO()
    image.save(made, form, dpi=(150, 150))
    return made.getvalue()


async def sent(house: House, company: dict[str, Any], key: str = "one", **body: Any) -> Any:
    wish = {"company_id": company["id"], "to": "+4930777001", **body}
    return await house.operator.post("/v1/faxes", json=wish, headers={"Idempotency-Key": key})


async def page_of(house: House, fax_id: str, n: int = 1) -> Image.Image:
    answer = await house.operator.get(f"/v1/faxes/{fax_id}/pages/{n}")
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content)).convert("L")


def black_share(page: Image.Image) -> float:
    return sum(page.histogram()[:128]) / (page.width * page.height)


@pytest.mark.parametrize(("form", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "RGB")])
async def test_a_picture_is_a_page(house: House, company: dict[str, Any], form: str, mode: str):
    house.writer.fax_contact_id = await insert_contact(house, company["id"], channel="fax")
    answer = await sent(house, company, document=in_base64(picture(form, mode)))
    page = await page_of(house, answer.json()["id"])

    assert answer.status_code == 201, answer.text
    assert 0.02 < black_share(page) < 0.2, "the stripe is black, and what is transparent is white"


@pytest.mark.parametrize(("language", "text"), [("en", TEXT), ("zh-CN", "您好：\n\n合同随附。此致敬礼")])
async def test_a_text_alone_is_a_page_with_who_sends_it_to_whom(
    house: House, company: dict[str, Any], language: str, text: str
):
    house.writer.fax_contact_id = await insert_contact(house, company["id"], channel="fax")
    cover = {"text": text, "to": "Ada Lovelace", "language": language}
    answer = await sent(house, company, cover=cover, subject="Contract")
    if language == "zh-CN" and answer.status_code == 422:
        assert answer.json()["errors"][0]["text_key"] == "fax.no_font"
        pytest.skip("this machine has no font with Chinese signs (apt-get install fonts-noto-cjk)")
    page = await page_of(house, answer.json()["id"])
    (wish,) = house.writer.of(SendFax)

    assert (answer.status_code, wish.pages) == (201, 1)
    assert 0.002 < black_share(page) < 0.1


async def test_the_cover_goes_before_the_document(house: House, company: dict[str, Any]):
    house.writer.fax_contact_id = await insert_contact(house, company["id"], channel="fax")
    answer = await sent(house, company, cover={"text": TEXT}, document=in_base64(fax_pages(2)))
    (wish,) = house.writer.of(SendFax)
    cover, document = await page_of(house, answer.json()["id"], 1), await page_of(house, answer.json()["id"], 2)

    assert wish.pages == 3
    assert cover.height > 2_000 > document.height


class Measured:
    """A font that counts what it is asked to measure."""

    def __init__(self) -> None:
        self.font, self.signs = _sized(None, BODY), 0

    def getlength(self, text: str) -> float:
        self.signs += len(text)
        return self.font.getlength(text)


@pytest.mark.parametrize("text", ["x" * 2_000, "word and more " * 140, "W" * 2_000, "i" * 2_000])
def test_lines_are_as_full_as_can_be_and_a_long_paragraph_costs_as_much_as_many_short_ones(text: str):
    measured: Any = Measured()
    lines, width = list(wrapped(text, measured, ACROSS - 2 * MARGIN)), ACROSS - 2 * MARGIN
    font = measured.font

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(font.getlength(line) <= width for line in lines)
    for line, following in itertools.pairwise(lines):
        assert font.getlength(f"{line} {following.split(' ')[0][: None if ' ' in text else 1]}") > width
    assert measured.signs < 20 * len(text)


@pytest.mark.parametrize(
    ("body", "text_key"),
    [
        ({}, "fax.empty"),
        ({"cover": {"text": ""}}, "validation.string_too_short"),
        ({"cover": {"text": "Hello \U0001f9ff"}}, "fax.no_font"),
        ({"cover": {"text": "x\n" * 1_000}}, "fax.too_many_pages"),
        ({"document": in_base64(b"GIF89a" + bytes(100))}, "fax.unreadable"),
    ],
)
async def test_what_is_no_fax_is_refused_with_what_is_wrong(house, company, body: dict[str, Any], text_key: str):
    answer = await sent(house, company, **body)

    assert answer.status_code == 422
    assert [error["text_key"] for error in answer.json()["errors"]] == [text_key]
    assert house.writer.of(SendFax) == []
    assert COVER_PAGES_MAX == 5


async def test_what_was_sent_to_answer_a_fax_is_seen_beside_it(house: House, company: dict[str, Any]):
    came = await insert_contact(house, company["id"], channel="fax")
    await insert_fax(house, company["id"], came)
    answer = await insert_contact(house, company["id"], channel="fax", state="open", outcome=None)
    mine = await insert_fax(house, company["id"], answer)
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "INSERT INTO contact_link (from_id, to_id, kind) VALUES ($1::text::uuid, $2::text::uuid, 'reply_to')",
            (answer, came),
        )
        await conn.exec_driver_sql("UPDATE fax SET direction = 'out' WHERE blob_id = $1::text::uuid", (mine,))
        await conn.exec_driver_sql(
            "UPDATE contact SET direction = 'out', number = '+4930111', collected = '{\"from\": \"+4930777001\"}', "
            'ivr = \'{"fax": {"state": "waiting", "tries": 1, "max": 3, "cause": "busy", "again_us": 5000}}\' '
            "WHERE id = $1::text::uuid",
            (answer,),
        )
    shown = (await house.operator.get(f"/v1/contacts/{came}/faxes")).json()["items"]

    assert [each["direction"] for each in shown] == ["in", "out"]
    told = {name: shown[1][name] for name in ("state", "tries", "tries_max", "cause", "again_ms", "number")}
    assert told == {
        "state": "waiting", "tries": 1, "tries_max": 3, "cause": "busy", "again_ms": 5, "number": "+4930777001",
    }  # fmt: skip
    assert shown[1]["own_number"] == "+4930111"


async def test_faxes_go_in_their_time_unless_they_are_held_or_on_their_way(house: House, company: dict[str, Any]):
    change = {"version": company["version"], "fax_days": 30}
    assert (await house.operator.patch(f"/v1/companies/{company['id']}", json=change)).status_code == 200
    closed = await insert_contact(house, company["id"], channel="fax")
    under_way = await insert_contact(house, company["id"], channel="fax", state="open", outcome=None)
    old, held, young = [await insert_fax(house, company["id"], closed) for _ in range(3)]
    open_one = await insert_fax(house, company["id"], under_way)
    admin = await house.client_of("admin", company["id"])
    assert (await admin.post(f"/v1/faxes/{held}/legal-hold", json={"legal_hold": True})).status_code == 204
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "UPDATE fax SET at = now() - interval '31 days' WHERE blob_id <> $1::text::uuid", (young,)
        )
    gone = await faxes.delete_outlived(house.database.engine, house.files)
    again = await faxes.delete_outlived(house.database.engine, house.files)
    states = {row["id"]: row["state"] for row in await house.rows("SELECT id::text, state FROM blob")}

    assert (gone, again) == (1, 0)
    assert states == {old: "erased", held: "stored", young: "stored", open_one: "stored"}
    assert await blobs.erase(house.database.engine, house.files, [held]) == 0


async def test_without_days_faxes_stay(house: House, company: dict[str, Any]):
    fax_id = await insert_fax(house, company["id"], await insert_contact(house, company["id"], channel="fax"))
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql("UPDATE fax SET at = now() - interval '9 years'")

    assert await faxes.delete_outlived(house.database.engine, house.files) == 0
    assert (await house.operator.get(f"/v1/faxes/{fax_id}")).status_code == 200
